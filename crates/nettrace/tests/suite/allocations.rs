//! Nothing is allocated per event.

use nettrace::{Decoder, Event};

use crate::allocator::allocations;
use crate::stream::{Bytes, Stream};

const EVENTS: u32 = 5000;

/// The beginning of a stream with its definitions, and a block of many events.
fn stream() -> (Vec<u8>, Vec<u8>) {
    let mut stream = Stream::new();
    stream.define(1, "P", 1, |definition| definition.fields(&[("number", 9), ("text", 18), ("last", 11)]));
    stream.stacks(1, &[&[1, 2, 3]]);
    let beginning = stream.bytes.0.len();
    stream.events(|block| {
        for number in 0..EVENTS {
            let mut payload = Bytes::default();
            payload.i32(number.cast_signed()).text("some text").i64(1);
            // Two threads in turn, so that their numbers are looked up.
            let thread = 7 + u64::from(number % 2);
            block.event(1).thread(thread).sequence(1).stack(1).time(1).payload(&payload.0);
        }
    });
    let mut beginning_bytes = stream.end();
    let rest = beginning_bytes.split_off(beginning);
    (beginning_bytes, rest)
}

#[test]
fn events_and_values() {
    let (beginning, block) = stream();
    for piece in [block.len(), 4096, 16, 1] {
        let mut decoder = Decoder::new();
        decoder.push(&beginning, &mut |_: &Event<'_>| {}).unwrap();
        let mut events = 0;
        let mut frames = 0;
        let mut sum = 0;
        let mut sink = |event: &Event<'_>| {
            events += 1;
            frames += event.stack.addresses().count();
            sum += event.values().filter_map(|(_, value)| value.unwrap().as_i64()).sum::<i64>();
            assert!(event.value("text").unwrap().unwrap().as_text().unwrap() == "some text");
        };
        let count = allocations(|| {
            for bytes in block.chunks(piece) {
                decoder.push(bytes, &mut sink).unwrap();
            }
        });
        assert_eq!((events, frames), (EVENTS, 3 * EVENTS as usize));
        assert_eq!(sum, (0..i64::from(EVENTS)).sum::<i64>() + i64::from(EVENTS));
        // Room for the two threads; in pieces also room for what spans two of them.
        assert!(count <= 10, "{count} allocations in pieces of {piece}");
    }
}
