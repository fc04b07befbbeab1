//! Arrays in payloads.

use std::fmt;

use crate::cursor::Cursor;
use crate::field::FieldType;
use crate::utf16::Utf16;
use crate::value::{FieldError, Value, offset};
use crate::walk_values::Walk;

/// An array in a payload: elements of one type, read when asked for.
#[derive(Clone, Copy, PartialEq)]
pub struct Array<'a> {
    element: &'a FieldType,
    count: u32,
    /// Where the first element begins in the payload.
    at: u32,
    /// The whole payload of the event.
    payload: &'a [u8],
}

impl<'a> Array<'a> {
    /// The array whose elements begin at the cursor, which is in `payload`. The cursor is then behind it if its elements
    /// have a fixed size, else where it was.
    #[inline]
    pub(crate) fn take(
        element: &'a FieldType,
        count: u32,
        cursor: &mut Cursor<'a>,
        payload: &'a [u8],
    ) -> Result<Self, FieldError> {
        let array = Self { element, count, at: offset(cursor.rest(), payload), payload };
        if element.min_size().saturating_mul(count as usize) > cursor.remaining() {
            return Err(FieldError::ArrayTooLong { count });
        }
        if let Some(size) = element.fixed_size() {
            cursor.take(size.saturating_mul(count as usize))?;
        }
        Ok(array)
    }

    /// The zero-terminated text of bytes at the cursor, as an array of them.
    pub(crate) fn text8(cursor: &mut Cursor<'a>, payload: &'a [u8]) -> Result<Self, FieldError> {
        let at = offset(cursor.rest(), payload);
        // A writer that left out the terminator: the payload's end ends the text.
        let length = match cursor.rest().iter().position(|byte| *byte == 0) {
            Some(length) => length,
            None if cursor.remaining() == 0 => return Err(FieldError::Truncated),
            None => cursor.remaining(),
        };
        cursor.take(length.saturating_add(1).min(cursor.remaining()))?;
        let count = u32::try_from(length).map_err(|_| FieldError::ArrayTooLong { count: u32::MAX })?;
        Ok(Self { element: &FieldType::Utf8Unit, count, at, payload })
    }

    /// The array elsewhere in the payload: `location` has its size in bytes in the high half, and in the low half where it
    /// begins, counted from `base`.
    pub(crate) fn located(
        element: &'a FieldType,
        location: u32,
        base: u32,
        payload: &'a [u8],
    ) -> Result<Self, FieldError> {
        let [low, high, size_low, size_high] = location.to_le_bytes();
        let size = u16::from_le_bytes([size_low, size_high]);
        let at = base.saturating_add(u16::from_le_bytes([low, high]).into());
        let fits = (at as usize).saturating_add(size.into()) <= payload.len();
        // Elements have a fixed size that is not zero, or their definition would not have been read.
        let element_size = element.fixed_size().filter(|size| *size > 0);
        let count = element_size
            .filter(|element_size| fits && usize::from(size).is_multiple_of(*element_size))
            .and_then(|element_size| u32::try_from(usize::from(size) / element_size).ok());
        let count = count.ok_or(FieldError::OutOfBounds { offset: at, size })?;
        Ok(Self { element, count, at, payload })
    }

    /// From the first element to the end of the payload.
    fn bytes(&self) -> &'a [u8] {
        self.payload.get(self.at as usize..).unwrap_or_default()
    }

    /// Number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there are no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Type of the elements.
    #[must_use]
    pub fn element_type(&self) -> &'a FieldType {
        self.element
    }

    /// The elements as one text, if they are characters.
    #[must_use]
    pub fn text(&self) -> Option<Utf16<'a>> {
        matches!(self.element, FieldType::Char)
            .then(|| Utf16::from_bytes(self.bytes().get(..self.len() * 2).unwrap_or_default()))
    }

    /// The elements as one text in UTF-8, if they are its code units. Not checked: the bytes are those of the stream.
    #[must_use]
    pub fn utf8(&self) -> Option<&'a [u8]> {
        matches!(self.element, FieldType::Utf8Unit)
            .then(|| self.bytes().get(..self.len()).unwrap_or_default())
    }

    /// The elements.
    #[must_use]
    pub fn values(&self) -> Elements<'a> {
        Elements { element: self.element, left: self.count, walk: Walk::new(self.bytes(), self.payload) }
    }

    /// The bytes after the last element.
    pub(crate) fn end(&self) -> Result<&'a [u8], FieldError> {
        match self.element.fixed_size() {
            Some(size) => self.bytes().get(size.saturating_mul(self.len())..).ok_or(FieldError::Truncated),
            None => {
                let mut walk = Walk::new(self.bytes(), self.payload);
                for _ in 0..self.count {
                    walk.skip(self.element);
                }
                walk.end()
            }
        }
    }
}

impl fmt::Debug for Array<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        for value in self.values() {
            match value {
                Ok(value) => list.entry(&value),
                Err(error) => list.entry(&error),
            };
        }
        list.finish()
    }
}

/// The elements of an [`Array`].
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    element: &'a FieldType,
    left: u32,
    walk: Walk<'a>,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Value<'a>, FieldError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        self.walk.next(self.element, Some)
    }

    #[inline]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(mut self, init: B, mut add: F) -> B {
        let mut sum = init;
        for _ in 0..self.left {
            sum = self.walk.next(self.element, |value| add(sum, value));
        }
        sum
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl ExactSizeIterator for Elements<'_> {}
