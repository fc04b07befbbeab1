//! How long a process was observed.

use dotnet_events::Source;
use nettrace::{Event, TraceInfo};

/// The limit of times that are worked with, in nanoseconds: a year before or after the start of the trace. Of streams with
/// nonsense for times sums would leave their bounds else.
const LIMIT: i64 = 1 << 55;

/// Follows the time of a trace, up to what a session tells when it is over: rundown says nothing of how long it was.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Observed {
    trace: Option<TraceInfo>,
    last_ticks: i64,
}

impl Observed {
    pub(crate) fn begin(&mut self, trace: &TraceInfo) {
        self.trace = Some(*trace);
        self.last_ticks = trace.start_ticks;
    }

    #[inline]
    pub(crate) fn see(&mut self, event: &Event<'_>, source: Source) {
        if source != Source::Rundown {
            self.last_ticks = self.last_ticks.max(event.timestamp);
        }
    }

    /// From the start of the trace to its last event before rundown, in nanoseconds.
    pub(crate) fn nanos(&self) -> i64 {
        self.trace.map_or(0, |trace| trace.relative_nanos(self.last_ticks).clamp(0, LIMIT))
    }
}

/// When an event happened, in nanoseconds from the start of the trace.
pub(crate) fn at(event: &Event<'_>) -> i64 {
    event.relative_nanos().clamp(-LIMIT, LIMIT)
}
