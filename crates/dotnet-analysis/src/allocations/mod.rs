//! What is allocated: by type, and by the code that does it.
//!
//! No runtime tells of every allocation; what it tells of are samples, by bytes:
//!
//! | events | |
//! |---|---|
//! | allocation ticks, all versions | one when about 100 KB were allocated since the last, with the amount and the type of the object that was allocated just then |
//! | sampled allocations, .NET 10 | every byte with a chance of 1 in 102,400, with the object it is of |
//! | sampled objects | one for some of the objects of a type, with how many there were since the last and their size |
//!
//! | file | |
//! |---|---|
//! | `estimate` | from samples to bytes and objects, and how far off they may be |
//! | `fold` | events to sums |
//! | [`answer`] | the report as JSON |
//! | `compose` | from what the fold knows to the answer |
//! | `callers` | sums by method |
//! | `document` | the report for people |

pub mod answer;
mod callers;
mod compose;
mod document;
mod estimate;
mod fold;

use dotnet_events::providers;

pub use self::answer::AllocationsReport;
pub use self::fold::Allocations;
use crate::gc::GC_KEYWORD;
use crate::report::needs::{self, Needs, Provider};
use crate::report::{Answer, Document, Facts, Question};
use crate::symbols::Code;

/// The keyword of sampled allocations.
const SAMPLING_KEYWORD: u64 = 0x800_0000_0000;

/// The first version of the runtime that has them.
const SAMPLING_SINCE: u32 = 10;

const INFORMATIONAL: u8 = 4;
const VERBOSE: u8 = 5;

/// Samples without the rest of what the collector tells at level verbose.
const SAMPLES: Needs = Needs {
    providers: &[Provider {
        name: providers::RUNTIME,
        keywords: SAMPLING_KEYWORD,
        level: INFORMATIONAL,
        arguments: &[],
    }],
    stacks: true,
    rundown: needs::RUNDOWN_OF_NAMES,
};

impl Question for Allocations {
    const NEEDS: Needs = Needs {
        providers: &[Provider {
            name: providers::RUNTIME,
            keywords: GC_KEYWORD,
            level: VERBOSE,
            arguments: &[],
        }],
        stacks: true,
        rundown: needs::RUNDOWN_OF_NAMES,
    };
    const IN_TIME_ORDER: bool = false;
    type Answer = AllocationsReport;

    fn needs(&self, runtime: Option<&str>) -> Needs {
        let major =
            runtime.and_then(|version| version.split('.').next()).and_then(|major| major.parse().ok());
        if major.is_some_and(|major: u32| major >= SAMPLING_SINCE) { SAMPLES } else { Self::NEEDS }
    }

    fn answer(&self, facts: &Facts, code: &Code) -> AllocationsReport {
        AllocationsReport::new(self, facts, code)
    }
}

impl Answer for AllocationsReport {
    fn document(&self) -> Document {
        document::of(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheapest_events_that_a_runtime_has_are_asked_for() {
        let allocations = Allocations::default();
        for (version, keywords, level) in [
            (None, GC_KEYWORD, VERBOSE),
            (Some("3.1.23"), GC_KEYWORD, VERBOSE),
            (Some("9.0.5"), GC_KEYWORD, VERBOSE),
            (Some("10.0.9"), SAMPLING_KEYWORD, INFORMATIONAL),
            (Some("11.0.0-preview.1"), SAMPLING_KEYWORD, INFORMATIONAL),
        ] {
            let needs = allocations.needs(version);
            let [provider] = needs.providers else { panic!("{needs:?}") };
            assert_eq!((provider.keywords, provider.level), (keywords, level), "{version:?}");
        }
    }
}
