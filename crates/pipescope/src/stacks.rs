//! Stacks of threads as text.

use std::fmt::Write as _;

use dotnet_analysis::report::words::counted;
use dotnet_analysis::snapshot::{Doing, Group, Kind, SnapshotAnswer, ThreadStack};

use crate::text::printable;

/// Threads of a group that are listed by name.
const MAX_NAMED: usize = 8;

/// All stacks: what catches the eye first, then threads that do something, then those that wait. Threads with the same stack
/// are one entry, unless each is wanted.
pub(crate) fn render(answer: &SnapshotAnswer, shown: &str, each: bool) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{} of {}: {}.",
        counted(answer.threads.len() as u64, "thread"),
        printable(shown),
        doings(answer)
    );
    for hint in &answer.hints {
        let _ = writeln!(text, "! {}", printable(hint));
    }
    let groups = if each {
        answer.threads.iter().map(|thread| Group { threads: vec![thread] }).collect()
    } else {
        answer.groups()
    };
    for group in &groups {
        push_group(&mut text, group);
    }
    text
}

/// How many threads do what.
fn doings(answer: &SnapshotAnswer) -> String {
    let said = [
        (Doing::Running, "running"),
        (Doing::Native, "in native code"),
        (Doing::Blocked, "blocked"),
        (Doing::Waiting, "waiting"),
        (Doing::Outside, "in no managed code"),
    ];
    let parts = said.iter().filter_map(|(doing, words)| {
        let count = answer.threads.iter().filter(|thread| thread.doing == *doing).count();
        (count > 0).then(|| format!("{count} {words}"))
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn push_group(text: &mut String, group: &Group<'_>) {
    let Some(first) = group.threads.first() else { return };
    let named: Vec<String> = group.threads.iter().take(MAX_NAMED).map(|thread| called(thread)).collect();
    let mut names = named.join(", ");
    let more = group.threads.len().saturating_sub(MAX_NAMED);
    if more > 0 {
        let _ = write!(names, " and {more} more");
    }
    let count = match group.threads.len() {
        1 => "Thread".to_owned(),
        count => format!("{count} threads:"),
    };
    let kind = match first.kind {
        Some(Kind::Finalizer) => ", finalizer",
        Some(Kind::PoolWorker) => ", thread pool",
        Some(Kind::Gc) => ", garbage collector",
        Some(Kind::Diagnostics) => ", which tells event sources of this session",
        _ => "",
    };
    let _ = writeln!(text, "\n{count} {names}{kind}: {}", first.describe());
    for frame in &first.frames {
        let _ = writeln!(text, "    {}", printable(&frame.qualified()));
    }
}

/// A thread by its id and its name.
fn called(thread: &ThreadStack) -> String {
    match &thread.name {
        Some(name) => format!("{} \"{}\"", thread.thread_id, printable(name)),
        None => thread.thread_id.to_string(),
    }
}
