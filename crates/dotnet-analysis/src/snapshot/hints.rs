//! What catches the eye in a snapshot.

use std::fmt::Write as _;

use super::answer::{Doing, Kind, ShownFrame, ThreadStack};
use crate::cpu::waits::Wait;

/// Threads named in a hint.
const MAX_NAMED: usize = 4;

/// A part of the pool's threads that is worth a word when it is blocked: one in two.
const MUCH: usize = 2;

pub(super) fn of(threads: &[ThreadStack]) -> Vec<String> {
    let mut hints = Vec::new();
    let for_locks: Vec<_> = threads.iter().filter(|thread| thread.waits == Some(Wait::Lock)).collect();
    let blocked: Vec<_> = threads.iter().filter(|thread| thread.doing == Doing::Blocked).collect();
    hints.extend(locks(&for_locks, "wait for a lock", "waits for a lock"));
    hints.extend(locks(
        &blocked,
        "are blocked, perhaps on a lock (this runtime has no method of its own for `lock`)",
        "is blocked, perhaps on a lock (this runtime has no method of its own for `lock`)",
    ));
    hints.extend(circle(threads));
    hints.extend(pool(threads));
    hints
}

/// Threads that wait for locks, and where.
fn locks(threads: &[&ThreadStack], many: &str, one: &str) -> Option<String> {
    let places: Vec<String> = threads
        .iter()
        .take(MAX_NAMED)
        .map(|thread| format!("{} in {}", called(thread), place(thread)))
        .collect();
    let more = threads.len().saturating_sub(MAX_NAMED);
    let mut list = places.join(", ");
    if more > 0 {
        // Writing to a String cannot fail.
        let _ = write!(list, " and {more} more");
    }
    match threads.len() {
        0 => None,
        1 => Some(format!("1 thread {one}: {list}.")),
        count => Some(format!(
            "{count} threads {many}: {list}. If they do not go on, they may wait for each other (a deadlock) or for \
             a thread that holds on to a lock."
        )),
    }
}

/// Threads that wait for each other, where the owners of their locks are known.
fn circle(threads: &[ThreadStack]) -> Option<String> {
    let owner_of =
        |id: u64| threads.iter().find(|thread| thread.thread_id == id).and_then(|thread| thread.lock_owner);
    for start in threads.iter().filter(|thread| thread.lock_owner.is_some()) {
        let mut circle = vec![start.thread_id];
        let mut next = start.lock_owner;
        while let Some(id) = next.filter(|id| !circle.contains(id)) {
            circle.push(id);
            next = owner_of(id);
        }
        if next == Some(start.thread_id) {
            let ids: Vec<String> = circle.iter().map(u64::to_string).collect();
            return Some(format!(
                "Deadlock: each of the threads {} waits for a lock that the next one has.",
                ids.join(", ")
            ));
        }
    }
    None
}

/// Threads of the pool that cannot take work.
fn pool(threads: &[ThreadStack]) -> Option<String> {
    let workers: Vec<_> = threads.iter().filter(|thread| thread.kind == Some(Kind::PoolWorker)).collect();
    let is_stuck = |thread: &&&ThreadStack| match thread.doing {
        Doing::Blocked => true,
        Doing::Waiting => {
            thread.waits != Some(Wait::Work) && thread.frames.iter().any(|frame| !frame.is_of_framework())
        }
        _ => false,
    };
    let stuck: Vec<_> = workers.iter().filter(is_stuck).collect();
    let example = stuck.first()?;
    (stuck.len() > 1 && stuck.len() * MUCH >= workers.len()).then(|| {
        format!(
            "{} of {} threads of the pool wait in the middle of their work, as in {}: what is queued behind them waits \
             too (starvation).",
            stuck.len(),
            workers.len(),
            place(example)
        )
    })
}

/// A thread by its name, or else by its id.
fn called(thread: &ThreadStack) -> String {
    match &thread.name {
        Some(name) => format!("{} \"{name}\"", thread.thread_id),
        None => thread.thread_id.to_string(),
    }
}

/// The first method of the application from the top, or else the top one.
fn place(thread: &ThreadStack) -> &str {
    let own = thread.frames.iter().find(|frame| !frame.is_of_framework());
    own.or(thread.frames.first()).map_or("?", |frame: &ShownFrame| {
        frame.name.split_once('(').map_or(frame.name.as_str(), |(method, _)| method)
    })
}
