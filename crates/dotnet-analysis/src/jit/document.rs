//! The JIT, for people.

use super::Compiled;
use super::answer::{JitAnswer, Outcomes};
use crate::report::document::{Cell, Document, Part, Section, Unit};
use crate::report::words::{counted, nanos, share};
use crate::timeline::OverTime;

/// Rows of tables.
const MAX_ROWS: usize = 10;
/// So many methods made at run time are worth a sentence.
const MANY_DYNAMIC: u64 = 50;
/// Nanoseconds in a second.
const NANOS_PER_SECOND: f64 = 1e9;

pub(super) fn of(answer: &JitAnswer) -> Document {
    let mut sections = Vec::new();
    if answer.total.methods > 0 {
        sections.push(groups(answer));
        sections.push(slowest(answer));
        sections.push(tiers(answer));
    }
    sections.push(facts(answer));
    sections.extend(outcomes("Calls not inlined because", &answer.inlining));
    sections.extend(outcomes("Tail calls not made because", &answer.tail_calls));
    if answer.total.methods > 0 {
        sections.push(start_up(answer));
        sections.extend(over_time(answer));
    }
    Document { title: "JIT".to_owned(), summary: summary(answer), notes: answer.notes.clone(), sections }
}

fn summary(answer: &JitAnswer) -> String {
    let total = answer.total;
    if total.methods == 0 {
        return "No method was compiled.".to_owned();
    }
    let mut sentences = vec![format!(
        "{} compiled in {}: {} of IL became {} of native code in {}.",
        counted(total.methods, "method"),
        Cell::Nanos(answer.trace_ns),
        Cell::Bytes(total.il_bytes),
        Cell::Bytes(total.native_bytes),
        nanos(total.time_ns)
    )];
    if answer.durations.count > 0 {
        sentences.push(format!(
            "Threads of the program waited {} for {} of them; the rest is better code, made in the background.",
            nanos(answer.foreground.time_ns),
            Cell::Count(answer.foreground.methods)
        ));
    }
    if let Some(group) = answer.by_group.first() {
        sentences.push(format!(
            "Most went to {}: {}, {} of the time.",
            group.name,
            counted(group.compiled.methods, "method"),
            share(group.compiled.time_ns, total.time_ns)
        ));
    }
    let dynamic = answer.by_group.iter().filter(|group| group.dynamic);
    if answer.kinds.dynamic >= MANY_DYNAMIC
        && let Some(group) = dynamic.max_by_key(|group| group.compiled.methods)
    {
        sentences.push(format!(
            "{} are made at run time, by compiled expressions or emitted code, mostly {}.",
            share(answer.kinds.dynamic, total.methods),
            group.name
        ));
    }
    sentences.join(" ")
}

/// What to know about the figures.
pub(super) fn notes(answer: &JitAnswer) -> Vec<String> {
    let mut notes = Vec::new();
    if answer.durations.count > 0 {
        notes.push("Times are those that passed from the beginning of compiling to its end, also while the thread did not run.".to_owned());
    }
    if answer.kinds.dynamic > 0 {
        notes.push(
            "The runtime does not tell the IL of methods made at run time; JitInfo counts it.".to_owned(),
        );
    }
    if answer.without_beginning > 0 {
        notes.push(format!(
            "Of {} only the end was seen, so IL and time are missing: it began before the trace, or that is not of level 5 (Verbose).",
            counted(answer.without_beginning, "method")
        ));
    }
    if answer.not_ended > 0 {
        notes.push(format!(
            "{} had not ended when the trace did, or failed; not counted.",
            counted(answer.not_ended, "compilation")
        ));
    }
    if answer.inlining == Outcomes::default() {
        notes.push("Inlining is not in the trace: it takes keyword 0x1000 of Microsoft-Windows-DotNETRuntime at level 5.".to_owned());
    }
    if answer.unreadable > 0 {
        notes.push(format!("{} could not be read.", counted(answer.unreadable, "event")));
    }
    notes
}

fn figures(compiled: &Compiled, total: &Compiled) -> [Cell; 5] {
    [
        nanos(compiled.time_ns),
        share(compiled.time_ns, total.time_ns),
        Cell::Count(compiled.methods),
        Cell::Bytes(compiled.il_bytes),
        Cell::Bytes(compiled.native_bytes),
    ]
}

fn groups(answer: &JitAnswer) -> Section {
    let rows = answer.by_group.iter().take(MAX_ROWS).map(|group| {
        let cells = figures(&group.compiled, &answer.total).into_iter();
        cells.chain([Cell::Text(group.name.clone())]).collect()
    });
    let columns = ["Time", "Share", "Methods", "IL", "Native", "Type"];
    Section::of_table("By type", &columns, rows.collect(), answer.by_group.len())
}

fn slowest(answer: &JitAnswer) -> Section {
    let rows = answer.slowest.iter().take(MAX_ROWS).map(|method| {
        vec![
            nanos(method.time_ns),
            Cell::Nanos(method.at_ns),
            Cell::Bytes(method.il_bytes),
            Cell::Bytes(method.native_bytes),
            Cell::Text(method.tier.clone()),
            Cell::Text(method.method.clone()),
        ]
    });
    let columns = ["Time", "At", "IL", "Native", "Tier", "Method"];
    Section::of_table("Slowest methods", &columns, rows.collect(), answer.slowest.len())
}

fn tiers(answer: &JitAnswer) -> Section {
    let rows = answer.by_tier.iter().map(|tier| {
        let cells = figures(&tier.compiled, &answer.total).into_iter();
        cells.chain([Cell::Text(tier.tier.clone())]).collect()
    });
    let columns = ["Time", "Share", "Methods", "IL", "Native", "Tier"];
    Section::of_table("Tiers", &columns, rows.collect(), answer.by_tier.len())
}

fn facts(answer: &JitAnswer) -> Section {
    let durations = answer.durations;
    let mut facts = Vec::new();
    let mut add = |name: &str, value: Cell, is_known: bool| {
        if is_known {
            facts.push((name.to_owned(), value));
        }
    };
    add("Time per method, median", nanos(durations.p50_ns), durations.count > 0);
    add("Time per method, 99 %", nanos(durations.p99_ns), durations.count > 0);
    add("Made at run time", Cell::Count(answer.kinds.dynamic), answer.kinds.dynamic > 0);
    add("Generic", Cell::Count(answer.kinds.generic), answer.kinds.generic > 0);
    let rejected = answer.kinds.ready_to_run_rejected;
    add("Ready-to-run code refused", Cell::Count(rejected), rejected > 0);
    let rejected = answer.kinds.profiler_rejected;
    add("Precompiled code refused by a profiler", Cell::Count(rejected), rejected > 0);
    let entry_points = answer.ready_to_run_entry_points;
    add("Ready-to-run methods used", Cell::Count(entry_points), entry_points > 0);
    add("Unloaded", Cell::Count(answer.unloaded), answer.unloaded > 0);
    let allocated = answer.memory.allocated_bytes;
    add("Memory for code", Cell::Bytes(allocated), allocated > 0);
    let tiering = &answer.tiering;
    add(
        "Tiered compilation",
        tiering.settings.clone().map_or(Cell::Empty, Cell::Text),
        tiering.settings.is_some(),
    );
    add("Runs in the background", Cell::Count(tiering.runs), tiering.runs > 0);
    add("Time in those", nanos(tiering.run_ns), tiering.runs > 0);
    add("Most methods waiting for better code", Cell::Count(tiering.max_pending), tiering.max_pending > 0);
    let inlining = &answer.inlining;
    add("Calls inlined", Cell::Count(inlining.succeeded), *inlining != Outcomes::default());
    add("Calls not inlined", Cell::Count(inlining.failed), *inlining != Outcomes::default());
    add("Tail calls", Cell::Count(answer.tail_calls.succeeded), answer.tail_calls.succeeded > 0);
    add("Methods", Cell::Count(answer.total.methods), answer.total.methods == 0);
    Section { title: "Figures".to_owned(), parts: vec![Part::Facts(facts)] }
}

fn outcomes(title: &str, outcomes: &Outcomes) -> Option<Section> {
    let rows = outcomes.reasons.iter().take(MAX_ROWS).map(|reason| {
        vec![
            Cell::Count(reason.count),
            share(reason.count, outcomes.failed),
            Cell::Text(reason.reason.clone()),
        ]
    });
    let columns = ["Count", "Share", "Reason"];
    let of = outcomes.reasons.len();
    (of > 0).then(|| Section::of_table(title, &columns, rows.collect(), of))
}

/// The first seconds in which anything was compiled.
fn start_up(answer: &JitAnswer) -> Section {
    let seconds = answer.methods_over_time.interval_ns;
    let rows: Vec<Vec<Cell>> = (0i64..)
        .zip(&answer.methods_over_time.values)
        .filter_map(|(index, methods)| {
            let methods = methods.filter(|methods| *methods > 0)?;
            let at = |over_time: &OverTime| {
                usize::try_from(index).ok().and_then(|index| over_time.values.get(index).copied().flatten())
            };
            Some(vec![
                Cell::Nanos(index.saturating_mul(seconds)),
                Cell::Count(methods),
                nanos(at(&answer.foreground_over_time).unwrap_or(0)),
                nanos(at(&answer.background_over_time).unwrap_or(0)),
            ])
        })
        .collect();
    let of = rows.len();
    let rows = rows.into_iter().take(MAX_ROWS).collect();
    let columns = ["From", "Methods", "In the foreground", "In the background"];
    Section::of_table(format!("When, by {}", Cell::Nanos(seconds)), &columns, rows, of)
}

fn over_time(answer: &JitAnswer) -> [Section; 2] {
    let share_of = |over_time: &OverTime| {
        over_time.points(true).into_iter().map(|(at, nanos)| (at, nanos * 100.0 / NANOS_PER_SECOND)).collect()
    };
    let busy = vec![
        ("foreground", share_of(&answer.foreground_over_time)),
        ("background", share_of(&answer.background_over_time)),
    ];
    let methods = vec![("methods", answer.methods_over_time.points(true))];
    [
        Section::of_lines("Time spent compiling, of one thread", Unit::Percent, busy),
        Section::of_lines("Methods compiled per second", Unit::Count, methods),
    ]
}
