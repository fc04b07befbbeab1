//! What has changed, for people: what got worse first.

use super::answer::{DiffAnswer, FigureChange, SubjectChanges, Things, Trace};
use super::change::Change;
use crate::report::document::{Cell, Document, Part, Section, Table, Unit};
use crate::report::words;

/// Figures that the first sentence names.
const MAX_NAMED: usize = 3;
/// Rows of a list in the document: those that grew most, and those that shrank most.
const MAX_GREW: usize = 40;
const MAX_SHRANK: usize = 10;

pub(super) fn of(answer: &DiffAnswer) -> Document {
    let mut figures: Vec<(&'static str, &FigureChange)> = answer
        .subjects
        .iter()
        .flat_map(|subject| subject.figures.iter().map(|figure| (subject.subject, figure)))
        .collect();
    figures.sort_by(|(_, a), (_, b)| b.change.severity().total_cmp(&a.change.severity()));
    let mut sections = Vec::new();
    if !figures.is_empty() {
        sections.push(section("Figures, those that grew most first", figures_table(&figures)));
    }
    for list in answer.subjects.iter().flat_map(|subject: &SubjectChanges| &subject.lists) {
        if !list.things.is_empty() {
            sections.push(section(list.title, things_table(list)));
        }
    }
    sections.push(section("Traces", traces(&answer.before, &answer.after)));
    Document {
        title: "Changes between two traces".to_owned(),
        summary: summary(answer, &figures),
        notes: notes(answer),
        sections,
    }
}

fn section(title: &str, part: Part) -> Section {
    Section { title: title.to_owned(), parts: vec![part] }
}

fn summary(answer: &DiffAnswer, figures: &[(&'static str, &FigureChange)]) -> String {
    if answer.subjects.is_empty() {
        let (before, after) = (&answer.before.name, &answer.after.name);
        return format!("{before} and {after} have nothing in common that could be compared.");
    }
    let worse: Vec<String> = figures
        .iter()
        .filter(|(_, figure)| figure.change.matters() && figure.change.growth() > 0.0)
        .take(MAX_NAMED)
        .map(|(subject, figure)| {
            let change = &figure.change;
            let of = format!("{subject}: {}", lower(figure.name));
            format!(
                "{of} {} -> {}{}",
                shown(change, change.before_rate),
                shown(change, change.after_rate),
                change.per()
            )
        })
        .collect();
    let top = answer.subjects.iter().flat_map(|subject| &subject.lists).find_map(|list| {
        let thing = list.things.first()?;
        let change = &thing.change;
        (change.matters() && change.growth() > 0.0).then(|| {
            let (before, after) = (shown(change, change.before_rate), shown(change, change.after_rate));
            format!(" {}: {} grew most, {before} -> {after}{}.", list.title, thing.name, change.per())
        })
    });
    let first = if worse.is_empty() {
        "no figure grew by more than a tenth.".to_owned()
    } else {
        format!("{}.", worse.join("; "))
    };
    format!("From {} to {}: {first}{}", answer.before.name, answer.after.name, top.unwrap_or_default())
}

/// A name within a sentence. Abbreviations stay as they are.
fn lower(name: &str) -> String {
    let mut letters = name.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(letters).collect(),
        _ => name.to_owned(),
    }
}

fn shown(change: &Change, rate: f64) -> Cell {
    change.unit.cell(rate)
}

/// A figure in a table. Counts a second are seldom whole.
fn cell(change: &Change, rate: f64) -> Cell {
    match change.unit {
        Unit::Count => Cell::Number(rate),
        unit => unit.cell(rate),
    }
}

fn figures_table(figures: &[(&'static str, &FigureChange)]) -> Part {
    let rows = figures.iter().map(|(subject, figure)| {
        let mut row = vec![Cell::Text(format!("{subject}: {}", lower(figure.name)))];
        row.extend(values(&figure.change));
        row
    });
    table("Figure", rows.collect(), 0)
}

fn things_table(list: &Things) -> Part {
    let row = |thing: &super::Thing| {
        let mut row = vec![Cell::Text(thing.name.clone())];
        row.extend(values(&thing.change));
        row
    };
    let grew: Vec<_> = list.things.iter().filter(|thing| thing.change.growth() >= 0.0).collect();
    let shrank: Vec<_> = list.things.iter().rev().filter(|thing| thing.change.growth() < 0.0).collect();
    let shown = grew.iter().take(MAX_GREW).chain(shrank.iter().take(MAX_SHRANK));
    let rows: Vec<Vec<Cell>> = shown.map(|thing| row(thing)).collect();
    let left_out = list.left_out + (list.things.len() - rows.len()) as u64;
    table(list.thing, rows, left_out)
}

fn values(change: &Change) -> [Cell; 4] {
    [
        cell(change, change.before_rate),
        cell(change, change.after_rate),
        Cell::Text(change.per().to_owned()),
        change.cell(),
    ]
}

fn table(what: &str, rows: Vec<Vec<Cell>>, left_out: u64) -> Part {
    let columns = [what, "Before", "After", "Per", "Change"].map(str::to_owned).to_vec();
    Part::Table(Table { columns, rows, left_out })
}

fn traces(before: &Trace, after: &Trace) -> Part {
    let row = |which: &str, trace: &Trace| {
        vec![
            Cell::Text(which.to_owned()),
            Cell::Text(trace.name.clone()),
            Cell::Nanos(trace.facts.duration_ns),
            Cell::Count(trace.facts.events),
            Cell::Count(trace.facts.lost),
        ]
    };
    let columns = ["", "Trace", "Duration", "Events", "Lost"].map(str::to_owned).to_vec();
    Part::Table(Table { columns, rows: vec![row("Before", before), row("After", after)], left_out: 0 })
}

fn notes(answer: &DiffAnswer) -> Vec<String> {
    let mut notes =
        vec!["Figures with /s are what there was a second: the traces need not be equally long.".to_owned()];
    for (trace, other, only) in [
        (&answer.before, &answer.after, &answer.only_before),
        (&answer.after, &answer.before, &answer.only_after),
    ] {
        if !only.is_empty() {
            let what = only.iter().map(|name| lower(name)).collect::<Vec<_>>().join(", ");
            notes.push(format!(
                "Only in {}: {what}. Either {} has none, or they were not recorded there.",
                trace.name, other.name
            ));
        }
    }
    for trace in [&answer.before, &answer.after] {
        if trace.facts.lost > 0 {
            let lost = words::counted(trace.facts.lost, "event");
            notes.push(format!("{} lost {lost}: its figures are too low.", trace.name));
        }
        if let Some(problem) = &trace.facts.problem {
            notes.push(format!("Of {} only a part could be read: {problem}.", trace.name));
        }
    }
    notes
}
