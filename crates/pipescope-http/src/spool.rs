//! Bytes that wait for a slow client.
//!
//! While a session is stopped, the runtime serves no other command until everything it still has was read. So that is
//! read as fast as it comes, however slowly the client takes it: a little stays in memory, the rest goes to a file
//! without a name, which is gone when the spool is.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

use axum::body::Bytes;

/// What is kept in memory before a file is used.
const IN_MEMORY: usize = 4 << 20;
/// What is read from the file at once.
const CHUNK: usize = 64 << 10;

/// A queue of bytes, first in, first out.
#[derive(Debug, Default)]
pub(crate) struct Spool {
    memory: VecDeque<Bytes>,
    in_memory: usize,
    file: Option<SpoolFile>,
    lost: u64,
    discarding: bool,
}

#[derive(Debug)]
struct SpoolFile {
    file: File,
    written: u64,
    read: u64,
}

impl Spool {
    /// Adds bytes. Where no file can be written, what does not fit into memory is [lost](Self::lost).
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if self.discarding {
            return;
        }
        // Once the file is begun, all goes there: it is read after the memory.
        if self.file.is_none() && self.in_memory + bytes.len() <= IN_MEMORY {
            self.in_memory += bytes.len();
            self.memory.push_back(Bytes::copy_from_slice(bytes));
            return;
        }
        if let Err(error) = self.write(bytes) {
            if self.lost == 0 {
                tracing::warn!(
                    "a trace is cut off: its client is slow and no temporary file can be written: {error}"
                );
            }
            self.lost += bytes.len() as u64;
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.lost > 0 {
            return Err(io::Error::other("bytes before these were lost"));
        }
        let spool = match &mut self.file {
            Some(spool) => spool,
            None => self.file.insert(SpoolFile { file: tempfile::tempfile()?, written: 0, read: 0 }),
        };
        spool.file.seek(SeekFrom::Start(spool.written))?;
        spool.file.write_all(bytes)?;
        spool.written += bytes.len() as u64;
        Ok(())
    }

    /// Takes the next chunk; `None` when there is nothing now.
    pub(crate) fn pop(&mut self) -> Option<Bytes> {
        if let Some(chunk) = self.memory.pop_front() {
            self.in_memory -= chunk.len();
            return Some(chunk);
        }
        let spool = self.file.as_mut().filter(|spool| spool.read < spool.written)?;
        match spool.read_chunk() {
            Ok(chunk) => Some(chunk),
            Err(error) => {
                tracing::warn!("a trace is cut off: its temporary file cannot be read: {error}");
                self.lost += spool.written - spool.read;
                spool.read = spool.written;
                None
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.memory.is_empty() && self.file.as_ref().is_none_or(|spool| spool.read == spool.written)
    }

    /// Bytes that could not be kept.
    pub(crate) fn lost(&self) -> u64 {
        self.lost
    }

    /// Forgets everything, now and from now on.
    pub(crate) fn discard(&mut self) {
        *self = Self { discarding: true, ..Self::default() };
    }
}

impl SpoolFile {
    fn read_chunk(&mut self) -> io::Result<Bytes> {
        let length = usize::try_from(self.written - self.read).unwrap_or(CHUNK).min(CHUNK);
        let mut chunk = vec![0; length];
        self.file.seek(SeekFrom::Start(self.read))?;
        self.file.read_exact(&mut chunk)?;
        self.read += length as u64;
        Ok(Bytes::from(chunk))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(index: usize) -> Vec<u8> {
        (0..100_000_usize).map(|at| (at * 31 + index * 7) as u8).collect()
    }

    #[test]
    fn bytes_come_out_as_they_went_in_beyond_what_memory_holds() {
        let mut spool = Spool::default();
        let (mut given, mut taken) = (Vec::new(), Vec::new());
        for index in 0..100 {
            spool.push(&block(index));
            given.extend(block(index));
            // A client that takes a little now and then.
            if index % 3 == 0 {
                taken.extend(spool.pop().expect("there is more than enough"));
            }
        }
        assert!(spool.file.is_some() && spool.in_memory <= IN_MEMORY);
        while let Some(chunk) = spool.pop() {
            taken.extend(chunk);
        }
        assert!(spool.is_empty() && taken == given);
        assert_eq!(spool.lost(), 0);
    }

    #[test]
    fn a_spool_that_discards_keeps_nothing() {
        let mut spool = Spool::default();
        spool.push(b"abc");
        spool.discard();
        spool.push(b"def");
        assert!(spool.is_empty() && spool.pop().is_none());
    }
}
