//! The stacks of samples, each once, with what their threads were doing.

use super::totals::Tally;
use super::waits::{Doing, doing};
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

/// Of how many samples at least one must be called managed, for the sampler's word to mean something: the .NET 9 runtime calls
/// threads external whether they run or not, but for a few when it starts (measured).
const LEAST_MANAGED: u64 = 100;

/// What the samples of each thread and stack stand for.
///
/// A thread whose top method is one that waits is waiting. Others run if the sampler says that they are in managed code, or if
/// it says so of no thread; else they are in native code. The second of the results is whether the sampler tells them apart.
#[must_use]
pub fn sampled_stacks(tallies: &[Tally], code: &Code) -> (Vec<SampledStack>, bool) {
    let told: Vec<Doing> = tallies.iter().map(|tally| doing(code.frames(tally.stack))).collect();
    let not_waiting = || tallies.iter().zip(&told).filter(|(_, doing)| !matches!(doing, Doing::Waiting(_)));
    let samples: u64 = not_waiting().map(|(tally, _)| tally.samples).sum();
    let managed = not_waiting().filter(|(tally, _)| tally.state == ThreadState::Managed);
    let managed: u64 = managed.map(|(tally, _)| tally.samples).sum();
    let tells_apart = managed >= samples.div_ceil(LEAST_MANAGED).max(1);
    let stacks = tallies.iter().zip(told).map(|(tally, told)| {
        let doing = match (told, tally.state) {
            (Doing::Running, ThreadState::External) if tells_apart => Doing::Native,
            (Doing::Native, ThreadState::Managed) => Doing::Running,
            _ => told,
        };
        let weight = Weight::of(tally, doing);
        SampledStack { thread: tally.thread, stack: tally.stack, doing, weight }
    });
    (stacks.collect(), tells_apart)
}
