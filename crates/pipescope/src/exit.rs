//! How the program ends: exit codes for scripts, one line for people.

use std::error::Error;
use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use std::process::ExitCode;

/// What went wrong, as an exit code. The numbers are those of the stock tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The session could not be created, or the runtime refused a command.
    Session = 1,
    /// Something went wrong while data was collected.
    Stream = 2,
    /// An argument makes no sense, or does not choose exactly one process.
    Argument = 3,
    /// This machine cannot do it.
    Platform = 4,
    /// None of the above.
    Unexpected = 5,
}

/// The exit codes as `--help` explains them.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  the session could not be created, or the runtime refused the request
  2  the data stream broke off or made no sense
  3  wrong arguments; no process, or more than one, fits
  4  this machine cannot do it
  5  anything else";

/// Why a command did not end as it should.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Whoever read our output has closed it: they have seen enough.
    OutputClosed,
    /// Somebody wanted the program to end at once, and everything has been said; nothing is waited for.
    AtOnce(Kind),
    /// Everything has been said; only the exit code is left.
    Reported(Kind),
    /// To be reported.
    Failed {
        /// Decides the exit code.
        kind: Kind,
        /// The message, and what caused it.
        error: anyhow::Error,
    },
}

impl Failure {
    /// A failure with a message of its own.
    pub(crate) fn new(kind: Kind, message: impl fmt::Display + fmt::Debug + Send + Sync + 'static) -> Self {
        Failure::Failed { kind, error: anyhow::Error::msg(message) }
    }

    fn kind(&self) -> Option<Kind> {
        match self {
            Failure::OutputClosed => None,
            Failure::AtOnce(kind) | Failure::Reported(kind) | Failure::Failed { kind, .. } => Some(*kind),
        }
    }
}

/// Says which exit code an error stands for.
pub(crate) trait FailAs<T> {
    /// Turns the error into a failure of that kind.
    fn fail_as(self, kind: Kind) -> Result<T, Failure>;
    /// The same, with what was being tried in front of the message.
    fn fail_with(self, kind: Kind, context: impl FnOnce() -> String) -> Result<T, Failure>;
}

impl<T, E: Into<anyhow::Error>> FailAs<T> for Result<T, E> {
    fn fail_as(self, kind: Kind) -> Result<T, Failure> {
        self.map_err(|error| Failure::Failed { kind, error: error.into() })
    }

    fn fail_with(self, kind: Kind, context: impl FnOnce() -> String) -> Result<T, Failure> {
        self.map_err(|error| Failure::Failed { kind, error: error.into().context(context()) })
    }
}

/// Judges a write to standard output: a closed pipe is the reader's decision and no error.
pub(crate) fn written<T>(result: io::Result<T>) -> Result<T, Failure> {
    result.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::OutputClosed,
        _ => Failure::Failed {
            kind: Kind::Unexpected,
            error: anyhow::Error::new(error).context("cannot write to standard output"),
        },
    })
}

/// Reports how a command ended.
pub(crate) fn report(result: Result<(), Failure>, verbose: bool) -> ExitCode {
    let Err(failure) = result else { return ExitCode::SUCCESS };
    if let Failure::Failed { error, .. } = &failure {
        let mut text = format!("pipescope: {}", one_line(error.as_ref()));
        if verbose {
            for cause in error.chain().skip(1) {
                let _ = write!(text, "\n  caused by: {cause}");
            }
        }
        // Nothing is left to tell anybody when standard error is gone as well.
        let _ = writeln!(io::stderr(), "{text}");
    }
    failure.kind().map_or(ExitCode::SUCCESS, |kind| ExitCode::from(kind as u8))
}

/// The message and its causes in one line; a cause that the message already quotes is not said twice.
fn one_line(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !line.contains(&text) {
            let _ = write!(line, ": {text}");
        }
        cause = error.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_every_cause_once() {
        let error = anyhow::Error::msg("connection refused")
            .context("process 12: connection refused")
            .context("cannot attach");
        assert_eq!(one_line(error.as_ref()), "cannot attach: process 12: connection refused");
    }

    #[test]
    fn a_closed_pipe_is_success() {
        let closed = written::<()>(Err(io::ErrorKind::BrokenPipe.into()));
        assert_eq!(report(closed, false), ExitCode::SUCCESS);
        let full = written::<()>(Err(io::ErrorKind::StorageFull.into()));
        assert_eq!(full.expect_err("an error").kind(), Some(Kind::Unexpected));
    }
}
