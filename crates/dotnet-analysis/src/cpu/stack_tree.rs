//! The tree of stacks by what code is called, not by where in it they are.

use std::collections::HashMap;

use crate::profile::{FrameId, Node, NodeId};
use crate::stacks::StackId;
use crate::symbols::Code;

/// Puts stacks together that go through the same methods: in a method there are many addresses.
#[derive(Debug)]
pub(super) struct StackTree<'c> {
    code: &'c Code,
    nodes: Vec<Node>,
    found: HashMap<(Option<NodeId>, FrameId), NodeId>,
    /// What was found for stacks, by [`StackId::index`].
    known: Vec<Option<NodeId>>,
}

impl<'c> StackTree<'c> {
    pub(super) fn new(code: &'c Code) -> Self {
        Self { code, nodes: Vec::new(), found: HashMap::new(), known: vec![None; code.stacks().len()] }
    }

    /// The node of a stack; `None` for one without frames.
    pub(super) fn node(&mut self, stack: StackId) -> Option<NodeId> {
        if let Some(Some(known)) = self.known.get(stack.index()) {
            return Some(*known);
        }
        // From the leaf to the first caller that is known, and back.
        let mut unknown = Vec::new();
        let mut next = stack;
        let mut caller = None;
        while let Some((site, calling)) = self.code.stacks().leaf_site(next) {
            if let Some(Some(known)) = self.known.get(next.index()) {
                caller = Some(*known);
                break;
            }
            unknown.push((next, self.code.frame_of(site)?));
            next = calling;
        }
        for (stack, frame) in unknown.into_iter().rev() {
            let id = NodeId(u32::try_from(self.nodes.len()).ok()?);
            let id = *self.found.entry((caller, frame)).or_insert(id);
            if id.0 as usize == self.nodes.len() {
                self.nodes.push(Node { caller, frame });
            }
            if let Some(known) = self.known.get_mut(stack.index()) {
                *known = Some(id);
            }
            caller = Some(id);
        }
        caller
    }

    /// The nodes, callers before those they call.
    pub(super) fn into_nodes(self) -> Vec<Node> {
        self.nodes
    }
}
