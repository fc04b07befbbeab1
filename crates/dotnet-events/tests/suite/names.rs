//! Names of events, against an independent reader's and against the rules.

use std::collections::{BTreeMap, BTreeSet};

use dotnet_events::{names, providers};
use nettrace::Event;

use crate::corpus::{self, decode};
use crate::stream::{Definition, Stream};

/// Names that the independent reader does not know or shows in another way, with ours.
const DEVIATIONS: &[(&str, u64, &str, &str)] = &[
    // Its table has these events, but under no name of their own; the runtime's manifest names them.
    (providers::RUNTIME, 200, "EventID(200)", "GC/IncreaseMemoryPressure"),
    (providers::RUNTIME, 201, "EventID(201)", "GC/DecreaseMemoryPressure"),
    // It names 189, the same event of older runtimes, `Method/TailCallFailedAnsi`.
    (providers::RUNTIME, 191, "EventID(191)", "Method/TailCallFailed"),
];

#[test]
fn names_of_recorded_events() {
    let netperf = [
        "eventpipe-dotnetcore2.1-linux-x64-objver3.netperf",
        "eventpipe-dotnetcore2.1-linux-x64-tracelogging.netperf",
    ];
    for file in corpus::VERSION_4.iter().chain(&netperf) {
        let Some(bytes) = corpus::trace(file) else { return };
        let mut found = BTreeMap::<_, (BTreeSet<String>, u64)>::new();
        let (_, _) = decode(&bytes, usize::MAX, &mut |event: &Event<'_>| {
            let metadata = event.metadata;
            let key = (metadata.provider.clone(), u64::from(metadata.event_id), u64::from(metadata.version));
            let (names, count) = found.entry(key).or_default();
            names.insert(names::event_name(event).into_owned());
            *count += 1;
        });
        let rows = corpus::answers(file)["by_event"].as_array().unwrap().clone();
        assert_eq!(rows.len(), found.len(), "{file}");
        for row in rows {
            let provider = row[0].as_str().unwrap();
            let (mut id, version) = (row[1].as_u64().unwrap(), row[2].as_u64().unwrap());
            let mut name = row[3].as_str().unwrap();
            if provider == providers::RUNTIME && name == "GC/CommittedUsage" {
                // The independent reader makes up an id for each kind of this event.
                id = 39;
            }
            if let Some(deviation) =
                DEVIATIONS.iter().find(|deviation| (deviation.0, deviation.1) == (provider, id))
            {
                assert_eq!(name, deviation.2);
                name = deviation.3;
            }
            let count = row[4].as_u64().unwrap();
            let mut names = BTreeSet::from([name.to_owned()]);
            // Two event sources of one name that give the same id to different events. The independent reader shows the
            // definition that it sees last for all of them.
            if (provider, id, name) == (providers::KESTREL, 11, "Configuration") && count > 1 {
                names.insert("EventCounters".to_owned());
            }
            let key = (provider.to_owned(), id, version);
            let (found_names, found_count) = &found[&key];
            assert_eq!(*found_names, names, "{file} {key:?}");
            // Of the stream that breaks off, more is delivered here.
            let is_broken = *file == "r9_killed.nettrace";
            assert!(*found_count == count || is_broken && *found_count > count, "{file} {key:?}");
        }
    }
}

/// The display name of an event source's event of that name and opcode.
fn named(name: &str, opcode: Option<u8>) -> String {
    let mut definition = Definition::new(1, "MyCompany", 7).name(name);
    if let Some(opcode) = opcode {
        definition = definition.tag(1, &[opcode]);
    }
    let bytes =
        Stream::new().define_blob(&definition.blob()).events(|block| block.event(1).payload(&[])).end();
    let mut found = String::new();
    let (_, result) = decode(&bytes, usize::MAX, &mut |event: &Event<'_>| {
        assert_eq!(names::display_name(event.metadata), names::event_name(event));
        found = names::display_name(event.metadata).into_owned();
    });
    result.unwrap();
    found
}

#[test]
fn names_of_event_sources() {
    for (name, opcode, expected) in [
        ("Configuration", None, "Configuration"),
        ("ActivityStart", None, "Activity/Start"),
        ("ActivityStart", Some(0), "Activity/Start"),
        ("ActivityStart", Some(1), "Activity/Start"),
        ("ActivitySTOP", None, "Activity/Stop"),
        ("Activity", Some(2), "Activity/Stop"),
        // What the opcode says otherwise is not taken off.
        ("ActivityStart", Some(2), "ActivityStart/Stop"),
        ("ActivityStart", Some(24), "ActivityStart/24"),
        ("Start", None, "Start"),
        ("Start", Some(1), "Start/Start"),
        ("Größestart", None, "Größe/Start"),
        ("TestEvent3", Some(24), "TestEvent3/24"),
        ("Message", Some(9), "Message/Send"),
        ("", None, "EventID(7)"),
        ("", Some(1), "EventID(7)"),
    ] {
        assert_eq!(named(name, opcode), expected, "{name} {opcode:?}");
    }
}

#[test]
fn events_are_found_by_name() {
    let ids = |name: &str| names::find(name).collect::<Vec<_>>();
    assert_eq!(ids("GC/Start"), [(providers::RUNTIME, 1)]);
    assert_eq!(ids("gcstart"), [(providers::RUNTIME, 1)]);
    assert_eq!(ids("Runtime/Start"), [(providers::RUNTIME, 187), (providers::RUNTIME_RUNDOWN, 187)]);
    assert_eq!(ids("GC/SampledObjectAllocation"), [(providers::RUNTIME, 20), (providers::RUNTIME, 32)]);
    assert_eq!(ids("nothing"), []);
    assert!(names::is_same("GC/Start", "gcStart") && !names::is_same("GC/Start", "GC/Stop"));
}
