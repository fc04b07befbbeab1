//! Arrays in self-described payloads.

use std::fmt;

use crate::field::FieldType;
use crate::utf16::Utf16;
use crate::value::{FieldError, Value, offset};

/// An array in a payload: elements of one type, read when asked for.
#[derive(Clone, Copy, PartialEq)]
pub struct Array<'a> {
    element: &'a FieldType,
    count: u16,
    /// Where the first element begins in the payload.
    at: u32,
    /// The whole payload of the event.
    payload: &'a [u8],
}

impl<'a> Array<'a> {
    /// The array whose elements begin at `bytes`, which are the end of `payload`.
    pub(crate) fn new(
        element: &'a FieldType,
        count: u16,
        bytes: &'a [u8],
        payload: &'a [u8],
    ) -> Result<Self, FieldError> {
        if element.min_size().saturating_mul(usize::from(count)) > bytes.len() {
            return Err(FieldError::ArrayTooLong { count });
        }
        Ok(Self { element, count, at: offset(bytes, payload), payload })
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
            .and_then(|element_size| u16::try_from(usize::from(size) / element_size).ok());
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
        usize::from(self.count)
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
        Elements {
            element: self.element,
            left: self.count,
            bytes: Ok(self.bytes()),
            payload: self.payload,
            started: false,
        }
    }

    /// The bytes after the last element.
    pub(crate) fn end(&self) -> Result<&'a [u8], FieldError> {
        match self.element.fixed_size() {
            Some(size) => self.bytes().get(size.saturating_mul(self.len())..).ok_or(FieldError::Truncated),
            None => (0..self.count)
                .try_fold(self.bytes(), |bytes, _| Value::skip(self.element, bytes, self.payload)),
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
    left: u16,
    /// From the previous element (or the first) to the payload's end.
    bytes: Result<&'a [u8], FieldError>,
    payload: &'a [u8],
    started: bool,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Value<'a>, FieldError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        if let (true, Ok(bytes)) = (self.started, self.bytes) {
            self.bytes = Value::skip(self.element, bytes, self.payload).map_err(|_| FieldError::Unreachable);
        }
        self.started = true;
        Some(self.bytes.and_then(|bytes| Value::read(self.element, bytes, self.payload)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::from(self.left), Some(usize::from(self.left)))
    }
}

impl ExactSizeIterator for Elements<'_> {}
