//! Call stacks of addresses, each kept once.
//!
//! They make a tree: a stack is its leaf's address and the stack of the caller. So two stacks with the same callers share
//! them, and a call tree is there already.

use std::collections::HashMap;

use nettrace::Stack;

/// A stack that is kept by [`Stacks`]; valid with the one that gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StackId(u32);

impl StackId {
    /// The stack without frames.
    pub const EMPTY: Self = Self(0);

    /// A number from 0, fit as an index: there are [`Stacks::len`] of them, and those of callers are smaller.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Stacks, each once.
#[derive(Debug, Default)]
pub struct Stacks {
    /// By [`StackId`], without the empty one.
    nodes: Vec<Node>,
    found: HashMap<(StackId, u64), StackId>,
    /// Ids of the stream since the last sequence point.
    ids: HashMap<u32, StackId>,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    caller: StackId,
    address: u64,
}

impl Stacks {
    /// Keeps a stack of the stream.
    pub fn keep(&mut self, stack: &Stack<'_>) -> StackId {
        if let Some(known) = self.ids.get(&stack.id()) {
            return *known;
        }
        let addresses: Vec<u64> = stack.addresses().collect();
        let kept = addresses.iter().rev().fold(StackId::EMPTY, |caller, address| self.push(caller, *address));
        // 0 is the id of all stacks of netperf streams.
        if stack.id() != 0 {
            self.ids.insert(stack.id(), kept);
        }
        kept
    }

    /// The stack that has one frame more.
    pub fn push(&mut self, caller: StackId, address: u64) -> StackId {
        let next = u32::try_from(self.nodes.len() + 1).map_or(StackId(u32::MAX), StackId);
        *self.found.entry((caller, address)).or_insert_with(|| {
            self.nodes.push(Node { caller, address });
            next
        })
    }

    /// The address of the leaf, and the stack of its caller; `None` for the empty stack.
    #[must_use]
    pub fn leaf(&self, stack: StackId) -> Option<(u64, StackId)> {
        let node = self.nodes.get(stack.index().checked_sub(1)?)?;
        Some((node.address, node.caller))
    }

    /// The addresses, leaf first.
    pub fn addresses(&self, stack: StackId) -> impl Iterator<Item = u64> + '_ {
        let mut next = stack;
        std::iter::from_fn(move || {
            let (address, caller) = self.leaf(next)?;
            next = caller;
            Some(address)
        })
    }

    /// How many stacks there are, the empty one and those of callers included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len() + 1
    }

    /// Whether there is none but the empty one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Forgets the stream's ids, which mean other stacks after a sequence point. The stacks stay.
    pub fn forget_ids(&mut self) {
        self.ids.clear();
    }
}
