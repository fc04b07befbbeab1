//! What the runtime's sampler says, thread by thread.

use std::collections::HashMap;

use dotnet_events::Source;
use dotnet_events::enumerations::ThreadSampleType;
use dotnet_events::runtime::event_pipe::ThreadSample;
use nettrace::Event;

use crate::fold::Context;
use crate::profile::ThreadState;
use crate::stacks::StackId;

/// Samples of a thread in a row that are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// Index of the thread, by first samples.
    pub(super) thread: u32,
    /// The stack of all of them.
    pub(super) stack: StackId,
    /// What the thread was doing.
    pub(super) state: ThreadState,
    /// How many they are.
    pub(super) count: u32,
    /// The time of the first, in ticks of the trace's clock.
    pub(super) at: i64,
    /// The time of the thread's next sample, or of its last one if there is none; in ticks.
    pub(super) until: i64,
}

/// Takes runs when they have ended: those of a thread in time order.
pub(super) trait Runs {
    fn run(&mut self, run: Run);
}

/// Reads samples and puts equal ones together. Time is charged to the earlier of two samples (nettrace.md D.8), so the last
/// one of a thread stands for no time.
#[derive(Debug, Default)]
pub(super) struct Sampler {
    threads: Vec<Thread>,
    indices: HashMap<u64, u32>,
    /// Index of the thread of the last sample.
    last: usize,
    /// Samples of threads beyond [`MAX_THREADS`].
    left_out: u64,
}

#[derive(Debug)]
struct Thread {
    id: u64,
    name: Option<Box<str>>,
    /// Index of the thread whose sample came next the last time: rounds go over the threads in the same order.
    next: usize,
    /// Its run that has not ended. `until` is the time of its last sample.
    open: Run,
}

/// Threads that are told apart.
const MAX_THREADS: usize = 1 << 20;

/// How often a run can be counted on before another begins.
const MAX_COUNT: u32 = u32::MAX;

impl Sampler {
    /// Takes an event; others than samples are none of its business.
    #[inline]
    pub(super) fn event(&mut self, event: &Event<'_>, context: &mut Context<'_>, runs: &mut impl Runs) {
        if context.source != Source::SampleProfiler || event.metadata.event_id != ThreadSample::ID {
            return;
        }
        let state = match ThreadSample::decode(event).map(|sample| sample.Type) {
            Ok(ThreadSampleType::Managed) => ThreadState::Managed,
            _ => ThreadState::External,
        };
        let stack = context.stack(event);
        let Some(index) = self.thread(event) else {
            self.left_out += 1;
            return;
        };
        let Some(thread) = self.threads.get_mut(index) else { return };
        let open = &mut thread.open;
        let at = event.timestamp;
        let goes_on = open.stack == stack && open.state == state && open.count < MAX_COUNT;
        open.until = at.max(open.until);
        if goes_on && open.count > 0 {
            open.count += 1;
            return;
        }
        let new = Run { thread: open.thread, stack, state, count: 1, at, until: at };
        let ended = std::mem::replace(open, new);
        if ended.count > 0 {
            runs.run(ended);
        }
    }

    /// The index of the thread that a sample is of.
    #[inline]
    fn thread(&mut self, event: &Event<'_>) -> Option<usize> {
        let expected = self.threads.get(self.last).map_or(0, |thread| thread.next);
        if self.threads.get(expected).is_some_and(|thread| thread.id == event.thread_id) {
            self.last = expected;
            return Some(expected);
        }
        self.find(event)
    }

    #[cold]
    fn find(&mut self, event: &Event<'_>) -> Option<usize> {
        let id = event.thread_id;
        let found = match self.indices.get(&id) {
            Some(index) => *index as usize,
            None if self.threads.len() >= MAX_THREADS => return None,
            None => self.add(event),
        };
        if let Some(before) = self.threads.get_mut(self.last) {
            before.next = found;
        }
        self.last = found;
        Some(found)
    }

    fn add(&mut self, event: &Event<'_>) -> usize {
        let index = self.threads.len();
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        let name = event.thread().and_then(|thread| thread.name.as_deref()).map(Into::into);
        let state = ThreadState::External;
        let at = event.timestamp;
        let open = Run { thread: number, stack: StackId::EMPTY, state, count: 0, at, until: at };
        self.threads.push(Thread { id: event.thread_id, name, next: index, open });
        self.indices.insert(event.thread_id, number);
        index
    }

    /// Runs that have not ended yet, by threads.
    pub(super) fn open_runs(&self) -> impl Iterator<Item = Run> + '_ {
        self.threads.iter().map(|thread| thread.open).filter(|run| run.count > 0)
    }

    /// Ids of the sampled threads and their names where the trace says them, by first samples.
    pub(super) fn threads(&self) -> impl ExactSizeIterator<Item = (u64, Option<&str>)> + '_ {
        self.threads.iter().map(|thread| (thread.id, thread.name.as_deref()))
    }

    /// Samples that were left out since there were too many threads.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }
}
