//! What is said of contention in the end.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::locks::Wait;
use super::{Contention, UNKNOWN_LOCK, Waited, deadlock, document};
use crate::distribution::Durations;
use crate::report::document::Document;
use crate::report::{Answer, Facts};
use crate::sites::{Site, waits_for_others};
use crate::stacks::StackId;
use crate::symbols::Code;
use crate::timeline::OverTime;

/// Entries listed of each kind. All count in the totals.
const MAX_LISTED: usize = 1_000;
/// Entries listed with a lock.
const MAX_OF_LOCK: usize = 10;
/// Threads that wait for each other are in a deadlock when all of them have done so for so long, in nanoseconds. Locks that
/// are just changing hands look alike.
const DEADLOCKED_AFTER: i64 = 100_000_000;

/// Waits for locks.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ContentionAnswer {
    /// Waits for locks that began.
    pub total: u64,
    /// Time in those that ended, in nanoseconds, as the runtime measured it.
    pub duration_ns: u64,
    /// From the start of the trace to its last event.
    pub trace_ns: i64,
    /// Waits for locks of managed code: what `Monitor.LockContentionCount` counts.
    pub managed: u64,
    /// Waits for locks of the runtime's own native code.
    pub native: u64,
    /// Those that ended.
    pub waits: Durations,
    /// Threads that for ever wait for each other.
    pub deadlocks: Vec<Vec<Waiting>>,
    /// Waits that had not ended when the trace did, longest first.
    pub waiting: Vec<Waiting>,
    /// Locks by the time waited for them. One of unknown locks where the runtime does not tell them, before .NET 8.
    pub by_lock: Vec<Lock>,
    /// Methods that waited, by time.
    pub by_method: Vec<Method>,
    /// Threads that held a lock when others began to wait for it, by the time that those waited.
    pub by_owner: Vec<Owner>,
    /// Waits that began before the trace: only their ends were seen.
    pub began_before: u64,
    /// Locks that the runtime made since they were contended.
    pub locks_created: u64,
    /// Waits that began, over time.
    pub begun_over_time: OverTime,
    /// Nanoseconds of waits that ended, by the time of their end.
    pub waited_over_time: OverTime,
    /// Waits for other things than locks. Only .NET 9 and later tell them, at level 5.
    pub wait_handles: WaitHandles,
    /// Waits that there was no room to tell apart: they count in the totals only.
    pub not_told_apart: u64,
    /// Events that could not be read.
    pub unreadable: u64,
    /// What to know about the figures, in words.
    pub notes: Vec<String>,
}

/// A wait that had not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Waiting {
    /// The operating system's id of the thread that waits.
    pub thread_id: u64,
    /// The thread that holds the lock, if that is known.
    pub owner_thread_id: Option<u64>,
    /// Id of the lock; 0 where the runtime does not tell.
    pub lock_id: u64,
    /// When it began, in nanoseconds from the start of the trace.
    pub since_ns: i64,
    /// How long it had lasted when the trace ended.
    pub duration_ns: i64,
    /// The method that waits.
    pub method: String,
    /// Where it waits, that method first.
    pub stack: Vec<String>,
}

/// A lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Lock {
    /// Id of the lock; 0 where the runtime does not tell.
    pub lock_id: u64,
    /// Address of the object that is locked, as it was last: collections move objects.
    pub object_address: u64,
    /// Waits for it that ended.
    pub count: u64,
    /// Time in them.
    pub duration_ns: u64,
    /// The longest.
    pub max_ns: u64,
    /// Methods that waited for it, by time.
    pub waited_in: Vec<Method>,
    /// What its holders did while others waited: methods in samples of the threads that held it, most frequent first. Empty
    /// when the trace has no samples.
    pub held_in: Vec<Holding>,
    /// Methods in which holders took it, as far as they had to wait for it themselves, by the time others waited then.
    pub taken_in: Vec<Method>,
}

/// A method that waited, or made others wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Method {
    /// `Namespace.Type.Method(signature)`; empty without stacks, an address where it has no name.
    pub method: String,
    /// Its module.
    pub module: String,
    /// Waits.
    pub count: u64,
    /// Time in them.
    pub duration_ns: u64,
    /// The longest.
    pub max_ns: u64,
    /// The stack with the longest time, that method first.
    pub stack: Vec<String>,
}

/// What the holder of a lock did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Holding {
    /// The method at the leaf, past those that wait for others.
    pub method: String,
    /// Samples while others waited for the lock.
    pub samples: u64,
    /// The most frequent stack, that method first.
    pub stack: Vec<String>,
}

/// A thread that held a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Owner {
    /// The operating system's id.
    pub thread_id: u64,
    /// The lock.
    pub lock_id: u64,
    /// Waits that began while it held the lock.
    pub count: u64,
    /// Time in them.
    pub duration_ns: u64,
}

/// Waits for other things than locks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct WaitHandles {
    /// Waits that began.
    pub total: u64,
    /// Time in those that ended.
    pub duration_ns: u64,
    /// Methods that waited, by time.
    pub by_method: Vec<WaitMethod>,
    /// Waits that had not ended, by method.
    pub waiting: Vec<WaitMethod>,
}

/// A method that waited for something else than a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WaitMethod {
    /// `Namespace.Type.Method(signature)`; empty without stacks, an address where it has no name.
    pub method: String,
    /// Whether with `Monitor.Wait`.
    pub is_monitor_wait: bool,
    /// Waits.
    pub count: u64,
    /// Time in them.
    pub duration_ns: u64,
    /// The longest.
    pub max_ns: u64,
}

pub(super) fn of(contention: &Contention, facts: &Facts, code: &Code) -> ContentionAnswer {
    let waits = contention.durations.summary();
    let waiting: Vec<_> = contention
        .locks
        .open()
        .into_iter()
        .map(|(thread, wait, owner)| waiting(thread, &wait, owner, facts, code))
        .collect();
    let mut answer = ContentionAnswer {
        total: contention.managed + contention.native,
        duration_ns: waits.total_ns,
        trace_ns: facts.duration_ns,
        managed: contention.managed,
        native: contention.native,
        waits,
        deadlocks: deadlocks(&waiting),
        waiting,
        by_lock: locks(contention, code),
        by_method: methods(contention.waited.iter().map(|((_, stack), waited)| (*stack, *waited)), code),
        by_owner: owners(contention),
        began_before: contention.began_before,
        locks_created: contention.locks_created,
        begun_over_time: contention.begun_over_time.over_time(facts.duration_ns),
        waited_over_time: contention.waited_over_time.over_time(facts.duration_ns),
        wait_handles: wait_handles(contention, facts, code),
        not_told_apart: contention.waited.refused().max(contention.by_lock.refused()),
        unreadable: contention.unreadable,
        notes: Vec::new(),
    };
    answer.waiting.truncate(MAX_LISTED);
    answer.notes = document::notes(&answer);
    answer
}

fn waiting(thread: u64, wait: &Wait, owner: Option<u64>, facts: &Facts, code: &Code) -> Waiting {
    let site = Site::of(code, wait.stack, waits_for_others);
    Waiting {
        thread_id: thread,
        owner_thread_id: owner,
        lock_id: wait.lock,
        since_ns: wait.since,
        duration_ns: facts.duration_ns.saturating_sub(wait.since).max(0),
        method: site.method().to_owned(),
        stack: site.methods(),
    }
}

fn deadlocks(waiting: &[Waiting]) -> Vec<Vec<Waiting>> {
    let by_thread: HashMap<u64, &Waiting> = waiting.iter().map(|wait| (wait.thread_id, wait)).collect();
    let long = waiting.iter().filter(|wait| wait.duration_ns >= DEADLOCKED_AFTER);
    let for_others = long.filter_map(|wait| Some((wait.thread_id, wait.owner_thread_id?)));
    let circles = deadlock::circles(for_others.filter(|(thread, owner)| thread != owner));
    let waits = |circle: Vec<u64>| {
        circle.iter().filter_map(|thread| by_thread.get(thread).map(|wait| (*wait).clone())).collect()
    };
    circles.into_iter().map(waits).collect()
}

fn locks(contention: &Contention, code: &Code) -> Vec<Lock> {
    let mut waited: BTreeMap<u64, Vec<(StackId, Waited)>> = BTreeMap::new();
    for ((lock, stack), of_stack) in contention.waited.iter() {
        waited.entry(*lock).or_default().push((*stack, *of_stack));
    }
    let mut taken: BTreeMap<u64, Vec<(StackId, Waited)>> = BTreeMap::new();
    for ((lock, stack), of_stack) in contention.taken.iter() {
        taken.entry(*lock).or_default().push((*stack, *of_stack));
    }
    let mut holding: BTreeMap<u64, Vec<(StackId, u64)>> = BTreeMap::new();
    for ((lock, stack), samples) in contention.holding.iter() {
        holding.entry(*lock).or_default().push((*stack, *samples));
    }
    let mut locks: Vec<_> = contention.by_lock.iter().collect();
    locks.sort_by_key(|(lock, of_lock)| (Reverse(of_lock.waited.nanos), **lock));
    locks.truncate(MAX_LISTED);
    locks
        .into_iter()
        .map(|(lock, of_lock)| Lock {
            lock_id: *lock,
            object_address: of_lock.object,
            count: of_lock.waited.count,
            duration_ns: of_lock.waited.nanos,
            max_ns: of_lock.waited.max_nanos,
            waited_in: of_lock_methods(waited.remove(lock), code),
            held_in: holders(holding.remove(lock).unwrap_or_default(), code),
            taken_in: of_lock_methods(taken.remove(lock), code),
        })
        .collect()
}

fn of_lock_methods(stacks: Option<Vec<(StackId, Waited)>>, code: &Code) -> Vec<Method> {
    let mut methods = methods(stacks.unwrap_or_default().into_iter(), code);
    methods.truncate(MAX_OF_LOCK);
    methods
}

/// Methods by time.
fn methods(stacks: impl Iterator<Item = (StackId, Waited)>, code: &Code) -> Vec<Method> {
    let mut stacks: Vec<_> = stacks.collect();
    stacks.sort_by_key(|(stack, waited)| (Reverse(waited.nanos), *stack));
    let mut methods: HashMap<(&str, &str), Method> = HashMap::new();
    for (stack, waited) in stacks {
        let site = Site::of(code, stack, waits_for_others);
        let method = methods.entry((site.module(), site.method())).or_insert_with(|| Method {
            method: site.method().to_owned(),
            module: site.module().to_owned(),
            count: 0,
            duration_ns: 0,
            max_ns: 0,
            stack: site.methods(),
        });
        method.count += waited.count;
        method.duration_ns = method.duration_ns.saturating_add(waited.nanos);
        method.max_ns = method.max_ns.max(waited.max_nanos);
    }
    let mut methods: Vec<_> = methods.into_values().collect();
    methods.sort_by(|a, b| (b.duration_ns, &a.module, &a.method).cmp(&(a.duration_ns, &b.module, &b.method)));
    methods.truncate(MAX_LISTED);
    methods
}

fn holders(mut stacks: Vec<(StackId, u64)>, code: &Code) -> Vec<Holding> {
    stacks.sort_by_key(|(stack, samples)| (Reverse(*samples), *stack));
    let mut methods: HashMap<&str, Holding> = HashMap::new();
    for (stack, samples) in stacks {
        let site = Site::of(code, stack, waits_for_others);
        let holding = methods.entry(site.method()).or_insert_with(|| Holding {
            method: site.method().to_owned(),
            samples: 0,
            stack: site.methods(),
        });
        holding.samples += samples;
    }
    let mut methods: Vec<_> = methods.into_values().collect();
    methods.sort_by(|a, b| (b.samples, &a.method).cmp(&(a.samples, &b.method)));
    methods.truncate(MAX_OF_LOCK);
    methods
}

fn owners(contention: &Contention) -> Vec<Owner> {
    let owners = contention.held.iter().map(|((lock, thread), waited)| Owner {
        thread_id: *thread,
        lock_id: *lock,
        count: waited.count,
        duration_ns: waited.nanos,
    });
    let mut owners: Vec<_> = owners.collect();
    owners.sort_by_key(|owner| (Reverse(owner.duration_ns), owner.thread_id, owner.lock_id));
    owners.truncate(MAX_LISTED);
    owners
}

fn wait_handles(contention: &Contention, facts: &Facts, code: &Code) -> WaitHandles {
    let waits = &contention.wait_handles;
    let ended = waits.by_stack.iter().map(|((stack, is_monitor), waited)| (*stack, *is_monitor, *waited));
    let open = waits.open().map(|(_, open)| {
        let mut waited = Waited::default();
        waited.add(u64::try_from(facts.duration_ns.saturating_sub(open.since)).unwrap_or(0));
        (open.stack, open.is_monitor, waited)
    });
    WaitHandles {
        total: waits.begun,
        duration_ns: waits.ended.nanos,
        by_method: wait_methods(ended, code),
        waiting: wait_methods(open, code),
    }
}

fn wait_methods(stacks: impl Iterator<Item = (StackId, bool, Waited)>, code: &Code) -> Vec<WaitMethod> {
    let mut methods: HashMap<(&str, bool), WaitMethod> = HashMap::new();
    for (stack, is_monitor_wait, waited) in stacks {
        let site = Site::of(code, stack, waits_for_others);
        let method = methods.entry((site.method(), is_monitor_wait)).or_insert_with(|| WaitMethod {
            method: site.method().to_owned(),
            is_monitor_wait,
            count: 0,
            duration_ns: 0,
            max_ns: 0,
        });
        method.count += waited.count;
        method.duration_ns = method.duration_ns.saturating_add(waited.nanos);
        method.max_ns = method.max_ns.max(waited.max_nanos);
    }
    let mut methods: Vec<_> = methods.into_values().collect();
    methods.sort_by(|a, b| (b.duration_ns, &a.method).cmp(&(a.duration_ns, &b.method)));
    methods.truncate(MAX_LISTED);
    methods
}

impl Lock {
    /// Whether the runtime told which lock it was.
    pub(super) fn is_known(&self) -> bool {
        self.lock_id != UNKNOWN_LOCK
    }
}

impl Answer for ContentionAnswer {
    fn document(&self) -> Document {
        document::of(self)
    }
}
