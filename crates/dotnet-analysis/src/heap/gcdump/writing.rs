//! Writing a heap as a `.gcdump` file.

use std::collections::HashMap;
use std::io::{self, Write};

use thiserror::Error;

use super::container::{SIGNATURE, Writer, tag};
use super::{blob, tree};
use crate::heap::graph::Heap;

/// Why a file was not written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The format has no room for it: its numbers have 31 bits.
    #[error("the heap is too large for a .gcdump file: {objects} objects and {references} references")]
    TooLarge {
        /// Objects.
        objects: usize,
        /// References.
        references: usize,
    },
    /// The output takes no more.
    #[error(transparent)]
    Output(#[from] io::Error),
}

/// Versions of the objects, and the least of readers that can read them.
const DUMP: (&str, i32, i32) = ("GCHeapDump", 10, 8);
const GRAPH: (&str, i32, i32) = ("Graphs.MemoryGraph", 1, 0);
/// The type of nodes that nothing is known about.
const UNDEFINED: &str = "UNDEFINED";
/// Between 0001-01-01 and 1970-01-01 in units of 100 ns, in which the time is written.
const TICKS_BEFORE_1970: i64 = 621_355_968_000_000_000;
/// The nodes' bytes are passed on in pieces.
const PIECE: usize = 1 << 20;

/// A type of the file.
struct FileType<'h> {
    name: &'h str,
    module: &'h str,
    /// The size of the first object; nodes with another say so.
    size: Option<i32>,
}

/// Writes a heap so that PerfView, Visual Studio and dotnet-gcdump can read it. `tool` is what to call the writer. Sizes
/// above 2 GB are written as 2 GB: the format has no larger.
///
/// # Errors
///
/// When the heap has more than the format can count, and those of the output.
pub fn write(heap: &Heap, tool: &str, output: impl Write) -> Result<(), WriteError> {
    let too_large = || WriteError::TooLarge { objects: heap.len(), references: heap.reference_count() };
    let roots = tree::of_heap(heap);
    let nodes = i32::try_from(heap.len() + roots.len()).map_err(|_| too_large())?;
    let mut types = vec![FileType { name: UNDEFINED, module: "", size: Some(0) }];
    types.extend(heap.types().iter().map(|kind| FileType {
        name: &kind.name,
        module: &kind.module,
        size: None,
    }));
    let mut by_name: HashMap<&str, i32> = HashMap::new();
    for root in &roots {
        by_name.entry(&root.name).or_insert_with(|| {
            types.push(FileType { name: &root.name, module: "", size: Some(0) });
            types.len() as i32 - 1
        });
    }
    for node in heap.nodes() {
        if let Some(kind) = types.get_mut(heap.type_of(node) as usize + 1) {
            kind.size.get_or_insert(size(heap, node));
        }
    }

    let mut file = Writer::new(output);
    file.text(SIGNATURE)?;
    file.begin(DUMP.0, DUMP.1, DUMP.2)?;
    file.begin(GRAPH.0, GRAPH.1, GRAPH.2)?;
    file.i64(heap.bytes().cast_signed())?;
    // The roots come after the objects, the first of them is the top.
    file.i32(nodes - roots.len() as i32)?;
    file.i32(types.len() as i32)?;
    for kind in &types {
        file.text(kind.name)?;
        file.i32(kind.size.unwrap_or(-1))?;
        file.text(kind.module)?;
    }
    let encoder = Encoder { heap, roots: &roots, types: &types, by_name: &by_name };
    let length = encoder.write_offsets(&mut file, nodes).map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => too_large(),
        _ => error.into(),
    })?;
    file.i32(length)?;
    encoder.for_each_piece(|piece| file.bytes(piece))?;
    file.i32(nodes)?;
    for node in heap.nodes() {
        file.i64(heap.address(node).cast_signed())?;
    }
    for _ in &roots {
        file.i64(0)?;
    }
    let is_64_bit = u8::from(heap.pointer_size() != 4);
    file.bytes(&[tag::BYTE, is_64_bit, tag::END])?;
    write_rest(heap, tool, is_64_bit, file).map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => too_large(),
        _ => error.into(),
    })
}

/// What comes after the graph.
fn write_rest<W: Write>(heap: &Heap, tool: &str, is_64_bit: u8, mut file: Writer<W>) -> io::Result<()> {
    let about = heap.about();
    file.u8(is_64_bit)?;
    // Nothing was sampled.
    file.f32(1.0)?;
    file.f32(1.0)?;
    // Neither JavaScript nor segments.
    file.bytes(&[tag::NULL, tag::NULL])?;
    file.text("")?;
    file.i64(if about.taken_unix_ns == 0 { 0 } else { about.taken_unix_ns / 100 + TICKS_BEFORE_1970 })?;
    file.text("")?;
    file.text(&about.process_name)?;
    file.i32(about.process_id.cast_signed())?;
    file.i64(0)?;
    file.i64(0)?;
    file.i32(0)?;
    // No information on COM: a region to be skipped that has no object in it.
    file.u8(tag::SKIP)?;
    file.i32(0)?;
    file.u8(tag::NULL)?;
    let behind_region = file.position()?;
    file.u8(tag::TEXT)?;
    file.text(tool)?;
    file.bytes(&[tag::END, tag::END])?;
    let table = file.position()?;
    file.i32(1)?;
    file.label(behind_region)?;
    let trailer = file.position()?;
    file.label(table)?;
    file.label(trailer)?;
    file.finish()
}

/// Nodes as bytes, in order: objects, roots, and the one of unknown type that nodes without a description share.
struct Encoder<'a> {
    heap: &'a Heap,
    roots: &'a [tree::RootNode],
    types: &'a [FileType<'a>],
    by_name: &'a HashMap<&'a str, i32>,
}

impl Encoder<'_> {
    /// Writes how many nodes there are and where each begins; returns how many bytes all have.
    fn write_offsets<W: Write>(&self, file: &mut Writer<W>, nodes: i32) -> io::Result<i32> {
        file.i32(nodes)?;
        let mut bytes = Vec::new();
        self.push_undefined(&mut bytes);
        let mut offset = bytes.len();
        let mut next = |bytes: &mut Vec<u8>, file: &mut Writer<W>| {
            let begin = i32::try_from(offset).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
            offset += bytes.len();
            bytes.clear();
            file.i32(begin)
        };
        bytes.clear();
        for node in self.heap.nodes() {
            self.push_object(&mut bytes, node);
            next(&mut bytes, file)?;
        }
        for index in 0..self.roots.len() {
            self.push_root(&mut bytes, index);
            next(&mut bytes, file)?;
        }
        i32::try_from(offset).map_err(|_| io::ErrorKind::FileTooLarge.into())
    }

    /// The same bytes once more, in pieces.
    fn for_each_piece(&self, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(PIECE + PIECE / 4);
        self.push_undefined(&mut bytes);
        for node in self.heap.nodes() {
            self.push_object(&mut bytes, node);
            if bytes.len() >= PIECE {
                take(&bytes)?;
                bytes.clear();
            }
        }
        for index in 0..self.roots.len() {
            self.push_root(&mut bytes, index);
        }
        take(&bytes)
    }

    #[allow(clippy::unused_self, reason = "one of three that belong together")]
    fn push_undefined(&self, bytes: &mut Vec<u8>) {
        bytes.extend([0, 0]);
    }

    fn push_object(&self, bytes: &mut Vec<u8>, node: u32) {
        let kind = self.heap.type_of(node).cast_signed() + 1;
        let size = size(self.heap, node);
        if self.types.get(kind as usize).is_some_and(|kind| kind.size == Some(size)) {
            blob::push(bytes, kind << 1);
        } else {
            blob::push(bytes, kind << 1 | 1);
            blob::push(bytes, size);
        }
        let references = self.heap.references(node);
        blob::push(bytes, references.len() as i32);
        for target in references {
            blob::push(bytes, target.wrapping_sub(node).cast_signed());
        }
    }

    fn push_root(&self, bytes: &mut Vec<u8>, index: usize) {
        let Some(root) = self.roots.get(index) else { return };
        let kind = self.by_name.get(root.name.as_str()).copied().unwrap_or(0);
        let own = (self.heap.len() + index) as u32;
        blob::push(bytes, kind << 1);
        blob::push(bytes, (root.below.len() + root.objects.len()) as i32);
        let below = root.below.iter().map(|below| (self.heap.len() + below) as u32);
        for target in below.chain(root.objects.iter().copied()) {
            blob::push(bytes, target.wrapping_sub(own).cast_signed());
        }
    }
}

/// As wide as the format has it.
fn size(heap: &Heap, node: u32) -> i32 {
    i32::try_from(heap.size(node)).unwrap_or(i32::MAX)
}
