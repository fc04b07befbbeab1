//! From what the fold knows to the answer.

use std::collections::HashMap;

use dotnet_events::enumerations::GCReason;

use super::answer::{
    CallerReport, ClassReport, CollectionReport, GcReport, GenerationReport, HeapReport, MilestoneReport,
    PauseReport, PercentilesReport, PhaseReport, PinnedTypeReport, ReasonReport, RootReport, SegmentsReport,
    SuspensionReport, TotalsReport, TriggerReport,
};
use super::causes;
use super::collection::{Collection, GENERATIONS, Milestone};
use super::fold::Collections;
use super::notes;
use super::totals::{Class, Sums, Totals, percentile};
use crate::report::Facts;
use crate::stacks::StackId;
use crate::symbols::Code;

/// Call stacks that are told apart.
const MAX_CALLERS: usize = 20;

/// Types of pinned objects that are listed.
const MAX_PINNED_TYPES: usize = 100;

/// Nanoseconds of a microsecond.
const MICRO: i64 = 1000;

impl GcReport {
    pub(super) fn new(fold: &Collections, facts: &Facts, code: &Code) -> Self {
        let mut totals = fold.earlier.clone();
        for collection in fold.iter() {
            totals.add(collection);
        }
        Self {
            collections: fold.iter().map(CollectionReport::new).collect(),
            totals: TotalsReport::new(fold, &totals),
            generations: Class::ALL
                .iter()
                .filter_map(|class| ClassReport::new(*class, &totals, fold))
                .collect(),
            reasons: reasons(&totals),
            suspensions: suspensions(fold),
            triggers: triggers(fold),
            triggered_by: callers(fold, code),
            pinned_types: pinned_types(fold),
            segments: SegmentsReport {
                created: fold.segments.created,
                created_bytes: fold.segments.created_bytes,
                freed: fold.segments.freed,
            },
            notes: notes::of(fold, &totals, facts),
        }
    }
}

impl TotalsReport {
    fn new(fold: &Collections, totals: &Totals) -> Self {
        let Sums { count, pause, max_pause, suspension, restart, promoted, allocated, .. } = totals.all;
        let observed = fold.observed_nanos();
        let of_reasons = |wanted: &[GCReason]| {
            wanted.iter().filter_map(|reason| totals.reasons.get(reason)).map(|sums| sums.count).sum()
        };
        let last = fold.iter().rev().find(|collection| collection.after.is_some());
        Self {
            count,
            incomplete: totals.all.incomplete,
            not_listed: fold.earlier.all.count,
            pause_ns: pause,
            max_pause_ns: max_pause,
            mean_pause_ns: mean(pause, count),
            pause_percentiles_ns: percentiles(fold.iter()),
            suspension_ns: suspension,
            restart_ns: restart,
            percent_time_in_gc: if observed > 0 { 100.0 * pause as f64 / observed as f64 } else { 0.0 },
            observed_ns: observed,
            stopped_ns: fold.suspensions.union_nanos(),
            promoted_bytes: promoted,
            allocated_bytes: allocated,
            induced: of_reasons(&INDUCED),
            large_object_triggered: of_reasons(&LARGE_OBJECTS),
            compacting: totals.all.compacting,
            finalizers_run: totals.all.finalizers,
            finalizers_ns: totals.all.finalizing,
            last_heap_after_bytes: last.and_then(Collection::size_after),
            max_heap_before_bytes: fold.iter().filter_map(Collection::size_before).max(),
            last_fragmentation_percent: last.and_then(Collection::fragmentation),
            heaps: fold
                .iter()
                .rev()
                .find_map(|collection| collection.settings)
                .map(|settings| settings.heaps),
        }
    }
}

/// Reasons that are the program's own calls.
const INDUCED: [GCReason; 4] =
    [GCReason::Induced, GCReason::InducedNotForced, GCReason::InducedLowMemory, GCReason::InducedCompacting];

/// Reasons that are allocations of large objects.
const LARGE_OBJECTS: [GCReason; 2] = [GCReason::AllocLarge, GCReason::OutOfSpaceLOH];

fn mean(sum: i64, count: u64) -> Option<i64> {
    i64::try_from(count).ok().filter(|count| *count > 0).map(|count| sum / count)
}

fn percentiles<'c>(collections: impl Iterator<Item = &'c Collection>) -> PercentilesReport {
    let mut pauses: Vec<i64> = collections.map(Collection::pause).collect();
    pauses.sort_unstable();
    PercentilesReport {
        p50: percentile(&pauses, 50),
        p90: percentile(&pauses, 90),
        p95: percentile(&pauses, 95),
        p99: percentile(&pauses, 99),
    }
}

impl ClassReport {
    fn new(class: Class, totals: &Totals, fold: &Collections) -> Option<Self> {
        let Sums { count, pause, max_pause, suspension, promoted, .. } = totals.of(class);
        Some(Self {
            generation: class.generation(),
            background: class == Class::Background,
            count,
            pause_ns: pause,
            max_pause_ns: max_pause,
            mean_pause_ns: mean(pause, count)?,
            pause_percentiles_ns: percentiles(fold.iter().filter(|one| Class::of(one) == class)),
            suspension_ns: suspension,
            promoted_bytes: promoted,
            name: class.name(),
        })
    }
}

fn reasons(totals: &Totals) -> Vec<ReasonReport> {
    let mut reasons: Vec<_> = totals
        .reasons
        .iter()
        .map(|(reason, sums)| ReasonReport {
            reason: reason.to_string(),
            count: sums.count,
            pause_ns: sums.pause,
        })
        .collect();
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.count));
    reasons
}

fn suspensions(fold: &Collections) -> Vec<SuspensionReport> {
    let by_reason = fold.suspensions.by_reason();
    let mut suspensions: Vec<_> = by_reason
        .iter()
        .map(|(reason, totals)| SuspensionReport {
            reason: reason.to_string(),
            count: totals.count,
            duration_ns: totals.nanos,
            max_ns: totals.max_nanos,
            suspension_ns: totals.suspension,
        })
        .collect();
    suspensions.sort_by_key(|reason| std::cmp::Reverse(reason.duration_ns));
    suspensions
}

fn triggers(fold: &Collections) -> Vec<TriggerReport> {
    let mut triggers: Vec<_> = fold
        .triggers
        .iter()
        .map(|(reason, count)| TriggerReport { reason: reason.to_string(), count: *count })
        .collect();
    triggers.sort_by_key(|trigger| std::cmp::Reverse(trigger.count));
    triggers
}

fn callers(fold: &Collections, code: &Code) -> Vec<CallerReport> {
    let mut counts: HashMap<(StackId, GCReason), u64> = HashMap::new();
    for collection in fold.iter().filter(|collection| collection.trigger != StackId::EMPTY) {
        *counts.entry((collection.trigger, collection.reason)).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_unstable_by_key(|(key, count)| (std::cmp::Reverse(*count), *key));
    let caller = |((stack, reason), count): ((StackId, GCReason), u64)| CallerReport {
        reason: reason.to_string(),
        count,
        stack: code.frames(stack).map(|frame| frame.name.clone()).collect(),
    };
    counts.into_iter().take(MAX_CALLERS).map(caller).collect()
}

fn pinned_types(fold: &Collections) -> Vec<PinnedTypeReport> {
    let mut types: Vec<_> = fold
        .pinned
        .iter()
        .filter(|(_, (count, _))| *count > 0)
        .map(|(name, (count, bytes))| PinnedTypeReport {
            type_name: name.to_owned(),
            count: *count,
            bytes: *bytes,
        })
        .collect();
    types.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.type_name.cmp(&b.type_name)));
    types.truncate(MAX_PINNED_TYPES);
    types
}

impl CollectionReport {
    fn new(collection: &Collection) -> Self {
        let settings = collection.settings.as_ref();
        let after = collection.after.as_ref();
        let several = collection.heaps.len() > 1;
        Self {
            number: collection.number,
            generation: collection.generation,
            reason: collection.reason.to_string(),
            kind: collection.kind.to_string(),
            start_ns: collection.start,
            duration_ns: collection.end.map(|end| end - collection.start),
            pause_start_ns: collection.pause_start(),
            pause_ns: collection.pause(),
            suspension_ns: collection.suspension(),
            pauses: pauses(collection),
            complete: collection.is_complete(),
            promoted_bytes: collection.promoted(),
            heap_before_bytes: collection.size_before(),
            heap_after_bytes: collection.size_after(),
            fragmentation_percent: collection.fragmentation(),
            allocated_bytes: collection.allocated_bytes,
            generations: generations(collection),
            promoted_by_root: roots(collection),
            pinned_objects: after.map(|after| after.pinned_objects),
            gc_handles: after.map(|after| after.handles),
            sync_blocks: after.map(|after| after.sync_blocks),
            finalization_promoted_count: after.map(|after| after.finalization_promoted_count),
            finalization_promoted_bytes: after.map(|after| after.finalization_promoted_bytes),
            finalizers_run: collection.finalizers.count,
            finalizers_ns: collection.finalizers.nanos,
            mechanisms: settings.map_or_else(Vec::new, |settings| settings.mechanisms.names().collect()),
            compact_reasons: causes::of_bits(&causes::COMPACT_REASONS, collection.condemned.compact_reasons)
                .collect(),
            expand_reasons: causes::of_bits(&causes::EXPAND_REASONS, collection.condemned.expand_reasons)
                .collect(),
            condemned_reasons: causes::of_bits(
                &causes::CONDEMNED_CONDITIONS,
                collection.condemned.conditions,
            )
            .collect(),
            pause_mode: settings.and_then(|settings| settings.pause_mode).map(|mode| mode.to_string()),
            memory_load_percent: settings.and_then(|settings| settings.memory_load),
            free_list_efficiency_percent: efficiency(collection),
            phases: phases(collection),
            milestones: milestones(collection),
            heaps: if several { heaps(collection) } else { Vec::new() },
        }
    }
}

fn pauses(collection: &Collection) -> Vec<PauseReport> {
    let pause = |part: &super::suspensions::Part| PauseReport {
        start_ns: part.start,
        duration_ns: part.duration,
        suspension_ns: part.suspension,
        restart_ns: part.restart,
    };
    collection.pauses.iter().map(pause).collect()
}

fn generations(collection: &Collection) -> Vec<GenerationReport> {
    if collection.heaps.is_empty() && collection.after.is_none() {
        return Vec::new();
    }
    let described = collection.generations.iter().enumerate().take(GENERATIONS);
    let report = |(index, generation): (usize, &super::heap::Generation)| {
        let after = collection.after.and_then(|after| after.sizes.get(index).copied());
        let free = collection.free_after(index);
        let collected = index as u32 <= collection.generation || collection.generation >= 2;
        let objects = generation.objects_before();
        GenerationReport {
            generation: index,
            before_bytes: generation.size_before,
            after_bytes: after,
            promoted_bytes: collection.after.and_then(|after| after.promoted.get(index).copied()),
            free_bytes: free,
            fragmentation_percent: after
                .filter(|size| *size > 0)
                .zip(free)
                .map(|(size, free)| percent(free, size)),
            pinned_survived_bytes: generation.pinned_survived,
            survival_percent: (collected && objects > 0).then(|| percent(generation.survived(), objects)),
            budget_bytes: generation.budget,
        }
    };
    described.map(report).collect()
}

fn percent(part: u64, whole: u64) -> f64 {
    100.0 * part as f64 / whole as f64
}

fn roots(collection: &Collection) -> Vec<RootReport> {
    let found = causes::ROOTS.iter().zip(collection.promoted_by_root);
    found.filter(|(_, bytes)| *bytes > 0).map(|(root, bytes)| RootReport { root, bytes }).collect()
}

fn efficiency(collection: &Collection) -> Option<f64> {
    let tried = collection.efficiency.allocated.saturating_add(collection.efficiency.rejected);
    (tried > 0).then(|| percent(collection.efficiency.allocated, tried))
}

fn phases(collection: &Collection) -> Vec<PhaseReport> {
    let Some(settings) = collection.settings else { return Vec::new() };
    let timed = settings.phases.iter().take(settings.phase_count).enumerate();
    let report = |(index, micros): (usize, &u32)| {
        let phase = causes::phase(index, settings.phase_count)?;
        Some(PhaseReport { phase, duration_ns: i64::from(*micros) * MICRO })
    };
    timed.filter_map(report).collect()
}

fn milestones(collection: &Collection) -> Vec<MilestoneReport> {
    let name = |milestone| match milestone {
        Milestone::Begin => "begin",
        Milestone::FirstStopEnd => "first_stop_end",
        Milestone::FirstConcurrentEnd => "first_concurrent_end",
        Milestone::SecondStopBegin => "second_stop_begin",
        Milestone::SecondStopEnd => "second_stop_end",
        Milestone::SecondConcurrentBegin => "second_concurrent_begin",
        Milestone::SecondConcurrentEnd => "second_concurrent_end",
        Milestone::PlanEnd => "plan_end",
        Milestone::SweepEnd => "sweep_end",
    };
    let report =
        |(milestone, at): &(Milestone, i64)| MilestoneReport { milestone: name(*milestone), at_ns: *at };
    collection.milestones.iter().map(report).collect()
}

fn heaps(collection: &Collection) -> Vec<HeapReport> {
    let report = |heap: &super::heap::HeapFigures| HeapReport {
        heap: heap.index,
        before_bytes: heap.size_before,
        touched_after_bytes: heap.size_after,
        survived_bytes: heap.survived,
        pinned_survived_bytes: heap.pinned_survived,
    };
    collection.heaps.iter().map(report).collect()
}
