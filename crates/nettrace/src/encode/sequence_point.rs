//! A sequence point: a time, and the number of each thread's last event.

use crate::encode::Version;
use crate::encode::put::Put;
use crate::sequence::flag;

/// What a sequence point says beside its threads.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PointHead {
    pub(super) timestamp: i64,
    /// Of version 6, as is the next.
    pub(super) forgets_threads: bool,
    pub(super) forgets_metadata: bool,
}

/// Writes the data of a block. Threads are ids, in version 6 indices.
pub(super) fn write(
    version: Version,
    point: PointHead,
    threads: impl Iterator<Item = (u64, u32)>,
    out: &mut Vec<u8>,
) {
    out.put_i64(point.timestamp);
    if version == Version::V6 {
        let threads = if point.forgets_threads { flag::FORGETS_THREADS } else { 0 };
        let metadata = if point.forgets_metadata { flag::FORGETS_METADATA } else { 0 };
        out.put_u32(threads | metadata);
    }
    let at = out.len();
    out.put_u32(0);
    let mut count = 0u32;
    for (thread, last) in threads {
        count += 1;
        match version {
            Version::V4 => {
                out.put_u64(thread);
                out.put_u32(last);
            }
            Version::V6 => {
                out.put_var(thread);
                out.put_var(last.into());
            }
        }
    }
    if let Some(room) = out.get_mut(at..).and_then(|out| out.first_chunk_mut()) {
        *room = count.to_le_bytes();
    }
}
