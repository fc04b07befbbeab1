//! What is said of the thread pool in the end.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde::Serialize;

use super::workers::Period;
use super::{Sampled, ThreadPool, document};
use crate::distribution::Durations;
use crate::report::document::Document;
use crate::report::{Answer, Facts};
use crate::sites::{Site, waits_for_others};
use crate::stacks::StackId;
use crate::symbols::Code;
use crate::timeline::{OverTime, Timeline};

/// Entries listed of each kind.
const MAX_LISTED: usize = 1_000;
/// A pool is late when one item in a hundred waits so long, in nanoseconds.
const LATE_AFTER: u64 = 100_000_000;
/// What a stack has when its thread does work of the pool.
const DISPATCH: &str = "System.Threading.ThreadPoolWorkQueue.Dispatch(";

/// The thread pool.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ThreadPoolAnswer {
    /// What is wrong with it, if anything.
    pub verdict: Verdict,
    /// From the start of the trace to its last event.
    pub trace_ns: i64,
    /// When the pool added threads since work waited and no worker took any.
    pub starvation: Option<Added>,
    /// When the pool added threads since workers waited for tasks in a way it notices (.NET 6 and later).
    pub cooperative_blocking: Option<Added>,
    /// How many workers there are.
    pub workers: WorkerCounts,
    /// How often the pool changed how many workers it wants, by reason.
    pub reasons: Vec<Reason>,
    /// The first 4,096 of those changes.
    pub adjustments: Vec<Adjustment>,
    /// Work that waited for a worker.
    pub queue: QueueFigures,
    /// What workers did, from samples; most first. Empty when the trace has none.
    pub work: Vec<Work>,
    /// Methods that queued work, most first.
    pub queued_by: Vec<QueuedBy>,
    /// Threads and packets for input and output.
    pub io: IoFigures,
    /// Workers over time.
    pub workers_over_time: OverTime,
    /// Workers that the pool wants over time.
    pub wanted_over_time: OverTime,
    /// Work items per second over time, as the pool measures them.
    pub throughput_over_time: OverTime,
    /// The longest time that an item had waited when it was taken, in nanoseconds, over time.
    pub delay_over_time: OverTime,
    /// Items queued over time.
    pub enqueued_over_time: OverTime,
    /// Events that could not be read.
    pub unreadable: u64,
    /// What to know about the figures, in words.
    pub notes: Vec<String>,
}

/// What is wrong with a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// Its work waited while its workers were blocked, and it added threads one by one.
    Starved,
    /// Its workers waited for tasks, and it added threads for that.
    Blocked,
    /// Work waited for long.
    Late,
    /// Nothing that the trace would tell.
    Fine,
    /// The trace says nothing of it.
    Silent,
}

/// A time in which the pool added threads for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Added {
    /// The first time, in nanoseconds from the start of the trace.
    pub first_ns: i64,
    /// The last time.
    pub last_ns: i64,
    /// How often.
    pub count: u64,
    /// Workers that the pool wanted before.
    pub workers_before: u32,
    /// The most it wanted then.
    pub workers_max: u32,
}

/// How many workers there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WorkerCounts {
    /// The first number that was told.
    pub first: Option<u32>,
    /// The last.
    pub last: Option<u32>,
    /// The highest.
    pub max: u32,
    /// Workers that began.
    pub started: u64,
    /// Workers that ended.
    pub stopped: u64,
    /// Up to so many the pool adds at once; more it adds slowly. Told from .NET 6 on.
    pub at_once: Option<u16>,
    /// More there cannot be.
    pub limit: Option<u16>,
}

/// A reason to change how many workers there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Reason {
    /// As the runtime calls it: `Starvation`, `ClimbingMove`, ...
    pub reason: String,
    /// How often.
    pub count: u64,
}

/// The pool changed how many workers it wants.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Adjustment {
    /// When, in nanoseconds from the start of the trace.
    pub at_ns: i64,
    /// How many it wants from then on.
    pub workers: u32,
    /// Why.
    pub reason: String,
    /// Work items per millisecond that it had measured.
    pub average_throughput: f64,
}

/// Work that waited for a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct QueueFigures {
    /// Items queued.
    pub enqueued: u64,
    /// Items taken.
    pub dequeued: u64,
    /// How long those waited whose queueing was seen.
    pub delay: Durations,
    /// Items that still waited when the trace ended.
    pub waiting: u64,
    /// How long the oldest of them had waited.
    pub oldest_ns: Option<i64>,
    /// Items taken whose queueing was not seen.
    pub unmatched: u64,
}

/// What workers did.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Work {
    /// The first method of the program, from the leaf on; one of .NET where there is none.
    pub method: String,
    /// The method at the leaf, that waits or runs.
    pub leaf: String,
    /// Samples.
    pub samples: u64,
    /// Those outside of managed code: waiting, mostly.
    pub waiting_samples: u64,
    /// How many workers were there at a time, on average over the trace.
    pub average_workers: f64,
    /// The most frequent stack, leaf first.
    pub stack: Vec<String>,
}

/// A method that queued work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct QueuedBy {
    /// The first method of the program, from the leaf on; one of .NET where there is none.
    pub method: String,
    /// Items.
    pub count: u64,
}

/// Threads and packets for input and output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IoFigures {
    /// Threads for input and output, at last: before .NET 6.
    pub threads: u32,
    /// The most there were.
    pub max_threads: u32,
    /// Operations that were begun.
    pub packed: u64,
    /// Results queued.
    pub enqueued: u64,
    /// Results taken.
    pub dequeued: u64,
}

pub(super) fn of(pool: &ThreadPool, facts: &Facts, code: &Code) -> ThreadPoolAnswer {
    let workers = &pool.workers;
    let (waiting, oldest) = pool.queue.waiting();
    let queue = QueueFigures {
        enqueued: pool.queue.enqueued,
        dequeued: pool.queue.dequeued,
        delay: pool.queue.delays.summary(),
        waiting,
        oldest_ns: oldest.map(|oldest| facts.duration_ns.saturating_sub(oldest).max(0)),
        unmatched: pool.queue.unmatched,
    };
    let over_time = |timeline: &Timeline| timeline.over_time(facts.duration_ns);
    let mut answer = ThreadPoolAnswer {
        verdict: verdict(pool, &queue),
        trace_ns: facts.duration_ns,
        starvation: workers.starvation.map(added),
        cooperative_blocking: workers.blocking.map(added),
        workers: WorkerCounts {
            first: workers.first,
            last: workers.last,
            max: workers.max,
            started: workers.started,
            stopped: workers.stopped,
            at_once: workers.limits.map(|(min, _)| min),
            limit: workers.limits.map(|(_, max)| max),
        },
        reasons: reasons(pool),
        adjustments: adjustments(pool),
        queue,
        work: work(pool, code),
        queued_by: queued_by(pool, code),
        io: IoFigures {
            threads: pool.io.threads,
            max_threads: pool.io.max_threads,
            packed: pool.io.packed,
            enqueued: pool.io.enqueued,
            dequeued: pool.io.dequeued,
        },
        workers_over_time: over_time(&workers.over_time),
        wanted_over_time: over_time(&workers.wanted_over_time),
        throughput_over_time: over_time(&workers.throughput_over_time),
        delay_over_time: over_time(&pool.queue.delays_over_time),
        enqueued_over_time: over_time(&pool.queue.enqueued_over_time),
        unreadable: pool.unreadable,
        notes: Vec::new(),
    };
    answer.notes = document::notes(&answer);
    answer
}

fn verdict(pool: &ThreadPool, queue: &QueueFigures) -> Verdict {
    let workers = &pool.workers;
    let is_late = queue.delay.p99_ns >= LATE_AFTER
        || queue.oldest_ns.is_some_and(|oldest| oldest.cast_unsigned() >= LATE_AFTER);
    match () {
        () if workers.starvation.is_some() => Verdict::Starved,
        () if workers.blocking.is_some() => Verdict::Blocked,
        () if is_late => Verdict::Late,
        () if workers.last.is_none() && workers.reasons.is_empty() && queue.enqueued == 0 => Verdict::Silent,
        () => Verdict::Fine,
    }
}

fn added(period: Period) -> Added {
    Added {
        first_ns: period.first,
        last_ns: period.last,
        count: period.count,
        workers_before: period.before,
        workers_max: period.max,
    }
}

fn reasons(pool: &ThreadPool) -> Vec<Reason> {
    let reasons = pool.workers.reasons.iter();
    let mut reasons: Vec<_> =
        reasons.map(|(reason, count)| Reason { reason: reason.to_string(), count: *count }).collect();
    reasons.sort_by(|a, b| (b.count, &a.reason).cmp(&(a.count, &b.reason)));
    reasons
}

fn adjustments(pool: &ThreadPool) -> Vec<Adjustment> {
    let adjustments = pool.workers.adjustments.iter().map(|adjustment| Adjustment {
        at_ns: adjustment.at,
        workers: adjustment.workers,
        reason: adjustment.reason.to_string(),
        average_throughput: adjustment.throughput,
    });
    adjustments.collect()
}

fn work(pool: &ThreadPool, code: &Code) -> Vec<Work> {
    let mut samples: Vec<(StackId, Sampled)> =
        pool.samples.iter().map(|(stack, sampled)| (*stack, *sampled)).collect();
    samples.sort_by_key(|(stack, sampled)| (Reverse(sampled.waiting + sampled.running), *stack));
    // A thread that lived all the time was sampled with every tick.
    let ticks = pool.ticks.values().copied().max().unwrap_or(0).max(1);
    let mut work: HashMap<(&str, &str), Work> = HashMap::new();
    for (stack, sampled) in samples {
        if !code.frames(stack).any(|frame| frame.name.starts_with(DISPATCH)) {
            continue;
        }
        let whole = Site::of(code, stack, |_| false);
        let meant = Site::of(code, stack, waits_for_others);
        let method = meant.of_program().unwrap_or_else(|| meant.method());
        let work = work.entry((method, whole.method())).or_insert_with(|| Work {
            method: method.to_owned(),
            leaf: whole.method().to_owned(),
            samples: 0,
            waiting_samples: 0,
            average_workers: 0.0,
            stack: whole.methods(),
        });
        work.samples += sampled.waiting + sampled.running;
        work.waiting_samples += sampled.waiting;
        work.average_workers = work.samples as f64 / ticks as f64;
    }
    let mut work: Vec<_> = work.into_values().collect();
    work.sort_by(|a, b| (b.samples, &a.method, &a.leaf).cmp(&(a.samples, &b.method, &b.leaf)));
    work.truncate(MAX_LISTED);
    work
}

fn queued_by(pool: &ThreadPool, code: &Code) -> Vec<QueuedBy> {
    let mut methods: HashMap<String, u64> = HashMap::new();
    for (stack, count) in pool.queued.iter() {
        let site = Site::of(code, *stack, |_| false);
        let method = site.of_program().unwrap_or_else(|| site.method());
        if !method.is_empty() {
            *methods.entry(method.to_owned()).or_default() += count;
        }
    }
    let mut methods: Vec<_> = methods.into_iter().map(|(method, count)| QueuedBy { method, count }).collect();
    methods.sort_by(|a, b| (b.count, &a.method).cmp(&(a.count, &b.method)));
    methods.truncate(MAX_LISTED);
    methods
}

impl Answer for ThreadPoolAnswer {
    fn document(&self) -> Document {
        document::of(self)
    }
}
