//! The parts of a stream give, one after the other and added up, what one reader gives.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::thread;

use nettrace::{
    BlockKind, Decoder, Error, ErrorKind, Event, Limits, Metadata, Reader, SequencePoint, Sink, Statistics,
    Thread, Tolerance, TraceInfo, Version,
};
use proptest::prelude::*;

use crate::allocator::most_held;
use crate::corpus::{self, VERSION_4};
use crate::round_trip::recode;
use crate::stream::{Bytes, Stream, TraceHead};
use crate::stream6::{Event6, Stream6};

/// Hashes of all that is delivered, in order.
#[derive(Default)]
struct Deliveries(Vec<u64>);

impl Deliveries {
    fn add(&mut self, delivery: impl Hash) {
        let mut hasher = DefaultHasher::new();
        delivery.hash(&mut hasher);
        self.0.push(hasher.finish());
    }
}

impl Sink for Deliveries {
    fn event(&mut self, event: &Event<'_>) {
        let labels = (event.opcode(), event.keywords(), event.labels().iter().count());
        let thread = event.thread().map(|thread| (thread.index, thread.thread_id, thread.name.as_deref()));
        self.add((corpus::hash(event), event.trace.start_ticks, event.stack.len(), thread, labels));
    }

    fn trace(&mut self, trace: &TraceInfo) {
        self.add((trace.version, trace.start_ticks));
    }

    fn trace_property(&mut self, name: &str, value: &str) {
        self.add((name, value));
    }

    fn thread(&mut self, thread: &Thread) {
        self.add((thread.index, thread.thread_id));
    }

    fn thread_removed(&mut self, index: u64, last: u32) {
        self.add((index, last));
    }

    fn metadata(&mut self, metadata: &Metadata) {
        self.add((metadata.id, metadata.index, metadata.fingerprint));
    }

    fn sequence_point(&mut self, point: &SequencePoint<'_>) {
        self.add((point.timestamp, point.forgets_threads, point.threads().collect::<Vec<_>>()));
    }
}

/// Everything that is known after reading.
#[derive(Debug, PartialEq)]
struct Known {
    result: Result<(), Error>,
    statistics: Statistics,
    lost_by_thread: Vec<(u64, u64)>,
    damage: Option<Error>,
    complete: bool,
    properties: Vec<(String, String)>,
    position: usize,
}

fn known(reader: &Reader<'_>, result: Result<(), Error>) -> Known {
    let decoder = reader.decoder();
    let mut lost_by_thread: Vec<_> = decoder.lost_by_thread().collect();
    lost_by_thread.sort_unstable();
    let mut statistics = decoder.statistics();
    if result.is_err() {
        // One reader takes in the whole stream; here the parts behind the error are left out.
        statistics.bytes = 0;
    }
    Known {
        result,
        statistics,
        lost_by_thread,
        damage: decoder.damage().cloned(),
        complete: decoder.is_complete(),
        properties: decoder.trace_properties().to_vec(),
        position: reader.position(),
    }
}

/// Reads parts one after the other, up to the first error, and puts them together.
fn read_parts(parts: Vec<Reader<'_>>) -> (Vec<u64>, Known) {
    let mut deliveries = Deliveries::default();
    let mut read = Vec::new();
    let mut result = Ok(());
    for mut part in parts {
        result = part.read(&mut deliveries);
        read.push(part);
        if result.is_err() {
            break;
        }
    }
    // In pairs, then in pairs of pairs: it makes no difference.
    while read.len() > 1 {
        let mut rest = read.into_iter();
        read = std::iter::from_fn(|| {
            rest.next().map(|part| match rest.next() {
                Some(next) => part.join(next),
                None => part,
            })
        })
        .collect();
    }
    let whole = read.pop().unwrap();
    (deliveries.0, known(&whole, result))
}

/// Compares parts with one reader; returns how many parts there were, by the numbers asked for.
fn agrees(name: &str, bytes: &[u8], decoder: impl Fn() -> Decoder, numbers: &[usize]) -> Vec<usize> {
    let reader = || Reader::with_decoder(bytes, decoder());
    let mut one = reader();
    let mut deliveries = Deliveries::default();
    let result = one.read(&mut deliveries);
    let expected = known(&one, result);
    let mut made = Vec::new();
    for &number in numbers {
        let parts = reader().split(number);
        assert!((1..=number.max(1)).contains(&parts.len()), "{name}: {number} parts");
        made.push(parts.len());
        let (delivered, whole) = read_parts(parts);
        assert!(delivered == deliveries.0, "{name} in {number} parts: deliveries differ");
        assert_eq!(whole, expected, "{name} in {number} parts");
    }
    made
}

#[test]
fn recorded_traces() {
    let mut most = 0;
    for name in VERSION_4 {
        let Some(bytes) = corpus::trace(name) else { return };
        let made = agrees(name, &bytes, Decoder::new, &[3, usize::MAX]);
        most = most.max(made[1]);
    }
    assert!(most > 10, "some traces have many sequence points");
    for name in [
        "eventpipe-dotnetcore2.1-linux-x64-objver3.netperf",
        "eventpipe-dotnetcore2.1-linux-x64-tracelogging.netperf",
    ] {
        let Some(bytes) = corpus::trace(name) else { return };
        assert_eq!(agrees(name, &bytes, Decoder::new, &[0, 8]), [1, 1]);
    }
}

#[test]
fn recorded_traces_written_in_version_6() {
    for name in
        ["eventpipe-dotnetcore3.0-win-x64-objver4.nettrace", "r9_lossy.nettrace", "r9_killed.nettrace"]
    {
        let Some(bytes) = corpus::trace(name) else { return };
        let (bytes, _) = recode(&bytes, Version::V6);
        let made = agrees(name, &bytes, Decoder::new, &[3, usize::MAX]);
        assert!(made[1] > 1, "{name}");
    }
}

#[test]
fn recorded_traces_in_time_order() {
    for name in ["eventpipe-dotnetcore3.0-win-x64-objver4.nettrace", "r9_lossy.nettrace"] {
        let Some(bytes) = corpus::trace(name) else { return };
        agrees(name, &bytes, || Decoder::new().in_time_order(), &[2, usize::MAX]);
    }
}

#[test]
fn losses_of_a_recorded_trace() {
    let Some(bytes) = corpus::trace("r9_lossy.nettrace") else { return };
    let parts = Reader::new(&bytes).split(4);
    let number = parts.len();
    let (_, whole) = read_parts(parts);
    assert_eq!(whole.lost_by_thread, [(12505, 258_453), (12506, 280_551)]);
    assert_eq!((whole.statistics.lost_events, whole.statistics.bytes), (539_004, bytes.len() as u64));
    assert!(number > 1);
}

#[test]
fn on_two_threads() {
    let Some(bytes) = corpus::trace("eventpipe-dotnetcore3.0-win-x64-objver4.nettrace") else { return };
    let mut one = Reader::new(&bytes);
    let mut expected = Deliveries::default();
    one.read(&mut expected).unwrap();
    let mut parts = Reader::new(&bytes).split(2);
    assert_eq!(parts.len(), 2);
    // About half of the bytes each: regions between sequence points are far smaller.
    let middle = parts[1].position();
    assert!((bytes.len() * 2 / 5..bytes.len() * 3 / 5).contains(&middle), "{middle} of {}", bytes.len());
    let delivered: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = parts
            .iter_mut()
            .map(|part| {
                scope.spawn(move || {
                    let mut deliveries = Deliveries::default();
                    part.read(&mut deliveries).map(|()| deliveries.0)
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap().unwrap()).collect()
    });
    assert!(delivered == expected.0);
    let whole = parts.into_iter().reduce(Reader::join).unwrap();
    assert_eq!(known(&whole, Ok(())), known(&one, Ok(())));
}

#[test]
fn a_part_read_further() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    for number in 1..=8 {
        stream.events(|block| block.event(1).thread(7).sequence(2 * number).payload(&[0; 100]));
        stream.sequence_point(0, &[(7, 2 * number)]);
    }
    let bytes = stream.end();
    let mut expected = Deliveries::default();
    let mut one = Reader::new(&bytes);
    one.read(&mut expected).unwrap();
    assert_eq!(one.decoder().statistics().lost_events, 7);

    // What was read stays read, and parts can be split again.
    let mut deliveries = Deliveries::default();
    let mut reader = Reader::new(&bytes);
    for _ in 0..4 {
        reader.read_block(&mut deliveries).unwrap();
    }
    let mut parts = reader.split(2);
    let second = parts.pop().unwrap().split(3);
    assert_eq!((parts.len(), second.len()), (1, 3));
    parts.extend(second);
    for part in &mut parts {
        while part.read_block(&mut deliveries).unwrap().is_some() {}
        assert_eq!(part.read_block(&mut deliveries), Ok(None), "the end stays the end");
    }
    assert!(deliveries.0 == expected.0);
    let whole = parts.into_iter().reduce(Reader::join).unwrap();
    assert_eq!(known(&whole, Ok(())), known(&one, Ok(())));

    // At the end there is nothing to split.
    assert_eq!(one.split(4).len(), 1);
}

#[test]
fn damage_in_the_middle() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    let good = |stream: &mut Stream, number| {
        stream.events(|block| block.event(1).thread(7).sequence(number).payload(b"good"));
        stream.sequence_point(0, &[(7, number)]);
    };
    good(&mut stream, 1);
    stream.block("EventBlock", &[9; 30]);
    good(&mut stream, 2);
    stream.events(|block| block.event(1).thread(7).sequence(3).payload(b"good"));
    stream.block("MetadataBlock", &[9; 30]);
    good(&mut stream, 4);
    stream.bytes.u8(99);
    good(&mut stream, 5);
    let bytes = stream.end();
    let events = |part: &mut Reader<'_>| {
        let mut events = 0;
        let result = part.read(&mut |_: &Event<'_>| events += 1);
        (events, result.map_err(|error| (error.kind, error.block)))
    };
    let malformed = |reason| ErrorKind::Malformed { reason };
    let mut parts = Reader::new(&bytes).split(usize::MAX);
    let found: Vec<_> = parts.iter_mut().map(events).collect();
    // In a block of events, which the others do not need.
    let in_events = (malformed("an item runs past the end of its block"), Some(BlockKind::Event));
    // In definitions, which are needed for all that follows, so that the rest is one part.
    let in_definitions = (in_events.0.clone(), Some(BlockKind::Metadata));
    assert_eq!(found, [(1, Ok(())), (0, Err(in_events)), (1, Err(in_definitions))]);

    // Damage that is put up with is, in parts as well.
    let tolerant = Reader::with_decoder(&bytes, Decoder::new().tolerate(Tolerance::Damage));
    let mut parts = tolerant.split(usize::MAX);
    let found: Vec<_> = parts.iter_mut().map(events).collect();
    let frame = (malformed("neither an object nor the end of the stream where one must be"), None);
    assert_eq!(found, [(1, Ok(())), (1, Ok(())), (2, Err(frame))]);
    let whole = parts.into_iter().reduce(Reader::join).unwrap();
    assert_eq!(whole.decoder().statistics().damaged_blocks, 2);
    assert_eq!(whole.decoder().damage().unwrap().block, Some(BlockKind::Event));
}

#[test]
fn more_threads_end_than_are_remembered() {
    let mut stream = Stream6::new();
    stream.define(1, 1).thread(0, 100, 1).events(true, &[Event6::on(0, 1, 1)]).sequence_point(1, 0, &[]);
    // Nothing defines these; what matters is that they come before the end of one that is defined.
    let many: Vec<_> = (1..150_000).map(|index| (index, 1)).collect();
    stream.remove_threads(&many).remove_threads(&[(0, 3)]).sequence_point(2, 0, &[]);
    stream.events(true, &[Event6::on(0, 9, 3)]);
    let bytes = stream.end();
    assert_eq!(agrees("many ends", &bytes, Decoder::new, &[usize::MAX]), [3]);
    let mut one = Reader::new(&bytes);
    one.read(&mut |_: &Event<'_>| {}).unwrap();
    assert_eq!(one.decoder().lost_by_thread().collect::<Vec<_>>(), [(100, 2)]);

    let mut parts = Reader::new(&bytes).split(usize::MAX);
    let held = most_held(|| parts[1].read(&mut |_: &Event<'_>| {}).unwrap());
    assert!(held < 12 << 20, "{held} bytes held");
}

/// What a random stream consists of. Numbers are small, so that threads, definitions and sequence numbers meet often.
#[derive(Debug, Clone)]
enum Item {
    Events(Vec<EventItem>),
    Define(u32),
    Stacks(u32),
    Labels(u32),
    SequencePoint(u32, Vec<(u64, u32)>),
    Threads(Vec<u64>),
    RemoveThreads(Vec<(u64, u32)>),
    Unknown,
}

/// An event of a random stream.
#[derive(Debug, Clone)]
struct EventItem {
    thread: u64,
    number: u32,
    metadata: u32,
    /// Its stack, and its labels too.
    stack: u32,
    /// Its time, from where the time of the latest sequence point is.
    time: u64,
}

/// What lies between the times of sequence points: more than all events between them take.
const REGION: u64 = 100;

fn items() -> impl Strategy<Value = Vec<Item>> {
    let listed = || prop::collection::vec((0..4u64, 0..12u32), 0..4);
    let event = (0..4u64, 0..12u32, 1..4u32, 0..3u32, 0..REGION).prop_map(
        |(thread, number, metadata, stack, time)| EventItem { thread, number, metadata, stack, time },
    );
    let item = prop_oneof![
        6 => prop::collection::vec(event, 0..5).prop_map(Item::Events),
        2 => (1..4u32).prop_map(Item::Define),
        1 => (0..3u32).prop_map(Item::Stacks),
        1 => (0..3u32).prop_map(Item::Labels),
        5 => (prop_oneof![6 => Just(0u32), 1 => Just(1), 1 => Just(2), 1 => Just(3)], listed())
            .prop_map(|(flags, threads)| Item::SequencePoint(flags, threads)),
        2 => prop::collection::vec(0..4u64, 0..3).prop_map(Item::Threads),
        1 => listed().prop_map(Item::RemoveThreads),
        1 => Just(Item::Unknown),
    ];
    prop::collection::vec(item, 0..40)
}

fn version_4(items: &[Item]) -> Vec<u8> {
    let mut stream = Stream::with_head(TraceHead { pointer_size: 4, ..TraceHead::default() });
    let mut version = 0;
    let mut now = 0;
    for item in items {
        match item {
            Item::Events(events) => drop(stream.event_block("EventBlock", 20, false, |block| {
                for event in events {
                    let header = block.event(event.metadata).thread(event.thread).sequence(event.number);
                    header.stack(event.stack).time(now + event.time).payload(b"payload");
                }
            })),
            Item::Define(id) => {
                version += 1;
                stream.define(*id as i32, "P", 1, |definition| definition.version(version));
            }
            Item::Stacks(first) => drop(stream.stacks(*first, &[&[1, 2], &[3]])),
            Item::SequencePoint(_, threads) => {
                now += REGION;
                stream.sequence_point(now as i64, threads);
            }
            Item::Unknown => drop(stream.block("FutureBlock", &[1, 2, 3])),
            Item::Labels(_) | Item::Threads(_) | Item::RemoveThreads(_) => {}
        }
    }
    stream.end()
}

fn version_6(items: &[Item]) -> Vec<u8> {
    let mut stream = Stream6::new();
    let mut made = 0;
    let mut now = 0;
    for item in items {
        made += 1;
        match item {
            Item::Events(events) => {
                let event = |event: &EventItem| Event6 {
                    stack: event.stack,
                    ..Event6::on(event.thread, event.number, now + event.time)
                        .metadata(event.metadata)
                        .labels(event.stack)
                        .payload(b"payload")
                };
                let events: Vec<_> = events.iter().map(event).collect();
                stream.events(made % 2 == 0, &events);
            }
            Item::Define(id) => drop(stream.define((*id).into(), made)),
            Item::Stacks(first) => {
                let mut data = Bytes::default();
                data.u32(*first).u32(1).u32(8).u64(made);
                stream.block(5, &data.0);
            }
            Item::Labels(first) => drop(stream.labels(*first, &[&[(7, vec![1])], &[(9, vec![2])]])),
            Item::SequencePoint(flags, threads) => {
                now += REGION;
                stream.sequence_point(now, *flags, threads);
            }
            Item::Threads(threads) => {
                for index in threads {
                    stream.thread(*index, 100 + index, made);
                }
            }
            Item::RemoveThreads(threads) => drop(stream.remove_threads(threads)),
            Item::Unknown => drop(stream.block(77, &[1, 2, 3])),
        }
    }
    stream.end()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn random_streams(
        items in items(),
        numbers in prop::collection::vec(0..12usize, 1..3),
        tolerance in prop::sample::select(vec![Tolerance::Strict, Tolerance::Oddities, Tolerance::Damage]),
        damage in prop::option::weighted(0.3, (any::<prop::sample::Index>(), any::<u8>())),
        end in prop::option::weighted(0.3, any::<prop::sample::Index>()),
    ) {
        for mut bytes in [version_4(&items), version_6(&items)] {
            if let Some((place, byte)) = &damage {
                *place.get_mut(&mut bytes) = *byte;
            }
            if let Some(end) = &end {
                bytes.truncate(end.index(bytes.len()));
            }
            agrees("a random stream", &bytes, || Decoder::new().tolerate(tolerance), &numbers);
        }
    }

    /// Nothing is held back over the end of a part. That needs times that are as sequence points say.
    #[test]
    fn random_streams_in_time_order(
        items in items(),
        number in 0..12usize,
        tolerance in prop::sample::select(vec![Tolerance::Strict, Tolerance::Oddities, Tolerance::Damage]),
        end in prop::option::weighted(0.3, any::<prop::sample::Index>()),
    ) {
        for mut bytes in [version_4(&items), version_6(&items)] {
            if let Some(end) = &end {
                bytes.truncate(end.index(bytes.len()));
            }
            let decoder = || Decoder::new().tolerate(tolerance).in_time_order();
            agrees("a random stream in time order", &bytes, decoder, &[number]);
        }
    }

    /// Which threads a decoder forgets depends on what it has seen. Nothing else does.
    #[test]
    fn more_threads_than_are_followed(items in items(), parts in 2..8usize) {
        let mut limits = Limits::default();
        limits.max_threads = 2;
        let without_losses = |(deliveries, mut known): (Vec<u64>, Known)| {
            known.lost_by_thread.clear();
            let statistics = &mut known.statistics;
            (statistics.lost_events, statistics.sequence_resets, statistics.untracked_threads) = (0, 0, 0);
            (deliveries, known)
        };
        for bytes in [version_4(&items), version_6(&items)] {
            let reader = || Reader::with_decoder(&bytes, Decoder::with_limits(limits));
            let one = without_losses(read_parts(vec![reader()]));
            prop_assert_eq!(without_losses(read_parts(reader().split(parts))), one);
        }
    }
}
