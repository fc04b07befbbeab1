//! Exceptions, for people.

use super::HandlerKind;
use super::answer::{ExceptionsAnswer, Handler};
use crate::report::document::{Cell, Document, Section, Unit};
use crate::report::words::{self, counted, nanos, per_second, share};

/// Rows of a table.
const MAX_ROWS: usize = 10;
/// Rows of tables that matter less.
const FEW_ROWS: usize = 5;
/// Stacks shown.
const MAX_STACKS: usize = 3;
/// Frames shown of each.
const MAX_FRAMES: usize = 12;

pub(super) fn of(answer: &ExceptionsAnswer) -> Document {
    let mut sections = Vec::new();
    if answer.total > 0 {
        sections.push(sites(answer));
        sections.push(types(answer));
        sections.extend(handlers(answer, HandlerKind::Catch, "Caught by", MAX_ROWS));
        sections.extend(stacks(answer));
        sections.extend(handlers(answer, HandlerKind::Finally, "Ran through finally blocks of", FEW_ROWS));
        sections.extend(handlers(answer, HandlerKind::Filter, "Filters asked", FEW_ROWS));
        sections.push(over_time(answer));
    }
    Document {
        title: "Exceptions".to_owned(),
        summary: summary(answer),
        notes: answer.notes.clone(),
        sections,
    }
}

fn summary(answer: &ExceptionsAnswer) -> String {
    let Some(of_type) = answer.by_type.first() else {
        return "No exception was thrown.".to_owned();
    };
    let name = &of_type.name;
    let part = match of_type.kinds.count {
        1 if answer.total == 1 => "It is".to_owned(),
        count if count == answer.total => "All are".to_owned(),
        count => format!("{} are", share(count, answer.total)),
    };
    let most = |part, whole| if part < whole { "most often " } else { "" };
    let site = answer.by_site.iter().find(|site| site.exception == *name && site.is_named());
    let thrown =
        site.map(|site| format!(", {}thrown by {}", most(site.count, of_type.kinds.count), site.method));
    let is_catch =
        |handler: &&Handler| handler.kind == HandlerKind::Catch && handler.exception.as_ref() == Some(name);
    let caught = answer.handlers.iter().find(is_catch).map(|handler| {
        format!(" and {}caught by {}", most(handler.count, of_type.caught), words::method(&handler.method))
    });
    let message = of_type.messages.first().filter(|message| !message.is_empty());
    let durations = answer.throw_to_catch;
    let took = (durations.count > 0).then(|| {
        let [median, all] = [durations.p50_ns, durations.total_ns].map(nanos);
        format!(" From throw to catch it took {median} in the median, {all} in all.")
    });
    format!(
        "{} in {}, {} a second. {part} {name}{}{}.{}{}",
        counted(answer.total, "exception"),
        Cell::Nanos(answer.duration_ns),
        per_second(answer.total, answer.duration_ns),
        thrown.unwrap_or_default(),
        caught.unwrap_or_default(),
        message.map(|message| format!(" Its message: \"{message}\".")).unwrap_or_default(),
        took.unwrap_or_default(),
    )
}

/// What to know about the figures.
pub(super) fn notes(answer: &ExceptionsAnswer) -> Vec<String> {
    let mut notes = Vec::new();
    if answer.silent_rethrows > 0 {
        notes.push(format!(
            "Not counted: `throw;`, {}. Since .NET 9 it is told only by the handler that comes next.",
            counted(answer.silent_rethrows, "time")
        ));
    }
    if answer.not_caught > 0 {
        notes.push(format!(
            "{} not caught when the trace ended, or lost the event that would say so.",
            if answer.not_caught == 1 {
                "1 was".to_owned()
            } else {
                format!("{} were", Cell::Count(answer.not_caught))
            }
        ));
    }
    if answer.total > 0 && !answer.handlers_told() {
        notes.push("The trace does not tell who caught them: that takes level 4 (Informational).".to_owned());
    }
    if answer.total > 0 && answer.by_site.iter().all(|site| site.method.is_empty()) {
        notes.push(
            "The events have no stacks, so nothing is known of where exceptions were thrown.".to_owned(),
        );
    }
    if answer.not_told_apart > 0 {
        notes.push(format!(
            "{} too many different ones to be told apart: in the totals only.",
            counted(answer.not_told_apart, "throw or handler")
        ));
    }
    if answer.unreadable > 0 {
        notes.push(format!("{} could not be read.", counted(answer.unreadable, "event")));
    }
    notes
}

fn sites(answer: &ExceptionsAnswer) -> Section {
    let rows = answer.by_site.iter().take(MAX_ROWS).map(|site| {
        vec![
            Cell::Count(site.count),
            share(site.count, answer.total),
            Cell::Text(site.exception.clone()),
            Cell::Text(site.method.clone()),
            site.called_by.clone().map_or(Cell::Empty, Cell::Text),
        ]
    });
    let columns = ["Count", "Share", "Type", "Method", "Called by"];
    Section::of_table("Thrown by", &columns, rows.collect(), answer.by_site.len())
}

fn types(answer: &ExceptionsAnswer) -> Section {
    let rows = answer.by_type.iter().take(MAX_ROWS).map(|of_type| {
        let mean = of_type.throw_to_catch_ns.checked_div(of_type.caught);
        vec![
            Cell::Count(of_type.kinds.count),
            Cell::Text(of_type.name.clone()),
            Cell::Count(of_type.kinds.rethrown),
            Cell::Count(of_type.kinds.nested),
            Cell::Count(of_type.kinds.with_inner),
            mean.map_or(Cell::Empty, nanos),
            Cell::Text(of_type.messages.first().cloned().unwrap_or_default()),
        ]
    });
    let columns = ["Count", "Type", "Rethrown", "Nested", "With inner", "To catch (mean)", "First message"];
    Section::of_table("Types", &columns, rows.collect(), answer.by_type.len())
}

fn handlers(answer: &ExceptionsAnswer, kind: HandlerKind, title: &str, max_rows: usize) -> Option<Section> {
    let of_kind: Vec<_> = answer.handlers.iter().filter(|handler| handler.kind == kind).collect();
    let rows = of_kind.iter().take(max_rows).map(|handler| {
        vec![
            Cell::Count(handler.count),
            handler.duration_ns.checked_div(handler.ended).map_or(Cell::Empty, nanos),
            if handler.ended > 0 { nanos(handler.max_ns) } else { Cell::Empty },
            handler.exception.clone().map_or(Cell::Empty, Cell::Text),
            Cell::Text(handler.method.clone()),
        ]
    });
    let columns = ["Count", "Mean", "Longest", "Type", "Method"];
    (!of_kind.is_empty()).then(|| Section::of_table(title, &columns, rows.collect(), of_kind.len()))
}

fn stacks(answer: &ExceptionsAnswer) -> impl Iterator<Item = Section> {
    let with_stacks = answer.by_site.iter().filter(|site| site.stack.len() > 1).take(MAX_STACKS);
    with_stacks.map(|site| {
        let rows = site.stack.iter().take(MAX_FRAMES).map(|frame| vec![Cell::Text(frame.clone())]);
        let title = format!(
            "Stack of {} of the {} {}",
            Cell::Count(site.stack_count),
            Cell::Count(site.count),
            site.exception
        );
        Section::of_table(title, &["Method"], rows.collect(), site.stack.len())
    })
}

fn over_time(answer: &ExceptionsAnswer) -> Section {
    let lines = vec![("exceptions", answer.over_time.points(true))];
    Section::of_lines("Exceptions per second", Unit::Count, lines)
}
