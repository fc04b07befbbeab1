//! Reading parts of a trace on threads of their own.

use std::thread;

use nettrace::Reader;

use crate::read::{self, Heads};

/// The heads of all events, on so many threads.
pub(crate) fn heads(bytes: &[u8], threads: usize) -> Vec<Heads> {
    let mut parts = Reader::new(bytes).split(threads);
    thread::scope(|scope| {
        let threads: Vec<_> = parts.iter_mut().map(|part| scope.spawn(|| read::read_heads(part))).collect();
        threads.into_iter().map(|thread| thread.join().expect("reading does not panic")).collect()
    })
}
