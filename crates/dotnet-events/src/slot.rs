//! Where what is known about a definition is kept.

use nettrace::Metadata;

/// Definitions of which something is kept. A stream of version 6 may forget its definitions and make new ones without end;
/// then two share a place, and the later one has it. A fingerprint tells them apart.
const PLACES: u32 = 1 << 16;

/// The place of a definition in a table that grows as places are used.
#[inline]
pub(crate) fn of(metadata: &Metadata) -> usize {
    (metadata.index % PLACES) as usize
}
