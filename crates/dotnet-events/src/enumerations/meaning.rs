//! Names for the numbers of any field.

use std::borrow::Cow;
use std::fmt::Write;

use nettrace::Metadata;

use crate::runtime::table::FieldSpec;
use crate::{event_sources, runtime};

/// What the numbers of a field mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    enumeration: &'static str,
    names: &'static [(u32, &'static str)],
    are_bits: bool,
}

/// What the numbers in a field of such events mean, if that is known.
///
/// The path is the name of the field; for one inside of an array's elements, those of both.
///
/// ```
/// use dotnet_events::enumerations::meaning;
///
/// fn print(event: &nettrace::Event<'_>) {
///     // What the `Reason` of a collection means.
///     if let Some(meaning) = meaning(event.metadata, &["Reason"]) {
///         println!("{}: {}", meaning.enumeration(), meaning.text(4)); // GCReason: AllocLarge
///     }
/// }
/// # let _: &mut dyn nettrace::Sink = &mut print;
/// ```
#[must_use]
pub fn meaning(metadata: &Metadata, path: &[&str]) -> Option<&'static Meaning> {
    let (provider, id) = (metadata.provider.as_str(), metadata.event_id);
    let event = runtime::find(provider, id).or_else(|| event_sources::find(provider, id))?;
    of_path(event.fields(), path)
}

fn of_path(fields: &'static [FieldSpec], path: &[&str]) -> Option<&'static Meaning> {
    let (name, rest) = path.split_first()?;
    fields.iter().find_map(|field| match field.group() {
        // The fields of a group in place are those of the event.
        Some(group) if field.is_in_place() => of_path(group, path),
        Some(group) if field.name() == *name => of_path(group, rest),
        None if field.is_named(name) && rest.is_empty() => field.meaning(),
        _ => None,
    })
}

impl Meaning {
    pub(crate) const fn values(enumeration: &'static str, names: &'static [(u32, &'static str)]) -> Self {
        Self { enumeration, names, are_bits: false }
    }

    pub(crate) const fn flags(enumeration: &'static str, names: &'static [(u32, &'static str)]) -> Self {
        Self { enumeration, names, are_bits: true }
    }

    /// The name of the enumeration, such as `GCReason`.
    #[must_use]
    pub fn enumeration(&self) -> &'static str {
        self.enumeration
    }

    /// Whether the numbers are sets of bits.
    #[must_use]
    pub fn are_bits(&self) -> bool {
        self.are_bits
    }

    /// The names in that number: of the value, or of each bit that is set. None for what nobody knows.
    pub fn names(&self, number: u32) -> impl Iterator<Item = &'static str> {
        let are_bits = self.are_bits;
        let is_in = move |value: u32| if are_bits { number & value == value } else { number == value };
        self.names.iter().filter(move |(value, _)| is_in(*value)).map(|(_, name)| *name)
    }

    /// The number in words: `AllocLarge`, or `Compaction, Promotion` for bits. A value without a name is the number; bits
    /// without names come last, as a hexadecimal number; no bits are `None`.
    #[must_use]
    pub fn text(&self, number: u32) -> Cow<'static, str> {
        if !self.are_bits {
            return self.names(number).next().map_or_else(|| number.to_string().into(), Cow::Borrowed);
        }
        if number == 0 {
            return Cow::Borrowed("None");
        }
        let mut text = String::new();
        for name in self.names(number) {
            let separator = if text.is_empty() { "" } else { ", " };
            text.push_str(separator);
            text.push_str(name);
        }
        let unknown = self.names.iter().fold(number, |rest, (bits, _)| rest & !bits);
        if unknown != 0 {
            let separator = if text.is_empty() { "" } else { ", " };
            // Writing to a string cannot fail.
            let _ = write!(text, "{separator}{unknown:#x}");
        }
        text.into()
    }
}
