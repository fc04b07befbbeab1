//! What is said of threads at one moment.

use std::collections::HashMap;

use dotnet_events::enumerations::ThreadFlags;
use serde::Serialize;

use super::{Sample, SeenThread, Snapshot, SystemThread, hints};
use crate::cpu::waits::{self, Wait};
use crate::profile::Frame;
use crate::report::Facts;
use crate::symbols::Code;

/// Threads at one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SnapshotAnswer {
    /// Id of the process, in its own process-id namespace; 0 when not known.
    pub process_id: u32,
    /// When it was, in nanoseconds since 1970-01-01 UTC.
    pub at_unix_ns: i64,
    /// What catches the eye, in sentences.
    pub hints: Vec<String>,
    /// All threads, in the order of the sampler.
    pub threads: Vec<ThreadStack>,
    /// How often the process was suspended to look at it, for some tens of microseconds per thread each time.
    pub suspensions: u64,
}

/// A thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ThreadStack {
    /// The operating system's id, as the process sees it.
    pub thread_id: u64,
    /// Its name, where it is known; systems cut names to 15 bytes.
    pub name: Option<String>,
    /// `Thread.ManagedThreadId`, where it is known.
    pub managed_thread_id: Option<u32>,
    /// What it is for, where it is known.
    pub kind: Option<Kind>,
    /// What it is doing.
    pub doing: Doing,
    /// What it waits for, where its top method tells.
    pub waits: Option<Wait>,
    /// The thread that has the lock it waits for, where the runtime told when the wait began.
    pub lock_owner: Option<u64>,
    /// Whether it ran at all while the process was looked at.
    pub has_run: Option<bool>,
    /// Its frames, leaf first; empty for threads that are in no managed code.
    pub frames: Vec<ShownFrame>,
}

/// What a thread is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// It runs finalizers.
    Finalizer,
    /// It is of the thread pool.
    PoolWorker,
    /// It collects garbage.
    Gc,
    /// It serves sessions such as the one that looks at it.
    Diagnostics,
}

/// What a thread is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Doing {
    /// It runs managed code, as far as it can be told.
    Running,
    /// It is in native code or in the runtime.
    Native,
    /// It slept in the kernel and never ran while it was looked at, in the runtime or in native code that its top method has
    /// called. No method tells what it waits for.
    Blocked,
    /// It waits, as its top method tells.
    Waiting,
    /// It is in no managed code.
    Outside,
}

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct ShownFrame {
    /// File name of its module without extension; empty when not known.
    pub module: String,
    /// `Namespace.Type.Method(signature)`, or an address.
    pub name: String,
}

/// Threads that do the same with the same stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group<'a> {
    /// The threads; at least one.
    pub threads: Vec<&'a ThreadStack>,
}

impl SnapshotAnswer {
    /// Threads with the same frames, which do the same, together: those that do something first, then those that wait for
    /// locks, then others, large groups first.
    #[must_use]
    pub fn groups(&self) -> Vec<Group<'_>> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        let mut found = HashMap::new();
        for thread in &self.threads {
            let key = (&thread.frames, thread.doing, thread.waits, thread.lock_owner, thread.kind);
            let next = groups.len();
            let group = *found.entry(key).or_insert(next);
            match groups.get_mut(group) {
                Some(group) => group.threads.push(thread),
                None => groups.push(Group { threads: vec![thread] }),
            }
        }
        groups.sort_by_key(|group| {
            let first = group.threads.first();
            let rank =
                first.map(|thread| (thread.kind == Some(Kind::Diagnostics), thread.doing, thread.waits));
            (rank, std::cmp::Reverse(group.threads.len()))
        });
        groups
    }
}

impl ThreadStack {
    /// What it is doing, in a few words.
    #[must_use]
    pub fn describe(&self) -> String {
        let what = match (self.doing, self.waits) {
            (Doing::Running, _) => "running".to_owned(),
            (Doing::Native, _) => "in native code".to_owned(),
            (Doing::Blocked, _) => "blocked in the runtime or in native code, perhaps on a lock".to_owned(),
            (Doing::Waiting, Some(wait)) => format!("waiting {}", wait.describe()),
            (Doing::Waiting, None) => "waiting".to_owned(),
            (Doing::Outside, _) => "in no managed code".to_owned(),
        };
        match self.lock_owner {
            Some(owner) => format!("{what}, which thread {owner} has"),
            None => what,
        }
    }
}

pub(super) fn of(
    snapshot: &Snapshot,
    facts: &Facts,
    code: &Code,
    system: &HashMap<u64, SystemThread>,
) -> SnapshotAnswer {
    let threads: Vec<ThreadStack> = snapshot
        .threads
        .iter()
        .filter(|thread| thread.sample.is_some() || thread.managed.is_some())
        .map(|thread| stack(thread, code, system.get(&thread.id)))
        .collect();
    let first = snapshot.threads.iter().find_map(|thread| thread.sample);
    let at = first.and_then(|sample| Some(snapshot.trace?.unix_nanos(sample.at)));
    SnapshotAnswer {
        process_id: facts.process_id,
        at_unix_ns: at.unwrap_or(facts.start_unix_ns),
        hints: hints::of(&threads),
        threads,
        suspensions: snapshot.rounds(),
    }
}

fn stack(thread: &SeenThread, code: &Code, system: Option<&SystemThread>) -> ThreadStack {
    let frames: Vec<&Frame> =
        thread.sample.map(|sample| code.frames(sample.stack).collect()).unwrap_or_default();
    let never_ran = system.is_some_and(|system| system.is_sleeping && system.has_run == Some(false));
    let (doing, waits) = doing(thread.sample, &frames, never_ran);
    ThreadStack {
        thread_id: thread.id,
        name: thread.name.clone().or_else(|| Some(system?.name.clone()).filter(|name| !name.is_empty())),
        managed_thread_id: thread.managed.map(|(number, _)| number),
        kind: kind(thread.managed.map(|(_, flags)| flags), &frames),
        doing,
        waits,
        lock_owner: thread.sample.and_then(|sample| sample.owner),
        has_run: system.and_then(|system| system.has_run),
        frames: frames
            .into_iter()
            .map(|frame| ShownFrame { module: frame.module.clone(), name: frame.name.clone() })
            .collect(),
    }
}

/// What the stack, the sampler and the system say together. The sampler's word is worth little: some runtimes call threads that
/// wait managed in its first round (measured on .NET Core 3.1 and .NET 9).
fn doing(sample: Option<Sample>, frames: &[&Frame], never_ran: bool) -> (Doing, Option<Wait>) {
    if frames.is_empty() {
        return (Doing::Outside, None);
    }
    match waits::doing(frames.iter().copied()) {
        waits::Doing::Waiting(wait) => (Doing::Waiting, Some(wait)),
        _ if never_ran => (Doing::Blocked, None),
        waits::Doing::Native if !sample.is_some_and(|sample| sample.is_managed) => (Doing::Native, None),
        _ => (Doing::Running, None),
    }
}

/// The method by which the runtime tells event sources that a session has begun.
const TELLS_OF_SESSIONS: &str = "System.Diagnostics.Tracing.EventPipeEventProvider.Callback";

fn kind(flags: Option<ThreadFlags>, frames: &[&Frame]) -> Option<Kind> {
    if frames.last().is_some_and(|outermost| outermost.method() == TELLS_OF_SESSIONS) {
        return Some(Kind::Diagnostics);
    }
    let flags = flags?;
    if flags.contains(ThreadFlags::Finalizer) {
        Some(Kind::Finalizer)
    } else if flags.contains(ThreadFlags::ThreadPoolWorker) {
        Some(Kind::PoolWorker)
    } else if flags.contains(ThreadFlags::GCSpecial) {
        Some(Kind::Gc)
    } else {
        None
    }
}

impl ShownFrame {
    /// `module!name`, or the name alone where the module is not known.
    #[must_use]
    pub fn qualified(&self) -> String {
        if self.module.is_empty() { self.name.clone() } else { format!("{}!{}", self.module, self.name) }
    }

    /// Whether it is of the framework rather than of the application, by the name of its module, or else by its own. Code
    /// without a name is of nobody's application.
    #[must_use]
    pub fn is_of_framework(&self) -> bool {
        let name = if self.module.is_empty() { &self.name } else { &self.module };
        let is_below = |start: &str| {
            name.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        is_below("System") || is_below("Microsoft") || name.starts_with("0x")
    }
}
