//! What the collector's events of changing meaning hold.

use dotnet_events::runtime::gc::GCDynamicEvent;
use dotnet_events::runtime::gc_dynamic::Dynamic;
use dotnet_events::{EventError, Source, Sources, providers};
use nettrace::Event;

use crate::corpus::{self, decode};
use crate::stream::{Bytes, Definition, Stream};

#[test]
fn memory_committed_by_a_real_process() {
    let Some(bytes) = corpus::trace("r9_gcinfo.nettrace") else { return };
    let mut sources = Sources::new();
    let mut count = 0;
    let (_, _) = decode(&bytes, usize::MAX, &mut |event: &Event<'_>| {
        if (sources.of(event), event.metadata.event_id) != (Source::Runtime, GCDynamicEvent::ID) {
            return;
        }
        let event = GCDynamicEvent::decode(event).unwrap();
        let Some(Ok(Dynamic::CommittedUsage(usage))) = event.dynamic() else { panic!("{event:?}") };
        assert_eq!(usage.Version, 1);
        // Some MB of a small program, in whole pages.
        assert!((1 << 20..1 << 30).contains(&usage.TotalCommittedInUse), "{usage:?}");
        assert!(usage.TotalCommittedInUse % 4096 == 0 && usage.TotalBookkeepingCommitted > 0, "{usage:?}");
        count += 1;
    });
    assert_eq!(count, 888);
}

/// What is found in such an event with that data.
fn with<R>(name: &str, data: &Bytes, check: impl FnOnce(Option<Result<Dynamic<'_>, EventError>>) -> R) -> R {
    let mut payload = Bytes::default();
    payload.text(name).u32(data.0.len() as u32).raw(&data.0).u16(9);
    let definition = Definition::new(1, providers::RUNTIME, 39);
    let bytes = Stream::new()
        .define_blob(&definition.blob())
        .events(|block| block.event(1).payload(&payload.0))
        .end();
    let (mut check, mut found) = (Some(check), None);
    let (_, result) = decode(&bytes, usize::MAX, &mut |event: &Event<'_>| {
        let event = GCDynamicEvent::decode(event).unwrap();
        assert_eq!(event.ClrInstanceID, 9);
        found = check.take().map(|check| check(event.dynamic()));
    });
    result.unwrap();
    found.unwrap()
}

#[test]
fn every_kind_has_its_values_in_their_places() {
    let mut data = Bytes::default();
    data.u16(1)
        .u16(2)
        .u16(3)
        .u16(4)
        .u64(5)
        .u64(6)
        .f32(7.0)
        .f32(8.0)
        .f32(9.0)
        .u16(10)
        .f32(11.0)
        .u32(12)
        .u8(13);
    data.u16(14).u16(15).u16(16).u16(17).u8(18);
    assert_eq!(data.0.len(), 56);
    with("SizeAdaptationTuning", &data, |found| {
        let Some(Ok(Dynamic::SizeAdaptationTuning(tuning))) = found else { panic!("{found:?}") };
        assert_eq!((tuning.NewHeapCount, tuning.MinHeapCount, tuning.CurrentGCIndex), (2, 4, 5));
        assert_eq!((tuning.CurrentAroundTargetAccumulation, tuning.RecordedTcpSlope), (9.0, 11.0));
        assert_eq!((tuning.AggressiveFactor, tuning.ChangeDecision, tuning.AdjustmentMetric), (13, 14, 18));
    });
    let mut data = Bytes::default();
    data.u16(1).u16(2).u64(3).f32(4.0).u32(5).u32(6).f32(7.0).u32(8).f32(9.0).u32(10).f32(11.0);
    with("SizeAdaptationFullGCTuning", &data, |found| {
        let Some(Ok(Dynamic::SizeAdaptationFullGCTuning(tuning))) = found else { panic!("{found:?}") };
        assert_eq!((tuning.NumGen2sSinceLastChange, tuning.Sample2GCPercent), (5, 11.0));
    });
    let mut data = Bytes::default();
    data.u16(2).u64(3).u32(4).u32(5).u32(6).u32(7).u64(8).u32(9);
    // Of a later version, with more behind.
    data.u64(99);
    with("SizeAdaptationSample", &data, |found| {
        let Some(Ok(Dynamic::SizeAdaptationSample(sample))) = found else { panic!("{found:?}") };
        assert_eq!(
            (sample.Version, sample.GCIndex, sample.GCPauseTime, sample.Gen0BudgetPerHeap),
            (2, 3, 5, 9)
        );
    });
}

#[test]
fn short_data_is_an_error_and_other_kinds_are_none() {
    let mut data = Bytes::default();
    data.u16(1).u64(2);
    let short = EventError::TooShort { event: "CommittedUsage", version: 1, length: 10 };
    with("CommittedUsage", &data, |found| assert_eq!(found, Some(Err(short))));
    with("Invented", &data, |found| assert_eq!(found, None));
}
