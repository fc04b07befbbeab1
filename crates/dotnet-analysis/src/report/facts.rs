//! What there is to say about a trace, whatever the question was.

use serde::Serialize;

/// A trace that was read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Facts {
    /// Id of the process, in its own process-id namespace; 0 when not known.
    pub process_id: u32,
    /// Start of the session in nanoseconds since 1970-01-01 UTC.
    pub start_unix_ns: i64,
    /// From the start of the session to the last event, in nanoseconds; 0 without events.
    pub duration_ns: i64,
    /// Events.
    pub events: u64,
    /// Events that the runtime dropped.
    pub lost: u64,
    /// Whether the trace has its end and is not damaged.
    pub complete: bool,
    /// What is wrong where it is not complete.
    pub problem: Option<String>,
}
