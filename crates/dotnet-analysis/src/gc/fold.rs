//! From events to collections: a state machine, after `nettrace.md` D.1 and `metrics.md` G.6.
//!
//! A collection begins inside of a suspension, which it owns from then on. If another one begins before the threads run again,
//! the first one's share of the suspension ends there: so it is with one of generation 0 at the start of one in the
//! background, and with a full one right after one of generation 1. The suspensions that a collection in the background needs
//! later are its own by their reason, or since no other begins in them.

use std::collections::{BTreeMap, VecDeque};

use dotnet_events::enumerations::{GCReason, GCSuspendEEReason};
use dotnet_events::runtime::record::Rows;
use dotnet_events::runtime::{gc, private};
use dotnet_events::{EventError, Source};
use nettrace::{Event, TraceInfo};

use super::collection::{
    Collection, Condemned, Finalizers, FreeListUse, Milestone, Pinned, ROOT_KINDS, Settings,
};
use super::heap::{Allocated, HeapAfter};
use super::suspensions::{Open, Ordinal, Suspensions};
use super::totals::Totals;
use crate::by_type::ByType;
use crate::fold::{Context, Fold};
use crate::observed::{Observed, at};
use crate::stacks::StackId;

/// Collections that are kept one by one, which takes up to 250 MB; of earlier ones only the sums are.
const MAX_COLLECTIONS: usize = 1 << 18;

/// Milestones of one collection that are kept.
const MAX_MILESTONES: usize = 32;

/// Collections of a process, from the events of the keyword GC at level informational or verbose. Wants time order.
///
/// Events of the private provider add the phases of collections in the background.
#[derive(Debug, Default)]
pub struct Collections {
    kept: VecDeque<Collection>,
    /// Those that are no longer kept.
    pub(super) earlier: Totals,
    /// The one that runs in the background.
    background: Option<Ordinal>,
    /// The one that has ended, and whose heap was not described yet.
    ended: Option<Ordinal>,
    pub(super) suspensions: Suspensions,
    /// Who wanted a collection that has not begun yet.
    trigger: StackId,
    pub(super) triggers: BTreeMap<GCReason, u64>,
    finalizing: Option<(u64, i64)>,
    allocated: Allocated,
    /// Objects seen pinned: events and bytes by type.
    pub(super) pinned: ByType<(u64, u64)>,
    pub(super) segments: Segments,
    /// Suspensions for collections in which none ran.
    pub(super) without_collection: u64,
    /// Events of collections whose beginning is not in the trace.
    pub(super) headless: u64,
    /// Events that cannot be read.
    pub(super) unreadable: u64,
    observed: Observed,
}

/// Segments or regions that the heap got and gave back.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Segments {
    pub(super) created: u64,
    pub(super) created_bytes: u64,
    pub(super) freed: u64,
}

impl Collections {
    /// The collections that are kept, in the order they began.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Collection> {
        self.kept.iter()
    }

    /// From the start of the trace to the last event before the rundown, in nanoseconds.
    pub(super) fn observed_nanos(&self) -> i64 {
        self.observed.nanos()
    }

    fn get(&mut self, ordinal: Option<Ordinal>) -> Option<&mut Collection> {
        let place = ordinal?.checked_sub(self.earlier.all.count)?;
        self.kept.get_mut(usize::try_from(place).ok()?)
    }

    fn last(&self) -> Option<Ordinal> {
        (self.earlier.all.count + self.kept.len() as u64).checked_sub(1).filter(|_| !self.kept.is_empty())
    }

    /// The one that events without a number are about: the last, or if that is over the one in the background.
    fn current(&self) -> Option<Ordinal> {
        match self.kept.back() {
            Some(last) if last.end.is_none() => self.last(),
            _ => self.background.or(self.last()),
        }
    }

    fn runtime_event(&mut self, event: &Event<'_>, context: &mut Context<'_>) -> Result<(), EventError> {
        let thread = event.thread_id;
        match event.metadata.event_id {
            gc::GCSuspendEEBegin::ID => {
                let begin = gc::GCSuspendEEBegin::decode(event)?;
                let background = self.background;
                let open = self.suspensions.begin(thread, begin.Reason, at(event));
                if begin.Reason == GCSuspendEEReason::SuspendForGCPrep {
                    open.owner = background;
                }
            }
            gc::GCSuspendEEEnd::ID => self.suspensions.stopped(thread, at(event)),
            gc::GCRestartEEBegin::ID => self.suspensions.restarting(thread, at(event)),
            gc::GCRestartEEEnd::ID => self.restarted(thread, at(event)),
            gc::GCTriggered::ID => {
                let triggered = gc::GCTriggered::decode(event)?;
                *self.triggers.entry(triggered.Reason).or_default() += 1;
                self.trigger = context.stack(event);
            }
            gc::GCStart::ID => self.begin(&gc::GCStart::decode(event)?, thread, at(event)),
            gc::GCMarkWithType::ID => {
                let mark = gc::GCMarkWithType::decode(event)?;
                if let Some(collection) = self.get(self.current())
                    && let Some(sum) = usize::try_from(mark.Type.number())
                        .ok()
                        .and_then(|kind| collection.promoted_by_root.get_mut(kind))
                {
                    *sum = sum.saturating_add(mark.Bytes);
                }
            }
            gc::GCGlobalHeapHistory::ID => {
                let history = gc::GCGlobalHeapHistory::decode(event)?;
                let current = self.current();
                self.about(current, |collection| collection.settings = Some(Settings::new(&history)));
            }
            gc::GCPerHeapHistory::ID => {
                let history = gc::GCPerHeapHistory::decode(event)?;
                let current = self.current();
                self.about(current, |collection| collection.add_heap(&history));
            }
            gc::GCEnd::ID => self.end(gc::GCEnd::decode(event)?.Count, at(event)),
            gc::GCHeapStats::ID => {
                let stats = gc::GCHeapStats::decode(event)?;
                let ended = self.ended.take().or(self.current());
                self.about(ended, |collection| {
                    collection.after.get_or_insert_with(|| HeapAfter::new(&stats));
                });
            }
            gc::GCFinalizersBegin::ID => self.finalizing = Some((thread, at(event))),
            gc::GCFinalizersEnd::ID => {
                let count = gc::GCFinalizersEnd::decode(event)?.Count;
                self.finalized(thread, count, at(event));
            }
            gc::PinObjectAtGCTime::ID => {
                let pin = gc::PinObjectAtGCTime::decode(event)?;
                let kind = self.pinned.id(pin.TypeName);
                if let Some((seen, bytes)) = self.pinned.of(kind) {
                    *seen += 1;
                    *bytes = bytes.saturating_add(pin.ObjectSize);
                }
                if let Some(collection) = self.get(self.current()) {
                    collection.pinned.seen += 1;
                    collection.pinned.bytes = collection.pinned.bytes.saturating_add(pin.ObjectSize);
                }
            }
            gc::GCCreateSegment::ID => {
                let segment = gc::GCCreateSegment::decode(event)?;
                self.segments.created += 1;
                self.segments.created_bytes = self.segments.created_bytes.saturating_add(segment.Size);
            }
            gc::GCFreeSegment::ID => self.segments.freed += 1,
            _ => {}
        }
        Ok(())
    }

    fn private_event(&mut self, event: &Event<'_>) {
        let milestone = match event.metadata.event_id {
            private::BGCBegin::ID => Milestone::Begin,
            private::BGC1stNonConEnd::ID => Milestone::FirstStopEnd,
            private::BGC1stConEnd::ID => Milestone::FirstConcurrentEnd,
            private::BGC2ndNonConBegin::ID => Milestone::SecondStopBegin,
            private::BGC2ndNonConEnd::ID => Milestone::SecondStopEnd,
            private::BGC2ndConBegin::ID => Milestone::SecondConcurrentBegin,
            private::BGC2ndConEnd::ID => Milestone::SecondConcurrentEnd,
            private::BGCPlanEnd::ID => Milestone::PlanEnd,
            private::BGCSweepEnd::ID => Milestone::SweepEnd,
            _ => return,
        };
        let now = at(event);
        if let Some(collection) = self.get(self.background)
            && collection.milestones.len() < MAX_MILESTONES
        {
            collection.milestones.push((milestone, now));
        }
    }

    /// Tells a collection something; counts what is about none that is known.
    fn about(&mut self, ordinal: Option<Ordinal>, tell: impl FnOnce(&mut Collection)) {
        match self.get(ordinal) {
            Some(collection) => tell(collection),
            None => self.headless += 1,
        }
    }

    fn begin(&mut self, start: &gc::GCStart<'_>, thread: u64, now: i64) {
        // Some runtimes say it twice.
        if self.kept.back().is_some_and(|last| last.number == start.Count) {
            return;
        }
        if self.kept.len() >= MAX_COLLECTIONS
            && let Some(oldest) = self.kept.pop_front()
        {
            self.earlier.add(&oldest);
        }
        let ordinal = self.earlier.all.count + self.kept.len() as u64;
        let mut collection =
            Collection::new(start, now, std::mem::replace(&mut self.trigger, StackId::EMPTY));
        let mut share = None;
        let open = match self.suspensions.of_collection(thread) {
            Some(open) => open,
            None => self.suspensions.found_open(thread, now),
        };
        collection.begin_seen = open.begin_seen;
        if let Some(owner) = open.owner.replace(ordinal) {
            share = Some((owner, open.part(now)));
            open.owned_from = now;
        }
        if let Some((owner, part)) = share {
            self.about(Some(owner), |before| before.add_pause(part));
        }
        if collection.is_background() {
            self.background = Some(ordinal);
        }
        self.kept.push_back(collection);
    }

    fn end(&mut self, number: u32, now: i64) {
        let is_it = |collection: &&mut Collection| collection.number == number && collection.end.is_none();
        let ordinal = [self.last(), self.background]
            .into_iter()
            .flatten()
            .find(|ordinal| self.get(Some(*ordinal)).as_ref().is_some_and(is_it));
        let Some(ordinal) = ordinal else {
            self.headless += 1;
            return;
        };
        if self.background == Some(ordinal) {
            self.background = None;
        }
        self.ended = Some(ordinal);
        let place = ordinal.saturating_sub(self.earlier.all.count);
        if let Some(collection) = usize::try_from(place).ok().and_then(|place| self.kept.get_mut(place)) {
            collection.end = Some(now);
            collection.allocated_bytes = self.allocated.until(collection);
        }
    }

    fn restarted(&mut self, thread: u64, now: i64) {
        let Some(open) = self.suspensions.end(thread, now) else { return };
        let is_for_collections =
            matches!(open.reason, GCSuspendEEReason::SuspendForGC | GCSuspendEEReason::SuspendForGCPrep);
        if !is_for_collections {
            return;
        }
        match self.owner(&open) {
            Some(owner) => self.about(Some(owner), |collection| collection.add_pause(open.part(now))),
            None => self.without_collection += 1,
        }
    }

    fn owner(&self, open: &Open) -> Option<Ordinal> {
        open.owner.or(self.background)
    }

    fn finalized(&mut self, thread: u64, count: u32, now: i64) {
        let begun = self.finalizing.take().filter(|(by, _)| *by == thread);
        if let Some(collection) = self.get(self.last()) {
            collection.finalizers.count += u64::from(count);
            let nanos = begun.map_or(0, |(_, begin)| now - begin);
            collection.finalizers.nanos = collection.finalizers.nanos.saturating_add(nanos);
        }
    }
}

impl Fold for Collections {
    fn trace(&mut self, trace: &TraceInfo) {
        self.observed.begin(trace);
    }

    #[inline]
    fn event(&mut self, event: &Event<'_>, context: &mut Context<'_>) {
        let read = match context.source {
            Source::Runtime => self.runtime_event(event, context),
            Source::Private => {
                self.private_event(event);
                Ok(())
            }
            _ => Ok(()),
        };
        self.observed.see(event, context.source);
        if read.is_err() {
            self.unreadable += 1;
        }
    }
}

impl Collection {
    fn new(start: &gc::GCStart<'_>, now: i64, trigger: StackId) -> Self {
        Self {
            number: start.Count,
            generation: start.Depth.unwrap_or(0),
            reason: start.Reason,
            kind: start.Type.unwrap_or(0.into()),
            start: now,
            end: None,
            begin_seen: true,
            pauses: Vec::with_capacity(1),
            after: None,
            generations: Default::default(),
            heaps: Vec::with_capacity(1),
            condemned: Condemned::default(),
            efficiency: FreeListUse::default(),
            settings: None,
            promoted_by_root: [0; ROOT_KINDS],
            finalizers: Finalizers::default(),
            pinned: Pinned::default(),
            trigger,
            milestones: Vec::new(),
            allocated_bytes: None,
        }
    }
}

impl Settings {
    fn new(history: &gc::GCGlobalHeapHistory<'_>) -> Self {
        let mut settings = Self {
            heaps: history.NumHeaps,
            mechanisms: history.GlobalMechanisms,
            pause_mode: history.PauseMode,
            memory_load: history.MemoryPressure,
            phase_count: 0,
            phases: Default::default(),
        };
        for (phase, micros) in settings.phases.iter_mut().zip(history.Values.iter().flat_map(Rows::iter)) {
            *phase = micros;
            settings.phase_count += 1;
        }
        settings
    }
}
