//! Names for addresses.

use crate::profile::{Frame, FrameKind};
use crate::stacks::{StackId, Stacks};

/// The stacks of a trace, and what the code at their addresses is called. There is one when all events have been read: names
/// come last.
#[derive(Debug, Default)]
pub struct Code {
    stacks: Stacks,
}

impl Code {
    pub(crate) fn new(stacks: Stacks) -> Self {
        Self { stacks }
    }

    /// The stacks.
    #[must_use]
    pub fn stacks(&self) -> &Stacks {
        &self.stacks
    }

    /// The code at that address.
    #[must_use]
    pub fn frame(&self, address: u64) -> Frame {
        Frame { module: String::new(), name: format!("{address:#x}"), kind: FrameKind::Unknown }
    }

    /// The frames of a stack, leaf first.
    pub fn frames(&self, stack: StackId) -> impl Iterator<Item = Frame> + '_ {
        self.stacks.addresses(stack).map(|address| self.frame(address))
    }
}
