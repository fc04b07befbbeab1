//! The thread pool: how many workers it has and why, how long work waits for them, and what they do.
//!
//! A pool whose work waits while its workers are blocked is starved: it then adds a thread every half a second or so, and
//! says so. Events have to come in the order of time, since work is queued by one thread and taken by another.
//!
//! | file | |
//! |---|---|
//! | `queue` | work that waits for a worker |
//! | `workers` | how many there are, and why |
//! | [`answer`] | what is said in the end |
//! | `document` | the same for people |

pub mod answer;
mod document;
mod queue;
mod workers;

use dotnet_events::enumerations::ThreadSampleType;
use dotnet_events::event_sources::framework::{ThreadPoolDequeueWork, ThreadPoolEnqueueWork};
use dotnet_events::runtime::event_pipe::ThreadSample;
use dotnet_events::runtime::threads::{
    IOThreadCreate, IOThreadRetire, IOThreadTerminate, IOThreadUnretire, ThreadPoolDequeue,
    ThreadPoolEnqueue, ThreadPoolIODequeue, ThreadPoolIOEnqueue, ThreadPoolIOPack, ThreadPoolMinMaxThreads,
    ThreadPoolWorkerThreadAdjustmentAdjustment, ThreadPoolWorkerThreadAdjustmentSample,
    ThreadPoolWorkerThreadStart, ThreadPoolWorkerThreadStop, ThreadPoolWorkerThreadWait,
};
use dotnet_events::{EventError, Source, providers};
use nettrace::Event;

pub use self::answer::ThreadPoolAnswer;
use self::queue::Queue;
use self::workers::Workers;
use crate::bounded::Bounded;
use crate::fold::{Context, Fold};
use crate::report::needs::{self, Needs, Provider};
use crate::report::{Facts, Question};
use crate::stacks::StackId;
use crate::symbols::Code;

/// Stacks told apart.
const MAX_STACKS: usize = 65_536;
/// Threads watched.
const MAX_THREADS: usize = 65_536;

/// The runtime's keyword for threads.
const THREADING_KEYWORD: u64 = 0x10000;
/// `FrameworkEventSource`'s keyword for work items.
const WORK_ITEMS_KEYWORD: u64 = 0x2;

/// Follows the thread pool.
#[derive(Debug)]
pub struct ThreadPool {
    workers: Workers,
    queue: Queue,
    io: Io,
    /// Samples of all threads: which are the pool's is told by names, at the end.
    samples: Bounded<StackId, Sampled>,
    /// How often a thread was sampled.
    ticks: Bounded<u64, u64>,
    /// Where work was queued.
    queued: Bounded<StackId, u64>,
    unreadable: u64,
}

/// Samples of a stack.
#[derive(Debug, Clone, Copy, Default)]
struct Sampled {
    /// Outside of managed code.
    waiting: u64,
    running: u64,
}

/// Asynchronous input and output of runtimes, which have threads of their own for it before .NET 6.
#[derive(Debug, Clone, Copy, Default)]
struct Io {
    threads: u32,
    max_threads: u32,
    packed: u64,
    enqueued: u64,
    dequeued: u64,
}

impl Default for ThreadPool {
    fn default() -> Self {
        Self {
            workers: Workers::default(),
            queue: Queue::default(),
            io: Io::default(),
            samples: Bounded::new(MAX_STACKS),
            ticks: Bounded::new(MAX_THREADS),
            queued: Bounded::new(MAX_STACKS),
            unreadable: 0,
        }
    }
}

impl Fold for ThreadPool {
    fn event(&mut self, event: &Event<'_>, context: &mut Context<'_>) {
        let taken = match context.source {
            Source::Runtime => self.of_runtime(event, context),
            Source::Framework => self.of_framework(event, context),
            Source::SampleProfiler if event.metadata.event_id == ThreadSample::ID => {
                self.sample(event, context)
            }
            _ => Ok(()),
        };
        if taken.is_err() {
            self.unreadable += 1;
        }
    }
}

impl ThreadPool {
    fn of_runtime(&mut self, event: &Event<'_>, context: &mut Context<'_>) -> Result<(), EventError> {
        let now = event.relative_nanos();
        match event.metadata.event_id {
            ThreadPoolWorkerThreadStart::ID => {
                let start = ThreadPoolWorkerThreadStart::decode(event)?;
                self.workers.started += 1;
                self.workers.are(start.workers.ActiveWorkerThreadCount, now);
            }
            ThreadPoolWorkerThreadStop::ID => {
                let stop = ThreadPoolWorkerThreadStop::decode(event)?;
                self.workers.stopped += 1;
                self.workers.are(stop.workers.ActiveWorkerThreadCount, now);
            }
            ThreadPoolWorkerThreadWait::ID => {
                let wait = ThreadPoolWorkerThreadWait::decode(event)?;
                self.workers.are(wait.workers.ActiveWorkerThreadCount, now);
            }
            ThreadPoolWorkerThreadAdjustmentAdjustment::ID => {
                let adjustment = ThreadPoolWorkerThreadAdjustmentAdjustment::decode(event)?;
                let (workers, reason) = (adjustment.NewWorkerThreadCount, adjustment.Reason);
                self.workers.adjusted(now, workers, reason, adjustment.AverageThroughput);
            }
            ThreadPoolWorkerThreadAdjustmentSample::ID => {
                let sample = ThreadPoolWorkerThreadAdjustmentSample::decode(event)?;
                self.workers.throughput(now, sample.Throughput);
            }
            ThreadPoolMinMaxThreads::ID => {
                let limits = ThreadPoolMinMaxThreads::decode(event)?;
                self.workers.limits = Some((limits.MinWorkerThreads, limits.MaxWorkerThreads));
            }
            ThreadPoolEnqueue::ID => {
                let work = ThreadPoolEnqueue::decode(event)?.WorkID;
                self.enqueued(event, context, work);
            }
            ThreadPoolDequeue::ID => self.queue.dequeued(ThreadPoolDequeue::decode(event)?.WorkID, now),
            ThreadPoolIOEnqueue::ID => self.io.enqueued += 1,
            ThreadPoolIODequeue::ID => self.io.dequeued += 1,
            ThreadPoolIOPack::ID => self.io.packed += 1,
            IOThreadCreate::ID => self.io.threads_are(IOThreadCreate::decode(event)?.IOThreadCount),
            IOThreadTerminate::ID => self.io.threads_are(IOThreadTerminate::decode(event)?.IOThreadCount),
            IOThreadRetire::ID => self.io.threads_are(IOThreadRetire::decode(event)?.IOThreadCount),
            IOThreadUnretire::ID => self.io.threads_are(IOThreadUnretire::decode(event)?.IOThreadCount),
            _ => {}
        }
        Ok(())
    }

    fn of_framework(&mut self, event: &Event<'_>, context: &mut Context<'_>) -> Result<(), EventError> {
        match event.metadata.event_id {
            ThreadPoolEnqueueWork::ID => {
                let work = ThreadPoolEnqueueWork::decode(event)?.workID;
                self.enqueued(event, context, work.cast_unsigned());
            }
            ThreadPoolDequeueWork::ID => {
                let work = ThreadPoolDequeueWork::decode(event)?.workID;
                self.queue.dequeued(work.cast_unsigned(), event.relative_nanos());
            }
            _ => {}
        }
        Ok(())
    }

    fn enqueued(&mut self, event: &Event<'_>, context: &mut Context<'_>, work: u64) {
        self.queue.enqueued(work, event.relative_nanos());
        if let Some(count) = self.queued.entry(context.stack(event), || 0) {
            *count += 1;
        }
    }

    fn sample(&mut self, event: &Event<'_>, context: &mut Context<'_>) -> Result<(), EventError> {
        let sample = ThreadSample::decode(event)?;
        if let Some(ticks) = self.ticks.entry(event.thread_id, || 0) {
            *ticks += 1;
        }
        if let Some(sampled) = self.samples.entry(context.stack(event), Sampled::default) {
            match sample.Type {
                ThreadSampleType::Managed => sampled.running += 1,
                _ => sampled.waiting += 1,
            }
        }
        Ok(())
    }
}

impl Io {
    fn threads_are(&mut self, threads: u32) {
        self.threads = threads;
        self.max_threads = self.max_threads.max(threads);
    }
}

impl Question for ThreadPool {
    /// Each work item costs its program two events: without them nothing is known of how long work waits. What workers do is
    /// told by samples.
    const NEEDS: Needs = Needs {
        providers: &[
            Provider { name: providers::RUNTIME, keywords: THREADING_KEYWORD, level: 4, arguments: &[] },
            Provider { name: providers::FRAMEWORK, keywords: WORK_ITEMS_KEYWORD, level: 5, arguments: &[] },
            Provider { name: providers::SAMPLE_PROFILER, keywords: 0, level: 4, arguments: &[] },
        ],
        stacks: true,
        rundown: needs::RUNDOWN_OF_NAMES,
    };
    type Answer = ThreadPoolAnswer;

    fn answer(&self, facts: &Facts, code: &Code) -> ThreadPoolAnswer {
        answer::of(self, facts, code)
    }
}
