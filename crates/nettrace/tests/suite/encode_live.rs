//! Writing a stream while it happens: when blocks are written, what sequence points tell, what is lost.

use std::time::Duration;

use nettrace::{
    BlockKind, Decoder, DefinitionId, EncodeError, Encoder, EncoderOptions, Event, EventRecord, Metadata,
    Reader, SequencePoint, Sink, Thread, Version,
};

use crate::allocator::allocations;
use crate::encode::trace;

fn encoder(change: impl FnOnce(&mut EncoderOptions), version: Version) -> (Encoder, DefinitionId) {
    let mut options = EncoderOptions::new(version);
    change(&mut options);
    let mut encoder = Encoder::with_options(options, &trace()).unwrap();
    let id = encoder.define(&Metadata::new("P", 1, "E")).unwrap();
    (encoder, id)
}

fn record(thread_id: u64, timestamp: i64) -> EventRecord<'static> {
    EventRecord { thread_id, timestamp, sorted: true, ..EventRecord::default() }
}

/// Kinds of the blocks of a stream behind its head.
fn kinds(stream: &[u8]) -> Vec<BlockKind> {
    let mut reader = Reader::new(stream);
    let mut kinds = Vec::new();
    while let Ok(Some(kind)) = reader.read_block(&mut |_: &Event<'_>| {}) {
        kinds.push(kind);
    }
    kinds
}

#[derive(Default)]
struct Log {
    /// Thread, number and time of each event.
    events: Vec<(u64, u32, i64)>,
    points: Vec<(i64, Vec<(u64, u32)>)>,
    removed: Vec<(u64, u32)>,
    names: Vec<Option<String>>,
}

impl Sink for Log {
    fn event(&mut self, event: &Event<'_>) {
        self.events.push((event.capture_thread_id, event.sequence_number, event.timestamp));
        self.names.push(event.thread().and_then(|thread| thread.name.clone()));
    }

    fn thread_removed(&mut self, index: u64, last: u32) {
        self.removed.push((index, last));
    }

    fn sequence_point(&mut self, point: &SequencePoint<'_>) {
        self.points.push((point.timestamp, point.threads().collect()));
    }
}

fn decode(stream: &[u8]) -> (Log, Vec<(u64, u64)>) {
    let mut log = Log::default();
    let mut decoder = Decoder::new().tolerate(nettrace::Tolerance::Strict);
    decoder.push(stream, &mut log).unwrap();
    assert!(decoder.is_complete());
    (log, decoder.lost_by_thread().collect())
}

#[test]
fn nothing_is_written_before_it_must_be() {
    // 1000 ticks per second: an interval of 50 ms is 50 ticks.
    let (mut encoder, id) =
        encoder(|options| options.flush_interval = Duration::from_millis(50), Version::V4);
    assert_eq!((encoder.next_flush(), encoder.flush_due(i64::MAX)), (None, false));
    encoder.event(id, &record(1, 200)).unwrap();
    encoder.event(id, &record(1, 230)).unwrap();
    assert_eq!(encoder.next_flush(), Some(250));
    assert!(!encoder.flush_due(249) && encoder.flush_due(250));
    assert!(encoder.output().is_empty());
    encoder.flush().unwrap();
    assert_eq!(encoder.next_flush(), None);
    let head = encoder.output().len();
    encoder.flush().unwrap();
    assert_eq!(encoder.output().len(), head, "there is nothing to write");
    // What was consumed counts for the position of what follows.
    let mut stream = encoder.output()[..5].to_vec();
    encoder.consume(5);
    stream.extend_from_slice(&encoder.take_output());
    encoder.event(id, &record(1, 240)).unwrap();
    stream.extend_from_slice(&encoder.finish().unwrap());
    assert_eq!(decode(&stream).0.events, [(1, 1, 200), (1, 2, 230), (1, 3, 240)]);
}

#[test]
fn the_head_comes_with_the_first_flush() {
    for version in [Version::V4, Version::V6] {
        let mut encoder = Encoder::new(version, &trace()).unwrap();
        encoder.flush().unwrap();
        let mut decoder = Decoder::new();
        decoder.push(encoder.output(), &mut Log::default()).unwrap();
        let head = decoder.trace().unwrap();
        assert_eq!((head.version, head.process_id, head.processors), (version.number(), 9832, 8));
    }
}

#[test]
fn full_blocks() {
    for version in [Version::V4, Version::V6] {
        let (mut encoder, id) = encoder(|options| options.max_block_bytes = 1000, version);
        let payload = [7; 200];
        for time in 0..100 {
            encoder.event(id, &EventRecord { payload: &payload, ..record(1, time) }).unwrap();
        }
        // An event that alone is too large for a block makes a block of its own.
        let large = [8; 5000];
        encoder.event(id, &EventRecord { payload: &large, ..record(1, 100) }).unwrap();
        let stream = encoder.finish().unwrap();
        let blocks = kinds(&stream).iter().filter(|kind| **kind == BlockKind::Event).count();
        assert_eq!(
            blocks,
            100 / 4 + 1,
            "four events of 200 bytes and their headers leave no room for a fifth"
        );
        assert_eq!(decode(&stream).0.events.len(), 101);
    }
}

#[test]
fn many_stacks_make_blocks_too() {
    let (mut encoder, id) = encoder(|options| options.max_block_bytes = 1000, Version::V6);
    for time in 0..100u8 {
        let stack = [time; 400];
        encoder.event(id, &EventRecord { stack: &stack, ..record(1, time.into()) }).unwrap();
        // The same again costs nothing.
        encoder.event(id, &EventRecord { stack: &stack, ..record(1, time.into()) }).unwrap();
    }
    let stream = encoder.finish().unwrap();
    assert!(stream.len() < 50_000);
    assert_eq!(kinds(&stream).iter().filter(|kind| **kind == BlockKind::Stack).count(), 50);
    let mut stacks = Vec::new();
    Decoder::new()
        .push(&stream, &mut |event: &Event<'_>| stacks.push((event.stack.id(), event.stack.as_bytes()[0])))
        .unwrap();
    assert!(stacks.iter().zip(0..).all(|(stack, number)| *stack == (number / 2 + 1, (number / 2) as u8)));
}

#[test]
fn more_stacks_than_are_held() {
    const SIZE: usize = 64 << 10;
    let (mut encoder, id) = encoder(|options| options.sequence_point_bytes = None, Version::V4);
    let stack = |number: u32| {
        let mut stack = vec![0; SIZE];
        stack[..4].copy_from_slice(&number.to_le_bytes());
        stack
    };
    // 32 MiB of them are held. The first ones come again, early and late.
    let numbers = || (0..100).chain(0..600).chain(0..100);
    let mut stream = Vec::new();
    for (number, time) in numbers().zip(0..) {
        encoder.event(id, &EventRecord { stack: &stack(number), ..record(1, time) }).unwrap();
        stream.extend_from_slice(encoder.output());
        encoder.consume(encoder.output().len());
    }
    stream.extend_from_slice(&encoder.finish().unwrap());
    let mut found = Vec::new();
    Decoder::new()
        .push(&stream, &mut |event: &Event<'_>| {
            assert_eq!(event.stack.as_bytes().len(), SIZE);
            found.push(u32::from_le_bytes(event.stack.as_bytes()[..4].try_into().unwrap()));
        })
        .unwrap();
    assert!(found.into_iter().eq(numbers()));
    // The first hundred were still held when they came again early, and no more when they came late.
    assert!((700 * SIZE..702 * SIZE).contains(&stream.len()), "{}", stream.len());
}

#[test]
fn a_change_of_thread_that_readers_would_not_notice() {
    let (mut encoder, id) = encoder(|_| {}, Version::V4);
    encoder.event(id, &record(1, 5)).unwrap();
    encoder.event(id, &EventRecord { sorted: false, ..record(1, 6) }).unwrap();
    encoder.event(id, &record(2, 6)).unwrap();
    encoder.event(id, &EventRecord { sorted: false, ..record(3, 6) }).unwrap();
    let stream = encoder.finish().unwrap();
    let expected = [BlockKind::Metadata, BlockKind::Event, BlockKind::Event, BlockKind::SequencePoint];
    assert_eq!(kinds(&stream)[1..], expected);
}

#[test]
fn sequence_points_of_themselves() {
    let (mut encoder, id) = encoder(|options| options.sequence_point_bytes = Some(200), Version::V4);
    let stack = [1; 8];
    let write = |encoder: &mut Encoder, thread: u64, time: i64, sorted: bool| {
        let record = EventRecord { stack: &stack, payload: &[9; 300], sorted, ..record(thread, time) };
        encoder.event(id, &record).unwrap();
        encoder.flush().unwrap();
    };
    write(&mut encoder, 1, 10, true);
    write(&mut encoder, 1, 20, false);
    // Neither of these may have one before it: an event before it is later; it does not say that none after it is earlier.
    write(&mut encoder, 2, 15, true);
    write(&mut encoder, 2, 25, false);
    write(&mut encoder, 1, 25, true);
    encoder.sequence_point(30).unwrap();
    write(&mut encoder, 1, 31, true);
    let stream = encoder.finish().unwrap();
    let (log, _) = decode(&stream);
    let expected = [(25, vec![(1, 2), (2, 2)]), (30, vec![(1, 3), (2, 2)]), (31, vec![(1, 4), (2, 2)])];
    assert_eq!(log.points, expected);
    assert_eq!(kinds(&stream).iter().filter(|kind| **kind == BlockKind::Stack).count(), 3, "one per region");
}

#[test]
fn no_sequence_points() {
    let (mut encoder, id) = encoder(|options| options.sequence_point_bytes = None, Version::V4);
    encoder.event(id, &record(1, 5)).unwrap();
    assert!(decode(&encoder.finish().unwrap()).0.points.is_empty());
}

#[test]
fn losses() {
    for version in [Version::V4, Version::V6] {
        let (mut encoder, id) = encoder(|_| {}, version);
        encoder.event(id, &record(7, 1)).unwrap();
        encoder.lost(7, 3).unwrap();
        encoder.event(id, &record(7, 2)).unwrap();
        encoder.event(id, &EventRecord { sequence_number: Some(10), ..record(7, 3) }).unwrap();
        encoder.event(id, &record(7, 4)).unwrap();
        encoder.event(id, &record(8, 4)).unwrap();
        // At its end.
        encoder.lost(8, 2).unwrap();
        let (log, mut lost) = decode(&encoder.finish().unwrap());
        lost.sort_unstable();
        assert_eq!(lost, [(7, 3 + 4), (8, 2)], "{version:?}");
        assert_eq!(log.events, [(7, 1, 1), (7, 5, 2), (7, 10, 3), (7, 11, 4), (8, 1, 4)]);
    }
}

#[test]
fn threads_that_end() {
    for version in [Version::V4, Version::V6] {
        let (mut encoder, id) = encoder(|_| {}, version);
        encoder.event(id, &record(7, 1)).unwrap();
        encoder.lost(7, 3).unwrap();
        encoder.end_thread(7).unwrap();
        encoder.end_thread(99).unwrap();
        encoder.sequence_point(2).unwrap();
        encoder.sequence_point(3).unwrap();
        // The id is used again.
        encoder.event(id, &record(7, 4)).unwrap();
        let (log, lost) = decode(&encoder.finish().unwrap());
        assert_eq!(lost, [(7, 3)], "{version:?}");
        assert_eq!(log.events, [(7, 1, 1), (7, 1, 4)]);
        match version {
            Version::V4 => assert_eq!(log.points[..2], [(2, vec![(7, 4)]), (3, vec![])]),
            Version::V6 => assert_eq!(log.removed, [(1, 4)]),
        }
    }
}

#[test]
fn described_threads() {
    let (mut encoder, id) = encoder(|_| {}, Version::V6);
    encoder.event(id, &record(1, 1)).unwrap();
    let mut thread = Thread::new(1);
    thread.name = Some("worker".into());
    thread.thread_id = Some(2);
    // Its index is taken, which is no matter.
    encoder.thread(&thread).unwrap();
    let again = encoder.thread(&thread).unwrap_err();
    assert_eq!(again, EncodeError::InvalidThread { reason: "it is known already" });
    assert_eq!(again.to_string(), "a thread cannot be described: it is known already");
    assert!(matches!(encoder.thread(&Thread::new(5)), Err(EncodeError::InvalidThread { .. })));
    encoder.event(id, &EventRecord { capture_thread_id: Some(1), ..record(2, 2) }).unwrap();
    let (log, _) = decode(&encoder.finish().unwrap());
    assert_eq!(log.names, [None, Some("worker".into())]);
    assert_eq!(log.events, [(1, 1, 1), (1, 2, 2)]);
}

#[test]
fn definitions_by_the_first_event_that_needs_them() {
    let (mut encoder, first) = encoder(|_| {}, Version::V4);
    let mut wanting = Metadata::new("P", 2, "");
    wanting.id = 9;
    let second = encoder.define(&wanting).unwrap();
    // Its id is taken.
    let third = encoder.define(&wanting).unwrap();
    encoder.event(third, &record(1, 1)).unwrap();
    encoder.event(first, &record(1, 1)).unwrap();
    encoder.event(second, &record(1, 1)).unwrap();
    let mut ids = Vec::new();
    Decoder::new()
        .push(&encoder.finish().unwrap(), &mut |event: &Event<'_>| {
            ids.push((event.metadata.id, event.metadata.index));
        })
        .unwrap();
    assert_eq!(ids, [(10, 2), (1, 0), (9, 1)]);
}

#[test]
fn nothing_is_allocated_per_event() {
    for version in [Version::V4, Version::V6] {
        let (mut encoder, id) = encoder(|options| options.sequence_point_bytes = Some(50_000), version);
        let mut time = 0;
        let mut output = Vec::with_capacity(1 << 20);
        let mut write = |events: i64, output: &mut Vec<u8>| {
            for number in 0..events {
                time += 1;
                let stack = [(number % 10) as u8; 160];
                let activity_id = nettrace::Uuid::from_u128(u128::from(number as u64 % 5));
                let record = EventRecord {
                    stack: &stack,
                    activity_id,
                    payload: &[5; 40],
                    ..record(7 + time as u64 % 3, time)
                };
                encoder.event(id, &record).unwrap();
                if encoder.flush_due(time) {
                    encoder.flush().unwrap();
                }
                output.extend_from_slice(encoder.output());
                encoder.consume(encoder.output().len());
            }
        };
        // Until all buffers have the size they need.
        write(3000, &mut output);
        output.clear();
        assert_eq!(allocations(|| write(10_000, &mut output)), 0, "{version:?}");
        assert!(output.len() > 400_000);
    }
}
