//! Answers that are written while the work goes on: a bounded channel between a task and a response body.
//!
//! A client that reads slowly slows the task down and nothing else: the task reads less from the runtime, whose own
//! buffer fills and which then drops events and counts them in the stream. Nothing piles up here.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::stream;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::controller::Closing;
use crate::parameters::Parameters;
use crate::problem::Problem;

/// Chunks on their way to the client: with the 64 KiB that a trace reads at once, half a megabyte.
const CHUNKS_IN_FLIGHT: usize = 8;

/// How long a client may read nothing at all before it is given up, and with it the session in the target.
const STALLED: Duration = Duration::from_secs(60);

/// How long dotnet-monitor's routes stream when they are not told.
const DEFAULT_SECONDS: i32 = 30;

/// The task's end of an answer.
#[derive(Debug)]
pub(crate) struct Pump {
    sender: mpsc::Sender<Bytes>,
    deadline: Option<Instant>,
    closing: Closing,
}

/// Why the task should come to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The time is over, or the controller closes: the answer should be completed.
    Complete,
    /// The client is gone: nothing more can be delivered.
    Abandoned,
}

/// A pump and the body that it feeds.
pub(crate) fn channel(duration: Option<Duration>, closing: Closing) -> (Pump, Body) {
    let (sender, receiver) = mpsc::channel(CHUNKS_IN_FLIGHT);
    let deadline = duration.and_then(|duration| Instant::now().checked_add(duration));
    let chunks = stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|chunk| (Ok::<_, Infallible>(chunk), receiver))
    });
    (Pump { sender, deadline, closing }, Body::from_stream(chunks))
}

impl Pump {
    /// Waits until there is a reason to end. Cancel-safe.
    pub(crate) async fn end(&self) -> End {
        let (deadline, mut closing) = (self.deadline, self.closing.clone());
        let time_is_over = async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.sender.closed() => End::Abandoned,
            () = time_is_over => End::Complete,
            () = closing.wait() => End::Complete,
        }
    }

    /// Waits for room for one chunk; `None` when the client is gone, or has not read for so long that it may as well
    /// be. Cancel-safe.
    pub(crate) async fn room(&self) -> Option<Room<'_>> {
        tokio::time::timeout(STALLED, self.sender.reserve()).await.ok()?.ok().map(Room)
    }

    /// Delivers one chunk; says whether the client is still there.
    pub(crate) async fn deliver(&self, bytes: Bytes) -> bool {
        let room = self.room().await;
        let connected = room.is_some();
        if let Some(room) = room {
            room.fill(bytes);
        }
        connected
    }
}

/// Room for one chunk.
#[derive(Debug)]
pub(crate) struct Room<'a>(mpsc::Permit<'a, Bytes>);

impl Room<'_> {
    pub(crate) fn fill(self, bytes: Bytes) {
        self.0.send(bytes);
    }
}

/// `durationSeconds`: 30 if absent, `None` for -1, which is for ever.
pub(crate) fn duration(parameters: &Parameters) -> Result<Option<Duration>, Problem> {
    const EXPECTED: &str = "a number of seconds from 0 to 2147483647, or -1 for no limit";
    let seconds = parameters.parsed("durationSeconds", EXPECTED)?.unwrap_or(DEFAULT_SECONDS);
    match u64::try_from(seconds) {
        Ok(seconds) => Ok(Some(Duration::from_secs(seconds))),
        Err(_) if seconds == -1 => Ok(None),
        Err(_) => Err(Problem::bad_request(format!(
            "The value '{seconds}' is not valid for durationSeconds: it is {EXPECTED}."
        ))),
    }
}

/// Refuses what dotnet-monitor does with a stored artifact: there is no storage to send it to.
pub(crate) fn refuse_egress(parameters: &Parameters) -> Result<(), Problem> {
    parameters.refuse("egressProvider", "the answer is always the artifact itself.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str, expected: Result<Option<u64>, ()>) {
        let duration = duration(&Parameters::parse(query)).map_err(drop);
        assert_eq!(duration, expected.map(|seconds| seconds.map(Duration::from_secs)), "{query}");
    }

    #[test]
    fn durations_are_seconds_or_for_ever() {
        check("", Ok(Some(30)));
        check("durationSeconds=5", Ok(Some(5)));
        check("durationSeconds=0", Ok(Some(0)));
        check("durationSeconds=-1", Ok(None));
        check("durationSeconds=2147483647", Ok(Some(2_147_483_647)));
        check("durationSeconds=-2", Err(()));
        check("durationSeconds=2147483648", Err(()));
        check("durationSeconds=1.5", Err(()));
        check("durationSeconds=long", Err(()));
    }

    #[tokio::test]
    async fn a_pump_ends_when_its_client_goes_away_and_when_its_time_is_over() {
        let controller = watch_sender();
        let (pump, body) = channel(None, controller.1.clone());
        drop(body);
        assert_eq!(pump.end().await, End::Abandoned);
        assert!(pump.room().await.is_none());

        let (pump, _body) = channel(Some(Duration::ZERO), controller.1.clone());
        assert_eq!(pump.end().await, End::Complete);

        let (pump, _body) = channel(None, controller.1.clone());
        controller.0.send_replace(true);
        assert_eq!(pump.end().await, End::Complete);
    }

    fn watch_sender() -> (tokio::sync::watch::Sender<bool>, Closing) {
        let (sender, receiver) = tokio::sync::watch::channel(false);
        (sender, Closing::from(receiver))
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_stops_the_pump() {
        let (_sender, closing) = watch_sender();
        let (pump, body) = channel(None, closing);
        let mut filled = 0;
        while let Ok(Some(room)) = tokio::time::timeout(Duration::from_millis(50), pump.room()).await {
            room.fill(Bytes::from_static(b"x"));
            filled += 1;
        }
        assert_eq!(filled, CHUNKS_IN_FLIGHT);
        drop(pump);
        let all = axum::body::to_bytes(body, 100).await.unwrap();
        assert_eq!(all.len(), CHUNKS_IN_FLIGHT, "what was accepted is delivered");
    }
}
