//! No stream makes a decoder hold more than its limits allow.

use nettrace::{BlockKind, Decoder, Error, ErrorKind, Event, Limits};

use crate::stream::{Bytes, Stream};

/// Decodes with limits; the events delivered and the error.
fn decode_with(limits: Limits, bytes: &[u8], piece: usize) -> (u64, Option<Error>) {
    let mut decoder = Decoder::with_limits(limits);
    let error = bytes.chunks(piece).find_map(|bytes| decoder.push(bytes, &mut |_: &Event<'_>| {}).err());
    (decoder.statistics().events, error)
}

fn small(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}

#[test]
fn items() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    stream.events(|block| {
        block.event(1).sequence(1).payload(&[0; 1000]);
        block.event(1).payload(&[0; 1001]);
    });
    let limits = small(|limits| limits.max_item_bytes = 1000);
    for piece in [1, 64, 1 << 20] {
        let (events, error) = decode_with(limits, &stream.end(), piece);
        let error = error.unwrap();
        assert_eq!((events, error.block), (1, Some(BlockKind::Event)));
        let expected = ErrorKind::LimitExceeded { limit: "max_item_bytes", allowed: 1000, needed: 1001 };
        assert_eq!(error.kind, expected);
        assert!(error.to_string().ends_with("max_item_bytes is 1000, but 1001 is needed"), "{error}");
    }
    assert_eq!(decode_with(Limits::default(), &stream.end(), 1), (2, None));
}

#[test]
fn stacks_and_sequence_points_are_items() {
    let limits = small(|limits| limits.max_item_bytes = 100);
    let mut stream = Stream::new();
    stream.stacks(1, &[&[0; 13]]);
    let error = decode_with(limits, &stream.end(), 1).1.unwrap();
    assert_eq!(
        (error.block, matches!(error.kind, ErrorKind::LimitExceeded { .. })),
        (Some(BlockKind::Stack), true)
    );
    let mut stream = Stream::new();
    stream.sequence_point(0, &[(1, 1); 8]);
    let error = decode_with(limits, &stream.end(), 1).1.unwrap();
    assert_eq!(error.block, Some(BlockKind::SequencePoint));
    assert!(matches!(error.kind, ErrorKind::LimitExceeded { .. }));
}

#[test]
fn blocks() {
    let limits = small(|limits| limits.max_block_bytes = 100);
    let mut stream = Stream::new();
    stream.block("Unknown", &[0; 200]).block("EventBlock", &[0; 101]);
    let error = decode_with(limits, &stream.end(), 7).1.unwrap();
    assert_eq!(error.kind, ErrorKind::LimitExceeded { limit: "max_block_bytes", allowed: 100, needed: 101 });
}

#[test]
fn definitions() {
    let mut stream = Stream::new();
    for id in 1..=10 {
        stream.define_simple(id, "Provider", id);
    }
    let limits = small(|limits| limits.max_metadata = 9);
    let error = decode_with(limits, &stream.end(), 64).1.unwrap();
    assert_eq!(error.kind, ErrorKind::LimitExceeded { limit: "max_metadata", allowed: 9, needed: 10 });
    let limits = small(|limits| limits.max_metadata_bytes = 1000);
    let error = decode_with(limits, &stream.end(), 64).1.unwrap();
    assert!(matches!(error.kind, ErrorKind::LimitExceeded { limit: "max_metadata_bytes", .. }), "{error}");
    // The same id again and again takes the place of one, but does not go on for ever.
    let mut stream = Stream::new();
    for _ in 0..10 {
        stream.define_simple(1, "Provider", 1);
    }
    assert_eq!(decode_with(small(|limits| limits.max_metadata_bytes = 1000), &stream.end(), 64).1, None);
}

/// Memory this thread's allocations would need if nothing was bounded is gigabytes; what is pushed is a few bytes.
#[test]
fn huge_claims_allocate_nothing() {
    let mut cases = Vec::new();
    let mut claim = |fill: &dyn Fn(&mut Stream)| {
        let mut stream = Stream::new();
        stream.define_simple(1, "P", 1);
        fill(&mut stream);
        cases.push(stream.bytes.0);
    };
    claim(&|stream| {
        let mut data = Bytes::default();
        data.raw(&[20, 0, 1, 0]).raw(&[0; 16]).u8(0x81).var(1).var(0).var(u32::MAX.into());
        stream.block_with("EventBlock", 2, 2, i32::MAX, &data.0);
    });
    claim(&|stream| {
        let mut data = Bytes::default();
        data.raw(&[20, 0, 0, 0]).raw(&[0; 16]).i32(i32::MAX).raw(&[0; 72]).u32(i32::MAX as u32);
        stream.block_with("EventBlock", 2, 2, i32::MAX, &data.0);
    });
    claim(&|stream| {
        stream.block_with(
            "StackBlock",
            2,
            2,
            i32::MAX,
            &[1, 0, 0, 0, 255, 255, 255, 127, 255, 255, 255, 127],
        );
    });
    claim(&|stream| {
        let mut data = Bytes::default();
        data.i64(0).i32(i32::MAX);
        stream.block_with("SPBlock", 2, 2, i32::MAX, &data.0);
    });
    for (case, bytes) in cases.iter().enumerate() {
        let error = decode_with(Limits::default(), bytes, 1).1.unwrap();
        assert!(matches!(error.kind, ErrorKind::LimitExceeded { .. }), "case {case}: {error}");
    }
}
