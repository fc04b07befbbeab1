//! A stream in memory gives what it gives when it is pushed.

use nettrace::{BlockKind, Decoder, Event, Reader, Tolerance};

use crate::allocator::allocations;
use crate::corpus::{self, VERSION_4, event_hashes, hash};
use crate::stream::Stream;
use crate::stream6::{Event6, Stream6};

fn agrees(name: &str, bytes: &[u8]) {
    let (events, mut statistics, result) = event_hashes(bytes, usize::MAX);
    let mut found = Vec::new();
    let mut reader = Reader::new(bytes);
    let read = reader.read(&mut |event: &Event<'_>| found.push(hash(event)));
    assert!(found == events, "{name}: the events differ");
    assert_eq!(read, result, "{name}");
    assert_eq!(reader.read(&mut |_: &Event<'_>| panic!("no more events")), result, "{name}");
    let mut own = reader.decoder().statistics();
    (own.bytes, statistics.bytes) = (0, 0);
    assert_eq!(own, statistics, "{name}");
    assert!(reader.position() <= bytes.len());
}

#[test]
fn recorded_traces() {
    let netperf = "eventpipe-dotnetcore2.1-linux-x64-objver3.netperf";
    for name in VERSION_4.iter().chain([&netperf]) {
        let Some(bytes) = corpus::trace(name) else { return };
        agrees(name, &bytes);
    }
}

#[test]
fn any_length() {
    let mut four = Stream::new();
    four.define_simple(1, "P", 1).events(|block| block.event(1).sequence(1).payload(b"one"));
    let mut six = Stream6::new();
    six.define(1, 1).thread(0, 1, 1).events(true, &[Event6::on(0, 1, 1).payload(b"one")]);
    for bytes in [four.end(), six.end()] {
        for length in 0..=bytes.len() {
            agrees(&format!("{length} bytes"), &bytes[..length]);
        }
        agrees("and something behind it", &[&bytes, &b"Nettrace and more"[..]].concat());
    }
    agrees("something else", b"GET / HTTP/1.1\r\n");
}

#[test]
fn block_by_block() {
    let mut stream = Stream6::new();
    stream.define(1, 1).thread(0, 1, 1).block(99, &[1]).events(true, &[Event6::on(0, 1, 1)]).block(2, &[]);
    let bytes = stream.end();
    let mut reader = Reader::new(&bytes);
    let mut events = 0;
    let mut kinds = Vec::new();
    let mut positions = Vec::new();
    while let Some(kind) = reader.read_block(&mut |_: &Event<'_>| events += 1).unwrap() {
        kinds.push(kind);
        positions.push(reader.position());
    }
    let expected = [
        BlockKind::Trace,
        BlockKind::Metadata,
        BlockKind::Thread,
        BlockKind::Unknown,
        BlockKind::Event,
        BlockKind::Event,
    ];
    assert_eq!((kinds.as_slice(), events), (&expected[..], 1));
    assert!(positions.is_sorted() && positions.last() == Some(&(bytes.len() - 4)));
    assert!(reader.decoder().is_complete());

    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1).block("EventBlock", &[9]).sequence_point(1, &[]);
    let bytes = stream.end();
    let mut reader = Reader::with_decoder(&bytes, Decoder::new().tolerate(Tolerance::Damage));
    let mut kinds = Vec::new();
    while let Some(kind) = reader.read_block(&mut |_: &Event<'_>| {}).unwrap() {
        kinds.push(kind);
    }
    let expected = [BlockKind::Trace, BlockKind::Metadata, BlockKind::Event, BlockKind::SequencePoint];
    assert_eq!((kinds.as_slice(), reader.decoder().statistics().damaged_blocks), (&expected[..], 1));
}

#[test]
fn nothing_is_copied() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    stream.events(|block| {
        (0..1000).for_each(|_| block.event(1).thread(1).sequence(1).payload(&[7; 100]));
    });
    let bytes = stream.end();
    let range = bytes.as_ptr_range();
    let mut reader = Reader::new(&bytes);
    // Up to the events.
    for _ in 0..2 {
        reader.read_block(&mut |_: &Event<'_>| {}).unwrap();
    }
    let mut inside = 0;
    let count = allocations(|| {
        reader
            .read(&mut |event: &Event<'_>| inside += u32::from(range.contains(&event.payload.as_ptr())))
            .unwrap();
    });
    assert_eq!(inside, 1000);
    assert!(count <= 10, "{count} allocations");
}
