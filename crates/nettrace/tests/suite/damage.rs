//! Damaged streams: an error with its place, never a panic, and what comes before is delivered.

use nettrace::{BlockKind, ErrorKind, Event};
use proptest::prelude::*;

use crate::corpus::{decode, event_hashes};
use crate::stream::{Bytes, Stream, V2Field};

/// The error of a stream whose bytes are damaged; the same however it is pushed.
fn damage(bytes: &[u8]) -> (Option<BlockKind>, &'static str) {
    let (events, _, whole) = event_hashes(bytes, usize::MAX);
    for piece in [1, 3, 64] {
        let (pieced_events, _, pieced) = event_hashes(bytes, piece);
        assert_eq!((&events, &whole), (&pieced_events, &pieced), "pieces of {piece}");
    }
    let error = whole.unwrap_err();
    assert!(error.offset <= bytes.len() as u64);
    match error.kind {
        ErrorKind::Malformed { reason } => (error.block, reason),
        _ => panic!("{error}"),
    }
}

fn stream_with(fill: impl FnOnce(&mut Stream)) -> Vec<u8> {
    let mut stream = Stream::new();
    fill(&mut stream);
    stream.end()
}

fn block(name: &str, data: &[u8]) -> Vec<u8> {
    stream_with(|stream| {
        stream.block(name, data);
    })
}

#[test]
fn frames() {
    let objects = |bytes: &[u8]| {
        stream_with(|stream| {
            stream.bytes.raw(bytes);
        })
    };
    let no_object = "neither an object nor the end of the stream where one must be";
    assert_eq!(damage(&objects(&[7])), (None, no_object));
    assert_eq!(damage(&objects(&[5, 4, 1, 0, 0, 0, 0])), (None, "an object does not begin with its type"));
    let mut head = Bytes::default();
    head.raw(&[5, 5, 1]).i32(2).i32(2);
    let name_length = "the length of an object's name is out of range";
    for length in [-1, 39, i32::MAX, i32::MIN] {
        assert_eq!(damage(&objects(&head.clone().i32(length).raw(&[0; 64]).0)), (None, name_length));
    }
    let unended = head.clone().i32(1).raw(b"XY").0.clone();
    assert_eq!(damage(&objects(&unended)), (None, "an object's type does not end where it must"));
    let negative = stream_with(|stream| {
        stream.block_with("EventBlock", 2, 2, -1, &[]);
    });
    assert_eq!(damage(&negative), (Some(BlockKind::Event), "the size of a block is negative"));
    let not_the_end = stream_with(|stream| {
        stream.block_with("Whatever", 2, 2, 1, &[9, 9]);
    });
    assert_eq!(
        damage(&not_the_end),
        (Some(BlockKind::Unknown), "an object does not end where its size says")
    );
    // Two heads; and none.
    let twice = stream_with(|stream| {
        let trace = stream.bytes.0[32..].to_vec();
        stream.bytes.raw(&trace);
    });
    assert_eq!(damage(&twice), (None, "the trace's head comes twice"));
    let mut headless = Stream::new();
    headless.bytes.0.truncate(32);
    headless.block("EventBlock", &[]);
    assert_eq!(damage(&headless.end()), (None, "the first object is not the trace's head"));
}

#[test]
fn block_contents() {
    let event = |data: &[u8]| damage(&block("EventBlock", data));
    let head = [20u8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let with_head = |rest: &[u8]| event(&[&head, rest].concat());
    let beyond = (Some(BlockKind::Event), "an item runs past the end of its block");
    assert_eq!(event(&[19, 0, 1, 0]), (Some(BlockKind::Event), "the header of a block is too small"));
    assert_eq!(event(&[21, 0, 1, 0, 0, 0]), beyond);
    assert_eq!(event(&[1]), beyond);
    assert_eq!(with_head(&[0x80]), beyond);
    assert_eq!(with_head(&[0x80, 0, 1]), beyond);
    let mut uncompressed = Bytes::default();
    uncompressed.raw(&[20, 0, 0, 0]).raw(&[0; 16]);
    let negative = uncompressed.clone().i32(-1).raw(&[0; 76]).0.clone();
    assert_eq!(event(&negative).1, "the size of an uncompressed event is negative");
    let negative = uncompressed.clone().i32(76).raw(&[0; 72]).i32(-1).0.clone();
    assert_eq!(event(&negative).1, "the payload size of an uncompressed event is negative");

    let stack = |data: &mut Bytes| damage(&block("StackBlock", &data.0));
    let mut stacks = Bytes::default();
    assert_eq!(stack(stacks.u32(1).i32(-1)).1, "the number of stacks is negative");
    let mut stacks = Bytes::default();
    assert_eq!(stack(stacks.u32(1).i32(1).i32(-1)).1, "the size of a stack is negative");
    let mut stacks = Bytes::default();
    assert_eq!(
        stack(stacks.u32(1).i32(2).i32(8).u64(5).i32(8).u32(1)),
        (Some(BlockKind::Stack), "an item runs past the end of its block")
    );

    let point = |data: &mut Bytes| damage(&block("SPBlock", &data.0));
    let mut threads = Bytes::default();
    assert_eq!(point(threads.i64(0).i32(-1)).1, "the number of threads is negative");
    let mut threads = Bytes::default();
    assert_eq!(
        point(threads.i64(0).i32(2).u64(1).u32(1)),
        (Some(BlockKind::SequencePoint), "an item runs past the end of its block")
    );
}

#[test]
fn what_precedes_the_damage_is_delivered() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    stream.events(|block| {
        block.event(1).sequence(1).payload(b"first");
        block.event(1).payload(b"second");
        block.bytes.u8(0x80).raw(&[0xff; 11]);
    });
    stream.events(|block| block.event(1).sequence(3).payload(b"never reached"));
    let mut payloads = Vec::new();
    let bytes = stream.end();
    let (_, result) =
        decode(&bytes, usize::MAX, &mut |event: &Event<'_>| payloads.push(event.payload.to_vec()));
    assert_eq!(payloads, [b"first".to_vec(), b"second".into()]);
    let error = result.unwrap_err();
    assert_eq!(error.block, Some(BlockKind::Event));
    let place = bytes.windows(12).position(|window| window == [&[0x80][..], &[0xff; 11]].concat()).unwrap();
    assert_eq!(error.offset, place as u64, "the start of the event at fault");
}

/// A stream with something of everything.
fn varied() -> Vec<u8> {
    let mut stream = Stream::new();
    stream.define(1, "Provider", 1, |definition| {
        definition.name("Fields").fields(&[("a", 9), ("text", 18), ("b", 11)]).tag(1, &[3])
    });
    let inner = [V2Field::new("x", 9), V2Field::array("ys", 18)];
    stream.define(2, "Provider", 2, |definition| {
        definition.parameters(&[V2Field::array_of("points", &inner), V2Field::structure("s", &inner)])
    });
    stream.define(3, "Provider", 3, |definition| definition.counter_fields(&[("Name", 18), ("Mean", 14)]));
    stream.stacks(1, &[&[1, 2, 3], &[], &[4]]);
    stream.events(|block| {
        let mut payload = Bytes::default();
        payload.i32(1).text("text").i64(2);
        block.event(1).thread(9).sequence(1).stack(1).time(5).sorted().payload(&payload.0);
        let mut payload = Bytes::default();
        payload.u16(1).i32(1).u16(2).text("p").text("q").i32(2).u16(0);
        block.event(2).activities([7; 16], [8; 16]).payload(&payload.0);
    });
    stream.event_block("EventBlock", 28, false, |block| {
        let mut payload = Bytes::default();
        payload.text("name").f64(1.0);
        block.event(3).thread(9).sequence(3).payload(&payload.0);
    });
    stream.sequence_point(100, &[(9, 5)]);
    stream.stacks(1, &[&[5]]).block("Unknown", &[1, 2, 3]);
    stream.events(|block| block.event(1).thread(9).sequence(6).stack(1).payload(b"short"));
    stream.end()
}

/// Looks at everything an event offers.
fn exhaust(event: &Event<'_>) -> usize {
    let shown = format!("{event:?} {:?}", event.fields());
    let _ = (event.value("text"), event.value_at(&["s", "ys"]), event.unix_nanos());
    shown.len()
}

#[test]
fn the_varied_stream_is_sound() {
    let mut events = 0;
    let (decoder, result) = decode(&varied(), usize::MAX, &mut |event: &Event<'_>| {
        assert!(exhaust(event) > 0);
        events += 1;
    });
    result.unwrap();
    let statistics = decoder.statistics();
    assert_eq!((events, statistics.lost_events, statistics.stacks), (4, 2, 4));
}

#[test]
fn every_single_bit_of_the_varied_stream() {
    let bytes = varied();
    for position in 0..bytes.len() {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[position] ^= 1 << bit;
            let whole = event_hashes(&damaged, usize::MAX);
            let pieced = event_hashes(&damaged, 5);
            assert_eq!(whole, pieced, "bit {bit} of byte {position}");
            let _ = decode(&damaged, usize::MAX, &mut |event: &Event<'_>| {
                exhaust(event);
            });
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn any_bytes_after_a_sound_beginning(rest in proptest::collection::vec(any::<u8>(), 0..300), piece in 1usize..40) {
        let mut bytes = Stream::new().bytes.0;
        bytes.extend(rest);
        prop_assert_eq!(event_hashes(&bytes, usize::MAX), event_hashes(&bytes, piece));
    }

    #[test]
    fn any_block_contents(
        name in prop_oneof!["EventBlock", "MetadataBlock", "StackBlock", "SPBlock"],
        data in proptest::collection::vec(any::<u8>(), 0..300),
        piece in 1usize..40,
    ) {
        let mut stream = Stream::new();
        stream.define(1, "P", 1, |definition| definition.fields(&[("a", 18), ("b", 9)]));
        // A plausible head, so that not all cases end there.
        let data = if name.starts_with(['E', 'M']) { [&[20, 0, data.len() as u8 & 1, 0][..], &data].concat() } else { data };
        stream.block(&name, &data);
        let bytes = stream.end();
        prop_assert_eq!(event_hashes(&bytes, usize::MAX), event_hashes(&bytes, piece));
    }

    #[test]
    fn several_bytes_changed(
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
        piece in 1usize..40,
    ) {
        let mut bytes = varied();
        for (position, byte) in changes {
            let position = position.index(bytes.len());
            bytes[position] = byte;
        }
        prop_assert_eq!(event_hashes(&bytes, usize::MAX), event_hashes(&bytes, piece));
        let _ = decode(&bytes, piece, &mut |event: &Event<'_>| { exhaust(event); });
    }

    #[test]
    fn any_fields_over_any_payload(
        codes in proptest::collection::vec(prop_oneof![Just(1i32), 3i32..=19], 1..12),
        payload in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        let mut left = codes.iter();
        let fields = fields_from(&mut left, 0);
        let mut stream = Stream::new();
        stream.define(1, "P", 1, |definition| definition.parameters(&fields));
        stream.events(|block| block.event(1).sequence(1).payload(&payload));
        let mut events = 0;
        let (decoder, result) = decode(&stream.end(), usize::MAX, &mut |event: &Event<'_>| {
            events += 1;
            exhaust(event);
            // By name and in order give the same.
            for (field, value) in event.values() {
                // Values that are not numbers do not equal themselves.
                prop_assert_values(&event.value(&field.name).map(Option::unwrap), &value);
            }
        });
        prop_assert!(result.is_ok());
        prop_assert_eq!((events, decoder.statistics().unreadable_fields), (1, 0));
    }
}

fn prop_assert_values(
    left: &Result<nettrace::Value<'_>, nettrace::FieldError>,
    right: &Result<nettrace::Value<'_>, nettrace::FieldError>,
) {
    assert_eq!(format!("{left:?}"), format!("{right:?}"));
}

/// Fields of the types in `codes`: structures take some of those that follow into themselves.
fn fields_from(codes: &mut std::slice::Iter<'_, i32>, depth: u32) -> Vec<V2Field> {
    let mut fields = Vec::new();
    while let Some(code) = codes.next() {
        let name = format!("f{depth}_{}", fields.len());
        fields.push(match code {
            1 if depth < 3 => V2Field::structure(&name, &fields_from(codes, depth + 1)),
            1 => return fields,
            19 => match codes.next() {
                Some(1) if depth < 3 => V2Field::array_of(&name, &fields_from(codes, depth + 1)),
                Some(element @ 3..=18) => V2Field::array(&name, *element),
                _ => return fields,
            },
            code => V2Field::new(&name, *code),
        });
    }
    fields
}
