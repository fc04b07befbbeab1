//! How much may go on at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::Problem;

/// Traces at once over all processes, as in dotnet-monitor.
const TRACES: usize = 3;
/// `/livemetrics` answers at once, as in dotnet-monitor.
const LIVE_METRICS: usize = 3;
/// Event streams at once: pages that are open, mostly. Each costs a socket and a task.
const LIVE_STREAMS: usize = 64;

/// One limited kind of work.
#[derive(Debug)]
pub(crate) struct Limit {
    what: &'static str,
    most: usize,
    free: Arc<Semaphore>,
}

impl Limit {
    fn new(what: &'static str, most: usize) -> Self {
        Self { what, most, free: Arc::new(Semaphore::new(most)) }
    }

    /// A place, held until it is dropped; 429 when none is free.
    pub(crate) fn take(&self) -> Result<OwnedSemaphorePermit, Problem> {
        Arc::clone(&self.free).try_acquire_owned().map_err(|_| self.refusal())
    }

    /// Whether [`take`](Self::take) would refuse.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        if self.free.available_permits() == 0 { Err(self.refusal()) } else { Ok(()) }
    }

    /// How many are taken.
    pub(crate) fn taken(&self) -> usize {
        self.most - self.free.available_permits()
    }

    fn refusal(&self) -> Problem {
        Problem::too_many(format!("{} {} are open already, which is the most at once.", self.most, self.what))
    }
}

/// All limits.
#[derive(Debug)]
pub(crate) struct Permits {
    pub(crate) traces: Limit,
    pub(crate) live_metrics: Limit,
    pub(crate) live_streams: Limit,
}

impl Default for Permits {
    fn default() -> Self {
        Self {
            traces: Limit::new("traces", TRACES),
            live_metrics: Limit::new("streams of live metrics", LIVE_METRICS),
            live_streams: Limit::new("event streams", LIVE_STREAMS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fourth_trace_is_refused_until_one_ends() {
        let permits = Permits::default();
        let taken: Vec<_> = (0..TRACES).map(|_| permits.traces.take().expect("free")).collect();
        assert_eq!(permits.traces.taken(), 3);
        assert!(permits.traces.take().is_err() && permits.traces.check().is_err());
        assert!(permits.live_metrics.take().is_ok(), "limits do not touch each other");
        drop(taken);
        assert!(permits.traces.check().is_ok() && permits.traces.take().is_ok());
    }
}
