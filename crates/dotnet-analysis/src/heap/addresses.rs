//! Where objects are: four bytes each.
//!
//! A runtime walks its heap region by region from the lowest address up, so addresses come as a few long ascending runs. An
//! object is kept as its distance from the start of its run, in units of the alignment. Runs of one process never overlap;
//! should those of a strange trace do, objects are still found.

/// Addresses of objects, by index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Addresses {
    /// By their first index.
    runs: Vec<Run>,
    /// Distance from the start of the run, in units.
    offsets: Vec<u32>,
    /// Addresses are multiples of `1 << unit_bits`, seen from the start of their run.
    unit_bits: u32,
    last: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    start: u64,
    first: u32,
}

impl Addresses {
    pub(crate) fn new(pointer_size: u8) -> Self {
        let unit_bits = if pointer_size == 4 { 2 } else { 3 };
        Self { unit_bits, ..Self::default() }
    }

    /// Adds the address of the next index.
    #[inline]
    pub(crate) fn push(&mut self, address: u64) {
        if let Some(run) = self.runs.last()
            && address > self.last
        {
            let distance = address - run.start;
            let units = distance >> self.unit_bits;
            if units << self.unit_bits == distance
                && let Ok(units) = u32::try_from(units)
            {
                self.offsets.push(units);
                self.last = address;
                return;
            }
        }
        self.begin_run(address);
    }

    #[cold]
    fn begin_run(&mut self, address: u64) {
        // The caller has no more objects than fit a `u32`.
        let first = u32::try_from(self.offsets.len()).unwrap_or(u32::MAX);
        self.runs.push(Run { start: address, first });
        self.offsets.push(0);
        self.last = address;
    }

    /// The address of that index; 0 if there is no such.
    pub(crate) fn get(&self, index: u32) -> u64 {
        let run = self.runs.partition_point(|run| run.first <= index).checked_sub(1);
        let (Some(run), Some(offset)) =
            (run.and_then(|run| self.runs.get(run)), self.offsets.get(index as usize))
        else {
            return 0;
        };
        run.start + (u64::from(*offset) << self.unit_bits)
    }

    /// Makes a table by which addresses are found.
    pub(crate) fn lookup(&self) -> Lookup<'_> {
        Lookup::new(self)
    }
}

/// Finds indices by address.
#[derive(Debug)]
pub(crate) struct Lookup<'a> {
    offsets: &'a [u32],
    unit_bits: u32,
    /// By start.
    spans: Vec<Span>,
    /// For each slice of each span, the first object that is not below it.
    slices: Vec<u32>,
    /// The span of the last find.
    recent: usize,
}

/// A run, as it is looked up in.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: u64,
    /// The address of its last object.
    end: u64,
    /// The highest `end` of this and all spans before.
    reach: u64,
    first: u32,
    /// Where its slices begin.
    slices: usize,
    /// A slice is `1 << slice_bits` units.
    slice_bits: u32,
}

/// How many objects a slice has on average, about.
const OBJECTS_PER_SLICE: u64 = 4;
/// How many spans are looked at for one address, where they overlap.
const MOST_OVERLAPS: usize = 16;

impl<'a> Lookup<'a> {
    fn new(addresses: &'a Addresses) -> Self {
        let (offsets, unit_bits) = (addresses.offsets.as_slice(), addresses.unit_bits);
        let mut lookup = Self { offsets, unit_bits, spans: Vec::new(), slices: Vec::new(), recent: 0 };
        let mut runs: Vec<(Run, usize)> = Vec::with_capacity(addresses.runs.len());
        let ends = addresses.runs.iter().skip(1).map(|run| run.first as usize).chain([offsets.len()]);
        runs.extend(addresses.runs.iter().copied().zip(ends));
        runs.sort_unstable_by_key(|(run, _)| run.start);
        let mut reach = 0;
        for (run, end) in runs {
            let Some(objects) = offsets.get(run.first as usize..end) else { continue };
            let Some(last) = objects.last() else { continue };
            let end = run.start + (u64::from(*last) << unit_bits);
            reach = reach.max(end);
            let wanted = (objects.len() as u64 / OBJECTS_PER_SLICE).max(1);
            let mut slice_bits = 0;
            while u64::from(*last) >> slice_bits >= wanted {
                slice_bits += 1;
            }
            lookup.spans.push(Span {
                start: run.start,
                end,
                reach,
                first: run.first,
                slices: lookup.slices.len(),
                slice_bits,
            });
            lookup.add_slices(objects, *last, slice_bits);
        }
        lookup
    }

    /// One entry per slice, and one behind them.
    fn add_slices(&mut self, objects: &[u32], last: u32, slice_bits: u32) {
        let mut next = 0;
        for (index, offset) in (0_u32..).zip(objects) {
            let slice = slice_of(*offset, slice_bits);
            while next <= slice {
                self.slices.push(index);
                next += 1;
            }
        }
        let count = u32::try_from(objects.len()).unwrap_or(u32::MAX);
        while next <= slice_of(last, slice_bits) + 1 {
            self.slices.push(count);
            next += 1;
        }
    }

    /// The index of the object at that address.
    #[inline]
    pub(crate) fn find(&mut self, address: u64) -> Option<u32> {
        if let Some(span) = self.spans.get(self.recent)
            && (span.start..=span.end).contains(&address)
            && let Some(found) = self.find_in(span, address)
        {
            return Some(found);
        }
        self.search(address)
    }

    fn search(&mut self, address: u64) -> Option<u32> {
        let behind = self.spans.partition_point(|span| span.start <= address);
        for index in (0..behind).rev().take(MOST_OVERLAPS) {
            let span = self.spans.get(index)?;
            if span.reach < address {
                return None;
            }
            if let Some(found) = self.find_in(span, address) {
                self.recent = index;
                return Some(found);
            }
        }
        None
    }

    #[inline]
    fn find_in(&self, span: &Span, address: u64) -> Option<u32> {
        let distance = address - span.start;
        let units = distance >> self.unit_bits;
        if units << self.unit_bits != distance || address > span.end {
            return None;
        }
        let units = u32::try_from(units).ok()?;
        let slice = span.slices + slice_of(units, span.slice_bits) as usize;
        let from = *self.slices.get(slice)?;
        let to = *self.slices.get(slice + 1)?;
        let objects = self.offsets.get((span.first + from) as usize..(span.first + to) as usize)?;
        // A few at most, unless objects are very unevenly spread.
        let place = if objects.len() <= 16 {
            objects.iter().position(|offset| *offset == units)?
        } else {
            objects.binary_search(&units).ok()?
        };
        Some(span.first + from + u32::try_from(place).ok()?)
    }
}

/// The slice that so many units belong to. There are no more slices than objects.
#[inline]
fn slice_of(units: u32, slice_bits: u32) -> u32 {
    (u64::from(units) >> slice_bits) as u32
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::*;

    fn check(pointer_size: u8, list: &[u64]) {
        let mut addresses = Addresses::new(pointer_size);
        for address in list {
            addresses.push(*address);
        }
        assert_eq!(addresses.offsets.len(), list.len());
        let mut lookup = addresses.lookup();
        for (index, address) in (0..).zip(list) {
            assert_eq!(addresses.get(index), *address);
            let found = lookup.find(*address).map(|found| list[found as usize]);
            assert_eq!(found, Some(*address), "{address:#x}");
            for other in [address.wrapping_sub(1), address.wrapping_add(1), address ^ 8, address ^ 0x1_0000] {
                let found = lookup.find(other).map(|found| list[found as usize]);
                assert_eq!(found, list.contains(&other).then_some(other), "{other:#x}");
            }
        }
    }

    #[test]
    fn addresses_are_kept_and_found() {
        check(8, &[]);
        check(8, &[0x1000]);
        check(8, &[0x1000, 0x1018, 0x1040, 0x900_0000, 0x7fff_0000_0000, 0x10, 0x28, 0x2000]);
        check(4, &[0x1000, 0x100c, 0x1010, 0x1003, 0x1007]);
        // Overlapping runs, the same address twice, an address that is no multiple of anything, the ends of the range.
        check(8, &[0x1000, 0x2000, 0x3000, 0x1800, 0x2800, 0x1000, 0x1001, 0, u64::MAX, 8]);
        let dense: Vec<u64> = (0..2_000).map(|i| 0x5000_0000 + i * 24 + (i / 100) * 8000).collect();
        check(8, &dense);
    }

    #[test]
    fn an_object_far_behind_begins_a_run() {
        let mut addresses = Addresses::new(8);
        for address in [0x1000, 0x1000 + (u64::from(u32::MAX) << 3), 0x1008 + (u64::from(u32::MAX) << 3)] {
            addresses.push(address);
        }
        assert_eq!(addresses.runs.len(), 2);
    }
}
