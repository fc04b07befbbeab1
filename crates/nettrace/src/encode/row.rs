//! A definition of an event in version 6: a row of a metadata block.

use crate::encode::field_type::type_code;
use crate::encode::put::Put;
use crate::encode::{EncodeError, Version};
use crate::field::{Field, FieldType};
use crate::metadata::Metadata;
use crate::row::kind;

/// Writes a row with its size. After an error `out` has bytes that mean nothing behind what it had before.
pub(super) fn write(metadata: &Metadata, id: u32, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let version = u8::try_from(metadata.version)
        .map_err(|_| EncodeError::NotInVersion { version: Version::V6, what: "event versions above 255" })?;
    sized(out, "a definition", |out| {
        out.put_var(id.into());
        out.put_utf8(&metadata.provider);
        out.put_var(metadata.event_id.into());
        out.put_utf8(&metadata.event_name);
        write_fields(&metadata.fields, out)?;
        sized(out, "what is said of an event", |out| {
            write_options(metadata, version, out);
            Ok(())
        })
    })
}

fn write_fields(fields: &[Field], out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let max = usize::from(u16::MAX);
    let count = u16::try_from(fields.len()).map_err(|_| EncodeError::TooLarge {
        what: "a list of fields",
        size: fields.len(),
        max,
    })?;
    out.put_u16(count);
    fields.iter().try_for_each(|field| {
        sized(out, "a field", |out| {
            out.put_utf8(&field.name);
            write_type(&field.field_type, out)
        })
    })
}

fn write_type(field_type: &FieldType, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let unreadable = match field_type {
        // Readers tell the number of elements from their size.
        FieldType::RelativeLocation(element) | FieldType::DataLocation(element) => {
            element.fixed_size().is_none_or(|size| size == 0)
        }
        FieldType::FixedArray(element, _) => element.min_size() == 0,
        _ => false,
    };
    if unreadable {
        let what = "arrays in such a place of elements of such a type";
        return Err(EncodeError::NotInVersion { version: Version::V6, what });
    }
    // All codes are below 27.
    let [code, ..] = type_code(field_type).to_le_bytes();
    out.put_u8(code);
    match field_type {
        FieldType::Struct(fields) => write_fields(fields, out),
        FieldType::Array(element)
        | FieldType::RelativeLocation(element)
        | FieldType::DataLocation(element) => write_type(element, out),
        FieldType::FixedArray(element, count) => {
            write_type(element, out)?;
            out.put_u16(*count);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// What may follow the fields; what is as readers assume it is left out.
fn write_options(metadata: &Metadata, version: u8, out: &mut Vec<u8>) {
    if let Some(opcode) = metadata.opcode {
        out.put(&[kind::OPCODE, opcode]);
    }
    if metadata.keywords != 0 {
        out.put_u8(kind::KEYWORDS);
        out.put_u64(metadata.keywords);
    }
    if let Some(template) = &metadata.message_template {
        out.put_u8(kind::MESSAGE_TEMPLATE);
        out.put_utf8(template);
    }
    if let Some(description) = &metadata.description {
        out.put_u8(kind::DESCRIPTION);
        out.put_utf8(description);
    }
    for (key, value) in &metadata.attributes {
        out.put_u8(kind::ATTRIBUTE);
        out.put_utf8(key);
        out.put_utf8(value);
    }
    if let Some(guid) = &metadata.provider_guid {
        out.put_u8(kind::PROVIDER_GUID);
        out.put_guid(guid);
    }
    if metadata.level != 0 {
        out.put(&[kind::LEVEL, metadata.level]);
    }
    if version != 0 {
        out.put(&[kind::VERSION, version]);
    }
}

/// A 16-bit size in front of what `write` writes.
pub(super) fn sized(
    out: &mut Vec<u8>,
    what: &'static str,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let at = out.len();
    out.put_u16(0);
    let start = out.len();
    write(out)?;
    let size = out.len() - start;
    let max = usize::from(u16::MAX);
    let size = u16::try_from(size).map_err(|_| EncodeError::TooLarge { what, size, max })?;
    if let Some(room) = out.get_mut(at..).and_then(|out| out.first_chunk_mut()) {
        *room = size.to_le_bytes();
    }
    Ok(())
}
