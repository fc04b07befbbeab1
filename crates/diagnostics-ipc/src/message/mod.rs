//! Messages as bytes, without any I/O: the header, replies, the advertise greeting, error codes.
//!
//! Everything is little-endian and unaligned. A message is a 20-byte [`Header`] and at most
//! [`MAX_PAYLOAD`] bytes of payload. Requests are in [`request`](crate::request).
//!
//! ```
//! use diagnostics_ipc::message::{Command, Header, Reply};
//!
//! // What a runtime answers to StopTracing.
//! let bytes = Reply::Session(7).encode(Command::StopTracing)?;
//! let (header, payload) = bytes.split_first_chunk().unwrap();
//! let header = Header::decode(header)?;
//! assert_eq!(header.payload_len(), payload.len());
//! assert_eq!(Reply::decode(Command::StopTracing, &header, payload)?, Reply::Session(7));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod advertise;
mod command;
pub(crate) mod cursor;
mod error_code;
mod process_info;
mod reply;

use thiserror::Error;

pub use advertise::Advertise;
pub use command::Command;
pub use error_code::ErrorCode;
pub use process_info::{MAX_ENVIRONMENT_BYTES, ProcessInfo, decode_environment, encode_environment};
pub use reply::{ErrorReply, Reply};

use crate::request::InvalidRequest;
use cursor::{Cursor, Payload};

/// The most a message can carry after its header, in bytes: the size field has 16 bits and counts the header.
pub const MAX_PAYLOAD: usize = u16::MAX as usize - Header::SIZE;

/// The first 20 bytes of every message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The size of the whole message in bytes, this header included; at least [`Header::SIZE`].
    pub size: u16,
    /// What the command belongs to; 0xFF in replies.
    pub command_set: u8,
    /// The command within its set; in replies 0 for success and 0xFF for an error.
    pub command_id: u8,
}

impl Header {
    /// The size of a header in bytes.
    pub const SIZE: usize = 20;

    /// What every message starts with.
    pub const MAGIC: [u8; 14] = *b"DOTNET_IPC_V1\0";

    /// Reads a header.
    ///
    /// # Errors
    /// When the magic is not the protocol's, or the size is less than that of a header.
    pub fn decode(bytes: &[u8; Header::SIZE]) -> Result<Header, DecodeError> {
        let mut cursor = Cursor::new(bytes);
        if cursor.bytes("magic", Self::MAGIC.len())? != Self::MAGIC {
            return Err(DecodeError { field: "magic", offset: 0, problem: Malformed::UnknownMagic });
        }
        let size = cursor.u16("message size")?;
        let header =
            Header { size, command_set: cursor.u8("command set")?, command_id: cursor.u8("command id")? };
        // Two reserved bytes follow; runtimes ignore them, and so do we.
        if usize::from(size) < Self::SIZE {
            let problem = Malformed::OutOfRange { value: u64::from(size) };
            return Err(DecodeError { field: "message size", offset: Self::MAGIC.len(), problem });
        }
        Ok(header)
    }

    /// How many bytes of payload follow the header; at most [`MAX_PAYLOAD`].
    #[must_use]
    pub fn payload_len(&self) -> usize {
        usize::from(self.size).saturating_sub(Self::SIZE)
    }

    /// The command this is the header of, if it is one.
    #[must_use]
    pub fn command(&self) -> Option<Command> {
        Command::from_wire(self.command_set, self.command_id)
    }
}

/// Puts a header before a payload. `what` names the message when it is too long.
pub(crate) fn frame(what: &'static str, set: u8, id: u8, payload: &[u8]) -> Result<Vec<u8>, EncodeError> {
    let size = Header::SIZE + payload.len();
    let Ok(wire_size) = u16::try_from(size) else {
        return Err(EncodeError::TooLong { what, size, limit: usize::from(u16::MAX) });
    };
    let mut message = Payload { bytes: Vec::with_capacity(size) };
    message.bytes.extend(Header::MAGIC);
    message.u16(wire_size).u8(set).u8(id).u16(0);
    message.bytes.extend(payload);
    Ok(message.bytes)
}

/// Why bytes are not the message they should be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{field} at byte {offset}: {problem}")]
pub struct DecodeError {
    /// What was being read.
    pub field: &'static str,
    /// Where, in bytes from the start of the payload (of the message, for fields of the header).
    pub offset: usize,
    /// What is wrong.
    pub problem: Malformed,
}

impl DecodeError {
    /// The code a server answers such a message with.
    #[must_use]
    pub fn error_code(&self) -> ErrorCode {
        match self.problem {
            Malformed::UnknownMagic => ErrorCode::UNKNOWN_MAGIC,
            Malformed::UnknownCommand { .. } => ErrorCode::UNKNOWN_COMMAND,
            _ => ErrorCode::BAD_ENCODING,
        }
    }
}

/// What is wrong with a message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Malformed {
    /// The message ends too early.
    #[error("needs {needed} bytes, {left} are left")]
    Truncated {
        /// Bytes needed.
        needed: usize,
        /// Bytes there are.
        left: usize,
    },
    /// A count promises more items than the message can hold.
    #[error("{count} items do not fit the {left} bytes left")]
    Count {
        /// Items promised.
        count: usize,
        /// Bytes there are.
        left: usize,
    },
    /// A string does not end in NUL.
    #[error("a string without its terminator")]
    Unterminated,
    /// The message is longer than its content.
    #[error("{surplus} bytes too many")]
    Trailing {
        /// Bytes left over.
        surplus: usize,
    },
    /// A number outside its range.
    #[error("{value} is out of range")]
    OutOfRange {
        /// The number.
        value: u64,
    },
    /// The bytes do not start with the protocol's magic.
    #[error("not a message of the diagnostics protocol")]
    UnknownMagic,
    /// No command has this number.
    #[error("no such command: set {set}, id {id}")]
    UnknownCommand {
        /// The command set.
        set: u8,
        /// The command id.
        id: u8,
    },
    /// A message where a reply was expected.
    #[error("not a reply: set {set}, id {id}")]
    NotAReply {
        /// The command set.
        set: u8,
        /// The command id.
        id: u8,
    },
    /// The request is one that must not be made.
    #[error(transparent)]
    Invalid(#[from] InvalidRequest),
}

/// Why a message cannot be put into bytes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// It does not fit.
    #[error("{what} would take {size} bytes; the protocol allows {limit}")]
    TooLong {
        /// The message.
        what: &'static str,
        /// Its size in bytes.
        size: usize,
        /// The most there can be.
        limit: usize,
    },
    /// The chosen version of the command has no field for it.
    #[error("{command} cannot express {feature}")]
    Inexpressible {
        /// The command.
        command: Command,
        /// What it cannot express.
        feature: crate::request::SessionFeature,
    },
    /// The request is one that must not be made.
    #[error(transparent)]
    Invalid(#[from] InvalidRequest),
}
