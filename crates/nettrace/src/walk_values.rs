//! From value to value through a payload.

use crate::array::Array;
use crate::cursor::Cursor;
use crate::field::FieldType;
use crate::structure::Struct;
use crate::utf16::Utf16;
use crate::value::{FieldError, Value};

/// Reads values that lie one behind the other.
#[derive(Debug, Clone)]
pub(crate) struct Walk<'a> {
    /// From the next value to the payload's end, while nothing is in between.
    rest: &'a [u8],
    between: Between<'a>,
    payload: &'a [u8],
    /// What the last field that counts elements said.
    count: u32,
}

/// What lies between the bytes that have been read and the next value.
#[derive(Debug, Clone, Copy)]
enum Between<'a> {
    /// Nothing.
    Nothing,
    /// A structure, whose end is looked for when it is needed: the last value's never is.
    Struct(Struct<'a>),
    /// An array, in the same way.
    Array(Array<'a>),
    /// Nobody knows: a value could not be read.
    Unknown,
}

impl<'a> Walk<'a> {
    /// Begins at `bytes`, which are the end of `payload`.
    #[inline]
    pub(crate) fn new(bytes: &'a [u8], payload: &'a [u8]) -> Self {
        Self { rest: bytes, between: Between::Nothing, payload, count: 0 }
    }

    /// What `wrap` makes of the next value, which is of that type.
    ///
    /// Values are made where they are used: each of the usual types has a call of `wrap` of its own. Passed on through
    /// memory, they would cost more time than it takes to find them.
    #[expect(clippy::inline_always, reason = "`wrap` is to become part of each branch")]
    #[inline(always)]
    pub(crate) fn next<R>(
        &mut self,
        field_type: &'a FieldType,
        wrap: impl FnOnce(Result<Value<'a>, FieldError>) -> R,
    ) -> R {
        if !matches!(self.between, Between::Nothing)
            && let Err(error) = self.settle()
        {
            return wrap(Err(error));
        }
        match field_type {
            FieldType::U8 => {
                if let Some([byte]) = self.bytes() {
                    return wrap(Ok(Value::U8(byte)));
                }
            }
            FieldType::U16 => {
                if let Some(bytes) = self.bytes() {
                    return wrap(Ok(Value::U16(u16::from_le_bytes(bytes))));
                }
            }
            FieldType::U32 => {
                if let Some(bytes) = self.bytes() {
                    return wrap(Ok(Value::U32(u32::from_le_bytes(bytes))));
                }
            }
            FieldType::U64 => {
                if let Some(bytes) = self.bytes() {
                    return wrap(Ok(Value::U64(u64::from_le_bytes(bytes))));
                }
            }
            FieldType::String => {
                if let Some((text, rest)) = Utf16::split_open(self.rest) {
                    self.rest = rest;
                    return wrap(Ok(Value::String(text)));
                }
            }
            _ => {}
        }
        wrap(self.next_rare(field_type))
    }

    #[inline]
    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*bytes)
    }

    /// The next value where it is of any other type, or cannot be read.
    #[inline(never)]
    fn next_rare(&mut self, field_type: &'a FieldType) -> Result<Value<'a>, FieldError> {
        let mut cursor = Cursor::new(self.rest);
        let value = Value::take(field_type, &mut cursor, self.payload, &mut self.count);
        self.rest = cursor.rest();
        match value {
            Ok(Value::Struct(inner)) => self.between = Between::Struct(inner),
            Ok(Value::Array(array)) if array.element_type().fixed_size().is_none() => {
                self.between = Between::Array(array);
            }
            // Where a value elsewhere in the payload is wrong, this place is not.
            Ok(_) | Err(FieldError::OutOfBounds { .. }) => {}
            Err(_) => self.between = Between::Unknown,
        }
        value
    }

    /// Goes past the next value, which is of that type.
    #[inline]
    pub(crate) fn skip(&mut self, field_type: &'a FieldType) {
        // An error stays.
        self.next(field_type, drop);
    }

    /// The bytes behind the last value read.
    pub(crate) fn end(mut self) -> Result<&'a [u8], FieldError> {
        self.settle()?;
        Ok(self.rest)
    }

    /// Finds where the next value begins.
    #[inline(never)]
    fn settle(&mut self) -> Result<(), FieldError> {
        let end = match self.between {
            Between::Nothing => Ok(self.rest),
            Between::Struct(inner) => inner.end(),
            Between::Array(array) => array.end(),
            Between::Unknown => Err(FieldError::Unreachable),
        };
        match end {
            Ok(rest) => {
                self.rest = rest;
                self.between = Between::Nothing;
                Ok(())
            }
            Err(_) => {
                self.between = Between::Unknown;
                Err(FieldError::Unreachable)
            }
        }
    }
}
