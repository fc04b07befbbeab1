//! Types being loaded, by thread. Loading one loads others, and a type is loaded in steps.

use std::collections::HashMap;

use dotnet_events::runtime::loader::TypeLoadStop;

use crate::distribution::Distribution;
use crate::texts::{TextId, Texts};

/// Types told apart.
const MAX_TYPES: usize = 65_536;
/// Threads watched.
const MAX_THREADS: usize = 65_536;
/// Types inside of types that are followed.
const MAX_NESTED: usize = 256;

/// Types being loaded.
#[derive(Debug)]
pub(super) struct Types {
    pub(super) begun: u64,
    /// Steps that ended: their own time, without that of types loaded inside of them.
    pub(super) durations: Distribution,
    pub(super) names: Texts,
    /// By name.
    pub(super) by_type: HashMap<TextId, Loaded>,
    open: HashMap<u64, Vec<Open>>,
}

/// What loading a type took.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Loaded {
    /// Steps.
    pub(super) count: u64,
    pub(super) nanos: u64,
}

#[derive(Debug)]
struct Open {
    id: u32,
    since: i64,
    inner_nanos: i64,
}

impl Default for Types {
    fn default() -> Self {
        Self {
            begun: 0,
            durations: Distribution::default(),
            names: Texts::new(MAX_TYPES),
            by_type: HashMap::new(),
            open: HashMap::new(),
        }
    }
}

impl Types {
    pub(super) fn began(&mut self, thread: u64, id: u32, since: i64) {
        self.begun += 1;
        if self.open.len() >= MAX_THREADS && !self.open.contains_key(&thread) {
            return;
        }
        let open = self.open.entry(thread).or_default();
        if open.len() >= MAX_NESTED {
            open.remove(0);
        }
        open.push(Open { id, since, inner_nanos: 0 });
    }

    pub(super) fn ended(&mut self, thread: u64, stop: &TypeLoadStop<'_>, now: i64) {
        let Some(open) = self.open.get_mut(&thread) else { return };
        let Some(index) = open.iter().rposition(|open| open.id == stop.TypeLoadStartID) else { return };
        // Ends of those inside of it were lost.
        open.truncate(index + 1);
        let Some(ended) = open.pop() else { return };
        let nanos = now.saturating_sub(ended.since).max(0);
        if let Some(outer) = open.last_mut() {
            outer.inner_nanos = outer.inner_nanos.saturating_add(nanos);
        }
        let own = nanos.saturating_sub(ended.inner_nanos).max(0);
        self.durations.record(own);
        let loaded = self.by_type.entry(self.names.keep(stop.TypeName)).or_default();
        loaded.count += 1;
        loaded.nanos = loaded.nanos.saturating_add(own.cast_unsigned());
    }
}
