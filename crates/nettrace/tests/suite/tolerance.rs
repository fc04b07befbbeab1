//! What is an error, what is put up with, and what is counted, by tolerance.

use nettrace::{BlockKind, Decoder, Error, ErrorKind, Event, Statistics, Tolerance};

use crate::stream::{Bytes, Stream};
use crate::stream6::{Event6, Stream6};

struct Outcome {
    payloads: Vec<Vec<u8>>,
    statistics: Statistics,
    damage: Option<Error>,
    error: Option<Error>,
}

fn decode(bytes: &[u8], tolerance: Tolerance) -> Outcome {
    let [whole, pieced] = [usize::MAX, 3].map(|piece| {
        let mut decoder = Decoder::new().tolerate(tolerance);
        let mut payloads = Vec::new();
        let mut sink = |event: &Event<'_>| payloads.push(event.payload.to_vec());
        let pushed = bytes.chunks(piece).try_for_each(|bytes| decoder.push(bytes, &mut sink));
        let error = pushed.and_then(|()| decoder.finish(&mut sink)).err();
        let mut statistics = decoder.statistics();
        statistics.bytes = 0;
        Outcome { payloads, statistics, damage: decoder.damage().cloned(), error }
    });
    assert_eq!(
        (&whole.payloads, &whole.damage, &whole.error),
        (&pieced.payloads, &pieced.damage, &pieced.error)
    );
    assert_eq!(whole.statistics, pieced.statistics);
    whole
}

fn reason(error: Option<Error>) -> &'static str {
    match error.unwrap().kind {
        ErrorKind::Malformed { reason } => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn oddities_of_version_4() {
    type Case = (&'static str, fn(&mut Stream), fn(&Statistics) -> u64);
    let cases: [Case; 4] = [
        (
            "an event refers to a definition that does not exist",
            |stream| drop(stream.events(|block| block.event(9).sequence(1).payload(&[])).end()),
            |statistics| statistics.undefined_events,
        ),
        (
            "an event is defined twice",
            |stream| drop(stream.define_simple(1, "P", 1).end()),
            |statistics| statistics.redefined_metadata,
        ),
        (
            "an object is of unknown kind",
            |stream| drop(stream.block("FutureBlock", &[1]).end()),
            |statistics| statistics.unknown_blocks,
        ),
        (
            "a block is of a newer version",
            |stream| drop(stream.block_with("StackBlock", 3, 2, 8, &[0; 8]).end()),
            |statistics| statistics.blocks - 1,
        ),
    ];
    for (expected, fill, count) in cases {
        let mut stream = Stream::new();
        stream.define_simple(1, "P", 1);
        fill(&mut stream);
        let bytes = stream.end();
        assert_eq!(reason(decode(&bytes, Tolerance::Strict).error), expected);
        for tolerance in [Tolerance::Oddities, Tolerance::Damage] {
            let outcome = decode(&bytes, tolerance);
            assert_eq!((outcome.error, count(&outcome.statistics)), (None, 1), "{expected}");
        }
    }
}

#[test]
fn a_strict_error_is_at_the_start_of_the_payload() {
    let mut stream = Stream::new();
    stream.events(|block| block.event(9).sequence(1).payload(b"the payload"));
    let bytes = stream.end();
    let place = bytes.windows(11).position(|window| window == b"the payload").unwrap();
    let error = decode(&bytes, Tolerance::Strict).error.unwrap();
    assert_eq!((error.offset, error.block), (place as u64, Some(BlockKind::Event)));
}

/// A block that is damaged after its first event, between two sound ones.
fn damaged(bad: &[u8]) -> (Vec<u8>, u64) {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    stream.events(|block| block.event(1).thread(5).sequence(1).payload(b"before"));
    stream.events(|block| {
        block.event(1).thread(5).sequence(2).payload(b"first");
        block.bytes.raw(bad);
        // Room for a header at full length, which is read in another way than a short one.
        block.bytes.raw(&[0; 100]);
    });
    stream.events(|block| block.event(1).thread(5).sequence(10).payload(b"after"));
    let bytes = stream.end();
    let place = bytes.windows(bad.len()).position(|window| window == bad).unwrap();
    (bytes, place as u64)
}

#[test]
fn a_damaged_block_is_left() {
    let too_long = [&[0x82][..], &[0xff; 11]].concat();
    let mut too_large = Bytes::default();
    too_large.u8(0x80).u8(0).var(u32::MAX.into());
    for bad in [too_long, too_large.0] {
        let (bytes, place) = damaged(&bad);
        for tolerance in [Tolerance::Strict, Tolerance::Oddities] {
            let outcome = decode(&bytes, tolerance);
            assert_eq!((outcome.payloads.len(), outcome.damage), (2, None));
            assert!(outcome.error.is_some());
        }
        let outcome = decode(&bytes, Tolerance::Damage);
        assert_eq!(outcome.payloads, [&b"before"[..], b"first", b"after"]);
        assert_eq!(outcome.error, None);
        assert_eq!(outcome.statistics.damaged_blocks, 1);
        let damage = outcome.damage.unwrap();
        assert_eq!(damage.block, Some(BlockKind::Event));
        // Of an event that is too large the header is done with.
        assert!((place..=place + 8).contains(&damage.offset), "{damage}");
        // The numbers 3 to 9 are missing.
        assert_eq!(outcome.statistics.lost_events, 7);
    }
}

#[test]
fn damage_in_version_6() {
    let mut stream = Stream6::new();
    stream.define(1, 1).thread(0, 1, 1).block(3, &[0, 0, 9, 9]).block(8, &[1, 2]).block(6, &[5, 0]);
    stream.events(true, &[Event6::on(0, 1, 1).payload(b"read")]);
    let bytes = stream.end();
    let outcome = decode(&bytes, Tolerance::Damage);
    assert_eq!((outcome.payloads, outcome.error), (vec![b"read".to_vec()], None));
    assert_eq!(outcome.statistics.damaged_blocks, 3);
    assert!(decode(&bytes, Tolerance::Oddities).error.is_some());
}

#[test]
fn a_damaged_frame_ends_the_stream() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1).events(|block| block.event(1).sequence(1).payload(b"one"));
    stream.bytes.u8(9);
    stream.events(|block| block.event(1).sequence(2).payload(b"two"));
    let outcome = decode(&stream.end(), Tolerance::Damage);
    assert_eq!(outcome.payloads, [b"one"]);
    assert_eq!(reason(outcome.error), "neither an object nor the end of the stream where one must be");
    // Neither is there a trace without a head.
    let mut headless = Stream6::without_head(6, 0);
    headless.block(1, &[1, 2, 3]);
    assert_eq!(
        reason(decode(&headless.end(), Tolerance::Damage).error),
        "an item runs past the end of its block"
    );
}
