//! The loader, for people.

use super::answer::LoaderAnswer;
use crate::report::document::{Cell, Document, Section, Unit};
use crate::report::words::{counted, nanos};

/// Rows of tables.
const MAX_ROWS: usize = 10;

pub(super) fn of(answer: &LoaderAnswer) -> Document {
    let mut sections = Vec::new();
    sections.extend(failed(answer));
    sections.extend(loaded(answer));
    sections.extend(requested(answer));
    sections.extend(failures(answer));
    sections.extend(types(answer));
    if answer.assemblies > 0 {
        let lines = vec![("assemblies", answer.over_time.points(false))];
        sections.push(Section::of_lines("Assemblies loaded", Unit::Count, lines));
    }
    Document { title: "Loader".to_owned(), summary: summary(answer), notes: answer.notes.clone(), sections }
}

fn summary(answer: &LoaderAnswer) -> String {
    let mut sentences = Vec::new();
    if answer.failed_requests > 0 {
        let failed = answer.requested.iter().find(|requested| requested.failed > 0);
        let which = failed.map(|requested| format!(", such as for {}", short(&requested.name)));
        sentences.push(format!(
            "{} for assemblies failed{}.",
            counted(answer.failed_requests, "request"),
            which.unwrap_or_default()
        ));
    }
    if answer.assemblies == 0 {
        sentences.push("No assembly was loaded.".to_owned());
    } else {
        let compiled = answer.loaded.iter().filter(|assembly| assembly.ready_to_run == Some(false)).count();
        let without = match compiled {
            0 => String::new(),
            compiled => format!(", {compiled} of them without ready-to-run code"),
        };
        sentences.push(format!(
            "{} loaded in {}{without}.",
            match answer.assemblies {
                1 => "1 assembly".to_owned(),
                assemblies => format!("{} assemblies", Cell::Count(assemblies)),
            },
            Cell::Nanos(answer.trace_ns)
        ));
    }
    if let Some(slowest) = answer.requested.first().filter(|requested| requested.duration_ns > 0) {
        sentences.push(format!(
            "Finding them took {}, longest for {}: {}.",
            nanos(answer.requests.total_ns),
            short(&slowest.name),
            nanos(slowest.duration_ns)
        ));
    }
    if answer.type_loads.count > 0 {
        sentences.push(format!(
            "{} of loading types took {}.",
            counted(answer.type_loads.count, "step"),
            nanos(answer.type_loads.total_ns)
        ));
    }
    sentences.join(" ")
}

/// The name without version, culture and key.
fn short(name: &str) -> &str {
    name.split(',').next().unwrap_or(name)
}

/// What to know about the figures.
pub(super) fn notes(answer: &LoaderAnswer) -> Vec<String> {
    let mut notes = Vec::new();
    if answer.present > answer.assemblies {
        notes.push(format!(
            "{} assemblies were there at the end; those that were loaded before the trace are not listed.",
            Cell::Count(answer.present)
        ));
    }
    if answer.assemblies > 0 && answer.requests.count == 0 {
        notes.push("How assemblies were found is not in the trace: .NET 5 and later tell it, when asked with keyword 0x4.".to_owned());
    }
    if answer.unreadable > 0 {
        notes.push(format!("{} could not be read.", counted(answer.unreadable, "event")));
    }
    notes
}

fn text(text: &str) -> Cell {
    if text.is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) }
}

/// Requests that failed: nobody had the assembly.
fn failed(answer: &LoaderAnswer) -> Option<Section> {
    let failed: Vec<_> = answer.requested.iter().filter(|requested| requested.failed > 0).collect();
    let rows = failed.iter().take(MAX_ROWS).map(|requested| {
        vec![
            Cell::Count(requested.failed),
            text(&requested.name),
            text(short(&requested.requested_by)),
            text(&requested.load_context),
        ]
    });
    let columns = ["Count", "Assembly", "Asked for by", "Load context"];
    (!failed.is_empty()).then(|| Section::of_table("Not found", &columns, rows.collect(), failed.len()))
}

fn failures(answer: &LoaderAnswer) -> Option<Section> {
    let rows = answer.failures.iter().take(MAX_ROWS).map(|failure| {
        vec![
            Cell::Count(failure.count),
            text(short(&failure.name)),
            text(&failure.stage),
            text(&failure.result),
            text(&failure.load_context),
            text(&failure.error),
        ]
    });
    let columns = ["Count", "Assembly", "Last tried", "Result", "Load context", "Error"];
    let of = answer.failures.len();
    (of > 0).then(|| Section::of_table("Not where it was looked for", &columns, rows.collect(), of))
}

fn loaded(answer: &LoaderAnswer) -> Option<Section> {
    let rows = answer.loaded.iter().take(MAX_ROWS).map(|assembly| {
        let kind = match assembly.ready_to_run {
            _ if assembly.dynamic => "made at run time",
            Some(true) => "ready to run",
            Some(false) => "needs the JIT",
            None => "",
        };
        vec![Cell::Nanos(assembly.at_ns), text(short(&assembly.name)), text(kind), text(&assembly.path)]
    });
    let of = answer.loaded.len();
    (of > 0).then(|| Section::of_table("Loaded", &["At", "Assembly", "Code", "File"], rows.collect(), of))
}

fn requested(answer: &LoaderAnswer) -> Option<Section> {
    let rows = answer.requested.iter().take(MAX_ROWS).map(|requested| {
        vec![
            nanos(requested.duration_ns),
            Cell::Count(requested.count),
            text(short(&requested.name)),
            text(short(&requested.requested_by)),
            text(&requested.load_context),
        ]
    });
    let columns = ["Time", "Requests", "Assembly", "First asked for by", "Load context"];
    let of = answer.requested.len();
    (of > 0).then(|| Section::of_table("Slowest to find", &columns, rows.collect(), of))
}

fn types(answer: &LoaderAnswer) -> Option<Section> {
    let rows = answer
        .types
        .iter()
        .take(MAX_ROWS)
        .map(|of_type| vec![nanos(of_type.duration_ns), Cell::Count(of_type.count), text(&of_type.name)]);
    let of = answer.types.len();
    (of > 0).then(|| Section::of_table("Slowest types", &["Time", "Steps", "Type"], rows.collect(), of))
}
