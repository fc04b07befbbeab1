//! What numbers in events mean: enumerations and flags, with the names that `TraceEvent` prints.
//!
//! The fields of the [tables](crate::runtime) that have a meaning have its type: [`GCStart`](crate::runtime::gc::GCStart) has a
//! `Reason` of type [`GCReason`]. A number that nobody knows yet stays what it is, so that values of later runtimes survive:
//!
//! ```
//! use dotnet_events::enumerations::GCReason;
//!
//! assert_eq!(GCReason::from(4), GCReason::AllocLarge);
//! assert_eq!(GCReason::AllocLarge.to_string(), "AllocLarge");
//! assert_eq!(GCReason::from(99), GCReason::Unknown(99));
//! assert_eq!(GCReason::from(99).to_string(), "99");
//! ```
//!
//! Flags are sets of bits:
//!
//! ```
//! use dotnet_events::enumerations::GCGlobalMechanisms;
//!
//! let mechanisms = GCGlobalMechanisms::from(0x46);
//! assert!(mechanisms.contains(GCGlobalMechanisms::Compaction));
//! assert_eq!(mechanisms.to_string(), "Compaction, Promotion, 0x40");
//! ```
//!
//! Whoever shows fields that are not known when a program is written asks for their [`meaning`].
//!
//! | file | what it names |
//! |---|---|
//! | `gc` | collections, allocations, segments |
//! | `heap` | roots, handles, types |
//! | `methods` | code and its tiers |
//! | `loader` | modules, assemblies, domains; how assemblies are found |
//! | `threads` | threads, thread pool, contention, exceptions, samples, the runtime |
//! | `network`, `tasks` | what .NET's event sources tell of HTTP, TLS, sockets, tasks |

mod gc;
mod heap;
mod loader;
mod meaning;
mod methods;
mod network;
mod tasks;
mod threads;

pub use self::gc::*;
pub use self::heap::*;
pub use self::loader::*;
pub use self::meaning::{Meaning, meaning};
pub use self::methods::*;
pub use self::network::*;
pub use self::tasks::*;
pub use self::threads::*;

/// Numbers with names.
///
/// ```text
/// /// Why a collection began.
/// GCReason: u32 { 0 AllocSmall, 1 Induced }
/// ```
///
/// A name that is printed differently from its name here has the text behind it: `0 Unspecified = "Unknown"`.
macro_rules! enumerations {
    ($(
        $(#[$doc:meta])*
        $enumeration:ident: $number:ident {
            $($(#[$about:meta])* $value:literal $name:ident $(= $text:literal)?),* $(,)?
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "names that say what they mean")]
        #[non_exhaustive]
        pub enum $enumeration {
            $($(#[$about])* $name,)*
            /// A number without a known name.
            Unknown($number),
        }

        impl $enumeration {
            /// The same for whoever shows any field.
            pub const MEANING: $crate::enumerations::Meaning =
                $crate::enumerations::Meaning::values(
                    stringify!($enumeration),
                    &[$(($value, $crate::enumerations::text!($name $(= $text)?))),*],
                );

            /// The number in the event.
            #[must_use]
            pub const fn number(self) -> $number {
                match self {
                    $(Self::$name => $value,)*
                    Self::Unknown(number) => number,
                }
            }

            /// Its name, if it has one.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => Some($crate::enumerations::text!($name $(= $text)?)),)*
                    Self::Unknown(_) => None,
                }
            }
        }

        #[cfg(test)]
        impl $crate::agreement::Leaf for $enumeration {
            fn flatten(&self, name: &'static str, flat: &mut $crate::agreement::Flat) {
                self.number().flatten(name, flat);
            }
        }

        impl From<$number> for $enumeration {
            #[inline]
            fn from(number: $number) -> Self {
                match number {
                    $($value => Self::$name,)*
                    number => Self::Unknown(number),
                }
            }
        }

        impl ::std::fmt::Display for $enumeration {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                match self.name() {
                    Some(name) => f.pad(name),
                    None => ::std::fmt::Display::fmt(&self.number(), f),
                }
            }
        }
    )*};
}

/// Bits with names.
///
/// ```text
/// /// What a collection did.
/// GCGlobalMechanisms: u32 { 0x1 Concurrent, 0x2 Compaction }
/// ```
macro_rules! flags {
    ($(
        $(#[$doc:meta])*
        $flags:ident: $number:ident { $($(#[$about:meta])* $bit:literal $name:ident),* $(,)? }
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $flags {
            bits: $number,
        }

        #[allow(non_upper_case_globals, missing_docs, reason = "names that say what they mean, as they are printed")]
        impl $flags {
            $($(#[$about])* pub const $name: Self = Self { bits: $bit };)*

            /// The same for whoever shows any field.
            pub const MEANING: $crate::enumerations::Meaning =
                $crate::enumerations::Meaning::flags(stringify!($flags), &[$(($bit, stringify!($name))),*]);

            /// The number in the event: all bits, also those without names.
            #[must_use]
            pub const fn bits(self) -> $number {
                self.bits
            }

            /// Whether all bits of the other are among these.
            #[must_use]
            pub const fn contains(self, other: Self) -> bool {
                self.bits & other.bits == other.bits
            }

            /// The names of the bits that are set, as far as they have names.
            pub fn names(self) -> impl Iterator<Item = &'static str> {
                Self::MEANING.names(self.bits.into())
            }
        }

        #[cfg(test)]
        impl $crate::agreement::Leaf for $flags {
            fn flatten(&self, name: &'static str, flat: &mut $crate::agreement::Flat) {
                self.bits().flatten(name, flat);
            }
        }

        impl From<$number> for $flags {
            #[inline]
            fn from(bits: $number) -> Self {
                Self { bits }
            }
        }

        impl ::std::fmt::Display for $flags {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(&Self::MEANING.text(self.bits.into()))
            }
        }
    )*};
}

/// How a name is printed.
macro_rules! text {
    ($name:ident) => {
        stringify!($name)
    };
    ($name:ident = $text:literal) => {
        $text
    };
}

use {enumerations, flags, text};
