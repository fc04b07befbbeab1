//! Allocations of recorded traces, against what an independent reader counted.

use std::collections::BTreeMap;

use dotnet_analysis::allocations::Allocations;
use dotnet_analysis::allocations::answer::Source;
use dotnet_analysis::gc::Collections;
use serde_json::Value;

use crate::corpus;
use crate::questions::ask;

type Ticks = BTreeMap<String, (u64, u64)>;

#[test]
fn ticks_by_type_are_those_of_the_reader() {
    let mut with_ticks = 0;
    for name in corpus::VERSION_4 {
        let Some(answer) = ask::<Allocations>(name) else { return };
        let expected: Ticks = match corpus::answers(name).get("alloc_tick_types") {
            Some(Value::Array(rows)) => rows
                .iter()
                .map(|row| {
                    let count = (row["count"].as_u64().unwrap(), row["bytes"].as_u64().unwrap());
                    (row["type"].as_str().unwrap().to_owned(), count)
                })
                .collect(),
            _ => Ticks::new(),
        };
        let found: Ticks =
            answer.ticks.iter().map(|of| (of.type_name.clone(), (of.count, of.bytes))).collect();
        for (type_name, ticks) in &expected {
            assert_eq!(found.get(type_name), Some(ticks), "{type_name} in {name}");
        }
        // The reader lists no more than twenty types; how many ticks there are in all it says elsewhere.
        assert!(found.len() == expected.len() || expected.len() == 20, "{name}");
        let counted: u64 = corpus::answers(name)["by_event"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| row[0] == "Microsoft-Windows-DotNETRuntime" && row[1] == 10)
            .map(|row| row[4].as_u64().unwrap())
            .sum();
        assert_eq!(found.values().map(|(count, _)| count).sum::<u64>(), counted, "{name}");
        with_ticks += usize::from(!expected.is_empty());
        if answer.source == Source::AllocationTicks {
            assert_eq!(answer.bytes, found.values().map(|(_, bytes)| bytes).sum::<u64>(), "{name}");
            assert_eq!(answer.samples, counted, "{name}");
            let rated: u64 = answer.over_time.values.iter().flatten().sum();
            assert_eq!(rated, answer.bytes, "{name}");
        }
    }
    assert_eq!(with_ticks, 3);
}

#[test]
fn who_allocates_is_told_by_stacks() {
    let Some(answer) = ask::<Allocations>("eventpipe-dotnetcore3.0-win-x64-objver4.nettrace") else { return };
    assert_eq!(answer.source, Source::AllocationTicks);
    let own: u64 = answer.methods.iter().map(|method| method.exclusive_bytes).sum();
    assert!(own <= answer.bytes && own > answer.bytes / 10 * 9, "{own} of {}", answer.bytes);
    for method in &answer.methods {
        assert!(method.exclusive_bytes <= method.inclusive_bytes && method.inclusive_bytes <= answer.bytes);
    }
    let first = &answer.types[0];
    assert_eq!(
        (first.type_name.as_str(), first.samples, first.bytes),
        ("System.Char[]", 23_133, 2_828_290_272)
    );
    // Before version 4 ticks do not tell the size of the object.
    assert_eq!(first.objects, None);
    assert!(first.bytes_error > 0 && first.bytes_error < first.bytes / 100, "{first:?}");
}

/// Ticks of earlier runtimes count allocation buffers. In this trace the heap cannot have grown by half of what they say.
#[test]
fn ticks_without_sizes_of_objects_are_upper_bounds() {
    let name = "eventpipe-dotnetcore3.0-win-x64-objver4.nettrace";
    let (Some(answer), Some(heap)) = (ask::<Allocations>(name), ask::<Collections>(name)) else { return };
    assert!(answer.counts_buffers);
    let pairs = heap.collections.iter().zip(heap.collections.iter().skip(1));
    let grown: u64 = pairs
        .map(|(before, after)| {
            after.heap_before_bytes.unwrap().saturating_sub(before.heap_after_bytes.unwrap())
        })
        .sum();
    assert!(answer.bytes > 2 * grown, "{} {grown}", answer.bytes);
    assert!(heap.totals.allocated_bytes <= grown, "{} {grown}", heap.totals.allocated_bytes);
    assert!(heap.totals.allocated_bytes > grown / 2, "{} {grown}", heap.totals.allocated_bytes);
    let newer = ask::<Allocations>("runtime-net10-loaded.nettrace").unwrap();
    assert!(!newer.counts_buffers);
}

/// The server of `metrics.md` 0.1 allocates arrays of a megabyte: each has its own tick, and is known exactly.
#[test]
fn large_objects_are_counted_one_by_one() {
    let Some(answer) = ask::<Allocations>("runtime-net10-loaded.nettrace") else { return };
    let bytes = answer.types.iter().find(|of| of.type_name == "System.Byte[]").unwrap();
    assert_eq!(
        (bytes.samples, bytes.bytes, bytes.objects, bytes.bytes_error),
        (228, 239_080_800, Some(228), 0)
    );
    let large = answer.kinds.iter().find(|kind| kind.kind == "Large").unwrap();
    assert_eq!(large.samples, 228);
}
