//! Time order: what is delivered when, in which order, and at what cost.

use nettrace::{Decoder, ErrorKind, Event, Limits, Reader, SequencePoint, Sink, Thread};
use proptest::prelude::*;

use crate::allocator::{allocations, most_held};
use crate::corpus::{self, VERSION_4, hash};
use crate::stream::{Block, Stream};
use crate::stream6::{Event6, Stream6};

/// Everything that is delivered, in order.
#[derive(Debug, Default, PartialEq)]
struct Delivered(Vec<What>);

#[derive(Debug, Clone, PartialEq)]
enum What {
    /// Its time, and all that it carries.
    Event(i64, u64),
    Point(i64),
    Definition(u32),
    Thread(u64),
    Removed(u64),
}

impl Sink for Delivered {
    fn event(&mut self, event: &Event<'_>) {
        self.0.push(What::Event(event.timestamp, hash(event)));
    }

    fn sequence_point(&mut self, point: &SequencePoint<'_>) {
        self.0.push(What::Point(point.timestamp));
    }

    fn metadata(&mut self, metadata: &nettrace::Metadata) {
        self.0.push(What::Definition(metadata.id));
    }

    fn thread(&mut self, thread: &Thread) {
        self.0.push(What::Thread(thread.index));
    }

    fn thread_removed(&mut self, index: u64, _last_sequence_number: u32) {
        self.0.push(What::Removed(index));
    }
}

impl Delivered {
    fn of(bytes: &[u8], piece: usize, decoder: Decoder) -> (Self, Decoder) {
        let (mut delivered, mut decoder) = (Self::default(), decoder);
        let pushed = bytes.chunks(piece).try_for_each(|piece| decoder.push(piece, &mut delivered));
        let finished = decoder.finish(&mut delivered);
        assert!(pushed.is_ok() || pushed == finished);
        (delivered, decoder)
    }

    fn of_memory(bytes: &[u8]) -> Self {
        let mut delivered = Self::default();
        let _ = Reader::with_decoder(bytes, Decoder::new().in_time_order()).read(&mut delivered);
        delivered
    }

    fn events(&self) -> Vec<(i64, u64)> {
        self.0
            .iter()
            .filter_map(|what| if let What::Event(time, hash) = what { Some((*time, *hash)) } else { None })
            .collect()
    }

    /// In memory, with the late events counted.
    fn late_in_memory(bytes: &[u8]) -> (Vec<i64>, u64) {
        let mut delivered = Self::default();
        let mut reader = Reader::with_decoder(bytes, Decoder::new().in_time_order());
        reader.read(&mut delivered).unwrap();
        (delivered.times(), reader.decoder().statistics().late_events)
    }

    /// The events of each region between two sequence points, sorted.
    fn sorted(&self) -> Vec<(i64, u64)> {
        let regions = self.0.split(|what| matches!(what, What::Point(_)));
        let mut sorted = Vec::new();
        for region in regions {
            let mut region = Self(region.to_vec()).events();
            region.sort_by_key(|(time, _)| *time);
            sorted.extend(region);
        }
        sorted
    }

    fn times(&self) -> Vec<i64> {
        self.events().iter().map(|(time, _)| *time).collect()
    }
}

fn in_order(bytes: &[u8], piece: usize) -> (Delivered, Decoder) {
    Delivered::of(bytes, piece, Decoder::new().in_time_order())
}

#[test]
fn recorded_traces() {
    for name in VERSION_4 {
        let Some(bytes) = corpus::trace(name) else { return };
        let (stream_order, plain) = Delivered::of(&bytes, 1 << 16, Decoder::new());
        let expected = stream_order.sorted();
        assert!(expected.is_sorted_by_key(|(time, _)| *time), "{name}: sequence points do not part times");
        for piece in [1 << 16, usize::MAX, 5003] {
            let (delivered, decoder) = in_order(&bytes, piece);
            assert!(delivered.events() == expected, "{name}: not sorted, in pieces of {piece}");
            assert_eq!(decoder.statistics(), plain.statistics(), "{name}, in pieces of {piece}");
        }
        assert!(Delivered::of_memory(&bytes).events() == expected, "{name}: not sorted, in memory");
    }
}

/// The reference's case `ParseV6CompressedEventHeaders`: a later time stands before a sorted event.
#[test]
fn as_the_reference_has_it() {
    let mut stream = Stream6::new();
    stream.define(1, 1);
    for index in 0..2 {
        stream.thread(index, 100 + index, 1);
    }
    let event = |thread, number, time| Event6::on(thread, number, time);
    stream.events(
        true,
        &[
            event(0, 1, 10_000),
            event(0, 2, 10_500),
            event(0, 3, 17_000),
            event(1, 1, 11_123).sorted(),
            event(1, 2, 15_000).sorted(),
            event(0, 4, 20_000).sorted(),
            event(0, 5, 22_000),
        ],
    );
    for piece in [usize::MAX, 1] {
        let (delivered, _) = in_order(&stream.end(), piece);
        assert_eq!(delivered.times(), [10_000, 10_500, 11_123, 15_000, 17_000, 20_000, 22_000]);
    }
}

/// Events of two threads in a block each, the second one a step back in time.
fn two_threads(stream: &mut Stream, first: &[u64], second: &[u64], sorted: bool) {
    for (thread, times) in [(1, first), (2, second)] {
        stream.events(|block| {
            let mut before = 0;
            for (time, number) in times.iter().zip(1u32..) {
                let mut event = block.event(1).thread(thread).time(time - before);
                if number == 1 {
                    event = event.sequence(1);
                    event = if sorted { event.sorted() } else { event };
                }
                event.payload(&time.to_le_bytes());
                before = *time;
            }
        });
    }
}

#[test]
fn events_of_the_same_time_stay_in_stream_order() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    stream.events(|block| {
        let mut now = 0;
        // Five threads, all with the same three times.
        for thread in 1..=5 {
            for time in [10u64, 20, 30] {
                let event = block.event(1).thread(thread).sequence(1).time(time.wrapping_sub(now));
                event.payload(&[thread as u8]);
                now = time;
            }
        }
    });
    let mut threads = Vec::new();
    let mut sink = |event: &Event<'_>| threads.push((event.timestamp, event.payload[0]));
    Reader::with_decoder(&stream.end(), Decoder::new().in_time_order()).read(&mut sink).unwrap();
    let expected: Vec<_> =
        [10, 20, 30].iter().flat_map(|time| (1..=5).map(|thread| (*time, thread))).collect();
    assert_eq!(threads, expected);
}

#[test]
fn what_can_go_goes_at_once() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    let beginning = stream.bytes.0.len();
    two_threads(&mut stream, &[10, 20, 30], &[15, 25], true);
    let bytes = stream.bytes.0;
    let mut decoder = Decoder::new().in_time_order();
    let mut delivered = Delivered::default();
    decoder.push(&bytes[..beginning], &mut delivered).unwrap();
    decoder.push(&bytes[beginning..], &mut delivered).unwrap();
    // The last sorted event says that nothing before 15 will come, and no more.
    assert_eq!(delivered.times(), [10, 15]);
    assert_eq!(decoder.statistics().events, 5);
    assert_eq!(decoder.finish(&mut delivered).unwrap_err().kind, ErrorKind::Truncated);
    assert_eq!(delivered.times(), [10, 15, 20, 25, 30]);
}

#[test]
fn sequence_points_and_the_end_let_all_go() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    two_threads(&mut stream, &[10, 30], &[20], false);
    stream.sequence_point(30, &[(1, 2), (2, 1)]);
    let bytes = stream.bytes.0.clone();
    let mut decoder = Decoder::new().in_time_order();
    let mut delivered = Delivered::default();
    decoder.push(&bytes, &mut delivered).unwrap();
    assert_eq!(delivered.times(), [10, 20, 30]);
    assert_eq!(delivered.0.last(), Some(&What::Point(30)));
    two_threads(&mut stream, &[40, 60], &[50], false);
    let bytes = stream.end();
    for piece in [usize::MAX, 1] {
        assert_eq!(in_order(&bytes, piece).0.times(), [10, 20, 30, 40, 50, 60]);
    }
}

#[test]
fn damage_takes_nothing_away() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    two_threads(&mut stream, &[10, 30], &[20], false);
    stream.bytes.u8(9);
    for piece in [usize::MAX, 1] {
        let (delivered, mut decoder) = in_order(&stream.bytes.0, piece);
        assert_eq!(delivered.times(), [10, 20, 30]);
        assert!(matches!(
            decoder.finish(&mut Delivered::default()).unwrap_err().kind,
            ErrorKind::Malformed { .. }
        ));
    }
    assert_eq!(Delivered::of_memory(&stream.bytes.0).times(), [10, 20, 30]);
}

#[test]
fn definitions_and_stacks_that_change_are_those_of_their_events() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1).stacks(1, &[&[1]]);
    let event =
        |block: &mut Block, time| block.event(1).thread(1).sequence(1).stack(1).time(time).payload(&[]);
    stream.events(|block| event(block, 10)).define_simple(1, "P", 2);
    stream.events(|block| event(block, 20)).stacks(1, &[&[2]]);
    stream.events(|block| event(block, 30));
    let mut found = Vec::new();
    let mut sink = |event: &Event<'_>| {
        found.push((event.timestamp, event.metadata.event_id, event.stack.addresses().next().unwrap()));
    };
    Reader::with_decoder(&stream.end(), Decoder::new().in_time_order()).read(&mut sink).unwrap();
    assert_eq!(found, [(10, 1, 1), (20, 2, 1), (30, 2, 2)]);
}

#[test]
fn events_go_on_from_skipped_ones() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    stream.events(|block| {
        block.event(1).thread(7).sequence(1).payload(&[]);
        block.event(99).thread(8).sequence(1).processor(3).activities([1; 16], [2; 16]).payload(&[]);
        // Only its kind is another than that of the one that nothing defines.
        block.bytes.u8(0x81).var(1).var(0).var(0);
    });
    let bytes = stream.end();
    for decoder in [Decoder::new(), Decoder::new().in_time_order()] {
        let mut found = Vec::new();
        let mut sink = |event: &Event<'_>| {
            found.push((event.capture_thread_id, event.processor, event.activity_id.is_nil()));
        };
        Reader::with_decoder(&bytes, decoder).read(&mut sink).unwrap();
        assert_eq!(found, [(7, None, true), (8, Some(3), false)]);
    }
}

#[test]
fn threads_leave_after_their_events() {
    let mut stream = Stream6::new();
    stream.define(1, 1).thread(7, 107, 1).thread(8, 108, 1);
    stream.events(true, &[Event6::on(7, 1, 30), Event6::on(8, 1, 20)]);
    stream.remove_threads(&[(7, 1)]);
    stream.events(true, &[Event6::on(8, 2, 25)]);
    let position = stream.bytes.0.len();
    // The index means another thread from here on.
    stream.thread(7, 207, 1).events(true, &[Event6::on(7, 1, 40)]);
    let bytes = stream.end();
    let mut threads = Vec::new();
    let mut sink =
        |event: &Event<'_>| threads.push((event.timestamp, event.thread_id, event.capture_thread_id));
    let mut decoder = Decoder::new().in_time_order().tolerate(nettrace::Tolerance::Strict);
    decoder.push(&bytes, &mut sink).unwrap();
    assert_eq!(threads, [(20, 108, 108), (25, 108, 108), (30, 107, 107), (40, 207, 207)]);
    let (delivered, _) = in_order(&bytes[..position], usize::MAX);
    assert_eq!(delivered.0.last(), Some(&What::Removed(7)));
    // It is not there any more for events that come later.
    let mut late = Stream6 { bytes: crate::stream::Bytes(bytes[..position].to_vec()) };
    late.events(true, &[Event6::on(7, 2, 40)]);
    let mut strict = Decoder::new().in_time_order().tolerate(nettrace::Tolerance::Strict);
    assert!(strict.push(&late.end(), &mut Delivered::default()).is_err());
    // With tolerance neither order knows the thread of that event, while it knows that of the one before.
    let threads = |decoder: Decoder| {
        let mut threads = Vec::new();
        let mut sink =
            |event: &Event<'_>| threads.push((event.timestamp, event.thread().map(|thread| thread.index)));
        Reader::with_decoder(&late.end(), decoder).read(&mut sink).unwrap();
        threads.sort_unstable();
        threads
    };
    assert_eq!(threads(Decoder::new()), threads(Decoder::new().in_time_order()));
}

#[test]
fn labels_that_change_are_those_of_their_events() {
    let mut stream = Stream6::new();
    stream.define(1, 1).thread(1, 101, 1);
    for (opcode, time) in [(3u8, 10), (4, 20)] {
        stream.labels(1, &[&[(7 | 0x80, vec![opcode])]]);
        stream.events(true, &[Event6::on(1, opcode.into(), time).labels(1)]);
    }
    let mut opcodes = Vec::new();
    let mut sink = |event: &Event<'_>| opcodes.push(event.opcode());
    Reader::with_decoder(&stream.end(), Decoder::new().in_time_order()).read(&mut sink).unwrap();
    assert_eq!(opcodes, [3, 4]);
}

/// Blocks of events with times, each with a head that says `spans`.
fn spanned(blocks: &[(&[u64], (i64, i64))]) -> Vec<u8> {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    for (times, (earliest, latest)) in blocks {
        stream.event_block("EventBlock", 20, true, |block| {
            let head = block.bytes.0.len();
            block.bytes.0[head - 16..head - 8].copy_from_slice(&earliest.to_le_bytes());
            block.bytes.0[head - 8..].copy_from_slice(&latest.to_le_bytes());
            let mut now = 0;
            for (time, number) in times.iter().zip(1u32..) {
                let event = block.event(1).time(time.wrapping_sub(now));
                let event = if number == 1 { event.thread(1).sequence(1).sorted() } else { event };
                event.payload(&[]);
                now = *time;
            }
        });
    }
    stream.end()
}

#[test]
fn heads_of_blocks_are_believed_but_not_trusted() {
    let times = |blocks: &[(&[u64], (i64, i64))]| Delivered::late_in_memory(&spanned(blocks));
    // In order within and between blocks; then a block that others overlap, and one that goes back within itself.
    assert_eq!(times(&[(&[10, 20], (10, 20)), (&[30], (30, 30))]), (vec![10, 20, 30], 0));
    assert_eq!(times(&[(&[10, 30], (10, 30)), (&[20], (20, 20))]), (vec![10, 20, 30], 0));
    assert_eq!(times(&[(&[10, 30, 20], (10, 30)), (&[40], (40, 40))]), (vec![10, 20, 30, 40], 0));
    // A wrong head makes events late, and that is counted; one that says nothing does not.
    assert_eq!(times(&[(&[10, 30], (10, 30)), (&[20], (40, 40))]), (vec![10, 30, 20], 1));
    assert_eq!(times(&[(&[10, 30], (10, 30)), (&[20], (0, 0))]), (vec![10, 20, 30], 0));
    assert_eq!(times(&[(&[10, 30], (0, 0)), (&[20], (20, 20))]), (vec![10, 20, 30], 0));
}

/// A stream whose second half of events, in blocks of their own, lies before the first half in time.
fn backwards(events: u64, payload: &[u8]) -> Vec<u8> {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    for (thread, begin) in [(1, events), (2, 0)] {
        stream.events(|block| {
            for number in 0..events {
                let time = if number == 0 { begin } else { 1 };
                block.event(1).thread(thread).sequence(1).time(time).payload(payload);
            }
        });
    }
    stream.end()
}

#[test]
fn memory_is_bounded() {
    const LIMIT: u32 = 1 << 20;
    let bytes = backwards(100_000, &[7; 50]);
    assert!(bytes.len() > 10 * LIMIT as usize);
    let mut limits = Limits::default();
    limits.max_order_bytes = LIMIT;
    for piece in [5000, 1 << 16] {
        let (mut events, mut late, mut latest) = (0u64, 0u64, i64::MIN);
        let mut sink = |event: &Event<'_>| {
            assert_eq!(event.payload, [7; 50]);
            events += 1;
            late += u64::from(event.timestamp < latest);
            latest = latest.max(event.timestamp);
        };
        let mut decoder = Decoder::with_limits(limits).in_time_order();
        let held = most_held(|| {
            for piece in bytes.chunks(piece) {
                decoder.push(piece, &mut sink).unwrap();
            }
            decoder.finish(&mut sink).unwrap();
        });
        assert_eq!((events, decoder.statistics().late_events), (200_000, late));
        assert!(late > 0 && late <= 100_000, "{late} late");
        assert!(held < 5 * i64::from(LIMIT), "{held} bytes held");
    }
    // With room enough all are sorted.
    let (delivered, decoder) = in_order(&bytes, 1 << 16);
    assert!(delivered.times().is_sorted());
    assert_eq!(decoder.statistics().late_events, 0);
}

/// The worst there is: no two events are in order.
#[test]
fn every_event_steps_back() {
    const EVENTS: u64 = 300_000;
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    for block in 0..30 {
        stream.events(|out| {
            for number in 0..EVENTS / 30 {
                let back = if number == 0 { EVENTS - block * (EVENTS / 30) } else { u64::MAX };
                out.event(1).thread(1).sequence(1).time(back).payload(&[]);
            }
        });
    }
    let bytes = stream.end();
    for delivered in
        [in_order(&bytes, usize::MAX).0, in_order(&bytes, 1 << 16).0, Delivered::of_memory(&bytes)]
    {
        assert_eq!(delivered.events().len() as u64, EVENTS);
        assert!(delivered.times().is_sorted());
    }
}

#[test]
fn nothing_is_allocated_per_event() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    let beginning = stream.bytes.0.len();
    for _ in 0..3 {
        two_threads(&mut stream, &(0..5000).collect::<Vec<_>>(), &(0..5000).collect::<Vec<_>>(), false);
        stream.sequence_point(5000, &[(1, 5000), (2, 5000)]);
    }
    let bytes = stream.bytes.0;
    let third = (bytes.len() - beginning) / 3;
    let mut decoder = Decoder::new().in_time_order();
    let mut events = 0;
    let mut sink = |_: &Event<'_>| events += 1;
    decoder.push(&bytes[..beginning + third], &mut sink).unwrap();
    let rest = allocations(|| decoder.push(&bytes[beginning + third..], &mut sink).unwrap());
    assert_eq!(events, 30_000);
    assert!(rest < 50, "{rest} allocations");
}

proptest! {
    /// Any times: promises are not kept, but every event comes, and in memory as when pushed.
    #[test]
    fn random_times(
        events in prop::collection::vec((1..5u64, 0..50u64, any::<bool>(), 0..20u8), 0..200),
        points in prop::collection::vec(0..200usize, 0..4),
        promises in any::<bool>(),
    ) {
        let mut stream = Stream::new();
        stream.define_simple(1, "P", 1);
        let mut rest = events.as_slice();
        let mut cuts = points;
        cuts.sort_unstable();
        for length in cuts {
            let (region, behind) = rest.split_at(length.min(rest.len()));
            rest = behind;
            for block in region.chunks(7) {
                stream.events(|out| {
                    let mut now = 0;
                    for (thread, time, sorted, payload) in block {
                        let event = out.event(1).thread(*thread).sequence(1).time(time.wrapping_sub(now));
                        let event = if *sorted && !promises { event.sorted() } else { event };
                        event.payload(&vec![*payload; usize::from(*payload)]);
                        now = *time;
                    }
                });
            }
            stream.sequence_point(50, &[]);
        }
        let bytes = stream.end();
        let (stream_order, _) = Delivered::of(&bytes, usize::MAX, Decoder::new());
        let (whole, decoder) = in_order(&bytes, usize::MAX);
        let (memory, pieces) = (Delivered::of_memory(&bytes), in_order(&bytes, 3).0);
        if promises {
            // Nothing is said to be sorted, so regions are.
            prop_assert_eq!(&whole.events(), &stream_order.sorted());
            prop_assert_eq!(&memory, &whole);
            prop_assert_eq!(&pieces, &whole);
        }
        for delivered in [whole, memory, pieces] {
            let (mut found, mut all) = (delivered.events(), stream_order.events());
            found.sort_unstable();
            all.sort_unstable();
            prop_assert_eq!(found, all);
        }
        prop_assert!(decoder.statistics().late_events <= decoder.statistics().events);
    }
}
