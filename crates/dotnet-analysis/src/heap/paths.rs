//! Why an object is alive: the shortest way from a root to it.

use super::graph::Heap;

/// Shortest paths from the roots to all objects.
#[derive(Debug, Clone)]
pub struct Paths {
    /// By object: the one before it, [`ROOT`] or [`NONE`].
    before: Vec<u32>,
}

/// Not reachable.
const NONE: u32 = u32::MAX;
/// It is a root's object.
const ROOT: u32 = u32::MAX - 1;

impl Paths {
    /// Walks over a heap in breadth. Of ways of equal length, one from a root that says more comes first: a static field
    /// before a handle.
    #[must_use]
    pub fn new(heap: &Heap) -> Self {
        let mut before = vec![NONE; heap.len()];
        let mut level: Vec<u32> = Vec::new();
        for root in heap.roots() {
            if let Some(entry @ &mut NONE) = before.get_mut(root.node as usize) {
                *entry = ROOT;
                level.push(root.node);
            }
        }
        let mut next = Vec::new();
        while !level.is_empty() {
            for node in &level {
                for target in heap.references(*node) {
                    if let Some(entry @ &mut NONE) = before.get_mut(*target as usize) {
                        *entry = *node;
                        next.push(*target);
                    }
                }
            }
            std::mem::swap(&mut level, &mut next);
            next.clear();
        }
        Self { before }
    }

    /// The objects from a root to that one, both included; `None` when it is not reachable.
    #[must_use]
    pub fn to(&self, node: u32) -> Option<Vec<u32>> {
        let mut path = vec![node];
        let mut current = node;
        loop {
            match self.before.get(current as usize).copied() {
                None | Some(NONE) => return None,
                Some(ROOT) => break,
                Some(before) => {
                    path.push(before);
                    current = before;
                }
            }
        }
        path.reverse();
        Some(path)
    }

    /// The object of a root at which the path to that one begins.
    #[must_use]
    pub fn origin(&self, node: u32) -> Option<u32> {
        let mut current = node;
        loop {
            match self.before.get(current as usize).copied() {
                None | Some(NONE) => return None,
                Some(ROOT) => return Some(current),
                Some(before) => current = before,
            }
        }
    }

    /// Whether an object is reachable.
    #[must_use]
    pub fn is_reachable(&self, node: u32) -> bool {
        self.before.get(node as usize).is_some_and(|before| *before != NONE)
    }
}
