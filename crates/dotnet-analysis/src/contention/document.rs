//! Contention, for people.

use super::answer::{ContentionAnswer, Lock, Method, WaitMethod, Waiting};
use crate::report::document::{Cell, Document, Section, Unit};
use crate::report::words::{self, counted, nanos, share};

/// Rows of a table.
const MAX_ROWS: usize = 10;
/// Stacks shown, and frames of each.
const MAX_STACKS: usize = 3;
const MAX_FRAMES: usize = 12;

pub(super) fn of(answer: &ContentionAnswer) -> Document {
    let mut sections = Vec::new();
    sections
        .extend(answer.deadlocks.iter().map(|circle| waiting("Deadlock: each waits for the next", circle)));
    let is_deadlocked = |wait: &&Waiting| answer.deadlocks.iter().any(|circle| circle.contains(wait));
    let others: Vec<Waiting> = answer.waiting.iter().filter(|wait| !is_deadlocked(wait)).cloned().collect();
    if !others.is_empty() {
        sections.push(waiting("Still waiting when the trace ended", &others));
    }
    if answer.waits.count > 0 {
        sections.push(methods(answer));
        sections.push(locks(answer));
        sections.extend(owners(answer));
        sections.push(durations(answer));
    }
    sections.extend(stacks(answer));
    sections.extend(wait_handles("Other waits", &answer.wait_handles.by_method));
    sections.extend(wait_handles("Other waits that had not ended", &answer.wait_handles.waiting));
    if answer.total > 0 {
        sections.push(over_time(answer));
    }
    Document {
        title: "Lock contention".to_owned(),
        summary: summary(answer),
        notes: answer.notes.clone(),
        sections,
    }
}

fn summary(answer: &ContentionAnswer) -> String {
    let mut sentences: Vec<String> = answer.deadlocks.iter().map(|circle| deadlock(circle)).collect();
    if answer.total == 0 {
        sentences.push("No thread began to wait for a lock.".to_owned());
        return sentences.join(" ");
    }
    sentences.push(format!(
        "{} for locks in {}: {} waited, {} in the median, {} at most.",
        counted(answer.total, "wait"),
        Cell::Nanos(answer.trace_ns),
        nanos(answer.duration_ns),
        nanos(answer.waits.p50_ns),
        nanos(answer.waits.max_ns),
    ));
    if let Some(method) = answer.by_method.first().filter(|method| !method.method.is_empty()) {
        sentences.push(format!(
            "{} of the time was waited in {}.",
            share(method.duration_ns, answer.duration_ns),
            words::method(&method.method)
        ));
    }
    sentences.extend(answer.by_lock.first().and_then(holder));
    if answer.deadlocks.is_empty()
        && let Some(longest) = answer.waiting.first()
    {
        sentences.push(format!(
            "{} still waiting when the trace ended, the longest for {} in {}.",
            match answer.waiting.len() {
                1 => "1 thread was".to_owned(),
                threads => format!("{threads} threads were"),
            },
            Cell::Nanos(longest.duration_ns),
            words::method(&longest.method)
        ));
    }
    sentences.join(" ")
}

fn deadlock(circle: &[Waiting]) -> String {
    let waits: Vec<_> = circle
        .iter()
        .map(|wait| {
            let owner = wait.owner_thread_id.unwrap_or_default();
            format!("thread {} in {} for thread {owner}", wait.thread_id, words::method(&wait.method))
        })
        .collect();
    format!("DEADLOCK: {} wait for each other: {}.", counted(circle.len() as u64, "thread"), waits.join(", "))
}

/// What held the lock that was waited for longest.
fn holder(lock: &Lock) -> Option<String> {
    if let Some(holding) = lock.held_in.first().filter(|holding| !holding.method.is_empty()) {
        let samples: u64 = lock.held_in.iter().map(|holding| holding.samples).sum();
        let part = share(holding.samples, samples);
        return Some(format!(
            "Meanwhile the holder of the lock was in {} ({part} of its samples).",
            holding.method
        ));
    }
    let taken = lock.taken_in.first().filter(|method| !method.method.is_empty())?;
    Some(format!("Its holder had taken the lock in {}.", words::method(&taken.method)))
}

/// What to know about the figures.
pub(super) fn notes(answer: &ContentionAnswer) -> Vec<String> {
    let mut notes = vec!["Waits that began before the trace and did not end in it cannot be seen: `pipescope stacks` shows them.".to_owned()];
    if answer.began_before > 0 {
        notes
            .push(format!("Of {} only the end was seen; not counted.", counted(answer.began_before, "wait")));
    }
    if answer.native > 0 {
        notes.push(format!(
            "{} for locks of the runtime itself, which Monitor.LockContentionCount does not count.",
            counted(answer.native, "wait")
        ));
    }
    if answer.by_lock.iter().any(|lock| !lock.is_known()) {
        notes.push(
            "This runtime does not tell which lock it was, nor who held it: .NET 8 and later do.".to_owned(),
        );
    } else if answer.by_lock.iter().any(|lock| !lock.held_in.is_empty()) {
        notes.push(
            "What holders did is from samples of wall-clock time, about one in a millisecond.".to_owned(),
        );
    }
    if answer.waits.count > 0 && answer.by_method.iter().all(|method| method.method.is_empty()) {
        notes.push("The events have no stacks, so nothing is known of where was waited.".to_owned());
    }
    if answer.not_told_apart > 0 {
        notes.push(format!(
            "{} too many to be told apart: in the totals only.",
            counted(answer.not_told_apart, "wait")
        ));
    }
    if answer.unreadable > 0 {
        notes.push(format!("{} could not be read.", counted(answer.unreadable, "event")));
    }
    notes
}

fn text(text: &str) -> Cell {
    if text.is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) }
}

fn id(lock: u64) -> Cell {
    if lock == 0 { Cell::Empty } else { Cell::Text(format!("{lock:#x}")) }
}

fn thread(id: u64) -> Cell {
    Cell::Text(id.to_string())
}

fn waiting(title: &str, waits: &[Waiting]) -> Section {
    let rows = waits.iter().take(MAX_ROWS).map(|wait| {
        vec![
            Cell::Nanos(wait.duration_ns),
            thread(wait.thread_id),
            wait.owner_thread_id.map_or(Cell::Empty, thread),
            id(wait.lock_id),
            text(&wait.method),
        ]
    });
    let columns = ["For", "Thread", "Lock held by", "Lock", "Method"];
    Section::of_table(title, &columns, rows.collect(), waits.len())
}

fn methods(answer: &ContentionAnswer) -> Section {
    let row = |method: &Method| {
        vec![
            nanos(method.duration_ns),
            share(method.duration_ns, answer.duration_ns),
            Cell::Count(method.count),
            nanos(method.max_ns),
            text(&method.method),
        ]
    };
    let rows = answer.by_method.iter().take(MAX_ROWS).map(row);
    let columns = ["Time", "Share", "Waits", "Longest", "Method"];
    Section::of_table("Waited in", &columns, rows.collect(), answer.by_method.len())
}

fn locks(answer: &ContentionAnswer) -> Section {
    let rows = answer.by_lock.iter().take(MAX_ROWS).map(|lock| {
        vec![
            nanos(lock.duration_ns),
            Cell::Count(lock.count),
            nanos(lock.max_ns),
            id(lock.lock_id),
            lock.waited_in.first().map_or(Cell::Empty, |method| text(&method.method)),
            lock.held_in.first().map_or(Cell::Empty, |holding| text(&holding.method)),
            lock.taken_in.first().map_or(Cell::Empty, |method| text(&method.method)),
        ]
    });
    let columns = ["Time", "Waits", "Longest", "Lock", "Waited for in", "Holder was in", "Holder took it in"];
    Section::of_table("Locks", &columns, rows.collect(), answer.by_lock.len())
}

fn owners(answer: &ContentionAnswer) -> Option<Section> {
    let rows = answer.by_owner.iter().take(MAX_ROWS).map(|owner| {
        vec![nanos(owner.duration_ns), Cell::Count(owner.count), thread(owner.thread_id), id(owner.lock_id)]
    });
    let columns = ["Time", "Waits", "Thread", "Lock"];
    let of = answer.by_owner.len();
    (of > 0).then(|| Section::of_table("Threads that made others wait", &columns, rows.collect(), of))
}

fn durations(answer: &ContentionAnswer) -> Section {
    let waits = answer.waits;
    let row = vec![
        Cell::Count(waits.count),
        nanos(waits.total_ns),
        nanos(waits.p50_ns),
        nanos(waits.p90_ns),
        nanos(waits.p99_ns),
        nanos(waits.max_ns),
    ];
    Section::of_table("Durations", &["Waits", "Total", "Median", "90 %", "99 %", "Longest"], vec![row], 1)
}

fn stacks(answer: &ContentionAnswer) -> impl Iterator<Item = Section> {
    let waits = answer
        .by_method
        .iter()
        .map(|method| (format!("Stack of waits in {}", words::method(&method.method)), &method.stack));
    let holders = answer.by_lock.iter().take(1).flat_map(|lock| &lock.held_in);
    let holders = holders.take(1).map(|holding| ("Stack of the holder meanwhile".to_owned(), &holding.stack));
    let stacks = holders.chain(waits).filter(|(_, stack)| stack.len() > 1).take(MAX_STACKS);
    stacks.map(|(title, stack)| {
        let rows = stack.iter().take(MAX_FRAMES).map(|method| vec![Cell::Text(method.clone())]);
        Section::of_table(title, &["Method"], rows.collect(), stack.len())
    })
}

fn wait_handles(title: &str, waits: &[WaitMethod]) -> Option<Section> {
    let rows = waits.iter().take(MAX_ROWS).map(|wait| {
        vec![
            nanos(wait.duration_ns),
            Cell::Count(wait.count),
            nanos(wait.max_ns),
            if wait.is_monitor_wait { text("Monitor.Wait") } else { Cell::Empty },
            text(&wait.method),
        ]
    });
    let columns = ["Time", "Waits", "Longest", "With", "Method"];
    (!waits.is_empty()).then(|| Section::of_table(title, &columns, rows.collect(), waits.len()))
}

fn over_time(answer: &ContentionAnswer) -> Section {
    let lines = vec![("waits", answer.begun_over_time.points(true))];
    Section::of_lines("Waits for locks per second", Unit::Count, lines)
}
