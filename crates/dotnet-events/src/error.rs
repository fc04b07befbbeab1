//! Why an event cannot be decoded.

use nettrace::FieldError;

/// Why one event's payload cannot be decoded. Other events are not affected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// The payload is too short, or damaged, at a field.
    #[error("field {field} of {event}: {problem}")]
    Field {
        /// The event.
        event: &'static str,
        /// The field.
        field: &'static str,
        /// What is wrong with its bytes.
        problem: FieldError,
    },
    /// The payload is too short for what events of that version have.
    #[error("{event} of version {version} does not fit into {length} bytes")]
    TooShort {
        /// The event.
        event: &'static str,
        /// Its version.
        version: u32,
        /// The length of the payload.
        length: usize,
    },
    /// The event declares no such field.
    #[error("{event} has no field {field}")]
    MissingField {
        /// The event.
        event: &'static str,
        /// The field.
        field: &'static str,
    },
    /// The field is declared with another type than expected.
    #[error("field {field} of {event} does not have the expected type")]
    WrongType {
        /// The event.
        event: &'static str,
        /// The field.
        field: &'static str,
    },
    /// A number that is sent as text is none.
    #[error("field {field} of {event} is not a number")]
    NotANumber {
        /// The event.
        event: &'static str,
        /// The field.
        field: &'static str,
    },
    /// The fields that the event declares are those of no known shape, or cannot be read.
    #[error("the declared fields of {event} are not known")]
    UnknownShape {
        /// The event.
        event: &'static str,
    },
}
