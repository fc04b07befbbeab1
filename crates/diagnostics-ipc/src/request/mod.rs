//! What a tool can ask of a runtime: typed requests, to and from bytes, without any I/O.
//!
//! Requests that are known to kill or wedge a runtime cannot be encoded; see [`InvalidRequest`].
//!
//! ```
//! use diagnostics_ipc::message::Header;
//! use diagnostics_ipc::request::Request;
//!
//! let bytes = Request::StopTracing { session: 0x1122 }.encode()?;
//! let (header, payload) = bytes.split_first_chunk().unwrap();
//! let request = Request::decode(&Header::decode(header)?, payload)?;
//! assert_eq!(request, Request::StopTracing { session: 0x1122 });
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod collect;
mod commands;
mod invalid;
mod session;
mod user_events;

use std::path::PathBuf;

pub use collect::{CollectAttempt, CollectTracing, CollectVersion, StreamFormat};
pub use commands::{
    AttachProfiler, DumpFlags, DumpKind, DumpRequest, DumpVersion, PerfMapKind, StartupProfiler,
};
pub use invalid::InvalidRequest;
pub use session::{
    Buffering, DEFAULT_PROVIDER_KEYWORDS, DEFAULT_RUNDOWN_KEYWORDS, EventFilter, EventLevel, MAX_PROVIDERS,
    MAX_SESSIONS, Provider, Rundown, SessionFeature, SessionRequest,
};
pub use user_events::{TracepointSet, Tracepoints, UserEventsProvider, UserEventsRequest};

use crate::message::cursor::{Cursor, Payload};
use crate::message::{Command, DecodeError, EncodeError, Header, Malformed, frame};
use commands::{absolute, decode_path};
use invalid::no_nul;

/// A command with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// Write a dump.
    GenerateCoreDump {
        /// The form to send.
        version: DumpVersion,
        /// What to write.
        request: DumpRequest,
    },
    /// End a session. An id that no session has is answered like one that had.
    StopTracing {
        /// The id the session was started with.
        session: u64,
    },
    /// Start a session.
    CollectTracing(CollectTracing),
    /// Load a profiler into the running process.
    AttachProfiler(AttachProfiler),
    /// Name the profiler to load when a suspended runtime goes on.
    StartupProfiler(StartupProfiler),
    /// Ask who the process is, first form.
    ProcessInfo,
    /// Ask who the process is, second form.
    ProcessInfo2,
    /// Ask who the process is, third form.
    ProcessInfo3,
    /// Let a runtime that is suspended at startup go on; harmless for any other.
    ResumeRuntime,
    /// Ask for the environment variables.
    ProcessEnvironment,
    /// Set an environment variable of the runtime.
    SetEnvironmentVariable {
        /// Its name.
        name: String,
        /// Its value; `None` unsets it.
        value: Option<String>,
    },
    /// Write symbol maps for `perf`, also of what was compiled before.
    EnablePerfMap(PerfMapKind),
    /// Stop writing symbol maps.
    DisablePerfMap,
    /// Load a startup hook. A process does not survive one that cannot be loaded.
    ApplyStartupHook {
        /// The hook's assembly, absolute, as the target sees it.
        path: PathBuf,
    },
}

impl Request {
    /// The command on the wire.
    #[must_use]
    pub fn command(&self) -> Command {
        match self {
            Request::GenerateCoreDump { version: DumpVersion::V1, .. } => Command::GenerateCoreDump,
            Request::GenerateCoreDump { version: DumpVersion::V2, .. } => Command::GenerateCoreDump2,
            Request::GenerateCoreDump { version: DumpVersion::V3, .. } => Command::GenerateCoreDump3,
            Request::StopTracing { .. } => Command::StopTracing,
            Request::CollectTracing(collect) => collect.command(),
            Request::AttachProfiler(_) => Command::AttachProfiler,
            Request::StartupProfiler(_) => Command::StartupProfiler,
            Request::ProcessInfo => Command::ProcessInfo,
            Request::ProcessInfo2 => Command::ProcessInfo2,
            Request::ProcessInfo3 => Command::ProcessInfo3,
            Request::ResumeRuntime => Command::ResumeRuntime,
            Request::ProcessEnvironment => Command::ProcessEnvironment,
            Request::SetEnvironmentVariable { .. } => Command::SetEnvironmentVariable,
            Request::EnablePerfMap(_) => Command::EnablePerfMap,
            Request::DisablePerfMap => Command::DisablePerfMap,
            Request::ApplyStartupHook { .. } => Command::ApplyStartupHook,
        }
    }

    /// The whole message as it goes over the wire, header included.
    ///
    /// # Errors
    /// When the request must not be made, its form cannot express it, or it does not fit one message.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut payload = Payload::default();
        match self {
            Request::GenerateCoreDump { version, request } => request.encode(*version, &mut payload)?,
            Request::StopTracing { session } => {
                payload.u64(*session);
            }
            Request::CollectTracing(collect) => collect.encode(&mut payload)?,
            Request::AttachProfiler(attach) => attach.encode(&mut payload)?,
            Request::StartupProfiler(startup) => startup.encode(&mut payload)?,
            Request::SetEnvironmentVariable { name, value } => {
                variable_name(name)?;
                no_nul("the value of an environment variable", value.as_deref().unwrap_or_default())?;
                payload.string(name).optional(value.as_deref());
            }
            Request::EnablePerfMap(kind) => {
                payload.u32(*kind as u32);
            }
            Request::ApplyStartupHook { path } => {
                payload.string(absolute("the path of a startup hook", path)?);
            }
            // A runtime answers these with garbage when anything follows the header.
            Request::ProcessInfo
            | Request::ProcessInfo2
            | Request::ProcessInfo3
            | Request::ResumeRuntime
            | Request::ProcessEnvironment
            | Request::DisablePerfMap => {}
        }
        let command = self.command();
        frame(command.name(), command.set(), command.id(), &payload.bytes)
    }

    /// Reads a request, as a server does.
    ///
    /// # Errors
    /// When there is no such command, or its payload is malformed; [`DecodeError::error_code`] is what to answer.
    pub fn decode(header: &Header, payload: &[u8]) -> Result<Request, DecodeError> {
        let mut cursor = Cursor::new(payload);
        let Some(command) = header.command() else {
            let (set, id) = (header.command_set, header.command_id);
            return Err(cursor.error("command", Malformed::UnknownCommand { set, id }));
        };
        let request = Request::decode_payload(command, &mut cursor)?;
        cursor.end()?;
        Ok(request)
    }

    fn decode_payload(command: Command, cursor: &mut Cursor<'_>) -> Result<Request, DecodeError> {
        let dump = |version, cursor: &mut Cursor<'_>| {
            DumpRequest::decode(version, cursor).map(|request| Request::GenerateCoreDump { version, request })
        };
        let collect = |version, cursor: &mut Cursor<'_>| {
            CollectTracing::decode(version, cursor).map(Request::CollectTracing)
        };
        Ok(match command {
            Command::GenerateCoreDump => dump(DumpVersion::V1, cursor)?,
            Command::GenerateCoreDump2 => dump(DumpVersion::V2, cursor)?,
            Command::GenerateCoreDump3 => dump(DumpVersion::V3, cursor)?,
            Command::StopTracing => Request::StopTracing { session: cursor.u64("session id")? },
            Command::CollectTracing => collect(CollectVersion::V1, cursor)?,
            Command::CollectTracing2 => collect(CollectVersion::V2, cursor)?,
            Command::CollectTracing3 => collect(CollectVersion::V3, cursor)?,
            Command::CollectTracing4 => collect(CollectVersion::V4, cursor)?,
            Command::CollectTracing5 => collect(CollectVersion::V5, cursor)?,
            Command::CollectTracing6 => collect(CollectVersion::V6, cursor)?,
            Command::AttachProfiler => Request::AttachProfiler(AttachProfiler::decode(cursor)?),
            Command::StartupProfiler => Request::StartupProfiler(StartupProfiler::decode(cursor)?),
            Command::ProcessInfo => Request::ProcessInfo,
            Command::ResumeRuntime => Request::ResumeRuntime,
            Command::ProcessEnvironment => Request::ProcessEnvironment,
            Command::SetEnvironmentVariable => {
                let before = cursor.clone();
                let name = cursor.text("variable name")?;
                variable_name(&name).map_err(|invalid| before.error("variable name", invalid.into()))?;
                Request::SetEnvironmentVariable { name, value: cursor.string("variable value")? }
            }
            Command::ProcessInfo2 => Request::ProcessInfo2,
            Command::EnablePerfMap => Request::EnablePerfMap(PerfMapKind::decode(cursor)?),
            Command::DisablePerfMap => Request::DisablePerfMap,
            Command::ApplyStartupHook => {
                Request::ApplyStartupHook { path: decode_path("the path of a startup hook", cursor)? }
            }
            Command::ProcessInfo3 => Request::ProcessInfo3,
        })
    }
}

fn variable_name(name: &str) -> Result<(), InvalidRequest> {
    no_nul("the name of an environment variable", name)?;
    if name.is_empty() || name.contains('=') {
        return Err(InvalidRequest::VariableName { name: name.to_owned() });
    }
    Ok(())
}
