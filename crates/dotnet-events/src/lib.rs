//! What the events of .NET mean.
//!
//! [`nettrace`] turns a stream into events; this crate turns events into values with names and types. Everything is borrowed
//! from the event, and nothing is kept but what speeds up the next event of the same kind.
//!
//! | | what it tells |
//! |---|---|
//! | [`names`] | what events are called: `GC/Start` |
//! | [`Layouts`] | the fields of any event, also of the runtime's own, which streams do not describe |
//! | [`runtime`] | the runtime's own events as structures, and the tables of their fields |
//! | [`event_sources`] | the events of .NET's own event sources as structures: HTTP, DNS, TLS, Kestrel, tasks ... |
//! | [`enumerations`] | what numbers in them mean: `GCReason`, `MethodFlags` |
//! | [`Sources`] | which provider an event is of, as a number to match on |
//! | [`counters`] | EventCounters, which any event source can publish |
//! | [`meters`] | the values of instruments of the metrics API (`System.Diagnostics.Metrics`) |
//! | [`providers`] | the names of well-known providers |
//!
//! Every event as text:
//!
//! ```
//! use dotnet_events::{Layouts, names};
//!
//! let mut layouts = Layouts::new();
//! let mut print = |event: &nettrace::Event<'_>| {
//!     // GC/Start {"Count": U32(7), "Depth": U32(0), "Reason": U32(0), ...
//!     println!("{} {:?}", names::event_name(event), layouts.fields(event));
//! };
//! # let _: &mut dyn nettrace::Sink = &mut print;
//! ```
//!
//! Some kinds of events have decoders, which know what their values mean. These return `None` for events that are not
//! theirs, also for kinds that a later runtime may bring, and an [`EventError`] for an event that does not hold what it
//! declares.
//!
//! ```
//! use dotnet_events::meters::{self, MeterEvent};
//!
//! fn on_event(event: &nettrace::Event<'_>) {
//!     match meters::decode(event) {
//!         Some(Ok(MeterEvent::CounterRate(counter))) => {
//!             println!("{} {} {:?}", counter.series.instrument_name, counter.series.tags, counter.rate);
//!         }
//!         Some(Ok(_)) | None => {}
//!         Some(Err(error)) => eprintln!("{error}"),
//!     }
//! }
//! # let _: &mut dyn nettrace::Sink = &mut on_event;
//! ```
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::cast_possible_truncation)]

#[cfg(test)]
mod agreement;
pub mod counters;
pub mod enumerations;
mod error;
pub mod event_sources;
mod layouts;
pub mod meters;
pub mod names;
pub mod providers;
pub mod runtime;
mod slot;
mod source;

use crate::runtime::record::Structure;

pub use crate::error::EventError;
pub use crate::layouts::Layouts;
pub use crate::source::{Source, Sources};

/// What the structure of an event holds, as text for debugging; `None` when this crate has no structure for it.
///
/// # Errors
///
/// As the `decode` of the structure.
///
/// ```
/// let mut print = |event: &nettrace::Event<'_>| {
///     if let Some(Ok(values)) = dotnet_events::debug(event) {
///         println!("{values}"); // GCStart { Count: 7, Depth: Some(0), Reason: AllocSmall, ...
///     }
/// };
/// # let _: &mut dyn nettrace::Sink = &mut print;
/// ```
#[must_use]
pub fn debug(event: &nettrace::Event<'_>) -> Option<Result<String, EventError>> {
    let mut text = String::new();
    let mut show = |structure: &dyn Structure| text = format!("{structure:?}");
    let found = runtime::visit(event, &mut show).or_else(|| event_sources::visit(event, &mut show))?;
    Some(found.map(|()| text))
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
