//! What is decoded, written and decoded again is what it was.

use nettrace::{BlockKind, Decoder, EncodeError, EncoderOptions, Event, LeftOut, Reader, Recoder, Version};

use crate::contents::{Contents, Options};
use crate::corpus::{self, VERSION_4};

/// Writes a stream anew.
pub(crate) fn recode(bytes: &[u8], version: Version) -> (Vec<u8>, LeftOut) {
    let mut recoder = Recoder::new(EncoderOptions::new(version));
    let mut output = Vec::new();
    let mut decoder = Decoder::new();
    for piece in bytes.chunks(50_000) {
        let pushed = decoder.push(piece, &mut recoder);
        output.extend_from_slice(recoder.output());
        recoder.consume(recoder.output().len());
        if pushed.is_err() {
            break;
        }
    }
    recoder.finish().unwrap();
    output.extend_from_slice(recoder.output());
    (output, recoder.left_out())
}

const ALL: Options = Options {
    numbers: false,
    thread_ids: false,
    version_6: false,
    listed: false,
    definition_ids: false,
    fields: false,
    lost: false,
};
/// Traces of more than 20 MB.
const LARGE: &[&str] =
    &["HeartRateMonitor.10068.nettrace", "r10_0_9_allkw.nettrace", "r9_gcheapdump.nettrace"];
const VERSION_6_APART: Options = Options { version_6: true, listed: true, ..ALL };

#[test]
fn recorded_traces() {
    for name in VERSION_4 {
        let Some(bytes) = corpus::trace(name) else { return };
        let (before, _, complete) = Contents::of(&bytes, ALL);
        assert_eq!(complete, *name != "r9_killed.nettrace");
        let (recoded, left_out) = recode(&bytes, Version::V4);
        assert_eq!(left_out, LeftOut::default(), "{name}");
        let (after, statistics, complete) = Contents::of(&recoded, ALL);
        before.assert_same(&after, name);
        assert!(complete, "{name}");
        assert_eq!(statistics.redefined_metadata, 0, "{name}");
        // The end mark that a trace may lack, and what leads to it.
        assert!(recoded.len() <= bytes.len() + 4, "{name}: {} bytes, now {}", bytes.len(), recoded.len());
    }
}

#[test]
fn recorded_traces_in_version_6() {
    for name in VERSION_4 {
        if LARGE.contains(name) && cfg!(debug_assertions) {
            eprintln!("SKIPPED: {name}, which takes long without optimization");
            continue;
        }
        let Some(bytes) = corpus::trace(name) else { return };
        let (before, ..) = Contents::of(&bytes, VERSION_6_APART);
        let (in_6, left_out) = recode(&bytes, Version::V6);
        assert_eq!(left_out, LeftOut::default(), "{name}");
        let (after, statistics, _) = Contents::of(&in_6, VERSION_6_APART);
        before.assert_same(&after, name);
        assert_eq!((statistics.undefined_threads, statistics.undefined_label_lists), (0, 0), "{name}");

        let (back, left_out) = recode(&in_6, Version::V4);
        assert_eq!(left_out, LeftOut::default(), "{name}");
        let (after, ..) = Contents::of(&back, VERSION_6_APART);
        before.assert_same(&after, name);
    }
}

#[test]
fn recorded_netperf() {
    for name in corpus::NETPERF {
        let Some(bytes) = corpus::trace(name) else { return };
        // It has neither numbers nor sequence points.
        let apart = Options { numbers: true, ..VERSION_6_APART };
        let (before, statistics, _) = Contents::of(&bytes, apart);
        assert!(statistics.events > 0);
        for version in [Version::V4, Version::V6] {
            let (recoded, left_out) = recode(&bytes, version);
            assert_eq!(left_out, LeftOut::default(), "{name}");
            let (mut after, statistics, complete) = Contents::of(&recoded, apart);
            assert!(complete && statistics.sequence_points > 0, "{name}");
            assert_eq!(after.points.pop().unwrap().events, before.events.len());
            after.points.clear();
            before.assert_same(&after, name);
        }
    }
}

#[test]
fn traces_that_are_cut_off() {
    let Some(bytes) = corpus::trace("r9_gcinfo.nettrace") else { return };
    for length in (0..bytes.len()).step_by(49_991).skip(1) {
        let cut = &bytes[..length];
        let (before, _, complete) = Contents::of(cut, VERSION_6_APART);
        assert!(!complete);
        for version in [Version::V4, Version::V6] {
            let (recoded, _) = recode(cut, version);
            let (after, _, complete) = Contents::of(&recoded, VERSION_6_APART);
            assert!(complete, "it was ended properly");
            before.assert_same(&after, &format!("{length} bytes"));
        }
    }
}

#[test]
fn in_time_order() {
    let Some(bytes) = corpus::trace("eventpipe-dotnetcore3.0-win-x64-objver4.nettrace") else { return };
    let mut recoder = Recoder::new(EncoderOptions::new(Version::V4)).in_time_order();
    let mut decoder = Decoder::new().in_time_order();
    decoder.push(&bytes, &mut recoder).unwrap();
    decoder.finish(&mut recoder).unwrap();
    recoder.finish().unwrap();
    let mut times = Vec::new();
    let mut sink = |event: &Event<'_>| {
        assert!(event.sorted);
        times.push(event.timestamp);
    };
    let mut decoder = Decoder::new();
    decoder.push(recoder.output(), &mut sink).unwrap();
    let statistics = decoder.statistics();
    assert_eq!((times.len(), times.is_sorted(), statistics.lost_events), (105_540, true, 0));
    assert!(statistics.blocks < 500, "{} blocks", statistics.blocks);
}

#[test]
fn what_is_no_trace() {
    let mut recoder = Recoder::new(EncoderOptions::default());
    Decoder::new().push(b"GET / HTTP/1.1", &mut recoder).unwrap_err();
    assert_eq!(recoder.finish(), Err(EncodeError::NoTrace));
    assert!(recoder.output().is_empty());
}

/// Traces in which a stack or a definition is a block ahead of the first event that needs it: the event found its block full.
const AHEAD: &[&str] =
    &["eventpipe-dotnetcore3.0-win-x64-objver4.nettrace", "r10_0_9_allkw.nettrace", "r9_gcheapdump.nettrace"];

/// With blocks that end where the runtime ended them, the bytes are those of the runtime. Only the thread and the processor in
/// front of definitions are not those of the first event that needs one, but of the thread that wrote the stream, which
/// decoders do not tell.
#[test]
fn blocks_of_recorded_traces() {
    for name in VERSION_4 {
        let Some(bytes) = corpus::trace(name) else { return };
        let mut options = EncoderOptions::new(Version::V4);
        options.max_block_bytes = 1 << 30;
        let mut recoder = Recoder::new(options);
        let mut reader = Reader::new(&bytes);
        while let Ok(Some(kind)) = reader.read_block(&mut recoder) {
            if kind == BlockKind::Event {
                recoder.flush().unwrap();
            }
        }
        recoder.finish().unwrap();
        let (expected, found) = (objects(&bytes), objects(recoder.output()));
        if AHEAD.contains(name) {
            assert!(without_borders(&expected) == without_borders(&found), "{name}");
            continue;
        }
        for (number, (left, right)) in expected.iter().zip(&found).enumerate() {
            assert_eq!(left.name, right.name, "{name}: block {number}");
            if left.name == "MetadataBlock" {
                assert_eq!(definitions(left.data), definitions(right.data), "{name}: block {number}");
            } else {
                assert!(left.data == right.data, "{name}: block {number}, {}", left.name);
            }
        }
        assert_eq!(expected.len(), found.len(), "{name}");
    }
}

/// The only trace whose definitions are the first event's, too.
#[test]
fn every_byte_of_a_recorded_trace() {
    let name = "eventpipe-dotnetcore6.0-win-x64-executioncheckpoints.nettrace";
    let Some(bytes) = corpus::trace(name) else { return };
    assert!(recode(&bytes, Version::V4).0 == bytes);
}

/// All events and sequence points; all definitions; all stacks: without regard to which block they are in.
fn without_borders(objects: &[Object<'_>]) -> (Vec<Vec<u8>>, Vec<Vec<u8>>, Vec<u8>) {
    let (mut events, mut blobs, mut stacks) = (Vec::new(), Vec::new(), Vec::new());
    for object in objects {
        match object.name {
            "MetadataBlock" => {
                blobs.extend(definitions(object.data).1.into_iter().map(|(_, blob)| blob.to_vec()));
            }
            "StackBlock" => stacks.extend_from_slice(&object.data[8..]),
            _ => events.push(object.data.to_vec()),
        }
    }
    (events, blobs, stacks)
}

struct Object<'a> {
    name: &'a str,
    data: &'a [u8],
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> u64 {
    bytes[at..at + N].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The objects of a stream of version 4, up to its end or where it is cut off.
fn objects(stream: &[u8]) -> Vec<Object<'_>> {
    let mut objects = Vec::new();
    let mut at = 32;
    while stream.get(at) == Some(&5) {
        let length = number::<4>(stream, at + 11) as usize;
        let name = str::from_utf8(&stream[at + 15..at + 15 + length]).unwrap();
        at += 15 + length + 1;
        let size = if name == "Trace" { 48 } else { number::<4>(stream, at) as usize };
        if name != "Trace" {
            let start = (at + 4).next_multiple_of(4);
            assert!(stream[at + 4..start].iter().all(|byte| *byte == 0));
            at = start;
        }
        objects.push(Object { name, data: &stream[at..at + size] });
        at += size;
        assert_eq!(stream[at], 6);
        at += 1;
    }
    objects
}

/// The head of a metadata block, and the time and the bytes of each definition in it.
fn definitions(data: &[u8]) -> (&[u8], Vec<(u64, &[u8])>) {
    let (head, mut rest) = data.split_at(20);
    let mut definitions = Vec::new();
    let (mut time, mut size) = (0u64, 0);
    while let [flags, headers @ ..] = rest {
        assert_eq!(flags & 0x39, 0, "definitions have no id, stack or activities of their own");
        rest = headers;
        let skipped = if flags & 2 == 0 { 0 } else { 3 } + i32::from(flags & 4 != 0);
        for _ in 0..skipped {
            var(&mut rest);
        }
        time = time.wrapping_add(var(&mut rest));
        if flags & 0x80 != 0 {
            size = var(&mut rest) as usize;
        }
        let (definition, behind) = rest.split_at(size);
        definitions.push((time, definition));
        rest = behind;
    }
    (head, definitions)
}

fn var(bytes: &mut &[u8]) -> u64 {
    let length = bytes.iter().position(|byte| *byte < 0x80).unwrap() + 1;
    let (number, rest) = bytes.split_at(length);
    *bytes = rest;
    number.iter().rev().fold(0, |value, byte| value << 7 | u64::from(byte & 0x7f))
}
