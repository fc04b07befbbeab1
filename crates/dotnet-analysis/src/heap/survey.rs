//! A heap in figures: by type, by what keeps it alive, and the objects that keep the most alive.

use std::collections::HashMap;

use super::dominators::Dominators;
use super::graph::Heap;
use super::paths::Paths;
use super::roots::{Root, RootKind};

/// A heap, who keeps whom alive in it, and why.
#[derive(Debug)]
pub struct Survey<'h> {
    heap: &'h Heap,
    dominators: Dominators,
    paths: Paths,
    /// The best root of each object that has one, by its index among the roots.
    roots: HashMap<u32, usize>,
}

/// The objects of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TypeFigures {
    /// Index of the type.
    pub kind: u32,
    /// Objects.
    pub count: u64,
    /// Their own bytes.
    pub bytes: u64,
    /// The bytes of the largest.
    pub largest: u64,
    /// The bytes that would be freed if all of them were: theirs and those of what they alone keep alive. Of objects that
    /// are kept alive by others of the type, only the outermost count.
    pub retained: u64,
    /// The object that retains most, and how much that is.
    pub keeper: Option<(u32, u64)>,
}

/// What roots of a kind keep alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RootFigures {
    /// The kind.
    pub kind: RootKind,
    /// Roots.
    pub roots: u64,
    /// The objects that are alive because of roots of this kind, or of this and others of which this says most.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// An object that keeps many others alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keeper {
    /// Objects from the one that nothing but roots keeps alive, down to the one under which it spreads. Each dominates the
    /// next and all that follows.
    pub chain: Vec<u32>,
    /// Bytes that would be freed with the first.
    pub retained: u64,
    /// Objects that would be freed with the first, itself included.
    pub objects: u64,
    /// What the last keeps alive, by type, those that retain most first.
    pub mostly: Vec<Group>,
}

/// Objects of one type, next to one another in the dominator tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// Index of the type.
    pub kind: u32,
    /// Objects.
    pub count: u64,
    /// Bytes that would be freed with them.
    pub retained: u64,
}

/// A child that has this share of what its parent retains is where the way goes on, as a divisor.
const MAIN_SHARE: u64 = 2;
/// The longest way down that is told.
const LONGEST_CHAIN: usize = 24;
/// Types told of under a keeper.
const MOST_GROUPS: usize = 5;

impl<'h> Survey<'h> {
    /// Works out who keeps whom alive.
    #[must_use]
    pub fn new(heap: &'h Heap) -> Self {
        let dominators = Dominators::new(heap);
        let paths = Paths::new(heap);
        let mut roots = HashMap::new();
        for (index, root) in heap.roots().iter().enumerate() {
            roots.entry(root.node).or_insert(index);
        }
        Self { heap, dominators, paths, roots }
    }

    /// The heap.
    #[must_use]
    pub fn heap(&self) -> &'h Heap {
        self.heap
    }

    /// Who keeps whom alive.
    #[must_use]
    pub fn dominators(&self) -> &Dominators {
        &self.dominators
    }

    /// Why objects are alive.
    #[must_use]
    pub fn paths(&self) -> &Paths {
        &self.paths
    }

    /// The root of an object that says most; `None` where only other objects refer to it.
    #[must_use]
    pub fn root_of(&self, node: u32) -> Option<&'h Root> {
        self.heap.roots().get(*self.roots.get(&node)?)
    }

    /// The root at the other end of the shortest path to an object.
    #[must_use]
    pub fn origin(&self, node: u32) -> Option<&'h Root> {
        self.root_of(self.paths.origin(node)?)
    }

    /// The types that have objects, those that retain most first.
    #[must_use]
    pub fn by_type(&self) -> Vec<TypeFigures> {
        let mut figures = vec![TypeFigures::default(); self.heap.types().len()];
        for node in self.heap.nodes() {
            let size = self.heap.size(node);
            if let Some(figures) = figures.get_mut(self.heap.type_of(node) as usize) {
                figures.count += 1;
                figures.bytes = figures.bytes.saturating_add(size);
                figures.largest = figures.largest.max(size);
            }
        }
        self.dominators.for_outermost(
            figures.len(),
            |node| self.heap.type_of(node),
            |kind, node, retained| {
                if let Some(figures) = figures.get_mut(kind as usize) {
                    figures.retained = figures.retained.saturating_add(retained);
                    if figures.keeper.is_none_or(|(_, most)| retained > most) {
                        figures.keeper = Some((node, retained));
                    }
                }
            },
        );
        for (kind, figures) in (0..).zip(&mut figures) {
            figures.kind = kind;
        }
        figures.retain(|figures| figures.count > 0);
        figures.sort_by_key(|figures| std::cmp::Reverse((figures.retained, figures.bytes, figures.count)));
        figures
    }

    /// The kinds of roots there are, those that keep most alive first.
    #[must_use]
    pub fn by_root(&self) -> Vec<RootFigures> {
        let none = |kind| RootFigures { kind, roots: 0, objects: 0, bytes: 0 };
        let mut figures = RootKind::ALL.map(none);
        let mut of = |kind: RootKind, change: &dyn Fn(&mut RootFigures)| {
            if let Some(figures) = figures.iter_mut().find(|figures| figures.kind == kind) {
                change(figures);
            }
        };
        for root in self.heap.roots() {
            of(root.kind, &|figures| figures.roots += 1);
        }
        for node in self.dominators.children(None) {
            let Some(root) = self.origin(node) else { continue };
            let objects = self.dominators.dominated(node).unwrap_or(0);
            let bytes = self.dominators.retained(node).unwrap_or(0);
            of(root.kind, &|figures| {
                figures.objects += u64::from(objects);
                figures.bytes = figures.bytes.saturating_add(bytes);
            });
        }
        let mut figures: Vec<RootFigures> = figures.into_iter().filter(|figures| figures.roots > 0).collect();
        figures.sort_by_key(|figures| std::cmp::Reverse(figures.bytes));
        figures
    }

    /// The objects that keep the most alive and are kept by roots, at most so many.
    #[must_use]
    pub fn keepers(&self, most: usize) -> Vec<Keeper> {
        let retained = |node: &u32| self.dominators.retained(*node).unwrap_or(0);
        let mut top: Vec<u32> = self.dominators.children(None).collect();
        if top.len() > most && most > 0 {
            top.select_nth_unstable_by_key(most - 1, |node| std::cmp::Reverse(retained(node)));
        }
        top.truncate(most);
        top.sort_by_key(|node| std::cmp::Reverse(retained(node)));
        top.into_iter().map(|node| self.keeper(node)).collect()
    }

    fn keeper(&self, first: u32) -> Keeper {
        let retained = |node: u32| self.dominators.retained(node).unwrap_or(0);
        let mut chain = vec![first];
        let mut last = first;
        while chain.len() < LONGEST_CHAIN {
            let heaviest = self.dominators.children(Some(last)).max_by_key(|child| retained(*child));
            match heaviest {
                Some(child) if retained(child) >= retained(last).div_ceil(MAIN_SHARE) => {
                    chain.push(child);
                    last = child;
                }
                _ => break,
            }
        }
        Keeper {
            chain,
            retained: retained(first),
            objects: self.dominators.dominated(first).unwrap_or(0).into(),
            mostly: self.groups(last),
        }
    }

    fn groups(&self, node: u32) -> Vec<Group> {
        let mut groups: HashMap<u32, Group> = HashMap::new();
        for child in self.dominators.children(Some(node)) {
            let kind = self.heap.type_of(child);
            let group = groups.entry(kind).or_insert(Group { kind, count: 0, retained: 0 });
            group.count += 1;
            group.retained = group.retained.saturating_add(self.dominators.retained(child).unwrap_or(0));
        }
        let mut groups: Vec<Group> = groups.into_values().collect();
        groups.sort_by_key(|group| (std::cmp::Reverse(group.retained), group.kind));
        groups.truncate(MOST_GROUPS);
        groups
    }

    /// Objects that no root keeps alive, and their bytes. Right after a collection these are objects that wait for their
    /// memory to be used again, or that only the runtime itself knows a reason for.
    #[must_use]
    pub fn unreachable(&self) -> (u64, u64) {
        let count = self.heap.len() - self.dominators.reachable();
        (count as u64, self.heap.bytes().saturating_sub(self.dominators.reachable_bytes()))
    }
}
