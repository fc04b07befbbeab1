//! What a decoder makes of streams that are not as they should be.

use crate::statistics::Statistics;

/// How much a [`Decoder`](crate::Decoder) puts up with. Each level adds to the one before it; whatever is put up with is
/// counted in [`Statistics`](crate::Statistics).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Tolerance {
    /// Whatever the format forbids is an error. What it leaves open to later writers is not: blocks of unknown kind of
    /// version 6, more bytes than known at the ends of heads and rows.
    Strict,
    /// What can be stepped over without doubt is: events, threads and lists of labels that nothing defines, definitions
    /// that come twice (the later one counts), fields that cannot be read, objects of unknown kind.
    #[default]
    Oddities,
    /// Also the rest of a block that is damaged: reading goes on behind it. Events in it that were not read show as lost.
    /// The frame around blocks must be sound, since nothing else says where the next one begins.
    Damage,
}

impl Tolerance {
    /// An event refers to a definition that does not exist.
    #[cold]
    pub(crate) fn undefined_event(self, statistics: &mut Statistics) -> Result<(), &'static str> {
        if self == Self::Strict {
            return Err("an event refers to a definition that does not exist");
        }
        statistics.undefined_events += 1;
        Ok(())
    }
}
