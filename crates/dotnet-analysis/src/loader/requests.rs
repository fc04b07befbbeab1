//! Requests for assemblies, by thread. Finding one can take finding another.

use std::collections::HashMap;

use dotnet_events::runtime::loader::AssemblyLoadStop;

use crate::bounded::Bounded;
use crate::distribution::Distribution;

/// Assemblies that were asked for, told apart.
const MAX_REQUESTED: usize = 16_384;
/// Threads watched.
const MAX_THREADS: usize = 65_536;
/// Requests inside of requests that are followed.
const MAX_NESTED: usize = 64;

/// Requests for assemblies.
#[derive(Debug)]
pub(super) struct Requests {
    pub(super) failed: u64,
    pub(super) cached: u64,
    pub(super) durations: Distribution,
    /// By name and load context.
    pub(super) requested: Bounded<(String, String), Requested>,
    open: HashMap<u64, Vec<i64>>,
}

/// What became of requests for an assembly.
#[derive(Debug, Default)]
pub(super) struct Requested {
    pub(super) count: u64,
    pub(super) failed: u64,
    pub(super) nanos: u64,
    pub(super) max_nanos: u64,
    /// Who asked first.
    pub(super) by: String,
    pub(super) path: String,
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            failed: 0,
            cached: 0,
            durations: Distribution::default(),
            requested: Bounded::new(MAX_REQUESTED),
            open: HashMap::new(),
        }
    }
}

impl Requests {
    pub(super) fn began(&mut self, thread: u64, now: i64) {
        if self.open.len() >= MAX_THREADS && !self.open.contains_key(&thread) {
            return;
        }
        let open = self.open.entry(thread).or_default();
        if open.len() >= MAX_NESTED {
            open.remove(0);
        }
        open.push(now);
    }

    pub(super) fn ended(&mut self, thread: u64, stop: &AssemblyLoadStop<'_>, now: i64) {
        let since = self.open.get_mut(&thread).and_then(Vec::pop);
        let nanos = since.map_or(0, |since| now.saturating_sub(since).max(0));
        if since.is_some() {
            self.durations.record(nanos);
        }
        self.failed += u64::from(!stop.Success);
        self.cached += u64::from(stop.Cached);
        let load = &stop.load;
        let key = (load.AssemblyName.to_string(), load.AssemblyLoadContext.to_string());
        let make = || Requested { by: load.RequestingAssembly.to_string(), ..Requested::default() };
        if let Some(requested) = self.requested.entry(key, make) {
            requested.count += 1;
            requested.failed += u64::from(!stop.Success);
            requested.nanos = requested.nanos.saturating_add(nanos.cast_unsigned());
            requested.max_nanos = requested.max_nanos.max(nanos.cast_unsigned());
            if !stop.ResultAssemblyPath.is_empty() {
                requested.path = stop.ResultAssemblyPath.to_string();
            }
        }
    }
}
