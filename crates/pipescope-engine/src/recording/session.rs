//! A trace being taken.
//!
//! The bytes are sacred: whoever drives a [`Recording`] gets exactly what the runtime sent. A decoder reads along for
//! the figures of progress, and for callers that wait for a certain event. Whatever it thinks of the bytes, the
//! recording goes on; its complaint is in the [`Outcome`].

use std::time::{Duration, Instant};

use diagnostics_ipc::client::{Client, Error, Session};
use diagnostics_ipc::request::{Rundown, SessionFeature, SessionRequest};
use nettrace::{Decoder, Event, Sink};

use super::composition::TraceRequest;

/// How many bytes one read takes at most. The runtime writes in small pieces; this much is a burst of them.
const CHUNK: usize = 64 * 1024;

/// What a read of a recording brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// There are bytes in the chunk.
    Bytes,
    /// The stream has ended: the target closed it, or is gone.
    Ended,
}

/// How far a recording is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes received.
    pub bytes: u64,
    /// Events among them, as far as the decoder got.
    pub events: u64,
    /// Events that the runtime dropped because nobody read them in time, as far as they are known: gaps show up when
    /// the next event of a thread arrives.
    pub lost: u64,
    /// Since the session was opened.
    pub elapsed: Duration,
}

/// How a recording ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The figures at the end.
    pub progress: Progress,
    /// Whether the stream has its end mark: it is all that the runtime had to say.
    pub complete: bool,
    /// What was not as it should be: the target ended mid-stream, the stop was not answered, the bytes made no sense
    /// to the decoder.
    pub problem: Option<String>,
}

/// A trace being taken: a session and a decoder beside it.
#[derive(Debug)]
pub struct Recording {
    session: Session,
    tally: Tally,
    started: Instant,
}

/// What is known about the bytes so far.
#[derive(Debug)]
struct Tally {
    bytes: u64,
    decoder: Decoder,
    complaint: Option<nettrace::Error>,
}

impl Recording {
    /// Opens the session. The newest command that the runtime accepts and that expresses the request is used; the
    /// target's buffer holds what happens until the first [`next`](Self::next).
    pub async fn start(client: &Client, request: &SessionRequest) -> Result<Self, Error> {
        let session = client.start_session(request).await?;
        Ok(Self { session, tally: Tally::new(), started: Instant::now() })
    }

    /// Opens the session of a composed request, asking the runtime for its version where that decides.
    pub async fn start_composed(client: &Client, request: &TraceRequest) -> Result<Self, Error> {
        let version = match request.rundown {
            Rundown::Keywords(_) => client.process_info().await.ok().and_then(|info| info.runtime_version),
            Rundown::Default | Rundown::None => None,
        };
        Self::start(client, &request.session(version.as_deref())).await
    }

    /// Waits for the next bytes and puts them in place of what `chunk` holds. Cancel-safe: bytes are either in
    /// `chunk` of a call that returned, or still to come.
    pub async fn next(&mut self, chunk: &mut Vec<u8>) -> Result<Flow, Error> {
        self.next_watched(chunk, &mut |_: &Event<'_>| {}).await
    }

    /// As [`next`](Self::next), and shows every event that these bytes complete to `watcher`.
    pub async fn next_watched<S: Sink + ?Sized>(
        &mut self,
        chunk: &mut Vec<u8>,
        watcher: &mut S,
    ) -> Result<Flow, Error> {
        chunk.clear();
        chunk.reserve(CHUNK);
        if self.session.read_buf(chunk).await? == 0 {
            return Ok(Flow::Ended);
        }
        self.tally.add(chunk, watcher);
        Ok(Flow::Bytes)
    }

    /// What the request wanted and this runtime is too old for.
    #[must_use]
    pub fn not_honoured(&self) -> &[SessionFeature] {
        self.session.not_honoured()
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.tally.progress(self.started)
    }

    /// The end of a recording whose stream [ended](Flow::Ended) by itself.
    #[must_use]
    pub fn ended(self) -> Outcome {
        self.tally.outcome(self.started, None)
    }

    /// Stops the session. What the runtime still has to say, the rundown above all, goes to `drain` piece by piece;
    /// the wait is bounded.
    pub async fn stop(mut self, mut drain: impl FnMut(&[u8])) -> Result<Outcome, Error> {
        let tally = &mut self.tally;
        let stopped = self
            .session
            .stop(|bytes| {
                tally.add(bytes, &mut |_: &Event<'_>| {});
                drain(bytes);
            })
            .await;
        match stopped {
            Ok(_) => Ok(self.tally.outcome(self.started, None)),
            // The stream may have come to its end all the same, as when the target exits at that moment.
            Err(_) if self.tally.decoder.is_complete() => Ok(self.tally.outcome(self.started, None)),
            Err(error) => Ok(self.tally.outcome(self.started, Some(error.to_string()))),
        }
    }
}

impl Tally {
    fn new() -> Self {
        Self { bytes: 0, decoder: Decoder::new(), complaint: None }
    }

    fn add<S: Sink + ?Sized>(&mut self, bytes: &[u8], watcher: &mut S) {
        self.bytes += bytes.len() as u64;
        if self.complaint.is_none() {
            self.complaint = self.decoder.push(bytes, watcher).err();
        }
    }

    fn progress(&self, started: Instant) -> Progress {
        let statistics = self.decoder.statistics();
        Progress {
            bytes: self.bytes,
            events: statistics.events,
            lost: statistics.lost_events,
            elapsed: started.elapsed(),
        }
    }

    fn outcome(mut self, started: Instant, stop_problem: Option<String>) -> Outcome {
        let cut_off = || "the stream ended in the middle: the target ended or was killed".to_owned();
        let of_stream = match self.complaint.take() {
            Some(error) => Some(format!("the decoder could not follow the stream: {error}")),
            None => self.decoder.finish(&mut |_: &Event<'_>| ()).is_err().then(cut_off),
        };
        Outcome {
            progress: self.progress(started),
            complete: self.decoder.is_complete(),
            problem: stop_problem.or(of_stream),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(bytes: &[u8]) -> Outcome {
        let mut tally = Tally::new();
        tally.add(bytes, &mut |_: &Event<'_>| {});
        tally.add(b"more", &mut |_: &Event<'_>| {});
        tally.outcome(Instant::now(), None)
    }

    #[test]
    fn bytes_are_counted_whatever_the_decoder_thinks_of_them() {
        let outcome = tally(b"HTTP/1.1 200 OK\r\n\r\nthis is no trace at all");
        assert_eq!((outcome.progress.bytes, outcome.progress.events, outcome.complete), (46, 0, false));
        let problem = outcome.problem.expect("a problem");
        assert!(problem.starts_with("the decoder could not follow the stream: "), "{problem}");
    }

    #[test]
    fn a_stream_without_its_end_is_cut_off() {
        let mut tally = Tally::new();
        tally.add(b"Nettrace\x14\0\0\0!FastSerialization.1", &mut |_: &Event<'_>| {});
        let outcome = tally.outcome(Instant::now(), None);
        assert!(!outcome.complete);
        let problem = outcome.problem.expect("a problem");
        assert!(problem.contains("ended in the middle"), "{problem}");
    }
}
