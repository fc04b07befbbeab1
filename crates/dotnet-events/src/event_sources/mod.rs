//! The events of .NET's own event sources, as structures.
//!
//! Streams describe these events, so [`Layouts`](crate::Layouts) shows them without this; the structures are for those who
//! work with their values. What the stream says of an event rules over what is known here. Events go by their names: some
//! sources number theirs in the order of first use.
//!
//! ```
//! use dotnet_events::event_sources::http;
//! use dotnet_events::{Source, Sources};
//!
//! let mut sources = Sources::new();
//! let mut print = |event: &nettrace::Event<'_>| {
//!     if sources.of(event) != Source::Http {
//!         return;
//!     }
//!     match http::decode(event) {
//!         Some(Ok(http::Event::RequestStart(start))) => {
//!             println!("{}://{}:{}{}", start.scheme, start.host, start.port, start.pathAndQuery);
//!         }
//!         Some(Ok(http::Event::RequestStop(stop))) => println!("{:?}", stop.statusCode),
//!         Some(Ok(_)) | None => {}
//!         Some(Err(error)) => eprintln!("{error}"),
//!     }
//! };
//! # let _: &mut dyn nettrace::Sink = &mut print;
//! ```
//!
//! | file | events |
//! |---|---|
//! | `table` | how the tables are written |
//! | [`http`] | requests of the HTTP client and their phases, connections |
//! | [`name_resolution`], [`security`], [`sockets`] | DNS lookups, TLS handshakes, connections |
//! | [`kestrel`], [`hosting`] | connections and requests of the web server |
//! | [`dependency_injection`] | services that are made |
//! | [`framework`] | work items of the thread pool, timers |
//! | [`tasks`] | tasks, and what waits for them |
//! | [`diagnostic_source`] | the bridge to the events of libraries |
//!
//! Names of fields are those of the definitions, and so are the versions: those of .NET 3.1, 9 and 10, and what is known of
//! the ones between.

pub mod dependency_injection;
pub mod diagnostic_source;
pub mod framework;
pub mod hosting;
pub mod http;
pub mod kestrel;
pub mod name_resolution;
pub mod security;
pub mod sockets;
mod table;
pub mod tasks;

use nettrace::Event;

use crate::error::EventError;
use crate::providers;
use crate::runtime::record::Structure;
use crate::runtime::table::EventSpec;

/// The tables of each source, sorted by id.
static SOURCES: &[(&str, &[EventSpec])] = &[
    (providers::HTTP, &http::EVENTS),
    (providers::NAME_RESOLUTION, &name_resolution::EVENTS),
    (providers::SECURITY, &security::EVENTS),
    (providers::SOCKETS, &sockets::EVENTS),
    (providers::KESTREL, &kestrel::EVENTS),
    (providers::HOSTING, &hosting::EVENTS),
    (providers::DEPENDENCY_INJECTION, &dependency_injection::EVENTS),
    (providers::FRAMEWORK, &framework::EVENTS),
    (providers::TASKS, &tasks::EVENTS),
];

/// What is known of an event.
pub(crate) fn find(provider: &str, event_id: u32) -> Option<&'static EventSpec> {
    let (_, events) = SOURCES.iter().find(|(known, _)| *known == provider)?;
    let index = events.binary_search_by_key(&event_id, |event| event.id).ok()?;
    events.get(index)
}

/// Shows the structure of an event; `None` when it has none here.
pub(crate) fn visit(
    event: &Event<'_>,
    visitor: &mut dyn FnMut(&dyn Structure),
) -> Option<Result<(), EventError>> {
    match event.metadata.provider.as_str() {
        providers::HTTP => http::visit(event, visitor),
        providers::NAME_RESOLUTION => name_resolution::visit(event, visitor),
        providers::SECURITY => security::visit(event, visitor),
        providers::SOCKETS => sockets::visit(event, visitor),
        providers::KESTREL => kestrel::visit(event, visitor),
        providers::HOSTING => hosting::visit(event, visitor),
        providers::DEPENDENCY_INJECTION => dependency_injection::visit(event, visitor),
        providers::FRAMEWORK => framework::visit(event, visitor),
        providers::TASKS => tasks::visit(event, visitor),
        providers::DIAGNOSTIC_SOURCE => {
            diagnostic_source::decode(event).map(|bridged| bridged.map(|bridged| visitor(&bridged)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::runtime::table::FieldSpec;

    #[test]
    fn tables_are_sorted_and_no_field_comes_twice() {
        for (provider, events) in SOURCES {
            assert!(events.is_sorted_by(|a, b| a.id < b.id), "{provider}");
            for event in *events {
                let names: HashSet<_> = event.fields().iter().map(FieldSpec::name).collect();
                assert_eq!(names.len(), event.fields().len(), "{provider} {}", event.symbol);
            }
        }
    }
}
