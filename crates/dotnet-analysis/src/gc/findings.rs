//! What is worst, in words: the first thing to read.

use std::fmt::Write as _;

use dotnet_events::enumerations::GCReason;

use super::answer::{CollectionReport, GcReport, GenerationReport};
use super::collection::{bytes, sum};
use crate::report::document::Cell;

/// From this share of the time on collections are what is wrong, in percent.
const MUCH_TIME: f64 = 10.0;

/// From this share of the heap and these bytes on, free space between objects is worth a word.
const MUCH_FREE_PERCENT: f64 = 20.0;
const MUCH_FREE_BYTES: u64 = 4_000_000;

/// From this share of the pauses and this time on, stopping threads is worth a word.
const SLOW_TO_STOP_PERCENT: f64 = 25.0;
const SLOW_TO_STOP_NANOS: i64 = 10_000_000;

/// What survives full collections grows if there is that much more of it, over so many of them.
const GROWTH: f64 = 1.3;
const GROWTH_BYTES: u64 = 5_000_000;
const GROWTH_COLLECTIONS: usize = 3;

/// From this share of the memory in use on the collector works harder.
const HIGH_MEMORY_LOAD: u32 = 90;

/// From so many finalizers on they are worth a word.
const MANY_FINALIZERS: u64 = 1000;

/// In a sentence or two.
pub(super) fn summary(report: &GcReport) -> String {
    let totals = &report.totals;
    let observed = Cell::Nanos(totals.observed_ns);
    let Some(worst) = worst(report).filter(|_| totals.count > 0) else {
        return format!("No collection in {observed}.");
    };
    let collections = if totals.count == 1 { "collection" } else { "collections" };
    format!(
        "{} {collections} stopped the program for {} in all, {} of {observed}. The longest pause took {}: {}.",
        Cell::Count(totals.count),
        Cell::Nanos(totals.pause_ns),
        Cell::Percent(totals.percent_time_in_gc),
        Cell::Nanos(worst.pause_ns),
        about(worst),
    )
}

/// The collection with the longest pause.
pub(super) fn worst(report: &GcReport) -> Option<&CollectionReport> {
    report.collections.iter().max_by_key(|collection| collection.pause_ns)
}

/// What a collection was, and what its pause went into.
fn about(collection: &CollectionReport) -> String {
    let kind = match collection.kind.as_str() {
        "BackgroundGC" => " in the background",
        _ if collection.generation >= 2 => " and blocking",
        _ => "",
    };
    // Writing to a String cannot fail.
    let mut text = format!(
        "collection {} at {}, of generation {}{kind}, since {}",
        collection.number,
        Cell::Nanos(collection.start_ns),
        collection.generation,
        because(&collection.reason)
    );
    if let Some(promoted) = collection.promoted_bytes {
        let _ = write!(text, "; {} survived", Cell::Bytes(promoted));
    }
    if let Some(pinned) = collection.pinned_objects.filter(|pinned| *pinned > 0) {
        let objects = if pinned == 1 { "object" } else { "objects" };
        let _ = write!(text, ", {} pinned {objects}", Cell::Count(pinned.into()));
    }
    let longest = collection.phases.iter().max_by_key(|phase| phase.duration_ns);
    if collection.suspension_ns > collection.pause_ns / 2 {
        let _ = write!(text, "; {} of it until all threads stood", Cell::Nanos(collection.suspension_ns));
    } else if let Some(phase) = longest.filter(|phase| phase.duration_ns > collection.pause_ns / 3) {
        let (name, time) = (phase.phase.replace('_', " "), Cell::Nanos(phase.duration_ns));
        let _ = write!(text, "; the phase {name} took {time}");
    }
    text
}

/// Why collections begin, by the names of their reasons.
fn because(reason: &str) -> String {
    let words = [
        (GCReason::AllocSmall, "new objects had used up their budget"),
        (GCReason::Induced, "the program asked for it"),
        (GCReason::LowMemory, "the machine was short of memory"),
        (GCReason::AllocLarge, "large objects had used up their budget"),
        (GCReason::OutOfSpaceSOH, "there was no room for new objects"),
        (GCReason::OutOfSpaceLOH, "there was no room for large objects"),
        (GCReason::InducedNotForced, "the program asked for it"),
        (GCReason::InducedLowMemory, "the program asked for it, short of memory"),
        (GCReason::InducedCompacting, "the program asked for a compacting one"),
        (GCReason::LowMemoryHost, "the host was short of memory"),
        (GCReason::LowMemoryHostBlocking, "the host was short of memory"),
        (GCReason::PMFullGC, "one of generation 1 just before was not enough"),
    ];
    let known = words.iter().find(|(known, _)| known.name() == Some(reason));
    known.map_or_else(|| format!("of {reason}"), |(_, words)| (*words).to_owned())
}

/// What stands out, most important first.
pub(super) fn all(report: &GcReport) -> Vec<String> {
    [
        time(report),
        growth(report),
        fragmentation(report),
        induced(report),
        large_objects(report),
        slow_to_stop(report),
        memory_load(report),
        finalizers(report),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn time(report: &GcReport) -> Option<String> {
    let totals = &report.totals;
    (totals.percent_time_in_gc >= MUCH_TIME).then(|| {
        let rate = per_second(totals.allocated_bytes, totals.observed_ns);
        format!(
            "{} of the time goes into collections. The program allocates about {rate} a second; `pipescope report \
             allocations` says what.",
            Cell::Percent(totals.percent_time_in_gc)
        )
    })
}

pub(super) fn per_second(bytes: u64, nanos: i64) -> Cell {
    if nanos <= 0 {
        return Cell::Empty;
    }
    Cell::Bytes((bytes as f64 * 1e9 / nanos as f64) as u64)
}

fn induced(report: &GcReport) -> Option<String> {
    let totals = &report.totals;
    if totals.induced == 0 {
        return None;
    }
    let reasons = report.reasons.iter().filter(|reason| reason.reason.starts_with("Induced"));
    let pauses = sum(reasons.map(|reason| reason.pause_ns));
    let caller = report.triggered_by.iter().find(|caller| caller.reason.starts_with("Induced"));
    let mut frames = caller.into_iter().flat_map(|caller| program_frames(&caller.stack));
    let from = match (frames.next(), frames.next()) {
        (None, _) => String::new(),
        (Some(method), None) => format!(", mostly in {method}"),
        (Some(method), Some(caller)) => format!(", mostly in {method}, called by {caller}"),
    };
    Some(format!(
        "The program asked for {} of {} collections itself (GC.Collect){from}: {} of pauses.",
        Cell::Count(totals.induced),
        Cell::Count(totals.count),
        Cell::Nanos(pauses)
    ))
}

/// The frames of a stack that say something, innermost first: those with a name, from the program's call on.
pub(super) fn program_frames(stack: &[String]) -> impl Iterator<Item = &String> {
    let is_named = |name: &&String| !name.starts_with("0x");
    stack.iter().filter(is_named).skip_while(|name| name.starts_with("System.GC."))
}

fn large_objects(report: &GcReport) -> Option<String> {
    let totals = &report.totals;
    (totals.large_object_triggered > 0).then(|| {
        format!(
            "Large objects (from 85,000 bytes on) were the reason for {} of {} collections, and each is one of the whole \
             heap. Buffers that are used again, as ArrayPool does it, need none.",
            Cell::Count(totals.large_object_triggered),
            Cell::Count(totals.count)
        )
    })
}

fn fragmentation(report: &GcReport) -> Option<String> {
    let last = report.collections.iter().rev().find(|one| one.fragmentation_percent.is_some())?;
    let percent = last.fragmentation_percent?;
    let free = bytes(last.generations.iter().filter_map(|generation| generation.free_bytes));
    if percent < MUCH_FREE_PERCENT || free < MUCH_FREE_BYTES {
        return None;
    }
    let worst = last.generations.iter().max_by_key(|generation| generation.free_bytes)?;
    let pinned = report.collections.iter().filter_map(|one| one.pinned_objects).max().unwrap_or(0);
    let held = match pinned {
        0 => String::new(),
        1 => ". A pinned object holds it in place".to_owned(),
        pinned => format!(". Up to {} pinned objects hold it in place", Cell::Count(pinned.into())),
    };
    let kind =
        report.pinned_types.first().map_or_else(String::new, |kind| format!(", most of {}", kind.type_name));
    Some(format!(
        "The heap is fragmented: {} of its {} are free space between objects ({}), most in {}{held}{kind}.",
        Cell::Bytes(free),
        Cell::Bytes(last.heap_after_bytes.unwrap_or(0)),
        Cell::Percent(percent),
        generation_name(worst)
    ))
}

pub(super) fn generation_name(generation: &GenerationReport) -> String {
    match generation.generation {
        3 => "large objects".to_owned(),
        4 => "pinned objects".to_owned(),
        index => format!("generation {index}"),
    }
}

fn growth(report: &GcReport) -> Option<String> {
    // What is left after full collections: objects, without the gaps.
    let left: Vec<u64> = report
        .collections
        .iter()
        .filter(|collection| collection.generation >= 2)
        .filter_map(|collection| {
            let free = bytes(collection.generations.iter().filter_map(|generation| generation.free_bytes));
            collection.heap_after_bytes.map(|after| after.saturating_sub(free))
        })
        .collect();
    let (first, last) = (*left.first()?, *left.last()?);
    let grows = left.len() >= GROWTH_COLLECTIONS
        && last as f64 >= first as f64 * GROWTH
        && last.saturating_sub(first) >= GROWTH_BYTES;
    grows.then(|| {
        format!(
            "What survives full collections grew from {} to {}: something is kept. `pipescope gcdump` says what.",
            Cell::Bytes(first),
            Cell::Bytes(last)
        )
    })
}

fn slow_to_stop(report: &GcReport) -> Option<String> {
    let totals = &report.totals;
    let percent = 100.0 * totals.suspension_ns as f64 / totals.pause_ns.max(1) as f64;
    (percent >= SLOW_TO_STOP_PERCENT && totals.suspension_ns >= SLOW_TO_STOP_NANOS).then(|| {
        format!(
            "{} of the pauses passed until all threads stood ({}): too few processors, or code that is slow to stop.",
            Cell::Percent(percent),
            Cell::Nanos(totals.suspension_ns)
        )
    })
}

fn memory_load(report: &GcReport) -> Option<String> {
    let load = report.collections.iter().filter_map(|collection| collection.memory_load_percent).max()?;
    (load >= HIGH_MEMORY_LOAD).then(|| {
        format!("Up to {load} % of the memory of the machine or container was in use: the collector works harder then.")
    })
}

fn finalizers(report: &GcReport) -> Option<String> {
    let totals = &report.totals;
    (totals.finalizers_run >= MANY_FINALIZERS).then(|| {
        format!(
            "{} finalizers ran, for {}. Objects with finalizers live longer than they need; Dispose spares it.",
            Cell::Count(totals.finalizers_run),
            Cell::Nanos(totals.finalizers_ns)
        )
    })
}
