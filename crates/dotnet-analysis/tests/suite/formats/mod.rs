//! Profiles in the formats of other tools are what these tools' own definitions say, and weigh what the profile weighs.

mod chrome;
mod csv;
mod firefox;
mod flame;
mod folded;
mod pprof;
mod schema;
mod spans;
mod speedscope;

use std::collections::BTreeMap;

use dotnet_analysis::formats::{NO_STACK, Selection, WAITING};
use dotnet_analysis::profile::{FrameKind, NodeId, Profile, Samples, ThreadState};

/// Samples and nanoseconds.
pub(crate) type Weight = (u64, i64);

/// The stacks of a profile, outermost frame first, with what they weigh: worked out in the plainest way.
pub(crate) fn weights(profile: &Profile, selection: &Selection) -> BTreeMap<Vec<String>, Weight> {
    let mut weights: BTreeMap<Vec<String>, Weight> = BTreeMap::new();
    for thread in &profile.threads {
        if !selection.threads.is_empty() && !selection.threads.contains(&thread.thread_id) {
            continue;
        }
        for samples in &thread.samples {
            if selection.only.is_none_or(|only| only == samples.state) {
                let weight = weights.entry(stack(profile, samples)).or_default();
                weight.0 += u64::from(samples.count);
                weight.1 += samples.duration_nanos;
            }
        }
    }
    weights
}

pub(crate) fn stack(profile: &Profile, samples: &Samples) -> Vec<String> {
    let mut stack = Vec::new();
    let mut native = false;
    let mut next = samples.stack;
    while let Some(NodeId(node)) = next {
        let node = profile.nodes[node as usize];
        let frame = &profile.frames[node.frame.0 as usize];
        native |= stack.is_empty() && frame.kind == FrameKind::Native;
        stack.push(match frame.module.as_str() {
            "" => frame.name.clone(),
            module => format!("{module}!{}", frame.name),
        });
        next = node.caller;
    }
    stack.reverse();
    match samples.state {
        ThreadState::External if !native => stack.push(WAITING.to_owned()),
        ThreadState::Managed if stack.is_empty() => stack.push(NO_STACK.to_owned()),
        _ => {}
    }
    stack
}

pub(crate) fn only(state: ThreadState) -> Selection {
    Selection { only: Some(state), ..Selection::default() }
}
