//! Where time goes, for people.

use super::answer::{CpuAnswer, Method};
use crate::report::document::{Cell, Document, Part, Section, Table, Tree, TreeNode};
use crate::report::words::{counted, share};

/// Methods in the table: what threads wait for is to be on the first screen, too.
const MAX_METHODS: usize = 10;
/// Threads listed.
const MAX_THREADS: usize = 25;

pub(super) fn of(answer: &CpuAnswer) -> Document {
    Document {
        title: "Where time goes".to_owned(),
        summary: summary(answer),
        notes: notes(answer),
        sections: sections(answer),
    }
}

/// Methods that did something, busiest first.
fn hot(answer: &CpuAnswer) -> Vec<&Method> {
    let busy = |method: &Method| method.exclusive_running + method.exclusive_native;
    let mut hot: Vec<&Method> = answer.methods.iter().filter(|method| busy(method) > 0).collect();
    hot.sort_by_key(|method| std::cmp::Reverse((busy(method), method.inclusive_busy)));
    hot
}

fn summary(answer: &CpuAnswer) -> String {
    let total = &answer.total;
    if answer.samples == 0 {
        return "There are no samples. They come from the provider Microsoft-DotNETCore-SampleProfiler."
            .to_owned();
    }
    let busy = total.busy();
    let sampled = format!(
        "{} of {}: {} did something, {} waited.",
        counted(answer.samples, "sample"),
        counted(answer.threads, "thread"),
        share(busy, answer.samples),
        share(total.waiting, answer.samples),
    );
    match hot(answer).first() {
        Some(method) => {
            let samples = method.exclusive_running + method.exclusive_native;
            format!("{} has {} of what was done. {sampled}", short_name(&method.name), share(samples, busy))
        }
        None => format!("All threads waited all the time. {sampled}"),
    }
}

/// A name without its signature, for sentences.
fn short_name(name: &str) -> &str {
    match name.split_once('(') {
        Some((method, _)) => method,
        None if name == "?" => "Code without a name",
        None => name,
    }
}

fn sections(answer: &CpuAnswer) -> Vec<Section> {
    let mut sections = Vec::new();
    let busy = answer.total.busy();
    let hot = hot(answer);
    if !hot.is_empty() {
        let rows = hot.iter().take(MAX_METHODS).map(|method| {
            vec![
                share(method.exclusive_running + method.exclusive_native, busy),
                share(method.inclusive_busy, busy),
                Cell::Count(method.exclusive_running + method.exclusive_native),
                Cell::Text(method.name.clone()),
                Cell::Text(method.module.clone()),
            ]
        });
        let table = Table {
            columns: ["self", "with callees", "samples", "method", "module"].map(str::to_owned).to_vec(),
            rows: rows.collect(),
            left_out: hot.len().saturating_sub(MAX_METHODS) as u64,
        };
        sections.push(section("Busy methods", Part::Table(table)));
    }
    if !answer.waits.is_empty() {
        let rows = answer.waits.iter().map(|wait| {
            vec![
                share(wait.samples, answer.samples),
                Cell::Nanos(wait.ns),
                Cell::Count(wait.threads),
                Cell::Text(wait.wait.describe().to_owned()),
            ]
        });
        let columns = ["of all samples", "time", "threads", "waited"].map(str::to_owned).to_vec();
        sections.push(section(
            "Waiting threads",
            Part::Table(Table { columns, rows: rows.collect(), left_out: 0 }),
        ));
    }
    if !answer.hot_paths.is_empty() {
        let nodes = answer.hot_paths.iter().map(|node| TreeNode {
            depth: node.depth,
            name: node.name.clone(),
            cells: vec![share(node.inclusive, busy), share(node.exclusive, busy)],
        });
        let columns = ["with callees", "self"].map(str::to_owned).to_vec();
        sections.push(section("Who calls it", Part::Tree(Tree { columns, nodes: nodes.collect() })));
    }
    if !answer.by_thread.is_empty() {
        sections.push(section("Threads", Part::Table(threads(answer))));
    }
    if !answer.compiled.is_empty() {
        let rows = answer.compiled.iter().map(|of| {
            vec![share(of.samples, answer.total.running), Cell::Text(of.compiled.describe().to_owned())]
        });
        let columns = ["of what ran", "compiled"].map(str::to_owned).to_vec();
        let table = Table { columns, rows: rows.collect(), left_out: 0 };
        sections.push(section("How the code that ran was compiled", Part::Table(table)));
    }
    sections
}

fn threads(answer: &CpuAnswer) -> Table {
    let rows = answer.by_thread.iter().take(MAX_THREADS).map(|thread| {
        let weight = &thread.weight;
        vec![
            Cell::Text(match &thread.name {
                Some(name) => format!("{} {name}", thread.thread_id),
                None => thread.thread_id.to_string(),
            }),
            Cell::Count(weight.samples),
            share(weight.running, weight.samples),
            share(weight.native, weight.samples),
            share(weight.waiting, weight.samples),
            thread.busiest_method.clone().map_or(Cell::Empty, Cell::Text),
        ]
    });
    Table {
        columns: ["thread", "samples", "ran", "native", "waited", "busiest method"]
            .map(str::to_owned)
            .to_vec(),
        rows: rows.collect(),
        left_out: answer.by_thread.len().saturating_sub(MAX_THREADS) as u64,
    }
}

fn notes(answer: &CpuAnswer) -> Vec<String> {
    if answer.samples == 0 {
        return Vec::new();
    }
    let mut notes = vec![
        "The sampler looks at all managed threads at once, whether they run or wait: this is time that passed, not CPU \
         time. It knows managed code only, and no thread that never ran any. It pauses during collections."
            .to_owned(),
    ];
    notes.push(if answer.tells_apart {
        "Waiting threads are known by their top method. Of the others, those that the sampler calls external are in \
         native code or in the runtime, and may wait there."
            .to_owned()
    } else {
        "The sampler of this runtime does not tell threads that run from threads in native code. What is no known way \
         to wait counts as running: a lock or a native call that has no method of its own is told as its caller."
            .to_owned()
    });
    let nameless = answer.methods.iter().find(|method| method.name == "?");
    if let Some(nameless) = nameless.filter(|method| method.exclusive > 0) {
        notes.push(format!(
            "{} have code without a name on top. The runtime tells names at the end of a session, which this trace \
             does not have or did not ask for.",
            counted(nameless.exclusive, "sample")
        ));
    }
    if answer.left_out > 0 {
        notes.push(format!("{} of further threads are left out.", counted(answer.left_out, "sample")));
    }
    notes
}

fn section(title: &str, part: Part) -> Section {
    Section { title: title.to_owned(), parts: vec![part] }
}
