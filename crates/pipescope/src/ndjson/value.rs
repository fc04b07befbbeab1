//! Values of payloads as JSON.
//!
//! | value | JSON |
//! |---|---|
//! | integer | number, also one of 64 bits |
//! | floating point | number; `null` where it is none (infinite, not a number) |
//! | text, character | text |
//! | GUID, FILETIME | text: with hyphens; RFC 3339 |
//! | bytes | text: two hexadecimal digits each |
//! | structure, array | object, array |

use std::fmt;

use nettrace::{Array, FieldError, FieldType, Struct, Value};

use super::keys::Keys;
use super::text::{push, push_guid, push_hex, push_utf8, push_utf16};
use super::time::push_file_time;

/// Bytes of lines that are not passed on yet beyond which no further field or element is written. Real events come nowhere
/// near; long names in front of small values could make any amount of text of a short payload.
const MAX_LINE: usize = 64 << 20;

/// Why a payload was not written to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unreadable {
    /// The field, with those it is inside of before it: `outer.inner`.
    pub(super) field: String,
    /// What is wrong with it.
    pub(super) why: Why,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Why {
    /// The payload does not hold it.
    Damaged(FieldError),
    /// What is there of it makes the line as long as a line may become.
    TooLong,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.why {
            Why::Damaged(error) => write!(f, "{}: {error}", self.field),
            Why::TooLong => write!(f, "{}: too long to be written", self.field),
        }
    }
}

/// The fields of a payload as an object. What can be read is written, also when the rest cannot: the object is closed in
/// any case.
pub(super) fn push_fields(out: &mut Vec<u8>, fields: &Struct<'_>, keys: &Keys) -> Result<(), Unreadable> {
    out.push(b'{');
    let result = push_members(out, fields, keys, &mut true);
    out.push(b'}');
    result
}

fn push_members(
    out: &mut Vec<u8>,
    fields: &Struct<'_>,
    keys: &Keys,
    is_first: &mut bool,
) -> Result<(), Unreadable> {
    for (position, (field, value)) in fields.values().enumerate() {
        let Some(key) = keys.get(position) else { break };
        let inside = |mut unreadable: Unreadable| {
            if !field.name.is_empty() {
                unreadable.field = format!("{}.{}", field.name, unreadable.field);
            }
            unreadable
        };
        let value =
            value.map_err(|error| Unreadable { field: field.name.clone(), why: Why::Damaged(error) })?;
        if out.len() > MAX_LINE {
            return Err(Unreadable { field: field.name.clone(), why: Why::TooLong });
        }
        if let (true, Value::Struct(inner)) = (key.text.is_empty(), &value) {
            push_members(out, inner, &key.inner, is_first).map_err(inside)?;
            continue;
        }
        if !std::mem::take(is_first) {
            out.push(b',');
        }
        out.extend_from_slice(&key.text);
        match value {
            Value::Struct(inner) => push_fields(out, &inner, &key.inner).map_err(inside)?,
            Value::Array(array) => push_array(out, &array, &key.inner)
                .map_err(|(index, inner)| within_array(&field.name, index, inner))?,
            value => push_scalar(out, &value),
        }
    }
    Ok(())
}

/// Where in an array something cannot be read: the element's index, and the place inside of it.
type InArray = (usize, Unreadable);

fn within_array(name: &str, index: usize, mut inner: Unreadable) -> Unreadable {
    let dot = if inner.field.is_empty() || inner.field.starts_with('[') { "" } else { "." };
    inner.field = format!("{name}[{index}]{dot}{}", inner.field);
    inner
}

fn push_array(out: &mut Vec<u8>, array: &Array<'_>, keys: &Keys) -> Result<(), InArray> {
    if let Some(text) = array.text() {
        push_utf16(out, text);
    } else if let Some(text) = array.utf8() {
        push_utf8(out, text);
    } else if matches!(array.element_type(), FieldType::U8) {
        // The number of bytes was checked when the array was made: each of them is there.
        push_hex(
            out,
            array.values().map_while(|value| if let Ok(Value::U8(byte)) = value { Some(byte) } else { None }),
        );
    } else if array.element_type().fixed_size() == Some(0) {
        // However many there are, they say nothing: a few bytes of payload must not become a mountain of text.
        out.extend_from_slice(b"[]");
    } else {
        out.push(b'[');
        let result = push_elements(out, array, keys);
        out.push(b']');
        return result;
    }
    Ok(())
}

fn push_elements(out: &mut Vec<u8>, array: &Array<'_>, keys: &Keys) -> Result<(), InArray> {
    for (index, value) in array.values().enumerate() {
        let unreadable = |why| (index, Unreadable { field: String::new(), why });
        let value = value.map_err(|error| unreadable(Why::Damaged(error)))?;
        if out.len() > MAX_LINE {
            return Err(unreadable(Why::TooLong));
        }
        if index > 0 {
            out.push(b',');
        }
        match value {
            Value::Struct(inner) => push_fields(out, &inner, keys).map_err(|inner| (index, inner))?,
            Value::Array(inner) => push_array(out, &inner, keys)
                .map_err(|(inner_index, inner)| (index, within_array("", inner_index, inner)))?,
            value => push_scalar(out, &value),
        }
    }
    Ok(())
}

/// A value that has no parts.
fn push_scalar(out: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Bool(value) => push(out, value),
        Value::I8(value) => push(out, value),
        Value::U8(value) => push(out, value),
        Value::I16(value) => push(out, value),
        Value::U16(value) => push(out, value),
        Value::I32(value) => push(out, value),
        Value::U32(value) => push(out, value),
        Value::I64(value) => push(out, value),
        Value::U64(value) => push(out, value),
        Value::F32(value) => push(out, value),
        Value::F64(value) => push(out, value),
        Value::Char(unit) => push_utf16(out, nettrace::Utf16::from_bytes(&unit.to_le_bytes())),
        Value::Utf8Unit(unit) => push_utf8(out, &[*unit]),
        Value::String(text) => push_utf16(out, *text),
        Value::Guid(guid) => push_guid(out, *guid),
        Value::FileTime(time) => push_file_time(out, *time),
        // Structures and arrays are written by those who know their keys; there are no other values today.
        _ => push(out, &()),
    }
}
