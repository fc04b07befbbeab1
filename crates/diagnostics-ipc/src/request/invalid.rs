//! Requests that are refused here because a runtime would not survive them, or could not mean anything by them.

use std::path::PathBuf;

use thiserror::Error;

use super::session::MAX_PROVIDERS;

/// Why a request is not sent. Several of these would end the target process, which is why they are checked here
/// and not left to the runtime.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidRequest {
    /// A session without a buffer.
    #[error("the session's buffer must be at least 1 MB; a runtime does not survive a buffer of 0")]
    EmptyBuffer,
    /// A session without providers.
    #[error("the session names no provider; name at least one")]
    NoProviders,
    /// More providers than a runtime accepts.
    #[error("the session names {count} providers; a runtime takes at most {MAX_PROVIDERS}")]
    TooManyProviders {
        /// How many there are.
        count: usize,
    },
    /// A provider without a name.
    #[error("provider {index} of the session has no name")]
    EmptyProviderName {
        /// Which one, from 0.
        index: usize,
    },
    /// An event level beyond verbose.
    #[error("event level {value} does not exist; levels go from 0 (always) to 5 (verbose)")]
    UnknownLevel {
        /// The number given.
        value: u32,
    },
    /// A stream format no runtime knows.
    #[error("stream format {value} does not exist; a runtime does not survive it")]
    UnknownFormat {
        /// The number given.
        value: u32,
    },
    /// A text with a NUL inside, where the runtime would cut it off.
    #[error("{what} contains a NUL character")]
    InteriorNul {
        /// Which text.
        what: &'static str,
    },
    /// A path that would be looked up from the target's working directory.
    #[error("{what} must be an absolute path, since the target process opens it: {}", path.display())]
    RelativePath {
        /// What the path is of.
        what: &'static str,
        /// The path given.
        path: PathBuf,
    },
    /// A path that is not Unicode, which the protocol's strings are.
    #[error("{what} is not Unicode text: {}", path.display())]
    NotUnicode {
        /// What the path is of.
        what: &'static str,
        /// The path given.
        path: PathBuf,
    },
    /// A file the target needs is not there.
    #[error("{what} cannot be opened as the target process sees it ({reason}): {}", path.display())]
    FileUnusable {
        /// What the file is.
        what: &'static str,
        /// The path, as the target sees it.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A directory the target is to write to is not there.
    #[error("{what} cannot be written: there is no directory {} in the target's file system", path.display())]
    NoDirectory {
        /// What was to be written.
        what: &'static str,
        /// The directory, as the target sees it.
        path: PathBuf,
    },
    /// The runtime's dump writer is not there or cannot be executed.
    #[error(
        "the runtime cannot write dumps: {} {reason}. Asking anyway can make the process unreachable for \
         diagnostics until it restarts",
        path.display()
    )]
    NoDumpWriter {
        /// Where it should be, as the target sees it.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// An environment variable no system can hold.
    #[error("{name:?} cannot be the name of an environment variable")]
    VariableName {
        /// The name given.
        name: String,
    },
    /// A tracepoint configuration that names no tracepoint, or one event twice.
    #[error("the tracepoints of provider {provider:?} are wrong: {reason}")]
    Tracepoints {
        /// The provider.
        provider: String,
        /// What is wrong.
        reason: &'static str,
    },
}

/// Refuses a text the runtime would cut off.
pub(crate) fn no_nul(what: &'static str, text: &str) -> Result<(), InvalidRequest> {
    if text.contains('\0') { Err(InvalidRequest::InteriorNul { what }) } else { Ok(()) }
}
