//! Codes of the types of fields, from the tables that readers use.

use crate::definition::{code, simple_type};
use crate::field::FieldType;
use crate::row::code_v6;

/// Codes of types that all versions know and that contain no others.
const SIMPLE_CODES: std::ops::RangeInclusive<u32> = 3..=18;

/// The code of a type, in whatever version has it.
pub(super) fn type_code(field_type: &FieldType) -> u32 {
    match field_type {
        FieldType::Struct(_) => code::STRUCT,
        FieldType::Array(_) => code::ARRAY,
        FieldType::VarInt => code_v6::VAR_INT,
        FieldType::VarUInt => code_v6::VAR_UINT,
        FieldType::FixedArray(..) => code_v6::FIXED_ARRAY,
        FieldType::Utf8Unit => code_v6::UTF8_UNIT,
        FieldType::RelativeLocation(_) => code_v6::RELATIVE_LOCATION,
        FieldType::DataLocation(_) => code_v6::DATA_LOCATION,
        FieldType::Bool8 => code_v6::BOOL8,
        simple => SIMPLE_CODES
            .into_iter()
            .find(|code| simple_type(*code).as_ref() == Some(simple))
            .unwrap_or(u32::MAX),
    }
}

/// Whether version 4 can describe a type.
pub(super) fn is_in_version_4(field_type: &FieldType) -> bool {
    match field_type {
        FieldType::Struct(fields) => fields.iter().all(|field| is_in_version_4(&field.field_type)),
        FieldType::Array(element) => is_in_version_4(element),
        simple => SIMPLE_CODES.contains(&type_code(simple)),
    }
}

/// Whether a type is an array or has one within, which needs the newer form of describing fields in version 4.
pub(super) fn has_array(field_type: &FieldType) -> bool {
    match field_type {
        FieldType::Struct(fields) => fields.iter().any(|field| has_array(&field.field_type)),
        FieldType::Array(_) => true,
        _ => false,
    }
}
