//! Sessions whose owner has gone: they are stopped by a short-lived thread.
//!
//! A thread of its own and not a task, because a session is dropped just when tasks can no longer be relied on: at the
//! end of a program, in a runtime that is shutting down, or where there is none. The thread runs the same code on a small
//! runtime of its own, within [`Timeouts::background_stop`](super::Timeouts::background_stop). Should no thread be to be had,
//! the stream is closed as it is, and the runtime ends the session when it next writes to it.

use std::io;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::net::UnixStream;

use super::exchange::Exchange;
use super::session::{has_hung_up, stop};
use super::target::Target;
use super::{Client, Timeouts};
use crate::message::{Command, Reply};

/// How far a session was when its owner went.
#[derive(Debug)]
pub(super) enum Stage {
    /// It was asked for, and not all of the answer has come.
    Starting { command: Command, received: Vec<u8> },
    /// It was running.
    Open { id: u64 },
    /// It was asked to stop.
    Stopping,
}

/// What is left to be done.
#[derive(Debug)]
pub(super) struct Unfinished {
    target: Arc<Target>,
    timeouts: Timeouts,
    stage: Stage,
}

static RUNNING: Mutex<usize> = Mutex::new(0);
static ENDED: Condvar = Condvar::new();

/// Waits until the sessions that were dropped without being stopped are stopped, but no longer than `limit`. Returns
/// whether all are. To be called at the end of a program, since that ends its background threads; blocks the thread.
pub fn finish_background_stops(limit: Duration) -> bool {
    let until = Instant::now() + limit;
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    while *running > 0 {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        (running, _) = ENDED.wait_timeout(running, left).unwrap_or_else(PoisonError::into_inner);
    }
    true
}

/// Counts itself as running.
struct Running;

impl Running {
    fn new() -> Running {
        *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Running
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        ENDED.notify_all();
    }
}

/// Brings a session to its end in the background.
pub(super) fn finish(client: &Client, stream: UnixStream, stage: Stage) {
    // Nobody needs to be told of an open session that has ended by itself.
    if matches!(stage, Stage::Open { .. } | Stage::Stopping) && has_hung_up(&stream) {
        return;
    }
    // Off the reactor of a runtime that may be going down. On failure the stream is closed, which is all that is left.
    let Ok(stream) = stream.into_std() else { return };
    let unfinished = Unfinished { target: Arc::clone(&client.target), timeouts: client.timeouts, stage };
    let running = Running::new();
    let thread = std::thread::Builder::new().name("session-stop".to_owned());
    // The handle is not needed, and without a thread there is nothing more to be done.
    drop(thread.spawn(move || {
        let _running = running;
        unfinished.run(stream)
    }));
}

impl Unfinished {
    /// Failures end here: there is nobody left to be told.
    fn run(self, stream: StdUnixStream) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let stream = UnixStream::from_std(stream)?;
            let limit = self.timeouts.background_stop;
            // Closing the stream is what is left when the time is over.
            drop(tokio::time::timeout(limit, self.bring_to_end(stream)).await);
            Ok(())
        })
    }

    async fn bring_to_end(self, mut stream: UnixStream) {
        let mut stop_sent = false;
        let id = match self.stage {
            Stage::Starting { command, mut received } => {
                let exchange = Exchange::new(&self.target, command, self.timeouts.background_stop);
                match exchange.receive(&mut stream, &mut received).await {
                    Ok(Reply::Session(id)) => id,
                    _ => return,
                }
            }
            Stage::Open { id } => id,
            Stage::Stopping => {
                stop_sent = true;
                0
            }
        };
        // Nobody wants the rest of the stream. Whether the stop succeeded is of no use to anybody either.
        drop(stop(&self.target, &self.timeouts, &mut stream, id, &mut stop_sent, &mut |_| {}).await);
    }
}
