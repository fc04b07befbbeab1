//! What the report on a heap says.

use serde::Serialize;

use super::graph::{Heap, Losses};
use super::roots::{Root, RootKind};
use super::survey::{Group, Keeper, Survey};
use super::ways::{self, Way};

/// What is wanted of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// How many of the objects that keep most alive are told of, and how many rows tables have for people.
    pub top: usize,
    /// Types whose objects' paths from a root are told: a name, its last part, or a part of it.
    pub paths: Option<String>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { top: 10, paths: None }
    }
}

/// A report on a heap. Bytes are those of objects, without the space between them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HeapAnswer {
    /// The process; 0 when not known.
    pub process_id: u32,
    /// Its name; empty when not known.
    pub process_name: String,
    /// When the dump was taken, in nanoseconds since 1970-01-01 UTC; 0 when not known.
    pub taken_unix_ns: i64,
    /// Number of the collection that told of the heap.
    pub collection: Option<u32>,
    /// How long the process stood still for it.
    pub pause_ns: Option<i64>,
    /// Objects.
    pub objects: u64,
    /// Their bytes, all added up.
    pub bytes: u64,
    /// References from objects to objects.
    pub references: u64,
    /// Types that have objects.
    pub types: u64,
    /// By type, those that keep most alive first.
    pub by_type: Vec<TypeRow>,
    /// By what keeps objects alive.
    pub by_root: Vec<RootRow>,
    /// The objects that keep most alive, and the way down from them.
    pub keepers: Vec<KeeperRow>,
    /// Why the objects that were asked about are alive.
    pub paths: Vec<PathRow>,
    /// Objects that nothing keeps alive.
    pub unreachable: Unreachable,
    /// Sizes of generations as the runtime says, with the space between objects.
    pub generations: Option<Generations>,
    /// What is missing.
    pub losses: LossRow,
    #[serde(skip)]
    pub(super) wanted: Wanted,
}

/// The objects of a type.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TypeRow {
    /// Its name.
    #[serde(rename = "type")]
    pub name: String,
    /// File name of its module; empty when not known.
    pub module: String,
    /// Objects.
    pub count: u64,
    /// Their own bytes.
    pub bytes: u64,
    /// The bytes of the largest.
    pub largest_bytes: u64,
    /// Bytes that would be freed if all of them were.
    pub retained_bytes: u64,
}

/// What roots of a kind keep alive.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RootRow {
    /// The kind.
    pub kind: RootKind,
    /// Roots.
    pub roots: u64,
    /// Objects that are alive because of them.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// An object that keeps many others alive.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeeperRow {
    /// Its type.
    #[serde(rename = "type")]
    pub name: String,
    /// Where it was, such as `0x7f0012345678`.
    pub address: String,
    /// Why it is alive.
    pub root: Option<RootName>,
    /// Bytes that would be freed with it.
    pub retained_bytes: u64,
    /// Objects that would be freed with it, itself included.
    pub retained_objects: u64,
    /// From it down to where what it keeps spreads: each keeps the next alive, alone.
    pub chain: Vec<ChainRow>,
    /// What the last of the chain keeps alive.
    pub mostly: Vec<GroupRow>,
}

/// A root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RootName {
    /// Its kind.
    pub kind: RootKind,
    /// Of a static field, its name. The runtime does not tell of which type.
    pub field: Option<String>,
}

/// An object on the way down.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChainRow {
    /// Its type.
    #[serde(rename = "type")]
    pub name: String,
    /// Bytes that would be freed with it.
    pub retained_bytes: u64,
}

/// Objects of a type that one object keeps alive.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupRow {
    /// The type.
    #[serde(rename = "type")]
    pub name: String,
    /// Objects.
    pub count: u64,
    /// Bytes that would be freed with them.
    pub retained_bytes: u64,
}

/// A way from a root, and the objects it leads to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PathRow {
    /// The type of those objects.
    #[serde(rename = "type")]
    pub name: String,
    /// Where it begins; without, nothing keeps the objects alive.
    pub root: Option<RootName>,
    /// Types from the root's object to the objects asked about.
    pub steps: Vec<String>,
    /// Steps that were left out in the middle of a long way.
    pub steps_left_out: u64,
    /// Objects it leads to.
    pub count: u64,
    /// Their own bytes.
    pub bytes: u64,
    /// The address of one of them.
    pub address: String,
}

/// Objects that nothing keeps alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Unreachable {
    /// Objects.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Sizes of generations in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Generations {
    /// Generation 0.
    pub gen0_bytes: u64,
    /// Generation 1.
    pub gen1_bytes: u64,
    /// Generation 2.
    pub gen2_bytes: u64,
    /// Large objects.
    pub loh_bytes: u64,
    /// Pinned objects.
    pub poh_bytes: u64,
}

/// What is missing in the dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LossRow {
    /// Whether anything is that changes the figures.
    pub any: bool,
    /// Lost events, each of which told of many objects, references or roots.
    pub events: u64,
    /// Objects whose references are not known.
    pub objects_without_references: u64,
    /// Whether the dump has no end.
    pub cut_off: bool,
}

impl HeapAnswer {
    /// Looks into a heap. Takes about 25 bytes of memory per object while it does.
    #[must_use]
    pub fn new(heap: &Heap, wanted: &Wanted) -> Self {
        let survey = Survey::new(heap);
        let about = heap.about();
        let by_type: Vec<TypeRow> = survey
            .by_type()
            .into_iter()
            .map(|figures| {
                let known = heap.types().get(figures.kind as usize).cloned().unwrap_or_default();
                TypeRow {
                    name: known.name,
                    module: known.module,
                    count: figures.count,
                    bytes: figures.bytes,
                    largest_bytes: figures.largest,
                    retained_bytes: figures.retained,
                }
            })
            .collect();
        let by_root = survey.by_root().into_iter().map(|figures| RootRow {
            kind: figures.kind,
            roots: figures.roots,
            objects: figures.objects,
            bytes: figures.bytes,
        });
        let (objects, bytes) = survey.unreachable();
        let ways = wanted.paths.as_deref().map(|name| ways::to_type(&survey, name)).unwrap_or_default();
        Self {
            process_id: about.process_id,
            process_name: about.process_name.clone(),
            taken_unix_ns: about.taken_unix_ns,
            collection: about.collection,
            pause_ns: about.pause_ns,
            objects: heap.len() as u64,
            bytes: heap.bytes(),
            references: heap.reference_count() as u64,
            types: by_type.len() as u64,
            by_type,
            by_root: by_root.collect(),
            keepers: survey
                .keepers(wanted.top)
                .iter()
                .map(|keeper| KeeperRow::new(&survey, keeper))
                .collect(),
            paths: ways.iter().map(|way| PathRow::new(&survey, way)).collect(),
            unreachable: Unreachable { objects, bytes },
            generations: about.generation_bytes.map(Generations::from),
            losses: LossRow::from(&about.losses),
            wanted: wanted.clone(),
        }
    }
}

impl KeeperRow {
    fn new(survey: &Survey<'_>, keeper: &Keeper) -> Self {
        let heap = survey.heap();
        let first = keeper.chain.first().copied().unwrap_or(u32::MAX);
        let chain = keeper.chain.iter().map(|node| ChainRow {
            name: heap.type_name(*node).to_owned(),
            retained_bytes: survey.dominators().retained(*node).unwrap_or(0),
        });
        Self {
            name: heap.type_name(first).to_owned(),
            address: address(heap, first),
            root: survey.origin(first).map(RootName::from),
            retained_bytes: keeper.retained,
            retained_objects: keeper.objects,
            chain: chain.collect(),
            mostly: keeper.mostly.iter().map(|group| GroupRow::new(heap, group)).collect(),
        }
    }
}

impl GroupRow {
    fn new(heap: &Heap, group: &Group) -> Self {
        let name = heap.types().get(group.kind as usize).map_or("?", |known| &known.name).to_owned();
        Self { name, count: group.count, retained_bytes: group.retained }
    }
}

impl PathRow {
    fn new(survey: &Survey<'_>, way: &Way) -> Self {
        let heap = survey.heap();
        let name = |kind: &u32| heap.types().get(*kind as usize).map_or("?", |known| &known.name).to_owned();
        Self {
            name: heap.type_name(way.example).to_owned(),
            root: survey.origin(way.example).map(RootName::from),
            steps: way.steps.iter().map(name).collect(),
            steps_left_out: way.left_out,
            count: way.count,
            bytes: way.bytes,
            address: address(heap, way.example),
        }
    }
}

impl From<&Root> for RootName {
    fn from(root: &Root) -> Self {
        Self { kind: root.kind, field: root.field.as_deref().map(str::to_owned) }
    }
}

impl From<[u64; 5]> for Generations {
    fn from([gen0_bytes, gen1_bytes, gen2_bytes, loh_bytes, poh_bytes]: [u64; 5]) -> Self {
        Self { gen0_bytes, gen1_bytes, gen2_bytes, loh_bytes, poh_bytes }
    }
}

impl From<&Losses> for LossRow {
    fn from(losses: &Losses) -> Self {
        Self {
            any: losses.any(),
            events: losses.object_events + losses.reference_events + losses.root_events,
            objects_without_references: losses.objects_without_references,
            cut_off: losses.cut_off,
        }
    }
}

fn address(heap: &Heap, node: u32) -> String {
    format!("{:#x}", heap.address(node))
}
