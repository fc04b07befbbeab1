//! When better code is made: tiered compilation.
//!
//! Methods that are called often are compiled again in the background, once no new ones have come for a while: until then
//! that is paused.

use std::collections::HashMap;

use dotnet_events::EventError;
use dotnet_events::enumerations::TieredCompilationFlags;
use dotnet_events::runtime::methods::{
    TieredCompilationBackgroundJitStart, TieredCompilationBackgroundJitStop, TieredCompilationPause,
    TieredCompilationResume, TieredCompilationSettings,
};
use nettrace::Event;

/// Threads in the background that are followed: there is one at a time.
const MAX_THREADS: usize = 64;

/// What tiered compilation did.
#[derive(Debug, Default)]
pub(super) struct Tiering {
    pub(super) settings: Option<TieredCompilationFlags>,
    pub(super) pauses: u64,
    pub(super) resumes: u64,
    /// Runs in the background that ended, time in them, methods compiled.
    pub(super) runs: u64,
    pub(super) run_nanos: u64,
    pub(super) run_methods: u64,
    /// The most methods that ever waited.
    pub(super) max_pending: u64,
    running: HashMap<u64, i64>,
}

impl Tiering {
    pub(super) fn take(&mut self, event: &Event<'_>) -> Result<(), EventError> {
        match event.metadata.event_id {
            TieredCompilationSettings::ID => {
                self.settings = Some(TieredCompilationSettings::decode(event)?.Flags);
            }
            TieredCompilationPause::ID => self.pauses += 1,
            TieredCompilationResume::ID => self.resumes += 1,
            TieredCompilationBackgroundJitStart::ID => {
                let start = TieredCompilationBackgroundJitStart::decode(event)?;
                self.max_pending = self.max_pending.max(start.PendingMethodCount.into());
                if self.running.len() < MAX_THREADS {
                    self.running.insert(event.thread_id, event.relative_nanos());
                }
            }
            TieredCompilationBackgroundJitStop::ID => {
                let stop = TieredCompilationBackgroundJitStop::decode(event)?;
                self.runs += 1;
                self.run_methods += u64::from(stop.JittedMethodCount);
                self.max_pending = self.max_pending.max(stop.PendingMethodCount.into());
                if let Some(since) = self.running.remove(&event.thread_id) {
                    let nanos = event.relative_nanos().saturating_sub(since);
                    self.run_nanos = self.run_nanos.saturating_add(u64::try_from(nanos).unwrap_or(0));
                }
            }
            _ => {}
        }
        Ok(())
    }
}
