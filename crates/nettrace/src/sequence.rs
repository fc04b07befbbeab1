//! Sequence points: where a stream forgets its stacks and tells how far its threads' numbers have come.

use crate::cursor::{Cursor, Stop};

/// A point in time: every event before it in the stream is not later, every event after it is not earlier. Stack ids, and
/// in version 6 lists of labels, are void after it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct SequencePoint<'a> {
    /// The time, in ticks.
    pub timestamp: i64,
    /// Whether all threads are void after it too (version 6).
    pub forgets_threads: bool,
    /// Whether all definitions of events are void after it too (version 6).
    pub forgets_metadata: bool,
    threads: Cursor<'a>,
    count: usize,
    /// Whether the numbers of its threads are of variable length, as in version 6.
    compressed: bool,
}

/// Bytes of one thread in a sequence point of version 4.
const THREAD_SIZE: usize = 12;

/// Flags of a sequence point of version 6.
pub(crate) mod flag {
    pub(crate) const FORGETS_THREADS: u32 = 1;
    pub(crate) const FORGETS_METADATA: u32 = 2;
}

impl<'a> SequencePoint<'a> {
    /// Reads a sequence point of version 4.
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Stop> {
        let timestamp = cursor.i64()?;
        let count = usize::try_from(cursor.i32()?)
            .map_err(|_| Stop::Malformed("the number of threads is negative"))?;
        let size = count.checked_mul(THREAD_SIZE).ok_or(Stop::Malformed("too many threads"))?;
        let threads = Cursor::new(cursor.take(size)?);
        let (forgets_threads, forgets_metadata, compressed) = (false, false, false);
        Ok(Self { timestamp, forgets_threads, forgets_metadata, threads, count, compressed })
    }

    /// Reads a sequence point of version 6.
    pub(crate) fn read_v6(cursor: &mut Cursor<'a>) -> Result<Self, Stop> {
        let timestamp = cursor.i64()?;
        let flags = cursor.u32()?;
        let count = cursor.u32()? as usize;
        let threads = *cursor;
        for _ in 0..count {
            cursor.var_u64()?;
            cursor.var_u32()?;
        }
        Ok(Self {
            timestamp,
            forgets_threads: flags & flag::FORGETS_THREADS != 0,
            forgets_metadata: flags & flag::FORGETS_METADATA != 0,
            threads,
            count,
            compressed: true,
        })
    }

    /// Capture threads and the number of the last event of each. Threads are ids, in version 6 indices; that version does
    /// not list all live ones.
    #[must_use]
    pub fn threads(&self) -> impl ExactSizeIterator<Item = (u64, u32)> + use<'a> {
        SequencePointThreads { cursor: self.threads, left: self.count, compressed: self.compressed }
    }
}

/// The threads of a [`SequencePoint`]. Their bytes were checked when it was read.
#[derive(Debug)]
struct SequencePointThreads<'a> {
    cursor: Cursor<'a>,
    left: usize,
    compressed: bool,
}

impl Iterator for SequencePointThreads<'_> {
    type Item = (u64, u32);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        if self.compressed {
            return Some((self.cursor.var_u64().ok()?, self.cursor.var_u32().ok()?));
        }
        Some((self.cursor.u64().ok()?, self.cursor.u32().ok()?))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for SequencePointThreads<'_> {}
