//! References as they come: addresses without the object they are of.
//!
//! Objects say how many references they have, and the references of all follow in order. So a lost event moves everything
//! behind it, unless it is known how many references were in it.

use std::collections::VecDeque;

/// References in one piece of memory: few allocations, and what was read is given back while the rest is.
const CHUNK: usize = 1 << 20;

/// References that were received, and where some are missing.
#[derive(Debug, Default)]
pub(crate) struct References {
    chunks: VecDeque<Vec<u64>>,
    received: u64,
    gaps: Vec<Gap>,
    /// References in the largest event. All but the last of a dump are as large.
    largest_bulk: u64,
}

/// Lost events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gap {
    /// What was received before them.
    pub(crate) at: u64,
    /// How many.
    pub(crate) bulks: u64,
}

impl References {
    /// Some events were lost here.
    pub(crate) fn lost(&mut self, bulks: u64) {
        self.gaps.push(Gap { at: self.received, bulks });
    }

    /// The references of an event.
    #[inline]
    pub(crate) fn extend(&mut self, addresses: impl Iterator<Item = u64>) {
        let before = self.received;
        for address in addresses {
            match self.chunks.back_mut() {
                Some(chunk) if chunk.len() < CHUNK => chunk.push(address),
                _ => {
                    let mut chunk = Vec::with_capacity(CHUNK);
                    chunk.push(address);
                    self.chunks.push_back(chunk);
                }
            }
            self.received += 1;
        }
        self.largest_bulk = self.largest_bulk.max(self.received - before);
    }

    /// How many came.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// In order, for objects that have `expected` of them in all, and lost events of which in turn made `node_gaps`: numbers
    /// of objects before them.
    pub(crate) fn in_order(self, expected: u64, node_gaps: &[Gap]) -> InOrder {
        let received = self.received;
        let mut order = InOrder {
            chunks: self.chunks,
            current: Vec::new().into_iter(),
            missing: VecDeque::new(),
            position: 0,
            skip: None,
            unknown_from: None,
        };
        match (node_gaps, self.gaps.as_slice()) {
            ([], []) => {}
            // Whatever is missing is missing there.
            ([], [gap]) => order.missing.push_back((gap.at, expected.saturating_sub(received))),
            ([], gaps) => {
                let lost: Vec<(u64, u64)> =
                    gaps.iter().map(|gap| (gap.at, gap.bulks.saturating_mul(self.largest_bulk))).collect();
                let all = lost.iter().fold(0_u64, |sum, (_, missing)| sum.saturating_add(*missing));
                if received.checked_add(all) == Some(expected) {
                    order.missing = lost.into();
                } else {
                    order.end_at(gaps.first().map_or(0, |gap| gap.at));
                }
            }
            ([gap], []) if received >= expected => order.skip = Some((gap.at, received - expected)),
            ([gap, ..], gaps) => {
                order.unknown_from = Some(gap.at);
                if let Some(gap) = gaps.first() {
                    order.end_at(gap.at);
                }
            }
        }
        order
    }
}

/// References in order.
#[derive(Debug)]
pub(crate) struct InOrder {
    chunks: VecDeque<Vec<u64>>,
    current: std::vec::IntoIter<u64>,
    /// After so many references, so many are missing.
    missing: VecDeque<(u64, u64)>,
    position: u64,
    /// Before that object come so many references of lost ones.
    skip: Option<(u64, u64)>,
    /// From this object on nothing is known.
    unknown_from: Option<u64>,
}

impl InOrder {
    fn end_at(&mut self, position: u64) {
        self.missing = [(position, u64::MAX)].into();
    }

    /// Begins with the references of the object of that number, which come in order; whether they can be told.
    #[inline]
    pub(crate) fn begin(&mut self, node: u64) -> bool {
        if let Some((before, count)) = self.skip
            && before == node
        {
            self.skip = None;
            for _ in 0..count {
                let _ = self.next();
            }
        }
        self.unknown_from.is_none_or(|unknown| node < unknown)
    }

    /// How many of the next `wanted` are missing before the one that follows; they are stepped over.
    #[inline]
    pub(crate) fn missing(&mut self, wanted: u64) -> u64 {
        match self.missing.front_mut() {
            Some((at, count)) if *at == self.position => {
                let here = wanted.min(*count);
                *count -= here;
                if *count == 0 {
                    self.missing.pop_front();
                }
                here
            }
            _ => 0,
        }
    }

    /// The next that is there; `None` at the end.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<u64> {
        self.position += 1;
        match self.current.next() {
            Some(address) => Some(address),
            None => self.next_chunk(),
        }
    }

    #[cold]
    fn next_chunk(&mut self) -> Option<u64> {
        self.current = self.chunks.pop_front()?.into_iter();
        self.current.next()
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::*;

    fn references(events: &[Result<std::ops::Range<u64>, u64>]) -> References {
        let mut references = References::default();
        for event in events {
            match event {
                Ok(addresses) => references.extend(addresses.clone()),
                Err(bulks) => references.lost(*bulks),
            }
        }
        references
    }

    fn drain(order: &mut InOrder, count: usize) -> Vec<Option<u64>> {
        (0..count).map(|_| if order.missing(1) == 1 { None } else { order.next() }).collect()
    }

    #[test]
    fn one_gap_is_as_large_as_what_is_missing() {
        let mut order = references(&[Ok(0..3), Err(1), Ok(7..9)]).in_order(7, &[]);
        let expected = [Some(0), Some(1), Some(2), None, None, Some(7), Some(8), None];
        assert_eq!(drain(&mut order, 8), expected);
    }

    #[test]
    fn several_gaps_are_as_large_as_full_events() {
        let mut order = references(&[Ok(0..2), Err(1), Ok(4..6), Err(2), Ok(10..11)]).in_order(11, &[]);
        let expected = [Some(0), Some(1), None, None, Some(4), Some(5), None, None, None, None, Some(10)];
        assert_eq!(drain(&mut order, 11), expected);
        // Where that does not add up, nothing behind the first is told.
        let mut order = references(&[Ok(0..2), Err(1), Ok(4..6), Err(2), Ok(10..11)]).in_order(10, &[]);
        assert_eq!(drain(&mut order, 4), [Some(0), Some(1), None, None]);
    }

    #[test]
    fn references_of_lost_objects_are_stepped_over() {
        let gap = Gap { at: 1, bulks: 1 };
        let mut order = references(&[Ok(0..6)]).in_order(4, &[gap]);
        assert!(order.begin(0));
        assert_eq!(drain(&mut order, 2), [Some(0), Some(1)]);
        assert!(order.begin(1));
        assert_eq!(drain(&mut order, 2), [Some(4), Some(5)]);
        // With more gaps it is not known how many those are.
        let mut order = references(&[Ok(0..6)]).in_order(4, &[gap, Gap { at: 2, bulks: 1 }]);
        assert!(order.begin(0));
        assert!(!order.begin(1));
    }

    #[test]
    fn more_than_a_chunk_comes_in_order() {
        let count = 2 * CHUNK as u64 + 5;
        let mut order = references(&[Ok(0..count)]).in_order(count, &[]);
        assert!((0..count).all(|expected| order.next() == Some(expected)));
        assert_eq!(order.next(), None);
    }
}
