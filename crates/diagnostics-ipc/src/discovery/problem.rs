//! Why a runtime cannot be reached, each in one line that says what to do.

use std::path::PathBuf;

use thiserror::Error;

/// A runtime that was found but cannot be reached.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Error)]
#[non_exhaustive]
pub enum Problem {
    /// Its socket belongs to somebody else.
    #[error(
        "process {pid} ({name}) belongs to user {uid}, whose socket {} this user may not use; run as that user or root",
        socket.display()
    )]
    PermissionDenied {
        /// The process.
        pid: u32,
        /// Its name.
        name: String,
        /// Its user.
        uid: u32,
        /// Its socket.
        socket: PathBuf,
    },
    /// Its socket's file has been removed while it listens.
    #[error(
        "process {pid} ({name}) listens, but its socket's file {} has been removed (a cleaner of temporary files or a \
         failed dump does that); it cannot be reached until it restarts",
        socket.display()
    )]
    SocketRemoved {
        /// The process.
        pid: u32,
        /// Its name.
        name: String,
        /// Where its socket was.
        socket: PathBuf,
    },
    /// Its socket cannot be used for another reason.
    #[error("process {pid} ({name}) cannot be reached by its socket {}: {reason}", socket.display())]
    Unusable {
        /// The process.
        pid: u32,
        /// Its name.
        name: String,
        /// Its socket.
        socket: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A runtime listens, but its process cannot be seen from here.
    #[error(
        "a runtime listens at {}, but its process (pid {pid} as it sees itself) is not visible from here; share its \
         process namespace or look from the host",
        socket.display()
    )]
    ProcessNotVisible {
        /// The pid in the name of the socket.
        pid: u32,
        /// Its socket, as the process sees it.
        socket: PathBuf,
    },
    /// A socket nobody listens at any more.
    #[error(
        "stale socket {}: process {pid} was killed or crashed and left it behind; it can be deleted",
        socket.display()
    )]
    StaleSocket {
        /// The pid in the name of the socket.
        pid: u32,
        /// The file.
        socket: PathBuf,
    },
    /// `/proc` cannot be read, so nothing can be found.
    #[error("processes cannot be listed: {reason}; is /proc mounted?")]
    ProcUnreadable {
        /// What the system said.
        reason: String,
    },
}

/// Why a certain process has no runtime that can be reached.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// There is no such process.
    #[error("process {pid} is not running")]
    NotRunning {
        /// The pid asked for.
        pid: u32,
    },
    /// The process has ended and only waits for its parent.
    #[error("process {pid} ({name}) has ended; its parent has not reaped it yet")]
    Ended {
        /// The pid asked for.
        pid: u32,
        /// Its name.
        name: String,
    },
    /// There is no socket where one should be.
    #[error(
        "process {pid} ({name}) has no diagnostics socket{}; looked for {socket} in {}{}",
        runtime.explanation(),
        list(searched),
        if *environment_readable { "" } else { " (its environment, and so its TMPDIR, cannot be read)" }
    )]
    NoSocket {
        /// The pid asked for.
        pid: u32,
        /// Its name.
        name: String,
        /// The file name it would have.
        socket: String,
        /// Where it was looked for.
        searched: Vec<PathBuf>,
        /// Whether the target's `TMPDIR` could be read.
        environment_readable: bool,
        /// Whether the process runs .NET at all.
        runtime: RuntimeSign,
    },
    /// There is a socket file, but the process does not listen at it.
    #[error(
        "process {pid} ({name}) does not listen at its diagnostics socket {}; it is ending, or still starting",
        socket.display()
    )]
    NotListening {
        /// The pid asked for.
        pid: u32,
        /// Its name.
        name: String,
        /// The file.
        socket: PathBuf,
    },
    /// The runtime is there but out of reach.
    #[error(transparent)]
    Problem(#[from] Problem),
}

/// Whether a process looks like one that runs .NET.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuntimeSign {
    /// The runtime's library is loaded.
    Loaded,
    /// It is not. A single-file application has the runtime in its executable, so this is not proof.
    NotLoaded,
    /// That cannot be seen.
    Unknown,
}

impl RuntimeSign {
    fn explanation(self) -> &'static str {
        match self {
            RuntimeSign::Loaded => {
                " although it runs .NET: it is still starting, was started with DOTNET_EnableDiagnostics=0, or its \
                 TMPDIR is too long"
            }
            RuntimeSign::NotLoaded => ", and no .NET runtime is loaded in it",
            RuntimeSign::Unknown => "",
        }
    }
}

fn list(paths: &[PathBuf]) -> String {
    let names: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    names.join(", ")
}
