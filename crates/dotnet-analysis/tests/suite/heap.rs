//! Heap dumps: the recorded one, compared with what its bytes say when they are simply counted.

use std::collections::{BTreeMap, HashMap, HashSet};

use dotnet_analysis::Analysis;
use dotnet_analysis::heap::{Dominators, Heap, HeapDump, Paths, Progress, RootKind};
use nettrace::{Event, Payload};

use super::corpus;

const RECORDED: &str = "r9_gcheapdump.nettrace";

pub(super) fn heap_of(bytes: &[u8], chunk: usize) -> (Heap, Progress) {
    let mut dump = HeapDump::new();
    let mut analysis = Analysis::new().with(&mut dump);
    corpus::decode(bytes, chunk, &mut analysis).1.unwrap();
    drop(analysis);
    let progress = dump.progress();
    (dump.into_heap().unwrap(), progress)
}

/// The rows of the events by the bytes of their payloads, without any thought of memory.
#[derive(Default)]
struct Naive {
    /// Address, size, type, number of references.
    objects: Vec<[u64; 4]>,
    references: Vec<u64>,
    /// Events by id.
    events: BTreeMap<u32, u64>,
    heap_statistics: Vec<u64>,
}

impl Naive {
    fn read(bytes: &[u8]) -> Self {
        let mut naive = Self::default();
        corpus::decode(bytes, bytes.len(), &mut |event: &Event<'_>| {
            if event.metadata.provider == "Microsoft-Windows-DotNETRuntime" {
                naive.event(event.metadata.event_id, event.payload);
            }
        })
        .1
        .unwrap();
        naive
    }

    fn event(&mut self, id: u32, payload: &[u8]) {
        *self.events.entry(id).or_default() += 1;
        let mut fields = Payload::new(payload);
        match id {
            18 | 19 => {
                let _index = fields.u32().unwrap();
                let count = fields.u32().unwrap();
                let _clr = fields.u16().unwrap();
                for _ in 0..count {
                    if id == 18 {
                        self.objects.push([(); 4].map(|()| fields.u64().unwrap()));
                    } else {
                        self.references.push(fields.u64().unwrap());
                        let _field = fields.u32().unwrap();
                    }
                }
                assert!(fields.rest().is_empty());
            }
            4 => self.heap_statistics = (0..8).map(|_| fields.u64().unwrap()).collect(),
            _ => {}
        }
    }
}

#[test]
fn every_object_and_reference_is_there() {
    let Some(bytes) = corpus::trace(RECORDED) else { return };
    let naive = Naive::read(&bytes);
    let answers = corpus::answers(RECORDED);
    for row in answers["by_event"].as_array().unwrap() {
        let id = row[1].as_u64().unwrap() as u32;
        if [15, 16, 18, 19, 38].contains(&id) {
            assert_eq!(naive.events.get(&id).copied(), row[4].as_u64(), "{row}");
        }
    }

    let (heap, progress) = heap_of(&bytes, 4096);
    assert_eq!(progress, Progress::Complete { objects: naive.objects.len(), lost_events: 0 });
    assert_eq!(heap.len(), 1_533_435);
    assert_eq!(heap.len(), naive.objects.len());
    assert_eq!(heap.reference_count(), naive.references.len());
    assert!(!heap.about().losses.any(), "{:?}", heap.about());
    assert_eq!(heap.about().losses.unknown_references, 0);
    assert_eq!(heap.about().collection, answers["gc"][0]["number"].as_u64().map(|number| number as u32));

    let mut references = naive.references.iter();
    let mut by_type: HashMap<u64, u32> = HashMap::new();
    for (node, [address, size, type_id, count]) in heap.nodes().zip(&naive.objects) {
        assert_eq!((heap.address(node), heap.size(node)), (*address, *size));
        assert_eq!(*by_type.entry(*type_id).or_insert(heap.type_of(node)), heap.type_of(node));
        let targets = heap.references(node).iter().map(|target| heap.address(*target));
        assert!(targets.eq(references.by_ref().take(*count as usize).copied()), "references of {node}");
    }
    assert_eq!(by_type.values().collect::<HashSet<_>>().len(), by_type.len());
    assert_eq!(heap.find(naive.objects[1_000_000][0]), Some(1_000_000));

    // What the runtime says of its generations has the space between objects in it, and the rounding of each to 8 bytes.
    let bytes: u64 = naive.objects.iter().map(|[_, size, ..]| size).sum();
    assert_eq!(heap.bytes(), bytes);
    let rounded: u64 = naive.objects.iter().map(|[_, size, ..]| size.next_multiple_of(8)).sum();
    let generations = heap.about().generation_bytes.unwrap();
    assert_eq!(generations[..3], [0, 438_704, 83_884_808]);
    let said: u64 = generations.iter().sum();
    assert_eq!(said - generations[4], naive.heap_statistics.iter().step_by(2).sum::<u64>());
    assert!(rounded <= said && said - rounded < said / 10, "{rounded} bytes of objects in {said} of heap");
}

#[test]
fn what_the_program_keeps_is_found_by_its_root() {
    let Some(bytes) = corpus::trace(RECORDED) else { return };
    let (heap, _) = heap_of(&bytes, bytes.len());
    let tree = Dominators::new(&heap);
    let paths = Paths::new(&heap);
    let of_type =
        |name: &str| -> Vec<u32> { heap.nodes().filter(|node| heap.type_name(*node) == name).collect() };
    let orders = of_type("Order");
    assert_eq!(orders.len(), 100_000);
    assert_eq!(of_type("System.Collections.Generic.List<Line>").len(), 100_000);
    assert_eq!(of_type("Line").len(), 300_000);
    // Each order keeps its lines alive, and the array of orders keeps all of them.
    let lines_of_one = tree.dominated(orders[0]).unwrap();
    assert!(lines_of_one > 5, "{lines_of_one}");
    let path = paths.to(orders[0]).unwrap();
    let names: Vec<&str> = path.iter().map(|node| heap.type_name(*node)).collect();
    assert_eq!(*names.last().unwrap(), "Order", "{names:?}");
    let root = heap.roots().iter().find(|root| root.node == path[0]).unwrap();
    assert_eq!(root.text(), "static field roots");
    assert!(tree.retained(path[1]).unwrap() > heap.bytes() / 2);
    assert_eq!(root.kind, RootKind::Static);
}

#[test]
fn a_dump_that_is_cut_off_gives_what_came() {
    let Some(bytes) = corpus::trace(RECORDED) else { return };
    let mut dump = HeapDump::new();
    let mut analysis = Analysis::new().with(&mut dump);
    assert!(corpus::decode(&bytes[..bytes.len() / 2], 1 << 20, &mut analysis).1.is_err());
    drop(analysis);
    assert!(matches!(dump.progress(), Progress::Telling { objects: 700_000.., lost_events: 0 }));
    let heap = dump.into_heap().unwrap();
    assert!(heap.about().losses.cut_off && heap.about().losses.any());
    assert!(heap.about().losses.unknown_references > 0, "references to what had not come yet");
    assert!(heap.len() > 700_000);
}
