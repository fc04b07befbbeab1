//! The report's flame graphs.

use super::stack_tree::StackTree;
use super::totals::{Tally, Totals};
use crate::formats::{Activity, FlameGraph, Selection};
use crate::profile::{Profile, Samples, ThreadSamples};
use crate::report::document::{Part, Section};
use crate::symbols::Code;

/// The samples added up, as a profile whose samples have no order in time.
pub(super) fn profile(tallies: &[Tally], totals: &Totals, code: &Code) -> Profile {
    let mut tree = StackTree::new(code);
    let thread = |(thread_id, name): (u64, Option<&str>)| ThreadSamples {
        thread_id,
        name: name.map(str::to_owned),
        samples: Vec::new(),
    };
    let mut threads: Vec<ThreadSamples> = totals.threads().map(thread).collect();
    for tally in tallies {
        let samples = Samples {
            at_nanos: 0,
            duration_nanos: tally.nanos,
            count: u32::try_from(tally.samples).unwrap_or(u32::MAX),
            stack: tree.node(tally.stack),
            state: tally.state,
        };
        if let Some(thread) = threads.get_mut(tally.thread) {
            thread.samples.push(samples);
        }
    }
    Profile { frames: code.all_frames().to_vec(), nodes: tree.into_nodes(), threads, ..Profile::default() }
}

/// What ran, and everything. Where nothing ran there is nothing to be seen.
pub(super) fn sections(profile: &Profile) -> Vec<Section> {
    let graph = |selection: &Selection| FlameGraph::of(profile, selection, false);
    sections_of(["What threads ran", "Waiting threads too"], graph)
}

/// How both have changed between two profiles. Where one of them has no samples there is nothing to compare.
pub(crate) fn differences(before: &Profile, after: &Profile) -> Vec<Section> {
    let has_samples = |profile: &Profile| profile.threads.iter().any(|thread| !thread.samples.is_empty());
    if !has_samples(before) || !has_samples(after) {
        return Vec::new();
    }
    let graph = |selection: &Selection| FlameGraph::difference(before, after, selection, false);
    sections_of(["What threads ran: the difference", "Waiting threads too: the difference"], graph)
}

fn sections_of(titles: [&str; 2], graph: impl Fn(&Selection) -> FlameGraph) -> Vec<Section> {
    let busy = Selection { only: vec![Activity::Running, Activity::Native], ..Selection::default() };
    titles
        .into_iter()
        .zip([busy, Selection::default()])
        .filter_map(|(title, selection)| {
            let graph = graph(&selection);
            let mut svg = Vec::new();
            // Writing to memory cannot fail, and what is written is text.
            graph.write_in_page(&mut svg).ok().filter(|()| !graph.is_empty())?;
            let picture = Part::Picture(String::from_utf8(svg).ok()?);
            Some(Section { title: title.to_owned(), parts: vec![picture] })
        })
        .collect()
}
