//! Garbage collections: what ran, why, how long the program stood still for it, and what was left.
//!
//! | file | |
//! |---|---|
//! | `suspensions` | when all managed threads stand still |
//! | `collection` | what is known of one collection |
//! | `heap` | the heap before and after, fragmentation, what was allocated between |
//! | `fold` | from events to collections |
//! | `totals` | sums, by generation and reason; percentiles |
//! | `causes` | the collector's words for what it did and why |
//! | [`answer`] | the report as JSON |
//! | `compose` | from what the fold knows to the answer |
//! | `notes` | what to know about the figures |
//! | `findings` | what is worst, in words |
//! | `document`, `charts` | the report for people |

pub mod answer;
mod causes;
mod charts;
mod collection;
mod compose;
mod document;
mod findings;
mod fold;
mod heap;
mod notes;
mod suspensions;
mod totals;

use dotnet_events::providers;

pub use self::answer::GcReport;
pub use self::fold::Collections;
use crate::report::needs::{Needs, Provider};
use crate::report::{Answer, Document, Facts, Question};
use crate::symbols::Code;

/// The keyword of the collector's events.
pub(crate) const GC_KEYWORD: u64 = 0x1;

const INFORMATIONAL: u8 = 4;

impl Question for Collections {
    const NEEDS: Needs = Needs {
        providers: &[Provider {
            name: providers::RUNTIME,
            keywords: GC_KEYWORD,
            level: INFORMATIONAL,
            arguments: &[],
        }],
        stacks: false,
        rundown: 0,
    };
    type Answer = GcReport;

    fn answer(&self, facts: &Facts, code: &Code) -> GcReport {
        GcReport::new(self, facts, code)
    }
}

impl Answer for GcReport {
    fn document(&self) -> Document {
        document::of(self)
    }
}
