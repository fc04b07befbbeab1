//! Call trees.

use super::stack_tree::StackTree;
use super::stacks::SampledStack;
use super::weight::Weight;
use crate::profile::{FrameId, Node, NodeId};
use crate::symbols::Code;
use std::collections::HashMap;

/// Who calls whom, with samples. Callers come before those they call; in an inverted tree it is the other way round.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallTree {
    nodes: Vec<CallNode>,
}

/// A node of a call tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallNode {
    /// The node that it hangs on, as an index: in a tree from the top the caller, in an inverted one what is called. `None` for
    /// a root.
    pub parent: Option<usize>,
    /// The method.
    pub frame: FrameId,
    /// Samples that end here: in a tree from the top those with this method on top, in an inverted one those that began with
    /// it.
    pub exclusive: Weight,
    /// Those and the samples of all nodes that hang on it.
    pub inclusive: Weight,
}

impl CallTree {
    /// From the outermost callers down.
    #[must_use]
    pub fn top_down<'s>(stacks: impl IntoIterator<Item = &'s SampledStack>, code: &Code) -> Self {
        let mut tree = StackTree::new(code);
        let mut exclusive: Vec<Weight> = Vec::new();
        for stack in stacks {
            if let Some(NodeId(node)) = tree.node(stack.stack) {
                let node = node as usize;
                if exclusive.len() <= node {
                    exclusive.resize(node + 1, Weight::default());
                }
                if let Some(weight) = exclusive.get_mut(node) {
                    weight.add(&stack.weight);
                }
            }
        }
        let weights = exclusive.into_iter().chain(std::iter::repeat(Weight::default()));
        let nodes = tree.into_nodes().into_iter().zip(weights).map(|(Node { caller, frame }, exclusive)| {
            let parent = caller.map(|NodeId(caller)| caller as usize);
            CallNode { parent, frame, exclusive, inclusive: exclusive }
        });
        Self { nodes: nodes.collect() }.summed()
    }

    /// From the methods on top to their callers.
    #[must_use]
    pub fn inverted<'s>(stacks: impl IntoIterator<Item = &'s SampledStack>, code: &Code) -> Self {
        let mut nodes: Vec<CallNode> = Vec::new();
        let mut found: HashMap<(Option<usize>, FrameId), usize> = HashMap::new();
        for stack in stacks {
            let mut parent = None;
            for frame in code.frame_ids(stack.stack) {
                let next = nodes.len();
                let node = *found.entry((parent, frame)).or_insert(next);
                if node == next {
                    let none = Weight::default();
                    nodes.push(CallNode { parent, frame, exclusive: none, inclusive: none });
                }
                parent = Some(node);
            }
            if let Some(node) = parent.and_then(|node| nodes.get_mut(node)) {
                node.exclusive.add(&stack.weight);
                node.inclusive.add(&stack.weight);
            }
        }
        Self { nodes }.summed()
    }

    fn summed(mut self) -> Self {
        for index in (0..self.nodes.len()).rev() {
            let Some(CallNode { parent: Some(parent), inclusive, .. }) = self.nodes.get(index).copied()
            else {
                continue;
            };
            if let Some(parent) = self.nodes.get_mut(parent) {
                parent.inclusive.add(&inclusive);
            }
        }
        self
    }

    /// All nodes, each behind the one it hangs on.
    #[must_use]
    pub fn nodes(&self) -> &[CallNode] {
        &self.nodes
    }

    /// The nodes in the order in which a tree is read: each before what hangs on it, the heaviest first, with their depths.
    /// What is lighter than `least` by `weigh` is left out.
    pub fn in_reading_order(&self, least: u64, weigh: impl Fn(&Weight) -> u64) -> Vec<(usize, &CallNode)> {
        let mut hanging: HashMap<Option<usize>, Vec<usize>> = HashMap::new();
        for (index, node) in self.nodes.iter().enumerate() {
            if weigh(&node.inclusive) >= least.max(1) {
                hanging.entry(node.parent).or_default().push(index);
            }
        }
        let weight_of = |index: &usize| self.nodes.get(*index).map_or(0, |node| weigh(&node.inclusive));
        for nodes in hanging.values_mut() {
            // The last is taken first.
            nodes.sort_by_key(weight_of);
        }
        let mut order = Vec::new();
        let mut waiting: Vec<(usize, usize)> =
            hanging.remove(&None).unwrap_or_default().into_iter().map(|root| (0, root)).collect();
        while let Some((depth, index)) = waiting.pop() {
            if let Some(node) = self.nodes.get(index) {
                order.push((depth, node));
            }
            let children = hanging.remove(&Some(index)).unwrap_or_default();
            waiting.extend(children.into_iter().map(|child| (depth + 1, child)));
        }
        order
    }
}
