//! Contention: who waits for which locks, how long, and what those who hold them do meanwhile.
//!
//! A thread that wants a lock that another one holds tells so when it begins to wait, and when it has the lock. Since .NET 8 it
//! tells which lock, and by its operating system's id the thread that holds it then. Whoever has waited for a lock holds it
//! from then on, so the holder of a contended lock is known most of the time; the samples of that thread say what it does.
//! For that, events have to come in the order of time.
//!
//! | file | |
//! |---|---|
//! | `locks` | who waits for and who holds what |
//! | `deadlock` | threads that wait for each other |
//! | `wait_handles` | other waits: events, semaphores, `Monitor.Wait` |
//! | [`answer`] | what is said in the end |
//! | `document` | the same for people |

pub mod answer;
mod deadlock;
mod document;
mod locks;
mod wait_handles;

use dotnet_events::enumerations::ContentionFlags;
use dotnet_events::runtime::event_pipe::ThreadSample;
use dotnet_events::runtime::threads::{
    ContentionLockCreated, ContentionStart, ContentionStop, WaitHandleWaitStart, WaitHandleWaitStop,
};
use dotnet_events::{EventError, Source, providers};
use nettrace::Event;

pub use self::answer::ContentionAnswer;
use self::locks::{Locks, Wait};
use self::wait_handles::{Open, WaitHandles};
use crate::bounded::Bounded;
use crate::distribution::Distribution;
use crate::fold::{Context, Fold};
use crate::report::needs::{self, Needs, Provider};
use crate::report::{Facts, Question};
use crate::stacks::StackId;
use crate::symbols::Code;
use crate::timeline::Timeline;

/// Locks told apart.
const MAX_LOCKS: usize = 16_384;
/// Pairs of a lock and a stack told apart.
const MAX_STACKS: usize = 65_536;
/// Pairs of a lock and a thread told apart.
const MAX_HOLDERS: usize = 65_536;
/// The shortest interval of rates.
const RATE_INTERVAL: i64 = 100_000_000;

/// The runtime's keywords: contention; waits of .NET 9 and later.
const CONTENTION_KEYWORD: u64 = 0x4000;
const WAIT_HANDLE_KEYWORD: u64 = 0x400_0000_0000;

/// Id of locks that the runtime does not tell: before .NET 8.
const UNKNOWN_LOCK: u64 = 0;

/// Follows waits for locks.
#[derive(Debug)]
pub struct Contention {
    managed: u64,
    native: u64,
    locks_created: u64,
    /// Ends of waits whose beginning was not seen.
    began_before: u64,
    durations: Distribution,
    by_lock: Bounded<u64, OfLock>,
    /// Where was waited for a lock.
    waited: Bounded<(u64, StackId), Waited>,
    /// Who held a lock when another thread began to wait for it.
    held: Bounded<(u64, u64), Waited>,
    /// Where holders took a lock, as far as they had to wait for it themselves.
    taken: Bounded<(u64, StackId), Waited>,
    /// Samples of holders while others waited.
    holding: Bounded<(u64, StackId), u64>,
    locks: Locks,
    wait_handles: WaitHandles,
    begun_over_time: Timeline,
    waited_over_time: Timeline,
    unreadable: u64,
}

/// Waits.
#[derive(Debug, Clone, Copy, Default)]
struct Waited {
    count: u64,
    nanos: u64,
    max_nanos: u64,
}

impl Waited {
    fn add(&mut self, nanos: u64) {
        self.count += 1;
        self.nanos = self.nanos.saturating_add(nanos);
        self.max_nanos = self.max_nanos.max(nanos);
    }
}

#[derive(Debug, Default)]
struct OfLock {
    object: u64,
    waited: Waited,
}

impl Default for Contention {
    fn default() -> Self {
        Self {
            managed: 0,
            native: 0,
            locks_created: 0,
            began_before: 0,
            durations: Distribution::default(),
            by_lock: Bounded::new(MAX_LOCKS),
            waited: Bounded::new(MAX_STACKS),
            held: Bounded::new(MAX_HOLDERS),
            taken: Bounded::new(MAX_STACKS),
            holding: Bounded::new(MAX_STACKS),
            locks: Locks::default(),
            wait_handles: WaitHandles::default(),
            begun_over_time: Timeline::of_sums(RATE_INTERVAL),
            waited_over_time: Timeline::of_sums(RATE_INTERVAL),
            unreadable: 0,
        }
    }
}

impl Fold for Contention {
    fn event(&mut self, event: &Event<'_>, context: &mut Context<'_>) {
        let taken = match context.source {
            Source::Runtime => self.take(event, context),
            Source::SampleProfiler if event.metadata.event_id == ThreadSample::ID => {
                self.sample(event, context);
                Ok(())
            }
            _ => Ok(()),
        };
        if taken.is_err() {
            self.unreadable += 1;
        }
    }
}

impl Contention {
    fn take(&mut self, event: &Event<'_>, context: &mut Context<'_>) -> Result<(), EventError> {
        let now = event.relative_nanos();
        match event.metadata.event_id {
            ContentionStart::ID => {
                let start = ContentionStart::decode(event)?;
                let wait = Wait {
                    lock: start.LockID.unwrap_or(UNKNOWN_LOCK),
                    object: start.AssociatedObjectID.unwrap_or(0),
                    owner: start.LockOwnerThreadID.unwrap_or(0),
                    since: now,
                    stack: context.stack(event),
                };
                self.began(event.thread_id, wait, start.ContentionFlags);
            }
            ContentionStop::ID => self.ended(event.thread_id, now, &ContentionStop::decode(event)?),
            ContentionLockCreated::ID => self.locks_created += 1,
            WaitHandleWaitStart::ID => {
                let start = WaitHandleWaitStart::decode(event)?;
                // A lock is waited for with an event, too.
                let is_of_lock = self.locks.is_waiting(event.thread_id);
                let wait = Open::new(context.stack(event), start.WaitSource, is_of_lock, now);
                self.wait_handles.began(event.thread_id, wait);
            }
            WaitHandleWaitStop::ID => self.wait_handles.ended(event.thread_id, now),
            _ => {}
        }
        Ok(())
    }

    fn began(&mut self, thread: u64, wait: Wait, flags: Option<ContentionFlags>) {
        match flags {
            Some(ContentionFlags::Native) => self.native += 1,
            _ => self.managed += 1,
        }
        self.begun_over_time.add(wait.since, 1);
        self.locks.began(thread, wait);
    }

    fn ended(&mut self, thread: u64, now: i64, stop: &ContentionStop<'_>) {
        let Some((wait, taken)) = self.locks.ended(thread) else {
            self.began_before += 1;
            return;
        };
        // The runtime's own measure, where it has one, leaves out what the events cost.
        let nanos = match stop.DurationNs {
            Some(nanos) if nanos.is_finite() => nanos.max(0.0).round() as i64,
            _ => now.saturating_sub(wait.since),
        };
        self.durations.record(nanos);
        let nanos = u64::try_from(nanos).unwrap_or(0);
        self.waited_over_time.add(now, nanos);
        let Wait { lock, object, owner, stack, .. } = wait;
        if let Some(of_lock) = self.by_lock.entry(lock, || OfLock { object, ..OfLock::default() }) {
            // Collections move objects.
            of_lock.object = object;
            of_lock.waited.add(nanos);
        }
        if let Some(waited) = self.waited.entry((lock, stack), Waited::default) {
            waited.add(nanos);
        }
        if owner != 0
            && let Some(held) = self.held.entry((lock, owner), Waited::default)
        {
            held.add(nanos);
        }
        if let Some(stack) = taken
            && let Some(waited) = self.taken.entry((lock, stack), Waited::default)
        {
            waited.add(nanos);
        }
    }

    fn sample(&mut self, event: &Event<'_>, context: &mut Context<'_>) {
        if !self.locks.is_contended() {
            return;
        }
        let stack = context.stack(event);
        for lock in self.locks.held_by(event.thread_id) {
            if let Some(samples) = self.holding.entry((lock, stack), || 0) {
                *samples += 1;
            }
        }
    }
}

impl Question for Contention {
    /// Verbose, level 5, is for the waits; these keywords have nothing else at it. What holders do is told by samples.
    const NEEDS: Needs = Needs {
        providers: &[
            Provider {
                name: providers::RUNTIME,
                keywords: CONTENTION_KEYWORD | WAIT_HANDLE_KEYWORD,
                level: 5,
                arguments: &[],
            },
            Provider { name: providers::SAMPLE_PROFILER, keywords: 0, level: 4, arguments: &[] },
        ],
        stacks: true,
        rundown: needs::RUNDOWN_OF_NAMES,
    };
    type Answer = ContentionAnswer;

    fn answer(&self, facts: &Facts, code: &Code) -> ContentionAnswer {
        answer::of(self, facts, code)
    }
}
