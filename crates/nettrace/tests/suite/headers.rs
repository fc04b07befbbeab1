//! Headers of events and blocks.

use nettrace::Event;

use crate::corpus::decode;
use crate::stream::{Definition, Stream};

/// What a header says.
#[derive(Debug, Clone, PartialEq)]
struct Header {
    thread: u64,
    capture_thread: u64,
    processor: Option<u32>,
    sequence: u32,
    stack: u32,
    time: i64,
    activity: u128,
    related: u128,
    sorted: bool,
    payload: Vec<u8>,
}

fn headers(stream: &Stream) -> Vec<Header> {
    let bytes = stream.end();
    let [whole, pieced] = [usize::MAX, 1].map(|piece| {
        let mut headers = Vec::new();
        let mut sink = |event: &Event<'_>| {
            headers.push(Header {
                thread: event.thread_id,
                capture_thread: event.capture_thread_id,
                processor: event.processor,
                sequence: event.sequence_number,
                stack: event.stack.id(),
                time: event.timestamp,
                activity: event.activity_id.as_u128(),
                related: event.related_activity_id.as_u128(),
                sorted: event.sorted,
                payload: event.payload.into(),
            });
        };
        decode(&bytes, piece, &mut sink).1.unwrap();
        headers
    });
    assert_eq!(whole, pieced);
    whole
}

/// A GUID in the byte order of the format, and as a number.
const ACTIVITY: ([u8; 16], u128) =
    ([4, 3, 2, 1, 6, 5, 8, 7, 9, 10, 11, 12, 13, 14, 15, 16], 0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10);

#[test]
fn compressed_headers_repeat_what_they_leave_out() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    stream.events(|block| {
        let first = block.event(1).thread(70_000).capture_thread(8).processor(3).sequence(9).stack(5);
        first.time(100).activities(ACTIVITY.0, [1; 16]).sorted().payload(b"abc");
        // Flags 0: only a difference in time; everything else as before, also the payload's size.
        block.bytes.u8(0).var(1).raw(b"def");
        // The size of the payload alone.
        block.bytes.u8(0x80).var(0).var(0);
    });
    stream.events(|block| {
        // A new block starts from nothing.
        block.bytes.u8(0x81).var(1).var(7).var(1).raw(b"x");
    });
    let first = Header {
        thread: 70_000,
        capture_thread: 8,
        processor: Some(3),
        sequence: 9,
        stack: 5,
        time: 100,
        activity: ACTIVITY.1,
        related: u128::from_le_bytes([1; 16]),
        sorted: true,
        payload: b"abc".into(),
    };
    let second = Header { sequence: 10, time: 101, sorted: false, payload: b"def".into(), ..first.clone() };
    let third = Header { sequence: 11, payload: Vec::new(), ..second.clone() };
    let fourth = Header {
        thread: 0,
        capture_thread: 0,
        processor: Some(0),
        sequence: 1,
        stack: 0,
        time: 7,
        activity: 0,
        related: 0,
        sorted: false,
        payload: b"x".into(),
    };
    assert_eq!(headers(&stream), [first, second, third, fourth]);
}

#[test]
fn unknown_processor() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    stream.events(|block| block.event(1).sequence(1).processor(u32::MAX).payload(&[]));
    assert_eq!(headers(&stream)[0].processor, None);
}

#[test]
fn uncompressed_headers() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    stream.event_block("EventBlock", 20, false, |block| {
        let first = block.event(1).thread(70_000).capture_thread(8).processor(3).sequence(9).stack(5);
        first.time(100).activities(ACTIVITY.0, [1; 16]).sorted().payload(b"odd");
        // Not relative to the event before.
        block.event(1).sequence(1).time(50).payload(b"");
        // A size that counts padding, which is skipped.
        block.event(1).sequence(2).time(60).tail(3).payload(b"padded");
        block.event(1).sequence(3).time(70).payload(b"end");
    });
    let first = Header {
        thread: 70_000,
        capture_thread: 8,
        processor: Some(3),
        sequence: 9,
        stack: 5,
        time: 100,
        activity: ACTIVITY.1,
        related: u128::from_le_bytes([1; 16]),
        sorted: true,
        payload: b"odd".into(),
    };
    let second = Header {
        thread: 0,
        capture_thread: 0,
        processor: None,
        sequence: 1,
        stack: 0,
        time: 50,
        activity: 0,
        related: 0,
        sorted: false,
        payload: Vec::new(),
    };
    let third = Header { sequence: 2, time: 60, payload: b"padded".into(), ..second.clone() };
    let fourth = Header { sequence: 3, time: 70, payload: b"end".into(), ..second.clone() };
    assert_eq!(headers(&stream), [first, second, third, fourth]);
}

#[test]
fn uncompressed_metadata_and_longer_block_headers() {
    for (size, compressed) in [(20, false), (28, false), (28, true), (300, true)] {
        let mut stream = Stream::new();
        let blob = Definition::new(1, "Provider", 42).name("Named").blob();
        stream.event_block("MetadataBlock", size, compressed, |block| block.event(0).payload(&blob));
        stream.event_block("EventBlock", size, compressed, |block| {
            block.event(1).sequence(1).payload(b"one");
            block.event(1).sequence(2).payload(b"two");
        });
        for piece in [1, usize::MAX] {
            let mut found = Vec::new();
            decode(&stream.end(), piece, &mut |event: &Event<'_>| {
                assert_eq!((event.metadata.event_id, event.metadata.event_name.as_str()), (42, "Named"));
                found.push(event.payload.to_vec());
            })
            .1
            .unwrap();
            assert_eq!(found, [b"one", b"two"], "{size} {compressed}");
        }
    }
}

#[test]
fn empty_blocks() {
    let mut stream = Stream::new();
    stream
        .block("EventBlock", &[])
        .block("MetadataBlock", &[])
        .block("StackBlock", &[])
        .block("SPBlock", &[]);
    stream.events(|_| {}).stacks(1, &[]).sequence_point(0, &[]);
    for piece in [1, usize::MAX] {
        let (decoder, result) = decode(&stream.end(), piece, &mut |_: &Event<'_>| panic!("no event"));
        result.unwrap();
        assert_eq!(decoder.statistics().blocks, 7);
    }
}

/// A block of one event with these bytes in place of the difference in time.
fn with_time(time: &[u8]) -> Vec<u8> {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    stream.events(|block| {
        block.event(1).sequence(1).time(5).payload(b"before");
        block.bytes.u8(0x80).raw(time).var(0);
    });
    stream.end()
}

#[test]
fn long_numbers() {
    let time = |encoded: &[u8]| {
        let mut times = Vec::new();
        let bytes = with_time(encoded);
        let mut result = decode(&bytes, usize::MAX, &mut |event: &Event<'_>| times.push(event.timestamp)).1;
        let mut again = Vec::new();
        let pieced = decode(&bytes, 1, &mut |event: &Event<'_>| again.push(event.timestamp)).1;
        assert_eq!((&times, &result), (&again, &pieced));
        assert_eq!(times[0], 5, "what comes before is delivered");
        result = result.map_err(|mut error| {
            assert_eq!(error.block, Some(nettrace::BlockKind::Event));
            error.offset = 0;
            error
        });
        result.map(|()| times[1] - 5).map_err(|error| error.to_string())
    };
    // Groups without value at the end are accepted, up to ten groups.
    assert_eq!(time(&[0x81, 0x80, 0x80, 0x00]), Ok(1));
    assert_eq!(time(&[0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]), Ok(1));
    // The largest number is minus one.
    let mut largest = [0xff; 10];
    largest[9] = 0x01;
    assert_eq!(time(&largest), Ok(-1));
    for (mut bits, last) in [([0xff; 10], 0x02), ([0x80; 10], 0x7f)] {
        bits[9] = last;
        assert!(time(&bits).unwrap_err().ends_with("a 64-bit variable-length number has more than 64 bits"));
    }
    for length in [11, 100] {
        let mut bytes = vec![0x80; length];
        bytes[length - 1] = 0;
        let error = time(&bytes).unwrap_err();
        assert!(error.ends_with("a 64-bit variable-length number is longer than 10 bytes"), "{error}");
    }
}

#[test]
fn long_32_bit_numbers() {
    let payload_size = |size: &[u8]| {
        let mut stream = Stream::new();
        stream.define_simple(1, "P", 1);
        stream.events(|block| {
            block.bytes.u8(0x81).var(1).var(0).raw(size).raw(b"payload");
        });
        let mut found = None;
        let result = decode(&stream.end(), usize::MAX, &mut |event: &Event<'_>| {
            found = Some(event.payload.to_vec());
        });
        (found, result.1.map_err(|error| error.to_string()).err().unwrap_or_default())
    };
    let accepted = (Some(b"payload".to_vec()), String::new());
    assert_eq!(payload_size(&[0x07]), accepted);
    assert_eq!(payload_size(&[0x87, 0x00]), accepted);
    assert_eq!(payload_size(&[0x87, 0x80, 0x80, 0x80, 0x00]), accepted);
    assert!(payload_size(&[0x87, 0x80, 0x80, 0x80, 0x80, 0x00]).1.ends_with("longer than 5 bytes"));
    assert!(payload_size(&[0xff, 0xff, 0xff, 0xff, 0x1f]).1.ends_with("more than 32 bits"));
}
