//! The fields of all events of recorded traces.

use std::collections::{BTreeMap, BTreeSet};

use dotnet_events::{Layouts, providers};
use nettrace::{Decoder, Event, Struct, Value};

use crate::allocator::allocations;
use crate::corpus::{self, decode};

/// Reads a value with all that is inside. Panics where something cannot be read.
fn read(value: Value<'_>) -> u64 {
    match value {
        Value::Struct(inner) => inner.values().map(|(_, value)| read(value.unwrap())).sum(),
        Value::Array(array) => array.values().map(|value| read(value.unwrap())).sum(),
        Value::String(text) => text.len() as u64,
        _ => 1,
    }
}

/// Events that have more bytes than their event source declares, by provider and id.
const UNDECLARED: &[(&str, u32)] = &[
    // `RunningContinuationList` declares two numbers of 32 bits, and writes them with 64.
    (providers::TASKS, 21),
];

#[test]
fn every_payload_is_read_to_its_end() {
    let netperf = [
        "eventpipe-dotnetcore2.1-linux-x64-objver3.netperf",
        "eventpipe-dotnetcore2.1-linux-x64-tracelogging.netperf",
    ];
    for file in corpus::VERSION_4.iter().chain(&netperf) {
        let Some(bytes) = corpus::trace(file) else { return };
        let mut layouts = Layouts::new();
        let (_, _) = decode(&bytes, usize::MAX, &mut |event: &Event<'_>| {
            let metadata = event.metadata;
            let id = (metadata.provider.as_str(), metadata.event_id);
            let fields = layouts.fields(event);
            for (field, value) in fields.values() {
                match value {
                    Ok(value) => drop(read(value)),
                    Err(error) => {
                        panic!("{file} {id:?} version {}, {}: {error}", metadata.version, field.name)
                    }
                }
            }
            if !UNDECLARED.contains(&id) {
                let rest = fields.values().rest().unwrap();
                assert!(rest.is_empty(), "{file} {id:?} version {}", metadata.version);
            }
        });
    }
}

/// Calls `check` with the fields of every event of that id of the runtime.
fn each(bytes: &[u8], provider: &str, id: u32, mut check: impl FnMut(&Event<'_>, Struct<'_>)) {
    let mut layouts = Layouts::new();
    let (_, _) = decode(bytes, usize::MAX, &mut |event: &Event<'_>| {
        if event.metadata.event_id == id && event.metadata.provider == provider {
            check(event, layouts.fields(event));
        }
    });
}

fn number(fields: Struct<'_>, name: &str) -> u64 {
    fields.value(name).unwrap().unwrap().as_u64().unwrap()
}

fn text(fields: Struct<'_>, name: &str) -> String {
    fields.value(name).unwrap().unwrap().to_text().unwrap()
}

/// The sum of a field over all events of that id of the runtime.
fn sum(bytes: &[u8], id: u32, name: &str) -> u64 {
    let mut sum = 0;
    each(bytes, providers::RUNTIME, id, |_, fields| sum += number(fields, name));
    sum
}

#[test]
fn collections() {
    const REASONS: [&str; 5] = ["AllocSmall", "Induced", "LowMemory", "Empty", "AllocLarge"];
    const TYPES: [&str; 3] = ["NonConcurrentGC", "BackgroundGC", "ForegroundGC"];
    for file in ["r9_gcinfo", "r31_gcinfo", "r9_killed", "runtime-net10-loaded"] {
        let Some(bytes) = corpus::trace(&format!("{file}.nettrace")) else { return };
        let answers = corpus::answers(file);
        let mut found = BTreeMap::new();
        each(&bytes, providers::RUNTIME, 1, |_, fields| {
            let reason = REASONS[number(fields, "Reason") as usize];
            let kind = TYPES[number(fields, "Type") as usize];
            found.insert(number(fields, "Count"), (number(fields, "Depth"), reason, kind));
        });
        let rows = answers["gc"].as_array().unwrap();
        for row in rows {
            let text = |name: &str| row[name].as_str().unwrap();
            let expected = (row["generation"].as_u64().unwrap(), text("reason"), text("type"));
            assert_eq!(found[&row["number"].as_u64().unwrap()], expected, "{row}");
        }
        // Of the stream that breaks off, more is read here.
        assert!(found.len() == rows.len() || file == "r9_killed" && found.len() > rows.len());
    }
}

#[test]
fn heap_sizes() {
    // Versions 1 and 2: without and with the heap of pinned objects.
    for (file, heaps) in [("r31_gcinfo", 4), ("r9_gcinfo", 5)] {
        let Some(bytes) = corpus::trace(&format!("{file}.nettrace")) else { return };
        let answers = corpus::answers(file);
        let mut rows = answers["gc"].as_array().unwrap().iter();
        each(&bytes, providers::RUNTIME, 4, |_, fields| {
            let total =
                |name: &str| (0..heaps).map(|heap| number(fields, &format!("{name}{heap}"))).sum::<u64>();
            let row = rows.next().unwrap();
            let megabytes = |name: &str| (row[name].as_f64().unwrap() * 1e6).round();
            assert_eq!(total("TotalPromotedSize") as f64, megabytes("promoted_MB"), "{row}");
            assert_eq!(total("GenerationSize") as f64, megabytes("heap_after_MB"), "{row}");
        });
        assert!(rows.next().is_none());
    }
}

#[test]
fn exceptions() {
    for file in ["r9_cpu", "r10_0_9_allkw", "runtime-net10-loaded", "r9_exc_cont_tp"] {
        let Some(bytes) = corpus::trace(&format!("{file}.nettrace")) else { return };
        let mut found = serde_json::Map::new();
        each(&bytes, providers::RUNTIME, 80, |_, fields| {
            let count = found.entry(text(fields, "ExceptionType")).or_insert(0.into());
            *count = (count.as_u64().unwrap() + 1).into();
        });
        assert_eq!(corpus::answers(file)["exceptions"], serde_json::Value::from(found), "{file}");
    }
}

#[test]
fn allocations_by_type() {
    for file in ["eventpipe-dotnetcore3.0-win-x64-objver4", "runtime-net10-loaded", "r9_gcheapdump"] {
        let Some(bytes) = corpus::trace(&format!("{file}.nettrace")) else { return };
        let mut found = BTreeMap::<String, (u64, u64)>::new();
        each(&bytes, providers::RUNTIME, 10, |_, fields| {
            let (count, bytes) = found.entry(text(fields, "TypeName")).or_default();
            *count += 1;
            *bytes += number(fields, "AllocationAmount64");
        });
        for row in corpus::answers(file)["alloc_tick_types"].as_array().unwrap() {
            let expected = (row["count"].as_u64().unwrap(), row["bytes"].as_u64().unwrap());
            assert_eq!(found[row["type"].as_str().unwrap()], expected, "{row}");
        }
    }
}

#[test]
fn methods() {
    let Some(bytes) = corpus::trace("r9_jitloader_startup.nettrace") else { return };
    let answers = &corpus::answers("r9_jitloader_startup")["jit"];
    assert_eq!(answers["il_size"], sum(&bytes, 145, "MethodILSize"));
    assert_eq!(answers["native_size"], sum(&bytes, 143, "MethodSize"));
    assert_eq!(answers["hot_alloc"], sum(&bytes, 146, "JitHotCodeRequestSize"));
    assert_eq!(answers["rodata_alloc"], sum(&bytes, 146, "JitRODataRequestSize"));

    // The rundown names the methods that samples were taken in.
    let bytes = corpus::trace("r9_cpu.nettrace").unwrap();
    let cpu = &corpus::answers("r9_cpu")["cpu"];
    let mut names = BTreeSet::new();
    for (provider, id) in [(providers::RUNTIME_RUNDOWN, 144), (providers::RUNTIME, 143)] {
        each(&bytes, provider, id, |_, fields| {
            let (space, name) = (text(fields, "MethodNamespace"), text(fields, "MethodName"));
            assert!(number(fields, "MethodStartAddress") > 0 && number(fields, "MethodSize") > 0);
            names.insert(format!("{space}.{name}"));
        });
    }
    for row in cpu["top_exclusive"].as_array().unwrap() {
        let (name, _) = row["method"].as_str().unwrap().split_once('(').unwrap();
        assert!(names.contains(name), "{name}");
    }
    let mut types = [0u64; 3];
    each(&bytes, providers::SAMPLE_PROFILER, 0, |_, fields| types[number(fields, "Type") as usize] += 1);
    let expected = ["samples_external", "samples_managed"].map(|name| cpu[name].as_u64().unwrap());
    assert_eq!(types, [0, expected[0], expected[1]]);
}

#[test]
fn processes() {
    for (file, arch) in [("r9_cpu", Some("x64")), ("HeartRateMonitor.10068", None)] {
        let Some(bytes) = corpus::trace(&format!("{file}.nettrace")) else { return };
        let mut found = 0;
        each(&bytes, providers::EVENT_PIPE, 1, |_, fields| {
            found += 1;
            assert!(!text(fields, "CommandLine").is_empty());
            assert_eq!(
                fields.value("ArchInformation").unwrap().and_then(|value| value.to_text()).as_deref(),
                arch
            );
        });
        assert!(found > 0);
    }
}

#[test]
fn a_heap_dump() {
    let Some(bytes) = corpus::trace("r9_gcheapdump.nettrace") else { return };
    // The objects have as many references as there are references.
    let mut declared = 0;
    each(&bytes, providers::RUNTIME, 18, |_, fields| {
        for node in fields.value("Values").unwrap().unwrap().as_array().unwrap().values() {
            declared += number(node.unwrap().as_struct().unwrap(), "EdgeCount");
        }
    });
    assert!(declared > 1_000_000);
    assert_eq!(declared, sum(&bytes, 19, "Count"));
}

#[test]
fn nothing_is_allocated_per_event() {
    let Some(bytes) = corpus::trace("r9_cpu.nettrace") else { return };
    let mut layouts = Layouts::new();
    let mut count = || {
        let (mut total, mut sum) = (0, 0);
        let sink = &mut |event: &Event<'_>| {
            total += allocations(|| {
                sum += layouts.fields(event).values().map(|(_, value)| read(value.unwrap())).sum::<u64>();
            });
        };
        Decoder::new().push(&bytes, sink).unwrap();
        assert!(sum > 0);
        total
    };
    // The first time, definitions are looked at; the second time they are known.
    assert!(count() > 0);
    assert_eq!(count(), 0);
}
