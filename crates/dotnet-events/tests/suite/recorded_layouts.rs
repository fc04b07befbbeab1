//! The fields of all events of recorded traces.

use dotnet_events::{Layouts, providers};
use nettrace::{Event, Value};

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
