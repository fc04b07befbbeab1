//! Finding the .NET processes of this machine (Linux).
//!
//! A runtime listens at a socket whose name holds its pid and its start time. The kernel lists every listening
//! socket of a network namespace, so no directory has to be guessed: the table says which runtimes there are, and
//! `/proc` says which processes they belong to, also in containers. Only where that table cannot be read are the
//! temporary directories of the processes searched instead.
//!
//! ```no_run
//! let scan = diagnostics_ipc::discovery::Scanner::new().scan();
//! for process in &scan.processes {
//!     println!("{} {}", process.pid, process.name);
//! }
//! for problem in &scan.problems {
//!     eprintln!("{problem}");
//! }
//! ```

mod directories;
pub(crate) mod examine;
mod find;
mod problem;
mod procfs;
mod scanner;
mod seen;
mod socket_name;

use std::path::PathBuf;

pub use find::find;
pub use problem::{DiscoveryError, Problem, RuntimeSign};
pub use procfs::ProcessState;
pub use scanner::{Scan, Scanner};
pub use socket_name::SocketName;

pub(crate) use procfs::Procfs;

/// A process with a runtime that can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// The process id as this process sees it.
    pub pid: u32,
    /// The process id as the process sees itself; another one inside a container.
    pub namespace_pid: u32,
    /// When it started, in clock ticks since boot. Together with the pid it is never reused.
    pub start_key: u64,
    /// Its socket, as this process can open it. Longer than the system's limit for sockets at times.
    pub socket: PathBuf,
    /// The user it runs as.
    pub uid: u32,
    /// The file name of its executable, else what the kernel calls it.
    pub name: String,
    /// Its arguments, the executable first.
    pub command_line: Vec<String>,
}

impl Process {
    /// Whether it still runs: the process with its id is this one, not a later one.
    #[must_use]
    pub fn is_running(&self) -> bool {
        let stat = Procfs::open().and_then(|mut procfs| procfs.stat(self.pid));
        stat.is_ok_and(|stat| stat.start_key == self.start_key && !stat.state.has_ended())
    }
}
