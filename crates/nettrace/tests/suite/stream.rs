//! Streams built byte by byte, also ones that no runtime would write.
//!
//! Written from the format's description, not from the decoder: nothing is shared with it.
#![allow(dead_code, reason = "each of the test binaries that include this uses a part of it")]

/// Bytes with little-endian numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Bytes {
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn u8(&mut self, value: u8) -> &mut Self {
        self.raw(&[value])
    }

    pub(crate) fn u16(&mut self, value: u16) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }

    pub(crate) fn u32(&mut self, value: u32) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }

    pub(crate) fn i32(&mut self, value: i32) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }

    pub(crate) fn u64(&mut self, value: u64) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }

    pub(crate) fn i64(&mut self, value: i64) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }

    pub(crate) fn f64(&mut self, value: f64) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }

    pub(crate) fn f32(&mut self, value: f32) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }

    /// UTF-16 with a terminating zero.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        text.encode_utf16().chain([0]).for_each(|unit| {
            self.u16(unit);
        });
        self
    }

    /// LEB128.
    pub(crate) fn var(&mut self, mut value: u64) -> &mut Self {
        while value >= 0x80 {
            self.u8((value as u8 & 0x7f) | 0x80);
            value >>= 7;
        }
        self.u8(value as u8)
    }

    /// A 32-bit length in front of what `fill` writes; the length is increased by `extra`.
    fn sized(&mut self, extra: i32, fill: impl FnOnce(&mut Bytes)) -> &mut Self {
        let mut inner = Bytes::default();
        fill(&mut inner);
        self.i32(inner.0.len() as i32 + extra).raw(&inner.0)
    }
}

/// The record of the trace object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TraceHead {
    /// Year, month, day of week, day, hour, minute, second, milliseconds.
    pub(crate) time: [u16; 8],
    pub(crate) ticks: i64,
    pub(crate) frequency: i64,
    pub(crate) pointer_size: i32,
}

impl Default for TraceHead {
    fn default() -> Self {
        Self { time: [2024, 5, 0, 6, 7, 8, 9, 10], ticks: 0, frequency: 1_000_000_000, pointer_size: 8 }
    }
}

pub(crate) const MAGIC: &[u8] = b"Nettrace";
pub(crate) const SERIALIZATION: &[u8] = b"\x14\0\0\0!FastSerialization.1";

/// A stream of version 4.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    pub(crate) bytes: Bytes,
}

impl Stream {
    pub(crate) fn new() -> Self {
        Self::with_head(TraceHead::default())
    }

    pub(crate) fn with_head(head: TraceHead) -> Self {
        let mut bytes = Bytes::default();
        bytes.raw(MAGIC).raw(SERIALIZATION);
        object_head(&mut bytes, "Trace", 4, 4);
        for part in head.time {
            bytes.u16(part);
        }
        bytes.i64(head.ticks).i64(head.frequency).i32(head.pointer_size);
        bytes.i32(4242).i32(16).i32(1_000_000).u8(6);
        Self { bytes }
    }

    /// The stream with its end mark.
    pub(crate) fn end(&self) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        bytes.u8(1);
        bytes.0
    }

    /// A block of the usual version.
    pub(crate) fn block(&mut self, name: &str, data: &[u8]) -> &mut Self {
        self.block_with(name, 2, 2, data.len() as i32, data)
    }

    /// A block that may lie about its size.
    pub(crate) fn block_with(
        &mut self,
        name: &str,
        version: i32,
        min_reader: i32,
        size: i32,
        data: &[u8],
    ) -> &mut Self {
        object_head(&mut self.bytes, name, version, min_reader);
        self.bytes.i32(size);
        while !self.bytes.0.len().is_multiple_of(4) {
            self.bytes.u8(0);
        }
        self.bytes.raw(data).u8(6);
        self
    }

    /// An event block with compressed headers.
    pub(crate) fn events(&mut self, fill: impl FnOnce(&mut Block)) -> &mut Self {
        self.event_block("EventBlock", 20, true, fill)
    }

    pub(crate) fn event_block(
        &mut self,
        name: &str,
        header_size: u16,
        compressed: bool,
        fill: impl FnOnce(&mut Block),
    ) -> &mut Self {
        let mut block = Block { bytes: Bytes::default(), compressed };
        block.bytes.u16(header_size).u16(compressed.into()).i64(0).i64(0);
        // What a later version might add there.
        block.bytes.raw(&vec![0xee; usize::from(header_size).saturating_sub(20)]);
        fill(&mut block);
        let data = block.bytes.0;
        self.block(name, &data)
    }

    /// A metadata block with one definition without fields.
    pub(crate) fn define_simple(&mut self, id: i32, provider: &str, event_id: i32) -> &mut Self {
        self.define(id, provider, event_id, |definition| definition)
    }

    /// A metadata block with one definition.
    pub(crate) fn define(
        &mut self,
        id: i32,
        provider: &str,
        event_id: i32,
        describe: impl FnOnce(Definition) -> Definition,
    ) -> &mut Self {
        let blob = describe(Definition::new(id, provider, event_id)).blob();
        self.define_blob(&blob)
    }

    pub(crate) fn define_blob(&mut self, blob: &[u8]) -> &mut Self {
        self.event_block("MetadataBlock", 20, true, |block| {
            block.event(0).payload(blob);
        })
    }

    pub(crate) fn stacks(&mut self, first_id: u32, stacks: &[&[u64]]) -> &mut Self {
        let mut data = Bytes::default();
        data.u32(first_id).i32(stacks.len() as i32);
        for stack in stacks {
            data.sized(0, |bytes| {
                stack.iter().for_each(|address| {
                    bytes.u64(*address);
                });
            });
        }
        self.block("StackBlock", &data.0)
    }

    pub(crate) fn sequence_point(&mut self, timestamp: i64, threads: &[(u64, u32)]) -> &mut Self {
        let mut data = Bytes::default();
        data.i64(timestamp).i32(threads.len() as i32);
        for (thread, sequence) in threads {
            data.u64(*thread).u32(*sequence);
        }
        self.block("SPBlock", &data.0)
    }
}

fn object_head(bytes: &mut Bytes, name: &str, version: i32, min_reader: i32) {
    bytes.raw(&[5, 5, 1]).i32(version).i32(min_reader);
    bytes.i32(name.len() as i32).raw(name.as_bytes()).u8(6);
}

/// The data of an event or metadata block.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) bytes: Bytes,
    compressed: bool,
}

impl Block {
    /// An event to be written by [`EventHeader::payload`].
    pub(crate) fn event(&mut self, metadata_id: u32) -> EventHeader<'_> {
        EventHeader {
            block: self,
            metadata_id,
            sequence: None,
            capture_thread: 0,
            processor: u32::MAX,
            thread: None,
            stack: None,
            time: 0,
            activity: None,
            related: None,
            sorted: false,
            tail: 0,
        }
    }
}

/// An event's header. In compressed blocks what is not given is that of the event before; `sequence` and `time` are given
/// as the encoded differences.
#[derive(Debug)]
pub(crate) struct EventHeader<'a> {
    block: &'a mut Block,
    metadata_id: u32,
    sequence: Option<u32>,
    capture_thread: u64,
    processor: u32,
    thread: Option<u64>,
    stack: Option<u32>,
    time: u64,
    activity: Option<[u8; 16]>,
    related: Option<[u8; 16]>,
    sorted: bool,
    tail: i32,
}

impl EventHeader<'_> {
    /// The sequence number. In a compressed block what is written is one less, which is right for the first event.
    pub(crate) fn sequence(mut self, sequence: u32) -> Self {
        self.sequence = Some(sequence);
        self
    }

    /// Both the thread it is about and the one that wrote it.
    pub(crate) fn thread(mut self, thread: u64) -> Self {
        self.capture_thread = thread;
        self.thread = Some(thread);
        self
    }

    /// The thread it is about, where another one wrote it.
    pub(crate) fn about_thread(mut self, thread: u64) -> Self {
        self.thread = Some(thread);
        self
    }

    pub(crate) fn capture_thread(mut self, thread: u64) -> Self {
        self.capture_thread = thread;
        self
    }

    pub(crate) fn processor(mut self, processor: u32) -> Self {
        self.processor = processor;
        self
    }

    pub(crate) fn stack(mut self, stack: u32) -> Self {
        self.stack = Some(stack);
        self
    }

    /// The time, in compressed blocks the difference to the time before.
    pub(crate) fn time(mut self, time: u64) -> Self {
        self.time = time;
        self
    }

    pub(crate) fn activities(mut self, activity: [u8; 16], related: [u8; 16]) -> Self {
        self.activity = Some(activity);
        self.related = Some(related);
        self
    }

    pub(crate) fn sorted(mut self) -> Self {
        self.sorted = true;
        self
    }

    /// Bytes that an uncompressed event's size counts beyond its payload.
    pub(crate) fn tail(mut self, tail: i32) -> Self {
        self.tail = tail;
        self
    }

    pub(crate) fn payload(self, payload: &[u8]) {
        if self.block.compressed { self.compressed(payload) } else { self.uncompressed(payload) }
    }

    fn compressed(self, payload: &[u8]) {
        let mut flags = 0x81;
        let mut rest = Bytes::default();
        rest.var(self.metadata_id.into());
        if let Some(sequence) = self.sequence {
            flags |= 2;
            rest.var(sequence.wrapping_sub(1).into()).var(self.capture_thread).var(self.processor.into());
        }
        if let Some(thread) = self.thread {
            flags |= 4;
            rest.var(thread);
        }
        if let Some(stack) = self.stack {
            flags |= 8;
            rest.var(stack.into());
        }
        rest.var(self.time);
        if let Some(activity) = self.activity {
            flags |= 0x10;
            rest.raw(&activity);
        }
        if let Some(related) = self.related {
            flags |= 0x20;
            rest.raw(&related);
        }
        if self.sorted {
            flags |= 0x40;
        }
        rest.var(payload.len() as u64);
        self.block.bytes.u8(flags).raw(&rest.0).raw(payload);
    }

    fn uncompressed(self, payload: &[u8]) {
        let bytes = &mut self.block.bytes;
        bytes.i32(76 + payload.len() as i32 + self.tail);
        bytes.u32(self.metadata_id | if self.sorted { 0 } else { 0x8000_0000 });
        bytes.u32(self.sequence.unwrap_or(0));
        bytes.u64(self.thread.unwrap_or(0)).u64(self.capture_thread);
        bytes.u32(self.processor).u32(self.stack.unwrap_or(0)).u64(self.time);
        bytes.raw(&self.activity.unwrap_or_default()).raw(&self.related.unwrap_or_default());
        bytes.u32(payload.len() as u32).raw(payload).raw(&vec![0xdd; self.tail as usize]);
    }
}

/// A definition of an event.
#[derive(Debug)]
pub(crate) struct Definition {
    id: i32,
    provider: String,
    event_id: i32,
    name: String,
    keywords: i64,
    version: i32,
    level: i32,
    /// The count and the fields in the old form, type before name.
    fields: Bytes,
    tags: Bytes,
}

impl Definition {
    pub(crate) fn new(id: i32, provider: &str, event_id: i32) -> Self {
        let mut fields = Bytes::default();
        fields.i32(0);
        Self {
            id,
            provider: provider.into(),
            event_id,
            name: String::new(),
            keywords: 0,
            version: 0,
            level: 4,
            fields,
            tags: Bytes::default(),
        }
    }

    pub(crate) fn name(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    pub(crate) fn version(mut self, version: i32) -> Self {
        self.version = version;
        self
    }

    pub(crate) fn level(mut self, level: i32) -> Self {
        self.level = level;
        self
    }

    pub(crate) fn keywords(mut self, keywords: i64) -> Self {
        self.keywords = keywords;
        self
    }

    /// Fields in the old form: name and type code.
    pub(crate) fn fields(self, fields: &[(&str, i32)]) -> Self {
        let mut bytes = Bytes::default();
        bytes.i32(fields.len() as i32);
        for (name, code) in fields {
            bytes.i32(*code).text(name);
        }
        self.raw_fields(&bytes.0)
    }

    /// The fields of EventCounters: wrapped in a structure without a name and one named `Payload`.
    pub(crate) fn counter_fields(self, fields: &[(&str, i32)]) -> Self {
        let mut bytes = Bytes::default();
        bytes.i32(1).i32(1).i32(1).i32(1).i32(fields.len() as i32);
        for (name, code) in fields {
            bytes.i32(*code).text(name);
        }
        bytes.text("Payload").text("");
        self.raw_fields(&bytes.0)
    }

    /// The count of fields and the fields, as they are.
    pub(crate) fn raw_fields(mut self, bytes: &[u8]) -> Self {
        self.fields = Bytes(bytes.into());
        self
    }

    pub(crate) fn tag(mut self, kind: u8, data: &[u8]) -> Self {
        self.tags.i32(data.len() as i32).u8(kind).raw(data);
        self
    }

    /// The tag that lists fields in the new form.
    pub(crate) fn parameters(self, fields: &[V2Field]) -> Self {
        self.tag(2, &V2Field::list(fields).0)
    }

    pub(crate) fn blob(&self) -> Vec<u8> {
        let mut blob = Bytes::default();
        blob.i32(self.id).text(&self.provider).i32(self.event_id).text(&self.name);
        blob.i64(self.keywords).i32(self.version).i32(self.level);
        blob.raw(&self.fields.0).raw(&self.tags.0);
        blob.0
    }
}

/// A field in the new form: its type after its name, so that arrays and more can be told.
#[derive(Debug, Clone)]
pub(crate) struct V2Field {
    name: String,
    type_bytes: Bytes,
    /// Bytes after the type.
    extra: Vec<u8>,
}

impl V2Field {
    pub(crate) fn new(name: &str, code: i32) -> Self {
        let mut type_bytes = Bytes::default();
        type_bytes.i32(code);
        Self { name: name.into(), type_bytes, extra: Vec::new() }
    }

    pub(crate) fn array(name: &str, element: i32) -> Self {
        let mut field = Self::new(name, 19);
        field.type_bytes.i32(element);
        field
    }

    pub(crate) fn structure(name: &str, fields: &[Self]) -> Self {
        let mut field = Self::new(name, 1);
        field.type_bytes.raw(&Self::list(fields).0);
        field
    }

    pub(crate) fn array_of(name: &str, fields: &[Self]) -> Self {
        let mut field = Self::array(name, 1);
        field.type_bytes.raw(&Self::list(fields).0);
        field
    }

    pub(crate) fn extra(mut self, extra: &[u8]) -> Self {
        self.extra = extra.into();
        self
    }

    pub(crate) fn list(fields: &[Self]) -> Bytes {
        let mut bytes = Bytes::default();
        bytes.i32(fields.len() as i32);
        for field in fields {
            bytes.sized(4, |bytes| {
                bytes.text(&field.name).raw(&field.type_bytes.0).raw(&field.extra);
            });
        }
        bytes
    }
}
