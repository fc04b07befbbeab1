//! What is known of one collection.

use dotnet_events::enumerations::{GCGlobalMechanisms, GCPauseMode, GCReason, GCType};

use super::heap::{Generation, HeapAfter, HeapFigures};
use super::suspensions::Part;
use crate::stacks::StackId;

/// Generations: 0, 1, 2, large objects, pinned objects.
pub(super) const GENERATIONS: usize = 5;

/// Kinds of roots that are known by name (`nettrace.md` C.7).
pub(super) const ROOT_KINDS: usize = 10;

/// Phases that the runtime times (`nettrace.md` C.4).
pub(super) const MAX_PHASES: usize = 8;

/// Pauses of one collection that are told apart; the last has what comes after.
const MAX_PAUSES: usize = 256;

/// A collection. Times are in nanoseconds from the start of the trace.
#[derive(Debug, Clone)]
pub(super) struct Collection {
    pub(super) number: u32,
    /// The oldest generation that it collects.
    pub(super) generation: u32,
    pub(super) reason: GCReason,
    pub(super) kind: GCType,
    pub(super) start: i64,
    pub(super) end: Option<i64>,
    /// Whether its suspension was seen from its beginning.
    pub(super) begin_seen: bool,
    /// In time order: one, and up to three or more of a collection in the background.
    pub(super) pauses: Vec<Part>,
    pub(super) after: Option<HeapAfter>,
    /// Of all heaps together.
    pub(super) generations: [Generation; GENERATIONS],
    /// Those of a workstation's collector are one.
    pub(super) heaps: Vec<HeapFigures>,
    pub(super) condemned: Condemned,
    pub(super) efficiency: FreeListUse,
    pub(super) settings: Option<Settings>,
    /// Bytes that were found by each kind of root.
    pub(super) promoted_by_root: [u64; ROOT_KINDS],
    pub(super) finalizers: Finalizers,
    pub(super) pinned: Pinned,
    /// Where it was asked for, if the trace says.
    pub(super) trigger: StackId,
    /// Milestones of a collection in the background.
    pub(super) milestones: Vec<(Milestone, i64)>,
    /// About how much was allocated since the last; `None` for the first.
    pub(super) allocated_bytes: Option<u64>,
}

/// What the runtime says of a whole collection, of the event 205.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) heaps: i32,
    pub(super) mechanisms: GCGlobalMechanisms,
    pub(super) pause_mode: Option<GCPauseMode>,
    /// Percent of the machine's or the container's memory that is used.
    pub(super) memory_load: Option<u32>,
    pub(super) phase_count: usize,
    /// In microseconds.
    pub(super) phases: [u32; MAX_PHASES],
}

/// Why that generation, and how it was made compact, over all heaps: bits of `nettrace.md` C.4.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Condemned {
    pub(super) conditions: u32,
    /// One bit per reason.
    pub(super) compact_reasons: u32,
    pub(super) expand_reasons: u32,
}

/// How well the gaps in generation 2 are used for what is promoted into it, in bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FreeListUse {
    pub(super) allocated: u64,
    pub(super) rejected: u64,
}

/// Finalizers that ran after it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Finalizers {
    pub(super) count: u64,
    pub(super) nanos: i64,
}

/// Objects that could not be moved, from events of level verbose.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pinned {
    pub(super) seen: u64,
    pub(super) bytes: u64,
}

/// Events of the private provider about a collection in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Milestone {
    Begin,
    FirstStopEnd,
    FirstConcurrentEnd,
    SecondStopBegin,
    SecondStopEnd,
    SecondConcurrentBegin,
    SecondConcurrentEnd,
    PlanEnd,
    SweepEnd,
}

impl Collection {
    pub(super) fn is_background(&self) -> bool {
        self.kind == GCType::BackgroundGC
    }

    /// Whether it was seen from its suspension to what it left behind.
    pub(super) fn is_complete(&self) -> bool {
        self.begin_seen && self.end.is_some() && self.after.is_some() && !self.pauses.is_empty()
    }

    /// Adds a suspension, or a part of one.
    pub(super) fn add_pause(&mut self, part: Part) {
        let is_full = self.pauses.len() >= MAX_PAUSES;
        match self.pauses.last_mut() {
            Some(last) if is_full => {
                last.duration = last.duration.saturating_add(part.duration);
                last.suspension = last.suspension.saturating_add(part.suspension);
                last.restart = last.restart.saturating_add(part.restart);
            }
            _ => self.pauses.push(part),
        }
    }

    /// Time in which it kept all managed threads from running.
    pub(super) fn pause(&self) -> i64 {
        sum(self.pauses.iter().map(|part| part.duration))
    }

    /// Of that, the time until they stood.
    pub(super) fn suspension(&self) -> i64 {
        sum(self.pauses.iter().map(|part| part.suspension))
    }

    /// Of that, the time until they ran again.
    pub(super) fn restart(&self) -> i64 {
        sum(self.pauses.iter().map(|part| part.restart))
    }

    pub(super) fn pause_start(&self) -> i64 {
        self.pauses.first().map_or(self.start, |part| part.start)
    }

    /// Whether it moved objects together.
    pub(super) fn is_compacting(&self) -> bool {
        self.settings.is_some_and(|settings| settings.mechanisms.contains(GCGlobalMechanisms::Compaction))
    }

    /// Bytes before it; `None` when the event that says so is missing.
    pub(super) fn size_before(&self) -> Option<u64> {
        (!self.heaps.is_empty())
            .then(|| bytes(self.generations.iter().map(|generation| generation.size_before)))
    }

    pub(super) fn size_after(&self) -> Option<u64> {
        self.after.map(|after| bytes(after.sizes))
    }

    /// Bytes that were found alive in what was collected.
    pub(super) fn promoted(&self) -> Option<u64> {
        self.after.map(|after| bytes(after.promoted))
    }

    /// Free bytes between the objects of a generation after it.
    ///
    /// The runtime says what a collection left behind of the generations that it touched, and nothing of the others; there it
    /// is what was before (`nettrace.md` D.3).
    pub(super) fn free_after(&self, index: usize) -> Option<u64> {
        if self.heaps.is_empty() {
            return None;
        }
        let generation = self.generations.get(index)?;
        let collected = index <= self.generation as usize || self.generation >= 2;
        Some(if collected || generation.size_after > 0 {
            generation.free_after()
        } else {
            generation.free_before()
        })
    }

    /// How much of the heap after it is free space between objects, in percent: `nettrace.md` D.3.
    pub(super) fn fragmentation(&self) -> Option<f64> {
        let size = self.size_after().filter(|size| *size > 0)?;
        let free = (0..GENERATIONS)
            .try_fold(0u64, |free, index| self.free_after(index).map(|bytes| free.saturating_add(bytes)))?;
        Some(100.0 * free as f64 / size as f64)
    }
}

/// Bytes together.
pub(super) fn bytes(parts: impl IntoIterator<Item = u64>) -> u64 {
    parts.into_iter().fold(0, u64::saturating_add)
}

/// Times together.
pub(super) fn sum(times: impl Iterator<Item = i64>) -> i64 {
    times.fold(0, i64::saturating_add)
}
