//! The log of `--verbose`: on standard error, off otherwise.

use std::io;

use tracing::Level;
use tracing_subscriber::fmt;

/// Turns the log on. Without it no subscriber exists, and a log line costs one branch.
pub(crate) fn start() {
    let subscriber = fmt()
        .with_writer(io::stderr)
        .with_max_level(Level::DEBUG)
        .with_target(false)
        .with_ansi(false)
        .finish();
    // Fails only when there is a subscriber already, which then does.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
