//! The report for people.

use super::answer::{AllocationsReport, MethodReport, SiteReport, Source, TypeReport};
use crate::report::Document;
use crate::report::document::{Cell, Chart, ChartKind, Part, Section, Series, Table, Unit};

/// Rows of tables.
const TYPES: usize = 10;
const METHODS: usize = 15;
const STACKS: usize = 3;

/// Frames of a stack that is shown.
const FRAMES: usize = 8;

const NANOS_PER_SECOND: f64 = 1e9;

pub(super) fn of(report: &AllocationsReport) -> Document {
    let mut sections = Vec::new();
    let section = |title: &str, part: Part| Section { title: title.to_owned(), parts: vec![part] };
    if !report.types.is_empty() {
        sections.push(section("By type", Part::Table(types(report))));
    }
    if !report.methods.is_empty() {
        sections.push(section("By method that allocates", Part::Table(methods(report))));
        sections.extend(report.sites.iter().take(STACKS).map(|site| stack(site, report.bytes)));
    }
    if report.kinds.len() > 1 {
        let kinds = report.kinds.iter().map(|kind| {
            vec![Cell::Text(kind.kind.clone()), Cell::Bytes(kind.bytes), Cell::Count(kind.samples)]
        });
        let table = table(&["Kind", "Allocated", "Samples"], kinds.collect(), 0);
        sections.push(section("By kind of heap", Part::Table(table)));
    }
    sections.extend(over_time(report));
    Document {
        title: "Allocations".to_owned(),
        summary: summary(report),
        notes: report.notes.clone(),
        sections,
    }
}

fn summary(report: &AllocationsReport) -> String {
    let observed = Cell::Nanos(report.observed_ns);
    if report.source == Source::None {
        return format!("No allocations are told of in {observed}.");
    }
    let error = match report.bytes_error {
        0 => String::new(),
        error => format!(" (± {})", Cell::Bytes(error)),
    };
    let about = if report.counts_buffers { "Up to" } else { "About" };
    let mut text = format!(
        "{about} {}{error} were allocated in {observed}, {} a second.",
        Cell::Bytes(report.bytes),
        Cell::Bytes(report.bytes_per_second)
    );
    if let Some(first) = report.types.first() {
        text.push_str(" Most of it is ");
        text.push_str(&first.type_name);
        text.push_str(&format_share(first));
    }
    let is_named = |method: &&MethodReport| method.exclusive_bytes > 0 && !method.name.starts_with("0x");
    if let Some(method) = report.methods.first().filter(is_named) {
        text.push_str(" Most is allocated by ");
        text.push_str(&method.name);
        text.push_str(&share(method.exclusive_bytes, report.bytes));
    }
    text
}

fn format_share(of: &TypeReport) -> String {
    let objects =
        of.objects.map_or_else(String::new, |objects| format!(", about {} objects", Cell::Count(objects)));
    format!(": {} ({}){objects}.", Cell::Bytes(of.bytes), Cell::Percent(of.percent))
}

fn share(bytes: u64, all: u64) -> String {
    format!(": {} ({}).", Cell::Bytes(bytes), percent(bytes, all))
}

fn percent(bytes: u64, all: u64) -> Cell {
    Cell::Percent(if all == 0 { 0.0 } else { 100.0 * bytes as f64 / all as f64 })
}

fn table(columns: &[&str], rows: Vec<Vec<Cell>>, left_out: usize) -> Table {
    Table {
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        rows,
        left_out: left_out as u64,
    }
}

fn types(report: &AllocationsReport) -> Table {
    let row = |of: &TypeReport| {
        vec![
            Cell::Bytes(of.bytes),
            Cell::Percent(of.percent),
            if of.bytes_error > 0 {
                Cell::Text(format!("± {}", Cell::Bytes(of.bytes_error)))
            } else {
                Cell::Empty
            },
            of.objects.map_or(Cell::Empty, Cell::Count),
            Cell::Count(of.samples),
            Cell::Text(of.type_name.clone()),
        ]
    };
    let rows = report.types.iter().take(TYPES).map(row).collect();
    let columns = ["Allocated", "Share", "Error", "Objects", "Samples", "Type"];
    table(&columns, rows, report.types.len().saturating_sub(TYPES))
}

fn methods(report: &AllocationsReport) -> Table {
    let own = report.methods.iter().filter(|method| method.exclusive_bytes > 0);
    let row = |method: &MethodReport| {
        vec![
            Cell::Bytes(method.exclusive_bytes),
            percent(method.exclusive_bytes, report.bytes),
            Cell::Bytes(method.inclusive_bytes),
            Cell::Text(method.name.clone()),
            method.top_type.clone().map_or(Cell::Empty, Cell::Text),
        ]
    };
    let left_out = own.clone().count().saturating_sub(METHODS);
    let columns = ["Itself", "Share", "With callees", "Method", "Mostly"];
    table(&columns, own.take(METHODS).map(row).collect(), left_out)
}

fn stack(site: &SiteReport, all: u64) -> Section {
    let title =
        format!("{} of {} ({}) come from", Cell::Bytes(site.bytes), site.type_name, percent(site.bytes, all));
    let shown = site.stack.iter().take(FRAMES).cloned();
    let more = site.stack.len().saturating_sub(FRAMES);
    let more = (more > 0).then(|| format!("... and {more} more"));
    Section { title, parts: shown.chain(more).map(Part::Text).collect() }
}

fn over_time(report: &AllocationsReport) -> Option<Section> {
    let interval = report.over_time.interval_ns as f64 / NANOS_PER_SECOND;
    if interval <= 0.0 || report.over_time.values.is_empty() {
        return None;
    }
    let per_second = |(index, bytes): (usize, &Option<u64>)| {
        (index as f64 * interval, bytes.unwrap_or(0) as f64 / interval)
    };
    let chart = Chart {
        title: "Allocated bytes per second".to_owned(),
        x: "seconds from the start of the trace".to_owned(),
        unit: Unit::Bytes,
        kind: ChartKind::Lines,
        series: vec![Series {
            name: "allocated per second".to_owned(),
            labels: Vec::new(),
            values: report.over_time.values.iter().enumerate().map(per_second).collect(),
        }],
    };
    Some(Section { title: "Over time".to_owned(), parts: vec![Part::Chart(chart)] })
}
