//! One command on one connection: connect, send, receive.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::Instant;

use super::Error;
use super::target::Target;
use crate::address::Address;
use crate::discovery::ProcessState;
use crate::message::{Command, Header, Reply};

/// How long to wait before connecting again to a process whose queue of connections is full.
const QUEUE_FULL_PAUSE: Duration = Duration::from_millis(20);

/// A command under way: to whom, and by when it must be done.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    pub(super) target: Arc<Target>,
    pub(super) command: Command,
    started: Instant,
    limit: Duration,
}

impl Exchange {
    pub(super) fn new(target: &Arc<Target>, command: Command, limit: Duration) -> Exchange {
        Exchange { target: Arc::clone(target), command, started: Instant::now(), limit }
    }

    /// Waits for `future`, but not beyond the limit of the exchange.
    pub(super) async fn within<T>(&self, future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        match tokio::time::timeout_at(self.started + self.limit, future).await {
            Ok(result) => result,
            Err(_) => Err(self.no_answer()),
        }
    }

    pub(super) fn no_answer(&self) -> Error {
        Error::NoAnswer {
            target: Arc::clone(&self.target),
            command: self.command,
            waited: self.started.elapsed(),
            state: self.target.pid().and_then(ProcessState::of),
        }
    }

    /// Connects to the process, and to no other.
    pub(super) async fn connect(&self) -> Result<UnixStream, Error> {
        self.within(async {
            let stream = loop {
                match self.try_connect().await {
                    Ok(stream) => break stream,
                    // Its queue is full: nobody has been accepting for a while. It may go on within our time.
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        tokio::time::sleep(QUEUE_FULL_PAUSE).await;
                    }
                    Err(error) => return Err(self.cannot_connect(error)),
                }
            };
            self.check_peer(&stream)?;
            Ok(stream)
        })
        .await
    }

    async fn try_connect(&self) -> io::Result<UnixStream> {
        let address = Address::resolve(self.target.socket())?;
        UnixStream::connect(address.path()).await
    }

    fn cannot_connect(&self, source: io::Error) -> Error {
        let target = Arc::clone(&self.target);
        match source.kind() {
            io::ErrorKind::PermissionDenied => Error::PermissionDenied { target, source },
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
                if target.is_running() == Some(false) =>
            {
                Error::NotRunning { target }
            }
            io::ErrorKind::NotFound => Error::NoSocket { target, source },
            io::ErrorKind::ConnectionRefused => Error::StaleSocket { target, source },
            _ => Error::Connect { target, source },
        }
    }

    /// Anybody can make a file in a shared temporary directory; the kernel knows who listens at it.
    fn check_peer(&self, stream: &UnixStream) -> Result<(), Error> {
        let Some(wanted) = self.target.pid() else { return Ok(()) };
        // A process in a pid namespace that is not below ours has pid 0 here.
        let peer = stream.peer_cred().ok().and_then(|peer| peer.pid()).filter(|pid| *pid > 0);
        match peer.map(i32::unsigned_abs) {
            Some(peer) if peer != wanted => Err(Error::WrongPeer { target: Arc::clone(&self.target), peer }),
            _ => Ok(()),
        }
    }

    /// Sends a whole message. When it fails, the connection must be closed at once: a runtime that has half a
    /// header waits for the rest and serves nobody else meanwhile.
    pub(super) async fn send(&self, stream: &mut UnixStream, message: &[u8]) -> Result<(), Error> {
        let written = async {
            stream.write_all(message).await.map_err(|error| match error.kind() {
                io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => self.closed_early(0),
                _ => self.io(error),
            })
        };
        self.within(written).await
    }

    /// Receives the reply. May be given up and called again with the same `received`; reads no byte beyond the reply.
    pub(super) async fn receive(
        &self,
        stream: &mut UnixStream,
        received: &mut Vec<u8>,
    ) -> Result<Reply, Error> {
        self.fill(stream, received, Header::SIZE).await?;
        let Some(header) = received.first_chunk() else { return Err(self.closed_early(received.len())) };
        let header = Header::decode(header).map_err(|source| self.bad_reply(source))?;
        self.fill(stream, received, Header::SIZE + header.payload_len()).await?;
        let payload = received.get(Header::SIZE..).unwrap_or_default();
        Reply::decode(self.command, &header, payload).map_err(|source| self.bad_reply(source))
    }

    /// Reads until `bytes` holds `size` bytes.
    pub(super) async fn fill(
        &self,
        stream: &mut UnixStream,
        bytes: &mut Vec<u8>,
        size: usize,
    ) -> Result<(), Error> {
        while bytes.len() < size {
            let missing = (size - bytes.len()) as u64;
            match (&mut *stream).take(missing).read_buf(bytes).await {
                Ok(0) => return Err(self.closed_early(bytes.len())),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                    return Err(self.closed_early(bytes.len()));
                }
                Err(error) => return Err(self.io(error)),
            }
            // Told from the first bytes, so that something else that listens there costs no wait for a whole header.
            let start = bytes.len().min(Header::MAGIC.len());
            if size == Header::SIZE && bytes.get(..start) != Header::MAGIC.get(..start) {
                return Err(Error::NotARuntime { target: Arc::clone(&self.target), command: self.command });
            }
        }
        Ok(())
    }

    fn bad_reply(&self, source: crate::message::DecodeError) -> Error {
        Error::BadReply { target: Arc::clone(&self.target), command: self.command, source }
    }

    fn closed_early(&self, received: usize) -> Error {
        let target = Arc::clone(&self.target);
        if target.is_running() == Some(false) {
            return Error::NotRunning { target };
        }
        Error::ClosedEarly { target, command: self.command, received }
    }

    fn io(&self, source: io::Error) -> Error {
        Error::Io { target: Arc::clone(&self.target), command: self.command, source }
    }
}
