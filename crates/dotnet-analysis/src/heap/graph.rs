//! The objects of a heap and their references: about twelve bytes per object and four per reference.

use super::addresses::Addresses;
use super::roots::Root;
use super::shapes::Shape;
use super::types::HeapType;

/// A heap at one moment: every object with its type, size, address and references, and the roots that keep them alive.
///
/// Objects are numbered from 0, in the order in which the runtime named them. A number is valid with the heap that gave it.
#[derive(Debug, Clone, Default)]
pub struct Heap {
    pub(crate) graph: Graph,
    pub(crate) types: Vec<HeapType>,
    pub(crate) roots: Vec<Root>,
    pub(crate) about: About,
}

/// What is known about a dump beside its objects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct About {
    /// The process; 0 when not known.
    pub process_id: u32,
    /// Bytes of a pointer in it: 4 or 8; 0 when not known.
    pub pointer_size: u8,
    /// The process's name; empty when not known.
    pub process_name: String,
    /// When it was taken, in nanoseconds since 1970-01-01 UTC; 0 when not known.
    pub taken_unix_ns: i64,
    /// Number of the collection that told of the objects.
    pub collection: Option<u32>,
    /// How long the process stood still for it, in nanoseconds.
    pub pause_ns: Option<i64>,
    /// Sizes of generations after that collection, in bytes, as the runtime says: 0, 1, 2, large objects, pinned objects.
    /// They include free space between objects.
    pub generation_bytes: Option<[u64; 5]>,
    /// What is missing.
    pub losses: Losses,
}

/// What is missing in a dump.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Losses {
    /// Whether the stream ended before the collection.
    pub cut_off: bool,
    /// Lost events that each told of many objects.
    pub object_events: u64,
    /// Lost events that each told of many references.
    pub reference_events: u64,
    /// Lost events that each told of roots.
    pub root_events: u64,
    /// Objects whose references are not known, since events were lost.
    pub objects_without_references: u64,
    /// References to objects that are not in the dump.
    pub unknown_references: u64,
    /// Roots of objects that are not in the dump.
    pub unknown_roots: u64,
    /// Objects or references beyond what can be numbered.
    pub beyond_limit: u64,
}

impl Losses {
    /// Whether anything is missing that can change what the dump says.
    #[must_use]
    pub fn any(&self) -> bool {
        *self
            != Self {
                unknown_references: self.unknown_references,
                unknown_roots: self.unknown_roots,
                ..Self::default()
            }
    }
}

/// Objects and references.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Graph {
    pub(crate) addresses: Addresses,
    pub(crate) shapes: Vec<Shape>,
    /// By object.
    pub(crate) shape_of: Vec<u32>,
    /// By object, and one behind them: where its references begin.
    pub(crate) first_reference: Vec<u32>,
    /// Numbers of objects.
    pub(crate) references: Vec<u32>,
}

impl Graph {
    pub(crate) fn len(&self) -> usize {
        self.shape_of.len()
    }

    #[inline]
    pub(crate) fn references(&self, node: u32) -> &[u32] {
        let node = node as usize;
        match (self.first_reference.get(node), self.first_reference.get(node + 1)) {
            (Some(from), Some(to)) => self.references.get(*from as usize..*to as usize).unwrap_or_default(),
            _ => &[],
        }
    }

    #[inline]
    pub(crate) fn shape(&self, node: u32) -> Shape {
        let shape = self.shape_of.get(node as usize).and_then(|shape| self.shapes.get(*shape as usize));
        shape.copied().unwrap_or(Shape { kind: u32::MAX, size: 0 })
    }
}

impl Heap {
    /// How many objects there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.graph.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.graph.len() == 0
    }

    /// The bytes of all objects together, without the space between them. Saturates, as all sums of sizes do.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.nodes().fold(0, |bytes, node| bytes.saturating_add(self.size(node)))
    }

    /// How many references objects have to one another.
    #[must_use]
    pub fn reference_count(&self) -> usize {
        self.graph.references.len()
    }

    /// The objects, in order.
    pub fn nodes(&self) -> impl Iterator<Item = u32> + use<> {
        // There are no more than fit.
        0..u32::try_from(self.graph.len()).unwrap_or(u32::MAX)
    }

    /// The index of an object's type in [`types`](Self::types).
    #[must_use]
    pub fn type_of(&self, node: u32) -> u32 {
        self.graph.shape(node).kind
    }

    /// The types. Several may have the same name: types of different modules or load contexts, and nested types.
    #[must_use]
    pub fn types(&self) -> &[HeapType] {
        &self.types
    }

    /// The name of an object's type.
    #[must_use]
    pub fn type_name(&self, node: u32) -> &str {
        self.types.get(self.type_of(node) as usize).map_or("?", |known| &known.name)
    }

    /// An object's own bytes.
    #[must_use]
    pub fn size(&self, node: u32) -> u64 {
        self.graph.shape(node).size
    }

    /// Where an object was.
    #[must_use]
    pub fn address(&self, node: u32) -> u64 {
        self.graph.addresses.get(node)
    }

    /// The objects that an object refers to, in the order of its fields. The value of a `ConditionalWeakTable` counts as
    /// a reference of its key, which keeps it alive.
    #[must_use]
    pub fn references(&self, node: u32) -> &[u32] {
        self.graph.references(node)
    }

    /// The object at that address.
    #[must_use]
    pub fn find(&self, address: u64) -> Option<u32> {
        self.graph.addresses.lookup().find(address)
    }

    /// What keeps objects alive, those that say most first.
    #[must_use]
    pub fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// What else is known about the dump.
    #[must_use]
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Bytes of a pointer in the process: 4 or 8.
    #[must_use]
    pub fn pointer_size(&self) -> u8 {
        if self.about.pointer_size == 4 { 4 } else { 8 }
    }

    /// Says of which process it is.
    pub fn set_process(&mut self, id: u32, name: &str) {
        self.about.process_id = id;
        name.clone_into(&mut self.about.process_name);
    }
}

#[cfg(test)]
impl Heap {
    /// A heap of objects with those sizes, references and roots, all of one type per size.
    pub(crate) fn of(sizes: &[u64], references: &[(u32, u32)], roots: &[u32]) -> Self {
        let mut heap = Self::default();
        heap.graph.addresses = Addresses::new(8);
        let mut shapes = super::shapes::Shapes::default();
        for (node, size) in (0_u32..).zip(sizes) {
            heap.graph.addresses.push(0x1000 + u64::from(node) * 24);
            heap.graph.shape_of.push(shapes.of(*size, *size));
            heap.graph.first_reference.push(heap.graph.references.len() as u32);
            let targets = references.iter().filter(|(from, _)| *from == node).map(|(_, to)| *to);
            heap.graph.references.extend(targets);
        }
        heap.graph.first_reference.push(heap.graph.references.len() as u32);
        let (shapes, type_ids) = shapes.into_parts();
        heap.graph.shapes = shapes;
        let named = |id: &u64| HeapType { name: format!("Type{id}"), module: "Test.dll".to_owned() };
        heap.types = type_ids.iter().map(named).collect();
        let root = |node: &u32| Root { node: *node, kind: super::RootKind::Handle, field: None };
        heap.roots = roots.iter().map(root).collect();
        heap
    }
}
