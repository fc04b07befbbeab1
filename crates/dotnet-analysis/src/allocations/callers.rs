//! Sums by method.

use std::collections::{HashMap, HashSet};

use super::answer::{MethodReport, SiteReport};
use super::estimate::{Estimate, whole};
use super::fold::{Allocations, Samples, Site};
use crate::profile::FrameId;
use crate::stacks::StackId;
use crate::symbols::Code;
use crate::texts::TextId;

/// Methods that are listed.
const MAX_METHODS: usize = 500;

/// Call stacks that are listed.
const MAX_SITES: usize = 100;

/// Frames of a listed stack.
const MAX_FRAMES: usize = 100;

#[derive(Debug, Default)]
struct Method {
    exclusive: f64,
    inclusive: f64,
    /// Own bytes by type.
    types: HashMap<TextId, f64>,
}

/// Methods, most own bytes first.
pub(super) fn methods(allocations: &Allocations, samples: &Samples, code: &Code) -> Vec<MethodReport> {
    let mut methods: HashMap<FrameId, Method> = HashMap::new();
    let mut seen = HashSet::new();
    for (site, sum) in samples.sites.iter().filter(|(site, _)| site.stack != StackId::EMPTY) {
        seen.clear();
        for (depth, frame) in code.frame_ids(site.stack).enumerate() {
            let method = methods.entry(frame).or_default();
            if depth == 0 {
                method.exclusive += sum.bytes;
                *method.types.entry(site.type_name).or_default() += sum.bytes;
            }
            // One that calls itself counts once.
            if seen.insert(frame) {
                method.inclusive += sum.bytes;
            }
        }
    }
    let mut reports: Vec<_> = methods
        .into_iter()
        .filter_map(|(frame, method)| {
            let frame = code.frame(frame)?;
            let top = method.types.iter().max_by(|a, b| a.1.total_cmp(b.1).then_with(|| b.0.cmp(a.0)));
            Some(MethodReport {
                module: frame.module.clone(),
                name: frame.name.clone(),
                exclusive_bytes: whole(method.exclusive),
                inclusive_bytes: whole(method.inclusive),
                top_type: top.map(|(name, _)| allocations.types.get(*name).to_owned()),
            })
        })
        .collect();
    reports.sort_by(|a, b| {
        (b.exclusive_bytes, b.inclusive_bytes, &a.name).cmp(&(a.exclusive_bytes, a.inclusive_bytes, &b.name))
    });
    reports.truncate(MAX_METHODS);
    reports
}

/// Types with the call stacks that allocate most of them.
pub(super) fn sites(allocations: &Allocations, samples: &Samples, code: &Code) -> Vec<SiteReport> {
    let mut sites: Vec<(&Site, &Estimate)> =
        samples.sites.iter().filter(|(site, _)| site.stack != StackId::EMPTY).collect();
    sites.sort_by(|a, b| b.1.bytes.total_cmp(&a.1.bytes).then_with(|| a.0.cmp(b.0)));
    let report = |(site, sum): &(&Site, &Estimate)| SiteReport {
        type_name: allocations.types.get(site.type_name).to_owned(),
        samples: sum.samples,
        bytes: sum.whole_bytes(),
        stack: code.frames(site.stack).take(MAX_FRAMES).map(|frame| frame.name.clone()).collect(),
    };
    sites.iter().take(MAX_SITES).map(report).collect()
}
