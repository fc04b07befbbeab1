//! Signals that ask the program to end.
//!
//! The first one ends sessions in good order; a second one is taken at its word and ends the program at once.

use std::io;
use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Signals that come this soon after one another are one wish: `timeout -s INT` sends its own twice, to the program and to its
/// group.
const ONE_WISH: Duration = Duration::from_millis(100);

/// Listens to SIGINT, SIGTERM and SIGHUP. From its making on, none of them ends the program by itself.
#[derive(Debug)]
pub(crate) struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
    last: Option<Instant>,
}

impl StopSignals {
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            last: None,
        })
    }

    /// Waits for the next of them. Cancel-safe.
    pub(crate) async fn next(&mut self) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => {}
                _ = self.hang_up.recv() => {}
            }
            // Counted from the signal that was taken: a key that is held down ends the program too.
            let now = Instant::now();
            if self.last.is_none_or(|last| now - last > ONE_WISH) {
                self.last = Some(now);
                return;
            }
        }
    }
}
