//! Nothing is allocated per event, once a definition has been seen.

use dotnet_events::counters::CounterDecoder;
use dotnet_events::meters;
use nettrace::{Decoder, Event};

use crate::allocator::allocations;
use crate::corpus;

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
