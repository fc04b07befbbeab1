//! One event of each kind that real runtimes send, with everything switched on.
//!
//! The fixtures were recorded from programs of the testbed (`work` and `load`) on Linux, with all keywords of the runtime's
//! providers at the highest level; one event of each provider, id and version was kept, its payload as it was.

use std::collections::BTreeSet;

use dotnet_events::{Layouts, names};
use nettrace::{Event, Struct, Value};

use crate::corpus::decode;

const FIXTURES: &[(&str, &[u8], usize)] = &[
    (".NET Core 3.1", include_bytes!("../fixtures/kinds-3.1.23.nettrace"), 57),
    (".NET 9", include_bytes!("../fixtures/kinds-9.0.5.nettrace"), 103),
    (".NET 10", include_bytes!("../fixtures/kinds-10.0.9.nettrace"), 102),
];

/// Calls `check` with every event of every fixture.
fn each(mut check: impl FnMut(&Event<'_>, Struct<'_>)) {
    for (_, bytes, _) in FIXTURES {
        let mut layouts = Layouts::new();
        let (_, result) = decode(bytes, usize::MAX, &mut |event: &Event<'_>| {
            check(event, layouts.fields(event));
        });
        result.unwrap();
    }
}

#[test]
fn every_kind_is_known() {
    for (runtime, bytes, kinds) in FIXTURES {
        let mut layouts = Layouts::new();
        let mut found = 0;
        let (_, result) = decode(bytes, usize::MAX, &mut |event: &Event<'_>| {
            found += 1;
            let name = names::event_name(event);
            assert!(!name.contains("EventID"), "{runtime}: {name}");
            let fields = layouts.fields(event);
            assert_eq!(fields.fields().is_empty(), event.payload.is_empty(), "{runtime}: {name}");
            assert_eq!(fields.values().rest(), Ok(&[][..]), "{runtime}: {name} {fields:?}");
        });
        result.unwrap();
        assert_eq!(found, *kinds, "{runtime}");
    }
}

#[test]
fn values_make_sense() {
    let mut seen = BTreeSet::new();
    each(|event, fields| {
        let name = names::event_name(event);
        let number = |name: &str| fields.value(name).unwrap().unwrap().as_u64().unwrap();
        let text = |name: &str| fields.value(name).unwrap().unwrap().to_text().unwrap();
        match name.as_ref() {
            "GC/SettingsRundown" => assert_eq!(number("LOHThreshold"), 85000),
            "Runtime/Start" => assert_eq!(number("Sku"), 2),
            "ThreadPoolMinMaxThreads" => assert_eq!(number("MaxWorkerThreads"), 32767),
            "Method/ILToNativeMap" | "Method/ILToNativeMapDCStop" => {
                assert_eq!(fields.value("ILVersionID").unwrap().is_some(), event.metadata.version == 1);
                assert_eq!(number("ReJITID"), 0);
            }
            "JitInstrumentationDataVerbose/InstrumentationData" => {
                assert!(!text("MethodName").is_empty());
                let data = fields.value("Data").unwrap().unwrap().as_array().unwrap();
                assert_eq!(data.len() as u64, number("DataSize"));
            }
            "ILStub/StubGenerated" => assert!(text("StubMethodILCode").contains("Code size")),
            "GC/FitBucketInfo" => {
                let rows = fields.value("Values").unwrap().unwrap().as_array().unwrap();
                let sizes = rows.values().map(|row| {
                    let row = row.unwrap().as_struct().unwrap();
                    row.value("Size").unwrap().unwrap().as_u64().unwrap()
                });
                assert!(sizes.sum::<u64>() <= number("TotalSize"));
            }
            _ => return,
        }
        seen.insert(name.into_owned());
    });
    assert_eq!(seen.len(), 8, "{seen:?}");
}

#[test]
fn short_payloads_have_the_values_that_are_there() {
    each(|event, whole| {
        let numbers = |value: Value<'_>| {
            (!matches!(value, Value::String(_) | Value::Array(_))).then(|| format!("{value:?}"))
        };
        for length in 0..event.payload.len() {
            let short = Struct::new(whole.fields(), &event.payload[..length]);
            let mut has_failed = false;
            for ((field, short), (_, whole)) in short.values().zip(whole.values()) {
                // Behind the first value that is cut off there are no others. Text may be cut short.
                assert!(short.is_err() || !has_failed, "{}", field.name);
                has_failed |= short.is_err();
                if let Some(number) = short.ok().and_then(numbers) {
                    assert_eq!(Some(number), numbers(whole.unwrap()), "{}", field.name);
                }
            }
        }
    });
}
