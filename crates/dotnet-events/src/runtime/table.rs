//! How the tables of events are written, and what they become.
//!
//! ```text
//! 9 GCSuspendEEBegin "GC/SuspendEEStart" {
//!     Reason: u32 was u16 until 1,
//!     ClrInstanceID: u16 since 1,
//!     method: {Method} since 2,
//! }
//! ```
//!
//! That is the id of the event within its provider, its name in the runtime's manifest, its name for people, and the fields
//! of its payload in order, each with the version that brings it, the one that no longer has it, or the one that changes its
//! type. Of such a line come both the [layout](EventSpec::layout) by which any event can be shown, and a structure with the
//! event's name to which it can be [decoded](super::record). Types:
//!
//! | type | in the payload |
//! |---|---|
//! | `u8` ... `f64`, `guid` | the value, little-endian |
//! | `ptr` | a pointer of the traced process, 4 or 8 bytes |
//! | `bool32` | four bytes, all of which count |
//! | `bool` | four bytes, of which the first counts |
//! | `utf16`, `text8` | text up to a zero unit or a zero byte |
//! | `count16`, `count32` | a number, which says how many elements the arrays behind it have |
//! | `[T]` | so many `T`, which can be a group |
//! | `[T; 5]` | five |
//! | `array16[T]` | a 16-bit count and so many |
//! | `{Group}` | the fields of a group, in place |
//! | `T as Enumeration` | a number with a [meaning](crate::enumerations) |
//! | `padding64` | four bytes without meaning, where pointers have eight |
//!
//! No version of an event takes away or reorders fields but where it is said so: later runtimes append.

use std::sync::OnceLock;

use nettrace::{Field, FieldType, Fields};

use crate::enumerations::Meaning;

/// An event of the tables.
#[derive(Debug)]
pub(crate) struct EventSpec {
    /// Its id within its provider.
    pub(crate) id: u32,
    /// Its name in the runtime's manifest, such as `GCRestartEEEnd`.
    pub(crate) symbol: &'static str,
    /// Its name for people, such as `GC/RestartEEStop`.
    pub(crate) name: &'static str,
    fields: &'static [FieldSpec],
    /// The fields of each version, for pointers of 4 and of 8 bytes; made when first asked for.
    layouts: [OnceLock<Box<[Fields]>>; 2],
}

/// A field, or a group of fields, and the versions that have it.
#[derive(Debug, Clone, Copy)]
pub struct FieldSpec {
    name: &'static str,
    kind: Kind,
    /// The type before the version `until`, where that is not the end of the field.
    previous: Option<Kind>,
    /// The first version that has it.
    since: u32,
    /// The first version that no longer has it.
    until: u32,
    /// What its numbers mean.
    meaning: Option<&'static Meaning>,
    /// Another name that some definitions have for it.
    former: Option<&'static str>,
}

/// The type of a field, before the size of pointers is known.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    U8,
    U16,
    U32,
    U64,
    I32,
    I64,
    F32,
    F64,
    Guid,
    Bool32,
    Bool,
    Utf16,
    Text8,
    Count16,
    Count32,
    Pointer,
    /// Present where pointers have 8 bytes only.
    Padding64,
    /// The fields of a group, in place.
    InPlace(&'static [FieldSpec]),
    /// The structure that is an array's element.
    Fields(&'static [FieldSpec]),
    /// As many as the last count says.
    Counted(&'static Self),
    Fixed(&'static Self, u16),
    /// A 16-bit count, and so many.
    Array16(&'static Self),
}

impl EventSpec {
    pub(crate) const fn new(
        id: u32,
        symbol: &'static str,
        name: &'static str,
        fields: &'static [FieldSpec],
    ) -> Self {
        Self { id, symbol, name, fields, layouts: [OnceLock::new(), OnceLock::new()] }
    }

    /// Its fields in all versions.
    pub(crate) fn fields(&self) -> &'static [FieldSpec] {
        self.fields
    }

    /// The fields of that version. A version later than all known ones has the fields of the last.
    pub(crate) fn layout(&'static self, version: u32, pointer_size: u8) -> Option<&'static Fields> {
        let [narrow, wide] = &self.layouts;
        let layouts = if pointer_size == 4 { narrow } else { wide };
        let layouts = layouts.get_or_init(|| {
            let versions = 0..=last_version(self.fields);
            versions.map(|version| fields(self.fields, version, pointer_size)).collect()
        });
        let version = usize::try_from(version).unwrap_or(usize::MAX);
        layouts.get(version).or(layouts.last())
    }
}

impl FieldSpec {
    pub(crate) const fn new(
        name: &'static str,
        kind: Kind,
        previous: Option<Kind>,
        since: u32,
        until: u32,
        meaning: Option<&'static Meaning>,
        former: Option<&'static str>,
    ) -> Self {
        Self { name, kind, previous, since, until, meaning, former }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it is the field of that name.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.name == name || self.former == Some(name)
    }

    pub(crate) fn meaning(&self) -> Option<&'static Meaning> {
        self.meaning
    }

    /// Whether it is a group whose fields are in place of it.
    pub(crate) fn is_in_place(&self) -> bool {
        matches!(self.kind, Kind::InPlace(_))
    }

    /// The fields of the group that it is, or that is the element of the array that it is.
    pub(crate) fn group(&self) -> Option<&'static [Self]> {
        let mut kind = &self.kind;
        loop {
            match kind {
                Kind::InPlace(group) | Kind::Fields(group) => return Some(group),
                Kind::Counted(element) | Kind::Fixed(element, _) | Kind::Array16(element) => kind = element,
                _ => return None,
            }
        }
    }

    /// Its type in that version, if it has one.
    pub(crate) fn kind(&self, version: u32) -> Option<&Kind> {
        match &self.previous {
            Some(previous) => Some(if version < self.until { previous } else { &self.kind }),
            None => (self.since..self.until).contains(&version).then_some(&self.kind),
        }
    }
}

/// The bytes that those fields take in that version, `None` where that depends on their values.
pub(crate) fn fixed_size(specs: &[FieldSpec], version: u32, pointer_size: u8) -> Option<usize> {
    let kinds = specs.iter().filter_map(|spec| spec.kind(version));
    kinds.map(|kind| kind.fixed_size(version, pointer_size)).sum()
}

impl Kind {
    fn fixed_size(&self, version: u32, pointer_size: u8) -> Option<usize> {
        match self {
            Self::U8 => Some(1),
            Self::U16 => Some(2),
            Self::U32 | Self::I32 | Self::F32 | Self::Bool32 | Self::Bool => Some(4),
            Self::U64 | Self::I64 | Self::F64 => Some(8),
            Self::Guid => Some(16),
            Self::Pointer => Some(pointer_size.into()),
            Self::Padding64 => Some(if pointer_size == 4 { 0 } else { 4 }),
            Self::InPlace(group) | Self::Fields(group) => fixed_size(group, version, pointer_size),
            Self::Fixed(element, count) => {
                element.fixed_size(version, pointer_size).map(|size| size * usize::from(*count))
            }
            Self::Utf16
            | Self::Text8
            | Self::Count16
            | Self::Count32
            | Self::Counted(_)
            | Self::Array16(_) => None,
        }
    }
}

/// The last version that differs from the one before it.
fn last_version(specs: &[FieldSpec]) -> u32 {
    let of_spec = |spec: &FieldSpec| {
        let until = if spec.until == u32::MAX { 0 } else { spec.until };
        spec.since.max(until).max(last_version_of(&spec.kind))
    };
    specs.iter().map(of_spec).max().unwrap_or(0)
}

fn last_version_of(kind: &Kind) -> u32 {
    match kind {
        Kind::InPlace(group) | Kind::Fields(group) => last_version(group),
        Kind::Counted(element) | Kind::Fixed(element, _) | Kind::Array16(element) => last_version_of(element),
        _ => 0,
    }
}

fn fields(specs: &[FieldSpec], version: u32, pointer_size: u8) -> Fields {
    let mut list = Vec::new();
    collect(specs, version, pointer_size, &mut list);
    list.into()
}

fn collect(specs: &[FieldSpec], version: u32, pointer_size: u8, list: &mut Vec<Field>) {
    for (spec, kind) in specs.iter().filter_map(|spec| Some((spec, spec.kind(version)?))) {
        match kind {
            Kind::InPlace(group) => collect(group, version, pointer_size, list),
            Kind::Padding64 if pointer_size == 4 => {}
            kind => list.push(Field::new(spec.name, field_type(kind, version, pointer_size))),
        }
    }
}

fn field_type(kind: &Kind, version: u32, pointer_size: u8) -> FieldType {
    let element = |kind| Box::new(field_type(kind, version, pointer_size));
    match kind {
        Kind::U8 => FieldType::U8,
        Kind::U16 => FieldType::U16,
        Kind::U32 | Kind::Padding64 => FieldType::U32,
        Kind::I32 => FieldType::I32,
        Kind::I64 => FieldType::I64,
        Kind::F32 => FieldType::F32,
        Kind::F64 => FieldType::F64,
        Kind::Guid => FieldType::Guid,
        Kind::Bool32 => FieldType::WideBool,
        Kind::Bool => FieldType::Bool32,
        Kind::Utf16 => FieldType::String,
        Kind::Text8 => FieldType::Text8,
        Kind::Count16 => FieldType::Count16,
        Kind::Count32 => FieldType::Count32,
        Kind::Pointer if pointer_size == 4 => FieldType::U32,
        Kind::U64 | Kind::Pointer => FieldType::U64,
        Kind::InPlace(group) | Kind::Fields(group) => FieldType::Struct(fields(group, version, pointer_size)),
        Kind::Counted(kind) => FieldType::Counted(element(kind)),
        Kind::Fixed(kind, count) => FieldType::FixedArray(element(kind), *count),
        Kind::Array16(kind) => FieldType::Array(element(kind)),
    }
}

/// A table of events; see the top of this file. The second name is that of a function that shows
/// the structure of any of them, see [`super::visit`].
macro_rules! events {
    ($(#[$doc:meta])* $table:ident, $visit:ident: $($id:literal $symbol:ident $name:literal { $($fields:tt)* })*) => {
        $(#[$doc])*
        pub(super) static $table: [$crate::runtime::table::EventSpec; [$($id),*].len()] = [$(
            $crate::runtime::table::EventSpec::new(
                $id,
                stringify!($symbol),
                $name,
                $crate::runtime::table::list!($($fields)*),
            )
        ),*];

        $crate::runtime::table::visit! { $visit: $($id $symbol)* }

        $(
            $crate::runtime::table::record! {
                #[doc = concat!("`", $name, "`, event ", $id, ": what the runtime's manifest calls `", stringify!($symbol), "`.")]
                $symbol { $($fields)* }
            }

            impl<'a> $symbol<'a> {
                /// Its id within its provider.
                pub const ID: u32 = $id;
                /// Its name for people.
                pub const NAME: &'static str = $name;

                /// The values of such an event, by its version and the trace's size of pointers.
                ///
                /// # Errors
                ///
                /// When the payload is too short for what the version has.
                #[inline]
                pub fn decode(event: &::nettrace::Event<'a>) -> Result<Self, $crate::EventError> {
                    let mut cursor = $crate::runtime::record::Cursor::new(event);
                    $crate::runtime::record::Record::read(&mut cursor)
                        .map_err(|$crate::runtime::record::Missing| cursor.error(stringify!($symbol)))
                }
            }
        )*
    };
}

/// Shows the structure of an event of a table; `None` when it has none there.
macro_rules! visit {
    ($visit:ident: $($id:literal $symbol:ident)*) => {
        pub(super) fn $visit(
            event: &::nettrace::Event<'_>,
            visitor: &mut dyn FnMut(&dyn $crate::runtime::record::Structure),
        ) -> Option<Result<(), $crate::EventError>> {
            match event.metadata.event_id {
                $($id => Some($symbol::decode(event).map(|values| visitor(&values))),)*
                _ => None,
            }
        }
    };
}

/// A group of fields that several events have, or that are one element of an array.
macro_rules! group {
    ($(#[$doc:meta])* $group:ident { $($fields:tt)* }) => {
        $crate::runtime::table::record! { $(#[$doc])* $group { $($fields)* } }
    };
}

/// The structure of an event or a group, with its fields.
macro_rules! record {
    (
        $(#[$doc:meta])*
        $record:ident { $(
            $(#[$about:meta])*
            $name:ident : $kind:tt $([$($element:tt)*])? $(as $enumeration:ident)?
            $(was $old:ident)? $(since $since:tt)? $(until $until:literal)? $(formerly $former:ident)?
        ),* $(,)? }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        #[allow(non_snake_case, missing_docs, reason = "fields have the names of the runtime's manifest")]
        #[non_exhaustive]
        pub struct $record<'a> {
            $(
                $(#[$about])*
                pub $name: $crate::runtime::table::optional!(
                    $crate::runtime::table::rust_type!('a, $kind $([$($element)*])? $(as $enumeration)?),
                    $(was $old)? $(since $since)? $(until $until)?
                ),
            )*
            #[doc(hidden)]
            pub lifetime: ::std::marker::PhantomData<&'a ()>,
        }

        impl $record<'_> {
            pub(crate) const FIELDS: &'static [$crate::runtime::table::FieldSpec] = $crate::runtime::table::list!($(
                $name: $kind $([$($element)*])? $(as $enumeration)? $(was $old)? $(since $since)? $(until $until)?
                $(formerly $former)?
            ),*);
        }

        impl $crate::runtime::record::Structure for $record<'_> {
            #[cfg(test)]
            #[allow(unused_variables, reason = "not every record has fields")]
            fn flatten(&self, flat: &mut $crate::agreement::Flat) {
                $($crate::agreement::Leaf::flatten(&self.$name, stringify!($name), flat);)*
            }
        }

        #[cfg(test)]
        impl $crate::agreement::Leaf for $record<'_> {
            fn flatten(&self, _: &'static str, flat: &mut $crate::agreement::Flat) {
                $crate::runtime::record::Structure::flatten(self, flat);
            }
        }

        impl<'a> $crate::runtime::record::Record<'a> for $record<'a> {
            const SPECS: &'static [$crate::runtime::table::FieldSpec] = Self::FIELDS;

            #[inline]
            #[allow(unused_variables, non_snake_case, reason = "not every record has fields, nor names in snake case")]
            fn read(
                cursor: &mut $crate::runtime::record::Cursor<'a>,
            ) -> Result<Self, $crate::runtime::record::Missing> {
                $(
                    let $name = $crate::runtime::table::read_optional!(
                        cursor,
                        [$kind $([$($element)*])? $(as $enumeration)?],
                        $(was $old)? $(since $since)? $(until $until)?
                    );
                )*
                Ok(Self { $($name,)* lifetime: ::std::marker::PhantomData })
            }
        }
    };
}

/// Fields in braces.
macro_rules! list {
    ($(
        $(#[$about:meta])*
        $name:ident : $kind:tt $([$($element:tt)*])? $(as $enumeration:ident)?
        $(was $old:ident)? $(since $since:literal)? $(until $until:literal)? $(formerly $former:ident)?
    ),* $(,)?) => {
        &[$(
            $crate::runtime::table::FieldSpec::new(
                stringify!($name),
                $crate::runtime::table::kind!($kind $([$($element)*])?),
                $crate::runtime::table::previous!($($old)?),
                $crate::runtime::table::or!($($since)?, 0),
                $crate::runtime::table::or!($($until)?, u32::MAX),
                $crate::runtime::table::meaning!($($enumeration)?),
                $crate::runtime::table::former!($($former)?),
            )
        ),*]
    };
}

/// What the numbers of a field mean.
macro_rules! meaning {
    () => {
        None
    };
    ($enumeration:ident) => {
        Some(&$enumeration::MEANING)
    };
}

/// The first that is there.
macro_rules! or {
    (, $otherwise:expr) => {
        $otherwise
    };
    ($value:literal, $otherwise:expr) => {
        $value
    };
}

/// The type a field had before.
macro_rules! previous {
    () => {
        None
    };
    ($old:ident) => {
        Some($crate::runtime::table::kind!($old))
    };
}

/// The other name of a field.
macro_rules! former {
    () => {
        None
    };
    ($former:ident) => {
        Some(stringify!($former))
    };
}

/// A type in the table.
#[rustfmt::skip]
macro_rules! kind {
    (u8) => { $crate::runtime::table::Kind::U8 };
    (u16) => { $crate::runtime::table::Kind::U16 };
    (u32) => { $crate::runtime::table::Kind::U32 };
    (u64) => { $crate::runtime::table::Kind::U64 };
    (i32) => { $crate::runtime::table::Kind::I32 };
    (i64) => { $crate::runtime::table::Kind::I64 };
    (f32) => { $crate::runtime::table::Kind::F32 };
    (f64) => { $crate::runtime::table::Kind::F64 };
    (guid) => { $crate::runtime::table::Kind::Guid };
    (ptr) => { $crate::runtime::table::Kind::Pointer };
    (bool32) => { $crate::runtime::table::Kind::Bool32 };
    (bool) => { $crate::runtime::table::Kind::Bool };
    (utf16) => { $crate::runtime::table::Kind::Utf16 };
    (text8) => { $crate::runtime::table::Kind::Text8 };
    (count16) => { $crate::runtime::table::Kind::Count16 };
    (count32) => { $crate::runtime::table::Kind::Count32 };
    (padding64) => { $crate::runtime::table::Kind::Padding64 };
    ([$element:ident]) => { $crate::runtime::table::Kind::Counted(&$crate::runtime::table::kind!($element)) };
    ([$element:ident; $count:literal]) => {
        $crate::runtime::table::Kind::Fixed(&$crate::runtime::table::kind!($element), $count)
    };
    (array16[$element:ident]) => {
        $crate::runtime::table::Kind::Array16(&$crate::runtime::table::kind!($element))
    };
    ({$group:ident}) => { $crate::runtime::table::Kind::InPlace($group::FIELDS) };
    ($group:ident) => { $crate::runtime::table::Kind::Fields($group::FIELDS) };
}

/// A type in a structure.
#[rustfmt::skip]
macro_rules! rust_type {
    ($life:lifetime, $kind:tt as $enumeration:ident) => { $enumeration };
    ($life:lifetime, ptr) => { u64 };
    ($life:lifetime, guid) => { ::nettrace::Uuid };
    ($life:lifetime, bool32) => { bool };
    ($life:lifetime, utf16) => { ::nettrace::Utf16<$life> };
    ($life:lifetime, text8) => { $crate::runtime::record::Text8<$life> };
    ($life:lifetime, count16) => { u16 };
    ($life:lifetime, count32) => { u32 };
    ($life:lifetime, padding64) => { () };
    ($life:lifetime, [$element:ident]) => {
        $crate::runtime::record::Rows<$life, $crate::runtime::table::element_type!($life, $element)>
    };
    ($life:lifetime, [$element:ident; $count:literal]) => {
        $crate::runtime::record::Rows<$life, $crate::runtime::table::element_type!($life, $element)>
    };
    ($life:lifetime, array16[$element:ident]) => {
        $crate::runtime::record::Rows<$life, $crate::runtime::table::element_type!($life, $element)>
    };
    ($life:lifetime, {$group:ident}) => { $group<$life> };
    ($life:lifetime, $number:ident) => { $number };
}

/// The type of an array's elements in a structure.
#[rustfmt::skip]
macro_rules! element_type {
    ($life:lifetime, u8) => { u8 };
    ($life:lifetime, u32) => { u32 };
    ($life:lifetime, u64) => { u64 };
    ($life:lifetime, ptr) => { $crate::runtime::record::Pointer };
    ($life:lifetime, $group:ident) => { $group<$life> };
}

/// The type of a field that not all versions have.
#[rustfmt::skip]
macro_rules! optional {
    ($type:ty, ) => { $type };
    ($type:ty, was $old:ident until $until:literal) => { $type };
    ($type:ty, $($limit:tt)+) => { Option<$type> };
}

/// Reads a field if the version has it.
#[rustfmt::skip]
macro_rules! read_optional {
    ($cursor:ident, [$($kind:tt)*], ) => { $crate::runtime::table::read!($cursor, $($kind)*) };
    ($cursor:ident, [$kind:ident as $enumeration:ident], was $old:ident until $until:literal) => {
        $enumeration::from(if $cursor.version < $until { $cursor.$old()?.into() } else { $cursor.$kind()? })
    };
    ($cursor:ident, [$($kind:tt)*], was $old:ident until $until:literal) => {
        if $cursor.version < $until { $cursor.$old()?.into() } else { $crate::runtime::table::read!($cursor, $($kind)*) }
    };
    ($cursor:ident, [$($kind:tt)*], since 0) => { Some($crate::runtime::table::read!($cursor, $($kind)*)) };
    ($cursor:ident, [$($kind:tt)*], since $since:literal) => {
        if $cursor.version >= $since { Some($crate::runtime::table::read!($cursor, $($kind)*)) } else { None }
    };
    ($cursor:ident, [$($kind:tt)*], until $until:literal) => {
        if $cursor.version < $until { Some($crate::runtime::table::read!($cursor, $($kind)*)) } else { None }
    };
}

/// Reads a field.
#[rustfmt::skip]
macro_rules! read {
    ($cursor:ident, $kind:ident as $enumeration:ident) => { $enumeration::from($cursor.$kind()?) };
    ($cursor:ident, [$element:ident]) => { $cursor.counted()? };
    ($cursor:ident, [$element:ident; $count:literal]) => { $cursor.rows($count)? };
    ($cursor:ident, array16[$element:ident]) => { $cursor.array16()? };
    ($cursor:ident, {$group:ident}) => { $crate::runtime::record::Record::read($cursor)? };
    ($cursor:ident, $kind:ident) => { $cursor.$kind()? };
}

pub(crate) use {
    element_type, events, former, group, kind, list, meaning, optional, or, previous, read, read_optional,
    record, rust_type, visit,
};
