//! Frames that begin and end: what formats over time have in common.

use std::collections::BTreeMap;

use dotnet_analysis::profile::{Profile, ThreadSamples};

use super::stack;

/// The beginning or the end of a frame.
#[derive(Debug, Clone)]
pub(crate) struct Edge {
    pub(crate) begins: bool,
    /// What a beginning is called; an end may leave it out.
    pub(crate) name: Option<String>,
    pub(crate) at_nanos: i64,
}

/// How long each stack was the one that ran; fails unless everything ends that begins, in order.
#[track_caller]
pub(crate) fn times(edges: &[Edge]) -> BTreeMap<Vec<String>, i64> {
    let mut times: BTreeMap<Vec<String>, i64> = BTreeMap::new();
    let mut open: Vec<String> = Vec::new();
    let mut now = i64::MIN;
    for edge in edges {
        assert!(edge.at_nanos >= now, "time goes back: {edges:?}");
        if !open.is_empty() && edge.at_nanos > now {
            *times.entry(open.clone()).or_default() += edge.at_nanos - now;
        }
        now = edge.at_nanos;
        if edge.begins {
            open.push(edge.name.clone().unwrap());
        } else {
            let ended = open.pop().expect("what ends has begun");
            assert!(edge.name.as_ref().is_none_or(|name| *name == ended), "{ended} is inside of {edge:?}");
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    times
}

/// How long each stack was sampled on a thread.
pub(crate) fn expected_times(profile: &Profile, thread: &ThreadSamples) -> BTreeMap<Vec<String>, i64> {
    let mut times: BTreeMap<Vec<String>, i64> = BTreeMap::new();
    for samples in thread.samples.iter().filter(|samples| samples.duration_nanos > 0) {
        *times.entry(stack(profile, samples)).or_default() += samples.duration_nanos;
    }
    times
}
