//! Samples by methods.

use std::collections::BTreeMap;

use super::stacks::SampledStack;
use super::weight::Weight;
use crate::profile::{FrameId, FrameKind};
use crate::symbols::{Code, Compiled};

/// What is known of a method from samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodWeight {
    /// Which it is; `None` for all code without a name together.
    pub frame: Option<FrameId>,
    /// Samples in which it was on top.
    pub exclusive: Weight,
    /// Samples in which it was on the stack; once each, however often it was on it.
    pub inclusive: Weight,
    /// Of the exclusive samples in which it ran: how the code was compiled that ran.
    pub compiled: BTreeMap<Compiled, u64>,
}

impl MethodWeight {
    fn new(frame: Option<FrameId>) -> Self {
        Self { frame, exclusive: Weight::default(), inclusive: Weight::default(), compiled: BTreeMap::new() }
    }
}

/// The methods of some stacks, most exclusive samples first, then most inclusive ones.
#[must_use]
pub fn methods<'s>(stacks: impl IntoIterator<Item = &'s SampledStack>, code: &Code) -> Vec<MethodWeight> {
    let frames = code.all_frames();
    // One more at the end, for all code without a name.
    let nameless = frames.len();
    let place = |id: FrameId| match frames.get(id.0 as usize) {
        Some(frame) if frame.kind != FrameKind::Unknown => id.0 as usize,
        _ => nameless,
    };
    let ids = (0..).map(FrameId).take(nameless).map(Some).chain([None]);
    let mut methods: Vec<MethodWeight> = ids.map(MethodWeight::new).collect();
    // In which stack each was seen last.
    let mut seen = vec![0u32; methods.len()];
    for (number, stack) in (1u32..).zip(stacks) {
        let leaf = code.stacks().leaf_site(stack.stack);
        for (depth, id) in code.frame_ids(stack.stack).enumerate() {
            let place = place(id);
            let (Some(method), Some(seen)) = (methods.get_mut(place), seen.get_mut(place)) else { continue };
            if depth == 0 {
                method.exclusive.add(&stack.weight);
                let compiled = leaf.and_then(|(site, _)| code.compiled(site));
                if let Some(compiled) = compiled.filter(|_| stack.weight.running > 0) {
                    *method.compiled.entry(compiled).or_default() += stack.weight.running;
                }
            }
            if *seen != number {
                *seen = number;
                method.inclusive.add(&stack.weight);
            }
        }
    }
    methods.retain(|method| method.inclusive.samples > 0);
    methods.sort_by_key(|method| std::cmp::Reverse((method.exclusive.samples, method.inclusive.samples)));
    methods
}
