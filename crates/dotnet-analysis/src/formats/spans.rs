//! A thread's stacks as frames that begin and end, for formats that show them over time.
//!
//! A frame lasts as long as samples that follow each other without a gap have it in the same place of their stacks. The last
//! sample of a thread has no time, so it is not there; neither is a thread that has but one.

use std::io;

use crate::formats::view::View;
use crate::profile::{FrameId, NodeId, ThreadSamples};

/// The beginning or the end of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) begins: bool,
    pub(crate) frame: FrameId,
    pub(crate) at_nanos: i64,
}

/// Calls `each` with what begins and ends on a thread: in time order, every end after its beginning, the inner before the
/// outer.
pub(crate) fn edges<'p>(
    view: &View<'p>,
    thread: &'p ThreadSamples,
    mut each: impl FnMut(Edge) -> io::Result<()>,
) -> io::Result<()> {
    // Outermost frame first.
    let mut open: Vec<(NodeId, FrameId)> = Vec::new();
    let mut next: Vec<(NodeId, FrameId)> = Vec::new();
    let mut now = i64::MIN;
    for run in view.runs(thread).filter(|run| run.duration_nanos > 0) {
        let is_gap = run.at_nanos > now;
        next.clear();
        next.extend(view.path(run.leaf));
        next.reverse();
        let common = open.iter().zip(&next).take_while(|(a, b)| a.0 == b.0).count();
        let kept = if is_gap { 0 } else { common };
        for (_, frame) in open.drain(kept..).rev() {
            each(Edge { begins: false, frame, at_nanos: now })?;
        }
        // Samples are in order; should they not be, what is written still is.
        now = now.max(run.at_nanos);
        for (node, frame) in next.drain(kept..) {
            each(Edge { begins: true, frame, at_nanos: now })?;
            open.push((node, frame));
        }
        now = now.max(run.end_nanos());
    }
    for (_, frame) in open.drain(..).rev() {
        each(Edge { begins: false, frame, at_nanos: now })?;
    }
    Ok(())
}
