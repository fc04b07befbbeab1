//! What every analysis is.

use dotnet_events::Source;
use nettrace::{Event, TraceInfo};

use crate::stacks::{SiteId, StackId, Stacks};

/// A state machine over events: it takes one at a time, keeps what it needs of it, and can tell at any time what it knows.
///
/// Events come in time order if the decoder was asked for that ([`nettrace::Decoder::in_time_order`]); a fold that needs it
/// says so.
pub trait Fold {
    /// An event.
    fn event(&mut self, event: &Event<'_>, context: &mut Context<'_>);

    /// The head of the trace: once, before all events.
    fn trace(&mut self, _trace: &TraceInfo) {}

    /// Whether it keeps stacks, or asks for names of code in the end. A fold that does not says so: what the runtime tells of
    /// its code is much, and is kept only if it is of use.
    fn uses_code(&self) -> bool {
        true
    }
}

/// What is known about an event beside itself.
#[derive(Debug)]
pub struct Context<'c> {
    /// The provider it is of; with the event's id it says what the event is.
    pub source: Source,
    pub(crate) stacks: &'c mut Stacks,
}

impl Context<'_> {
    /// The call stack of the event, kept for later.
    #[inline]
    pub fn stack(&mut self, event: &Event<'_>) -> StackId {
        self.stacks.keep(&event.stack)
    }

    /// The code at an address that the event carries otherwise than as its stack, kept for later; `None` for more than fits.
    pub fn code_at(&mut self, address: u64) -> Option<SiteId> {
        self.stacks.site(address)
    }
}
