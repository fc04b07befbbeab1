//! Why there is no heap dump.

use std::sync::Arc;
use std::time::Duration;

use diagnostics_ipc::client::{Error, Target};
use thiserror::Error as ThisError;

/// Why there is no heap dump.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum HeapDumpError {
    /// The session could not be opened, read or stopped.
    #[error(transparent)]
    Session(#[from] Error),
    /// The runtime did not begin a collection.
    #[error(
        "{target} began no collection within {} s: it is stopped, hung, or in a state in which it cannot collect",
        waited.as_secs()
    )]
    NoCollection {
        /// The process.
        target: Arc<Target>,
        /// How long was waited.
        waited: Duration,
    },
    /// Collections came, and none of them told of objects.
    #[error("{target} collected {collections} times within {} s, but told of no objects", waited.as_secs())]
    NothingTold {
        /// The process.
        target: Arc<Target>,
        /// Collections.
        collections: u64,
        /// How long was waited.
        waited: Duration,
    },
    /// The time was over in the middle of the heap.
    #[error(
        "the heap of {target} is larger than {} s allow: {objects} objects came in that time; allow more",
        waited.as_secs()
    )]
    TooSlow {
        /// The process.
        target: Arc<Target>,
        /// Objects that came.
        objects: usize,
        /// How long was waited.
        waited: Duration,
    },
    /// The process is stopped.
    #[error(
        "{target} is stopped (by a signal or a debugger), so it cannot tell of its heap; let it go on first"
    )]
    Stopped {
        /// The process.
        target: Arc<Target>,
    },
    /// The process ended meanwhile.
    #[error("{target} ended while it told of its heap: {objects} objects had come")]
    ProcessEnded {
        /// The process.
        target: Arc<Target>,
        /// Objects that came.
        objects: usize,
    },
    /// The stream makes no sense.
    #[error("what {target} sent cannot be read: {error}")]
    Unreadable {
        /// The process.
        target: Arc<Target>,
        /// What is wrong.
        error: nettrace::Error,
    },
}
