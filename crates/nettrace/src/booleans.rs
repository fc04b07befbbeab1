//! Booleans that take one byte where their definition says four.
//!
//! .NET writes the booleans of an `EventSource` in four bytes when the source describes itself by a manifest, and in one
//! byte when its events describe themselves (`EtwSelfDescribingEventFormat`, `EventSource.Write`). Definitions say the
//! same of both: type 3, Boolean. Seen in streams of .NET Core 3.1 and .NET 9; the tests have their bytes. Writers write
//! payloads that end with their last value, so the length of a payload tells.

use crate::field::{Field, FieldType, Fields};
use crate::structure::Struct;

/// The fields of a definition with booleans of one byte, where it has booleans of four.
///
/// It follows from the fields, so it makes no difference between two definitions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Narrow(Option<Box<Fields>>);

impl PartialEq for Narrow {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Narrow {}

impl Narrow {
    pub(crate) fn of(fields: &Fields) -> Self {
        Self(narrow_fields(fields).map(Box::new))
    }

    pub(crate) fn fields(&self) -> &[Field] {
        self.0.as_deref().map_or(&[], |fields| fields)
    }

    /// Whichever of `fields` and their narrow form is that of the payload. `fields` when it is not clear.
    #[inline]
    pub(crate) fn choose<'a>(&'a self, fields: &'a Fields, payload: &'a [u8]) -> &'a Fields {
        match &self.0 {
            Some(narrow) if !fits(fields, payload) && fits(narrow, payload) => narrow,
            _ => fields,
        }
    }
}

/// Whether the values are as long as the payload.
fn fits(fields: &Fields, payload: &[u8]) -> bool {
    match fields.fixed_size() {
        Some(size) => size == payload.len(),
        // Text without its end would reach the payload's end from anywhere.
        None if ends_with_text(fields) && !payload.ends_with(&[0, 0]) => false,
        None => Struct::new(fields, payload).end().is_ok_and(<[u8]>::is_empty),
    }
}

fn ends_with_text(fields: &Fields) -> bool {
    let is_text = |field_type: &FieldType| match field_type {
        FieldType::String => true,
        FieldType::Struct(fields) => ends_with_text(fields),
        _ => false,
    };
    fields.last().is_some_and(|last| match &last.field_type {
        FieldType::Array(element) | FieldType::FixedArray(element, _) => is_text(element),
        last => is_text(last),
    })
}

/// `None` when there are no booleans of four bytes.
fn narrow_fields(fields: &Fields) -> Option<Fields> {
    if !fields.iter().any(|field| is_wide(&field.field_type)) {
        return None;
    }
    let narrow = |field: &Field| Field::new(field.name.as_str(), narrow_type(&field.field_type));
    Some(fields.iter().map(narrow).collect())
}

fn is_wide(field_type: &FieldType) -> bool {
    match field_type {
        FieldType::Bool32 => true,
        FieldType::Struct(fields) => fields.iter().any(|field| is_wide(&field.field_type)),
        FieldType::Array(element) | FieldType::FixedArray(element, _) => is_wide(element),
        _ => false,
    }
}

fn narrow_type(field_type: &FieldType) -> FieldType {
    match field_type {
        FieldType::Bool32 => FieldType::Bool8,
        FieldType::Struct(fields) => {
            FieldType::Struct(narrow_fields(fields).unwrap_or_else(|| fields.clone()))
        }
        FieldType::Array(element) => FieldType::Array(Box::new(narrow_type(element))),
        FieldType::FixedArray(element, count) => {
            FieldType::FixedArray(Box::new(narrow_type(element)), *count)
        }
        other => other.clone(),
    }
}
