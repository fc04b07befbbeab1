//! How a monitor behaves.

use std::time::Duration;

use diagnostics_ipc::discovery::Process;

use super::process::entry_assembly_of;
use crate::counters::{CounterRequest, CounterSelection};

/// How a [`Monitor`](super::Monitor) behaves.
#[derive(Debug, Clone)]
pub struct MonitorConfig {
    /// Which counters, how often, within which limits.
    pub counters: CounterRequest,
    /// Time between two looks for processes that came or went.
    pub discovery_interval: Duration,
    /// How far the history in memory reaches back.
    pub history: Duration,
    /// Which processes are watched.
    pub filter: ProcessFilter,
}

/// Which processes are watched: those with one of the ids or one of the names. An empty filter lets all pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProcessFilter {
    /// Process ids, as this program sees them.
    pub pids: Vec<u32>,
    /// Names of executables or of entry assemblies; case does not matter.
    pub names: Vec<String>,
}

impl ProcessFilter {
    pub(super) fn passes(&self, process: &Process) -> bool {
        let assembly = entry_assembly_of(&process.command_line);
        let is_called = |name: &String| {
            name.eq_ignore_ascii_case(&process.name)
                || assembly.as_ref().is_some_and(|assembly| name.eq_ignore_ascii_case(assembly))
        };
        (self.pids.is_empty() && self.names.is_empty())
            || self.pids.contains(&process.pid)
            || self.names.iter().any(is_called)
    }
}

impl Default for MonitorConfig {
    /// The built-in counters and meters of all processes every second, a look for processes every second, fifteen minutes of history.
    fn default() -> Self {
        Self {
            counters: CounterRequest {
                selection: CounterSelection::built_in(),
                interval: Duration::from_secs(1),
                ..CounterRequest::default()
            },
            discovery_interval: Duration::from_secs(1),
            history: Duration::from_secs(15 * 60),
            filter: ProcessFilter::default(),
        }
    }
}
