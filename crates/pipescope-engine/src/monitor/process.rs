//! What is known of one watched process.

use std::sync::Arc;

use diagnostics_ipc::client::Client;
use diagnostics_ipc::discovery;
use diagnostics_ipc::message::ProcessInfo;
use uuid::Uuid;

/// A process that the monitor sees.
#[derive(Debug, Clone)]
pub struct ProcessSummary {
    /// Identity: the runtime's instance cookie, or an id made of boot, pid and start time for runtimes without one.
    pub uid: Uuid,
    /// Process id as this program sees it (inside a container the process may have another).
    pub pid: u32,
    /// When it started, in clock ticks since boot. Together with the pid it is never reused.
    pub start_key: u64,
    /// The `process` label of its metrics: its application's name, with `#2`, `#3` ... for further instances.
    pub label: String,
    /// File name of its executable; `dotnet` for everything started through the shared host.
    pub name: String,
    /// Its command line, as the runtime says it or, failing that, the system.
    pub command_line: String,
    /// `linux`, ...; empty where the runtime does not say (.NET Core 3.1).
    pub operating_system: String,
    /// `x64`, `arm64`, ...; empty where the runtime does not say.
    pub architecture: String,
    /// Name of the managed entry assembly, where known.
    pub entry_assembly: Option<String>,
    /// Product version of the runtime, where it says (.NET 6 and later).
    pub runtime_version: Option<String>,
    /// Portable runtime identifier such as `linux-x64`, where it says (.NET 8 and later).
    pub portable_rid: Option<String>,
    /// How the watching goes.
    pub state: ProcessState,
    /// A client for commands to this process.
    pub client: Client,
}

/// How the watching of a process goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProcessState {
    /// Found, not yet answered.
    Connecting,
    /// It has just started and is left alone until it has settled (see [`settling`](crate::settling)).
    Starting,
    /// Its counters arrive.
    Watching,
    /// Connected, but nothing came for several intervals: stopped, hung, or starved of CPU.
    Silent,
    /// It cannot be watched at the moment; tried again with growing pauses.
    Failed {
        /// One line: what happened and what can be done.
        reason: Arc<str>,
    },
}

impl ProcessState {
    /// One word for it, as the JSON of our routes has it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Starting => "starting",
            Self::Watching => "watching",
            Self::Silent => "silent",
            Self::Failed { .. } => "failed",
        }
    }

    /// Why, where there is a reason.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Failed { reason } => Some(reason),
            Self::Silent => {
                Some("no counters for several intervals: the process may be stopped or starved of CPU")
            }
            Self::Connecting | Self::Starting | Self::Watching => None,
        }
    }
}

impl ProcessSummary {
    /// What discovery alone tells, before the runtime was asked.
    pub(super) fn found(process: &discovery::Process, uid: Uuid) -> Self {
        Self {
            uid,
            pid: process.pid,
            start_key: process.start_key,
            label: String::new(),
            name: process.name.clone(),
            command_line: process.command_line.join(" "),
            operating_system: String::new(),
            architecture: String::new(),
            entry_assembly: entry_assembly_of(&process.command_line),
            runtime_version: None,
            portable_rid: None,
            state: ProcessState::Connecting,
            client: Client::new(process),
        }
    }

    /// Adds what the runtime says of itself.
    pub(super) fn learn(&mut self, info: &ProcessInfo) {
        self.uid = info.runtime_cookie;
        self.command_line.clone_from(&info.command_line);
        self.operating_system.clone_from(&info.operating_system);
        self.architecture.clone_from(&info.architecture);
        if let Some(assembly) = info.entry_assembly.as_ref().filter(|name| !name.is_empty()) {
            self.entry_assembly = Some(assembly.clone());
        }
        self.runtime_version.clone_from(&info.runtime_version);
        self.portable_rid.clone_from(&info.portable_rid);
    }

    /// The application's name: its entry assembly where known, else its executable.
    #[must_use]
    pub fn application(&self) -> &str {
        self.entry_assembly.as_deref().unwrap_or(&self.name)
    }
}

/// The assembly that a `dotnet [exec ...] app.dll ...` command line starts.
pub(super) fn entry_assembly_of(command_line: &[String]) -> Option<String> {
    command_line.iter().skip(1).find_map(|argument| {
        let file = argument.rsplit('/').next()?;
        let stem = file.strip_suffix(".dll")?;
        (!stem.is_empty()).then(|| stem.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(command_line: &str, expected: Option<&str>) {
        let words: Vec<String> = command_line.split(' ').map(str::to_owned).collect();
        assert_eq!(entry_assembly_of(&words).as_deref(), expected, "{command_line}");
    }

    #[test]
    fn the_entry_assembly_is_the_first_dll_of_the_command_line() {
        check("dotnet /app/Shop.Web.dll --urls x", Some("Shop.Web"));
        check("dotnet exec --runtimeconfig a.json /app/work.dll other.dll", Some("work"));
        check("/app/shop --verbose", None);
        check("/app/shop.dll", None);
    }
}
