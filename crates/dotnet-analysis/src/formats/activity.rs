//! What threads were doing, sample by sample: as [`crate::cpu`] has it.

use crate::cpu::waits::{Doing, doing, tells_apart};
use crate::profile::{NodeId, Profile, ThreadState};

/// What a thread was doing, as far as its stack and the sampler tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Activity {
    /// It ran managed code.
    Running,
    /// It was in native code or in the runtime, and ran there or waited.
    Native,
    /// It waited.
    Waiting,
}

impl Activity {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Running, Self::Native, Self::Waiting];

    /// What files call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Native => "native",
            Self::Waiting => "waiting",
        }
    }
}

/// By nodes: what samples that end there were doing, those that the sampler calls managed and those that it calls external.
/// `None` where there are no such samples.
pub(crate) fn activities(profile: &Profile) -> Vec<[Option<Activity>; 2]> {
    let mut counts = vec![[0u64; 2]; profile.nodes.len()];
    for samples in profile.threads.iter().flat_map(|thread| &thread.samples) {
        let stack = samples.stack.and_then(|stack| counts.get_mut(stack.0 as usize));
        if let Some([managed, external]) = stack {
            *(if samples.state == ThreadState::Managed { managed } else { external }) +=
                u64::from(samples.count);
        }
    }
    let told: Vec<Option<Doing>> = counts
        .iter()
        .zip(0u32..)
        .map(|(counts, node)| (*counts != [0, 0]).then(|| of_stack(profile, NodeId(node))))
        .collect();
    let not_waiting = counts.iter().zip(&told).filter(|(_, doing)| !matches!(doing, Some(Doing::Waiting(_))));
    let [managed, external] =
        not_waiting.fold([0u64; 2], |[managed, external], ([a, b], _)| [managed + a, external + b]);
    let tells_apart = tells_apart(managed, managed + external);
    counts
        .into_iter()
        .zip(told)
        .map(|(counts, told)| {
            let mut states = [ThreadState::Managed, ThreadState::External].into_iter();
            counts.map(|count| {
                let state = states.next()?;
                let doing = told.filter(|_| count > 0)?.as_sampled(state, tells_apart);
                Some(match doing {
                    Doing::Running => Activity::Running,
                    Doing::Native => Activity::Native,
                    Doing::Waiting(_) => Activity::Waiting,
                })
            })
        })
        .collect()
}

fn of_stack(profile: &Profile, leaf: NodeId) -> Doing {
    let mut next = Some(leaf);
    doing(std::iter::from_fn(|| {
        let id = next?;
        let node = profile.nodes.get(id.0 as usize)?;
        // A caller that does not come before would make a circle.
        next = node.caller.filter(|caller| *caller < id);
        profile.frames.get(node.frame.0 as usize)
    }))
}
