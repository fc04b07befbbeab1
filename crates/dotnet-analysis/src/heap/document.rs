//! The report on a heap for people: what is leaking comes first.

use std::fmt::Write as _;

use super::answer::{HeapAnswer, KeeperRow, PathRow, RootName, TypeRow};
use super::roots::RootKind;
use super::ways;
use crate::report::Answer;
use crate::report::document::{
    Cell, Chart, ChartKind, Document, Part, Section, Series, Table, Tree, TreeNode, Unit,
};

/// A share of the heap that is worth a sentence, in percent.
const WORTH_SAYING: f64 = 10.0;
/// Bars of the chart.
const BARS: usize = 12;

impl Answer for HeapAnswer {
    fn document(&self) -> Document {
        let mut sections = Vec::new();
        if self.wanted.paths.is_some() {
            sections.push(self.paths_section());
        }
        sections.push(self.keepers_section());
        sections.push(self.types_section());
        sections.push(self.largest_section());
        sections.push(self.roots_section());
        sections.extend(self.generations_section());
        Document { title: "Heap".to_owned(), summary: self.summary(), notes: self.notes(), sections }
    }
}

impl HeapAnswer {
    /// Where the figures come from, in a sentence.
    fn source(&self) -> String {
        let of = match (self.process_id, self.process_name.as_str()) {
            (0, "") => "Of a process that is not named".to_owned(),
            (0, name) => format!("Of {name}"),
            (id, "") => format!("Of process {id}"),
            (id, name) => format!("Of process {id} ({name})"),
        };
        let collection =
            self.collection.map_or_else(String::new, |number| format!(", in its collection {number}"));
        let pause = self.pause_ns.map_or_else(String::new, |pause| {
            format!(", for which it stood still for {}", Cell::Nanos(pause))
        });
        let lost = match self.losses.any {
            false => "",
            true => " NOT COMPLETE: figures are too low.",
        };
        format!("{of}{collection}{pause}.{lost}")
    }

    fn summary(&self) -> String {
        let mut text = format!(
            "{} objects of {} types take {}.",
            Cell::Count(self.objects),
            Cell::Count(self.types),
            Cell::Bytes(self.bytes)
        );
        if let Some(keeper) = self.keepers.first() {
            let share = percent(keeper.retained_bytes, self.bytes);
            if share >= WORTH_SAYING {
                let _ = write!(
                    text,
                    " {} of that, {}, is kept alive by {}{}.",
                    Cell::Percent(share),
                    Cell::Bytes(keeper.retained_bytes),
                    root_text(keeper.root.as_ref()),
                    spread(keeper)
                );
            }
        }
        text.push(' ');
        text.push_str(&self.source());
        text
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let losses = &self.losses;
        if losses.events > 0 {
            notes.push(format!(
                "The runtime lost {} events of the dump, each of which tells of many objects: figures are too low, and some \
                 objects seem to be kept alive by nothing. Take it again with a larger --buffersize.",
                Cell::Count(losses.events)
            ));
        }
        if losses.cut_off {
            notes.push("The dump has no end: what comes after it is missing.".to_owned());
        }
        if losses.objects_without_references > 0 {
            notes.push(format!(
                "Of {} objects it is not known what they refer to.",
                Cell::Count(losses.objects_without_references)
            ));
        }
        notes.push(
            "Bytes are those of the objects themselves. Kept alive: what would be freed if an object, or all objects of a type, \
             were."
                .to_owned(),
        );
        if self.unreachable.objects > 0 {
            notes.push(format!(
                "{} objects with {} are kept alive by no root that the runtime told of.",
                Cell::Count(self.unreachable.objects),
                Cell::Bytes(self.unreachable.bytes)
            ));
        }
        notes
    }

    fn keepers_section(&self) -> Section {
        let columns = vec!["Kept alive".to_owned(), "Share".to_owned(), "Objects".to_owned()];
        let mut nodes = Vec::new();
        let shown = self.keepers.iter().enumerate();
        // The first says most: the others may be short.
        for (number, keeper) in shown.take(self.wanted.top) {
            let share = percent(keeper.retained_bytes, self.bytes);
            if number > 0 && share < 1.0 {
                break;
            }
            let cells = vec![
                Cell::Bytes(keeper.retained_bytes),
                Cell::Percent(share),
                Cell::Count(keeper.retained_objects),
            ];
            nodes.push(TreeNode { depth: 0, name: root_text(keeper.root.as_ref()), cells });
            nodes.push(TreeNode { depth: 1, name: chain_text(keeper), cells: Vec::new() });
            for group in keeper.mostly.iter().take(if number == 0 { 3 } else { 1 }) {
                let cells = vec![
                    Cell::Bytes(group.retained_bytes),
                    Cell::Percent(percent(group.retained_bytes, self.bytes)),
                    Cell::Count(group.count),
                ];
                nodes.push(TreeNode { depth: 2, name: group.name.clone(), cells });
            }
        }
        let tree = Part::Tree(Tree { columns, nodes });
        Section { title: "What keeps the most alive".to_owned(), parts: vec![tree] }
    }

    fn types_section(&self) -> Section {
        Section {
            title: "Types by what they keep alive".to_owned(),
            parts: vec![self.types_table(self.by_type.iter().collect())],
        }
    }

    fn largest_section(&self) -> Section {
        let mut rows: Vec<&TypeRow> = self.by_type.iter().collect();
        rows.sort_by_key(|row| std::cmp::Reverse((row.bytes, row.count)));
        let values = (0..BARS).zip(&rows).map(|(at, row)| (at as f64, row.bytes as f64)).collect();
        let labels = rows.iter().take(BARS).map(|row| row.name.clone()).collect();
        let chart = Chart {
            title: "Bytes by type".to_owned(),
            x: "type".to_owned(),
            unit: Unit::Bytes,
            kind: ChartKind::Bars,
            series: vec![Series { name: "bytes".to_owned(), labels, values }],
        };
        Section {
            title: "Types by their own bytes".to_owned(),
            parts: vec![Part::Chart(chart), self.types_table(rows)],
        }
    }

    fn types_table(&self, rows: Vec<&TypeRow>) -> Part {
        let left_out = rows.len().saturating_sub(self.wanted.top) as u64;
        let row = |row: &TypeRow| {
            vec![
                Cell::Text(row.name.clone()),
                Cell::Count(row.count),
                Cell::Bytes(row.bytes),
                Cell::Bytes(row.largest_bytes),
                Cell::Bytes(row.retained_bytes),
                Cell::Text(row.module.clone()),
            ]
        };
        Part::Table(Table {
            columns: ["Type", "Objects", "Bytes", "Largest", "Kept alive", "Module"]
                .map(str::to_owned)
                .to_vec(),
            rows: rows.into_iter().take(self.wanted.top).map(row).collect(),
            left_out,
        })
    }

    fn roots_section(&self) -> Section {
        let rows = self.by_root.iter().map(|row| {
            vec![
                Cell::Text(row.kind.text().to_owned()),
                Cell::Count(row.roots),
                Cell::Count(row.objects),
                Cell::Bytes(row.bytes),
            ]
        });
        let table = Table {
            columns: ["Root", "Roots", "Objects", "Kept alive"].map(str::to_owned).to_vec(),
            rows: rows.collect(),
            left_out: 0,
        };
        Section { title: "By what keeps objects alive".to_owned(), parts: vec![Part::Table(table)] }
    }

    fn generations_section(&self) -> Option<Section> {
        let generations = self.generations?;
        let facts = [
            ("Generation 0", generations.gen0_bytes),
            ("Generation 1", generations.gen1_bytes),
            ("Generation 2", generations.gen2_bytes),
            ("Large objects", generations.loh_bytes),
            ("Pinned objects", generations.poh_bytes),
        ];
        let facts = facts.map(|(name, bytes)| (name.to_owned(), Cell::Bytes(bytes))).to_vec();
        let title = "Generations after the collection, with the space between objects".to_owned();
        Some(Section { title, parts: vec![Part::Facts(facts)] })
    }

    fn paths_section(&self) -> Section {
        let name = self.wanted.paths.as_deref().unwrap_or_default();
        let title = format!("Why {name} is alive");
        if self.paths.is_empty() {
            let text = format!("There is no object of a type of the name '{name}'.");
            return Section { title, parts: vec![Part::Text(text)] };
        }
        let mut parts = Vec::new();
        let count: u64 = self.paths.iter().map(|path| path.count).sum();
        if ways::is_sampled(count) {
            parts.push(Part::Text(
                "These are many objects, of which some were followed that are evenly spread; counts are estimates.".to_owned(),
            ));
        }
        let mut nodes = Vec::new();
        for path in self.paths.iter().take(self.wanted.top) {
            push_path(&mut nodes, path);
        }
        let columns = vec!["Objects".to_owned(), "Bytes".to_owned()];
        parts.push(Part::Tree(Tree { columns, nodes }));
        Section { title, parts }
    }
}

fn push_path(nodes: &mut Vec<TreeNode>, path: &PathRow) {
    let cells = vec![Cell::Count(path.count), Cell::Bytes(path.bytes)];
    nodes.push(TreeNode { depth: 0, name: root_text(path.root.as_ref()), cells });
    let middle = path.steps.len() / 2;
    for (at, step) in path.steps.iter().enumerate() {
        if path.steps_left_out > 0 && at == middle {
            let name = format!("... {} more ...", Cell::Count(path.steps_left_out));
            nodes.push(TreeNode { depth: 1, name, cells: Vec::new() });
        }
        nodes.push(TreeNode { depth: 1, name: step.clone(), cells: Vec::new() });
    }
}

fn root_text(root: Option<&RootName>) -> String {
    match root {
        Some(RootName { kind, field: Some(field) }) => format!("{kind} {field}"),
        Some(RootName { kind: RootKind::Stack, .. }) => "a local variable".to_owned(),
        Some(RootName { kind: RootKind::FinalizerQueue, .. }) => "the finalizer queue".to_owned(),
        Some(RootName { kind: RootKind::Older, .. }) => "an older generation".to_owned(),
        Some(RootName { kind: RootKind::Other, .. }) => "another root".to_owned(),
        Some(RootName { kind, field: None }) => format!("a {kind}"),
        None => "nothing".to_owned(),
    }
}

fn chain_text(keeper: &KeeperRow) -> String {
    let names: Vec<&str> = keeper.chain.iter().map(|row| row.name.as_str()).collect();
    names.join(" > ")
}

/// What it is that is kept alive, in a few words.
fn spread(keeper: &KeeperRow) -> String {
    let Some(most) = keeper.mostly.first() else { return format!(": {}", keeper.name) };
    format!(" ({}), mostly {} objects of {}", keeper.name, Cell::Count(most.count), most.name)
}

fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}
