//! From value to value through a payload.

use crate::array::Array;
use crate::cursor::Cursor;
use crate::field::FieldType;
use crate::structure::Struct;
use crate::value::{FieldError, Value};

/// Reads values that lie one behind the other.
#[derive(Debug, Clone)]
pub(crate) struct Walk<'a> {
    next: Next<'a>,
    payload: &'a [u8],
    /// What the last field that counts elements said.
    count: u32,
}

/// Where the next value begins.
#[derive(Debug, Clone, Copy)]
enum Next<'a> {
    /// At the start of these bytes.
    At(&'a [u8]),
    /// Behind this structure. Its end is looked for when it is needed: the last value's never is.
    BehindStruct(Struct<'a>),
    /// Behind this array, in the same way.
    BehindArray(Array<'a>),
    /// Not known, since a value could not be read.
    Lost,
}

impl<'a> Walk<'a> {
    /// Begins at `bytes`, which are the end of `payload`.
    #[inline]
    pub(crate) fn new(bytes: &'a [u8], payload: &'a [u8]) -> Self {
        Self { next: Next::At(bytes), payload, count: 0 }
    }

    /// The next value, which is of that type.
    #[inline]
    pub(crate) fn next(&mut self, field_type: &'a FieldType) -> Result<Value<'a>, FieldError> {
        let mut cursor = Cursor::new(match self.next {
            Next::At(bytes) => bytes,
            _ => self.settle()?,
        });
        let value = Value::take(field_type, &mut cursor, self.payload, &mut self.count);
        self.next = match value {
            Ok(Value::Struct(inner)) => Next::BehindStruct(inner),
            Ok(Value::Array(array)) if array.element_type().fixed_size().is_none() => {
                Next::BehindArray(array)
            }
            // Where a value elsewhere in the payload is wrong, this place is not.
            Ok(_) | Err(FieldError::OutOfBounds { .. }) => Next::At(cursor.rest()),
            Err(_) => Next::Lost,
        };
        value
    }

    /// Goes past the next value, which is of that type.
    #[inline]
    pub(crate) fn skip(&mut self, field_type: &'a FieldType) {
        // An error stays.
        let _ = self.next(field_type);
    }

    /// The bytes behind the last value read.
    pub(crate) fn end(mut self) -> Result<&'a [u8], FieldError> {
        self.settle()
    }

    /// Finds where the next value begins.
    #[cold]
    fn settle(&mut self) -> Result<&'a [u8], FieldError> {
        let end = match self.next {
            Next::At(bytes) => Ok(bytes),
            Next::BehindStruct(inner) => inner.end(),
            Next::BehindArray(array) => array.end(),
            Next::Lost => Err(FieldError::Unreachable),
        };
        self.next = end.map_or(Next::Lost, Next::At);
        end.map_err(|_| FieldError::Unreachable)
    }
}
