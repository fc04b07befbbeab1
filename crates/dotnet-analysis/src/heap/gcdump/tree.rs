//! Nodes that stand for roots: one that refers to all kinds, one for each kind, and one for each static field.

use std::collections::HashMap;

use crate::heap::graph::Heap;
use crate::heap::roots::{Root, RootKind};

/// The name of the node that everything hangs from.
pub(super) const TOP: &str = "[.NET Roots]";

/// The kinds by the names that PerfView gives them, below the one before them that is less deep.
const KINDS: &[(&str, usize, &[RootKind])] = &[
    ("[static vars]", 1, &[RootKind::Static]),
    ("[thread static vars]", 1, &[RootKind::ThreadStatic]),
    ("[local vars]", 1, &[RootKind::Stack]),
    ("[other roots]", 1, &[RootKind::Older, RootKind::Other]),
    ("[finalizer Handles]", 2, &[RootKind::FinalizerQueue]),
    ("[strong Handles]", 2, &[RootKind::Handle]),
    ("[pinning Handles]", 2, &[RootKind::PinnedHandle]),
    ("[COM/WinRT Objects]", 2, &[RootKind::Com]),
];

/// A node that is no object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RootNode {
    /// Its type's name.
    pub(super) name: String,
    /// The nodes it refers to, among these.
    pub(super) below: Vec<usize>,
    /// The objects it refers to.
    pub(super) objects: Vec<u32>,
}

/// The nodes for the roots of a heap. The first is the top.
pub(super) fn of_heap(heap: &Heap) -> Vec<RootNode> {
    let node = |name: &str| RootNode { name: name.to_owned(), below: Vec::new(), objects: Vec::new() };
    let mut nodes: Vec<RootNode> = vec![node(TOP)];
    let mut of_kind = HashMap::new();
    let mut above = 0;
    for (name, depth, kinds) in KINDS {
        let index = nodes.len();
        nodes.push(node(name));
        let parent = if *depth == 1 { 0 } else { above };
        if let Some(parent) = nodes.get_mut(parent) {
            parent.below.push(index);
        }
        if *depth == 1 {
            above = index;
        }
        of_kind.extend(kinds.iter().map(|kind| (*kind, index)));
    }
    for root in heap.roots() {
        let parent = of_kind.get(&root.kind).copied().unwrap_or(0);
        match &root.field {
            Some(field) => {
                let index = nodes.len();
                let name = format!("[static var {}.{field}]", heap.type_name(root.node));
                nodes.push(RootNode { name, below: Vec::new(), objects: vec![root.node] });
                if let Some(parent) = nodes.get_mut(parent) {
                    parent.below.push(index);
                }
            }
            None => {
                if let Some(parent) = nodes.get_mut(parent) {
                    parent.objects.push(root.node);
                }
            }
        }
    }
    nodes
}

/// The kind of roots that a node of that name stands for; `None` for one that only groups others, or is an object.
pub(super) fn kind_of(name: &str) -> Option<RootKind> {
    match name {
        "[other Handles]" | "[Dependent Handles]" => Some(RootKind::Handle),
        "[other roots]" | TOP => Some(RootKind::Other),
        _ => {
            let known = KINDS.iter().find(|(known, ..)| *known == name);
            known.and_then(|(_, _, kinds)| kinds.first().copied())
        }
    }
}

/// The root that a node `[static var Type.field]` under a node of that kind stands for, with the object it refers to.
pub(super) fn static_field(name: &str, kind: RootKind, node: u32) -> Option<Root> {
    let path = name.strip_prefix("[static var ")?.strip_suffix(']')?;
    // Dots before the last belong to the type, and those in angle brackets to its arguments.
    let field = path.rsplit_once('.').map_or(path, |(_, field)| field);
    Some(Root { node, kind, field: Some(field.into()) })
}
