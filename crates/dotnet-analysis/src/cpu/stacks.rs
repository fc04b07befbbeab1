//! The stacks of samples, each once, with what their threads were doing.

use super::totals::Tally;
use super::waits::{Doing, doing, tells_apart};
use super::weight::Weight;
use crate::profile::ThreadState;
use crate::stacks::StackId;
use crate::symbols::Code;

/// Samples of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampledStack {
    /// The thread, as an index into [`Totals::threads`](super::Totals::threads).
    pub thread: usize,
    /// The stack.
    pub stack: StackId,
    /// What its threads were doing.
    pub doing: Doing,
    /// How often it was seen.
    pub weight: Weight,
}

/// What the samples of each thread and stack stand for.
///
/// A thread whose top method is one that waits is waiting; others are what the sampler says, where it tells them apart
/// ([`Doing::as_sampled`]). The second of the results is whether it does.
#[must_use]
pub fn sampled_stacks(tallies: &[Tally], code: &Code) -> (Vec<SampledStack>, bool) {
    let told: Vec<Doing> = tallies.iter().map(|tally| doing(code.frames(tally.stack))).collect();
    let not_waiting = || tallies.iter().zip(&told).filter(|(_, doing)| !matches!(doing, Doing::Waiting(_)));
    let samples: u64 = not_waiting().map(|(tally, _)| tally.samples).sum();
    let managed = not_waiting().filter(|(tally, _)| tally.state == ThreadState::Managed);
    let managed: u64 = managed.map(|(tally, _)| tally.samples).sum();
    let tells_apart = tells_apart(managed, samples);
    let stacks = tallies.iter().zip(told).map(|(tally, told)| {
        let doing = told.as_sampled(tally.state, tells_apart);
        let weight = Weight::of(tally, doing);
        SampledStack { thread: tally.thread, stack: tally.stack, doing, weight }
    });
    (stacks.collect(), tells_apart)
}
