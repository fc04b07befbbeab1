//! Payloads as structures.
//!
//! Every event of the tables has a structure with its name and its fields, and `decode` to read it from an event:
//!
//! ```
//! use dotnet_events::runtime::gc::GCStart;
//! use dotnet_events::{Source, Sources};
//!
//! let mut sources = Sources::new();
//! let mut print = |event: &nettrace::Event<'_>| {
//!     match (sources.of(event), event.metadata.event_id) {
//!         (Source::Runtime, GCStart::ID) => match GCStart::decode(event) {
//!             Ok(start) => println!("collection {} of generation {:?}", start.Count, start.Depth),
//!             Err(error) => eprintln!("{error}"),
//!         },
//!         _ => {}
//!     }
//! };
//! # let _: &mut dyn nettrace::Sink = &mut print;
//! ```
//!
//! Nothing is copied: texts and arrays are borrowed from the payload. Fields that not all versions have are `Option`s. An
//! event of a later version than all known ones is read as the last known: later versions append.

use std::fmt;
use std::marker::PhantomData;

use nettrace::{Event, Utf16, Uuid};

use super::table::{FieldSpec, Kind, fixed_size};
use crate::error::EventError;

/// A structure that is read from a payload: an event, or what its arrays are made of.
pub trait Record<'a>: Sized {
    /// Its fields.
    #[doc(hidden)]
    const SPECS: &'static [FieldSpec];

    /// Reads it.
    #[doc(hidden)]
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Missing>;

    /// The bytes it takes, where they do not depend on its values.
    #[doc(hidden)]
    #[inline]
    #[must_use]
    fn fixed_size(version: u32, pointer_size: u8) -> Option<usize> {
        fixed_size(Self::SPECS, version, pointer_size)
    }
}

/// A structure of an event or a group, whatever its kind.
pub(crate) trait Structure: fmt::Debug {
    /// Its values with their names, those of its groups among them.
    #[cfg(test)]
    fn flatten(&self, flat: &mut crate::agreement::Flat);
}

/// The payload has ended.
#[doc(hidden)]
#[derive(Debug)]
pub struct Missing;

/// Where in a payload the reading is.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Cursor<'a> {
    rest: &'a [u8],
    length: usize,
    pub(crate) version: u32,
    pointer_size: u8,
    /// What the last count said.
    count: usize,
}

macro_rules! numbers {
    ($($number:ident)*) => {$(
        #[inline]
        pub(crate) fn $number(&mut self) -> Result<$number, Missing> {
            let (bytes, rest) = self.rest.split_first_chunk().ok_or(Missing)?;
            self.rest = rest;
            Ok($number::from_le_bytes(*bytes))
        }
    )*};
}

impl<'a> Cursor<'a> {
    #[inline]
    pub(crate) fn new(event: &Event<'a>) -> Self {
        let payload = event.payload;
        Self {
            rest: payload,
            length: payload.len(),
            version: event.version(),
            pointer_size: event.trace.pointer_size,
            count: 0,
        }
    }

    /// Over bytes inside of a payload, which have no pointers and say their version themselves.
    pub(crate) fn of_bytes(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, length: bytes.len(), version: 1, pointer_size: 8, count: 0 }
    }

    /// Why it could not be read to the end.
    #[cold]
    pub(crate) fn error(&self, event: &'static str) -> EventError {
        EventError::TooShort { event, version: self.version, length: self.length }
    }

    numbers! { u8 u16 u32 u64 i32 i64 f32 f64 }

    #[inline]
    pub(crate) fn ptr(&mut self) -> Result<u64, Missing> {
        if self.pointer_size == 4 { self.u32().map(u64::from) } else { self.u64() }
    }

    #[inline]
    pub(crate) fn guid(&mut self) -> Result<Uuid, Missing> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(Missing)?;
        self.rest = rest;
        Ok(Uuid::from_bytes_le(*bytes))
    }

    #[inline]
    pub(crate) fn bool32(&mut self) -> Result<bool, Missing> {
        self.u32().map(|value| value != 0)
    }

    /// Four bytes, of which the first counts.
    #[inline]
    pub(crate) fn bool(&mut self) -> Result<bool, Missing> {
        let [first, ..] = self.u32()?.to_le_bytes();
        Ok(first != 0)
    }

    #[inline]
    pub(crate) fn utf16(&mut self) -> Result<Utf16<'a>, Missing> {
        let (text, rest) = Utf16::split_terminated(self.rest).ok_or(Missing)?;
        self.rest = rest;
        Ok(text)
    }

    pub(crate) fn text8(&mut self) -> Result<Text8<'a>, Missing> {
        let end = self.rest.iter().position(|byte| *byte == 0).ok_or(Missing)?;
        let (bytes, rest) = self.rest.split_at_checked(end).ok_or(Missing)?;
        self.rest = rest.get(1..).unwrap_or_default();
        Ok(Text8 { bytes })
    }

    #[inline]
    pub(crate) fn count16(&mut self) -> Result<u16, Missing> {
        let count = self.u16()?;
        self.count = count.into();
        Ok(count)
    }

    #[inline]
    pub(crate) fn count32(&mut self) -> Result<u32, Missing> {
        let count = self.u32()?;
        self.count = usize::try_from(count).map_err(|_| Missing)?;
        Ok(count)
    }

    #[inline]
    pub(crate) fn padding64(&mut self) -> Result<(), Missing> {
        let size = if self.pointer_size == 4 { 0 } else { 4 };
        self.rest = self.rest.get(size..).ok_or(Missing)?;
        Ok(())
    }

    #[inline]
    pub(crate) fn counted<T: Record<'a>>(&mut self) -> Result<Rows<'a, T>, Missing> {
        self.rows(self.count)
    }

    pub(crate) fn array16<T: Record<'a>>(&mut self) -> Result<Rows<'a, T>, Missing> {
        let count = self.u16()?;
        self.rows(count.into())
    }

    #[inline]
    pub(crate) fn rows<T: Record<'a>>(&mut self, count: usize) -> Result<Rows<'a, T>, Missing> {
        let all = self.rest;
        if let Some(size) = T::fixed_size(self.version, self.pointer_size) {
            let length = size.checked_mul(count).ok_or(Missing)?;
            let (_, rest) = all.split_at_checked(length).ok_or(Missing)?;
            self.rest = rest;
        } else {
            // Every element takes a byte at least, or the end is reached: a wrong count ends here.
            for _ in 0..count {
                T::read(self)?;
            }
        }
        let length = all.len() - self.rest.len();
        let cursor = Cursor { rest: all.get(..length).unwrap_or_default(), count: 0, ..*self };
        Ok(Rows { cursor, count, element: PhantomData })
    }
}

/// The elements of an array, read one by one.
///
/// ```
/// use dotnet_events::runtime::heap::GCBulkNode;
///
/// fn bytes(bulk: &GCBulkNode<'_>) -> u64 {
///     bulk.Values.iter().map(|node| node.Size).sum()
/// }
/// ```
pub struct Rows<'a, T> {
    cursor: Cursor<'a>,
    count: usize,
    element: PhantomData<T>,
}

impl<'a, T: Record<'a>> Rows<'a, T> {
    /// The elements, in order.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = T> + use<'a, T> {
        let mut cursor = self.cursor;
        // All of them were seen to be there.
        (0..self.count).map_while(move |_| T::read(&mut cursor).ok())
    }

    /// The element with that number, from 0; `None` behind the end.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<T> {
        self.iter().nth(index)
    }
}

impl<'a, T> Rows<'a, T> {
    /// How many elements there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The elements as they lie in the payload.
    #[must_use]
    pub fn as_bytes(&self) -> &'a [u8] {
        self.cursor.rest
    }
}

impl<T> Clone for Rows<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Rows<'_, T> {}

impl<T> PartialEq for Rows<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        self.count == other.count && self.as_bytes() == other.as_bytes()
    }
}

impl<'a, T: Record<'a> + fmt::Debug> fmt::Debug for Rows<'a, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// A pointer of the traced process, as an array's element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pointer(
    /// The address.
    pub u64,
);

macro_rules! elements {
    ($($kind:ident $element:ident $read:expr;)*) => {$(
        impl<'a> Record<'a> for $element {
            const SPECS: &'static [FieldSpec] = &[FieldSpec::new("", Kind::$kind, None, 0, u32::MAX, None, None)];

            #[inline]
            fn read(cursor: &mut Cursor<'a>) -> Result<Self, Missing> {
                $read(cursor)
            }
        }
    )*};
}

elements! {
    U8 u8 Cursor::u8;
    U32 u32 Cursor::u32;
    U64 u64 Cursor::u64;
    Pointer Pointer |cursor: &mut Cursor<'a>| cursor.ptr().map(Pointer);
}

/// Text of one byte a character, borrowed from a payload. What is not UTF-8 shows as U+FFFD.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Text8<'a> {
    bytes: &'a [u8],
}

impl<'a> Text8<'a> {
    /// The bytes, without a terminator.
    #[must_use]
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

impl fmt::Display for Text8<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&String::from_utf8_lossy(self.bytes))
    }
}

impl fmt::Debug for Text8<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(self.bytes), f)
    }
}
