//! What has changed between two traces.
//!
//! Traces are seldom equally long: what adds up over time is compared by what there was a second, sizes and means as they are.
//! Only what both traces can tell is compared as such; what is in one of them alone is said to be.
//!
//! | file | |
//! |---|---|
//! | `side` | the figures of one trace |
//! | `subjects` | which figures each report gives |
//! | `change` | one figure, before and after |
//! | `answer`, `document` | the report |

mod answer;
mod change;
mod document;
mod side;
mod subjects;

use std::sync::Arc;

pub use self::answer::{DiffAnswer, SubjectChanges, Thing, Things};
pub use self::change::{Change, Per};
pub use self::side::Side;
use crate::report::{Facts, Question as _};
use crate::symbols::Code;
use crate::{Analysis, allocations, contention, cpu, exceptions, gc, jit, requests};

/// The folds whose answers are compared.
#[derive(Debug, Default)]
pub struct Compared {
    samples: cpu::Cpu,
    requests: requests::Requests,
    methods: jit::Jit,
    collections: gc::Collections,
    allocations: allocations::Allocations,
    exceptions: exceptions::Exceptions,
    contention: contention::Contention,
}

impl Compared {
    /// An analysis that shows events to all of them. They have to come in time order.
    pub fn analysis(&mut self) -> Analysis<'_> {
        Analysis::new()
            .with(&mut self.samples)
            .with(&mut self.requests)
            .with(&mut self.methods)
            .with(&mut self.collections)
            .with(&mut self.allocations)
            .with(&mut self.exceptions)
            .with(&mut self.contention)
    }

    /// The figures of the trace that was read.
    #[must_use]
    pub fn side(&self, name: &str, facts: &Facts, code: &Code) -> Side {
        let mut side = Side::new(name, facts.clone());
        // In the order in which a summary names what grew most.
        let samples = self.samples.answer(facts, code);
        subjects::samples(&samples, &mut side);
        side.profile = Arc::new(samples.into_profile(name));
        subjects::requests(&self.requests.answer(facts, code), &mut side);
        subjects::collections(&self.collections.answer(facts, code), &mut side);
        subjects::allocations(&self.allocations.answer(facts, code), &mut side);
        subjects::contention(&self.contention.answer(facts, code), &mut side);
        subjects::exceptions(&self.exceptions.answer(facts, code), &mut side);
        subjects::methods(&self.methods.answer(facts, code), &mut side);
        side
    }
}
