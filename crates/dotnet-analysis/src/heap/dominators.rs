//! Who keeps whom alive: the dominator tree of the objects that are reachable.
//!
//! An object dominates another if every path from the roots to the other leads through it, so that the other would be freed
//! with it. The tree is found by the algorithm that its authors call semi-NCA (L. Georgiadis, R. Tarjan, R. Werneck: *Finding
//! Dominators in Practice*, 2006): semidominators as Lengauer and Tarjan have them, then nearest common ancestors. It needs
//! about six numbers of 32 bits per object, and no recursion.

use super::graph::Heap;

/// The dominator tree. Objects have positions in it: every object comes after the one that dominates it, and all that it
/// dominates follow it without a gap. Position 0 is no object: it stands for everything outside of the heap.
#[derive(Debug, Clone)]
pub struct Dominators {
    /// By position: the object.
    objects: Vec<u32>,
    /// By position: behind the last that it dominates.
    ends: Vec<u32>,
    /// By position: the position of what dominates it.
    parents: Vec<u32>,
    /// By position: its bytes and those of all it dominates.
    retained: Vec<u64>,
    /// By object: its position, or [`NONE`].
    positions: Vec<u32>,
}

/// No object, no position.
const NONE: u32 = u32::MAX;

impl Dominators {
    /// The tree of a heap.
    #[must_use]
    pub fn new(heap: &Heap) -> Self {
        let walk = Walk::new(heap);
        let dominators = walk.dominators(heap);
        let Walk { order, numbers, .. } = walk;
        Self::from_dominators(heap, order, dominators, numbers)
    }

    /// From the number of each object's dominator, by numbers of the walk, which grow away from the root.
    fn from_dominators(heap: &Heap, order: Vec<u32>, dominators: Vec<u32>, numbers: Vec<u32>) -> Self {
        let count = order.len();
        let mut sizes = vec![1_u32; count];
        for number in (1..count).rev() {
            let size = at(&sizes, number);
            add(&mut sizes, at(&dominators, number), size);
        }
        // The place of each, and then of the next below it.
        let mut next = vec![0_u32; count];
        let mut positions = numbers;
        let mut objects = vec![NONE; count];
        let mut ends = vec![0_u32; count];
        set(&mut next, 0, 1);
        set(&mut ends, 0, count as u32);
        for number in 1..count {
            let (above, size) = (at(&dominators, number), at(&sizes, number));
            let position = at(&next, above as usize);
            add(&mut next, above, size);
            set(&mut next, number, position + 1);
            let object = at(&order, number);
            set(&mut objects, position as usize, object);
            set(&mut ends, position as usize, position + size);
            set(&mut positions, object as usize, position);
        }
        drop((sizes, next, order, dominators));
        let mut parents = vec![0_u32; count];
        // Positions are dense, so the one above is found on the way.
        let mut open: Vec<u32> = vec![0];
        for position in 1..count as u32 {
            while open.last().is_some_and(|above| at(&ends, *above as usize) <= position) {
                open.pop();
            }
            set(&mut parents, position as usize, open.last().copied().unwrap_or(0));
            open.push(position);
        }
        let mut retained: Vec<u64> =
            objects.iter().map(|object| if *object == NONE { 0 } else { heap.size(*object) }).collect();
        for position in (1..count).rev() {
            let bytes = retained.get(position).copied().unwrap_or(0);
            if let Some(above) = retained.get_mut(at(&parents, position) as usize) {
                *above = above.saturating_add(bytes);
            }
        }
        Self { objects, ends, parents, retained, positions }
    }

    /// How many objects are reachable.
    #[must_use]
    pub fn reachable(&self) -> usize {
        self.objects.len() - 1
    }

    /// The bytes that would be freed if that object were: its own and those of all that it alone keeps alive. `None` for one
    /// that is not reachable.
    #[must_use]
    pub fn retained(&self, node: u32) -> Option<u64> {
        let position = self.position(node)?;
        self.retained.get(position as usize).copied()
    }

    /// The bytes of all reachable objects.
    #[must_use]
    pub fn reachable_bytes(&self) -> u64 {
        self.retained.first().copied().unwrap_or(0)
    }

    /// The object that dominates that one; `None` where none does alone, or it is not reachable.
    #[must_use]
    pub fn dominator(&self, node: u32) -> Option<u32> {
        let parent = at(&self.parents, self.position(node)? as usize);
        self.objects.get(parent as usize).copied().filter(|object| *object != NONE)
    }

    /// How many objects that one dominates, itself included.
    #[must_use]
    pub fn dominated(&self, node: u32) -> Option<u32> {
        let position = self.position(node)?;
        Some(at(&self.ends, position as usize) - position)
    }

    /// The objects that are dominated by that one and by no object between; without one, those that no object dominates.
    pub fn children(&self, node: Option<u32>) -> impl Iterator<Item = u32> + '_ {
        let position = match node {
            Some(node) => self.position(node),
            None => Some(0),
        };
        let end = position.map_or(0, |position| at(&self.ends, position as usize));
        let mut next = position.map_or(0, |position| position + 1);
        std::iter::from_fn(move || {
            if next >= end {
                return None;
            }
            let child = next;
            next = at(&self.ends, child as usize).max(child + 1);
            self.objects.get(child as usize).copied()
        })
    }

    /// Calls `found` with the outermost objects of each group: those that no object of the same group dominates, with their
    /// group and the bytes they retain. Groups are numbered below `groups`.
    pub(crate) fn for_outermost(
        &self,
        groups: usize,
        group_of: impl Fn(u32) -> u32,
        mut found: impl FnMut(u32, u32, u64),
    ) {
        // Up to which position an object of the group covers everything.
        let mut covered = vec![0_u32; groups];
        let rows = self.objects.iter().zip(&self.ends).zip(&self.retained);
        for (position, ((object, end), retained)) in (0_u32..).zip(rows).skip(1) {
            let group = group_of(*object);
            if let Some(covered) = covered.get_mut(group as usize)
                && position >= *covered
            {
                *covered = *end;
                found(group, *object, *retained);
            }
        }
    }

    fn position(&self, node: u32) -> Option<u32> {
        self.positions.get(node as usize).copied().filter(|position| *position != NONE)
    }
}

/// A walk in depth over all reachable objects, which numbers them from 1. Number 0 is outside of the heap.
#[derive(Debug)]
struct Walk {
    /// By number: the object.
    order: Vec<u32>,
    /// By object: its number, or [`NONE`].
    numbers: Vec<u32>,
    /// By number: the number of the object it was first reached from.
    parents: Vec<u32>,
}

impl Walk {
    fn new(heap: &Heap) -> Self {
        let mut walk = Self { order: vec![NONE], numbers: vec![NONE; heap.len()], parents: vec![0] };
        // By number: which reference is next.
        let mut next: Vec<u32> = vec![0];
        for root in heap.roots() {
            if !walk.is_new(root.node) {
                continue;
            }
            let mut current = walk.enter(root.node, 0);
            next.push(0);
            while current != 0 {
                let references = heap.references(at(&walk.order, current as usize));
                let begin = at(&next, current as usize);
                let rest = references.get(begin as usize..).unwrap_or_default();
                match rest.iter().position(|target| walk.is_new(*target)) {
                    Some(skipped) => {
                        set(&mut next, current as usize, begin + skipped as u32 + 1);
                        let target = rest.get(skipped).copied().unwrap_or(NONE);
                        current = walk.enter(target, current);
                        next.push(0);
                    }
                    None => current = at(&walk.parents, current as usize),
                }
            }
        }
        walk
    }

    #[inline]
    fn is_new(&self, node: u32) -> bool {
        self.numbers.get(node as usize) == Some(&NONE)
    }

    #[inline]
    fn enter(&mut self, node: u32, from: u32) -> u32 {
        // There are no more numbers than objects, and one.
        let number = self.order.len() as u32;
        self.order.push(node);
        self.parents.push(from);
        set(&mut self.numbers, node as usize, number);
        number
    }

    /// By number: the number of the dominator.
    fn dominators(&self, heap: &Heap) -> Vec<u32> {
        let count = self.order.len();
        let (mut semi, backward) = self.forward_edges(heap);
        let mut ancestors = self.parents.clone();
        // The least semidominator on the way to the ancestor.
        let mut labels = vec![0_u32; count];
        let mut path = Vec::new();
        for number in (1..count as u32).rev() {
            let mut least = at(&semi, number as usize);
            for from in backward.of(number) {
                least = least.min(least_label(*from, number, &mut ancestors, &mut labels, &mut path));
            }
            set(&mut semi, number as usize, least);
            set(&mut labels, number as usize, least);
        }
        drop((labels, backward));
        let mut dominators = ancestors;
        dominators.copy_from_slice(&self.parents);
        for number in 1..count {
            let semi = at(&semi, number);
            let mut dominator = at(&dominators, number);
            while dominator > semi {
                dominator = at(&dominators, dominator as usize);
            }
            set(&mut dominators, number, dominator);
        }
        dominators
    }

    /// Semidominators as far as references to objects with higher numbers tell, which need no search, and the others.
    fn forward_edges(&self, heap: &Heap) -> (Vec<u32>, Backward) {
        let mut semi = self.parents.clone();
        for root in heap.roots() {
            if let Some(semi) = semi.get_mut(at(&self.numbers, root.node as usize) as usize) {
                *semi = 0;
            }
        }
        let count = self.order.len();
        let mut first = vec![0_u32; count + 1];
        for from in 1..count as u32 {
            for target in heap.references(at(&self.order, from as usize)) {
                let to = at(&self.numbers, *target as usize);
                if to > from {
                    if let Some(semi) = semi.get_mut(to as usize) {
                        *semi = (*semi).min(from);
                    }
                } else if to < from {
                    add(&mut first, to, 1);
                }
            }
        }
        let mut sum = 0;
        for entry in &mut first {
            sum += *entry;
            *entry = sum;
        }
        let mut from_of = vec![0_u32; sum as usize];
        for from in 1..count as u32 {
            for target in heap.references(at(&self.order, from as usize)) {
                let to = at(&self.numbers, *target as usize);
                if to < from
                    && let Some(entry) = first.get_mut(to as usize)
                {
                    *entry -= 1;
                    let place = *entry as usize;
                    set(&mut from_of, place, from);
                }
            }
        }
        (semi, Backward { first, from_of })
    }
}

/// References to objects with lower numbers, by those.
#[derive(Debug)]
struct Backward {
    first: Vec<u32>,
    from_of: Vec<u32>,
}

impl Backward {
    fn of(&self, number: u32) -> &[u32] {
        let (begin, end) = (at(&self.first, number as usize), at(&self.first, number as usize + 1));
        self.from_of.get(begin as usize..end as usize).unwrap_or_default()
    }
}

/// The least label from `number` up to the ancestors above `limit`; shortens the way for the next time.
fn least_label(
    number: u32,
    limit: u32,
    ancestors: &mut [u32],
    labels: &mut [u32],
    path: &mut Vec<u32>,
) -> u32 {
    path.clear();
    let mut top = number;
    while at(ancestors, top as usize) > limit {
        path.push(top);
        top = at(ancestors, top as usize);
    }
    let (mut least, ancestor) = (at(labels, top as usize), at(ancestors, top as usize));
    for number in path.iter().rev() {
        least = least.min(at(labels, *number as usize));
        set(labels, *number as usize, least);
        set(ancestors, *number as usize, ancestor);
    }
    least
}

// All indices below come from these arrays' own lengths; what is out of range cannot be, and is nothing.

#[inline]
fn at(list: &[u32], index: usize) -> u32 {
    list.get(index).copied().unwrap_or(0)
}

#[inline]
fn set(list: &mut [u32], index: usize, value: u32) {
    if let Some(entry) = list.get_mut(index) {
        *entry = value;
    }
}

#[inline]
fn add(list: &mut [u32], index: u32, value: u32) {
    if let Some(entry) = list.get_mut(index as usize) {
        *entry += value;
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::heap::Paths;

    /// What is reachable while `without` is not there.
    fn reachable(heap: &Heap, without: Option<u32>) -> Vec<bool> {
        let mut seen = vec![false; heap.len()];
        let mut open: Vec<u32> = heap.roots().iter().map(|root| root.node).collect();
        while let Some(node) = open.pop() {
            if Some(node) != without && !std::mem::replace(&mut seen[node as usize], true) {
                open.extend(heap.references(node));
            }
        }
        seen
    }

    /// Compares with the definition: an object dominates what can no longer be reached without it.
    fn check(heap: &Heap) {
        let tree = Dominators::new(heap);
        let paths = Paths::new(heap);
        let all = reachable(heap, None);
        let count = all.iter().filter(|is| **is).count();
        assert_eq!(tree.reachable(), count);
        for node in heap.nodes() {
            assert_eq!(paths.is_reachable(node), all[node as usize]);
            if !all[node as usize] {
                assert_eq!((tree.retained(node), tree.dominator(node), paths.to(node)), (None, None, None));
                continue;
            }
            let path = paths.to(node).unwrap();
            assert!(heap.roots().iter().any(|root| root.node == path[0]) && *path.last().unwrap() == node);
            assert!(path.windows(2).all(|pair| heap.references(pair[0]).contains(&pair[1])));
            let without = reachable(heap, Some(node));
            let lost: Vec<u32> =
                heap.nodes().filter(|other| all[*other as usize] && !without[*other as usize]).collect();
            assert_eq!(tree.retained(node), Some(lost.iter().map(|lost| heap.size(*lost)).sum()));
            assert_eq!(tree.dominated(node), Some(lost.len() as u32));
            // All dominators of an object lie on one line, so the nearest is the one that the others dominate.
            for lost in lost.iter().filter(|lost| **lost != node) {
                let mut above = tree.dominator(*lost);
                while above.is_some_and(|above| above != node) {
                    above = tree.dominator(above.unwrap());
                }
                assert_eq!(above, Some(node), "{node} dominates {lost}");
            }
            assert!(tree.children(Some(node)).all(|child| tree.dominator(child) == Some(node)));
        }
        let top: Vec<u32> = tree.children(None).collect();
        assert!(top.iter().all(|node| tree.dominator(*node).is_none()));
        assert_eq!(top.iter().filter_map(|node| tree.retained(*node)).sum::<u64>(), tree.reachable_bytes());
    }

    #[test]
    fn small_heaps() {
        check(&Heap::of(&[], &[], &[]));
        check(&Heap::of(&[8, 8], &[(1, 0)], &[]));
        check(&Heap::of(&[1, 2, 4, 8], &[(0, 1), (0, 2), (1, 3), (2, 3), (3, 0), (3, 3)], &[0]));
        check(&Heap::of(&[1, 2, 4, 8, 16], &[(0, 1), (1, 2), (2, 3), (4, 2), (3, 1)], &[0, 4]));
    }

    #[test]
    fn a_long_list_needs_no_stack() {
        let count = 200_000;
        let references: Vec<(u32, u32)> = Vec::new();
        let mut heap = Heap::of(&[], &references, &[]);
        heap.graph.shapes = vec![crate::heap::shapes::Shape { kind: 0, size: 24 }];
        heap.graph.shape_of = vec![0; count];
        heap.graph.first_reference = (0..=count as u32).collect();
        heap.graph.references = (1..count as u32).chain([0]).collect();
        heap.roots = Heap::of(&[8], &[], &[0]).roots;
        let tree = Dominators::new(&heap);
        assert_eq!(tree.retained(0), Some(24 * count as u64));
        assert_eq!(tree.retained(count as u32 - 1), Some(24));
        assert_eq!(Paths::new(&heap).to(count as u32 - 1).unwrap().len(), count);
    }

    proptest! {
        #[test]
        fn dominators_are_what_their_definition_says(
            sizes in vec(1..100_u64, 1..24),
            pairs in vec((0..24_u32, 0..24_u32), 0..70),
            roots in vec(0..24_u32, 0..4),
        ) {
            let count = sizes.len() as u32;
            let pairs: Vec<(u32, u32)> = pairs.iter().map(|(from, to)| (from % count, to % count)).collect();
            let roots: Vec<u32> = roots.iter().map(|root| root % count).collect();
            check(&Heap::of(&sizes, &pairs, &roots));
        }
    }
}
