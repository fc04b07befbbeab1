//! From what the fold knows to the answer.

use std::collections::{BTreeMap, HashMap};

use super::answer::{AllocationsReport, KindReport, Source, TickReport, TypeReport};
use super::callers;
use super::estimate::{Estimate, whole};
use super::fold::{Allocations, Samples};
use crate::report::Facts;
use crate::report::document::Cell;
use crate::symbols::Code;
use crate::texts::TextId;
use crate::timeline::OverTime;

impl AllocationsReport {
    pub(super) fn new(fold: &Allocations, facts: &Facts, code: &Code) -> Self {
        let source = if fold.sampled.all.samples > 0 {
            Source::SampledAllocations
        } else if !fold.objects.is_empty() {
            Source::SampledObjects
        } else if fold.ticks.all.samples > 0 {
            Source::AllocationTicks
        } else {
            Source::None
        };
        // Sampled objects have no kinds and are told apart by type only.
        let samples = match source {
            Source::SampledAllocations => Some(&fold.sampled),
            Source::AllocationTicks => Some(&fold.ticks),
            Source::SampledObjects | Source::None => None,
        };
        let mut by_type: HashMap<String, Estimate> = HashMap::new();
        match samples {
            Some(samples) => {
                for (name, sum) in types(samples) {
                    by_type.entry(fold.types.get(name).to_owned()).or_default().add(&sum);
                }
            }
            None => {
                for (type_id, sum) in &fold.objects {
                    by_type.entry(type_name(fold, *type_id)).or_default().add(sum);
                }
            }
        }
        let mut all = Estimate::default();
        for sum in by_type.values() {
            all.add(sum);
        }
        let all = samples.map_or(all, |samples| samples.all);
        let observed = fold.observed.nanos();
        Self {
            source,
            samples: all.samples,
            bytes: all.whole_bytes(),
            bytes_error: match source {
                // All bytes are counted; what is estimated is whose they are.
                Source::AllocationTicks => 0,
                _ => whole(all.error()),
            },
            counts_buffers: counts_buffers(fold, source),
            objects: (all.objects > 0.0).then(|| whole(all.objects)),
            bytes_per_second: if observed > 0 { whole(all.bytes * 1e9 / observed as f64) } else { 0 },
            observed_ns: observed,
            types: type_reports(by_type, &all, source),
            kinds: samples.map_or_else(Vec::new, kinds),
            methods: samples.map_or_else(Vec::new, |samples| callers::methods(fold, samples, code)),
            sites: samples.map_or_else(Vec::new, |samples| callers::sites(fold, samples, code)),
            over_time: samples.map_or_else(OverTime::default, |samples| samples.rate.over_time(observed)),
            ticks: ticks(fold),
            notes: notes(fold, source, facts),
        }
    }
}

/// Whether ticks count what is handed to threads: those do that do not tell the sizes of objects.
fn counts_buffers(fold: &Allocations, source: Source) -> bool {
    source == Source::AllocationTicks && fold.ticks.all.objects <= 0.0
}

fn types(samples: &Samples) -> HashMap<TextId, Estimate> {
    let mut types: HashMap<TextId, Estimate> = HashMap::new();
    for (site, sum) in samples.sites.iter() {
        types.entry(site.type_name).or_default().add(sum);
    }
    types
}

fn type_name(fold: &Allocations, type_id: u64) -> String {
    match fold.type_ids.get(&type_id) {
        Some(name) => fold.types.get(*name).to_owned(),
        None => format!("type {type_id:#x}"),
    }
}

fn type_reports(by_type: HashMap<String, Estimate>, all: &Estimate, source: Source) -> Vec<TypeReport> {
    let report = |(type_name, sum): (String, Estimate)| {
        let has_objects = sum.objects > 0.0;
        let share = if all.bytes > 0.0 { sum.bytes / all.bytes } else { 0.0 };
        // Of ticks the sum is known: a type that has them all has all bytes, for certain.
        let doubt = if source == Source::AllocationTicks { (1.0 - share).max(0.0).sqrt() } else { 1.0 };
        TypeReport {
            type_name,
            samples: sum.samples,
            bytes: sum.whole_bytes(),
            bytes_error: whole(sum.error() * doubt),
            percent: 100.0 * share,
            objects: has_objects.then(|| whole(sum.objects)),
            objects_error: has_objects.then(|| whole(sum.objects_error() * doubt)),
        }
    };
    let mut types: Vec<_> = by_type.into_iter().map(report).collect();
    types.sort_by(|a, b| (b.bytes, &a.type_name).cmp(&(a.bytes, &b.type_name)));
    types
}

fn kinds(samples: &Samples) -> Vec<KindReport> {
    let mut kinds: BTreeMap<_, Estimate> = BTreeMap::new();
    for (site, sum) in samples.sites.iter() {
        kinds.entry(site.kind).or_default().add(sum);
    }
    let report = |(kind, sum): (dotnet_events::enumerations::GCAllocationKind, Estimate)| KindReport {
        kind: kind.to_string(),
        samples: sum.samples,
        bytes: sum.whole_bytes(),
    };
    kinds.into_iter().map(report).collect()
}

fn ticks(fold: &Allocations) -> Vec<TickReport> {
    let report = |(name, sum): (TextId, Estimate)| TickReport {
        type_name: fold.types.get(name).to_owned(),
        count: sum.samples,
        bytes: sum.whole_bytes(),
    };
    let mut ticks: Vec<_> = types(&fold.ticks).into_iter().map(report).collect();
    ticks.sort_by(|a, b| (b.count, &a.type_name).cmp(&(a.count, &b.type_name)));
    ticks
}

fn notes(fold: &Allocations, source: Source, facts: &Facts) -> Vec<String> {
    let mut notes = Vec::new();
    match source {
        Source::AllocationTicks => notes.push(
            "The runtime tells of one allocation in about 100 KB (an allocation tick). The sum is counted, but for up to 100 KB \
             before the first and after the last tick of each heap; the shares of types and methods are estimates: of few \
             ticks they are rough, and types below 100 KB may be missing. The error beside a figure is its standard error."
                .to_owned(),
        ),
        Source::SampledAllocations => notes.push(
            "The runtime samples one byte in 102,400. Figures are estimates without bias; the error beside them is the standard \
             error: 19 times out of 20 the truth is within twice of it."
                .to_owned(),
        ),
        Source::SampledObjects => notes.push(
            "The runtime tells of some of the objects of each type, with how many there were since the last: what came after \
             the last sample of a type is missing."
                .to_owned(),
        ),
        Source::None => notes.push(
            "The trace has no events of allocations: they are of the keyword GC (0x1) at level verbose, or from .NET 10 on of \
             AllocationSampling (0x80000000000) at level informational."
                .to_owned(),
        ),
    }
    if counts_buffers(fold, source) {
        notes.push(
            "This runtime counts allocation buffers, also what stays unused of them, so figures are upper bounds: a few percent \
             too high for small objects, and several times for arrays of many kilobytes. `pipescope report gc` says by how \
             much the heap grew."
                .to_owned(),
        );
    }
    if facts.lost > 0 {
        notes.push(format!("The runtime dropped {} events: figures are too low.", Cell::Count(facts.lost)));
    }
    let refused = fold.ticks.sites.refused() + fold.sampled.sites.refused();
    if refused > 0 {
        notes.push(format!(
            "{} samples are in the sum only, since there are too many different call stacks.",
            Cell::Count(refused)
        ));
    }
    if fold.unreadable > 0 {
        notes.push(format!("{} events cannot be read.", Cell::Count(fold.unreadable)));
    }
    notes
}
