//! It makes no difference in which pieces a stream is pushed.

use crate::corpus::{self, VERSION_4, event_hashes};

/// Traces up to this size are also pushed byte by byte.
const SMALL: usize = 1 << 20;

#[test]
fn pieces_make_no_difference() {
    for name in VERSION_4 {
        let Some(bytes) = corpus::trace(name) else { return };
        let whole = event_hashes(&bytes, usize::MAX);
        let pieces: &[usize] = if bytes.len() <= SMALL { &[1, 7, 4096] } else { &[4096, 65_521] };
        for &piece in pieces {
            let split = event_hashes(&bytes, piece);
            // Not assert_eq: the hashes would flood the output.
            assert!(split.0 == whole.0, "{name} in pieces of {piece}: the events differ");
            assert_eq!((split.1, split.2), (whole.1, whole.2.clone()), "{name} in pieces of {piece}");
        }
    }
}
