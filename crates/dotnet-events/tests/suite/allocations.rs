//! Nothing is allocated per event, once a definition has been seen.

use dotnet_events::counters::CounterDecoder;
use dotnet_events::{Layouts, meters};
use nettrace::{Decoder, Event};

use crate::allocator::{allocations, most_held};
use crate::corpus;
use crate::stream6::{Event6, Stream6};

#[test]
fn counters() {
    let Some(bytes) = corpus::trace("r10_0_9_counters.nettrace") else { return };
    let mut counters = CounterDecoder::new();
    let mut decode = |expected: &dyn Fn(u64) -> bool| {
        let mut total = 0;
        let mut decoded = 0;
        let sink = &mut |event: &Event<'_>| {
            total += allocations(|| decoded += u32::from(counters.decode(event).is_some()));
        };
        Decoder::new().push(&bytes, sink).unwrap();
        assert_eq!(decoded, 164);
        assert!(expected(total), "{total} allocations");
    };
    // The first time, definitions are looked at; the second time they are known.
    decode(&|total| total > 0);
    decode(&|total| total == 0);
}

#[test]
fn meter_events() {
    let Some(bytes) = corpus::trace("r9_meters.nettrace") else { return };
    let mut decoded = 0;
    let sink = &mut |event: &Event<'_>| {
        let count =
            allocations(|| decoded += u32::from(meters::decode(event).is_some_and(|event| event.is_ok())));
        assert_eq!(count, 0);
    };
    Decoder::new().push(&bytes, sink).unwrap();
    assert_eq!(decoded, 266);
}

#[test]
fn definitions_without_end() {
    let beginning = Stream6::new().bytes.0;
    // A definition, an event of it, and a sequence point that forgets it.
    let mut stream = Stream6 { bytes: crate::stream::Bytes::default() };
    stream.thread(0, 1, 1).define(1, 1).events(true, &[Event6::on(0, 1, 1)]).sequence_point(1, 3, &[]);
    let round = stream.bytes.0;
    let (mut counters, mut layouts) = (CounterDecoder::new(), Layouts::new());
    let mut events = 0;
    let sink = &mut |event: &Event<'_>| {
        events += 1;
        assert!(counters.decode(event).is_none());
        assert_eq!(layouts.fields(event).values().count(), 0);
    };
    let mut decoder = Decoder::new();
    decoder.push(&beginning, sink).unwrap();
    let held = most_held(|| (0..200_000).for_each(|_| decoder.push(&round, sink).unwrap()));
    assert_eq!(events, 200_000);
    assert!(held < 20 << 20, "{held} bytes held");
}
