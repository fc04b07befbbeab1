//! Waits for other things than locks: events, semaphores, other threads, `Monitor.Wait`. Told by .NET 9 and later.

use std::collections::HashMap;

use dotnet_events::enumerations::WaitHandleWaitSource;

use super::{MAX_STACKS, Waited};
use crate::bounded::Bounded;
use crate::stacks::StackId;

/// Threads whose waits are followed.
const MAX_THREADS: usize = 65_536;
/// Waits inside of waits that are followed.
const MAX_NESTED: usize = 8;

/// Follows waits.
#[derive(Debug)]
pub(super) struct WaitHandles {
    pub(super) begun: u64,
    pub(super) ended: Waited,
    /// Where was waited, and whether with `Monitor.Wait`.
    pub(super) by_stack: Bounded<(StackId, bool), Waited>,
    /// By thread, the innermost last.
    open: HashMap<u64, Vec<Open>>,
}

/// A wait that has not ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    pub(super) stack: StackId,
    pub(super) is_monitor: bool,
    /// Whether it is how a lock is waited for, which is counted there.
    is_of_lock: bool,
    pub(super) since: i64,
}

impl Open {
    pub(super) fn new(stack: StackId, source: WaitHandleWaitSource, is_of_lock: bool, since: i64) -> Self {
        Self { stack, is_monitor: source == WaitHandleWaitSource::MonitorWait, is_of_lock, since }
    }
}

impl Default for WaitHandles {
    fn default() -> Self {
        let by_stack = Bounded::new(MAX_STACKS);
        Self { begun: 0, ended: Waited::default(), by_stack, open: HashMap::new() }
    }
}

impl WaitHandles {
    pub(super) fn began(&mut self, thread: u64, wait: Open) {
        self.begun += u64::from(!wait.is_of_lock);
        if self.open.len() < MAX_THREADS || self.open.contains_key(&thread) {
            let open = self.open.entry(thread).or_default();
            open.truncate(MAX_NESTED - 1);
            open.push(wait);
        }
    }

    pub(super) fn ended(&mut self, thread: u64, now: i64) {
        let Some(open) = self.open.get_mut(&thread).and_then(Vec::pop) else { return };
        if open.is_of_lock {
            return;
        }
        let nanos = u64::try_from(now.saturating_sub(open.since)).unwrap_or(0);
        self.ended.add(nanos);
        if let Some(waited) = self.by_stack.entry((open.stack, open.is_monitor), Waited::default) {
            waited.add(nanos);
        }
    }

    /// Waits that have not ended, with their threads.
    pub(super) fn open(&self) -> impl Iterator<Item = (u64, Open)> {
        let open = self.open.iter().flat_map(|(thread, open)| open.iter().map(|open| (*thread, *open)));
        open.filter(|(_, open)| !open.is_of_lock)
    }
}
