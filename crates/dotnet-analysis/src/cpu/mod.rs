//! Where time goes: samples, call trees, methods.
//!
//! The runtime's sampler stops all managed threads about a thousand times a second and notes the managed frames of each,
//! whether it runs or waits. So this is about time that passed, not about CPU time.
//!
//! | file | |
//! |---|---|
//! | `sampler` | samples as they come, equal ones in a row put together |
//! | [`Totals`] | samples added up by thread and stack |
//! | [`Timeline`] | samples over time, as a [`Profile`](crate::profile::Profile) |
//! | [`waits`] | what a thread waits for, by its top method |
//! | `stacks`, [`Weight`] | what threads were doing: running, waiting, in native code |
//! | [`methods`](fn@methods) | samples by methods |
//! | [`CallTree`] | who calls whom |
//! | `answer`, `document`, `picture` | the report |

mod answer;
mod document;
mod methods;
pub(crate) mod picture;
mod sampler;
mod stack_tree;
mod stacks;
mod timeline;
mod totals;
mod tree;
pub mod waits;
mod weight;

use nettrace::{Event, TraceInfo};

pub use self::answer::{CpuAnswer, Method, OfCompiled, OfThread, OfWait};
pub use self::methods::{MethodWeight, methods};
pub use self::stacks::{SampledStack, sampled_stacks};
pub use self::timeline::Timeline;
pub use self::totals::{Tally, Totals};
pub use self::tree::{CallNode, CallTree};
pub use self::weight::Weight;
use crate::fold::{Context, Fold};
use crate::report::needs::{Provider, RUNDOWN_OF_NAMES};
use crate::report::{Facts, Needs, Question};
use crate::symbols::Code;

/// Where does time go?
#[derive(Debug, Default)]
pub struct Cpu {
    totals: Totals,
}

impl Fold for Cpu {
    #[inline]
    fn event(&mut self, event: &Event<'_>, context: &mut Context<'_>) {
        self.totals.event(event, context);
    }

    fn trace(&mut self, trace: &TraceInfo) {
        self.totals.trace(trace);
    }
}

impl Question for Cpu {
    const NEEDS: Needs = Needs {
        providers: &[
            Provider {
                name: dotnet_events::providers::SAMPLE_PROFILER,
                keywords: 0,
                level: 4,
                arguments: &[],
            },
            // Code that is collected while the session lasts is not there at its end.
            Provider {
                name: dotnet_events::providers::RUNTIME,
                keywords: METHODS_AND_MODULES,
                level: 4,
                arguments: &[],
            },
        ],
        stacks: true,
        rundown: RUNDOWN_OF_NAMES,
    };
    // The samples of each thread are in order.
    const IN_TIME_ORDER: bool = false;
    type Answer = CpuAnswer;

    fn answer(&self, facts: &Facts, code: &Code) -> CpuAnswer {
        answer::of(&self.totals, facts, code)
    }
}

/// Keywords `Loader`, `Jit` and `NGen` of the runtime's provider (nettrace.md C.1).
const METHODS_AND_MODULES: u64 = 0x8 | 0x10 | 0x20;
