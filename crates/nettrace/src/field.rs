//! Fields of an event as its definition declares them.

use std::ops::Deref;

/// A field of an event or of a nested structure.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Field {
    /// Its name; may be empty.
    pub name: String,
    /// Its type.
    pub field_type: FieldType,
}

impl Field {
    /// A field with that name and type.
    #[must_use]
    pub fn new(name: impl Into<String>, field_type: FieldType) -> Self {
        Self { name: name.into(), field_type }
    }
}

/// The type of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldType {
    /// A boolean in four bytes, of which the first counts. See [`Event::fields`](crate::Event::fields) for writers that
    /// say so and write one.
    Bool32,
    /// A UTF-16 code unit.
    Char,
    /// A signed byte.
    I8,
    /// A byte.
    U8,
    /// A signed 16-bit integer.
    I16,
    /// An unsigned 16-bit integer.
    U16,
    /// A signed 32-bit integer.
    I32,
    /// An unsigned 32-bit integer.
    U32,
    /// A signed 64-bit integer.
    I64,
    /// An unsigned 64-bit integer.
    U64,
    /// A 32-bit floating point number.
    F32,
    /// A 64-bit floating point number.
    F64,
    /// A .NET decimal, which .NET writes as a 64-bit floating point number, though the format speaks of 16 bytes.
    Decimal,
    /// A time as a Windows FILETIME: 100 ns steps since 1601-01-01 UTC, 8 bytes.
    FileTime,
    /// A GUID.
    Guid,
    /// Zero-terminated UTF-16 text.
    String,
    /// Fields one after the other, without padding.
    Struct(Fields),
    /// A 16-bit count and so many elements. In version 6 an array of [`Utf8Unit`](Self::Utf8Unit) is text.
    Array(Box<FieldType>),
    /// A boolean in one byte (version 6).
    Bool8,
    /// A signed integer of up to 64 bits and variable length, zigzag over LEB128 (version 6).
    VarInt,
    /// An unsigned integer of up to 64 bits and variable length, LEB128 (version 6).
    VarUInt,
    /// A UTF-8 code unit (version 6).
    Utf8Unit,
    /// So many elements, without a count in the payload (version 6).
    FixedArray(Box<FieldType>, u16),
    /// An array elsewhere in the payload, found relative to the end of this field (version 6): 16 bits of offset, then 16
    /// bits of size in bytes. Its elements have a fixed size.
    RelativeLocation(Box<FieldType>),
    /// An array elsewhere in the payload, found relative to the payload's start (version 6): 16 bits of offset, then 16
    /// bits of size in bytes. Its elements have a fixed size.
    DataLocation(Box<FieldType>),
    /// A boolean in four bytes, all of which count. No stream says so of a field; the runtime's own events have them.
    WideBool,
    /// Zero-terminated text of bytes, usually UTF-8. In the runtime's own events only.
    Text8,
    /// An unsigned 16-bit integer, the number of elements of each [`Counted`](Self::Counted) that follows it in the same
    /// structure, up to the next count. In the runtime's own events only.
    Count16,
    /// An unsigned 32-bit integer, a number of elements like [`Count16`](Self::Count16).
    Count32,
    /// As many elements as the last count before it in the same structure says, none without one. In the runtime's own
    /// events only.
    Counted(Box<FieldType>),
}

impl FieldType {
    /// Bytes of a value, when they do not depend on the value.
    #[must_use]
    pub fn fixed_size(&self) -> Option<usize> {
        match self {
            Self::I8 | Self::U8 | Self::Bool8 | Self::Utf8Unit => Some(1),
            Self::Char | Self::I16 | Self::U16 | Self::Count16 => Some(2),
            Self::Bool32
            | Self::I32
            | Self::U32
            | Self::F32
            | Self::WideBool
            | Self::Count32
            | Self::RelativeLocation(_)
            | Self::DataLocation(_) => Some(4),
            Self::I64 | Self::U64 | Self::F64 | Self::Decimal | Self::FileTime => Some(8),
            Self::Guid => Some(16),
            Self::String | Self::Array(_) | Self::VarInt | Self::VarUInt | Self::Text8 | Self::Counted(_) => {
                None
            }
            Self::Struct(fields) => fields.fixed_size,
            // So that a value without a fixed size has bytes: an array of many cannot fit in nothing.
            Self::FixedArray(_, 0) => Some(0),
            Self::FixedArray(element, count) => element.fixed_size()?.checked_mul(usize::from(*count)),
        }
    }

    /// Fewest bytes of a value. Positive for every type without a fixed size that a stream can declare.
    pub(crate) fn min_size(&self) -> usize {
        match self {
            Self::String | Self::Array(_) => 2,
            Self::VarInt | Self::VarUInt | Self::Text8 => 1,
            Self::Struct(fields) => fields.min_size,
            Self::FixedArray(element, count) => element.min_size().saturating_mul(usize::from(*count)),
            _ => self.fixed_size().unwrap_or(0),
        }
    }
}

/// A list of fields, in payload order. A slice of [`Field`] with lookup by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    list: Vec<Field>,
    fixed_size: Option<usize>,
    min_size: usize,
}

impl Fields {
    pub(crate) fn new(list: Vec<Field>) -> Self {
        let fixed_size =
            list.iter().try_fold(0usize, |size, field| size.checked_add(field.field_type.fixed_size()?));
        let min_size =
            list.iter().fold(0usize, |size, field| size.saturating_add(field.field_type.min_size()));
        Self { list, fixed_size, min_size }
    }

    /// Bytes of all values together, when they do not depend on the values.
    pub(crate) fn fixed_size(&self) -> Option<usize> {
        self.fixed_size
    }

    /// Position of the field with that name.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.list.iter().position(|field| field.name == name)
    }
}

impl Default for Fields {
    /// No fields.
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl From<Vec<Field>> for Fields {
    fn from(list: Vec<Field>) -> Self {
        Self::new(list)
    }
}

impl FromIterator<Field> for Fields {
    fn from_iter<I: IntoIterator<Item = Field>>(list: I) -> Self {
        Self::new(list.into_iter().collect())
    }
}

impl Deref for Fields {
    type Target = [Field];

    fn deref(&self) -> &[Field] {
        &self.list
    }
}

impl<'a> IntoIterator for &'a Fields {
    type Item = &'a Field;
    type IntoIter = std::slice::Iter<'a, Field>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}
