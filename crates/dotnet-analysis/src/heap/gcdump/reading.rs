//! Reading a `.gcdump` file, ours and those of other tools.

use std::collections::HashMap;
use std::io::{self, BufReader, Read};

use thiserror::Error;

use super::container::{ObjectType, Reader, SIGNATURE, Stop, tag};
use super::{blob, tree};
use crate::heap::addresses::Addresses;
use crate::heap::graph::{About, Graph, Heap, Losses};
use crate::heap::roots::{Root, RootKind};
use crate::heap::shapes::Shapes;
use crate::heap::types::HeapType;

/// Why a file is not read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is something else.
    #[error("it is no .gcdump file")]
    NotGcDump,
    /// It is of a kind that cannot be read.
    #[error("it is a .gcdump file of a kind that cannot be read: {0}")]
    Unsupported(String),
    /// It ends before its objects do.
    #[error("the .gcdump file is cut off")]
    CutOff,
    /// It makes no sense.
    #[error("the .gcdump file is damaged: {0}")]
    Damaged(&'static str),
    /// It cannot be read.
    #[error(transparent)]
    Input(io::Error),
}

impl From<Stop> for ReadError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Ended => Self::CutOff,
            Stop::Nonsense(what) => Self::Damaged(what),
            Stop::Failed(error) => Self::Input(error),
        }
    }
}

/// Versions of the dump that there were, without one that no reader reads.
const OLDEST: i32 = 4;
const UNREADABLE: i32 = 8;
/// A number that is none.
const NONE: u32 = u32::MAX;
/// The type of nodes without a description.
const UNDEFINED: u32 = 0;
/// References have bytes of their own, so there are no more of them than bytes.
const OVERLAP: ReadError = ReadError::Damaged("its nodes overlap");
/// Between 0001-01-01 and 1970-01-01 in units of 100 ns.
const TICKS_BEFORE_1970: i64 = 621_355_968_000_000_000;

/// Bytes by which such a file is known.
pub const HEAD: usize = 64;
/// The type of the object in it.
const OBJECT: &str = "GCHeapDump";

/// Whether a file that begins so is a `.gcdump` file.
#[must_use]
pub fn is_gcdump(head: &[u8]) -> bool {
    let is_container = head.get(4..).is_some_and(|rest| rest.starts_with(SIGNATURE.as_bytes()));
    // Old traces are in such containers too.
    is_container && head.windows(OBJECT.len()).any(|window| window == OBJECT.as_bytes())
}

/// Reads a heap.
///
/// # Errors
///
/// When it is no such file, is cut off within its objects, or makes no sense. What a hostile file can cost is in proportion
/// to its length.
pub fn read(input: impl Read) -> Result<Heap, ReadError> {
    let mut file = Reader::new(BufReader::with_capacity(1 << 18, input));
    let is_ours = matches!(file.array::<4>(), Ok(length) if length == (SIGNATURE.len() as u32).to_le_bytes());
    if !is_ours || file.bytes(SIGNATURE.len()).ok().as_deref() != Some(SIGNATURE.as_bytes()) {
        return Err(ReadError::NotGcDump);
    }
    let dump = expect_type(&mut file, OBJECT)?;
    if dump.version < OLDEST || dump.version == UNREADABLE {
        return Err(ReadError::Unsupported(format!("version {} of the dump", dump.version)));
    }
    let graph = expect_type(&mut file, "MemoryGraph")?;
    if graph.minimum_reader > 0 {
        return Err(ReadError::Unsupported("one of native code, whose types have no names".to_owned()));
    }
    let nodes = Nodes::read(&mut file)?;
    let (heap, is_64_bit) = nodes.into_heap(&mut file)?;
    let mut heap = heap;
    heap.about.pointer_size = if is_64_bit { 8 } else { 4 };
    if dump.version > UNREADABLE {
        // What says where it comes from may be missing.
        let _ = read_origin(&mut file, &mut heap.about);
    }
    Ok(heap)
}

fn expect_type<R: Read>(file: &mut Reader<R>, name: &str) -> Result<ObjectType, ReadError> {
    let found = file.begin()?.ok_or(ReadError::Damaged("an object is missing"))?;
    let last = found.name.rsplit('.').next().unwrap_or_default();
    if last == name { Ok(found) } else { Err(ReadError::NotGcDump) }
}

/// The nodes as they are in the file.
struct Nodes {
    root: u32,
    types: Vec<FileType>,
    /// By node: where its bytes begin.
    offsets: Vec<u32>,
    blob: Vec<u8>,
}

struct FileType {
    name: String,
    module: String,
    size: i32,
}

/// One node.
struct Node<'a> {
    kind: u32,
    size: u64,
    count: usize,
    /// Its references follow.
    rest: &'a [u8],
}

impl Nodes {
    fn read<R: Read>(file: &mut Reader<R>) -> Result<Self, ReadError> {
        let _total_size = file.i64()?;
        let root = file.i32()?;
        let count = file.count()?;
        let mut types = Vec::new();
        for _ in 0..count {
            let name = file.text()?.unwrap_or_default();
            let size = file.i32()?;
            let module = file.text()?.unwrap_or_default();
            types.push(FileType { name, module, size });
        }
        let count = file.count()?;
        let mut offsets = Vec::new();
        for _ in 0..count {
            offsets.push(u32::from_le_bytes(file.array()?));
        }
        let length = file.count()?;
        let blob = file.bytes(length)?;
        let root = u32::try_from(root).ok().filter(|root| (*root as usize) < offsets.len());
        let root = root.ok_or(ReadError::Damaged("its root is not among its nodes"))?;
        Ok(Self { root, types, offsets, blob })
    }

    fn node(&self, index: u32) -> Result<Node<'_>, ReadError> {
        let damaged = || ReadError::Damaged("a node makes no sense");
        let offset = self.offsets.get(index as usize).ok_or_else(damaged)?;
        let mut rest = self.blob.get(*offset as usize..).ok_or_else(damaged)?;
        let first = blob::take(&mut rest).ok_or_else(damaged)?;
        let kind = u32::try_from(first >> 1).map_err(|_| damaged())?;
        let of_type = self.types.get(kind as usize).ok_or_else(damaged)?;
        let size = if first & 1 == 1 { blob::take(&mut rest).ok_or_else(damaged)? } else { of_type.size };
        let count = blob::take(&mut rest).and_then(|count| usize::try_from(count).ok());
        let count = count.filter(|count| *count <= rest.len()).ok_or_else(damaged)?;
        Ok(Node { kind, size: u64::try_from(size).unwrap_or(0), count, rest })
    }

    fn is_grouping(&self, node: &Node<'_>) -> bool {
        self.types.get(node.kind as usize).is_some_and(|kind| is_grouping(&kind.name))
    }

    /// The numbers of nodes that are objects, by node; and the roots, by those numbers.
    fn objects(&self) -> Result<(Vec<u32>, Vec<Root>), ReadError> {
        let mut numbers = vec![0; self.offsets.len()];
        let mut roots: Vec<(u32, RootKind, Option<String>)> = Vec::new();
        let mut open = vec![(self.root, RootKind::Other)];
        if let Some(number) = numbers.get_mut(self.root as usize) {
            *number = NONE;
        }
        let mut seen = 0;
        while let Some((index, kind)) = open.pop() {
            let node = self.node(index)?;
            seen += node.count;
            if seen > self.blob.len() {
                return Err(OVERLAP);
            }
            let name = self.types.get(node.kind as usize).map_or("", |kind| kind.name.as_str());
            let kind = tree::kind_of(name).unwrap_or(kind);
            for target in node.references(index) {
                let target = target?;
                let below = self.node(target)?;
                match numbers.get_mut(target as usize) {
                    Some(number) if *number != NONE && self.is_grouping(&below) => {
                        *number = NONE;
                        open.push((target, kind));
                    }
                    Some(number) if *number != NONE => {
                        roots.push((target, kind, name.starts_with("[static var ").then(|| name.to_owned())));
                    }
                    _ => {}
                }
            }
        }
        let mut next = 0;
        for (index, number) in (0_u32..).zip(&mut numbers) {
            if *number != NONE && self.node(index)?.kind != UNDEFINED {
                *number = next;
                next += 1;
            } else {
                *number = NONE;
            }
        }
        let number = |node: u32| numbers.get(node as usize).copied().filter(|number| *number != NONE);
        let root = |(node, kind, name): (u32, RootKind, Option<String>)| {
            let node = number(node)?;
            let field = name.and_then(|name| tree::static_field(&name, kind, node));
            Some(field.unwrap_or(Root { node, kind, field: None }))
        };
        let mut roots: Vec<Root> = roots.into_iter().filter_map(root).collect();
        roots.sort_by(|a, b| (a.kind, a.node, &a.field).cmp(&(b.kind, b.node, &b.field)));
        roots.dedup();
        Ok((numbers, roots))
    }

    /// By type, whether there are objects of it.
    fn types_of_objects(&self, numbers: &[u32]) -> Result<Vec<bool>, ReadError> {
        let mut used = vec![false; self.types.len()];
        for (index, _) in (0_u32..).zip(numbers).filter(|(_, number)| **number != NONE) {
            if let Some(used) = used.get_mut(self.node(index)?.kind as usize) {
                *used = true;
            }
        }
        Ok(used)
    }

    /// Puts the graph together. The addresses follow in the file.
    fn into_heap<R: Read>(self, file: &mut Reader<R>) -> Result<(Heap, bool), ReadError> {
        let (numbers, roots) = self.objects()?;
        let (types, kinds) = merged_types(&self.types, &self.types_of_objects(&numbers)?);
        let mut graph = Graph::default();
        let mut shapes = Shapes::default();
        // So that types have the numbers they are listed with.
        for kind in 0..types.len() as u64 {
            shapes.kind(kind);
        }
        let mut losses = Losses::default();
        for (index, number) in (0_u32..).zip(&numbers).filter(|(_, number)| **number != NONE) {
            debug_assert_eq!(graph.shape_of.len(), *number as usize);
            let node = self.node(index)?;
            let kind = kinds.get(node.kind as usize).copied().unwrap_or(0);
            graph.shape_of.push(shapes.of(kind, node.size));
            graph.first_reference.push(graph.references.len() as u32);
            if graph.references.len() + node.count > self.blob.len() {
                return Err(OVERLAP);
            }
            for target in node.references(index) {
                match numbers.get(target? as usize).copied().filter(|number| *number != NONE) {
                    Some(target) => graph.references.push(target),
                    None => losses.unknown_references += 1,
                }
            }
        }
        graph.first_reference.push(graph.references.len() as u32);
        graph.references.shrink_to_fit();
        (graph.shapes, _) = shapes.into_parts();
        let count = file.count()?;
        if count != self.offsets.len() {
            return Err(ReadError::Damaged("it has not as many addresses as nodes"));
        }
        drop((self.offsets, self.blob));
        graph.addresses = Addresses::new(8);
        for number in &numbers {
            let address = file.i64()?.cast_unsigned();
            if *number != NONE {
                graph.addresses.push(address);
            }
        }
        let is_64_bit = match file.u8()? {
            tag::BYTE => file.u8()? != 0,
            _ => true,
        };
        let about = About { losses, ..About::default() };
        Ok((Heap { graph, types, roots, about }, is_64_bit))
    }
}

impl<'a> Node<'a> {
    /// The nodes it refers to.
    fn references(&self, own: u32) -> impl Iterator<Item = Result<u32, ReadError>> + use<'a> {
        let mut rest = self.rest;
        (0..self.count).map(move |_| {
            let distance = blob::take(&mut rest).ok_or(ReadError::Damaged("a node is cut off"))?;
            own.checked_add_signed(distance).ok_or(ReadError::Damaged("a reference to no node"))
        })
    }
}

/// Whether a type of that name stands for roots. Wrappers of COM objects have brackets too, and are objects.
fn is_grouping(name: &str) -> bool {
    name.starts_with('[') && name.ends_with(']') && !name.starts_with("[RCW") && !name.starts_with("[CCW")
}

/// The types of objects, and by type of the file the number of its type. Other tools make types of their own for large
/// objects: `System.Byte[] (Bytes > 10K)`.
/// Types that have no objects are left out.
fn merged_types(types: &[FileType], used: &[bool]) -> (Vec<HeapType>, Vec<u64>) {
    let mut list: Vec<HeapType> = Vec::new();
    let mut numbers: Vec<u64> = Vec::new();
    let mut plain: HashMap<(&str, &str), (u64, bool)> = HashMap::new();
    let mut push = |name: &str, module: &str| {
        list.push(HeapType { name: name.to_owned(), module: file_name(module).to_owned() });
        list.len() as u64 - 1
    };
    for (kind, is_used) in types.iter().zip(used) {
        if !is_used {
            // Nothing asks for it.
            numbers.push(0);
            continue;
        }
        let name = kind.name.split_once(" (Bytes > ").map_or(kind.name.as_str(), |(name, _)| name);
        let key = (name, kind.module.as_str());
        let is_plain = name.len() == kind.name.len();
        let number = match plain.get_mut(&key) {
            // At least one of the two is only for large objects.
            Some((number, known)) if !(is_plain && *known) => {
                *known |= is_plain;
                *number
            }
            _ => {
                let number = push(name, &kind.module);
                plain.insert(key, (number, is_plain));
                number
            }
        };
        numbers.push(number);
    }
    (list, numbers)
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Where the dump comes from, behind the graph.
fn read_origin<R: Read>(file: &mut Reader<R>, about: &mut About) -> Result<(), Stop> {
    file.expect(tag::END, "a graph without an end")?;
    let _is_64_bit = file.u8()?;
    let _multipliers: [u8; 8] = file.array()?;
    for _ in 0..2 {
        // Objects that other tools write are not told apart here.
        file.expect(tag::NULL, "an object that is not known")?;
    }
    let _log = file.text()?;
    let ticks = file.i64()?;
    let _machine = file.text()?;
    let process = file.text()?.unwrap_or_default();
    let process_id = file.i32()?;
    if ticks > TICKS_BEFORE_1970 {
        about.taken_unix_ns = (ticks - TICKS_BEFORE_1970).saturating_mul(100);
    }
    about.process_name = process;
    about.process_id = u32::try_from(process_id).unwrap_or(0);
    Ok(())
}
