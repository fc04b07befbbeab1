//! What is said of samples in the end.

use std::collections::BTreeMap;

use serde::Serialize;

use super::methods::{self, MethodWeight};
use super::stacks::{SampledStack, sampled_stacks};
use super::totals::Totals;
use super::tree::CallTree;
use super::waits::{Doing, Wait};
use super::weight::Weight;
use super::{document, picture};
use crate::profile::{Frame, FrameKind, Profile};
use crate::report::document::{Document, Section};
use crate::report::{Answer, Facts};
use crate::symbols::{Code, Compiled};

/// Nodes of the call tree that are kept: those with so small a part of the samples of busy threads are left out.
const LEAST_PART: u64 = 200;

/// Where time goes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CpuAnswer {
    /// Samples of all threads.
    pub samples: u64,
    /// Threads that were sampled.
    pub threads: u64,
    /// Samples that the sampler calls managed. Not every runtime can tell.
    pub managed_samples: u64,
    /// Samples that the sampler calls external: outside of managed code.
    pub external_samples: u64,
    /// Whether the sampler told threads that run from those outside of managed code.
    pub tells_apart: bool,
    /// What they all stand for.
    pub total: Weight,
    /// Methods, most exclusive samples first. Code without a name is one.
    pub methods: Vec<Method>,
    /// By thread, busiest first.
    pub by_thread: Vec<OfThread>,
    /// What threads waited for, longest first.
    pub waits: Vec<OfWait>,
    /// How the code was compiled that ran, most samples first.
    pub compiled: Vec<OfCompiled>,
    /// Samples of threads beyond a million, which are in none of these figures.
    pub left_out: u64,
    /// From the start of the trace to its last event.
    pub duration_ns: i64,
    #[serde(skip)]
    pub(super) hot_paths: Vec<PathNode>,
    #[serde(skip)]
    pub(super) profile: Profile,
}

/// A method.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Method {
    /// File name of its module without extension; empty when not known.
    pub module: String,
    /// `Namespace.Type.Method(signature)`; `?` for all code without a name.
    pub name: String,
    /// Samples with it on top.
    pub exclusive: u64,
    /// Samples with it on the stack.
    pub inclusive: u64,
    /// Of the exclusive samples: the thread ran managed code.
    pub exclusive_running: u64,
    /// Of the exclusive samples: the thread was in native code or in the runtime.
    pub exclusive_native: u64,
    /// Of the exclusive samples: the thread waited.
    pub exclusive_waiting: u64,
    /// Of the inclusive samples: the thread did not wait.
    pub inclusive_busy: u64,
    /// Time that the exclusive samples stand for, in nanoseconds.
    pub exclusive_ns: i64,
    /// The part of it in which threads did not wait.
    pub exclusive_busy_ns: i64,
    /// Time that the inclusive samples stand for, in nanoseconds.
    pub inclusive_ns: i64,
    /// How the code was compiled that ran, in exclusive samples.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub compiled: BTreeMap<Compiled, u64>,
}

/// Samples of a thread.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OfThread {
    /// The operating system's id.
    pub thread_id: u64,
    /// Its name, where it is known.
    pub name: Option<String>,
    /// What its samples stand for.
    #[serde(flatten)]
    pub weight: Weight,
    /// The method that was on top most often while it did not wait.
    pub busiest_method: Option<String>,
}

/// What threads waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OfWait {
    /// What for.
    #[serde(rename = "for")]
    pub wait: Wait,
    /// Samples.
    pub samples: u64,
    /// Threads that did.
    pub threads: u64,
    /// Time that the samples stand for, in nanoseconds.
    pub ns: i64,
}

/// Samples of code that was compiled in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OfCompiled {
    /// How.
    pub compiled: Compiled,
    /// Samples in which such code ran on top.
    pub samples: u64,
}

/// A node of the tree of what is called, with samples of threads that did not wait.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PathNode {
    pub(super) depth: usize,
    pub(super) name: String,
    pub(super) exclusive: u64,
    pub(super) inclusive: u64,
}

impl CpuAnswer {
    /// Its samples, added up, called by that name.
    pub(crate) fn into_profile(self, name: &str) -> Profile {
        Profile { name: name.to_owned(), ..self.profile }
    }
}

impl Answer for CpuAnswer {
    fn document(&self) -> Document {
        document::of(self)
    }

    fn pictures(&self) -> Vec<Section> {
        picture::sections(&self.profile)
    }
}

pub(super) fn of(totals: &Totals, facts: &Facts, code: &Code) -> CpuAnswer {
    let tallies = totals.tallies();
    let managed = tallies.iter().filter(|tally| tally.state == crate::profile::ThreadState::Managed);
    let managed_samples = managed.map(|tally| tally.samples).sum();
    let (stacks, tells_apart) = sampled_stacks(&tallies, code);
    let mut total = Weight::default();
    for stack in &stacks {
        total.add(&stack.weight);
    }
    let weights = methods::methods(&stacks, code);
    let mut compiled: BTreeMap<Compiled, u64> = BTreeMap::new();
    for (how, samples) in weights.iter().flat_map(|method| &method.compiled) {
        *compiled.entry(*how).or_default() += samples;
    }
    let mut compiled: Vec<_> =
        compiled.into_iter().map(|(compiled, samples)| OfCompiled { compiled, samples }).collect();
    compiled.sort_by_key(|of| std::cmp::Reverse(of.samples));
    CpuAnswer {
        samples: total.samples,
        threads: totals.threads().len() as u64,
        managed_samples,
        external_samples: total.samples - managed_samples,
        tells_apart,
        methods: weights.into_iter().map(|method| Method::new(method, code)).collect(),
        by_thread: threads(totals, &stacks, code),
        waits: waits(&stacks),
        compiled,
        left_out: totals.left_out(),
        duration_ns: facts.duration_ns,
        hot_paths: hot_paths(&stacks, total.busy(), code),
        profile: picture::profile(&tallies, totals, code),
        total,
    }
}

impl Method {
    fn new(method: MethodWeight, code: &Code) -> Self {
        let frame = method.frame.and_then(|id| code.frame(id));
        let (exclusive, inclusive) = (method.exclusive, method.inclusive);
        Self {
            module: frame.map_or_else(String::new, |frame| frame.module.clone()),
            name: frame.map_or_else(|| "?".to_owned(), |frame| frame.name.clone()),
            exclusive: exclusive.samples,
            inclusive: inclusive.samples,
            exclusive_running: exclusive.running,
            exclusive_native: exclusive.native,
            exclusive_waiting: exclusive.waiting,
            inclusive_busy: inclusive.busy(),
            exclusive_ns: exclusive.ns,
            exclusive_busy_ns: exclusive.busy_ns,
            inclusive_ns: inclusive.ns,
            compiled: method.compiled,
        }
    }
}

fn threads(totals: &Totals, stacks: &[SampledStack], code: &Code) -> Vec<OfThread> {
    let mut threads: Vec<OfThread> = totals
        .threads()
        .map(|(thread_id, name)| OfThread {
            thread_id,
            name: name.map(str::to_owned),
            weight: Weight::default(),
            busiest_method: None,
        })
        .collect();
    // Those of a thread lie together.
    for of_thread in stacks.chunk_by(|a, b| a.thread == b.thread) {
        let Some(thread) = of_thread.first().and_then(|stack| threads.get_mut(stack.thread)) else {
            continue;
        };
        let mut tops: BTreeMap<Option<u32>, u64> = BTreeMap::new();
        for stack in of_thread {
            thread.weight.add(&stack.weight);
            let top = code.frame_ids(stack.stack).next().map(|id| id.0);
            *tops.entry(top).or_default() += stack.weight.busy();
        }
        let busiest =
            tops.into_iter().filter(|(_, samples)| *samples > 0).max_by_key(|(_, samples)| *samples);
        let frame = busiest.and_then(|(top, _)| code.frame(crate::profile::FrameId(top?)));
        thread.busiest_method = frame.map(shown);
    }
    threads.sort_by_key(|thread| std::cmp::Reverse((thread.weight.busy(), thread.weight.samples)));
    threads
}

fn waits(stacks: &[SampledStack]) -> Vec<OfWait> {
    let mut waits: BTreeMap<Wait, (Weight, Vec<usize>)> = BTreeMap::new();
    for stack in stacks {
        if let Doing::Waiting(wait) = stack.doing {
            let (weight, threads) = waits.entry(wait).or_default();
            weight.add(&stack.weight);
            threads.push(stack.thread);
        }
    }
    let mut waits: Vec<OfWait> = waits
        .into_iter()
        .map(|(wait, (weight, mut threads))| {
            threads.sort_unstable();
            threads.dedup();
            OfWait { wait, samples: weight.samples, threads: threads.len() as u64, ns: weight.ns }
        })
        .collect();
    waits.sort_by_key(|wait| std::cmp::Reverse(wait.ns));
    waits
}

fn hot_paths(stacks: &[SampledStack], busy: u64, code: &Code) -> Vec<PathNode> {
    let is_busy = |stack: &&SampledStack| stack.weight.busy() > 0;
    let tree = CallTree::top_down(stacks.iter().filter(is_busy), code);
    let nodes = tree.in_reading_order(busy.div_ceil(LEAST_PART), Weight::busy);
    let path = |(depth, node): &(usize, &super::tree::CallNode)| PathNode {
        depth: *depth,
        name: code.frame(node.frame).map_or_else(String::new, shown),
        exclusive: node.exclusive.busy(),
        inclusive: node.inclusive.busy(),
    };
    nodes.iter().map(path).collect()
}

/// The name of a frame for people, without its module.
fn shown(frame: &Frame) -> String {
    match frame.kind {
        FrameKind::Unknown => format!("code without a name at {}", frame.name),
        _ => frame.name.clone(),
    }
}
