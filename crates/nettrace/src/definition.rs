//! Reading a definition of an event: NetTrace 4, metadata event payload, with the tags of what is called version 5.

use crate::booleans::Narrow;
use crate::cursor::{Cursor, Stop};
use crate::error::ErrorKind;
use crate::field::{Field, FieldType, Fields};
use crate::metadata::Metadata;

/// Codes of field types, numbered as .NET's `TypeCode` and beyond.
pub(crate) mod code {
    pub(crate) const STRUCT: u32 = 1;
    pub(crate) const ARRAY: u32 = 19;
}

/// The type with that code, if it is one that contains no others and is known to all versions.
pub(crate) fn simple_type(code: u32) -> Option<FieldType> {
    Some(match code {
        3 => FieldType::Bool32,
        4 => FieldType::Char,
        5 => FieldType::I8,
        6 => FieldType::U8,
        7 => FieldType::I16,
        8 => FieldType::U16,
        9 => FieldType::I32,
        10 => FieldType::U32,
        11 => FieldType::I64,
        12 => FieldType::U64,
        13 => FieldType::F32,
        14 => FieldType::F64,
        15 => FieldType::Decimal,
        16 => FieldType::FileTime,
        17 => FieldType::Guid,
        18 => FieldType::String,
        _ => return None,
    })
}

/// Kinds of tags after the fields.
pub(crate) mod tag {
    pub(crate) const OPCODE: u8 = 1;
    pub(crate) const PARAMETERS: u8 = 2;
}

/// Structures and arrays nested deeper than this are not read.
pub(crate) const MAX_DEPTH: u32 = 16;

/// Fields of one event, nested ones included; lists with more are not read.
pub(crate) const MAX_FIELDS: u32 = 1024;

/// Reads the definition that `blob` is.
pub(crate) fn parse(blob: &[u8]) -> Result<Metadata, ErrorKind> {
    read(&mut Cursor::new(blob)).map_err(|stop| ErrorKind::Malformed {
        reason: match stop {
            Stop::Short(_) => "a definition of an event is cut short",
            Stop::Malformed(reason) => reason,
        },
    })
}

/// Reads a definition. Only what identifies the event must be there; an illegible list of fields is left out and marked.
fn read(cursor: &mut Cursor<'_>) -> Result<Metadata, Stop> {
    let id = cursor.i32()?;
    let id = u32::try_from(id).ok().filter(|id| *id > 0);
    let id = id.ok_or(Stop::Malformed("a metadata id is not positive"))?;
    let fingerprint = fingerprint(cursor.rest());
    let provider = cursor.utf16_z()?.to_string();
    let event_id = cursor.u32()?;
    let event_name = cursor.utf16_z()?.to_string();
    let keywords = cursor.u64()?;
    let version = cursor.u32()?;
    let level = u8::try_from(cursor.i32()?).unwrap_or(u8::MAX);
    let mut details = Details::default();
    // A list that was read stays, whatever comes after it.
    let fields_unreadable = details.read(cursor).is_err() && details.fields.is_empty();
    let Details { fields, opcode } = details;
    Ok(Metadata {
        id,
        index: 0,
        provider,
        event_id,
        event_name,
        version,
        level,
        keywords,
        opcode,
        fields,
        fields_unreadable,
        provider_guid: None,
        message_template: None,
        description: None,
        attributes: Vec::new(),
        fingerprint,
        narrow: Narrow::default(),
    })
}

/// What follows the identifying part.
#[derive(Default)]
struct Details {
    fields: Fields,
    opcode: Option<u8>,
}

impl Details {
    fn read(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Stop> {
        if cursor.remaining() == 0 {
            // Minimal definitions end here.
            return Ok(());
        }
        let mut reader = FieldReader { left: MAX_FIELDS };
        self.fields = Fields::new(reader.list(cursor, 0, Layout::V1)?);
        while cursor.remaining() > 0 {
            let length = length(cursor.i32()?)?;
            let kind = cursor.u8()?;
            let mut data = Cursor::new(cursor.take(length)?);
            match kind {
                tag::OPCODE => self.opcode = Some(data.u8()?),
                tag::PARAMETERS => self.fields = Fields::new(reader.list(&mut data, 0, Layout::V2)?),
                _ => {}
            }
        }
        Ok(())
    }
}

/// The two ways in which fields are described.
#[derive(Clone, Copy)]
enum Layout {
    /// Type, then name; no arrays.
    V1,
    /// Size, name, then type; arrays.
    V2,
}

struct FieldReader {
    /// Fields that may still come.
    left: u32,
}

impl FieldReader {
    fn list(&mut self, cursor: &mut Cursor<'_>, depth: u32, layout: Layout) -> Result<Vec<Field>, Stop> {
        let count = u32::try_from(cursor.i32()?).ok().filter(|count| *count <= self.left);
        let count = count.ok_or(Stop::Malformed("the number of fields is out of range"))?;
        self.left -= count;
        (0..count).map(|_| self.field(cursor, depth, layout)).collect()
    }

    fn field(&mut self, cursor: &mut Cursor<'_>, depth: u32, layout: Layout) -> Result<Field, Stop> {
        match layout {
            Layout::V1 => {
                let field_type = self.field_type(cursor, depth, layout)?;
                let name = cursor.utf16_z()?.to_string();
                Ok(Field { name, field_type })
            }
            Layout::V2 => {
                // The size counts itself. What lies between the type and the size's end is skipped.
                let size = length(cursor.i32()?)?;
                let size = size.checked_sub(4).ok_or(Stop::Malformed("a field's size is too small"))?;
                let mut cursor = Cursor::new(cursor.take(size)?);
                let name = cursor.utf16_z()?.to_string();
                let field_type = self.field_type(&mut cursor, depth, layout)?;
                Ok(Field { name, field_type })
            }
        }
    }

    fn field_type(&mut self, cursor: &mut Cursor<'_>, depth: u32, layout: Layout) -> Result<FieldType, Stop> {
        if depth > MAX_DEPTH {
            return Err(Stop::Malformed("fields are nested too deeply"));
        }
        Ok(match (cursor.u32()?, layout) {
            (code::STRUCT, _) => FieldType::Struct(Fields::new(self.list(cursor, depth + 1, layout)?)),
            (code::ARRAY, Layout::V2) => {
                FieldType::Array(Box::new(self.field_type(cursor, depth + 1, layout)?))
            }
            (code, _) => simple_type(code).ok_or(Stop::Malformed("a field's type is unknown"))?,
        })
    }
}

fn length(value: i32) -> Result<usize, Stop> {
    usize::try_from(value).map_err(|_| Stop::Malformed("a length is negative"))
}

/// FNV-1a with 64 bits.
pub(crate) fn fingerprint(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
