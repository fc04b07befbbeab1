//! Lists of fields as their writers describe them, in the three forms that there are.

use nettrace::{FieldType, Fields};

use crate::choices::Choices;
use crate::stream::Bytes;
use crate::stream6::{bytes, sized, text};

/// How fields are described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Version 4: type, then name.
    Old,
    /// The tag of what is called version 5: size, name, type.
    New,
    /// Version 6.
    Six,
}

/// Names of fields. Some come twice, some are empty.
const NAMES: &[&str] = &["", "a", "b", "name", "v\u{e4}lue", "a"];

/// Codes of types that stand for themselves, in all versions and in version 6.
const SIMPLE: std::ops::RangeInclusive<u8> = 3..=18;
const SIMPLE_V6: &[u8] = &[20, 21, 23, 26];

mod code {
    pub(super) const STRUCT: u8 = 1;
    pub(super) const I32: u8 = 9;
    pub(super) const ARRAY: u8 = 19;
    pub(super) const FIXED_ARRAY: u8 = 22;
    pub(super) const RELATIVE_LOCATION: u8 = 24;
    pub(super) const DATA_LOCATION: u8 = 25;
}

#[derive(Debug)]
pub(crate) struct Described {
    name: &'static str,
    field_type: Type,
}

#[derive(Debug)]
enum Type {
    Simple(u8),
    Struct(Vec<Described>),
    Array(Box<Type>),
    Fixed(Box<Type>, u16),
    /// Of one of two codes.
    Elsewhere(u8, Box<Type>),
}

/// Some fields that a reader must understand.
pub(crate) fn fields(choices: &mut Choices<'_>, form: Form, depth: u32) -> Vec<Described> {
    let count = choices.byte() % 6;
    (0..count)
        .map(|_| Described { name: choices.of(NAMES), field_type: field_type(choices, form, depth) })
        .collect()
}

fn field_type(choices: &mut Choices<'_>, form: Form, depth: u32) -> Type {
    let code = choices.byte() % 27;
    let nested = depth < 4;
    match code {
        code::STRUCT if nested => Type::Struct(fields(choices, form, depth + 1)),
        code::ARRAY if nested && form != Form::Old => {
            Type::Array(Box::new(field_type(choices, form, depth + 1)))
        }
        code::FIXED_ARRAY if nested && form == Form::Six => {
            let element = field_type(choices, form, depth + 1);
            // Elements without bytes are refused.
            let element = if takes_bytes(&element) { element } else { Type::Simple(code::I32) };
            Type::Fixed(Box::new(element), u16::from(choices.byte()) * 5)
        }
        code::RELATIVE_LOCATION | code::DATA_LOCATION if form == Form::Six => {
            // Up to GUIDs all have a fixed size.
            Type::Elsewhere(code, Box::new(Type::Simple(3 + choices.byte() % 15)))
        }
        code if SIMPLE.contains(&code) || (form == Form::Six && SIMPLE_V6.contains(&code)) => {
            Type::Simple(code)
        }
        _ => Type::Simple(code::I32),
    }
}

fn takes_bytes(field_type: &Type) -> bool {
    match field_type {
        Type::Struct(fields) => fields.iter().any(|field| takes_bytes(&field.field_type)),
        Type::Fixed(_, count) => *count > 0,
        Type::Simple(_) | Type::Array(_) | Type::Elsewhere(..) => true,
    }
}

/// The number of fields, and the fields.
pub(crate) fn write(fields: &[Described], form: Form, extra: &[u8]) -> Vec<u8> {
    bytes(|out| write_fields(out, fields, form, extra))
}

fn write_fields(out: &mut Bytes, fields: &[Described], form: Form, extra: &[u8]) {
    match form {
        Form::Old | Form::New => out.i32(fields.len() as i32),
        Form::Six => out.u16(fields.len() as u16),
    };
    for field in fields {
        match form {
            Form::Old => {
                write_type(out, &field.field_type, form, extra);
                out.text(field.name);
            }
            Form::New => {
                let inner = bytes(|out| {
                    out.text(field.name);
                    write_type(out, &field.field_type, form, extra);
                    out.raw(extra);
                });
                out.i32(4 + inner.len() as i32).raw(&inner);
            }
            Form::Six => sized(out, |out| {
                text(out, field.name);
                write_type(out, &field.field_type, form, extra);
                out.raw(extra);
            }),
        }
    }
}

fn write_type(out: &mut Bytes, field_type: &Type, form: Form, extra: &[u8]) {
    let code = |out: &mut Bytes, code: u8| {
        if form == Form::Six {
            out.u8(code);
        } else {
            out.i32(code.into());
        }
    };
    match field_type {
        Type::Simple(simple) => code(out, *simple),
        Type::Struct(fields) => {
            code(out, code::STRUCT);
            write_fields(out, fields, form, extra);
        }
        Type::Array(element) => {
            code(out, code::ARRAY);
            write_type(out, element, form, extra);
        }
        Type::Fixed(element, count) => {
            code(out, code::FIXED_ARRAY);
            write_type(out, element, form, extra);
            out.u16(*count);
        }
        Type::Elsewhere(kind, element) => {
            code(out, *kind);
            write_type(out, element, form, extra);
        }
    }
}

/// Whether a reader understood what was described.
pub(crate) fn is_understood(fields: &Fields, described: &[Described]) -> bool {
    fields.len() == described.len()
        && fields.iter().zip(described).all(|(field, described)| {
            field.name == described.name && is_type(&field.field_type, &described.field_type)
        })
}

fn is_type(found: &FieldType, described: &Type) -> bool {
    match (found, described) {
        (FieldType::Struct(fields), Type::Struct(described)) => is_understood(fields, described),
        (FieldType::Array(element), Type::Array(described)) => is_type(element, described),
        (FieldType::FixedArray(element, count), Type::Fixed(described, number)) => {
            count == number && is_type(element, described)
        }
        (FieldType::RelativeLocation(element), Type::Elsewhere(code::RELATIVE_LOCATION, described))
        | (FieldType::DataLocation(element), Type::Elsewhere(code::DATA_LOCATION, described)) => {
            is_type(element, described)
        }
        (found, Type::Simple(code)) => simple_code(found) == Some(*code),
        _ => false,
    }
}

fn simple_code(field_type: &FieldType) -> Option<u8> {
    Some(match field_type {
        FieldType::Bool32 => 3,
        FieldType::Char => 4,
        FieldType::I8 => 5,
        FieldType::U8 => 6,
        FieldType::I16 => 7,
        FieldType::U16 => 8,
        FieldType::I32 => 9,
        FieldType::U32 => 10,
        FieldType::I64 => 11,
        FieldType::U64 => 12,
        FieldType::F32 => 13,
        FieldType::F64 => 14,
        FieldType::Decimal => 15,
        FieldType::FileTime => 16,
        FieldType::Guid => 17,
        FieldType::String => 18,
        FieldType::VarInt => 20,
        FieldType::VarUInt => 21,
        FieldType::Utf8Unit => 23,
        FieldType::Bool8 => 26,
        _ => return None,
    })
}
