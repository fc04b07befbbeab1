//! Samples added up: how often each thread had each stack, and for how long.

use nettrace::{Event, TraceInfo};

use super::sampler::{Run, Runs, Sampler};
use crate::fold::{Context, Fold};
use crate::profile::ThreadState;
use crate::stacks::StackId;

/// The samples of the runtime's sampler, added up. What it takes of memory depends on how many different stacks there are, not
/// on how long the trace is.
#[derive(Debug, Default)]
pub struct Totals {
    sampler: Sampler,
    sums: Sums,
    trace: Option<TraceInfo>,
}

/// How often a thread was seen with a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// The thread, as an index into [`Totals::threads`].
    pub thread: usize,
    /// The stack; [`StackId::EMPTY`] for samples without one.
    pub stack: StackId,
    /// What the sampler says the thread was doing.
    pub state: ThreadState,
    /// Samples.
    pub samples: u64,
    /// The time they stand for, in nanoseconds: each from its time to the thread's next sample.
    pub nanos: i64,
}

/// Sums of runs. Instead of looking each one up they are collected and, when there are many, sorted and added up.
#[derive(Debug, Default)]
struct Sums {
    sums: Vec<Sum>,
    /// How many may be collected before they are added up.
    limit: usize,
}

#[derive(Debug, Clone, Copy)]
struct Sum {
    /// Thread, stack and state: equal ones are to be added.
    key: (u32, StackId, bool),
    samples: u64,
    ticks: i64,
}

/// Runs that are collected at least before they are added up.
const BATCH: usize = 1 << 16;

impl Runs for Sums {
    #[inline]
    fn run(&mut self, run: Run) {
        if self.sums.len() >= self.limit {
            self.add_up();
        }
        self.sums.push(Sum::from(run));
    }
}

impl From<Run> for Sum {
    fn from(run: Run) -> Self {
        let key = (run.thread, run.stack, run.state == ThreadState::Managed);
        Self { key, samples: run.count.into(), ticks: run.until.saturating_sub(run.at) }
    }
}

impl Sums {
    fn add_up(&mut self) {
        add_up(&mut self.sums);
        // What is left are different stacks. Twice their number keeps the work per run the same.
        self.limit = (self.sums.len() * 2).max(BATCH);
        self.sums.reserve_exact(self.limit - self.sums.len());
    }
}

fn add_up(sums: &mut Vec<Sum>) {
    sums.sort_unstable_by_key(|sum| sum.key);
    sums.dedup_by(|next, sum| {
        let same = next.key == sum.key;
        if same {
            sum.samples += next.samples;
            sum.ticks = sum.ticks.saturating_add(next.ticks);
        }
        same
    });
}

/// A number of ticks in nanoseconds.
fn nanos_of(trace: &TraceInfo, ticks: i64) -> i64 {
    trace.relative_nanos(trace.start_ticks.saturating_add(ticks))
}

impl Totals {
    /// How often each thread was seen with each stack so far, by threads.
    #[must_use]
    pub fn tallies(&self) -> Vec<Tally> {
        let mut sums: Vec<Sum> = self.sums.sums.clone();
        sums.extend(self.sampler.open_runs().map(Sum::from));
        add_up(&mut sums);
        let tally = |sum: Sum| Tally {
            thread: sum.key.0 as usize,
            stack: sum.key.1,
            state: if sum.key.2 { ThreadState::Managed } else { ThreadState::External },
            samples: sum.samples,
            nanos: self.trace.map_or(0, |trace| nanos_of(&trace, sum.ticks)),
        };
        sums.into_iter().map(tally).collect()
    }

    /// Ids of the threads and their names where the trace says them, by their first samples.
    #[must_use]
    pub fn threads(&self) -> impl ExactSizeIterator<Item = (u64, Option<&str>)> + '_ {
        self.sampler.threads()
    }

    /// Samples of threads beyond a million, which are in no tally.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.sampler.left_out()
    }
}

impl Fold for Totals {
    #[inline]
    fn event(&mut self, event: &Event<'_>, context: &mut Context<'_>) {
        self.sampler.event(event, context, &mut self.sums);
    }

    fn trace(&mut self, trace: &TraceInfo) {
        self.trace = Some(*trace);
    }
}
