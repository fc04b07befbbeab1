//! Events to sums.

use std::collections::HashMap;

use dotnet_events::enumerations::GCAllocationKind;
use dotnet_events::runtime::gc::{
    AllocationSampled, GCAllocationTick, GCSampledObjectAllocationHigh, GCSampledObjectAllocationLow,
};
use dotnet_events::runtime::heap::BulkType;
use dotnet_events::{EventError, Source};
use nettrace::{Event, TraceInfo, Utf16};

use super::estimate::Estimate;
use crate::bounded::Bounded;
use crate::fold::{Context, Fold};
use crate::observed::{Observed, at};
use crate::stacks::StackId;
use crate::texts::{TextId, Texts};
use crate::timeline::Timeline;

/// Types told apart.
const MAX_TYPES: usize = 1 << 16;

/// Types by their ids, which sampled objects have instead of names.
const MAX_TYPE_IDS: usize = 1 << 18;

/// Combinations of type, kind and call stack told apart.
const MAX_SITES: usize = 1 << 19;

/// The shortest interval of the rate.
const RATE_INTERVAL: i64 = 100_000_000;

/// What was allocated, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Site {
    pub(super) kind: GCAllocationKind,
    pub(super) type_name: TextId,
    pub(super) stack: StackId,
}

/// Sums of samples of one sort.
#[derive(Debug)]
pub(super) struct Samples {
    pub(super) all: Estimate,
    pub(super) sites: Bounded<Site, Estimate>,
    pub(super) rate: Timeline,
}

impl Default for Samples {
    fn default() -> Self {
        Self {
            all: Estimate::default(),
            sites: Bounded::new(MAX_SITES),
            rate: Timeline::of_sums(RATE_INTERVAL),
        }
    }
}

impl Samples {
    fn add(&mut self, site: Site, now: i64, add: impl Fn(&mut Estimate)) {
        let mut one = Estimate::default();
        add(&mut one);
        self.all.add(&one);
        self.rate.add(now, one.whole_bytes());
        if let Some(sum) = self.sites.entry(site, Estimate::default) {
            sum.add(&one);
        }
    }
}

/// Allocations, from whatever events of them there are.
#[derive(Debug)]
pub struct Allocations {
    pub(super) types: Texts,
    pub(super) ticks: Samples,
    pub(super) sampled: Samples,
    /// By the ids of types, since their names come separately.
    pub(super) objects: HashMap<u64, Estimate>,
    pub(super) type_ids: Bounded<u64, TextId>,
    pub(super) unreadable: u64,
    pub(super) observed: Observed,
}

impl Default for Allocations {
    fn default() -> Self {
        Self {
            types: Texts::new(MAX_TYPES),
            ticks: Samples::default(),
            sampled: Samples::default(),
            objects: HashMap::new(),
            type_ids: Bounded::new(MAX_TYPE_IDS),
            unreadable: 0,
            observed: Observed::default(),
        }
    }
}

impl Allocations {
    fn runtime_event(&mut self, event: &Event<'_>, context: &mut Context<'_>) -> Result<(), EventError> {
        match event.metadata.event_id {
            GCAllocationTick::ID => {
                let tick = GCAllocationTick::decode(event)?;
                let site = self.site(tick.AllocationKind, tick.TypeName.unwrap_or_default(), event, context);
                // The older field has 32 bits.
                let amount = tick.AllocationAmount64.unwrap_or(tick.AllocationAmount.into());
                self.ticks.add(site, at(event), |sum| sum.add_tick(amount, tick.ObjectSize));
            }
            AllocationSampled::ID => {
                let sample = AllocationSampled::decode(event)?;
                let site = self.site(sample.AllocationKind, sample.TypeName, event, context);
                self.sampled.add(site, at(event), |sum| sum.add_sampled(sample.ObjectSize));
            }
            GCSampledObjectAllocationHigh::ID => {
                let sample = GCSampledObjectAllocationHigh::decode(event)?;
                self.object(sample.TypeID, sample.ObjectCountForTypeSample, sample.TotalSizeForTypeSample);
            }
            GCSampledObjectAllocationLow::ID => {
                let sample = GCSampledObjectAllocationLow::decode(event)?;
                self.object(sample.TypeID, sample.ObjectCountForTypeSample, sample.TotalSizeForTypeSample);
            }
            // Only those who sample objects need them, and they come first or last.
            BulkType::ID => {
                for row in BulkType::decode(event)?.Values.iter() {
                    let name = self.types.keep(row.Name);
                    if let Some(known) = self.type_ids.entry(row.TypeID, || name) {
                        *known = name;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn site(
        &mut self,
        kind: GCAllocationKind,
        name: Utf16<'_>,
        event: &Event<'_>,
        context: &mut Context<'_>,
    ) -> Site {
        Site { kind, type_name: self.types.keep(name), stack: context.stack(event) }
    }

    fn object(&mut self, type_id: u64, objects: u32, bytes: u64) {
        if self.objects.len() < MAX_TYPE_IDS || self.objects.contains_key(&type_id) {
            self.objects.entry(type_id).or_default().add_counted(objects.into(), bytes);
        }
    }
}

impl Fold for Allocations {
    fn trace(&mut self, trace: &TraceInfo) {
        self.observed.begin(trace);
    }

    #[inline]
    fn event(&mut self, event: &Event<'_>, context: &mut Context<'_>) {
        self.observed.see(event, context.source);
        if context.source == Source::Runtime && self.runtime_event(event, context).is_err() {
            self.unreadable += 1;
        }
    }
}
