//! What there is to say about a trace, whatever the question was.

use nettrace::Decoder;
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

impl Facts {
    /// What the decoder has seen. `last_ticks` is the time of the last event, `problem` what is wrong with the trace where
    /// something is.
    #[must_use]
    pub fn new(decoder: &Decoder, last_ticks: Option<i64>, problem: Option<String>) -> Self {
        let Some(trace) = decoder.trace() else { return Self { problem, ..Self::default() } };
        let statistics = decoder.statistics();
        Self {
            process_id: trace.process_id,
            start_unix_ns: trace.start_unix_nanos,
            duration_ns: last_ticks.map_or(0, |ticks| trace.relative_nanos(ticks)),
            events: statistics.events,
            lost: statistics.lost_events,
            complete: problem.is_none(),
            problem,
        }
    }
}
