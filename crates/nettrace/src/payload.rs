//! Reading payloads that do not describe themselves.

use uuid::Uuid;

use crate::cursor::Cursor;
use crate::utf16::Utf16;
use crate::value::FieldError;

/// Reads a payload value by value, for events whose layout is known from elsewhere: the runtime's own events carry no
/// description of their fields.
///
/// ```
/// let mut payload = nettrace::Payload::new(&[7, 0, 0, 0, b'G', 0, b'C', 0, 0, 0]);
/// assert_eq!(payload.i32(), Ok(7));
/// assert_eq!(payload.utf16()?, "GC");
/// assert!(payload.u8().is_err());
/// # Ok::<(), nettrace::FieldError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Payload<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Payload<'a> {
    /// Reads from the first byte of `payload`.
    #[must_use]
    pub fn new(payload: &'a [u8]) -> Self {
        Self { cursor: Cursor::new(payload) }
    }

    /// The bytes not read yet.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.cursor.rest()
    }

    /// So many bytes.
    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8], FieldError> {
        Ok(self.cursor.take(count)?)
    }

    /// A byte.
    pub fn u8(&mut self) -> Result<u8, FieldError> {
        Ok(self.cursor.u8()?)
    }

    /// An unsigned 16-bit integer.
    pub fn u16(&mut self) -> Result<u16, FieldError> {
        Ok(self.cursor.u16()?)
    }

    /// An unsigned 32-bit integer.
    pub fn u32(&mut self) -> Result<u32, FieldError> {
        Ok(self.cursor.u32()?)
    }

    /// A signed 32-bit integer.
    pub fn i32(&mut self) -> Result<i32, FieldError> {
        Ok(self.cursor.i32()?)
    }

    /// An unsigned 64-bit integer.
    pub fn u64(&mut self) -> Result<u64, FieldError> {
        Ok(self.cursor.u64()?)
    }

    /// A signed 64-bit integer.
    pub fn i64(&mut self) -> Result<i64, FieldError> {
        Ok(self.cursor.i64()?)
    }

    /// A 32-bit floating point number.
    pub fn f32(&mut self) -> Result<f32, FieldError> {
        Ok(self.cursor.array().map(f32::from_le_bytes)?)
    }

    /// A 64-bit floating point number.
    pub fn f64(&mut self) -> Result<f64, FieldError> {
        Ok(self.cursor.array().map(f64::from_le_bytes)?)
    }

    /// A GUID.
    pub fn guid(&mut self) -> Result<Uuid, FieldError> {
        Ok(self.cursor.guid()?)
    }

    /// A pointer of the traced process; `pointer_size` is [`TraceInfo::pointer_size`](crate::TraceInfo::pointer_size).
    pub fn pointer(&mut self, pointer_size: u8) -> Result<u64, FieldError> {
        if pointer_size == 4 { self.u32().map(u64::from) } else { self.u64() }
    }

    /// Zero-terminated UTF-16 text.
    pub fn utf16(&mut self) -> Result<Utf16<'a>, FieldError> {
        Ok(self.cursor.utf16_z()?)
    }
}
