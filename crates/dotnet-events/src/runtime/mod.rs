//! The events of the runtime itself, which streams carry without names and fields.
//!
//! | file | events |
//! |---|---|
//! | `table` | how the tables are written |
//! | [`record`] | what events are decoded to, and how |
//! | [`groups`] | fields that several events have |
//! | [`gc`] | collections, allocations, the heap's state |
//! | [`gc_dynamic`] | events that the collector makes up by itself |
//! | [`heap`] | heap dumps: types, objects, references, roots, handles |
//! | [`threads`] | threads, thread pool, contention, waits |
//! | [`exceptions`] | exceptions thrown and handled |
//! | [`methods`] | JIT, tiers, ready-to-run code, inlining |
//! | [`loader`] | modules, assemblies, domains, types; how assemblies were found |
//! | [`diagnostics`] | the runtime's start, messages, checkpoints, debugger |
//! | [`rundown`] | what exists when a session ends |
//! | [`private`] | details of collector and start-up |
//! | [`event_pipe`] | events of EventPipe itself, samples, the bridge to `DiagnosticSource` |
//!
//! Names of fields are those of the runtime's manifest (`ClrEtwAll.man`), which is also what its documentation uses.

pub mod diagnostics;
pub mod event_pipe;
pub mod exceptions;
pub mod gc;
pub mod gc_dynamic;
pub mod groups;
pub mod heap;
pub mod loader;
pub mod methods;
pub mod private;
pub mod record;
pub mod rundown;
pub(crate) mod table;
pub mod threads;

use nettrace::{Event, Fields, Metadata};

use self::record::Structure;
use self::table::EventSpec;
use crate::error::EventError;
use crate::providers;

/// The tables of each provider; each sorted by id.
static PROVIDERS: &[(&str, &[&[EventSpec]])] = &[
    (
        providers::RUNTIME,
        &[
            &gc::EVENTS,
            &heap::EVENTS,
            &threads::EVENTS,
            &exceptions::EVENTS,
            &methods::EVENTS,
            &loader::EVENTS,
            &diagnostics::EVENTS,
        ],
    ),
    (providers::RUNTIME_RUNDOWN, &[&rundown::EVENTS]),
    (providers::RUNTIME_PRIVATE, &[&private::EVENTS]),
    (providers::RUNTIME_STRESS, &[&event_pipe::STRESS]),
    (providers::SAMPLE_PROFILER, &[&event_pipe::SAMPLE_PROFILER]),
    (providers::EVENT_PIPE, &[&event_pipe::EVENT_PIPE]),
];

/// What is known of an event.
pub(crate) fn find(provider: &str, event_id: u32) -> Option<&'static EventSpec> {
    let (_, tables) = PROVIDERS.iter().find(|(known, _)| *known == provider)?;
    tables.iter().find_map(|events| {
        let index = events.binary_search_by_key(&event_id, |event| event.id).ok()?;
        events.get(index)
    })
}

/// All events, with their providers.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static EventSpec)> {
    PROVIDERS.iter().flat_map(|(provider, tables)| {
        tables.iter().flat_map(|events| events.iter().map(|event| (*provider, event)))
    })
}

/// The fields of the events of a definition that has none of its own, if they are known.
///
/// `pointer_size` is [`TraceInfo::pointer_size`](nettrace::TraceInfo::pointer_size). An event of a later version than all
/// known ones has the fields of the last, and bytes behind them.
#[must_use]
pub fn layout(metadata: &Metadata, pointer_size: u8) -> Option<&'static Fields> {
    layout_of_version(metadata, metadata.version, pointer_size)
}

pub(crate) fn layout_of_version(
    metadata: &Metadata,
    version: u32,
    pointer_size: u8,
) -> Option<&'static Fields> {
    let event = find(&metadata.provider, metadata.event_id)
        .or_else(|| event_pipe::find_bridged(&metadata.provider, &metadata.event_name))?;
    event.layout(version, pointer_size)
}

/// Shows the structure of an event; `None` when it has none here.
pub(crate) fn visit(
    event: &Event<'_>,
    visitor: &mut dyn FnMut(&dyn Structure),
) -> Option<Result<(), EventError>> {
    match event.metadata.provider.as_str() {
        providers::RUNTIME => {
            let tables = [
                gc::visit,
                heap::visit,
                threads::visit,
                exceptions::visit,
                methods::visit,
                loader::visit,
                diagnostics::visit,
            ];
            tables.iter().find_map(|table| table(event, visitor))
        }
        providers::RUNTIME_RUNDOWN => rundown::visit(event, visitor),
        providers::RUNTIME_PRIVATE => private::visit(event, visitor),
        providers::RUNTIME_STRESS => event_pipe::visit_stress(event, visitor),
        providers::SAMPLE_PROFILER => event_pipe::visit_sample(event, visitor),
        providers::EVENT_PIPE => event_pipe::visit_event_pipe(event, visitor),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn tables_are_sorted_and_apart() {
        for (provider, tables) in PROVIDERS {
            let mut ids = HashSet::new();
            for table in *tables {
                assert!(table.is_sorted_by(|a, b| a.id < b.id), "{provider}");
                for event in *table {
                    assert!(ids.insert(event.id), "{provider} has two events {}", event.id);
                    assert_eq!(find(provider, event.id).map(|found| found.symbol), Some(event.symbol));
                }
            }
        }
    }

    #[test]
    fn no_layout_has_a_field_twice() {
        for (provider, event) in all() {
            for (version, pointer_size) in (0..6).flat_map(|version| [(version, 4), (version, 8)]) {
                let fields = event.layout(version, pointer_size).unwrap();
                let names: HashSet<_> = fields.iter().map(|field| &field.name).collect();
                assert_eq!(names.len(), fields.len(), "{provider} {}", event.symbol);
            }
        }
    }
}
