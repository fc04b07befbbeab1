//! Values of self-described payloads, read only when asked for.

use std::fmt;

use uuid::Uuid;

use crate::array::Array;
use crate::cursor::{Cursor, Stop};
use crate::field::FieldType;
use crate::structure::Struct;
use crate::utf16::Utf16;

/// A value in a payload.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// A boolean.
    Bool(bool),
    /// A UTF-16 code unit.
    Char(u16),
    /// A UTF-8 code unit.
    Utf8Unit(u8),
    /// A signed byte.
    I8(i8),
    /// A byte.
    U8(u8),
    /// A signed 16-bit integer.
    I16(i16),
    /// An unsigned 16-bit integer.
    U16(u16),
    /// A signed 32-bit integer.
    I32(i32),
    /// An unsigned 32-bit integer.
    U32(u32),
    /// A signed 64-bit integer.
    I64(i64),
    /// An unsigned 64-bit integer.
    U64(u64),
    /// A 32-bit floating point number.
    F32(f32),
    /// A 64-bit floating point number.
    F64(f64),
    /// A time in 100 ns steps since 1601-01-01 UTC.
    FileTime(i64),
    /// A GUID.
    Guid(Uuid),
    /// Text.
    String(Utf16<'a>),
    /// Nested fields.
    Struct(Struct<'a>),
    /// Elements of one type.
    Array(Array<'a>),
}

/// Why one value cannot be read. Other values of the event may well be readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldError {
    /// The payload ends before the value does.
    Truncated,
    /// An array claims more elements than the payload can hold.
    ArrayTooLong {
        /// Elements claimed.
        count: u32,
    },
    /// An array elsewhere in the payload has no place there: its range is not inside, or its size is not that of a number of
    /// elements.
    OutOfBounds {
        /// Where it is said to begin, in bytes from the start of the payload.
        offset: u32,
        /// Its size in bytes.
        size: u16,
    },
    /// A number of variable length has more bytes than its type allows.
    NumberTooLong,
    /// An earlier value cannot be read, so it is not known where this one begins.
    Unreachable,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("the payload ends before the value does"),
            Self::ArrayTooLong { count } => {
                write!(f, "an array claims {count} elements, more than the payload holds")
            }
            Self::OutOfBounds { offset, size } => {
                write!(f, "an array of {size} bytes at offset {offset} has no place in the payload")
            }
            Self::NumberTooLong => f.write_str("a number of variable length is too long"),
            Self::Unreachable => f.write_str("an earlier value of the payload cannot be read"),
        }
    }
}

impl std::error::Error for FieldError {}

impl From<Stop> for FieldError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Short(_) => Self::Truncated,
            // Nothing else in a payload is checked while it is read.
            Stop::Malformed(_) => Self::NumberTooLong,
        }
    }
}

impl<'a> Value<'a> {
    /// The value of that type at the cursor, which is in `payload`.
    ///
    /// The cursor is then behind it, except where finding its end takes a walk: see [`Walk`](crate::walk_values::Walk).
    /// `count` is what the last field that counts elements says.
    #[inline]
    pub(crate) fn take(
        field_type: &'a FieldType,
        cursor: &mut Cursor<'a>,
        payload: &'a [u8],
        count: &mut u32,
    ) -> Result<Self, FieldError> {
        Ok(match field_type {
            FieldType::Bool32 => Self::Bool(cursor.array::<4>().map(|[first, ..]| first != 0)?),
            FieldType::Char => Self::Char(cursor.u16()?),
            FieldType::I8 => Self::I8(cursor.u8()?.cast_signed()),
            FieldType::U8 => Self::U8(cursor.u8()?),
            FieldType::I16 => Self::I16(cursor.u16()?.cast_signed()),
            FieldType::U16 => Self::U16(cursor.u16()?),
            FieldType::I32 => Self::I32(cursor.i32()?),
            FieldType::U32 => Self::U32(cursor.u32()?),
            FieldType::I64 => Self::I64(cursor.i64()?),
            FieldType::U64 => Self::U64(cursor.u64()?),
            FieldType::F32 => Self::F32(cursor.array().map(f32::from_le_bytes)?),
            FieldType::F64 | FieldType::Decimal => Self::F64(cursor.array().map(f64::from_le_bytes)?),
            FieldType::FileTime => Self::FileTime(cursor.i64()?),
            FieldType::Guid => Self::Guid(cursor.guid()?),
            FieldType::String => Self::String(cursor.utf16_open()?),
            FieldType::Struct(fields) => {
                Self::Struct(Struct::at(fields, payload, offset(cursor.rest(), payload)))
            }
            FieldType::Array(element) => {
                let count = cursor.u16()?;
                Self::Array(Array::take(element, count.into(), cursor, payload)?)
            }
            FieldType::Bool8 => Self::Bool(cursor.u8()? != 0),
            FieldType::VarInt => Self::I64(cursor.var_i64()?),
            FieldType::VarUInt => Self::U64(cursor.var_u64()?),
            FieldType::Utf8Unit => Self::Utf8Unit(cursor.u8()?),
            FieldType::FixedArray(element, count) => {
                Self::Array(Array::take(element, (*count).into(), cursor, payload)?)
            }
            FieldType::RelativeLocation(element) => {
                let location = cursor.u32()?;
                Self::Array(Array::located(element, location, offset(cursor.rest(), payload), payload)?)
            }
            FieldType::DataLocation(element) => {
                Self::Array(Array::located(element, cursor.u32()?, 0, payload)?)
            }
            FieldType::WideBool => Self::Bool(cursor.u32()? != 0),
            FieldType::Text8 => Self::Array(Array::text8(cursor, payload)?),
            FieldType::Count16 => {
                let value = cursor.u16()?;
                *count = value.into();
                Self::U16(value)
            }
            FieldType::Count32 => {
                *count = cursor.u32()?;
                Self::U32(*count)
            }
            FieldType::Counted(element) => {
                // Elements without bytes could be any number of them in no payload at all.
                let count = if element.min_size() == 0 { 0 } else { *count };
                Self::Array(Array::take(element, count, cursor, payload)?)
            }
        })
    }

    /// The value as a signed integer, if it is an integer that fits, a boolean or a code unit.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match *self {
            Self::U64(value) => i64::try_from(value).ok(),
            Self::I64(value) | Self::FileTime(value) => Some(value),
            Self::Bool(value) => Some(value.into()),
            Self::Char(value) | Self::U16(value) => Some(value.into()),
            Self::I8(value) => Some(value.into()),
            Self::U8(value) | Self::Utf8Unit(value) => Some(value.into()),
            Self::I16(value) => Some(value.into()),
            Self::I32(value) => Some(value.into()),
            Self::U32(value) => Some(value.into()),
            _ => None,
        }
    }

    /// The value as an unsigned integer, if it is an integer that fits, a boolean or a code unit.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match *self {
            Self::U64(value) => Some(value),
            _ => self.as_i64().and_then(|value| u64::try_from(value).ok()),
        }
    }

    /// The value as a floating point number, if it is a number. 64-bit integers lose precision beyond 2^53.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "said in the documentation")]
    pub fn as_f64(&self) -> Option<f64> {
        match *self {
            Self::F32(value) => Some(value.into()),
            Self::F64(value) => Some(value),
            Self::U64(value) => Some(value as f64),
            Self::Bool(_) | Self::Char(_) | Self::Utf8Unit(_) | Self::FileTime(_) => None,
            _ => self.as_i64().map(|value| value as f64),
        }
    }

    /// The value as UTF-16 text: a string, or an array of characters. See [`to_text`](Self::to_text) for UTF-8.
    #[must_use]
    pub fn as_text(&self) -> Option<Utf16<'a>> {
        match self {
            Self::String(text) => Some(*text),
            Self::Array(array) => array.text(),
            _ => None,
        }
    }

    /// The value as text, whether the stream has it as UTF-16 or, from version 6 on, as UTF-8. What is neither becomes
    /// U+FFFD.
    #[must_use]
    pub fn to_text(&self) -> Option<String> {
        if let Self::Array(array) = self
            && let Some(bytes) = array.utf8()
        {
            return Some(String::from_utf8_lossy(bytes).into_owned());
        }
        self.as_text().map(String::from)
    }

    /// The value as nested fields.
    #[must_use]
    pub fn as_struct(&self) -> Option<Struct<'a>> {
        match self {
            Self::Struct(inner) => Some(*inner),
            _ => None,
        }
    }

    /// The value as an array.
    #[must_use]
    pub fn as_array(&self) -> Option<Array<'a>> {
        match self {
            Self::Array(array) => Some(*array),
            _ => None,
        }
    }
}

/// Where `bytes`, which are the end of `payload`, begin in it. Payloads are limited to less than 4 GiB.
#[inline]
pub(crate) fn offset(bytes: &[u8], payload: &[u8]) -> u32 {
    u32::try_from(payload.len() - bytes.len()).unwrap_or(u32::MAX)
}
