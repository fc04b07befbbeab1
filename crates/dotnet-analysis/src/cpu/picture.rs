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
    let busy = Selection { only: vec![Activity::Running, Activity::Native], ..Selection::default() };
    [("What threads ran", busy), ("Waiting threads too", Selection::default())]
        .into_iter()
        .filter_map(|(title, selection)| {
            let graph = FlameGraph::of(profile, &selection, false);
            let mut svg = Vec::new();
            // Writing to memory cannot fail, and what is written is text.
            graph.write_in_page(&mut svg).ok().filter(|()| !graph.is_empty())?;
            let picture = Part::Picture(String::from_utf8(svg).ok()?);
            Some(Section { title: title.to_owned(), parts: vec![picture] })
        })
        .collect()
}
