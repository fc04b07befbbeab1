//! Waits for other things than locks: events, semaphores, other threads, `Monitor.Wait`. Told by .NET 9 and later.

use std::collections::HashMap;

use dotnet_events::enumerations::WaitHandleWaitSource;

use super::{MAX_STACKS, Waited};
use crate::bounded::Bounded;
use crate::stacks::StackId;

/// Waits that can be open at a time.
const MAX_OPEN: usize = 65_536;

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

#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    pub(super) stack: StackId,
    pub(super) is_monitor: bool,
    pub(super) since: i64,
}

impl Default for WaitHandles {
    fn default() -> Self {
        let by_stack = Bounded::new(MAX_STACKS);
        Self { begun: 0, ended: Waited::default(), by_stack, open: HashMap::new() }
    }
}

impl WaitHandles {
    pub(super) fn began(&mut self, thread: u64, source: WaitHandleWaitSource, stack: StackId, now: i64) {
        self.begun += 1;
        if self.open.len() < MAX_OPEN || self.open.contains_key(&thread) {
            let open = self.open.entry(thread).or_default();
            // What a wait runs meanwhile, such as a finalizer of another apartment, does not nest deeply.
            open.truncate(MAX_NESTED);
            open.push(Open { stack, is_monitor: source == WaitHandleWaitSource::MonitorWait, since: now });
        }
    }

    pub(super) fn ended(&mut self, thread: u64, now: i64) {
        let Some(open) = self.open.get_mut(&thread).and_then(Vec::pop) else { return };
        let nanos = u64::try_from(now - open.since).unwrap_or(0);
        self.ended.add(nanos);
        if let Some(waited) = self.by_stack.entry((open.stack, open.is_monitor), Waited::default) {
            waited.add(nanos);
        }
    }

    /// Waits that have not ended, with their threads.
    pub(super) fn open(&self) -> impl Iterator<Item = (u64, Open)> {
        self.open.iter().flat_map(|(thread, open)| open.iter().map(|open| (*thread, *open)))
    }
}

/// Waits inside of waits that are followed.
const MAX_NESTED: usize = 16;
