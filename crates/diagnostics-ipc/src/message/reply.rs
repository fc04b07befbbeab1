//! Replies of a runtime.

use super::cursor::{Cursor, Payload};
use super::{Command, DecodeError, EncodeError, ErrorCode, Header, Malformed, ProcessInfo, frame};

/// A runtime's answer to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reply {
    /// The id of the session that was started or stopped. The stream of a started session follows on the
    /// same connection.
    Session(u64),
    /// Done. The number is an HRESULT that runtimes set to 0.
    Status(i32),
    /// A process about itself.
    ProcessInfo(ProcessInfo),
    /// The environment follows on the same connection.
    Environment {
        /// How many bytes follow.
        bytes: u32,
    },
    /// The command was refused.
    Error(ErrorReply),
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorReply {
    /// The reason.
    pub code: ErrorCode,
    /// The reason in words; only `GenerateCoreDump3` has them.
    pub message: Option<String>,
}

/// The command set of replies.
const SERVER_SET: u8 = 0xFF;
const OK: u8 = 0x00;
const ERROR: u8 = 0xFF;

impl Reply {
    /// Reads the reply to `command`. Surplus bytes are ignored, since newer runtimes append fields.
    ///
    /// # Errors
    /// When this is not a reply, or its payload is too short.
    pub fn decode(command: Command, header: &Header, payload: &[u8]) -> Result<Reply, DecodeError> {
        let mut cursor = Cursor::new(payload);
        // Only the id tells a reply apart, as in the stock client: not every runtime sets the command set.
        match header.command_id {
            OK => {}
            ERROR => {
                let code = ErrorCode(cursor.u32("error code")?);
                let has_text = command == Command::GenerateCoreDump3 && cursor.remaining() > 0;
                let message = if has_text { cursor.string("error text")? } else { None };
                return Ok(Reply::Error(ErrorReply { code, message }));
            }
            id => {
                let problem = Malformed::NotAReply { set: header.command_set, id };
                return Err(DecodeError { field: "reply", offset: 0, problem });
            }
        }
        Ok(match command {
            Command::StopTracing
            | Command::CollectTracing
            | Command::CollectTracing2
            | Command::CollectTracing3
            | Command::CollectTracing4
            | Command::CollectTracing5
            | Command::CollectTracing6 => Reply::Session(cursor.u64("session id")?),
            Command::ProcessInfo | Command::ProcessInfo2 | Command::ProcessInfo3 => {
                Reply::ProcessInfo(ProcessInfo::decode(command, &mut cursor)?)
            }
            Command::ProcessEnvironment => Reply::Environment { bytes: cursor.u32("environment size")? },
            // The protocol text has some of these empty while runtimes send a zero; both mean done.
            _ if cursor.remaining() == 0 => Reply::Status(0),
            _ => Reply::Status(cursor.i32("status")?),
        })
    }

    /// The whole reply to `command` as it goes over the wire, header included.
    ///
    /// # Errors
    /// When it does not fit one message.
    pub fn encode(&self, command: Command) -> Result<Vec<u8>, EncodeError> {
        let mut payload = Payload::default();
        let mut id = OK;
        match self {
            Reply::Session(session) => {
                payload.u64(*session);
            }
            Reply::Status(status) => {
                payload.i32(*status);
            }
            Reply::ProcessInfo(info) => info.encode(command, &mut payload),
            Reply::Environment { bytes } => {
                payload.u32(*bytes).u16(0);
            }
            Reply::Error(error) => {
                id = ERROR;
                payload.u32(error.code.0);
                if let Some(message) = &error.message {
                    payload.string(message);
                }
            }
        }
        frame("the reply", SERVER_SET, id, &payload.bytes)
    }
}

impl From<ErrorCode> for Reply {
    fn from(code: ErrorCode) -> Reply {
        Reply::Error(ErrorReply { code, message: None })
    }
}
