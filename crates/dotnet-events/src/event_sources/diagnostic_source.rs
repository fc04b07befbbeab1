//! `Microsoft-Diagnostics-DiagnosticSource`: a bridge to the events and activities of libraries.
//!
//! These events are known by name: their ids are given out in the order of first use. All that carry something of a library
//! have one shape.

use nettrace::Event;

use crate::error::EventError;
use crate::runtime::event_pipe::is_bridged;
pub use crate::runtime::event_pipe::{Argument, Bridged};
use crate::runtime::record::{Cursor, Missing, Record};

/// What an event of the bridge carries; `None` for others of this source, such as its own messages.
///
/// # Errors
///
/// When the payload is too short, or declared in another shape.
#[must_use]
pub fn decode<'e>(event: &Event<'e>) -> Option<Result<Bridged<'e>, EventError>> {
    let name = event.metadata.event_name.as_str();
    if !is_bridged(name) {
        return None;
    }
    if !super::table::is_as_known(Bridged::FIELDS, event, event.fields()) {
        return Some(Err(EventError::UnknownShape { event: "Event" }));
    }
    let mut cursor = Cursor::new(event);
    Some(Bridged::read(&mut cursor).map_err(|Missing| cursor.error("Event")))
}
