//! The collector's own words for what it did and why: bits and numbers of `nettrace.md` C.4, as texts.

/// Why generation and heap were compacted, by number.
pub(super) const COMPACT_REASONS: [&str; 11] = [
    "low ephemeral space",
    "high fragmentation",
    "no gaps",
    "large objects, as asked for",
    "last collection before out of memory",
    "induced, compacting",
    "fragmented generation 0",
    "high memory load",
    "high memory load and fragmentation",
    "very high memory load and fragmentation",
    "no-GC region",
];

/// How the youngest generations got more space, by number.
pub(super) const EXPAND_REASONS: [&str; 6] = [
    "reused a segment",
    "reused a segment, best fit",
    "new segment, promoting",
    "new segment",
    "no memory",
    "at the next full collection",
];

/// Why that generation was chosen, by number.
pub(super) const CONDEMNED_CONDITIONS: [&str; 31] = [
    "induced full collection",
    "expanding failed",
    "high memory load",
    "very high memory load",
    "low ephemeral space",
    "few useful cards",
    "fragmented young generations",
    "fragmented generation 2",
    "elevated again",
    "elevated again, high memory load",
    "elevated again, very high memory load",
    "limited to generation 1",
    "before out of memory",
    "generation 2 is small",
    "induced, not forced",
    "before one in the background",
    "almost at the limit of allocation",
    "avoiding unproductive ones",
    "provisional mode, induced full",
    "provisional mode, large objects",
    "provisional mode, generation 1",
    "heap limit, before out of memory",
    "heap limit, fragmented large objects",
    "heap limit, large objects to reclaim",
    "tuning, initial",
    "tuning, blocking",
    "tuning, background",
    "tuning, postponed",
    "stress, mixed",
    "stress",
    "aggressive",
];

/// Where survivors were found from, by the number of the root kind.
pub(super) const ROOTS: [&str; 10] = [
    "stack",
    "finalizer_queue",
    "handles",
    "older_generation",
    "sized_references",
    "overflow",
    "dependent_handles",
    "new_finalizer_queue",
    "stolen",
    "background_roots",
];

/// Phases by number; the last depend on whether the heap was compacted.
const MARK_PHASES: [&str; 5] =
    ["mark_sized_references", "mark_roots", "mark_short_weak", "scan_finalization", "mark_long_weak"];
const SWEEPING: [&str; 2] = ["plan", "sweep"];
const COMPACTING: [&str; 3] = ["plan", "relocate", "compact"];

/// The name of a phase out of so many (`nettrace.md` C.4: five for one in the background, seven for sweeping, eight for compacting).
pub(super) fn phase(index: usize, count: usize) -> Option<&'static str> {
    let rest: &[&str] = match count {
        8.. => &COMPACTING,
        6..=7 => &SWEEPING,
        _ => &[],
    };
    MARK_PHASES.iter().chain(rest).nth(index).copied()
}

/// The texts of the bits that are set.
pub(super) fn of_bits(texts: &'static [&'static str], bits: u32) -> impl Iterator<Item = &'static str> {
    texts.iter().enumerate().filter(move |(bit, _)| bits >> bit & 1 != 0).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_are_named_by_how_many_there_are() {
        assert_eq!(phase(1, 5), Some("mark_roots"));
        assert_eq!(phase(5, 5), None);
        assert_eq!(phase(6, 7), Some("sweep"));
        assert_eq!(phase(6, 8), Some("relocate"));
        assert_eq!(phase(7, 8), Some("compact"));
        assert_eq!(phase(8, 9), None);
    }

    #[test]
    fn bits_have_texts() {
        assert_eq!(of_bits(&COMPACT_REASONS, 0b101).collect::<Vec<_>>(), ["low ephemeral space", "no gaps"]);
        assert_eq!(of_bits(&EXPAND_REASONS, 1 << 30).count(), 0);
    }
}
