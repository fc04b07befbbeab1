//! A stream may be cut off anywhere: what is complete is delivered, and the error says where it ends.

use nettrace::{ErrorKind, Event};

use crate::corpus::{self, decode, event_hashes};

const SMALLEST: &str = "eventpipe-dotnetcore6.0-win-x64-executioncheckpoints.nettrace";

#[test]
fn every_offset_of_the_smallest_trace() {
    let Some(bytes) = corpus::trace(SMALLEST) else { return };
    assert_eq!(bytes.len(), 582);
    let (all, ..) = event_hashes(&bytes, usize::MAX);
    assert_eq!(all.len(), 3);
    let mut before = 0;
    for length in 0..bytes.len() {
        let cut = &bytes[..length];
        for piece in [1, 13, usize::MAX] {
            let (events, _, result) = event_hashes(cut, piece);
            assert!(events.len() >= before, "fewer events from {length} bytes than from fewer");
            assert_eq!(events, all[..events.len()], "other events from {length} bytes");
            let error = result.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Truncated, "{length} bytes");
            assert_eq!(error.offset, length as u64);
            before = events.len();
        }
    }
    assert_eq!(before, 3, "the end mark is not needed for the last event");
}

#[test]
fn events_arrive_with_their_last_byte() {
    let Some(bytes) = corpus::trace(SMALLEST) else { return };
    // Found by hand: the ends of the three events' payloads. Each arrives with its last byte and no later.
    let mut arrivals = Vec::new();
    for length in 0..=bytes.len() {
        let mut count = 0;
        let _ = decode(&bytes[..length], usize::MAX, &mut |_: &Event<'_>| count += 1);
        if count > arrivals.len() {
            arrivals.push(length);
        }
    }
    let payload_ends: Vec<_> = [&b"RuntimeInit"[..], b"RuntimeSuspend", b"RuntimeResumed"]
        .map(|name| payload_end(&bytes, name))
        .into();
    assert_eq!(arrivals, payload_ends);
}

/// The end of a payload that holds a name, its terminator and a 64-bit number.
fn payload_end(bytes: &[u8], name: &[u8]) -> usize {
    let wide: Vec<u8> = name.iter().flat_map(|byte| [*byte, 0]).chain([0, 0]).collect();
    let start = bytes.windows(wide.len()).position(|window| window == wide).unwrap();
    start + wide.len() + 8
}

#[test]
fn a_large_trace_cut_anywhere() {
    let Some(bytes) = corpus::trace("r9_gcinfo.nettrace") else { return };
    let (all, ..) = event_hashes(&bytes, usize::MAX);
    let mut before = 0;
    for length in (0..bytes.len()).step_by(9973) {
        let (events, statistics, result) = event_hashes(&bytes[..length], 4096);
        assert!(result.is_err());
        assert!(events.len() >= before && events == all[..events.len()], "{length} bytes");
        assert_eq!(statistics.events, events.len() as u64);
        before = events.len();
    }
    assert!(before > all.len() / 2);
}
