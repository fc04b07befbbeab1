//! The process a client talks to.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::discovery::{Process, Procfs};

/// The process a client talks to, as errors name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    process: Option<Known>,
    socket: PathBuf,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    pid: u32,
    start_key: u64,
    name: String,
}

impl Target {
    pub(super) fn of(process: &Process) -> Target {
        let Process { pid, start_key, name, socket, .. } = process;
        Target {
            process: Some(Known { pid: *pid, start_key: *start_key, name: name.clone() }),
            socket: socket.clone(),
        }
    }

    pub(super) fn at(socket: PathBuf) -> Target {
        Target { process: None, socket }
    }

    /// The process id, where it is known.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(|known| known.pid)
    }

    /// The socket.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Whether the very process still runs; `None` when it is not known which one it is.
    pub(super) fn is_running(&self) -> Option<bool> {
        let known = self.process.as_ref()?;
        let stat = Procfs::open().and_then(|mut procfs| procfs.stat(known.pid));
        Some(stat.is_ok_and(|stat| stat.start_key == known.start_key && !stat.state.has_ended()))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.process {
            Some(Known { pid, name, .. }) => write!(formatter, "process {pid} ({name})"),
            None => write!(formatter, "the process at {}", self.socket.display()),
        }
    }
}
