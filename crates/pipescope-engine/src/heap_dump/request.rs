//! What is asked of a runtime so that it tells of its heap.

use std::time::Duration;

use diagnostics_ipc::request::{EventLevel, Provider, Rundown, SessionRequest};

use crate::recording::CLR_PROVIDER;

/// How a heap dump is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeapDumpRequest {
    /// The longest wait for the collection to end, from the opening of the session.
    pub timeout: Duration,
    /// The most memory the process may use to buffer events, in MB. Without it, by how much memory the process uses.
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

    /// The buffer for a process that uses so many bytes. All events wait in it at once: 32 bytes for an object and 12 for a
    /// reference, so for a heap of nothing but small objects with one reference each, nearly twice its size. A runtime takes
    /// no more of it than it needs.
    pub(super) fn buffer_for(&self, resident_bytes: Option<u64>) -> u32 {
        self.buffer_mb.unwrap_or_else(|| match resident_bytes {
            Some(bytes) => u32::try_from(bytes >> 19).unwrap_or(MOST_BUFFER).clamp(LEAST_BUFFER, MOST_BUFFER),
            None => USUAL_BUFFER,
        })
    }

    /// The buffer of another try.
    pub(super) fn larger(buffer_mb: u32) -> u32 {
        buffer_mb.saturating_mul(4).clamp(USUAL_BUFFER, MOST_BUFFER.max(buffer_mb))
    }
}

fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}
