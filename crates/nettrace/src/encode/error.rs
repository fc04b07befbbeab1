//! Why something cannot be written.

use std::fmt;

use crate::encode::Version;

/// Why something was not written. The stream stays as it was before the call and can be continued.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// The head of the trace is not one that could be read.
    InvalidTrace {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The version of the format that is written has no way to say this.
    NotInVersion {
        /// The version.
        version: Version,
        /// What cannot be said, in words.
        what: &'static str,
    },
    /// The format has no room for something as large.
    TooLarge {
        /// What it is, in words.
        what: &'static str,
        /// Its bytes.
        size: usize,
        /// Most bytes that are possible.
        max: usize,
    },
    /// A thread cannot be described.
    InvalidThread {
        /// Why.
        reason: &'static str,
    },
    /// An event refers to a definition that is not, or no longer, part of the stream.
    UndefinedEvent,
    /// A property of the trace came after the stream's head was written.
    LateProperty,
    /// Nothing was there that begins a trace.
    NoTrace,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidTrace { reason } => write!(f, "the trace's head cannot be written: {reason}"),
            Self::NotInVersion { version, what } => {
                write!(f, "version {} of NetTrace has no {what}", version.number())
            }
            Self::TooLarge { what, size, max } => {
                write!(f, "{what} has {size} bytes, of which at most {max} can be written")
            }
            Self::InvalidThread { reason } => write!(f, "a thread cannot be described: {reason}"),
            Self::UndefinedEvent => f.write_str("an event refers to a definition that is not in the stream"),
            Self::LateProperty => f.write_str("a property of the trace came after its head was written"),
            Self::NoTrace => f.write_str("there was nothing that begins a trace"),
        }
    }
}

impl std::error::Error for EncodeError {}
