//! Streams of version 6, built from the input so that everything in them refers to something that may well be there.

use std::collections::BTreeMap;

use nettrace::{Decoder, Event};

use crate::choices::Choices;
use crate::stream::TraceHead;
use crate::stream6::{Event6, Row, Stream6, bytes, text};
use crate::streams::check_all_ways;

/// Blocks of one stream. Fewer than the runs of stacks and labels that a decoder keeps.
const MAX_BLOCKS: usize = 60;

/// Few enough that they meet again, and one or two that are found in another way.
const THREADS: &[u64] = &[0, 1, 2, 999, 70_000, 1 << 40];
const METADATA: &[u32] = &[1, 2, 3, 4, 70_000];
const IDS: &[u32] = &[0, 1, 2, 3, 7, 99, u32::MAX - 1];
const NAMES: &[&str] = &["", "key", "name", "v\u{e4}lue"];

/// A stream of version 6 in every way in which it can be read; and where nothing in it is damaged, what a model of the
/// format says that it holds.
///
/// The first bytes are how to read and how to end, what follows are blocks.
pub fn v6(data: &[u8]) {
    let mut choices = Choices::new(data);
    let look_after = choices.byte();
    let count = usize::from(choices.byte() % 4);
    let pieces = choices.bytes(count);
    let end = choices.byte();

    let writer = Writer::fill(&mut choices);
    let mut stream = writer.stream.end();
    match end % 8 {
        0 => stream.truncate(stream.len() * usize::from(end) / 256),
        1 => stream.extend(b"Nettrace and more"),
        _ => {}
    }
    check_all_ways(&stream, look_after, pieces);
    if writer.sound && !end.is_multiple_of(8) {
        check_events(&stream, &writer.expected);
    }
}

/// What a model of the format says of an event.
#[derive(Debug, Clone, PartialEq, Default)]
struct Expected {
    event_id: u32,
    opcode: u8,
    thread_id: u64,
    capture_thread_id: u64,
    sequence: u32,
    time: i64,
    processor: Option<u32>,
    stack: Vec<u64>,
    labels: usize,
    sorted: bool,
    payload: Vec<u8>,
}

fn check_events(stream: &[u8], expected: &[Expected]) {
    let mut found = Vec::new();
    let mut decoder = Decoder::new();
    let mut sink = |event: &Event<'_>| {
        found.push(Expected {
            event_id: event.metadata.event_id,
            opcode: event.opcode(),
            thread_id: event.thread_id,
            capture_thread_id: event.capture_thread_id,
            sequence: event.sequence_number,
            time: event.timestamp,
            processor: event.processor,
            stack: event.stack.addresses().collect(),
            labels: event.labels().iter().count(),
            sorted: event.sorted,
            payload: event.payload.into(),
        });
    };
    decoder.push(stream, &mut sink).expect("nothing is damaged");
    decoder.finish(&mut sink).expect("the stream has an end");
    assert_eq!(found, expected);
    let statistics = decoder.statistics();
    let lost: u64 = decoder.lost_by_thread().map(|(_, lost)| lost).sum();
    assert_eq!(lost, statistics.lost_events);
}

#[derive(Debug, Clone, Copy)]
struct Definition {
    event_id: u32,
    opcode: u8,
}

#[derive(Debug, Clone, Copy)]
struct LabelList {
    count: usize,
    opcode: Option<u8>,
}

/// A stream and what it means so far.
struct Writer {
    stream: Stream6,
    /// Whether a decoder must read all of it.
    sound: bool,
    metadata: BTreeMap<u32, Definition>,
    threads: BTreeMap<u64, u64>,
    stacks: BTreeMap<u32, Vec<u64>>,
    labels: BTreeMap<u32, LabelList>,
    time: u64,
    expected: Vec<Expected>,
}

/// A stream built from choices.
pub(crate) fn build(choices: &mut Choices<'_>) -> Vec<u8> {
    Writer::fill(choices).stream.end()
}

impl Writer {
    fn fill(choices: &mut Choices<'_>) -> Self {
        let mut writer = Self::new();
        for _ in 0..MAX_BLOCKS {
            if choices.is_empty() {
                break;
            }
            writer.block(choices);
        }
        writer
    }

    fn new() -> Self {
        Self {
            stream: Stream6::with_head(TraceHead::default(), 0, &[("ProcessId", "4242"), ("key", "")]),
            sound: true,
            metadata: BTreeMap::new(),
            threads: BTreeMap::new(),
            stacks: BTreeMap::new(),
            labels: BTreeMap::new(),
            time: 0,
            expected: Vec::new(),
        }
    }

    fn block(&mut self, choices: &mut Choices<'_>) {
        let choice = choices.byte();
        match choice % 16 {
            0..=2 => self.define(choices),
            3 | 4 => self.threads(choices),
            5 => self.stacks(choices),
            6 => self.labels(choices),
            7 => self.sequence_point(choices),
            8 => self.remove_threads(choices),
            9 => {
                let kind = 9 + choices.byte() % 246;
                self.stream.block(kind, choices.sized(1));
            }
            10 if choice & 0x80 != 0 => {
                // Anything under the name of a known block.
                let kind = 1 + choices.byte() % 8;
                self.stream.block(kind, choices.sized(1));
                self.sound = false;
            }
            _ => self.events(choices, choice & 0x80 == 0),
        }
    }

    fn define(&mut self, choices: &mut Choices<'_>) {
        let id = choices.of(METADATA);
        let event_id = u32::from(choices.byte());
        let how = choices.byte();
        let opcode = if how & 1 != 0 { how >> 4 } else { 0 };
        let mut row = Row::new(id.into(), choices.of(NAMES), event_id.into(), choices.of(NAMES));
        if how & 2 == 0 {
            row = row.fields(&[("a", &[9]), ("s", &[18]), ("", &[19, 23])]);
        } else {
            // A list of one field of any type, which may or may not be legible.
            row = row.fields(&[(choices.of(NAMES), choices.sized(1))]);
        }
        let mut options = Vec::new();
        if how & 1 != 0 {
            options.extend([1, opcode]);
        }
        if how & 4 != 0 {
            // Levels and versions, then what is of unknown kind, and so left out.
            options.extend([8, choices.byte(), 9, choices.byte(), 77]);
            options.extend(choices.sized(1));
        }
        row = row.options(&options);
        if how & 8 != 0 {
            row = row.extra(choices.sized(1));
        }
        self.stream.metadata_with_head(&[0xaa; 3], &[row]);
        self.metadata.insert(id, Definition { event_id, opcode });
    }

    fn threads(&mut self, choices: &mut Choices<'_>) {
        let count = choices.byte() % 4;
        let mut rows = Vec::new();
        for _ in 0..count {
            let index = choices.of(THREADS);
            let how = choices.byte();
            let id = if how & 1 != 0 { u64::from(choices.byte()) } else { 0 };
            let row = bytes(|row| {
                if how & 1 != 0 {
                    row.u8(3).var(id);
                }
                if how & 2 != 0 {
                    row.u8(2).var(u64::from(choices.byte()) << 33);
                }
                if how & 4 != 0 {
                    row.u8(1);
                    text(row, choices.of(NAMES));
                }
                if how & 8 != 0 {
                    row.u8(4);
                    text(row, choices.of(NAMES));
                    text(row, choices.of(NAMES));
                }
                if how & 16 != 0 {
                    // Of unknown kind, and so left out.
                    row.u8(5 | how & 0x80).raw(choices.sized(1));
                }
            });
            rows.push((index, row));
            self.threads.insert(index, id);
        }
        self.stream.threads(&rows);
    }

    fn remove_threads(&mut self, choices: &mut Choices<'_>) {
        let rows: Vec<_> =
            (0..choices.byte() % 3).map(|_| (choices.of(THREADS), u32::from(choices.byte()))).collect();
        for (index, _) in &rows {
            self.threads.remove(index);
        }
        self.stream.remove_threads(&rows);
    }

    fn stacks(&mut self, choices: &mut Choices<'_>) {
        let first = choices.of(IDS);
        // Ids end where 32 bits do.
        let count = u32::from(choices.byte() % 4).min(u32::MAX - first);
        let data = bytes(|data| {
            data.u32(first).u32(count);
            for id in first..first + count {
                let stack: Vec<_> =
                    choices.bytes(id as usize % 3).iter().map(|byte| u64::from(*byte)).collect();
                data.u32(8 * stack.len() as u32);
                for address in &stack {
                    data.u64(*address);
                }
                self.stacks.insert(id, stack);
            }
        });
        self.stream.block(5, &data);
    }

    fn labels(&mut self, choices: &mut Choices<'_>) {
        let first = choices.of(IDS);
        let count = u32::from(choices.byte() % 4).min(u32::MAX - first);
        let mut lists: Vec<Vec<(u8, Vec<u8>)>> = Vec::new();
        for index in first..first + count {
            let number = 1 + choices.byte() % 3;
            let list: Vec<_> = (0..number).map(|_| label(choices)).collect();
            let opcode = list.iter().rev().find(|(kind, _)| *kind == 7).map(|(_, data)| data[0]);
            self.labels.insert(index, LabelList { count: list.len(), opcode });
            lists.push(list);
        }
        let lists: Vec<_> = lists.iter().map(Vec::as_slice).collect();
        self.stream.labels(first, &lists);
    }

    fn sequence_point(&mut self, choices: &mut Choices<'_>) {
        let flags = choices.byte() % 8;
        let listed: Vec<_> =
            (0..choices.byte() % 3).map(|_| (choices.of(THREADS), u32::from(choices.byte()))).collect();
        self.stream.sequence_point(self.time, flags.into(), &listed);
        self.stacks.clear();
        self.labels.clear();
        if flags & 1 != 0 {
            self.threads.clear();
        }
        if flags & 2 != 0 {
            self.metadata.clear();
        }
    }

    fn events(&mut self, choices: &mut Choices<'_>, compressed: bool) {
        let mut events = Vec::new();
        for _ in 0..choices.byte() % 6 {
            let how = choices.byte();
            self.time = match how & 3 {
                0 => choices.u64(),
                1 => self.time.wrapping_sub(choices.byte().into()),
                _ => self.time.wrapping_add(choices.byte().into()),
            };
            let event = Event6 {
                metadata: choices.of(METADATA),
                sequence: if how & 4 != 0 { choices.u64() as u32 } else { choices.byte().into() },
                capture_thread: choices.of(THREADS),
                processor: if how & 8 != 0 { u32::MAX } else { choices.byte().into() },
                thread: choices.of(THREADS),
                stack: choices.of(IDS),
                time: self.time,
                labels: choices.of(IDS),
                sorted: how & 16 != 0,
                payload: choices.bytes(usize::from(how >> 5)).into(),
            };
            self.expect(&event);
            events.push(event);
        }
        self.stream.events(compressed, &events);
    }

    fn expect(&mut self, event: &Event6) {
        let Some(definition) = self.metadata.get(&event.metadata) else { return };
        let labels = self.labels.get(&event.labels).filter(|_| event.labels != 0);
        let id = |index: u64| self.threads.get(&index).copied().unwrap_or(0);
        self.expected.push(Expected {
            event_id: definition.event_id,
            opcode: labels.and_then(|labels| labels.opcode).unwrap_or(definition.opcode),
            thread_id: id(event.thread),
            capture_thread_id: id(event.capture_thread),
            sequence: event.sequence,
            time: event.time.cast_signed(),
            processor: (event.processor != u32::MAX).then_some(event.processor),
            stack: self.stacks.get(&event.stack).cloned().unwrap_or_default(),
            labels: labels.map_or(0, |labels| labels.count),
            sorted: event.sorted,
            payload: event.payload.clone(),
        });
    }
}

/// A label of any kind, without the bit that ends its list.
fn label(choices: &mut Choices<'_>) -> (u8, Vec<u8>) {
    let kind = 1 + choices.byte() % 10;
    let data = bytes(|data| match kind {
        1..=3 => {
            data.raw(&[choices.byte(); 16]);
        }
        4 | 8 => {
            data.u64(choices.u64());
        }
        5 => {
            text(data, choices.of(NAMES));
            text(data, choices.of(NAMES));
        }
        6 => {
            text(data, choices.of(NAMES));
            data.var(choices.u64());
        }
        _ => {
            data.u8(choices.byte());
        }
    });
    (kind, data)
}
