//! From the events of one dump to a graph.

use dotnet_events::enumerations::GCRootStaticVarFlags;
use dotnet_events::runtime::heap::{
    GCBulkEdge, GCBulkNode, GCBulkRootCCW, GCBulkRootConditionalWeakTableElementEdge, GCBulkRootEdge,
    GCBulkRootStaticVar,
};

use super::addresses::{Addresses, Lookup};
use super::graph::{Graph, Losses};
use super::references::{Gap, References};
use super::roots::RootKind;
use super::shapes::Shapes;

/// A dump that is being told.
#[derive(Debug)]
pub(crate) struct Building {
    addresses: Addresses,
    shapes: Shapes,
    shape_of: Vec<u32>,
    /// References of each object.
    counts: Vec<u32>,
    references: References,
    roots: Vec<RawRoot>,
    /// Keys and values.
    dependents: Vec<(u64, u64)>,
    node_bulks: Sequence,
    reference_bulks: Sequence,
    root_bulks: Sequence,
    dependent_bulks: Sequence,
    node_gaps: Vec<Gap>,
    losses: Losses,
}

/// A root, before the names of types are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawRoot {
    /// The address of its object; its number later.
    pub(crate) object: u64,
    pub(crate) kind: RootKind,
    /// The name of a static field.
    pub(crate) field: Option<Box<str>>,
}

/// A graph without names.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) graph: Graph,
    pub(crate) type_ids: Vec<u64>,
    pub(crate) roots: Vec<RawRoot>,
    pub(crate) losses: Losses,
}

const THREAD_LOCAL: GCRootStaticVarFlags = GCRootStaticVarFlags::ThreadLocal;
/// The most objects, and the most references: numbers of 32 bits, without those that mean something else.
const MOST: usize = u32::MAX as usize - 8;

/// Numbers of events that count up from 0.
#[derive(Debug, Default)]
struct Sequence {
    next: u32,
}

impl Sequence {
    /// How many were lost before that one.
    fn lost(&mut self, index: u32) -> u64 {
        let lost = index.wrapping_sub(self.next);
        self.next = index.wrapping_add(1);
        // Going back is no count; it is told as one.
        if lost > u32::MAX / 2 { 1 } else { lost.into() }
    }
}

impl Building {
    pub(crate) fn new(pointer_size: u8) -> Self {
        Self {
            addresses: Addresses::new(pointer_size),
            shapes: Shapes::default(),
            shape_of: Vec::new(),
            counts: Vec::new(),
            references: References::default(),
            roots: Vec::new(),
            dependents: Vec::new(),
            node_bulks: Sequence::default(),
            reference_bulks: Sequence::default(),
            root_bulks: Sequence::default(),
            dependent_bulks: Sequence::default(),
            node_gaps: Vec::new(),
            losses: Losses::default(),
        }
    }

    /// Whether no object came yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.shape_of.is_empty()
    }

    /// How many objects came.
    pub(crate) fn objects(&self) -> usize {
        self.shape_of.len()
    }

    /// How many events were lost so far.
    pub(crate) fn lost_events(&self) -> u64 {
        self.losses.object_events + self.losses.reference_events + self.losses.root_events
    }

    pub(crate) fn nodes(&mut self, bulk: &GCBulkNode<'_>) {
        let lost = self.node_bulks.lost(bulk.Index);
        if lost > 0 {
            self.losses.object_events += lost;
            self.node_gaps.push(Gap { at: self.shape_of.len() as u64, bulks: lost });
        }
        for node in bulk.Values.iter() {
            if self.shape_of.len() >= MOST {
                self.losses.beyond_limit += 1;
                continue;
            }
            self.node(node.Address, node.TypeID, node.Size, node.EdgeCount);
        }
    }

    #[inline]
    fn node(&mut self, address: u64, type_id: u64, size: u64, references: u64) {
        self.addresses.push(address);
        self.shape_of.push(self.shapes.of(type_id, size));
        self.counts.push(u32::try_from(references).unwrap_or(u32::MAX));
    }

    pub(crate) fn edges(&mut self, bulk: &GCBulkEdge<'_>) {
        let lost = self.reference_bulks.lost(bulk.Index);
        if lost > 0 {
            self.losses.reference_events += lost;
            self.references.lost(lost);
        }
        self.references.extend(bulk.Values.iter().map(|edge| edge.Value));
    }

    pub(crate) fn root_edges(&mut self, bulk: &GCBulkRootEdge<'_>) {
        self.losses.root_events += self.root_bulks.lost(bulk.Index);
        for edge in bulk.Values.iter() {
            if let Some(kind) = RootKind::of_event(edge.GCRootKind, edge.GCRootFlag) {
                self.root(edge.RootedNodeAddress, kind, None);
            }
        }
    }

    pub(crate) fn static_fields(&mut self, bulk: &GCBulkRootStaticVar<'_>) {
        for field in bulk.Values.iter() {
            let kind =
                if field.Flags.contains(THREAD_LOCAL) { RootKind::ThreadStatic } else { RootKind::Static };
            self.root(field.ObjectID, kind, Some(field.FieldName.to_string().into()));
        }
    }

    pub(crate) fn com_objects(&mut self, bulk: &GCBulkRootCCW<'_>) {
        for wrapper in bulk.Values.iter() {
            self.root(wrapper.ObjectID, RootKind::Com, None);
        }
    }

    pub(crate) fn dependents(&mut self, bulk: &GCBulkRootConditionalWeakTableElementEdge<'_>) {
        self.losses.root_events += self.dependent_bulks.lost(bulk.Index);
        let pairs = bulk.Values.iter().map(|edge| (edge.GCKeyNodeID, edge.GCValueNodeID));
        self.dependents.extend(pairs.filter(|(key, value)| *key != 0 && *value != 0));
    }

    fn root(&mut self, object: u64, kind: RootKind, field: Option<Box<str>>) {
        if object != 0 {
            self.roots.push(RawRoot { object, kind, field });
        }
    }

    /// Puts everything together. `cut_off`: whether more was to come.
    pub(crate) fn finish(self, cut_off: bool) -> Built {
        let Self {
            addresses,
            shapes,
            shape_of,
            counts,
            references,
            roots,
            dependents,
            node_gaps,
            mut losses,
            ..
        } = self;
        losses.cut_off = cut_off;
        let mut lookup = addresses.lookup();
        let dependents = resolve_dependents(&dependents, &mut lookup, &mut losses);
        let roots = resolve_roots(roots, &mut lookup, &mut losses);
        let (first_reference, references) =
            resolve_references(counts, references, &node_gaps, &dependents, &mut lookup, &mut losses);
        drop(lookup);
        let (shapes, type_ids) = shapes.into_parts();
        let graph = Graph { addresses, shapes, shape_of, first_reference, references };
        Built { graph, type_ids, roots, losses }
    }
}

fn resolve_dependents(pairs: &[(u64, u64)], lookup: &mut Lookup<'_>, losses: &mut Losses) -> Vec<(u32, u32)> {
    let mut found = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        match (lookup.find(*key), lookup.find(*value)) {
            (Some(key), Some(value)) => found.push((key, value)),
            // A dead key keeps nothing.
            _ => losses.unknown_references += 1,
        }
    }
    found.sort_unstable();
    found
}

/// The roots of objects that are there, each once.
fn resolve_roots(roots: Vec<RawRoot>, lookup: &mut Lookup<'_>, losses: &mut Losses) -> Vec<RawRoot> {
    let mut found = Vec::with_capacity(roots.len());
    for root in roots {
        match lookup.find(root.object) {
            Some(node) => found.push(RawRoot { object: node.into(), ..root }),
            None => losses.unknown_roots += 1,
        }
    }
    found.sort_by(|a, b| (a.kind, a.object, &a.field).cmp(&(b.kind, b.object, &b.field)));
    found.dedup();
    found
}

/// Where the references of each object begin, and the objects they are to. `counts` becomes the first.
fn resolve_references(
    mut counts: Vec<u32>,
    references: References,
    node_gaps: &[Gap],
    dependents: &[(u32, u32)],
    lookup: &mut Lookup<'_>,
    losses: &mut Losses,
) -> (Vec<u32>, Vec<u32>) {
    let expected = counts.iter().fold(0_u64, |sum, count| sum.saturating_add(u64::from(*count)));
    let received = references.received();
    let mut order = references.in_order(expected, node_gaps);
    let room = usize::try_from(received).unwrap_or(0).saturating_add(dependents.len()).min(MOST);
    let mut resolved: Vec<u32> = Vec::with_capacity(room);
    let mut dependents = dependents.iter().peekable();
    for (node, entry) in (0_u32..).zip(counts.iter_mut()) {
        let count = std::mem::replace(entry, resolved.len() as u32);
        let is_known = order.begin(node.into());
        let mut wanted = if is_known { u64::from(count) } else { 0 };
        let mut missing = u64::from(count) - wanted;
        while wanted > 0 {
            let here = order.missing(wanted);
            if here > 0 {
                (wanted, missing) = (wanted - here, missing + here);
                continue;
            }
            let Some(address) = order.next() else {
                missing += wanted;
                break;
            };
            wanted -= 1;
            match lookup.find(address) {
                Some(target) if resolved.len() < MOST => resolved.push(target),
                Some(_) => losses.beyond_limit += 1,
                None => losses.unknown_references += 1,
            }
        }
        losses.objects_without_references += u64::from(missing > 0);
        while let Some((_, value)) = dependents.next_if(|(key, _)| *key == node) {
            if resolved.len() < MOST {
                resolved.push(*value);
            }
        }
    }
    counts.push(resolved.len() as u32);
    resolved.shrink_to_fit();
    (counts, resolved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::{Heap, HeapAnswer, HeapType, Root, Wanted};

    /// Objects like those of applications: of 40 bytes on average in regions of 4 MB, half of them arrays of many sizes, with
    /// two references each, one nearby and one to anywhere.
    fn build(objects: u64) -> Heap {
        let mut building = Building::new(8);
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        let address = |index: u64| 0x7f00_0000_0000 + index * 40 + (index / 100_000) * 200_000;
        for index in 0..objects {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let size = if index % 2 == 0 { 32 } else { 24 + random % 24 };
            building.node(address(index), 0x1000 + index % 200 * 8, size, 2);
            building
                .references
                .extend([address((index + 1) % objects), address(random % objects)].into_iter());
        }
        building.root(address(0), RootKind::Static, Some("everything".into()));
        let built = building.finish(false);
        assert!(!built.losses.any() && built.losses.unknown_references == 0, "{:?}", built.losses);
        let named = |id: &u64| HeapType { name: format!("Type{id}"), module: String::new() };
        let types = built.type_ids.iter().map(named).collect();
        let roots = built.roots.into_iter().map(Root::from).collect();
        Heap { graph: built.graph, types, roots, about: super::super::About::default() }
    }

    /// The most memory this process has used, in MB.
    fn peak_megabytes() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("it is there");
        line.trim().trim_end_matches("kB").trim().parse::<u64>().expect("a number") / 1024
    }

    /// Run alone: `cargo test --release -p dotnet-analysis --lib ten_million -- --ignored --nocapture`
    #[test]
    #[ignore = "takes half a minute and most of a gigabyte; tests of memory run alone"]
    fn ten_million_objects_fit_into_700_megabytes() {
        let millions: u64 = std::env::var("MILLIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
        let heap = build(millions * 1_000_000);
        let built = peak_megabytes();
        let answer = HeapAnswer::new(&heap, &Wanted::default());
        assert_eq!(answer.objects, millions * 1_000_000);
        assert_eq!(answer.unreachable.objects, 0);
        let peak = peak_megabytes();
        println!("{millions} million objects: {built} MB when built, {peak} MB in all");
        assert!(peak < 70 * millions, "{peak} MB");
    }
}
