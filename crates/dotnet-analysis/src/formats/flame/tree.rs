//! Call trees with the weights of one profile, or of two.

use std::collections::HashMap;

use crate::formats::view::{Category, ShownFrame, View, thread_name};

/// How much a node and those below it were seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Weight {
    pub(super) samples: u64,
    pub(super) nanos: i64,
}

impl Weight {
    fn add(&mut self, other: Self) {
        self.samples = self.samples.saturating_add(other.samples);
        self.nanos = self.nanos.saturating_add(other.nanos);
    }
}

/// A frame, or a thread.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Label {
    pub(super) module: String,
    pub(super) name: String,
    /// `None` for a thread.
    pub(super) category: Option<Category>,
}

impl Label {
    fn of(frame: ShownFrame<'_>) -> Self {
        Self { module: frame.module.to_owned(), name: frame.name.to_owned(), category: Some(frame.category) }
    }
}

/// A node of the tree; callers come before those they call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CallNode {
    pub(super) caller: Option<usize>,
    /// Index into [`CallTree::labels`].
    pub(super) label: usize,
    /// Of itself and of those below, in the profiles in the order they were added.
    pub(super) total: [Weight; 2],
    /// Of itself alone.
    pub(super) own: [Weight; 2],
}

/// The stacks of one profile or of two, merged from their outermost frames on.
#[derive(Debug, Default)]
pub(super) struct CallTree {
    pub(super) labels: Vec<Label>,
    pub(super) nodes: Vec<CallNode>,
    /// Everything, by profile.
    pub(super) all: [Weight; 2],
    known_labels: HashMap<Label, usize>,
    known_nodes: HashMap<(Option<usize>, usize), usize>,
}

impl CallTree {
    /// Adds the samples of a profile: `profile` is 0 or 1. With `by_thread` each thread is a tree of its own.
    pub(super) fn add(&mut self, view: &View<'_>, profile: usize, by_thread: bool) {
        let labels: Vec<usize> = view.frames().map(|frame| self.label(Label::of(frame))).collect();
        let mut weights = vec![Weight::default(); view.nodes().len()];
        for thread in view.threads() {
            for run in view.runs(thread) {
                if let Some(weight) = weights.get_mut(run.leaf.0 as usize) {
                    weight.add(Weight { samples: run.count, nanos: run.duration_nanos });
                }
            }
            if by_thread {
                let label = Label { module: String::new(), name: thread_name(thread), category: None };
                let label = self.label(label);
                self.merge(view, &weights, profile, &labels, Some(label));
                weights.fill(Weight::default());
            }
        }
        if !by_thread {
            self.merge(view, &weights, profile, &labels, None);
        }
    }

    /// Adds what the nodes of a view weigh on their own, below a root where there is one.
    fn merge(
        &mut self,
        view: &View<'_>,
        own: &[Weight],
        profile: usize,
        labels: &[usize],
        root: Option<usize>,
    ) {
        let mut total = own.to_vec();
        let mut all = Weight::default();
        for (index, node) in view.nodes().iter().enumerate().rev() {
            let weight = total.get(index).copied().unwrap_or_default();
            match node.caller.and_then(|caller| total.get_mut(caller.0 as usize)) {
                Some(caller) => caller.add(weight),
                None => all.add(weight),
            }
        }
        if all.samples == 0 {
            return;
        }
        let root = root.map(|label| {
            let root = self.node(None, label);
            self.weigh(root, profile, all, Weight::default());
            root
        });
        if let Some(sum) = self.all.get_mut(profile) {
            sum.add(all);
        }
        // Nodes of the view to nodes of the tree.
        let mut places: Vec<Option<usize>> = vec![None; total.len()];
        for (index, (node, weight)) in view.nodes().iter().zip(&total).enumerate() {
            let Some(label) = labels.get(node.frame.0 as usize).copied().filter(|_| weight.samples > 0)
            else {
                continue;
            };
            let caller = match node.caller {
                Some(caller) => places.get(caller.0 as usize).copied().flatten(),
                None => root,
            };
            let place = self.node(caller, label);
            self.weigh(place, profile, *weight, own.get(index).copied().unwrap_or_default());
            if let Some(slot) = places.get_mut(index) {
                *slot = Some(place);
            }
        }
    }

    fn weigh(&mut self, node: usize, profile: usize, total: Weight, own: Weight) {
        let Some(node) = self.nodes.get_mut(node) else { return };
        if let (Some(sum), Some(own_sum)) = (node.total.get_mut(profile), node.own.get_mut(profile)) {
            sum.add(total);
            own_sum.add(own);
        }
    }

    fn label(&mut self, label: Label) -> usize {
        if let Some(known) = self.known_labels.get(&label) {
            return *known;
        }
        self.labels.push(label.clone());
        self.known_labels.insert(label, self.labels.len() - 1);
        self.labels.len() - 1
    }

    fn node(&mut self, caller: Option<usize>, label: usize) -> usize {
        let next = self.nodes.len();
        *self.known_nodes.entry((caller, label)).or_insert_with(|| {
            self.nodes.push(CallNode { caller, label, total: Default::default(), own: Default::default() });
            next
        })
    }
}
