//! What every managed thread is doing at one moment.
//!
//! The runtime's sampler looks at all managed threads at once: one round of it is a snapshot. Names of threads and what the
//! system knows of them come from outside, as [`SystemThread`]s.
//!
//! What cannot be had: the owner of a lock whose wait began before the session. The runtime tells it when a wait begins, and at
//! no other time; traces that have such events are read for them.

mod answer;
mod hints;

use std::collections::HashMap;

use dotnet_events::Source;
use dotnet_events::enumerations::{ThreadFlags, ThreadSampleType};
use dotnet_events::runtime::event_pipe::ThreadSample;
use dotnet_events::runtime::rundown::ThreadDC;
use dotnet_events::runtime::threads::{ContentionStart, ContentionStop, ThreadCreated};
use nettrace::{Event, TraceInfo};

pub use self::answer::{Doing, Group, Kind, ShownFrame, SnapshotAnswer, ThreadStack};
use crate::fold::{Context, Fold};
use crate::report::needs::{Provider, RUNDOWN_OF_NAMES};
use crate::report::{Facts, Needs};
use crate::stacks::StackId;
use crate::symbols::Code;

/// Keyword of the runtime's events of threads, at the end of a session too (nettrace.md C.1).
const THREADING: u64 = 0x1_0000;

/// Threads that are kept.
const MAX_THREADS: usize = 1 << 20;

/// What has to be asked of a process for a snapshot.
///
/// Nothing of the runtime's own provider, such as the owners of locks that threads begin to wait for in that moment: the first
/// session in a process that asks for it makes the runtime compile its event source before it heeds the next command, and the
/// sampler goes on meanwhile. 30 to 180 suspensions were seen then, where one is enough.
pub const NEEDS: Needs = Needs {
    providers: &[Provider {
        name: dotnet_events::providers::SAMPLE_PROFILER,
        keywords: 0,
        level: 4,
        arguments: &[],
    }],
    stacks: true,
    rundown: RUNDOWN_OF_NAMES | THREADING,
};

/// Which sample of a thread counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The first: what the threads were doing when they were asked.
    First,
    /// The last: what they were doing when the trace ended.
    Last,
}

/// Keeps one sample of each thread.
#[derive(Debug)]
pub struct Snapshot {
    moment: Moment,
    threads: Vec<SeenThread>,
    indices: HashMap<u64, usize>,
    trace: Option<TraceInfo>,
}

#[derive(Debug)]
struct SeenThread {
    id: u64,
    name: Option<String>,
    /// Its number in managed code, and what it is for, where it was told.
    managed: Option<(u32, ThreadFlags)>,
    sample: Option<Sample>,
    samples: u64,
    /// The owner of the lock that it waits for, where the beginning of the wait was told.
    waits_for: Option<u64>,
}

#[derive(Debug, Clone, Copy)]
struct Sample {
    stack: StackId,
    is_managed: bool,
    /// In ticks.
    at: i64,
    /// The owner of the lock that it waited for then.
    owner: Option<u64>,
}

/// What the system knows of a thread.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SystemThread {
    /// Its name, as the system has it: cut to 15 bytes.
    pub name: String,
    /// Whether it slept in the kernel.
    pub is_sleeping: bool,
    /// Whether it ran at all while it was looked at; `None` where that is not known.
    pub has_run: Option<bool>,
}

impl Snapshot {
    /// Of that moment.
    #[must_use]
    pub fn new(moment: Moment) -> Self {
        Self { moment, threads: Vec::new(), indices: HashMap::new(), trace: None }
    }

    /// Whether any thread was seen.
    #[must_use]
    pub fn has_samples(&self) -> bool {
        self.threads.iter().any(|thread| thread.sample.is_some())
    }

    /// How often the sampler has looked at all threads: each time the process was suspended for a moment.
    #[must_use]
    pub fn rounds(&self) -> u64 {
        self.threads.iter().map(|thread| thread.samples).max().unwrap_or(0)
    }

    /// What the threads were doing. `system` is what the system knows of threads, by their ids.
    #[must_use]
    pub fn answer(&self, facts: &Facts, code: &Code, system: &HashMap<u64, SystemThread>) -> SnapshotAnswer {
        answer::of(self, facts, code, system)
    }

    fn thread(&mut self, id: u64) -> Option<&mut SeenThread> {
        let next = self.threads.len();
        if next >= MAX_THREADS && !self.indices.contains_key(&id) {
            return None;
        }
        let index = *self.indices.entry(id).or_insert(next);
        if index == next {
            let thread =
                SeenThread { id, name: None, managed: None, sample: None, samples: 0, waits_for: None };
            self.threads.push(thread);
        }
        self.threads.get_mut(index)
    }

    fn sample(&mut self, event: &Event<'_>, context: &mut Context<'_>) {
        let moment = self.moment;
        let Some(thread) = self.thread(event.thread_id) else { return };
        thread.samples += 1;
        if moment == Moment::First && thread.sample.is_some() {
            return;
        }
        let kind = ThreadSample::decode(event).map(|sample| sample.Type);
        thread.sample = Some(Sample {
            stack: context.stack(event),
            is_managed: matches!(kind, Ok(ThreadSampleType::Managed)),
            at: event.timestamp,
            owner: thread.waits_for,
        });
        if thread.name.is_none() {
            thread.name = event.thread().and_then(|thread| thread.name.clone());
        }
    }

    fn managed(&mut self, system_id: u32, number: u32, flags: ThreadFlags) {
        if let Some(thread) = self.thread(system_id.into()) {
            thread.managed = Some((number, flags));
        }
    }
}

impl Fold for Snapshot {
    fn event(&mut self, event: &Event<'_>, context: &mut Context<'_>) {
        match (context.source, event.metadata.event_id) {
            (Source::SampleProfiler, ThreadSample::ID) => self.sample(event, context),
            (Source::Rundown, ThreadDC::ID) => {
                if let Ok(ThreadDC { thread, .. }) = ThreadDC::decode(event) {
                    self.managed(thread.OSThreadID, thread.ManagedThreadIndex, thread.Flags);
                }
            }
            (Source::Runtime, ThreadCreated::ID) => {
                if let Ok(ThreadCreated { thread, .. }) = ThreadCreated::decode(event) {
                    self.managed(thread.OSThreadID, thread.ManagedThreadIndex, thread.Flags);
                }
            }
            (Source::Runtime, ContentionStart::ID) => {
                let owner = ContentionStart::decode(event).ok().and_then(|start| start.LockOwnerThreadID);
                if let Some(thread) = self.thread(event.thread_id) {
                    thread.waits_for = owner.filter(|owner| *owner != 0);
                }
            }
            (Source::Runtime, ContentionStop::ID) => {
                if let Some(thread) = self.thread(event.thread_id) {
                    thread.waits_for = None;
                }
            }
            _ => {}
        }
    }

    fn trace(&mut self, trace: &TraceInfo) {
        self.trace = Some(*trace);
    }
}
