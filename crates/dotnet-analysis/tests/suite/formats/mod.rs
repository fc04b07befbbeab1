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

use dotnet_analysis::cpu::waits::{Doing, doing, tells_apart};
use dotnet_analysis::formats::{Activity, NATIVE, NO_STACK, Selection, WAITING};
use dotnet_analysis::profile::{Frame, FrameKind, NodeId, Profile, Samples, ThreadState};

/// Samples and nanoseconds.
pub(crate) type Weight = (u64, i64);

/// The stacks of a profile, outermost frame first, with what they weigh: worked out in the plainest way.
pub(crate) fn weights(profile: &Profile) -> BTreeMap<Vec<String>, Weight> {
    let mut weights: BTreeMap<Vec<String>, Weight> = BTreeMap::new();
    for samples in profile.threads.iter().flat_map(|thread| &thread.samples) {
        let weight = weights.entry(stack(profile, samples)).or_default();
        weight.0 += u64::from(samples.count);
        weight.1 += samples.duration_nanos;
    }
    weights
}

/// The frames of a sample, leaf first.
fn frames<'p>(profile: &'p Profile, samples: &Samples) -> Vec<&'p Frame> {
    let mut frames = Vec::new();
    let mut next = samples.stack;
    while let Some(NodeId(node)) = next {
        let node = profile.nodes[node as usize];
        frames.push(&profile.frames[node.frame.0 as usize]);
        next = node.caller;
    }
    frames
}

/// Whether the sampler's word means something.
fn sampler_tells_apart(profile: &Profile) -> bool {
    let mut counts = [0u64; 2];
    for samples in profile.threads.iter().flat_map(|thread| &thread.samples) {
        let frames = frames(profile, samples);
        if !frames.is_empty() && !matches!(doing(frames), Doing::Waiting(_)) {
            counts[usize::from(samples.state == ThreadState::External)] += u64::from(samples.count);
        }
    }
    tells_apart(counts[0], counts[0] + counts[1])
}

/// The frames of a sample as files have them, outermost first, with one for what the thread was doing.
pub(crate) fn stack(profile: &Profile, samples: &Samples) -> Vec<String> {
    let frames = frames(profile, samples);
    if frames.is_empty() {
        return vec![NO_STACK.to_owned()];
    }
    let name = |frame: &&Frame| match frame.module.as_str() {
        "" => frame.name.clone(),
        module => format!("{module}!{}", frame.name),
    };
    let mut stack: Vec<String> = frames.iter().rev().map(name).collect();
    let is_native = frames[0].kind == FrameKind::Native;
    match doing(frames).as_sampled(samples.state, sampler_tells_apart(profile)) {
        Doing::Waiting(_) => stack.push(WAITING.to_owned()),
        Doing::Native if !is_native => stack.push(NATIVE.to_owned()),
        _ => {}
    }
    stack
}

pub(crate) fn only(activity: Activity) -> Selection {
    Selection { only: vec![activity], ..Selection::default() }
}
