//! The thread pool, for people.

use super::answer::{Added, ThreadPoolAnswer, Verdict, Work};
use crate::report::document::{Cell, Document, Part, Section, Unit};
use crate::report::words::{self, counted, nanos, share};

/// Rows of tables.
const MAX_ROWS: usize = 10;
/// What has less than one in so many samples is in the JSON only.
const RARE: u64 = 1_000;
/// Frames of a stack shown.
const MAX_FRAMES: usize = 15;

pub(super) fn of(answer: &ThreadPoolAnswer) -> Document {
    let mut sections = Vec::new();
    if !answer.work.is_empty() {
        sections.push(work(answer));
    }
    sections.push(figures(answer));
    if !answer.reasons.is_empty() {
        sections.push(reasons(answer));
        sections.push(adjustments(answer));
    }
    if !answer.queued_by.is_empty() {
        sections.push(queued_by(answer));
    }
    sections.extend(answer.work.first().map(stack));
    sections.extend(over_time(answer));
    Document {
        title: "Thread pool".to_owned(),
        summary: summary(answer),
        notes: answer.notes.clone(),
        sections,
    }
}

fn summary(answer: &ThreadPoolAnswer) -> String {
    let mut sentences = Vec::new();
    match (answer.verdict, &answer.starvation, &answer.cooperative_blocking) {
        (Verdict::Starved, Some(added), _) => {
            sentences
                .push(format!("STARVED: {} since work waited and no worker took any.", threads_added(added)));
        }
        (Verdict::Blocked, _, Some(added)) => {
            sentences.push(format!("BLOCKED: {} since workers waited for tasks.", threads_added(added)));
        }
        (Verdict::Late, ..) => sentences.push("LATE: work waits long for a worker.".to_owned()),
        (Verdict::Silent, ..) => {
            return "The thread pool did nothing that the trace tells.".to_owned();
        }
        _ => sentences.push("No starvation.".to_owned()),
    }
    let is_trouble = answer.verdict != Verdict::Fine;
    if let Some(work) = answer.work.first().filter(|work| is_trouble || work.average_workers >= 0.5) {
        sentences.push(format!(
            "Workers are mostly in {}{}: {} of them at a time on average, {} of the samples waiting.",
            words::method(&work.method),
            if work.leaf == work.method {
                String::new()
            } else {
                format!(", in {}", words::method(&work.leaf))
            },
            Cell::Number(work.average_workers),
            share(work.waiting_samples, work.samples)
        ));
    }
    let queue = &answer.queue;
    if queue.delay.count > 0 {
        sentences.push(format!(
            "{} waited {} in the median for a worker, {} at most.",
            counted(queue.delay.count, "work item"),
            nanos(queue.delay.p50_ns),
            nanos(queue.delay.max_ns)
        ));
    }
    if let Some(oldest) = queue.oldest_ns.filter(|_| is_trouble) {
        sentences.push(format!(
            "{} still waited at the end, the oldest for {}.",
            Cell::Count(queue.waiting),
            Cell::Nanos(oldest)
        ));
    }
    if let Some(last) = answer.workers.last.filter(|_| !is_trouble) {
        sentences.push(format!(
            "{} at the end, {} at most.",
            counted(last.into(), "worker"),
            answer.workers.max
        ));
    }
    sentences.join(" ")
}

fn threads_added(added: &Added) -> String {
    format!(
        "from {} on the pool went from {} to {}, {} adding one or more",
        Cell::Nanos(added.first_ns),
        added.workers_before,
        counted(added.workers_max.into(), "worker"),
        match added.count {
            1 => "once".to_owned(),
            count => format!("{} times", Cell::Count(count)),
        }
    )
}

/// What to know about the figures.
pub(super) fn notes(answer: &ThreadPoolAnswer) -> Vec<String> {
    let mut notes = Vec::new();
    if answer.work.is_empty() {
        notes
            .push("What workers did is not known: the trace has no samples of them, or no names.".to_owned());
    } else {
        notes.push(
            "What workers did is from samples of wall-clock time, about one in a millisecond.".to_owned(),
        );
    }
    if answer.queue.unmatched > 0 {
        notes.push(format!(
            "{} taken whose queueing was not seen: it was before the trace, or has another id.",
            counted(answer.queue.unmatched, "work item")
        ));
    }
    if answer.queue.enqueued == 0 {
        notes.push(
            "Nothing is known of how long work waited: no event of queueing is in the trace.".to_owned(),
        );
    }
    if answer.unreadable > 0 {
        notes.push(format!("{} could not be read.", counted(answer.unreadable, "event")));
    }
    notes
}

fn work(answer: &ThreadPoolAnswer) -> Section {
    let samples: u64 = answer.work.iter().map(|work| work.samples).sum();
    let seen = answer.work.iter().filter(|work| work.samples * RARE >= samples);
    let rows = seen.take(MAX_ROWS).map(|work| {
        vec![
            Cell::Number(work.average_workers),
            share(work.waiting_samples, work.samples),
            Cell::Text(work.method.clone()),
            if work.leaf == work.method { Cell::Empty } else { Cell::Text(work.leaf.clone()) },
        ]
    });
    let columns = ["Workers", "Waiting", "Method", "In"];
    Section::of_table("What workers do", &columns, rows.collect(), answer.work.len())
}

fn figures(answer: &ThreadPoolAnswer) -> Section {
    let mut facts = Vec::new();
    let mut add = |name: &str, value: Option<Cell>| {
        if let Some(value) = value {
            facts.push((name.to_owned(), value));
        }
    };
    let count = |count: u32| Cell::Count(count.into());
    let workers = &answer.workers;
    add("Workers, first", workers.first.map(count));
    add("Workers, last", workers.last.map(count));
    add("Workers, most", workers.last.map(|_| count(workers.max)));
    add(
        "Workers started and stopped",
        (workers.started + workers.stopped > 0)
            .then(|| Cell::Text(format!("{} and {}", workers.started, workers.stopped))),
    );
    add("Added at once up to", workers.at_once.map(|at_once| count(at_once.into())));
    add("Limit", workers.limit.map(|limit| count(limit.into())));
    let queue = &answer.queue;
    let delay = queue.delay;
    let known = |cell: Cell| (delay.count > 0).then_some(cell);
    add("Work items queued", (queue.enqueued > 0).then_some(Cell::Count(queue.enqueued)));
    add("Work items taken", (queue.dequeued > 0).then_some(Cell::Count(queue.dequeued)));
    add("Still waiting", (queue.waiting > 0).then_some(Cell::Count(queue.waiting)));
    add("Waited for a worker, median", known(nanos(delay.p50_ns)));
    add("90 %", known(nanos(delay.p90_ns)));
    add("99 %", known(nanos(delay.p99_ns)));
    add("Longest", known(nanos(delay.max_ns)));
    let io = &answer.io;
    add("Threads for input and output", (io.max_threads > 0).then(|| count(io.max_threads)));
    add("Operations of input and output", (io.packed > 0).then_some(Cell::Count(io.packed)));
    Section { title: "Figures".to_owned(), parts: vec![Part::Facts(facts)] }
}

fn reasons(answer: &ThreadPoolAnswer) -> Section {
    let rows = answer
        .reasons
        .iter()
        .map(|reason| vec![Cell::Count(reason.count), Cell::Text(reason.reason.clone())]);
    let of = answer.reasons.len();
    Section::of_table("Why the number of workers changed", &["Count", "Reason"], rows.collect(), of)
}

fn adjustments(answer: &ThreadPoolAnswer) -> Section {
    let rows = answer.adjustments.iter().take(MAX_ROWS).map(|adjustment| {
        vec![
            Cell::Nanos(adjustment.at_ns),
            Cell::Count(adjustment.workers.into()),
            Cell::Text(adjustment.reason.clone()),
        ]
    });
    let of = answer.adjustments.len();
    Section::of_table("Changes", &["At", "Workers", "Reason"], rows.collect(), of)
}

fn queued_by(answer: &ThreadPoolAnswer) -> Section {
    let rows = answer.queued_by.iter().take(MAX_ROWS).map(|queued| {
        vec![
            Cell::Count(queued.count),
            share(queued.count, answer.queue.enqueued),
            Cell::Text(queued.method.clone()),
        ]
    });
    let columns = ["Items", "Share", "Method"];
    Section::of_table("Who queues work", &columns, rows.collect(), answer.queued_by.len())
}

fn stack(work: &Work) -> Section {
    let rows = work.stack.iter().take(MAX_FRAMES).map(|method| vec![Cell::Text(method.clone())]);
    let title = format!("Stack of workers in {}", words::method(&work.method));
    Section::of_table(title, &["Method"], rows.collect(), work.stack.len())
}

fn over_time(answer: &ThreadPoolAnswer) -> [Section; 3] {
    let workers = vec![
        ("workers", answer.workers_over_time.points(false)),
        ("wanted", answer.wanted_over_time.points(false)),
    ];
    let items = vec![("queued", answer.enqueued_over_time.points(true))];
    let delay = vec![("longest", answer.delay_over_time.points(false))];
    [
        Section::of_lines("Workers", Unit::Count, workers),
        Section::of_lines("Time work waited for a worker", Unit::Nanos, delay),
        Section::of_lines("Work items queued per second", Unit::Count, items),
    ]
}
