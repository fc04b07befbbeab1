//! A session: its stream, and its end.
//!
//! # How a session ends
//!
//! A runtime answers `StopTracing` only after it has written everything it still has into the session's stream, and
//! serves no other command meanwhile. So whoever stops must read at the same time, or wedges the process for every tool.
//!
//! A session's id is the address of an object in the runtime. Once the session has ended, the next one may get the same
//! address, so a late stop would end somebody else's session. Hence three rules: the id is only used while our stream
//! is open, which keeps the object alive; it is not used when the stream has been closed by the runtime, which the
//! kernel tells even while unread data is left; and it is used once.
//!
//! A session that is dropped must still be stopped, and before its stream is closed: a runtime notices a closed stream
//! only when it next writes, so a session that has nothing to say would stay for ever. See [`super::background`].

use std::fmt;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags};
use tokio::io::{AsyncReadExt, Interest};
use tokio::net::UnixStream;
use tokio::time::Instant;

use super::background::{self, Stage};
use super::exchange::Exchange;
use super::target::Target;
use super::{Client, Error, Timeouts};
use crate::message::{Command, ErrorReply, Reply};
use crate::request::{Request, SessionFeature};

/// How much of a stream is read at once while it is drained.
const DRAIN_BUFFER: usize = 64 << 10;

/// How long the stream of a session may take to begin.
const BEGINNING: Duration = Duration::from_millis(500);

/// An open session. Read it continuously: what is not read fills the runtime's buffer, then is lost.
///
/// End it with [`stop`](Session::stop). A session that is dropped is stopped in the background, within
/// [`Timeouts::background_stop`]; a program that ends right away waits with
/// [`finish_background_stops`](super::finish_background_stops).
pub struct Session {
    client: Client,
    id: u64,
    command: Command,
    not_honoured: Vec<SessionFeature>,
    /// `None` once the stream has ended.
    stream: Option<UnixStream>,
    stop_sent: bool,
}

/// How a session was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopReport {
    /// The bytes that came after the stop was asked for, all of which went to the drain.
    pub drained: u64,
    /// How the stream came to its end.
    pub outcome: StopOutcome,
}

/// How a session's stream came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StopOutcome {
    /// The runtime stopped the session; the stream is complete.
    Stopped,
    /// The stream had ended before: the process has ended, or is about to.
    AlreadyEnded,
    /// The stream ended without the runtime's answer: the process ended meanwhile, and the stream may be cut off.
    ProcessEnded,
}

/// Sends the request and receives the answer, so that a session that comes of it is never left behind.
pub(super) async fn start(
    client: &Client,
    exchange: Exchange,
    stream: UnixStream,
    message: &[u8],
    not_honoured: Vec<SessionFeature>,
) -> Result<Session, Error> {
    let mut pending =
        Pending { client, command: exchange.command, stream: Some(stream), received: Vec::new() };
    let Some(stream) = &mut pending.stream else { return Err(exchange.no_answer()) };
    if let Err(error) = exchange.send(stream, message).await {
        // What was sent in part starts nothing, and must not be waited with.
        pending.stream = None;
        return Err(error);
    }
    let reply = exchange.within(exchange.receive(stream, &mut pending.received)).await;
    match reply {
        Ok(Reply::Session(id)) => {
            let session = Session {
                client: client.clone(),
                id,
                command: exchange.command,
                not_honoured,
                stream: pending.stream.take(),
                stop_sent: false,
            };
            session.begun().await;
            Ok(session)
        }
        Ok(Reply::Error(ErrorReply { code, message })) => {
            pending.stream = None;
            Err(client.refused(exchange.command, ErrorReply { code, message }))
        }
        Ok(other) => {
            pending.stream = None;
            Err(client.unexpected(exchange.command, &other))
        }
        // The runtime may yet answer: what is pending goes on in the background.
        Err(error @ Error::NoAnswer { .. }) => Err(error),
        Err(error) => {
            pending.stream = None;
            Err(error)
        }
    }
}

/// A session that may or may not come to be. Dropped while it is pending (the caller gave up, or the time is over), it
/// is waited for a little longer in the background, and stopped if it came.
struct Pending<'a> {
    client: &'a Client,
    command: Command,
    stream: Option<UnixStream>,
    received: Vec<u8>,
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if let Some(stream) = self.stream.take() {
            let stage =
                Stage::Starting { command: self.command, received: std::mem::take(&mut self.received) };
            background::finish(self.client, stream, stage);
        }
    }
}

impl Session {
    /// The runtime's name for the session. Not unique: a later session may have the same.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The process.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.client.target
    }

    /// The command the session was started with.
    #[must_use]
    pub fn command(&self) -> Command {
        self.command
    }

    /// What the request wanted and this runtime is too old for.
    #[must_use]
    pub fn not_honoured(&self) -> &[SessionFeature] {
        &self.not_honoured
    }

    /// Whether a request for events without stacks was honoured.
    #[must_use]
    pub fn stacks_off(&self) -> bool {
        !self.not_honoured.contains(&SessionFeature::NoStacks)
    }

    /// Reads what is there of the stream, waiting for at least one byte; 0 is the end (or a buffer of no size).
    /// Cancel-safe: when the future is dropped, nothing has been read.
    ///
    /// # Errors
    /// [`Error::Io`] when the connection fails. The session counts as ended then.
    pub async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        let Some(stream) = self.stream.as_mut().filter(|_| !buffer.is_empty()) else { return Ok(0) };
        let read = stream.read(buffer).await;
        self.account(read)
    }

    /// The same, appending to a vector what fits its spare capacity (at least 64 KiB is made).
    ///
    /// # Errors
    /// As [`read`](Session::read).
    pub async fn read_buf(&mut self, buffer: &mut Vec<u8>) -> Result<usize, Error> {
        let Some(stream) = &mut self.stream else { return Ok(0) };
        if buffer.capacity() == buffer.len() {
            buffer.reserve(DRAIN_BUFFER);
        }
        let read = stream.read_buf(buffer).await;
        self.account(read)
    }

    /// Waits until the stream has begun.
    ///
    /// A runtime answers first and starts the session's own thread afterwards, and events of the time between are lost
    /// (measured on a busy machine: up to 40 ms, and all of 200 exceptions). The head of the stream is the first thing
    /// that thread writes, also when there are no events. It does not come while a runtime is suspended at startup, where
    /// there are no events to be lost either.
    async fn begun(&self) {
        if let Some(stream) = &self.stream {
            // The system is asked again each time: what tokio remembers of the answer's arrival says nothing here.
            let arrived = || if is_readable(stream) { Ok(()) } else { Err(io::ErrorKind::WouldBlock.into()) };
            let arrival = stream.async_io(Interest::READABLE, arrived);
            let _ = tokio::time::timeout(BEGINNING, arrival).await;
        }
    }

    fn account(&mut self, read: io::Result<usize>) -> Result<usize, Error> {
        match read {
            Ok(0) => {
                self.stream = None;
                Ok(0)
            }
            Ok(read) => Ok(read),
            Err(error) => {
                self.stream = None;
                if error.kind() == io::ErrorKind::ConnectionReset {
                    return Ok(0);
                }
                let target = Arc::clone(&self.client.target);
                Err(Error::Io { target, command: self.command, source: error })
            }
        }
    }

    /// Stops the session and reads its stream to the end; every byte goes to `drain`.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] when neither the answer nor the end of the stream came within [`Timeouts`]; the stop goes on
    /// in the background for a while then. Other errors when the stop could not be sent.
    pub async fn stop(mut self, mut drain: impl FnMut(&[u8])) -> Result<StopReport, Error> {
        let Some(stream) = &mut self.stream else {
            return Ok(StopReport { drained: 0, outcome: StopOutcome::AlreadyEnded });
        };
        let (target, timeouts) = (&self.client.target, &self.client.timeouts);
        let report = stop(target, timeouts, stream, self.id, &mut self.stop_sent, &mut drain).await?;
        self.stream = None;
        Ok(report)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(stream) = self.stream.take() {
            let stage = if self.stop_sent { Stage::Stopping } else { Stage::Open { id: self.id } };
            background::finish(&self.client, stream, stage);
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Session")
            .field("target", &self.client.target)
            .field("id", &format_args!("{:#x}", self.id))
            .field("command", &self.command)
            .field("not_honoured", &self.not_honoured)
            .field("ended", &self.stream.is_none())
            .finish_non_exhaustive()
    }
}

/// Sends the stop on a second connection while reading the stream to its end. `stop_sent` is set before the first byte
/// of the stop is written, so that nobody sends a second one.
pub(super) async fn stop(
    target: &Arc<Target>,
    timeouts: &Timeouts,
    stream: &mut UnixStream,
    id: u64,
    stop_sent: &mut bool,
    drain: &mut impl FnMut(&[u8]),
) -> Result<StopReport, Error> {
    // Without a stop to send, the stream is only read to its end.
    let nothing_to_send = has_hung_up(stream) || *stop_sent;
    let exchange = Exchange::new(target, Command::StopTracing, timeouts.stop);
    let ask = async {
        if nothing_to_send {
            return std::future::pending().await;
        }
        let mut connection = Exchange::new(target, Command::StopTracing, timeouts.command).connect().await?;
        let message = Request::StopTracing { session: id }
            .encode()
            .map_err(|source| Error::NotSent { target: Arc::clone(target), source })?;
        *stop_sent = true;
        exchange.send(&mut connection, &message).await?;
        exchange.receive(&mut connection, &mut Vec::new()).await
    };
    let mut ask = pin!(ask);
    let mut answer: Option<Result<Reply, Error>> = None;
    let mut buffer = vec![0; DRAIN_BUFFER];
    let mut drained = 0;
    let mut ended = false;
    let last = Instant::now() + timeouts.stop;
    let mut idle = Instant::now() + timeouts.stop_idle;
    loop {
        let outcome = match &answer {
            _ if !ended => None,
            _ if nothing_to_send => Some(StopOutcome::AlreadyEnded),
            Some(Ok(Reply::Session(_))) => Some(StopOutcome::Stopped),
            // Whatever else was answered, the stream is at its end.
            Some(_) => Some(StopOutcome::ProcessEnded),
            None => None,
        };
        if let Some(outcome) = outcome {
            return Ok(StopReport { drained, outcome });
        }
        tokio::select! {
            result = &mut ask, if answer.is_none() => {
                idle = Instant::now() + timeouts.stop_idle;
                answer = Some(result);
            }
            read = stream.read(&mut buffer), if !ended => match read {
                Ok(read @ 1..) => {
                    idle = Instant::now() + timeouts.stop_idle;
                    drained += read as u64;
                    drain(buffer.get(..read).unwrap_or_default());
                }
                // A reset is how the kernel ends the stream of a process that died.
                Ok(0) | Err(_) => {
                    ended = true;
                    // The answer comes within a moment of the end, if it comes.
                    idle = Instant::now() + timeouts.command.min(timeouts.stop_idle);
                }
            },
            () = tokio::time::sleep_until(last.min(idle)) => {
                return match answer {
                    _ if ended => Ok(StopReport { drained, outcome: StopOutcome::ProcessEnded }),
                    Some(Err(error)) => Err(error),
                    Some(Ok(Reply::Error(ErrorReply { code, message }))) => {
                        let (target, command) = (Arc::clone(target), Command::StopTracing);
                        Err(Error::Refused { target, command, code, message })
                    }
                    _ => Err(exchange.no_answer()),
                };
            }
        }
    }
}

/// Whether there is something to read, or an end.
fn is_readable(stream: &UnixStream) -> bool {
    polled(stream, PollFlags::IN | PollFlags::RDHUP).is_some_and(|found| !found.is_empty())
}

/// Whether the other side has closed the stream, even if there is unread data in it.
pub(super) fn has_hung_up(stream: &UnixStream) -> bool {
    let gone = PollFlags::RDHUP | PollFlags::HUP | PollFlags::ERR;
    polled(stream, PollFlags::RDHUP).is_some_and(|found| found.intersects(gone))
}

/// What is so now of what is asked about, and of ends and errors.
fn polled(stream: &UnixStream, wanted: PollFlags) -> Option<PollFlags> {
    let mut polled = [PollFd::new(stream, wanted)];
    let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
    rustix::event::poll(&mut polled, Some(&now)).ok()?;
    polled.first().map(PollFd::revents)
}
