//! The older format, version 3: recorded traces, and streams built byte by byte.

use nettrace::{ErrorKind, Event, Uuid};

use crate::corpus::{self, decode, event_hashes};
use crate::recorded::{Found, expected};
use crate::stream::{Bytes, Definition, SERIALIZATION};

const RECORDED: &[&str] = &[
    "eventpipe-dotnetcore2.1-linux-x64-objver3.netperf",
    "eventpipe-dotnetcore2.1-linux-x64-tracelogging.netperf",
];

#[test]
fn answers_agree() {
    for name in RECORDED {
        let Some(bytes) = corpus::trace(name) else { return };
        let answers = corpus::answers(name);
        let mut found = Found::default();
        let mut before = i64::MIN;
        let (decoder, result) = decode(&bytes, usize::MAX, &mut |event: &Event<'_>| {
            assert!(event.timestamp >= before, "{name}: all events are in order");
            before = event.timestamp;
            found.event(event);
        });
        result.unwrap();
        let statistics = decoder.statistics();
        assert!(decoder.is_complete());
        assert_eq!(decoder.trace().unwrap().version, 3);
        assert_eq!(answers["pointer_size"], decoder.trace().unwrap().pointer_size, "{name}");
        assert_eq!(found.rows, expected(&answers), "{name}");
        assert_eq!(answers["events"], statistics.events, "{name}");
        assert_eq!(answers["payload_bytes"], statistics.payload_bytes, "{name}");
        assert_eq!(answers["events_with_stack"].as_u64().unwrap_or(0), found.with_stack, "{name}");
        assert_eq!(answers["distinct_stacks"].as_u64().unwrap_or(0), found.stacks.len() as u64, "{name}");
        assert_eq!((statistics.lost_events, statistics.undefined_events), (0, 0), "{name}");

        let whole = event_hashes(&bytes, usize::MAX);
        for piece in [333, 65_521] {
            let pieced = event_hashes(&bytes, piece);
            assert!(pieced == whole, "{name} in pieces of {piece}");
        }
    }
}

#[test]
fn activities_of_a_recorded_trace() {
    let Some(bytes) = corpus::trace(RECORDED[0]) else { return };
    let expected = Uuid::parse_str("10000000-0000-0000-0000-000000000001").unwrap();
    let mut set = false;
    let mut counts = 0;
    let _ = decode(&bytes, usize::MAX, &mut |event: &Event<'_>| {
        assert_eq!(event.activity_id, if set { expected } else { Uuid::nil() });
        // `SetActivityId` of the tasks' own source says so of all that follows.
        let metadata = event.metadata;
        set |= metadata.provider == "System.Threading.Tasks.TplEventSource" && metadata.event_id == 25;
        counts += 1;
    });
    assert!(set);
    assert_eq!(counts, 26_146);
}

/// A stream of one block of events.
fn stream(events: &[u8]) -> Vec<u8> {
    let mut bytes = Bytes::default();
    bytes.raw(SERIALIZATION);
    object(&mut bytes, "Trace", 3, |bytes| {
        for part in [2018u16, 2, 0, 3, 4, 5, 6, 7] {
            bytes.u16(part);
        }
        bytes.i64(0).i64(1000).i32(8).i32(11).i32(4).i32(1_000_000);
    });
    object(&mut bytes, "EventBlock", 1, |bytes| {
        bytes.i32(events.len() as i32);
        while !bytes.0.len().is_multiple_of(4) {
            bytes.u8(0);
        }
        bytes.raw(events);
    });
    bytes.u8(1);
    bytes.0
}

fn object(bytes: &mut Bytes, name: &str, version: i32, fill: impl FnOnce(&mut Bytes)) {
    bytes.raw(&[4, 4, 1]).i32(version).i32(0).i32(name.len() as i32).raw(name.as_bytes()).u8(6);
    fill(bytes);
    bytes.u8(6);
}

fn event(bytes: &mut Bytes, metadata: i32, payload: &[u8], stack: &[u8]) {
    let size = 56 + payload.len() + stack.len();
    event_claiming(bytes, size as i32, metadata, payload.len() as i32, payload, stack.len() as i32, stack);
}

fn event_claiming(
    bytes: &mut Bytes,
    size: i32,
    metadata: i32,
    payload_size: i32,
    payload: &[u8],
    stack_size: i32,
    stack: &[u8],
) {
    bytes.i32(size).i32(metadata).i32(7).i64(5).raw(&[1; 16]).raw(&[2; 16]);
    bytes.i32(payload_size).raw(payload).i32(stack_size).raw(stack);
}

fn definition() -> Bytes {
    let mut bytes = Bytes::default();
    let blob = Definition::new(1, "Old", 3).fields(&[("number", 9)]).blob();
    event(&mut bytes, 0, &blob, &[]);
    bytes
}

#[test]
fn an_event_with_its_stack() {
    let mut events = definition();
    let stack: Vec<u8> = [5u64, 6].iter().flat_map(|address| address.to_le_bytes()).collect();
    event(&mut events, 1, &77i32.to_le_bytes(), &stack);
    event(&mut events, 1, &78i32.to_le_bytes(), &[]);
    event(&mut events, 1, &[], &vec![9; 65_527]);
    event(&mut events, 2, &[], &[]);
    for piece in [1, 50, usize::MAX] {
        let mut found = Vec::new();
        let (decoder, result) = decode(&stream(&events.0), piece, &mut |event: &Event<'_>| {
            let number = event.value("number").ok().flatten().and_then(|value| value.as_i64());
            found.push((number, event.stack.addresses().take(2).collect::<Vec<_>>()));
            assert_eq!((event.thread_id, event.capture_thread_id, event.timestamp), (7, 7, 5));
            assert_eq!(event.activity_id.as_bytes(), &[1; 16]);
            assert_eq!(event.related_activity_id.as_bytes(), &[2; 16]);
        });
        result.unwrap();
        let nines = vec![0x0909_0909_0909_0909; 2];
        assert_eq!(found, [(Some(77), vec![5, 6]), (Some(78), vec![]), (None, nines)]);
        let statistics = decoder.statistics();
        assert_eq!((statistics.undefined_events, statistics.stacks, statistics.metadata), (1, 2, 1));
    }
}

#[test]
fn sizes_that_contradict_each_other() {
    let fault = |fill: &dyn Fn(&mut Bytes)| {
        let mut events = definition();
        fill(&mut events);
        let bytes = stream(&events.0);
        let [whole, pieced] =
            [usize::MAX, 1].map(|piece| decode(&bytes, piece, &mut |_: &Event<'_>| {}).1.unwrap_err());
        assert_eq!(whole, pieced);
        match whole.kind {
            ErrorKind::Malformed { reason } => reason,
            other => panic!("{other:?}"),
        }
    };
    let beyond = "a payload or a stack runs past the end of its event";
    assert_eq!(fault(&|bytes| event_claiming(bytes, 56, 1, 0, &[], 8, &[])), beyond);
    assert_eq!(fault(&|bytes| event_claiming(bytes, 56, 1, 9, &[], 0, &[])), beyond);
    let negative = "the payload size of an event is negative";
    assert_eq!(fault(&|bytes| event_claiming(bytes, 56, 1, -1, &[], 0, &[])), negative);
    let negative = "the size of a stack is negative";
    assert_eq!(fault(&|bytes| event_claiming(bytes, 56, 1, 0, &[], -1, &[])), negative);
    let large = |bytes: &mut Bytes| event(bytes, 1, &[], &vec![0; 65_528]);
    assert_eq!(fault(&large), "a stack is too large");
    let range = "the size of an event is out of range";
    for size in [-1, i32::MIN, 0, 55] {
        assert_eq!(fault(&|bytes| event_claiming(bytes, size, 1, 0, &[], 0, &[])), range, "{size}");
    }
    let block = "an item runs past the end of its block";
    for size in [57, 1000, i32::MAX] {
        assert_eq!(fault(&|bytes| event_claiming(bytes, size, 1, 0, &[], 0, &[])), block, "{size}");
    }
}

#[test]
fn every_single_bit() {
    let mut events = definition();
    event(&mut events, 1, &77i32.to_le_bytes(), &[1, 2, 3, 4, 5, 6, 7, 8]);
    event(&mut events, 1, &78i32.to_le_bytes(), &[]);
    let sound = stream(&events.0);
    for position in 0..sound.len() {
        for bit in 0..8 {
            let mut damaged = sound.clone();
            damaged[position] ^= 1 << bit;
            let whole = event_hashes(&damaged, usize::MAX);
            assert_eq!(whole, event_hashes(&damaged, 5), "bit {bit} of byte {position}");
        }
    }
}
