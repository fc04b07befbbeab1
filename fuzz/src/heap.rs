//! Files of heap dumps.

use dotnet_analysis::heap::{HeapAnswer, Wanted, gcdump as files};

/// What every such file begins with, up to the graph.
const BEGINNING: &[u8] = b"\x14\0\0\0!FastSerialization.1\
    \x04\x04\x01\x0a\0\0\0\x08\0\0\0\x0a\0\0\0GCHeapDump\x06\
    \x04\x04\x01\x01\0\0\0\0\0\0\0\x12\0\0\0Graphs.MemoryGraph\x06";

/// Any bytes as a `.gcdump` file, with or without the beginning of one: an error, or a heap that holds together, can be reported
/// on, and is the same when it was written and read again.
pub fn gcdump(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let file = if choice & 1 == 1 { [BEGINNING, rest].concat() } else { rest.to_vec() };
    let Ok(heap) = files::read(file.as_slice()) else { return };
    for node in heap.nodes() {
        assert!(heap.references(node).iter().all(|target| (*target as usize) < heap.len()));
    }
    let answer = HeapAnswer::new(&heap, &Wanted { top: 4, paths: Some("a".to_owned()) });
    assert_eq!(answer.objects, heap.len() as u64);
    let mut again = Vec::new();
    files::write(&heap, "fuzz", &mut again).expect("small heaps fit");
    let again = files::read(again.as_slice()).expect("what was written can be read");
    assert_eq!(
        (again.len(), again.bytes(), again.reference_count()),
        (heap.len(), heap.bytes(), heap.reference_count())
    );
}
