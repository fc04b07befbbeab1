//! Reading a definition of an event: NetTrace 6, row of a metadata block.

use crate::booleans::Narrow;
use crate::cursor::{Cursor, Stop};
use crate::definition::{self, MAX_DEPTH, MAX_FIELDS, code};
use crate::field::{Field, FieldType, Fields};
use crate::metadata::Metadata;

/// Codes of field types that version 6 adds.
pub(crate) mod code_v6 {
    pub(crate) const VAR_INT: u32 = 20;
    pub(crate) const VAR_UINT: u32 = 21;
    pub(crate) const FIXED_ARRAY: u32 = 22;
    pub(crate) const UTF8_UNIT: u32 = 23;
    pub(crate) const RELATIVE_LOCATION: u32 = 24;
    pub(crate) const DATA_LOCATION: u32 = 25;
    pub(crate) const BOOL8: u32 = 26;
}

/// Kinds of what may follow the fields.
pub(crate) mod kind {
    pub(crate) const OPCODE: u8 = 1;
    pub(crate) const KEYWORDS: u8 = 3;
    pub(crate) const MESSAGE_TEMPLATE: u8 = 4;
    pub(crate) const DESCRIPTION: u8 = 5;
    pub(crate) const ATTRIBUTE: u8 = 6;
    pub(crate) const PROVIDER_GUID: u8 = 7;
    pub(crate) const LEVEL: u8 = 8;
    pub(crate) const VERSION: u8 = 9;
}

/// A row, and how much of it was understood.
pub(crate) struct Row {
    pub(crate) metadata: Metadata,
    /// Why its fields could not be read; what they are is left out then.
    pub(crate) fields: Result<(), Stop>,
    /// Whether all that follows the fields was understood; what was not, and what follows it, is left out.
    pub(crate) complete: bool,
}

/// Reads a row without its size. Only what identifies the event must be there. Bytes after what is known are left.
pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Row, Stop> {
    let id = cursor.var_u32()?;
    if id == 0 {
        return Err(Stop::Malformed("a metadata id is not positive"));
    }
    let fingerprint = definition::fingerprint(cursor.rest());
    let provider = cursor.utf8()?.into_owned();
    let event_id = cursor.var_u32()?;
    let event_name = cursor.utf8()?.into_owned();
    let mut metadata = Metadata {
        id,
        index: 0,
        provider,
        event_id,
        event_name,
        version: 0,
        level: 0,
        keywords: 0,
        opcode: None,
        fields: Fields::default(),
        fields_unreadable: false,
        provider_guid: None,
        message_template: None,
        description: None,
        attributes: Vec::new(),
        fingerprint,
        narrow: Narrow::default(),
    };
    let mut left = MAX_FIELDS;
    let mut list = *cursor;
    let fields = read_fields(&mut list, 0, &mut left).map(|list| metadata.fields = Fields::new(list));
    // Every field says how long it is, so what follows is found even where a field cannot be read.
    let behind = skip_fields(cursor);
    metadata.fields_unreadable = fields.is_err();
    let complete = match behind {
        Ok(()) => read_options(cursor, &mut metadata).unwrap_or(false),
        Err(_) => false,
    };
    Ok(Row { metadata, fields, complete })
}

fn skip_fields(cursor: &mut Cursor<'_>) -> Result<(), Stop> {
    for _ in 0..cursor.u16()? {
        let size = cursor.u16()?;
        cursor.take(size.into())?;
    }
    Ok(())
}

fn read_fields(cursor: &mut Cursor<'_>, depth: u32, left: &mut u32) -> Result<Vec<Field>, Stop> {
    let count = u32::from(cursor.u16()?);
    *left = left.checked_sub(count).ok_or(Stop::Malformed("the number of fields is out of range"))?;
    let mut field = || {
        let size = cursor.u16()?;
        // What lies between the type and the field's end is skipped.
        let mut field = Cursor::new(cursor.take(size.into())?);
        let name = field.utf8()?.into_owned();
        let field_type = read_type(&mut field, depth, left)?;
        Ok(Field { name, field_type })
    };
    (0..count).map(|_| field()).collect()
}

fn read_type(cursor: &mut Cursor<'_>, depth: u32, left: &mut u32) -> Result<FieldType, Stop> {
    if depth > MAX_DEPTH {
        return Err(Stop::Malformed("fields are nested too deeply"));
    }
    Ok(match u32::from(cursor.u8()?) {
        code::STRUCT => FieldType::Struct(Fields::new(read_fields(cursor, depth + 1, left)?)),
        code::ARRAY => FieldType::Array(Box::new(read_type(cursor, depth + 1, left)?)),
        code_v6::VAR_INT => FieldType::VarInt,
        code_v6::VAR_UINT => FieldType::VarUInt,
        code_v6::FIXED_ARRAY => {
            let element = read_type(cursor, depth + 1, left)?;
            let count = cursor.u16()?;
            // Elements without bytes could be any number of them in no payload at all.
            if element.min_size() == 0 {
                return Err(Stop::Malformed("the elements of an array of fixed length have no bytes"));
            }
            FieldType::FixedArray(Box::new(element), count)
        }
        code_v6::UTF8_UNIT => FieldType::Utf8Unit,
        code_v6::RELATIVE_LOCATION => {
            FieldType::RelativeLocation(Box::new(read_located(cursor, depth + 1, left)?))
        }
        code_v6::DATA_LOCATION => FieldType::DataLocation(Box::new(read_located(cursor, depth + 1, left)?)),
        code_v6::BOOL8 => FieldType::Bool8,
        code => definition::simple_type(code).ok_or(Stop::Malformed("a field's type is unknown"))?,
    })
}

/// The type of the elements of an array that is elsewhere in the payload: their number follows from its size in bytes.
fn read_located(cursor: &mut Cursor<'_>, depth: u32, left: &mut u32) -> Result<FieldType, Stop> {
    let element = read_type(cursor, depth, left)?;
    match element.fixed_size() {
        Some(1..) => Ok(element),
        _ => Err(Stop::Malformed("the elements of an array elsewhere in the payload have no fixed size")),
    }
}

/// Reads what may follow the fields. `false` when there is something of unknown kind, which has no size and ends it.
fn read_options(cursor: &mut Cursor<'_>, metadata: &mut Metadata) -> Result<bool, Stop> {
    if cursor.remaining() == 0 {
        return Ok(true);
    }
    let size = cursor.u16()?;
    let mut options = Cursor::new(cursor.take(size.into())?);
    while options.remaining() > 0 {
        match options.u8()? {
            kind::OPCODE => metadata.opcode = Some(options.u8()?),
            kind::KEYWORDS => metadata.keywords = options.u64()?,
            kind::MESSAGE_TEMPLATE => metadata.message_template = Some(options.utf8()?.into_owned()),
            kind::DESCRIPTION => metadata.description = Some(options.utf8()?.into_owned()),
            kind::ATTRIBUTE => {
                let key = options.utf8()?.into_owned();
                metadata.attributes.push((key, options.utf8()?.into_owned()));
            }
            kind::PROVIDER_GUID => metadata.provider_guid = Some(options.guid()?),
            kind::LEVEL => metadata.level = options.u8()?,
            kind::VERSION => metadata.version = options.u8()?.into(),
            _ => return Ok(false),
        }
    }
    Ok(true)
}
