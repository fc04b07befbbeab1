//! Names for numbers, as the independent reader of the corpus prints them.

use std::collections::BTreeMap;

use dotnet_events::enumerations::{
    GCGlobalMechanisms, GCReason, MethodFlags, OptimizationTier, ThreadAdjustmentReason, TypeFlags, meaning,
};
use dotnet_events::runtime::gc::{GCStart, GCSuspendEEBegin};
use dotnet_events::{Layouts, Source, Sources, providers};
use nettrace::Event;
use proptest::prelude::*;

use crate::corpus::{self, decode};
use crate::stream::{Definition, Stream};

#[test]
fn collections_are_told_in_words() {
    for file in ["r9_gcinfo", "r31_gcinfo", "runtime-net10-loaded", "eventpipe-dotnetcore3.0-win-x64-objver4"]
    {
        let Some(bytes) = corpus::trace(&format!("{file}.nettrace")) else { return };
        let mut sources = Sources::new();
        let mut found = BTreeMap::new();
        let (_, _) = decode(&bytes, usize::MAX, &mut |event: &Event<'_>| {
            if (sources.of(event), event.metadata.event_id) == (Source::Runtime, GCStart::ID) {
                let start = GCStart::decode(event).unwrap();
                found.insert(
                    u64::from(start.Count),
                    (start.Reason.to_string(), start.Type.unwrap().to_string()),
                );
            }
        });
        let answers = corpus::answers(file);
        let rows = answers["gc"].as_array().unwrap();
        assert!(!rows.is_empty());
        for row in rows {
            let (reason, kind) = &found[&row["number"].as_u64().unwrap()];
            assert_eq!(
                (reason, kind),
                (&row["reason"].as_str().unwrap().into(), &row["type"].as_str().unwrap().into())
            );
        }
    }
}

#[test]
fn fields_have_meanings() {
    const QUESTIONS: [(&str, u32, &[&str], u32, &str); 8] = [
        (providers::RUNTIME, 1, &["Reason"], 0, "AllocSmall"),
        (providers::RUNTIME, 205, &["GlobalMechanisms"], 0x12, "Compaction, CardBundles"),
        (providers::RUNTIME, 205, &["PauseMode"], u32::MAX, "Invalid"),
        // In a group, and in the elements of an array.
        (providers::RUNTIME, 143, &["MethodFlags"], 9, "Dynamic, Jitted"),
        (providers::RUNTIME, 16, &["Values", "GCRootKind"], 2, "Handle"),
        (providers::RUNTIME, 16, &["Values", "GCRootFlag"], 0, "None"),
        (providers::RUNTIME_RUNDOWN, 156, &["AssemblyFlags"], 0x42, "Dynamic, 0x40"),
        (providers::SAMPLE_PROFILER, 0, &["Type"], 7, "7"),
    ];
    for (provider, id, path, number, expected) in QUESTIONS {
        asked(provider, id, |event| {
            assert_eq!(meaning(event.metadata, path).unwrap().text(number), expected, "{provider} {id}");
            assert_eq!(meaning(event.metadata, &["ClrInstanceID"]), None);
            assert_eq!(meaning(event.metadata, &[]), None);
            // Not a field of the event, but of its elements.
            assert_eq!(meaning(event.metadata, &path[1..]), None);
        });
    }
}

/// Calls `check` with an event of that provider and id.
fn asked(provider: &str, id: u32, check: impl Fn(&Event<'_>)) {
    let mut stream = Stream::new();
    stream.define_blob(&Definition::new(1, provider, i32::try_from(id).unwrap()).blob());
    stream.events(|block| {
        block.event(1).sequence(1).payload(&[]);
    });
    let mut count = 0;
    let (_, result) = decode(&stream.end(), usize::MAX, &mut |event: &Event<'_>| {
        count += 1;
        check(event);
    });
    result.unwrap();
    assert_eq!(count, 1);
}

#[test]
fn a_type_that_grew_has_its_meaning_in_both_versions() {
    for (version, payload) in [(0, &[1, 0][..]), (1, &[1, 0, 0, 0, 5, 0, 0, 0, 9, 0])] {
        let mut stream = Stream::new();
        stream.define_blob(&Definition::new(1, providers::RUNTIME, 9).version(version).blob());
        stream.events(|block| {
            block.event(1).sequence(1).payload(payload);
        });
        let mut reasons = Vec::new();
        let (_, result) = decode(&stream.end(), usize::MAX, &mut |event: &Event<'_>| {
            let begin = GCSuspendEEBegin::decode(event).unwrap();
            let fields = Layouts::new().fields(event);
            let number = fields.value("Reason").unwrap().unwrap().as_u64().unwrap();
            assert_eq!(u64::from(begin.Reason.number()), number);
            reasons.push((begin.Reason.to_string(), begin.Count));
        });
        result.unwrap();
        assert_eq!(reasons, [("SuspendForGC".to_owned(), (version == 1).then_some(5))]);
    }
}

#[test]
fn parts_of_flags() {
    // As the sampler's target of a .NET 9 trace has it: compiled again, with the extent in the upper bits.
    let flags = MethodFlags::from(0x1000_0208);
    assert_eq!((flags.tier(), flags.extent()), (OptimizationTier::OptimizedTier1, 1));
    assert!(flags.contains(MethodFlags::Jitted) && !flags.contains(MethodFlags::Dynamic));
    assert_eq!(MethodFlags::from(8).tier().to_string(), "Unknown");
    assert_eq!(TypeFlags::from(0x308).array_rank(), 3);
    assert_eq!(TypeFlags::from(0x308).names().collect::<Vec<_>>(), ["Array"]);
}

proptest! {
    #[test]
    fn no_number_is_lost(number: u32) {
        prop_assert_eq!(GCReason::from(number).number(), number);
        prop_assert_eq!(GCGlobalMechanisms::from(number).bits(), number);
        let reason = ThreadAdjustmentReason::from(number);
        prop_assert_eq!(reason.number(), number);
        prop_assert_eq!(reason.to_string(), ThreadAdjustmentReason::MEANING.text(number));
        prop_assert_eq!(reason.name().is_none(), reason.to_string() == number.to_string());
    }
}
