//! How the tables of event sources are written, and what they become.
//!
//! They look like [those of the runtime](crate::runtime), with the same types:
//!
//! ```text
//! 2 RequestStop "Request/Stop" { statusCode: i32 since 1 }
//! ```
//!
//! | | |
//! |---|---|
//! | `since 1` | a field that version 1 brought |
//! | `since 0` | one that came without a change of version |
//! | `formerly Name` | one that some definitions call otherwise |
//!
//! But streams describe these events, and what a definition says rules. Where it has the known fields in their order, the
//! payload is read in one go, whatever follows; otherwise each field is looked for by its name, and must have a type that
//! holds the same values. What a definition does not have is `None`, or an error where all definitions known have it.

use nettrace::{Event, Field, FieldType, Struct, Utf16, Uuid, Value};

use crate::error::EventError;
use crate::runtime::table::{FieldSpec, Kind};

/// Whether it is the event with that name; a definition without a name goes by its id.
///
/// Ids are not enough: sources whose events describe themselves number them in the order of first use, and counters of the
/// others are numbered from their last id on, so that two events have that one.
#[inline]
pub(super) fn is(event: &Event<'_>, id: u32, symbol: &str) -> bool {
    let metadata = event.metadata;
    metadata.event_name == symbol || metadata.event_name.is_empty() && metadata.event_id == id
}

/// Whether the payload has the known fields in their order: the definition says so, or says nothing.
#[inline]
pub(super) fn is_as_known(specs: &[FieldSpec], event: &Event<'_>, declared: Struct<'_>) -> bool {
    let fields = declared.fields();
    agree(specs, event.version(), fields) || fields.is_empty() && event.metadata.fields.is_empty()
}

/// Whether the declared fields begin with the known ones.
fn agree(specs: &[FieldSpec], version: u32, declared: &[Field]) -> bool {
    let mut declared = declared.iter();
    let mut known = specs.iter().filter_map(|spec| Some((spec, spec.kind(version)?)));
    known.all(|(spec, kind)| {
        declared
            .next()
            .is_some_and(|field| spec.is_named(&field.name) && is_same(kind, version, &field.field_type))
    })
}

/// Whether both are the same bytes.
fn is_same(kind: &Kind, version: u32, declared: &FieldType) -> bool {
    match (kind, declared) {
        // Definitions have no unsigned numbers where they mean enumerations and flags.
        (Kind::U8, FieldType::U8 | FieldType::I8)
        | (Kind::U16, FieldType::U16 | FieldType::I16)
        | (Kind::U32 | Kind::I32, FieldType::U32 | FieldType::I32)
        | (Kind::U64 | Kind::I64, FieldType::U64 | FieldType::I64)
        | (Kind::F64, FieldType::F64)
        | (Kind::Guid, FieldType::Guid)
        | (Kind::Bool, FieldType::Bool32)
        | (Kind::Utf16, FieldType::String) => true,
        (Kind::Array16(element), FieldType::Array(declared)) => is_same(element, version, declared),
        (Kind::Fields(group), FieldType::Struct(declared)) => {
            group.len() == declared.len() && agree(group, version, declared)
        }
        _ => false,
    }
}

/// A value that is looked for by name.
pub(super) trait FromValue<'a>: Sized {
    /// `None` when it has another type.
    fn from_value(value: Value<'a>) -> Option<Self>;
}

/// The value of the field, `None` when the definition has no such field.
///
/// # Errors
///
/// When it is there and has another type, or the payload ends before.
pub(super) fn optional<'a, T: FromValue<'a>>(
    values: Struct<'a>,
    event: &'static str,
    names: [Option<&'static str>; 2],
) -> Result<Option<T>, EventError> {
    let found = names.into_iter().flatten().find_map(|name| match values.value(name) {
        Ok(None) => None,
        Ok(Some(value)) => Some(Ok((name, value))),
        Err(problem) => Some(Err(EventError::Field { event, field: name, problem })),
    });
    let Some(found) = found else { return Ok(None) };
    let (field, value) = found?;
    T::from_value(value).map(Some).ok_or(EventError::WrongType { event, field })
}

/// The value of a field that all definitions have.
///
/// # Errors
///
/// As [`optional`], and when it is not there.
pub(super) fn required<'a, T: FromValue<'a>>(
    values: Struct<'a>,
    event: &'static str,
    names: [Option<&'static str>; 2],
) -> Result<T, EventError> {
    let field = names.into_iter().flatten().next().unwrap_or_default();
    optional(values, event, names)?.ok_or(EventError::MissingField { event, field })
}

macro_rules! numbers {
    ($($number:ident)*) => {$(
        impl FromValue<'_> for $number {
            fn from_value(value: Value<'_>) -> Option<Self> {
                match value.as_i64() {
                    Some(number) => number.try_into().ok(),
                    None => value.as_u64()?.try_into().ok(),
                }
            }
        }
    )*};
}

numbers! { u8 i32 i64 }

impl FromValue<'_> for u32 {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            // Bits, whatever their sign.
            Value::I32(number) => Some(number.cast_unsigned()),
            value => value.as_u64()?.try_into().ok(),
        }
    }
}

impl FromValue<'_> for f64 {
    fn from_value(value: Value<'_>) -> Option<Self> {
        value.as_f64()
    }
}

impl FromValue<'_> for bool {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }
}

impl FromValue<'_> for Uuid {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Guid(value) => Some(value),
            _ => None,
        }
    }
}

impl<'a> FromValue<'a> for Utf16<'a> {
    fn from_value(value: Value<'a>) -> Option<Self> {
        value.as_text()
    }
}

/// A table of an event source; see the top of this file.
macro_rules! event_source {
    ($($id:literal $symbol:ident $name:literal { $($fields:tt)* })*) => {
        /// The events of this source.
        pub(super) static EVENTS: [$crate::runtime::table::EventSpec; [$($id),*].len()] = [$(
            $crate::runtime::table::EventSpec::new(
                $id,
                stringify!($symbol),
                $name,
                $crate::runtime::table::list!($($fields)*),
            )
        ),*];

        /// An event of this source.
        #[derive(Debug, Clone, Copy, PartialEq)]
        #[non_exhaustive]
        pub enum Event<'a> {
            $(
                #[doc = concat!("`", $name, "`.")]
                $symbol($symbol<'a>),
            )*
        }

        /// What an event of this source says; `None` for those that are none of these, such as its counters. Whether the
        /// event is of this source is for the caller to know, by its provider or [`Sources`](crate::Sources).
        ///
        /// # Errors
        ///
        /// As the `decode` of each structure.
        #[inline]
        #[must_use]
        pub fn decode<'a>(event: &::nettrace::Event<'a>) -> Option<Result<Event<'a>, $crate::EventError>> {
            $(
                if $crate::event_sources::table::is(event, $id, stringify!($symbol)) {
                    return Some($symbol::decode(event).map(Event::$symbol));
                }
            )*
            None
        }

        /// Shows the structure of an event; `None` when it has none here.
        pub(super) fn visit(
            event: &::nettrace::Event<'_>,
            visitor: &mut dyn FnMut(&dyn $crate::runtime::record::Structure),
        ) -> Option<Result<(), $crate::EventError>> {
            decode(event).map(|decoded| decoded.map(|decoded| match decoded {
                $(Event::$symbol(values) => visitor(&values),)*
            }))
        }

        $(
            $crate::runtime::table::record! {
                #[doc = concat!("`", $name, "`, event ", $id, ": `", stringify!($symbol), "`.")]
                $symbol { $($fields)* }
            }

            impl<'a> $symbol<'a> {
                /// Its id within its source, where the source has a manifest.
                pub const ID: u32 = $id;
                /// Its name for people.
                pub const NAME: &'static str = $name;

                /// The values of such an event, as its definition describes them. Which event it is [`decode`] can tell.
                ///
                /// # Errors
                ///
                /// When the payload is too short, or the definition does not have what all known ones have.
                #[inline]
                pub fn decode(event: &::nettrace::Event<'a>) -> Result<Self, $crate::EventError> {
                    let values = event.fields();
                    if $crate::event_sources::table::is_as_known(Self::FIELDS, event, values) {
                        let mut cursor = $crate::runtime::record::Cursor::new(event);
                        $crate::runtime::record::Record::read(&mut cursor)
                            .map_err(|$crate::runtime::record::Missing| cursor.error(stringify!($symbol)))
                    } else {
                        Self::by_name(values)
                    }
                }
            }

            $crate::event_sources::table::by_name! { $symbol { $($fields)* } }
        )*
    };
}

/// Reading an event whose definition is not as expected.
macro_rules! by_name {
    ($symbol:ident { $(
        $(#[$about:meta])*
        $name:ident : $kind:tt $([$($element:tt)*])? $(as $enumeration:ident)?
        $(since $since:tt)? $(formerly $former:ident)?
    ),* $(,)? }) => {
        impl<'a> $symbol<'a> {
            #[cold]
            #[allow(unused_variables, non_snake_case, reason = "not every event has fields, nor names in snake case")]
            fn by_name(values: ::nettrace::Struct<'a>) -> Result<Self, $crate::EventError> {
                $(
                    let $name = $crate::event_sources::table::find!(
                        $(since $since)?,
                        values,
                        stringify!($symbol),
                        [Some(stringify!($name)), $crate::runtime::table::former!($($former)?)],
                        $kind $(as $enumeration)?
                    );
                )*
                Ok(Self { $($name,)* lifetime: ::std::marker::PhantomData })
            }
        }
    };
}

/// Finds a field by name.
#[rustfmt::skip]
macro_rules! find {
    (, $values:ident, $event:expr, $names:expr, $kind:ident as $enumeration:ident) => {
        $enumeration::from($crate::event_sources::table::required::<$kind>($values, $event, $names)?)
    };
    (, $values:ident, $event:expr, $names:expr, $kind:tt) => {
        $crate::event_sources::table::required($values, $event, $names)?
    };
    (since $since:literal, $values:ident, $event:expr, $names:expr, $kind:ident as $enumeration:ident) => {
        $crate::event_sources::table::optional::<$kind>($values, $event, $names)?.map($enumeration::from)
    };
    (since $since:literal, $values:ident, $event:expr, $names:expr, $kind:tt) => {
        $crate::event_sources::table::optional($values, $event, $names)?
    };
}

pub(super) use {by_name, event_source, find};
