//! A client for every command of the protocol (tokio; any flavour of runtime).
//!
//! One connection carries one command. Every wait has a limit ([`Timeouts`]), every failure is a typed [`Error`] whose
//! text names the process and what to do.
//!
//! ```no_run
//! use diagnostics_ipc::client::Client;
//! use diagnostics_ipc::discovery;
//! use diagnostics_ipc::request::{Provider, SessionRequest};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(&discovery::find(1234)?);
//! println!("{}", client.process_info().await?.command_line);
//!
//! let request = SessionRequest::new([Provider::counters("System.Runtime", 1)]).without_stacks();
//! let mut session = client.start_session(&request).await?;
//! let mut buffer = vec![0; 64 << 10];
//! let read = session.read(&mut buffer).await?;
//! println!("{read} bytes of NetTrace");
//! session.stop(|rest| println!("{} more", rest.len())).await?;
//! # Ok(())
//! # }
//! ```

mod background;
mod error;
mod exchange;
mod preflight;
mod session;
mod target;
mod timeouts;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::UnixStream;

pub use background::finish_background_stops;
pub use error::Error;
pub use session::{Session, StopOutcome, StopReport};
pub use target::Target;
pub use timeouts::Timeouts;

use crate::discovery::Process;
use crate::message::{
    Command, EncodeError, ErrorCode, ErrorReply, MAX_ENVIRONMENT_BYTES, ProcessInfo, Reply,
    decode_environment,
};
use crate::request::{
    AttachProfiler, CollectAttempt, CollectVersion, DumpRequest, DumpVersion, InvalidRequest, PerfMapKind,
    Request, SessionRequest, StartupProfiler,
};
use exchange::Exchange;

/// Talks to one process. Cheap to clone; holds no connection.
#[derive(Clone, Debug)]
pub struct Client {
    target: Arc<Target>,
    timeouts: Timeouts,
    /// How many of [`CollectVersion::ALL`] the runtime may know: lowered by each one it turns out not to know, so
    /// that only the first session pays for finding out.
    collect_versions: Arc<AtomicUsize>,
}

impl Client {
    /// A client for a process that was found.
    #[must_use]
    pub fn new(process: &Process) -> Client {
        Client::to(Target::of(process))
    }

    /// A client for whatever listens at a socket. Errors can then not say which process that is.
    #[must_use]
    pub fn connect_path(socket: impl Into<PathBuf>) -> Client {
        Client::to(Target::at(socket.into()))
    }

    fn to(target: Target) -> Client {
        Client {
            target: Arc::new(target),
            timeouts: Timeouts::default(),
            collect_versions: Arc::new(AtomicUsize::new(CollectVersion::ALL.len())),
        }
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_timeouts(mut self, timeouts: Timeouts) -> Client {
        self.timeouts = timeouts;
        self
    }

    /// The process.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The limits.
    #[must_use]
    pub fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }

    /// What the process says about itself, as much as its runtime can say.
    ///
    /// # Errors
    /// [`Error::Unsupported`] before .NET 5, and whatever can go wrong with any command.
    pub async fn process_info(&self) -> Result<ProcessInfo, Error> {
        let mut result = Err(None);
        for request in [Request::ProcessInfo3, Request::ProcessInfo2, Request::ProcessInfo] {
            result = match self.ask(&request, self.timeouts.command).await {
                Ok((Reply::ProcessInfo(info), _)) => return Ok(info),
                Ok((other, _)) => return Err(self.unexpected(request.command(), &other)),
                Err(error) if error.is_unsupported() => Err(Some(error)),
                Err(error) => return Err(error),
            }
        }
        let unsupported =
            || Error::Unsupported { target: Arc::clone(&self.target), command: Command::ProcessInfo };
        result.map_err(|last| last.unwrap_or_else(unsupported))
    }

    /// The environment variables of the process, as the runtime has them.
    ///
    /// # Errors
    /// [`Error::Unsupported`] before .NET 6, and whatever can go wrong with any command.
    pub async fn environment(&self) -> Result<Vec<(String, String)>, Error> {
        let request = Request::ProcessEnvironment;
        let exchange = Exchange::new(&self.target, request.command(), self.timeouts.command);
        let (reply, mut stream) = self.exchange(&exchange, &request).await?;
        let Reply::Environment { bytes: size } = reply else {
            return Err(self.unexpected(request.command(), &reply));
        };
        let size = size as usize;
        if size > MAX_ENVIRONMENT_BYTES {
            let target = Arc::clone(&self.target);
            return Err(Error::TooMuch { target, command: request.command(), size });
        }
        let mut bytes = Vec::new();
        exchange.within(exchange.fill(&mut stream, &mut bytes, size)).await?;
        decode_environment(&bytes).map_err(|source| Error::BadReply {
            target: Arc::clone(&self.target),
            command: request.command(),
            source,
        })
    }

    /// Starts a session, with the lowest command that expresses the request; on a runtime that does not know it,
    /// with an older one that leaves out what only newer ones can do ([`Session::not_honoured`]).
    ///
    /// Do not start sessions with counters or meters on a process that is still starting: the runtime then calls managed
    /// code on the thread that serves the port, and when the application initializes the classes of counters and meters at
    /// that moment, both wait for each other for ever. Of ASP.NET Core applications on .NET 9.0.5 that got a session with
    /// meters 10 to 55 ms after their port had opened, a quarter never started; .NET 10 does it too. Nothing tells
    /// from outside when the danger is over. All those that hung had used their CPU heavily and had no thread of the thread
    /// pool (`.NET TP ...` under `/proc/PID/task`) yet.
    ///
    /// When the returned future is dropped, or gives up waiting, a session that the runtime may yet open is stopped
    /// in the background.
    ///
    /// # Errors
    /// [`Error::SessionRefused`] when the process has as many sessions as it can have,
    /// [`Error::NotSent`] when the request is wrong, and whatever can go wrong with any command.
    pub async fn start_session(&self, request: &SessionRequest) -> Result<Session, Error> {
        request.validate().map_err(|invalid| self.not_sent(invalid))?;
        let known = self.collect_versions.load(Ordering::Relaxed);
        let mut unsupported = None;
        for attempt in request.attempts() {
            let command = attempt.command.command();
            let rank = CollectVersion::ALL.iter().position(|version| version.command() == command);
            if rank.is_some_and(|rank| rank >= known) && command != Command::CollectTracing {
                continue;
            }
            match self.start(attempt).await {
                Err(error) if error.is_unsupported() => {
                    self.collect_versions.fetch_min(rank.unwrap_or_default(), Ordering::Relaxed);
                    unsupported = Some(error);
                }
                other => return other,
            }
        }
        Err(unsupported.unwrap_or_else(|| Error::Unsupported {
            target: Arc::clone(&self.target),
            command: Command::CollectTracing,
        }))
    }

    async fn start(&self, attempt: CollectAttempt) -> Result<Session, Error> {
        let CollectAttempt { command, not_honoured } = attempt;
        let request = Request::CollectTracing(command);
        let message = self.encode(&request)?;
        let exchange = Exchange::new(&self.target, request.command(), self.timeouts.command);
        let stream = exchange.connect().await?;
        session::start(self, exchange, stream, &message, not_honoured).await
    }

    /// Makes the process write a dump of itself. Returns when it is written.
    ///
    /// # Errors
    /// [`Error::NotSent`] when the path is not absolute, its directory does not exist, or the runtime has no dump
    /// writer that can be executed (asking for a dump then makes the process unreachable); [`Error::Unsupported`] when
    /// the flags need a newer runtime; and whatever can go wrong with any command.
    pub async fn dump(&self, request: &DumpRequest) -> Result<(), Error> {
        preflight::dump(&self.target, request).map_err(|invalid| self.not_sent(invalid))?;
        let mut result = Ok(());
        for version in [DumpVersion::V3, DumpVersion::V2, DumpVersion::V1] {
            if !request.fits(version) {
                break;
            }
            let command = Request::GenerateCoreDump { version, request: request.clone() };
            result = self.order(&command, self.timeouts.dump).await;
            match &result {
                Err(error) if error.is_unsupported() => {}
                _ => break,
            }
        }
        result
    }

    /// Makes the runtime write symbol maps for `perf`, also of what it compiled before.
    ///
    /// # Errors
    /// [`Error::Unsupported`] before .NET 8, and whatever can go wrong with any command.
    pub async fn enable_perf_map(&self, kind: PerfMapKind) -> Result<(), Error> {
        self.order(&Request::EnablePerfMap(kind), self.timeouts.slow_command).await
    }

    /// Makes the runtime stop writing symbol maps.
    ///
    /// # Errors
    /// [`Error::Unsupported`] before .NET 8, and whatever can go wrong with any command.
    pub async fn disable_perf_map(&self) -> Result<(), Error> {
        self.order(&Request::DisablePerfMap, self.timeouts.slow_command).await
    }

    /// Sets an environment variable of the runtime (`None` unsets it). Managed code sees it only when it has not
    /// started, that is in a runtime suspended at startup.
    ///
    /// # Errors
    /// [`Error::Unsupported`] before .NET 6, and whatever can go wrong with any command.
    pub async fn set_environment_variable(&self, name: &str, value: Option<&str>) -> Result<(), Error> {
        let (name, value) = (name.to_owned(), value.map(str::to_owned));
        self.order(&Request::SetEnvironmentVariable { name, value }, self.timeouts.command).await
    }

    /// Loads a startup hook into the process. Its code runs there.
    ///
    /// # Errors
    /// [`Error::NotSent`] when the file does not exist or is no assembly as the target sees it, since a process does
    /// not survive a hook that cannot be loaded; [`Error::Unsupported`] before .NET 8; and whatever can go wrong with
    /// any command.
    pub async fn apply_startup_hook(&self, path: &Path) -> Result<(), Error> {
        preflight::startup_hook(&self.target, path).map_err(|invalid| self.not_sent(invalid))?;
        self.order(&Request::ApplyStartupHook { path: path.to_owned() }, self.timeouts.slow_command).await
    }

    /// Loads a profiler into the process.
    ///
    /// # Errors
    /// Whatever can go wrong with any command.
    pub async fn attach_profiler(&self, profiler: &AttachProfiler) -> Result<(), Error> {
        let limit = self.timeouts.slow_command.max(profiler.timeout + self.timeouts.command);
        self.order(&Request::AttachProfiler(profiler.clone()), limit).await
    }

    /// Names the profiler that a runtime suspended at startup loads when it goes on.
    ///
    /// # Errors
    /// [`Error::Unsupported`] before .NET 6, and whatever can go wrong with any command.
    pub async fn startup_profiler(&self, profiler: &StartupProfiler) -> Result<(), Error> {
        self.order(&Request::StartupProfiler(profiler.clone()), self.timeouts.command).await
    }

    /// Lets a runtime that is suspended at startup go on. Harmless for any other.
    ///
    /// # Errors
    /// [`Error::Unsupported`] before .NET 5, and whatever can go wrong with any command.
    pub async fn resume(&self) -> Result<(), Error> {
        self.order(&Request::ResumeRuntime, self.timeouts.command).await
    }

    /// Sends a command whose reply says no more than that it is done.
    async fn order(&self, request: &Request, limit: Duration) -> Result<(), Error> {
        match self.ask(request, limit).await? {
            (Reply::Status(0), _) => Ok(()),
            (Reply::Status(status), _) => {
                let code = ErrorCode(status.cast_unsigned());
                Err(self.refused(request.command(), ErrorReply { code, message: None }))
            }
            (other, _) => Err(self.unexpected(request.command(), &other)),
        }
    }

    async fn ask(&self, request: &Request, limit: Duration) -> Result<(Reply, UnixStream), Error> {
        let exchange = Exchange::new(&self.target, request.command(), limit);
        self.exchange(&exchange, request).await
    }

    /// Sends a request and receives its reply. The connection is returned for the commands that go on with it;
    /// for all others dropping it closes it, which some runtimes leave to the client.
    async fn exchange(&self, exchange: &Exchange, request: &Request) -> Result<(Reply, UnixStream), Error> {
        let message = self.encode(request)?;
        let mut stream = exchange.connect().await?;
        exchange.send(&mut stream, &message).await?;
        match exchange.within(exchange.receive(&mut stream, &mut Vec::new())).await? {
            Reply::Error(error) => Err(self.refused(request.command(), error)),
            reply => Ok((reply, stream)),
        }
    }

    fn encode(&self, request: &Request) -> Result<Vec<u8>, Error> {
        request.encode().map_err(|source| Error::NotSent { target: Arc::clone(&self.target), source })
    }

    fn not_sent(&self, invalid: InvalidRequest) -> Error {
        Error::NotSent { target: Arc::clone(&self.target), source: EncodeError::Invalid(invalid) }
    }

    /// The error that a refusal stands for.
    fn refused(&self, command: Command, reply: ErrorReply) -> Error {
        let target = Arc::clone(&self.target);
        let starts_session = CollectVersion::ALL.iter().any(|version| version.command() == command);
        match reply.code {
            ErrorCode::UNKNOWN_COMMAND => Error::Unsupported { target, command },
            // .NET Core 3.1 takes any command of the profiler set for an attach, and cannot read it as one.
            ErrorCode::BAD_ENCODING if command == Command::StartupProfiler => {
                Error::Unsupported { target, command }
            }
            code @ ErrorCode::FAIL if starts_session => Error::SessionRefused { target, code },
            code => Error::Refused { target, command, code, message: reply.message },
        }
    }

    /// A reply of another kind than the command has. The decoder makes none, so this only keeps the code total.
    fn unexpected(&self, command: Command, _reply: &Reply) -> Error {
        Error::NotARuntime { target: Arc::clone(&self.target), command }
    }
}
