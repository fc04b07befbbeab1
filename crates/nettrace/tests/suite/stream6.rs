//! Streams of version 6, built byte by byte.
//!
//! Written from the format's description, not from the decoder: nothing is shared with it.
#![allow(dead_code, reason = "each of the binaries that include this uses a part of it")]

use crate::stream::{Bytes, TraceHead};

/// Text of version 6: its length in bytes, then UTF-8.
pub(crate) fn text(bytes: &mut Bytes, text: &str) {
    bytes.var(text.len() as u64).raw(text.as_bytes());
}

pub(crate) fn bytes(fill: impl FnOnce(&mut Bytes)) -> Vec<u8> {
    let mut bytes = Bytes::default();
    fill(&mut bytes);
    bytes.0
}

/// A 16-bit length in front of what `fill` writes.
pub(crate) fn sized(out: &mut Bytes, fill: impl FnOnce(&mut Bytes)) {
    let inner = bytes(fill);
    out.u16(inner.len() as u16).raw(&inner);
}

/// A stream of version 6.
#[derive(Debug, Clone)]
pub(crate) struct Stream6 {
    pub(crate) bytes: Bytes,
}

impl Stream6 {
    /// A stream with a trace block.
    pub(crate) fn new() -> Self {
        Self::with_head(TraceHead::default(), 0, &[("ProcessId", "4242")])
    }

    pub(crate) fn with_head(head: TraceHead, minor: u32, properties: &[(&str, &str)]) -> Self {
        let mut stream = Self::without_head(6, minor);
        stream.trace(head, properties);
        stream
    }

    pub(crate) fn without_head(major: u32, minor: u32) -> Self {
        let mut bytes = Bytes::default();
        bytes.raw(b"Nettrace").u32(0).u32(major).u32(minor);
        Self { bytes }
    }

    pub(crate) fn trace(&mut self, head: TraceHead, properties: &[(&str, &str)]) -> &mut Self {
        let data = bytes(|data| {
            for part in head.time {
                data.u16(part);
            }
            data.i64(head.ticks).i64(head.frequency).i32(head.pointer_size).i32(properties.len() as i32);
            for (key, value) in properties {
                text(data, key);
                text(data, value);
            }
        });
        self.block(1, &data)
    }

    pub(crate) fn block(&mut self, kind: u8, data: &[u8]) -> &mut Self {
        self.bytes.u32(data.len() as u32 | u32::from(kind) << 24).raw(data);
        self
    }

    /// The stream with its end mark.
    pub(crate) fn end(&self) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        bytes.u32(0);
        bytes.0
    }

    /// A metadata block of the given rows.
    pub(crate) fn metadata(&mut self, rows: &[Row]) -> &mut Self {
        self.metadata_with_head(&[], rows)
    }

    pub(crate) fn metadata_with_head(&mut self, head: &[u8], rows: &[Row]) -> &mut Self {
        let data = bytes(|data| {
            data.u16(head.len() as u16).raw(head);
            for row in rows {
                sized(data, |data| {
                    data.raw(&row.0.0);
                });
            }
        });
        self.block(3, &data)
    }

    /// A definition without fields.
    pub(crate) fn define(&mut self, id: u64, event_id: u64) -> &mut Self {
        self.metadata(&[Row::new(id, "Provider", event_id, "Event").fields(&[])])
    }

    /// A thread block: index, then what is said of the thread, as bytes.
    pub(crate) fn threads(&mut self, rows: &[(u64, Vec<u8>)]) -> &mut Self {
        let data = bytes(|data| {
            for (index, row) in rows {
                sized(data, |data| {
                    data.var(*index).raw(row);
                });
            }
        });
        self.block(6, &data)
    }

    /// A thread with a thread id and a process id.
    pub(crate) fn thread(&mut self, index: u64, thread_id: u64, process_id: u64) -> &mut Self {
        self.threads(&[(
            index,
            bytes(|row| {
                row.u8(2).var(process_id).u8(3).var(thread_id);
            }),
        )])
    }

    pub(crate) fn remove_threads(&mut self, rows: &[(u64, u32)]) -> &mut Self {
        let data = bytes(|data| {
            for (index, last) in rows {
                data.var(*index).var((*last).into());
            }
        });
        self.block(7, &data)
    }

    pub(crate) fn sequence_point(&mut self, time: u64, flags: u32, threads: &[(u64, u32)]) -> &mut Self {
        let data = bytes(|data| {
            data.u64(time).u32(flags).u32(threads.len() as u32);
            for (index, last) in threads {
                data.var(*index).var((*last).into());
            }
        });
        self.block(4, &data)
    }

    /// A label list block: the labels of each list, without the bit that ends it.
    pub(crate) fn labels(&mut self, first: u32, lists: &[&[(u8, Vec<u8>)]]) -> &mut Self {
        let data = bytes(|data| {
            data.u32(first).u32(lists.len() as u32);
            for list in lists {
                for (position, (kind, label)) in list.iter().enumerate() {
                    let last = if position + 1 == list.len() { 0x80 } else { 0 };
                    data.u8(kind | last).raw(label);
                }
            }
        });
        self.block(8, &data)
    }

    /// An event block.
    pub(crate) fn events(&mut self, compressed: bool, events: &[Event6]) -> &mut Self {
        let data = bytes(|data| {
            data.u16(20).u16(compressed.into()).i64(0).i64(0);
            let mut previous = Event6::default();
            for event in events {
                if compressed {
                    event.compress(&previous, data);
                } else {
                    event.write(data);
                }
                previous = event.clone();
            }
        });
        self.block(2, &data)
    }
}

/// A row of a metadata block.
#[derive(Debug, Clone)]
pub(crate) struct Row(pub(crate) Bytes);

impl Row {
    pub(crate) fn new(id: u64, provider: &str, event_id: u64, name: &str) -> Self {
        let mut row = Bytes::default();
        row.var(id);
        text(&mut row, provider);
        row.var(event_id);
        text(&mut row, name);
        Self(row)
    }

    /// Fields: name and the bytes of the type.
    pub(crate) fn fields(mut self, fields: &[(&str, &[u8])]) -> Self {
        write_fields(&mut self.0, fields);
        self
    }

    pub(crate) fn options(mut self, options: &[u8]) -> Self {
        self.0.u16(options.len() as u16).raw(options);
        self
    }

    pub(crate) fn extra(mut self, extra: &[u8]) -> Self {
        self.0.raw(extra);
        self
    }
}

fn write_fields(out: &mut Bytes, fields: &[(&str, &[u8])]) {
    out.u16(fields.len() as u16);
    for (name, field_type) in fields {
        sized(out, |field| {
            text(field, name);
            field.raw(field_type);
        });
    }
}

/// The type of a structure.
pub(crate) fn structure(fields: &[(&str, &[u8])]) -> Vec<u8> {
    bytes(|out| {
        out.u8(1);
        write_fields(out, fields);
    })
}

/// An event with all that a header says, absolute.
#[derive(Debug, Clone, Default)]
pub(crate) struct Event6 {
    pub(crate) metadata: u32,
    pub(crate) sequence: u32,
    pub(crate) capture_thread: u64,
    pub(crate) processor: u32,
    pub(crate) thread: u64,
    pub(crate) stack: u32,
    pub(crate) time: u64,
    pub(crate) labels: u32,
    pub(crate) sorted: bool,
    pub(crate) payload: Vec<u8>,
}

impl Event6 {
    /// An event of the first definition on a thread.
    pub(crate) fn on(thread: u64, sequence: u32, time: u64) -> Self {
        Self { metadata: 1, sequence, capture_thread: thread, thread, time, ..Self::default() }
    }

    pub(crate) fn metadata(mut self, metadata: u32) -> Self {
        self.metadata = metadata;
        self
    }

    pub(crate) fn labels(mut self, labels: u32) -> Self {
        self.labels = labels;
        self
    }

    pub(crate) fn sorted(mut self) -> Self {
        self.sorted = true;
        self
    }

    pub(crate) fn payload(mut self, payload: &[u8]) -> Self {
        self.payload = payload.into();
        self
    }

    /// Everything given, relative to the event before.
    fn compress(&self, previous: &Self, out: &mut Bytes) {
        out.u8(0x01 | 0x02 | 0x04 | 0x08 | 0x10 | 0x80 | if self.sorted { 0x40 } else { 0 });
        out.var(self.metadata.into());
        out.var(self.sequence.wrapping_sub(previous.sequence).wrapping_sub(1).into());
        out.var(self.capture_thread).var(self.processor.into()).var(self.thread).var(self.stack.into());
        out.var(self.time.wrapping_sub(previous.time)).var(self.labels.into());
        out.var(self.payload.len() as u64).raw(&self.payload);
    }

    fn write(&self, out: &mut Bytes) {
        out.u32(48 + self.payload.len() as u32);
        out.u32(self.metadata | if self.sorted { 0 } else { 0x8000_0000 });
        out.u32(self.sequence).u64(self.thread).u64(self.capture_thread).u32(self.processor);
        out.u32(self.stack).u64(self.time).u32(self.labels).u32(self.payload.len() as u32).raw(&self.payload);
    }
}
