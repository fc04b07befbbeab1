//! The report for people.

use super::answer::{ClassReport, CollectionReport, GcReport};
use super::{charts, findings};
use crate::report::Document;
use crate::report::document::{Cell, Part, Section, Table};

/// The longest pauses that are listed.
const LONGEST: usize = 10;

/// Rows of the other tables.
const ROWS: usize = 10;

pub(super) fn of(report: &GcReport) -> Document {
    let findings = findings::all(report).into_iter().map(|finding| Part::Text(format!("- {finding}")));
    let mut sections = vec![Section { title: "What stands out".to_owned(), parts: findings.collect() }];
    if report.totals.count > 0 {
        let section = |title: &str, part: Part| Section { title: title.to_owned(), parts: vec![part] };
        sections.push(section("In all", Part::Facts(totals(report))));
        sections.push(section("By generation", Part::Table(by_generation(report))));
        sections.push(section("Longest pauses", Part::Table(longest(report))));
        sections.extend(last_heap(report));
        sections.push(section("Why they began", Part::Table(reasons(report))));
        sections.extend(callers(report));
        sections.extend(roots(report));
        sections.extend(pinned_types(report));
    }
    if !report.suspensions.is_empty() {
        sections.push(Section {
            title: "All that stops the program".to_owned(),
            parts: vec![Part::Table(suspensions(report))],
        });
    }
    sections.push(Section { title: "Over time".to_owned(), parts: charts::of(report) });
    sections.retain(|section| !section.parts.is_empty());
    Document {
        title: "Garbage collections".to_owned(),
        summary: findings::summary(report),
        notes: report.notes.clone(),
        sections,
    }
}

fn totals(report: &GcReport) -> Vec<(String, Cell)> {
    let totals = &report.totals;
    let nanos = |value: Option<i64>| value.map_or(Cell::Empty, Cell::Nanos);
    let bytes = |value: Option<u64>| value.map_or(Cell::Empty, Cell::Bytes);
    let percentiles = &totals.pause_percentiles_ns;
    let mut facts = vec![
        ("Collections", Cell::Count(totals.count)),
        ("Time in collections", Cell::Percent(totals.percent_time_in_gc)),
        ("Pauses", Cell::Nanos(totals.pause_ns)),
        ("  until threads stood", Cell::Nanos(totals.suspension_ns)),
        ("  median", nanos(percentiles.p50)),
        ("  95th percentile", nanos(percentiles.p95)),
        ("  99th percentile", nanos(percentiles.p99)),
        ("  longest", Cell::Nanos(totals.max_pause_ns)),
        ("Allocated, about", Cell::Bytes(totals.allocated_bytes)),
        ("  a second", findings::per_second(totals.allocated_bytes, totals.observed_ns)),
        ("Survived", Cell::Bytes(totals.promoted_bytes)),
        ("Heap at the end", bytes(totals.last_heap_after_bytes)),
        ("  free between objects", totals.last_fragmentation_percent.map_or(Cell::Empty, Cell::Percent)),
        ("Largest heap", bytes(totals.max_heap_before_bytes)),
    ];
    if totals.finalizers_run > 0 {
        facts.push(("Finalizers run", Cell::Count(totals.finalizers_run)));
    }
    if let Some(heaps) = totals.heaps.and_then(|heaps| u64::try_from(heaps).ok()).filter(|heaps| *heaps > 1) {
        facts.push(("Heaps (server)", Cell::Count(heaps)));
    }
    facts.retain(|(_, cell)| *cell != Cell::Empty);
    facts.into_iter().map(|(name, cell)| (name.to_owned(), cell)).collect()
}

fn table(columns: &[&str], rows: Vec<Vec<Cell>>, left_out: usize) -> Table {
    Table {
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        rows,
        left_out: left_out as u64,
    }
}

fn by_generation(report: &GcReport) -> Table {
    let nanos = |value: Option<i64>| value.map_or(Cell::Empty, Cell::Nanos);
    let row = |class: &ClassReport| {
        vec![
            Cell::Text(class.name.to_owned()),
            Cell::Count(class.count),
            Cell::Nanos(class.pause_ns),
            Cell::Nanos(class.mean_pause_ns),
            nanos(class.pause_percentiles_ns.p95),
            Cell::Nanos(class.max_pause_ns),
            Cell::Nanos(class.suspension_ns),
            Cell::Bytes(class.promoted_bytes),
        ]
    };
    let columns = ["", "Count", "Pauses", "Mean", "95th", "Longest", "Stopping", "Survived"];
    table(&columns, report.generations.iter().map(row).collect(), 0)
}

fn longest(report: &GcReport) -> Table {
    let mut collections: Vec<&CollectionReport> = report.collections.iter().collect();
    collections.sort_by_key(|collection| std::cmp::Reverse(collection.pause_ns));
    let bytes = |value: Option<u64>| value.map_or(Cell::Empty, Cell::Bytes);
    let row = |collection: &&CollectionReport| {
        vec![
            Cell::Count(collection.number.into()),
            Cell::Nanos(collection.pause_start_ns),
            Cell::Text(short_kind(collection)),
            Cell::Text(collection.reason.clone()),
            Cell::Nanos(collection.pause_ns),
            Cell::Nanos(collection.suspension_ns),
            bytes(collection.promoted_bytes),
            bytes(collection.heap_before_bytes),
            bytes(collection.heap_after_bytes),
            collection.fragmentation_percent.map_or(Cell::Empty, Cell::Percent),
            collection.pinned_objects.map_or(Cell::Empty, |pinned| Cell::Count(pinned.into())),
        ]
    };
    let columns = [
        "Number", "At", "Gen", "Reason", "Pause", "Stopping", "Survived", "Before", "After", "Free", "Pinned",
    ];
    let rows = collections.iter().take(LONGEST).map(row).collect();
    table(&columns, rows, collections.len().saturating_sub(LONGEST))
}

fn short_kind(collection: &CollectionReport) -> String {
    let mark = if collection.kind == "BackgroundGC" { " bg" } else { "" };
    let part = if collection.complete { "" } else { " part" };
    format!("{}{mark}{part}", collection.generation)
}

fn last_heap(report: &GcReport) -> Option<Section> {
    let last = report.collections.iter().rev().find(|collection| collection.heap_after_bytes.is_some())?;
    let bytes = |value: Option<u64>| value.map_or(Cell::Empty, Cell::Bytes);
    let rows = last.generations.iter().map(|generation| {
        vec![
            Cell::Text(findings::generation_name(generation)),
            bytes(generation.after_bytes),
            bytes(generation.free_bytes),
            generation.fragmentation_percent.map_or(Cell::Empty, Cell::Percent),
            Cell::Bytes(generation.pinned_survived_bytes),
            Cell::Bytes(generation.budget_bytes),
        ]
    });
    let columns = ["", "Size", "Free", "Share", "Pinned survivors", "Budget"];
    let table = table(&columns, rows.collect(), 0);
    Some(Section {
        title: format!("The heap after the last collection (number {})", last.number),
        parts: vec![Part::Table(table)],
    })
}

fn reasons(report: &GcReport) -> Table {
    let rows = report.reasons.iter().map(|reason| {
        vec![Cell::Text(reason.reason.clone()), Cell::Count(reason.count), Cell::Nanos(reason.pause_ns)]
    });
    table(&["Reason", "Collections", "Pauses"], rows.collect(), 0)
}

fn callers(report: &GcReport) -> Option<Section> {
    let named =
        || report.triggered_by.iter().filter(|of| findings::program_frames(&of.stack).next().is_some());
    let rows = named().take(ROWS).map(|caller| {
        let mut names = findings::program_frames(&caller.stack);
        let mut next = || names.next().map_or(Cell::Empty, |name| Cell::Text(name.clone()));
        vec![Cell::Count(caller.count), Cell::Text(caller.reason.clone()), next(), next()]
    });
    let table =
        table(&["Collections", "Reason", "In", "Called by"], rows.collect(), named().skip(ROWS).count());
    (!table.rows.is_empty())
        .then(|| Section { title: "Where they began".to_owned(), parts: vec![Part::Table(table)] })
}

fn roots(report: &GcReport) -> Option<Section> {
    let mut sums: Vec<(&str, u64)> = Vec::new();
    for root in report.collections.iter().flat_map(|collection| &collection.promoted_by_root) {
        match sums.iter_mut().find(|(name, _)| *name == root.root) {
            Some((_, sum)) => *sum = sum.saturating_add(root.bytes),
            None => sums.push((root.root, root.bytes)),
        }
    }
    if sums.is_empty() {
        return None;
    }
    sums.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    let name = |root: &str| match root {
        "handles" => "handles, those of static fields among them".to_owned(),
        "older_generation" => "objects of older generations".to_owned(),
        other => other.replace('_', " "),
    };
    let rows = sums.into_iter().map(|(root, bytes)| vec![Cell::Text(name(root)), Cell::Bytes(bytes)]);
    let table = table(&["Reached first from", "Survived"], rows.collect(), 0);
    Some(Section { title: "What kept objects alive".to_owned(), parts: vec![Part::Table(table)] })
}

fn pinned_types(report: &GcReport) -> Option<Section> {
    if report.pinned_types.is_empty() {
        return None;
    }
    let rows = report.pinned_types.iter().take(ROWS).map(|kind| {
        vec![Cell::Text(kind.type_name.clone()), Cell::Count(kind.count), Cell::Bytes(kind.bytes)]
    });
    let left_out = report.pinned_types.len().saturating_sub(ROWS);
    let table = table(&["Type", "Times seen", "Bytes seen"], rows.collect(), left_out);
    Some(Section { title: "Pinned objects".to_owned(), parts: vec![Part::Table(table)] })
}

fn suspensions(report: &GcReport) -> Table {
    let rows = report.suspensions.iter().map(|of| {
        let what = match of.reason.as_str() {
            "SuspendForGC" => "collections",
            "SuspendForGCPrep" => "phases of collections in the background",
            "SuspendOther" => "the sampler and other tools",
            other => other,
        };
        vec![
            Cell::Text(what.to_owned()),
            Cell::Count(of.count),
            Cell::Nanos(of.duration_ns),
            Cell::Nanos(of.max_ns),
            Cell::Nanos(of.suspension_ns),
        ]
    });
    table(&["For", "Times", "Stood", "Longest", "Stopping"], rows.collect(), 0)
}
