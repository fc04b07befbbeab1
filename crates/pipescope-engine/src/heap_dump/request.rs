//! What is asked of a runtime so that it tells of its heap.

use std::time::Duration;

use diagnostics_ipc::request::{EventLevel, Provider, Rundown, SessionRequest};

use super::memory::ProcessMemory;
use crate::recording::CLR_PROVIDER;

/// How a heap dump is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeapDumpRequest {
    /// The longest wait for the collection to end, from the opening of the session.
    pub timeout: Duration,
    /// The most memory the process may use to buffer events, in MB. Without it, by how much memory the process uses. It is
    /// less where a memory limit of the process leaves less room.
    pub buffer_mb: Option<u32>,
    /// How often it is tried again with a larger buffer when events were lost. Each time the process stands still.
    pub retries: u32,
}

impl Default for HeapDumpRequest {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(120), buffer_mb: None, retries: 1 }
    }
}

/// GC, types, the objects of the heap, a collection now, and the names of types (`ipc-and-tools.md` B.4.2).
const KEYWORDS: u64 = 0x1 | 0x8_0000 | 0x10_0000 | 0x80_0000 | 0x100_0000;
/// Of the rundown, what names modules.
const RUNDOWN: u64 = 0x8;
/// The first major version that can be told which rundown it shall send.
const RUNDOWN_KEYWORDS_SINCE: u32 = 9;

/// Buffers in MB: the least, the most, and what is asked for where nobody knows how large the process is.
const LEAST_BUFFER: u32 = 64;
const MOST_BUFFER: u32 = 64 << 10;
const USUAL_BUFFER: u32 = 1024;
/// Of so many parts of the memory that a process may still use, one is left to it.
const ROOM_PARTS: u64 = 8;

impl HeapDumpRequest {
    /// The session that makes the runtime tell, with a buffer of so many MB.
    pub(super) fn session(buffer_mb: u32, runtime: Option<&str>) -> SessionRequest {
        let rundown = match runtime.and_then(major) {
            Some(RUNDOWN_KEYWORDS_SINCE..) => Rundown::Keywords(RUNDOWN),
            _ => Rundown::Default,
        };
        let provider = Provider::new(CLR_PROVIDER).keywords(KEYWORDS).level(EventLevel::Informational);
        SessionRequest::new([provider]).buffer_mb(buffer_mb).rundown(rundown).without_stacks()
    }

    /// A session after whose end the runtime names all types again, also those that it has named to somebody else.
    pub(super) fn flush() -> SessionRequest {
        SessionRequest::new([Provider::new(CLR_PROVIDER).level(EventLevel::Critical)])
            .buffer_mb(1)
            .without_stacks()
    }

    /// The buffer for a process. All events wait in it at once: 32 bytes for an object and 12 for a reference, so for a heap
    /// of nothing but small objects with one reference each, nearly twice its size. A runtime takes no more of it than it
    /// needs.
    pub(super) fn buffer_for(&self, memory: ProcessMemory) -> Buffer {
        let wanted = self.buffer_mb.unwrap_or_else(|| match memory.resident {
            Some(bytes) => u32::try_from(bytes >> 19).unwrap_or(MOST_BUFFER).clamp(LEAST_BUFFER, MOST_BUFFER),
            None => USUAL_BUFFER,
        });
        Buffer::within(wanted, memory)
    }

    /// The buffer of another try.
    pub(super) fn larger(buffer_mb: u32, memory: ProcessMemory) -> Buffer {
        Buffer::within(buffer_mb.saturating_mul(4).clamp(USUAL_BUFFER, MOST_BUFFER.max(buffer_mb)), memory)
    }
}

/// The size of a session's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Buffer {
    /// MB.
    pub(super) mb: u32,
    /// Whether a memory limit allows no more.
    pub(super) is_limited: bool,
}

impl Buffer {
    /// As large as wanted, or as the process has room for. A part of that room stays free: the process goes on allocating
    /// before it is stopped and while it sends.
    fn within(wanted_mb: u32, memory: ProcessMemory) -> Self {
        let room = memory.room.map(|bytes| (bytes >> 20) / ROOM_PARTS * (ROOM_PARTS - 1));
        match room.and_then(|mb| u32::try_from(mb).ok()) {
            Some(room) if room < wanted_mb => Self { mb: room.max(1), is_limited: true },
            _ => Self { mb: wanted_mb, is_limited: false },
        }
    }
}

fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1 << 20;

    fn buffer(wanted: Option<u32>, resident: Option<u64>, room: Option<u64>) -> (u32, bool) {
        let request = HeapDumpRequest { buffer_mb: wanted, ..HeapDumpRequest::default() };
        let buffer = request.buffer_for(ProcessMemory { resident, room });
        (buffer.mb, buffer.is_limited)
    }

    #[test]
    fn a_buffer_is_as_large_as_the_process_can_need() {
        assert_eq!(buffer(None, Some(1000 * MB), None), (2000, false));
        assert_eq!(buffer(None, Some(MB), None), (LEAST_BUFFER, false));
        assert_eq!(buffer(None, Some(u64::MAX), None), (MOST_BUFFER, false));
        assert_eq!(buffer(None, None, None), (USUAL_BUFFER, false));
        assert_eq!(buffer(Some(7), Some(1000 * MB), None), (7, false));
    }

    #[test]
    fn a_buffer_is_never_larger_than_a_memory_limit_bears() {
        assert_eq!(buffer(None, Some(1000 * MB), Some(4000 * MB)), (2000, false));
        assert_eq!(buffer(None, Some(1000 * MB), Some(800 * MB)), (700, true));
        assert_eq!(buffer(Some(5000), None, Some(800 * MB)), (700, true), "also when it is asked for");
        assert_eq!(buffer(None, Some(1000 * MB), Some(0)), (1, true));
        assert_eq!(buffer(None, Some(1000 * MB), Some(u64::MAX)), (2000, false));
        let memory = ProcessMemory { resident: None, room: Some(800 * MB) };
        assert_eq!(HeapDumpRequest::larger(700, memory), Buffer { mb: 700, is_limited: true });
        assert_eq!(HeapDumpRequest::larger(64, memory).mb, 700);
        assert_eq!(HeapDumpRequest::larger(600, ProcessMemory::default()).mb, 2400);
    }
}
