//! What is said of activities in the end.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde::Serialize;

use super::{Activities, ActivityPath, NodeId};
use crate::distribution::Durations;
use crate::report::document::{Cell, Document, Part, Section, Table, Tree, TreeNode};
use crate::report::words::{counted, nanos, share};
use crate::report::{Answer, Facts};

/// Rows shown: of the tree, and of the slowest.
const MAX_SHOWN: usize = 40;
const MAX_ROWS: usize = 10;

/// Activities. All durations are in nanoseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ActivitiesAnswer {
    /// Begun.
    pub started: u64,
    /// Begun and ended.
    pub ended: u64,
    /// Begun, and not ended when the trace did.
    pub under_way: u64,
    /// Ended, but begun before the trace, or their begin was lost.
    pub without_start: u64,
    /// Begun without an id, so that nothing more is known of them.
    pub without_id: u64,
    /// Forgotten, since too many were under way at a time.
    pub dropped: u64,
    /// Not told apart, since there were too many names or places.
    pub not_told_apart: u64,
    /// From the start of the trace to its last event.
    pub duration_ns: i64,
    /// The tree: each before those inside of it, those with the most time in all first.
    pub tree: Vec<ActivityNode>,
    /// The slowest, slowest first.
    pub slowest: Vec<SlowActivity>,
}

/// Activities of one name inside of the same ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ActivityNode {
    /// How deep in the tree; 0 for those inside of none.
    pub depth: usize,
    /// The source and its name, such as `System.Net.Http/Request`.
    pub name: String,
    /// Begun.
    pub started: u64,
    /// From begin to end, of those that ended.
    pub durations: Durations,
    /// What the activities directly inside leave of it, at least 0.
    pub self_ns: u64,
}

/// An activity that took long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SlowActivity {
    /// From the start of the trace.
    pub start_ns: i64,
    /// How long it took.
    pub duration_ns: i64,
    /// The names of those it is inside of, outermost first, then its own.
    pub names: Vec<String>,
    /// Its id: the place it spells, such as `//1/5/2`, or a GUID.
    pub id: String,
}

pub(super) fn of(activities: &Activities, facts: &Facts) -> ActivitiesAnswer {
    let nodes = &activities.nodes;
    let mut inside: HashMap<Option<NodeId>, Vec<NodeId>> = HashMap::new();
    for (id, node) in nodes.iter().enumerate() {
        inside.entry(node.parent).or_default().push(id);
    }
    let summaries: Vec<Durations> = nodes.iter().map(|node| node.durations.summary()).collect();
    let total = |id: &NodeId| summaries.get(*id).map_or(0, |durations| durations.total_ns);
    // The most first; a stack has what comes next on top.
    for list in inside.values_mut() {
        list.sort_by_key(|id| (total(id), Reverse(*id)));
    }
    let mut tree = Vec::new();
    let mut rest = inside.remove(&None).unwrap_or_default();
    while let Some(id) = rest.pop() {
        let (Some(node), Some(durations)) = (nodes.get(id), summaries.get(id)) else { continue };
        tree.push(ActivityNode {
            depth: node.depth,
            name: name_of(activities, id),
            started: node.started,
            durations: *durations,
            self_ns: durations.total_ns.saturating_sub(node.inner_nanos),
        });
        rest.extend(inside.remove(&Some(id)).unwrap_or_default());
    }
    let slowest = activities.slowest.iter().map(|(nanos, (activity, node, start))| SlowActivity {
        start_ns: *start,
        duration_ns: nanos,
        names: names_to(activities, *node),
        id: ActivityPath::of(*activity, activities.process_id)
            .map_or_else(|| activity.to_string(), |path| path.to_string()),
    });
    ActivitiesAnswer {
        started: nodes.iter().map(|node| node.started).sum(),
        ended: summaries.iter().map(|durations| durations.count).sum(),
        under_way: activities.open.len() as u64,
        without_start: activities.without_start,
        without_id: activities.without_id,
        dropped: activities.open.dropped(),
        not_told_apart: activities.not_told_apart,
        duration_ns: facts.duration_ns,
        tree,
        slowest: slowest.collect(),
    }
}

fn name_of(activities: &Activities, id: NodeId) -> String {
    let node = activities.nodes.get(id);
    node.and_then(|node| activities.names.get(node.name)).cloned().unwrap_or_default()
}

fn names_to(activities: &Activities, id: NodeId) -> Vec<String> {
    let parent = |id: &NodeId| activities.nodes.get(*id).and_then(|node| node.parent);
    let mut names: Vec<_> =
        std::iter::successors(Some(id), parent).map(|id| name_of(activities, id)).collect();
    names.reverse();
    names
}

impl Answer for ActivitiesAnswer {
    fn document(&self) -> Document {
        let mut sections = Vec::new();
        if !self.tree.is_empty() {
            sections.push(tree(self));
            sections.push(slowest(self));
        }
        Document { title: "Activities".to_owned(), summary: summary(self), notes: notes(self), sections }
    }
}

fn summary(answer: &ActivitiesAnswer) -> String {
    let roots = || answer.tree.iter().filter(|node| node.depth == 0);
    let Some(most) = roots().next() else { return "No activity began.".to_owned() };
    let total: u64 = roots().map(|node| node.durations.total_ns).sum();
    let own = answer.tree.iter().max_by_key(|node| node.self_ns);
    let own = own.filter(|own| own.self_ns > 0).map(|own| {
        format!(" Most of it, outside of what is inside, went to {}: {}.", own.name, nanos(own.self_ns))
    });
    format!(
        "{} in {}. Of the time, {} went to {}, the longest of which took {}.{}",
        if answer.started == 1 {
            "1 activity".to_owned()
        } else {
            format!("{} activities", Cell::Count(answer.started))
        },
        Cell::Nanos(answer.duration_ns),
        share(most.durations.total_ns, total),
        most.name,
        nanos(most.durations.max_ns),
        own.unwrap_or_default(),
    )
}

fn notes(answer: &ActivitiesAnswer) -> Vec<String> {
    let mut notes = Vec::new();
    let mut note = |number: u64, text: &str| {
        if number > 0 {
            notes.push(format!("{text}: {}.", Cell::Count(number)));
        }
    };
    note(answer.under_way, "Under way when the trace ended, and in no duration");
    note(answer.without_start, "Begun before the trace, or the begin was lost, so not in any figure");
    note(
        answer.without_id,
        "Begun without an id, so not in any figure; ids take System.Threading.Tasks.TplEventSource:80:4 in the session",
    );
    note(answer.dropped, "Forgotten, since too many were under way at a time");
    note(answer.not_told_apart, "Not told apart, since there were too many names or places");
    notes
}

fn tree(answer: &ActivitiesAnswer) -> Section {
    let nodes = answer.tree.iter().take(MAX_SHOWN).map(|node| TreeNode {
        depth: node.depth,
        name: node.name.clone(),
        cells: vec![
            Cell::Count(node.started),
            nanos(node.durations.total_ns),
            nanos(node.self_ns),
            nanos(node.durations.mean_ns),
            nanos(node.durations.p90_ns),
            nanos(node.durations.max_ns),
        ],
    });
    let columns = ["Count", "Total", "Self", "Mean", "p90", "Longest"].map(str::to_owned).to_vec();
    let mut parts = vec![Part::Tree(Tree { columns, nodes: nodes.collect() })];
    if answer.tree.len() > MAX_SHOWN {
        parts.push(Part::Text(format!(
            "... and {}.",
            counted((answer.tree.len() - MAX_SHOWN) as u64, "more place")
        )));
    }
    Section { title: "What began inside of what".to_owned(), parts }
}

fn slowest(answer: &ActivitiesAnswer) -> Section {
    let rows = answer.slowest.iter().take(MAX_ROWS).map(|slow| {
        vec![
            Cell::Nanos(slow.start_ns),
            Cell::Nanos(slow.duration_ns),
            Cell::Text(slow.id.clone()),
            Cell::Text(slow.names.join(" > ")),
        ]
    });
    let columns = ["At", "Duration", "Id", "Activity"].map(str::to_owned).to_vec();
    let rows: Vec<_> = rows.collect();
    let left_out = answer.slowest.len().saturating_sub(rows.len()) as u64;
    Section { title: "Slowest".to_owned(), parts: vec![Part::Table(Table { columns, rows, left_out })] }
}
