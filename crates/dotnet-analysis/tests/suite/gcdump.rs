//! `.gcdump` files: ours, read by a reader that was written from the description of the format alone.

use dotnet_analysis::heap::{Heap, HeapAnswer, RootKind, Wanted, gcdump};
use proptest::collection::vec;
use proptest::prelude::*;

use super::corpus;
use super::heap::heap_of;

const RECORDED: &str = "r9_gcheapdump.nettrace";

/// The file as `ipc-and-tools.md` B.4.6 has it, step by step.
struct Described<'a> {
    bytes: &'a [u8],
    at: usize,
}

#[derive(Debug, PartialEq, Eq)]
struct FileNode {
    kind: usize,
    size: i32,
    children: Vec<usize>,
}

#[derive(Debug)]
struct File {
    total_size: i64,
    root: usize,
    types: Vec<(String, i32, String)>,
    nodes: Vec<FileNode>,
    addresses: Vec<i64>,
    process: (String, i32),
    tool: String,
}

impl Described<'_> {
    fn take(&mut self, count: usize) -> &[u8] {
        self.at += count;
        &self.bytes[self.at - count..self.at]
    }

    fn u8(&mut self) -> u8 {
        self.take(1)[0]
    }

    fn i32(&mut self) -> i32 {
        i32::from_le_bytes(self.take(4).try_into().unwrap())
    }

    fn i64(&mut self) -> i64 {
        i64::from_le_bytes(self.take(8).try_into().unwrap())
    }

    fn text(&mut self) -> String {
        let units = self.i32();
        let mut text = String::new();
        while text.encode_utf16().count() < units as usize {
            let rest = &self.bytes[self.at..(self.at + 4).min(self.bytes.len())];
            let valid = match std::str::from_utf8(rest) {
                Ok(valid) => valid,
                Err(error) => std::str::from_utf8(&rest[..error.valid_up_to()]).unwrap(),
            };
            let character = valid.chars().next().unwrap();
            self.at += character.len_utf8();
            text.push(character);
        }
        text
    }

    /// Tag 4, then a type: tag 4, tag 1, version, least reader, name, tag 6.
    fn begin(&mut self) -> (String, i32, i32) {
        assert_eq!(self.take(3), [4, 4, 1]);
        let (version, least) = (self.i32(), self.i32());
        let name = self.text();
        assert_eq!(self.u8(), 6);
        (name, version, least)
    }

    fn file(bytes: &[u8]) -> File {
        let mut file = Described { bytes, at: 0 };
        assert_eq!(file.text(), "!FastSerialization.1");
        assert_eq!(file.begin(), ("GCHeapDump".to_owned(), 10, 8));
        assert_eq!(file.begin(), ("Graphs.MemoryGraph".to_owned(), 1, 0));
        let total_size = file.i64();
        let root = file.i32() as usize;
        let types: Vec<_> = (0..file.i32()).map(|_| (file.text(), file.i32(), file.text())).collect();
        let count = file.i32();
        let offsets: Vec<i32> = (0..count).map(|_| file.i32()).collect();
        let length = file.i32() as usize;
        let blob = file.take(length).to_vec();
        let nodes =
            offsets.iter().enumerate().map(|(own, offset)| node(&blob, *offset as usize, own, &types));
        let nodes = nodes.collect();
        assert_eq!(file.i32(), count);
        let addresses = (0..count).map(|_| file.i64()).collect();
        // Tagged: a byte.
        assert_eq!((file.u8(), file.u8(), file.u8()), (8, 1, 6));
        assert_eq!((file.u8(), file.i32(), file.i32()), (1, 0x3f80_0000, 0x3f80_0000));
        assert_eq!(file.take(2), [1, 1]);
        let _log = file.text();
        let ticks = file.i64();
        assert!(ticks > 638_000_000_000_000_000, "in this decade: {ticks}");
        let _machine = file.text();
        let process = (file.text(), file.i32());
        let _memory = (file.i64(), file.i64());
        assert_eq!(file.i32(), 0);
        // A region to be skipped, up to the first entry of the table of forward references.
        assert_eq!((file.u8(), file.i32(), file.u8()), (12, 0, 1));
        let behind_region = file.at as i32;
        assert_eq!(file.u8(), 13);
        let tool = file.text();
        assert_eq!(file.take(2), [6, 6]);
        let table = file.at as i32;
        assert_eq!((file.i32(), file.i32()), (1, behind_region));
        let trailer = file.at as i32;
        assert_eq!((file.i32(), file.i32()), (table, trailer));
        assert_eq!(file.at, bytes.len());
        File { total_size, root, types, nodes, addresses, process, tool }
    }
}

fn node(blob: &[u8], offset: usize, own: usize, types: &[(String, i32, String)]) -> FileNode {
    let mut at = offset;
    let mut number = || {
        // Groups of seven bits, the highest first, extended by the sign of the first.
        let mut groups = vec![blob[at] & 0x7f];
        while blob[at] & 0x80 != 0 {
            at += 1;
            groups.push(blob[at] & 0x7f);
        }
        at += 1;
        let bits = 7 * groups.len() as u32;
        let value = groups.iter().fold(0_i64, |value, group| value << 7 | i64::from(*group));
        (value << (64 - bits) >> (64 - bits)) as i32
    };
    let first = number();
    let kind = (first >> 1) as usize;
    let size = if first & 1 == 1 { number() } else { types[kind].1 };
    let count = number();
    let children = (0..count).map(|_| (own as i64 + i64::from(number())) as usize).collect();
    FileNode { kind, size, children }
}

fn written(heap: &Heap) -> Vec<u8> {
    let mut bytes = Vec::new();
    gcdump::write(heap, "pipescope", &mut bytes).unwrap();
    bytes
}

#[test]
fn a_recorded_heap_goes_through_a_file() {
    let Some(bytes) = corpus::trace(RECORDED) else { return };
    assert!(matches!(gcdump::read(bytes.as_slice()), Err(gcdump::ReadError::NotGcDump)));
    assert!(matches!(gcdump::read([].as_slice()), Err(gcdump::ReadError::NotGcDump)));
    let (mut heap, _) = heap_of(&bytes, bytes.len());
    heap.set_process(4711, "Bücher 🐎");
    let bytes = written(&heap);
    is_what_the_description_says(&bytes, &heap);
    is_read_as_it_was_written(&bytes, &heap);
    for length in [30, 1000, bytes.len() / 3] {
        let cut = gcdump::read(&bytes[..length]).unwrap_err();
        assert!(matches!(cut, gcdump::ReadError::CutOff), "{length}: {cut:?}");
    }
}

fn is_what_the_description_says(bytes: &[u8], heap: &Heap) {
    let file = Described::file(bytes);
    assert_eq!(file.total_size as u64, heap.bytes());
    assert_eq!(file.process, ("Bücher 🐎".to_owned(), 4711));
    assert_eq!(file.tool, "pipescope");
    for node in heap.nodes() {
        let of_file = &file.nodes[node as usize];
        assert_eq!(of_file.size as u64, heap.size(node));
        assert_eq!(file.types[of_file.kind].0, heap.type_name(node));
        assert_eq!(file.addresses[node as usize] as u64, heap.address(node));
        assert!(
            of_file.children.iter().eq(heap
                .references(node)
                .iter()
                .map(|child| *child as usize)
                .collect::<Vec<_>>()
                .iter())
        );
    }
    let name = |node: &usize| file.types[file.nodes[*node].kind].0.as_str();
    assert_eq!(name(&file.root), "[.NET Roots]");
    let kinds = &file.nodes[file.root].children;
    assert_eq!(
        kinds.iter().map(name).collect::<Vec<_>>(),
        ["[static vars]", "[thread static vars]", "[local vars]", "[other roots]"]
    );
    let statics: Vec<&str> = file.nodes[kinds[0]].children.iter().map(name).collect();
    let of_heap = heap.roots().iter().filter(|root| root.kind == RootKind::Static).count();
    assert_eq!(statics.len(), of_heap);
    assert!(statics.contains(&"[static var System.Collections.Generic.List<System.Object>.roots]"));
    let locals = file.nodes[kinds[2]].children.len();
    assert_eq!(locals, heap.roots().iter().filter(|root| root.kind == RootKind::Stack).count());
}

fn is_read_as_it_was_written(bytes: &[u8], heap: &Heap) {
    let read = gcdump::read(bytes).unwrap();
    assert_eq!(
        (read.len(), read.bytes(), read.reference_count()),
        (heap.len(), heap.bytes(), heap.reference_count())
    );
    for node in heap.nodes() {
        assert_eq!(read.type_name(node), heap.type_name(node));
        assert_eq!((read.size(node), read.address(node)), (heap.size(node), heap.address(node)));
        assert_eq!(read.references(node), heap.references(node));
    }
    assert_eq!(read.roots(), heap.roots());
    assert_eq!(read.about().process_id, heap.about().process_id);
    let taken = heap.about().taken_unix_ns;
    assert_eq!(read.about().taken_unix_ns, taken - taken % 100);
    assert!(!read.about().losses.any());
    assert_eq!(written(&read).len(), bytes.len());
}

/// A file by hand, as dotnet-gcdump numbers its nodes: in the order in which they are first seen.
fn by_hand() -> Vec<u8> {
    fn text(file: &mut Vec<u8>, text: &str) {
        file.extend((text.len() as i32).to_le_bytes());
        file.extend(text.as_bytes());
    }
    let mut file = Vec::new();
    text(&mut file, "!FastSerialization.1");
    for (name, version, least) in [("GCHeapDump", 10_i32, 8_i32), ("Graphs.MemoryGraph", 1, 0)] {
        file.extend([4, 4, 1]);
        file.extend([version.to_le_bytes(), least.to_le_bytes()].concat());
        text(&mut file, name);
        file.push(6);
    }
    file.extend(1234_i64.to_le_bytes());
    file.extend(2_i32.to_le_bytes());
    let types = [
        ("UNDEFINED", 0_i32),
        ("Order", 24),
        ("[.NET Roots]", 0),
        ("System.Byte[] (Bytes > 10K)", 20_000),
        ("System.Byte[]", 30),
        ("[static var Shop.orders]", 0),
        ("[static vars]", 0),
    ];
    file.extend((types.len() as i32).to_le_bytes());
    for (name, size) in types {
        text(&mut file, name);
        file.extend(size.to_le_bytes());
        text(&mut file, "/app/Shop.dll");
    }
    // 0 order -> 1, 3 and 6; 1 large bytes; 2 roots -> 5; 3 bytes; 4 the field -> 0; 5 fields -> 4; 6 never described.
    let nodes: [&[u8]; 7] = [
        &[1 << 1, 3, 1, 3, 6],
        &[3 << 1, 0],
        &[2 << 1, 1, 3],
        &[4 << 1 | 1, 40, 0],
        &[5 << 1, 1, 0x7c],
        &[6 << 1, 1, 0x7f],
        &[0, 0],
    ];
    file.extend(7_i32.to_le_bytes());
    let mut offset = 0_i32;
    for node in nodes {
        file.extend(offset.to_le_bytes());
        offset += node.len() as i32;
    }
    file.extend(offset.to_le_bytes());
    file.extend(nodes.concat());
    file.extend(7_i32.to_le_bytes());
    for address in [0x3000_i64, 0x1000, 0, 0x2000, 0, 0, 0x4000] {
        file.extend(address.to_le_bytes());
    }
    file.extend([8, 1, 6]);
    file
}

#[test]
fn files_of_other_tools_are_read() {
    let heap = gcdump::read(by_hand().as_slice()).unwrap();
    let objects: Vec<(&str, u64, u64)> =
        heap.nodes().map(|node| (heap.type_name(node), heap.size(node), heap.address(node))).collect();
    assert_eq!(
        objects,
        [("Order", 24, 0x3000), ("System.Byte[]", 20_000, 0x1000), ("System.Byte[]", 40, 0x2000)]
    );
    assert_eq!(heap.references(0), [1, 2]);
    assert_eq!(heap.about().losses.unknown_references, 1);
    let types: Vec<(&str, &str)> =
        heap.types().iter().map(|kind| (kind.name.as_str(), kind.module.as_str())).collect();
    assert_eq!(types, [("Order", "Shop.dll"), ("System.Byte[]", "Shop.dll")]);
    let [root] = heap.roots() else { panic!("{:?}", heap.roots()) };
    assert_eq!((root.node, root.kind, root.field.as_deref()), (0, RootKind::Static, Some("orders")));
}

proptest! {
    #[test]
    fn damaged_files_are_errors_or_heaps_that_hold_together(
        changes in vec((0..420_usize, any::<u8>()), 1..8),
        length in 0..600_usize,
    ) {
        let mut file = by_hand();
        for (at, byte) in changes {
            let at = at % file.len();
            file[at] = byte;
        }
        file.truncate(length);
        let Ok(heap) = gcdump::read(file.as_slice()) else { return Ok(()) };
        for node in heap.nodes() {
            prop_assert!(heap.references(node).iter().all(|target| (*target as usize) < heap.len()));
        }
        let answer = HeapAnswer::new(&heap, &Wanted { top: 3, paths: Some("Order".to_owned()) });
        prop_assert_eq!(answer.objects, heap.len() as u64);
        let again = gcdump::read(written(&heap).as_slice()).unwrap();
        prop_assert_eq!((again.len(), again.bytes()), (heap.len(), heap.bytes()));
    }
}
