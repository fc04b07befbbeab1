//! Calls that became part of their callers, tail calls, and why others did not become such.

use dotnet_events::EventError;
use dotnet_events::runtime::methods::{
    MethodJitInliningFailed, MethodJitInliningFailedAnsi, MethodJitInliningSucceeded,
    MethodJitTailCallFailed, MethodJitTailCallFailedAnsi, MethodJitTailCallSucceeded,
};
use nettrace::Event;

use crate::bounded::Bounded;

/// Reasons told apart.
const MAX_REASONS: usize = 512;

/// What became of calls.
#[derive(Debug)]
pub(super) struct Inlining {
    pub(super) inlined: Outcomes,
    pub(super) tail_calls: Outcomes,
}

/// Successes and failures.
#[derive(Debug)]
pub(super) struct Outcomes {
    pub(super) succeeded: u64,
    pub(super) failed: u64,
    pub(super) reasons: Bounded<String, u64>,
}

impl Default for Inlining {
    fn default() -> Self {
        let none = || Outcomes { succeeded: 0, failed: 0, reasons: Bounded::new(MAX_REASONS) };
        Self { inlined: none(), tail_calls: none() }
    }
}

impl Outcomes {
    fn failed(&mut self, reason: &impl ToString) {
        self.failed += 1;
        if let Some(count) = self.reasons.entry(reason.to_string(), || 0) {
            *count += 1;
        }
    }
}

impl Inlining {
    pub(super) fn take(&mut self, event: &Event<'_>) -> Result<(), EventError> {
        match event.metadata.event_id {
            MethodJitInliningSucceeded::ID => self.inlined.succeeded += 1,
            MethodJitInliningFailed::ID => {
                self.inlined.failed(&MethodJitInliningFailed::decode(event)?.FailReason);
            }
            MethodJitInliningFailedAnsi::ID => {
                self.inlined.failed(&MethodJitInliningFailedAnsi::decode(event)?.FailReason);
            }
            MethodJitTailCallSucceeded::ID => self.tail_calls.succeeded += 1,
            MethodJitTailCallFailed::ID => {
                self.tail_calls.failed(&MethodJitTailCallFailed::decode(event)?.FailReason);
            }
            MethodJitTailCallFailedAnsi::ID => {
                self.tail_calls.failed(&MethodJitTailCallFailedAnsi::decode(event)?.FailReason);
            }
            _ => {}
        }
        Ok(())
    }
}
