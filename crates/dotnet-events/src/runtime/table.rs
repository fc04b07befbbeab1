//! How the tables of events are written, and what they become.
//!
//! ```text
//! 9 GCSuspendEEBegin "GC/SuspendEEStart" {
//!     Reason: u16 until 1,
//!     Reason: u32 since 1,
//!     ClrInstanceID: u16 since 1,
//!     METHOD since 2,
//! }
//! ```
//!
//! That is the id of the event within its provider, its name in the runtime's manifest, its name for people, and the fields
//! of its payload in order, each with the version that brings it and the one that no longer has it. A name in capitals
//! stands for the fields of a group. Types:
//!
//! | type | in the payload |
//! |---|---|
//! | `u8` ... `f64`, `guid` | the value, little-endian |
//! | `ptr` | a pointer of the traced process, 4 or 8 bytes |
//! | `bool32` | four bytes, all of which count |
//! | `utf16`, `text8` | text up to a zero unit or a zero byte |
//! | `count16`, `count32` | a number, which says how many elements the arrays behind it have |
//! | `[T]` | so many `T`, which can be a group |
//! | `[T; 5]` | five |
//! | `array16[T]` | a 16-bit count and so many |
//! | `padding64` | four bytes without meaning, where pointers have eight |
//!
//! No version of an event takes away or reorders fields but where it is said so: later runtimes append.

use std::sync::OnceLock;

use nettrace::{Field, FieldType, Fields};

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
pub(crate) struct FieldSpec {
    /// Empty for a group.
    name: &'static str,
    kind: Kind,
    /// The first version that has it.
    since: u32,
    /// The first version that no longer has it.
    until: u32,
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
    F64,
    Guid,
    Bool32,
    Utf16,
    Text8,
    Count16,
    Count32,
    Pointer,
    /// Present where pointers have 8 bytes only.
    Padding64,
    /// A group, or the structure that is an array's element.
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
    pub(crate) const fn new(name: &'static str, kind: Kind, since: u32, until: u32) -> Self {
        Self { name, kind, since, until }
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
        Kind::Fields(group) => last_version(group),
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
    for spec in specs.iter().filter(|spec| (spec.since..spec.until).contains(&version)) {
        match &spec.kind {
            Kind::Fields(group) if spec.name.is_empty() => collect(group, version, pointer_size, list),
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
        Kind::F64 => FieldType::F64,
        Kind::Guid => FieldType::Guid,
        Kind::Bool32 => FieldType::WideBool,
        Kind::Utf16 => FieldType::String,
        Kind::Text8 => FieldType::Text8,
        Kind::Count16 => FieldType::Count16,
        Kind::Count32 => FieldType::Count32,
        Kind::Pointer if pointer_size == 4 => FieldType::U32,
        Kind::U64 | Kind::Pointer => FieldType::U64,
        Kind::Fields(group) => FieldType::Struct(fields(group, version, pointer_size)),
        Kind::Counted(kind) => FieldType::Counted(element(kind)),
        Kind::Fixed(kind, count) => FieldType::FixedArray(element(kind), *count),
        Kind::Array16(kind) => FieldType::Array(element(kind)),
    }
}

/// A table of events; see the top of this file.
macro_rules! events {
    ($(#[$doc:meta])* $table:ident: $($id:literal $symbol:ident $name:literal { $($fields:tt)* })*) => {
        $(#[$doc])*
        pub(super) static $table: [$crate::runtime::table::EventSpec; [$($id),*].len()] = [$(
            $crate::runtime::table::EventSpec::new(
                $id,
                stringify!($symbol),
                $name,
                $crate::runtime::table::list!($($fields)*),
            )
        ),*];
    };
}

/// A group of fields that several events have, or that are one element of an array.
macro_rules! group {
    ($(#[$doc:meta])* $group:ident { $($fields:tt)* }) => {
        $(#[$doc])*
        pub(super) const $group: &[$crate::runtime::table::FieldSpec] = $crate::runtime::table::list!($($fields)*);
    };
}

/// Fields in braces.
macro_rules! list {
    ($($name:ident $(: $kind:tt $([$($element:tt)*])?)? $(since $since:literal)? $(until $until:literal)?),* $(,)?) => {
        &[$(
            $crate::runtime::table::field!(
                $name $(, $kind $([$($element)*])?)?;
                $crate::runtime::table::or!($($since)?, 0), $crate::runtime::table::or!($($until)?, u32::MAX)
            )
        ),*]
    };
}

/// One field, or one group.
macro_rules! field {
    ($group:ident; $since:expr, $until:expr) => {
        $crate::runtime::table::FieldSpec::new("", $crate::runtime::table::Kind::Fields($group), $since, $until)
    };
    ($name:ident, $kind:tt $([$($element:tt)*])?; $since:expr, $until:expr) => {
        $crate::runtime::table::FieldSpec::new(
            stringify!($name), $crate::runtime::table::kind!($kind $([$($element)*])?), $since, $until,
        )
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

/// A type.
#[rustfmt::skip]
macro_rules! kind {
    (u8) => { $crate::runtime::table::Kind::U8 };
    (u16) => { $crate::runtime::table::Kind::U16 };
    (u32) => { $crate::runtime::table::Kind::U32 };
    (u64) => { $crate::runtime::table::Kind::U64 };
    (i32) => { $crate::runtime::table::Kind::I32 };
    (i64) => { $crate::runtime::table::Kind::I64 };
    (f64) => { $crate::runtime::table::Kind::F64 };
    (guid) => { $crate::runtime::table::Kind::Guid };
    (ptr) => { $crate::runtime::table::Kind::Pointer };
    (bool32) => { $crate::runtime::table::Kind::Bool32 };
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
    ($group:ident) => { $crate::runtime::table::Kind::Fields($group) };
}

pub(crate) use {events, field, group, kind, list, or};
