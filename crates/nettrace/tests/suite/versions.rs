//! Which streams are read, and what is said about the others.

use nettrace::{ErrorKind, Event, Format};

use crate::corpus::{self, decode};
use crate::stream::{Bytes, MAGIC, SERIALIZATION, Stream};

/// The refusal of a stream, which must not depend on how it is pushed.
fn refusal(bytes: &[u8]) -> nettrace::Error {
    let [whole, pieced] =
        [usize::MAX, 1].map(|piece| decode(bytes, piece, &mut |_: &Event<'_>| {}).1.unwrap_err());
    assert_eq!(whole, pieced);
    whole
}

fn unsupported(format: Format, requested: u32) -> ErrorKind {
    ErrorKind::UnsupportedVersion { format, requested, min: 3, max: 6 }
}

#[test]
fn netperf_version_2_as_recorded() {
    let Some(bytes) = corpus::trace("eventpipe-dotnetcore2.0-linux-objver2.netperf") else { return };
    assert_eq!(refusal(&bytes[..4096]).kind, unsupported(Format::NetPerf, 2));
}

#[test]
fn netperf_versions_1_and_2() {
    for version in [1, 2] {
        let mut bytes = Bytes::default();
        bytes.raw(SERIALIZATION).raw(&[4, 4, 1]).i32(version).i32(0).i32(38);
        bytes.raw(b"Microsoft.DotNet.Runtime.EventPipeFile").u8(6);
        let error = refusal(&bytes.0);
        assert_eq!(error.kind, unsupported(Format::NetPerf, version.unsigned_abs()));
        let message = format!("netperf version {version} is not supported; versions 3 to 6 are");
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn nettrace_7_and_later() {
    for major in [7, 1000] {
        let mut bytes = Bytes::default();
        bytes.raw(MAGIC).u32(0).u32(major).u32(25);
        let error = refusal(&bytes.0);
        assert_eq!(error.kind, unsupported(Format::NetTrace, major));
        assert_eq!(error.offset, 0);
        let message = format!("NetTrace version {major} is not supported; versions 3 to 6 are");
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn nettrace_with_another_trace_object() {
    let mut bytes = Stream::new().end();
    // The trace object's version, behind the stream's head and three tags.
    bytes[35] = 7;
    assert_eq!(refusal(&bytes).kind, unsupported(Format::NetTrace, 7));
    bytes[35] = 3;
    let message = refusal(&bytes).to_string();
    assert!(message.ends_with("the version of the trace's head is not the stream's"), "{message}");
}

#[test]
fn something_else() {
    for bytes in [
        &b"GET / HTTP/1.1\r\n"[..],
        b"\x7fELF\x02\x01\x01\0\0\0\0\0",
        b"Nettrac\0 and more to come",
        b"NettraceNettraceNettraceNettrace",
        b"no",
        b"\x14\0\0\0!SlowSerialization.01!!",
    ] {
        let error = refusal(bytes);
        assert!(matches!(error.kind, ErrorKind::NotNetTrace { .. }), "{error}");
        assert_eq!(error.offset, if bytes.len() < 8 { bytes.len() as u64 } else { 0 });
    }
    let message = refusal(b"GET / HTTP/1.1\r\n").to_string();
    assert_eq!(message, "not a NetTrace stream: it begins with \"GET / HT\"");
}

#[test]
fn too_little_to_tell() {
    let stream = Stream::new().end();
    for length in 0..32 {
        assert_eq!(refusal(&stream[..length]).kind, ErrorKind::Truncated, "{length} bytes");
    }
}

#[test]
fn errors_stay() {
    let mut decoder = nettrace::Decoder::new();
    let mut sink = |_: &Event<'_>| panic!("no event");
    let error = decoder.push(b"not a trace", &mut sink).unwrap_err();
    let stream = Stream::new().end();
    assert_eq!(decoder.push(&stream, &mut sink), Err(error.clone()));
    assert_eq!(decoder.finish(&mut sink), Err(error));
    assert!(!decoder.is_complete() && decoder.trace().is_none());
}

#[test]
fn newer_blocks() {
    let mut stream = Stream::new();
    stream.block_with("EventBlock", 3, 2, 20, &[20, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    decode(&stream.end(), 1, &mut |_: &Event<'_>| {}).1.unwrap();
    stream.block_with("EventBlock", 3, 3, 0, &[]);
    let message = refusal(&stream.end()).to_string();
    assert!(message.ends_with("a block demands a newer reader"), "{message}");
}

#[test]
fn unknown_blocks_are_skipped_and_counted() {
    let mut stream = Stream::new();
    stream.block("FutureBlock", &[0xab; 1001]).define_simple(1, "P", 1).block("", &[]);
    stream.events(|block| block.event(1).sequence(1).payload(&[]));
    for piece in [1, 64, usize::MAX] {
        let mut events = 0;
        let (decoder, result) = decode(&stream.end(), piece, &mut |_: &Event<'_>| events += 1);
        result.unwrap();
        let statistics = decoder.statistics();
        assert_eq!((events, statistics.unknown_blocks, statistics.blocks), (1, 2, 4));
    }
}

#[test]
fn a_second_stream_is_ignored_but_counted() {
    let mut bytes = Stream::new().end();
    let first = bytes.len();
    bytes.extend(Stream::new().define_simple(1, "P", 1).end());
    for piece in [1, 5, usize::MAX] {
        let (decoder, result) = decode(&bytes, piece, &mut |_: &Event<'_>| {});
        result.unwrap();
        let statistics = decoder.statistics();
        assert!(decoder.is_complete() && statistics.trailing_stream, "pieces of {piece}");
        assert_eq!(statistics.trailing_bytes, (bytes.len() - first) as u64);
        assert_eq!((statistics.bytes, statistics.metadata), (bytes.len() as u64, 0));
    }
    for other in [&b"\x01\0\0\0"[..], b"Nettrac", b"NettracENettrace"] {
        let mut bytes = Stream::new().end();
        bytes.extend(other);
        let (decoder, result) = decode(&bytes, 3, &mut |_: &Event<'_>| {});
        result.unwrap();
        let statistics = decoder.statistics();
        assert_eq!((statistics.trailing_bytes, statistics.trailing_stream), (other.len() as u64, false));
    }
}
