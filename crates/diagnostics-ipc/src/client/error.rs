//! What can go wrong between a tool and a runtime, each in one line that names the process and what to do.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use super::target::Target;
use crate::discovery::ProcessState;
use crate::message::{Command, DecodeError, EncodeError, ErrorCode, MAX_ENVIRONMENT_BYTES};
use crate::request::MAX_SESSIONS;

/// Why a command failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The request was not sent: it is wrong, or the runtime would not survive it.
    #[error("nothing was sent to {target}: {source}")]
    NotSent {
        /// The process.
        target: Arc<Target>,
        /// What is wrong with the request.
        source: EncodeError,
    },
    /// The process has ended.
    #[error("{target} is no longer running")]
    NotRunning {
        /// The process.
        target: Arc<Target>,
    },
    /// There is no socket file.
    #[error(
        "{target} has no socket file {} (any more); a running process without it cannot be reached until it restarts",
        target.socket().display()
    )]
    NoSocket {
        /// The process.
        target: Arc<Target>,
        /// What the system said.
        source: io::Error,
    },
    /// Nobody listens at the socket.
    #[error(
        "nobody listens at {}: the process that made it was killed, or is ending; a file left behind can be deleted",
        target.socket().display()
    )]
    StaleSocket {
        /// The process.
        target: Arc<Target>,
        /// What the system said.
        source: io::Error,
    },
    /// The socket may not be used.
    #[error(
        "{target} belongs to another user: its socket {} may not be used; run as that user or root",
        target.socket().display()
    )]
    PermissionDenied {
        /// The process.
        target: Arc<Target>,
        /// What the system said.
        source: io::Error,
    },
    /// The socket cannot be connected to for another reason.
    #[error("cannot connect to {target} at {}: {source}", target.socket().display())]
    Connect {
        /// The process.
        target: Arc<Target>,
        /// What the system said.
        source: io::Error,
    },
    /// Another process than the one asked for listens at the socket.
    #[error("process {peer} listens at the socket of {target}; it was not spoken to")]
    WrongPeer {
        /// The process wanted.
        target: Arc<Target>,
        /// The process that listens.
        peer: u32,
    },
    /// No answer came in time.
    #[error(
        "{target} did not answer {command} within {:.1} s{}",
        waited.as_secs_f64(),
        silence(target, *state)
    )]
    NoAnswer {
        /// The process.
        target: Arc<Target>,
        /// The command.
        command: Command,
        /// How long it was waited for.
        waited: Duration,
        /// What the process was doing then, where that could be seen.
        state: Option<ProcessState>,
    },
    /// What answers does not speak the protocol.
    #[error(
        "{target} answered {command} with something that is not the diagnostics protocol; it is not a .NET runtime"
    )]
    NotARuntime {
        /// The process.
        target: Arc<Target>,
        /// The command.
        command: Command,
    },
    /// The answer is malformed.
    #[error("{target} answered {command} with a malformed reply: {source}")]
    BadReply {
        /// The process.
        target: Arc<Target>,
        /// The command.
        command: Command,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// The connection ended before the answer did.
    #[error(
        "{target} closed the connection after {received} bytes of its answer to {command}; it may have ended"
    )]
    ClosedEarly {
        /// The process.
        target: Arc<Target>,
        /// The command.
        command: Command,
        /// How much of the answer had come.
        received: usize,
    },
    /// The answer promises more than is read.
    #[error("{target} answered {command} with {size} bytes; at most {MAX_ENVIRONMENT_BYTES} are read")]
    TooMuch {
        /// The process.
        target: Arc<Target>,
        /// The command.
        command: Command,
        /// How much it promised.
        size: usize,
    },
    /// Reading or writing failed.
    #[error("the connection to {target} failed during {command}: {source}")]
    Io {
        /// The process.
        target: Arc<Target>,
        /// The command.
        command: Command,
        /// What the system said.
        source: io::Error,
    },
    /// The runtime is too old for the command.
    #[error("{target} does not know {command}, which needs .NET {} or later", command.since())]
    Unsupported {
        /// The process.
        target: Arc<Target>,
        /// The command.
        command: Command,
    },
    /// The runtime opens no more sessions.
    #[error(
        "{target} refused to open a session: {code}. A process has at most {MAX_SESSIONS} sessions, shared by all tools; \
         stop other tools that trace it"
    )]
    SessionRefused {
        /// The process.
        target: Arc<Target>,
        /// What it answered.
        code: ErrorCode,
    },
    /// The runtime refused the command.
    #[error("{target} refused {command}: {code}{}", text(message.as_deref()))]
    Refused {
        /// The process.
        target: Arc<Target>,
        /// The command.
        command: Command,
        /// What it answered.
        code: ErrorCode,
        /// Its words, where it has some.
        message: Option<String>,
    },
}

impl Error {
    /// The process it is about.
    #[must_use]
    pub fn target(&self) -> &Target {
        match self {
            Error::NotSent { target, .. }
            | Error::NotRunning { target }
            | Error::NoSocket { target, .. }
            | Error::StaleSocket { target, .. }
            | Error::PermissionDenied { target, .. }
            | Error::Connect { target, .. }
            | Error::WrongPeer { target, .. }
            | Error::NoAnswer { target, .. }
            | Error::NotARuntime { target, .. }
            | Error::BadReply { target, .. }
            | Error::ClosedEarly { target, .. }
            | Error::TooMuch { target, .. }
            | Error::Io { target, .. }
            | Error::Unsupported { target, .. }
            | Error::SessionRefused { target, .. }
            | Error::Refused { target, .. } => target,
        }
    }

    /// Whether the process has ended, so that asking again is of no use.
    #[must_use]
    pub fn is_process_gone(&self) -> bool {
        matches!(self, Error::NotRunning { .. })
            || (matches!(
                self,
                Error::ClosedEarly { .. } | Error::StaleSocket { .. } | Error::NoSocket { .. }
            ) && self.target().is_running() == Some(false))
    }

    /// Whether the runtime is too old for the command.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        matches!(self, Error::Unsupported { .. })
    }

    /// Whether no answer came in time.
    #[must_use]
    pub fn is_no_answer(&self) -> bool {
        matches!(self, Error::NoAnswer { .. })
    }
}

/// What a process was doing that did not answer, and what to do about it.
fn silence(target: &Target, state: Option<ProcessState>) -> String {
    let hung = "it may be hung, or busy with another tool's command; try again later";
    match (state, target.pid()) {
        (Some(state), Some(pid)) if state.is_stopped() => {
            format!(" (process state {state}); `kill -CONT {pid}` lets it go on, unless a debugger holds it")
        }
        (Some(state), _) => format!(" (process state {state}); {hung}"),
        (None, _) => format!("; {hung}"),
    }
}

/// A runtime's words in one line.
fn text(message: Option<&str>) -> String {
    let lines: Vec<_> =
        message.unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() { String::new() } else { format!(": {}", lines.join("; ")) }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn what_a_runtime_says_is_one_line() {
        let refused = |message: Option<&str>| Error::Refused {
            target: Arc::new(Target::at(PathBuf::from("/s"))),
            command: Command::GenerateCoreDump3,
            code: ErrorCode::FAIL,
            message: message.map(str::to_owned),
        };
        let start = "the process at /s refused GenerateCoreDump3: the command failed (E_FAIL 0x80004005)";
        assert_eq!(refused(None).to_string(), start);
        assert_eq!(refused(Some("\n")).to_string(), start);
        assert_eq!(refused(Some("one\n two\n\n")).to_string(), format!("{start}: one; two"));
    }
}
