//! Threads of version 6: rows of thread blocks and of blocks of removed threads.

use crate::encode::EncodeError;
use crate::encode::put::Put;
use crate::encode::row::sized;
use crate::thread::{Thread, kind};

/// Writes a row with its size. After an error `out` has bytes that mean nothing behind what it had before.
pub(super) fn write(thread: &Thread, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    sized(out, "a thread", |out| {
        out.put_var(thread.index);
        if let Some(name) = &thread.name {
            out.put_u8(kind::NAME);
            out.put_utf8(name);
        }
        if let Some(id) = thread.process_id {
            out.put_u8(kind::PROCESS_ID);
            out.put_var(id);
        }
        if let Some(id) = thread.thread_id {
            out.put_u8(kind::THREAD_ID);
            out.put_var(id);
        }
        for (key, value) in &thread.properties {
            out.put_u8(kind::PROPERTY);
            out.put_utf8(key);
            out.put_utf8(value);
        }
        Ok(())
    })
}

/// Writes the removal of a thread that numbered its events up to `last`.
pub(super) fn write_removal(index: u64, last: u32, out: &mut Vec<u8>) {
    out.put_var(index);
    out.put_var(last.into());
}
