//! A definition of an event in version 4: NetTrace 4, metadata event payload, with the tags of what is called version 5.

use crate::definition::tag;
use crate::encode::field_type::{has_array, is_in_version_4, type_code};
use crate::encode::put::Put;
use crate::encode::{EncodeError, Version};
use crate::field::{Field, FieldType};
use crate::metadata::Metadata;

/// Whether version 4 can describe the fields of an event.
pub(super) fn has_fields_of_version_4(metadata: &Metadata) -> bool {
    metadata.fields.iter().all(|field| is_in_version_4(&field.field_type))
}

/// Refuses what version 4 cannot say of an event.
pub(super) fn check(metadata: &Metadata) -> Result<(), EncodeError> {
    let attributes = !metadata.attributes.is_empty();
    let refusals = [
        (metadata.provider_guid.is_some(), "GUIDs of providers"),
        (metadata.message_template.is_some(), "message templates"),
        (metadata.description.is_some(), "descriptions of events"),
        (attributes, "attributes of events"),
        (!has_fields_of_version_4(metadata), "fields of such a type"),
        (has_zero(&metadata.provider) || has_zero(&metadata.event_name), "names with a zero character"),
        (metadata.fields.iter().any(field_has_zero), "names with a zero character"),
    ];
    match refusals.iter().find(|(refused, _)| *refused) {
        Some((_, what)) => Err(EncodeError::NotInVersion { version: Version::V4, what }),
        None => Ok(()),
    }
}

fn has_zero(text: &str) -> bool {
    text.contains('\0')
}

fn field_has_zero(field: &Field) -> bool {
    fn type_has_zero(field_type: &FieldType) -> bool {
        match field_type {
            FieldType::Struct(fields) => fields.iter().any(field_has_zero),
            FieldType::Array(element) => type_has_zero(element),
            _ => false,
        }
    }
    has_zero(&field.name) || type_has_zero(&field.field_type)
}

/// Writes a definition that was checked.
pub(super) fn write(metadata: &Metadata, id: u32, out: &mut Vec<u8>) {
    out.put_u32(id);
    out.put_utf16_z(&metadata.provider);
    out.put_u32(metadata.event_id);
    out.put_utf16_z(&metadata.event_name);
    out.put_u64(metadata.keywords);
    out.put_u32(metadata.version);
    out.put_u32(metadata.level.into());
    let fields = &metadata.fields;
    let has_array = fields.iter().any(|field| has_array(&field.field_type));
    write_list(if has_array { &[] } else { fields }, out, write_old_field);
    if let Some(opcode) = metadata.opcode {
        put_tag(tag::OPCODE, out, |out| out.put_u8(opcode));
    }
    if has_array {
        put_tag(tag::PARAMETERS, out, |out| write_list(fields, out, write_new_field));
    }
}

/// A count and so many fields.
fn write_list(fields: &[Field], out: &mut Vec<u8>, write: fn(&Field, &mut Vec<u8>)) {
    out.put_u32(u32::try_from(fields.len()).unwrap_or(u32::MAX));
    for field in fields {
        write(field, out);
    }
}

/// Type, then name; no arrays.
fn write_old_field(field: &Field, out: &mut Vec<u8>) {
    out.put_u32(type_code(&field.field_type));
    if let FieldType::Struct(fields) = &field.field_type {
        write_list(fields, out, write_old_field);
    }
    out.put_utf16_z(&field.name);
}

/// Size, which counts itself, name, then type.
fn write_new_field(field: &Field, out: &mut Vec<u8>) {
    let at = out.len();
    out.put_u32(0);
    out.put_utf16_z(&field.name);
    write_new_type(&field.field_type, out);
    let size = out.len() - at;
    set_size(out, at, size);
}

fn write_new_type(field_type: &FieldType, out: &mut Vec<u8>) {
    out.put_u32(type_code(field_type));
    match field_type {
        FieldType::Struct(fields) => write_list(fields, out, write_new_field),
        FieldType::Array(element) => write_new_type(element, out),
        _ => {}
    }
}

/// The size of the data, the kind, the data.
fn put_tag(kind: u8, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.put_u32(0);
    out.put_u8(kind);
    let start = out.len();
    write(out);
    let size = out.len() - start;
    set_size(out, at, size);
}

/// Sets a size for which room was left.
fn set_size(out: &mut [u8], at: usize, size: usize) {
    let size = u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes();
    if let Some(room) = out.get_mut(at..).and_then(|out| out.first_chunk_mut()) {
        *room = size;
    }
}
