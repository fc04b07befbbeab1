//! The heap before and after a collection, as the events at its end describe it.

use dotnet_events::runtime::gc::{GCHeapStats, GCPerHeapHistory, GenerationHistory};

use super::collection::{Collection, GENERATIONS};

/// Heaps of one collection that are told apart; the sums have all.
const MAX_HEAPS: usize = 1024;

/// A mechanism is said to be set by the highest bit; the lowest other one is its number (`nettrace.md` C.4).
const MECHANISM_SET: u32 = 1 << 31;

/// What is left after a collection, in bytes; by generation.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeapAfter {
    pub(super) sizes: [u64; GENERATIONS],
    pub(super) promoted: [u64; GENERATIONS],
    pub(super) finalization_promoted_bytes: u64,
    pub(super) finalization_promoted_count: u64,
    pub(super) pinned_objects: u32,
    pub(super) sync_blocks: u32,
    pub(super) handles: u32,
}

/// What a collection did to a generation, in bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Generation {
    pub(super) size_before: u64,
    pub(super) free_list_before: u64,
    pub(super) free_objects_before: u64,
    pub(super) size_after: u64,
    pub(super) free_list_after: u64,
    pub(super) free_objects_after: u64,
    /// Survivors of it that could not be moved.
    pub(super) pinned_survived: u64,
    pub(super) other_survived: u64,
    /// What may be allocated in it until it is collected again.
    pub(super) budget: u64,
}

/// One heap of several.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeapFigures {
    pub(super) index: u32,
    pub(super) size_before: u64,
    pub(super) size_after: u64,
    pub(super) survived: u64,
    pub(super) pinned_survived: u64,
}

impl HeapAfter {
    pub(super) fn new(stats: &GCHeapStats<'_>) -> Self {
        Self {
            sizes: [
                stats.GenerationSize0,
                stats.GenerationSize1,
                stats.GenerationSize2,
                stats.GenerationSize3,
                stats.GenerationSize4.unwrap_or(0),
            ],
            promoted: [
                stats.TotalPromotedSize0,
                stats.TotalPromotedSize1,
                stats.TotalPromotedSize2,
                stats.TotalPromotedSize3,
                stats.TotalPromotedSize4.unwrap_or(0),
            ],
            finalization_promoted_bytes: stats.FinalizationPromotedSize,
            finalization_promoted_count: stats.FinalizationPromotedCount,
            pinned_objects: stats.PinnedObjectCount,
            sync_blocks: stats.SinkBlockCount,
            handles: stats.GCHandleCount,
        }
    }
}

impl Generation {
    pub(super) fn free_before(&self) -> u64 {
        self.free_list_before.saturating_add(self.free_objects_before)
    }

    pub(super) fn free_after(&self) -> u64 {
        self.free_list_after.saturating_add(self.free_objects_after)
    }

    /// Bytes of objects before it.
    pub(super) fn objects_before(&self) -> u64 {
        self.size_before.saturating_sub(self.free_before())
    }

    /// Bytes of objects after it.
    pub(super) fn objects_after(&self) -> u64 {
        self.size_after.saturating_sub(self.free_after())
    }

    pub(super) fn survived(&self) -> u64 {
        self.pinned_survived.saturating_add(self.other_survived)
    }

    fn add(&mut self, record: &GenerationHistory<'_>) {
        for (sum, value) in [
            (&mut self.size_before, record.SizeBefore),
            (&mut self.free_list_before, record.FreeListSpaceBefore),
            (&mut self.free_objects_before, record.FreeObjSpaceBefore),
            (&mut self.size_after, record.SizeAfter),
            (&mut self.free_list_after, record.FreeListSpaceAfter),
            (&mut self.free_objects_after, record.FreeObjSpaceAfter),
            (&mut self.pinned_survived, record.PinnedSurv),
            (&mut self.other_survived, record.NonePinnedSurv),
            (&mut self.budget, record.NewAllocation),
        ] {
            *sum = sum.saturating_add(value);
        }
    }
}

impl Collection {
    /// Adds what it did to one heap.
    pub(super) fn add_heap(&mut self, history: &GCPerHeapHistory<'_>) {
        let mut heap = HeapFigures {
            index: history.HeapIndex,
            size_before: 0,
            size_after: 0,
            survived: 0,
            pinned_survived: 0,
        };
        for (sum, record) in self.generations.iter_mut().zip(history.Values.iter()) {
            sum.add(&record);
            heap.size_before = heap.size_before.saturating_add(record.SizeBefore);
            heap.size_after = heap.size_after.saturating_add(record.SizeAfter);
            heap.survived =
                heap.survived.saturating_add(record.PinnedSurv).saturating_add(record.NonePinnedSurv);
            heap.pinned_survived = heap.pinned_survived.saturating_add(record.PinnedSurv);
        }
        if self.heaps.len() < MAX_HEAPS {
            self.heaps.push(heap);
        }
        self.condemned.conditions |= history.CondemnReasons1;
        self.condemned.compact_reasons |= mechanism(history.CompactMechanisms);
        self.condemned.expand_reasons |= mechanism(history.ExpandMechanisms);
        self.efficiency.allocated = self.efficiency.allocated.saturating_add(history.FreeListAllocated);
        self.efficiency.rejected = self.efficiency.rejected.saturating_add(history.FreeListRejected);
    }
}

/// The bit of the mechanism that was used; 0 for none.
fn mechanism(word: u32) -> u32 {
    if word & MECHANISM_SET == 0 {
        return 0;
    }
    let others = word & !MECHANISM_SET;
    // The lowest bit.
    others & others.wrapping_neg()
}

/// Follows how much is allocated between collections.
///
/// What was allocated in a generation is what is in it when it is collected, less what was left in it after the last time
/// (`nettrace.md` D.2). Only new objects come into generation 0 and onto the heaps of large and of pinned objects.
#[derive(Debug, Default)]
pub(super) struct Allocated {
    /// Bytes of objects after the last collection; by generation.
    last: Option<[u64; GENERATIONS]>,
}

/// The generations that objects are allocated in.
const ALLOCATED_IN: [usize; 3] = [0, 3, 4];

impl Allocated {
    /// About how many bytes were allocated since the collection before; `None` for the first, and for those in the background,
    /// during which allocating goes on.
    pub(super) fn until(&mut self, collection: &Collection) -> Option<u64> {
        if collection.heaps.is_empty() || collection.is_background() {
            return None;
        }
        let mut now = self.last.unwrap_or_default();
        let mut allocated = 0u64;
        for index in ALLOCATED_IN {
            let (Some(generation), Some(last)) = (collection.generations.get(index), now.get_mut(index))
            else {
                continue;
            };
            allocated = allocated.saturating_add(generation.objects_before().saturating_sub(*last));
            let touched = index == 0 || collection.generation >= 2 || generation.size_after > 0;
            *last = if touched { generation.objects_after() } else { generation.objects_before() };
        }
        self.last.replace(now).map(|_| allocated)
    }
}
