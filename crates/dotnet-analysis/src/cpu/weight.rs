//! What samples stand for.

use serde::Serialize;

use super::totals::Tally;
use super::waits::Doing;

/// Samples, and what their threads were doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Weight {
    /// Samples: the sum of the three below.
    pub samples: u64,
    /// Samples of threads that ran managed code, as far as it can be told.
    pub running: u64,
    /// Samples of threads that were in native code or in the runtime, and ran there or waited.
    pub native: u64,
    /// Samples of threads that waited.
    pub waiting: u64,
    /// The time that the samples stand for, in nanoseconds, all threads added up.
    pub ns: i64,
    /// The part of it in which threads did not wait.
    pub busy_ns: i64,
}

impl Weight {
    /// What a tally stands for.
    #[must_use]
    pub fn of(tally: &Tally, doing: Doing) -> Self {
        let count = |is_so: bool| if is_so { tally.samples } else { 0 };
        let is_waiting = matches!(doing, Doing::Waiting(_));
        Self {
            samples: tally.samples,
            running: count(doing == Doing::Running),
            native: count(doing == Doing::Native),
            waiting: count(is_waiting),
            ns: tally.nanos,
            busy_ns: if is_waiting { 0 } else { tally.nanos },
        }
    }

    /// Both together.
    pub fn add(&mut self, other: &Self) {
        self.samples += other.samples;
        self.running += other.running;
        self.native += other.native;
        self.waiting += other.waiting;
        self.ns = self.ns.saturating_add(other.ns);
        self.busy_ns = self.busy_ns.saturating_add(other.busy_ns);
    }

    /// Samples of threads that did something: they ran, or were in native code.
    #[must_use]
    pub fn busy(&self) -> u64 {
        self.running + self.native
    }
}
