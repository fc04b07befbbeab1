//! The greeting of a runtime that connects to a tool.

use uuid::Uuid;

use super::cursor::{Cursor, Payload};
use super::{DecodeError, Malformed};

/// What a runtime sends, unasked, as the first thing on a connection it made itself (a reverse connection).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advertise {
    /// The identity of the runtime instance; the same as in its process info.
    pub runtime_cookie: Uuid,
    /// The process id as the process sees itself.
    pub process_id: u64,
}

impl Advertise {
    /// The size of the greeting in bytes.
    pub const SIZE: usize = 34;

    const MAGIC: &[u8] = b"ADVR_V1\0";

    /// Reads a greeting.
    ///
    /// # Errors
    /// When the magic is not that of a greeting.
    pub fn decode(bytes: &[u8; Advertise::SIZE]) -> Result<Advertise, DecodeError> {
        let mut cursor = Cursor::new(bytes);
        if cursor.bytes("advertise magic", Self::MAGIC.len())? != Self::MAGIC {
            return Err(DecodeError {
                field: "advertise magic",
                offset: 0,
                problem: Malformed::UnknownMagic,
            });
        }
        let runtime_cookie = cursor.guid("runtime cookie")?;
        let process_id = cursor.u64("process id")?;
        // Two reserved bytes follow. They are zero today; a future runtime may use them, so they are not checked.
        Ok(Advertise { runtime_cookie, process_id })
    }

    /// The greeting as it goes over the wire, [`Advertise::SIZE`] bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut payload = Payload { bytes: Self::MAGIC.to_vec() };
        payload.guid(self.runtime_cookie).u64(self.process_id).u16(0);
        payload.bytes
    }
}
