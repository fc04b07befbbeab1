//! Taking a heap dump.
//!
//! The runtime starts the collection by itself when the session is opened. The thread that writes to us stands still with all
//! others while the heap is walked over (seen on .NET 3.1, 9 and 10), so all of it waits in the session's buffer, and what
//! finds no room there is lost, the end of the collection too. Afterwards it comes as fast as it is read. The end of the
//! collection is acted on when it arrives: nothing more may follow in an idle process.

use std::sync::Arc;
use std::time::Duration;

use diagnostics_ipc::client::{Client, Session, Target, Timeouts};
use diagnostics_ipc::discovery::ProcessState;
use dotnet_analysis::heap::{Heap, HeapDump, Progress};
use dotnet_analysis::report::Facts;
use nettrace::Decoder;
use tokio::time::{Instant, timeout_at};

use super::error::HeapDumpError;
use super::memory::ProcessMemory;
use super::request::{Buffer, HeapDumpRequest};

/// How many bytes one read takes at most: what a socket holds.
const CHUNK: usize = 256 << 10;
/// How often the process is looked at while nothing comes.
const LOOK_AROUND: Duration = Duration::from_millis(500);
/// Silence in the middle of the objects that means the rest was lost.
const SILENCE: Duration = Duration::from_secs(3);

/// A heap, and what it took.
#[derive(Debug)]
pub struct TakenHeap {
    /// The heap.
    pub heap: Heap,
    /// What there is to say about the stream.
    pub facts: Facts,
    /// Bytes of the stream.
    pub bytes: u64,
    /// From the opening of the session to the end of the collection.
    pub duration: Duration,
    /// The session's buffer, MB.
    pub buffer_mb: u32,
    /// Whether the buffer is no larger since a memory limit of the process leaves no more room.
    pub buffer_is_limited: bool,
    /// How often it was tried before with smaller buffers, from which events were lost.
    pub tries_before: u32,
}

/// Makes a process tell of its heap.
///
/// The process stands still meanwhile: about a second for ten million objects. Where events were lost it is tried once more
/// with a larger buffer; what is lost then is in the heap's [`Losses`](dotnet_analysis::heap::Losses).
///
/// # Errors
///
/// When there is no session, no collection, or no end of it in time. No session is left behind.
pub async fn take(client: &Client, request: &HeapDumpRequest) -> Result<TakenHeap, HeapDumpError> {
    let pid = client.target().pid();
    // It would answer nothing, and commands would wait in its socket until it goes on.
    if pid.and_then(ProcessState::of).is_some_and(ProcessState::is_stopped) {
        return Err(HeapDumpError::Stopped { target: Arc::new(client.target().clone()) });
    }
    let info = client.process_info().await.ok();
    let runtime = info.and_then(|info| info.runtime_version);
    // Whatever becomes of it: without it types that another tool was told are told to us by number only.
    if let Ok(flush) = client.start_session(&HeapDumpRequest::flush()).await {
        let _ = flush.stop(|_| {}).await;
    }
    let memory = pid.map(ProcessMemory::of).unwrap_or_default();
    let mut buffer = request.buffer_for(memory);
    let mut tries_before = 0;
    loop {
        let taken = take_once(client, request, buffer, runtime.as_deref()).await?;
        let larger = HeapDumpRequest::larger(buffer.mb, memory);
        if !taken.heap.about().losses.any() || tries_before >= request.retries || larger.mb <= buffer.mb {
            let buffer_is_limited = buffer.is_limited || larger.is_limited && larger.mb <= buffer.mb;
            return Ok(TakenHeap { buffer_is_limited, tries_before, ..taken });
        }
        tracing::info!(?buffer, losses = ?taken.heap.about().losses, "events of the heap dump were lost");
        buffer = larger;
        tries_before += 1;
    }
}

/// One try.
async fn take_once(
    client: &Client,
    request: &HeapDumpRequest,
    buffer: Buffer,
    runtime: Option<&str>,
) -> Result<TakenHeap, HeapDumpError> {
    let started = Instant::now();
    // A runtime may answer only after it has collected.
    let timeouts = Timeouts { command: request.timeout, ..*client.timeouts() };
    let client = client.clone().with_timeouts(timeouts);
    let mut session = client.start_session(&HeapDumpRequest::session(buffer.mb, runtime)).await?;
    tracing::debug!(?buffer, "the session of the heap dump is open");
    let mut reader = Reader::default();
    let target = Arc::new(client.target().clone());
    reader.read(&mut session, request.timeout, started, &target).await?;
    let duration = started.elapsed();
    // Names of modules come now. Without them the dump is worth as much.
    let stopped = session.stop(|bytes| reader.push(bytes)).await;
    if let Err(error) = stopped {
        tracing::info!(%error, "the session of the heap dump was not stopped in good order");
    }
    let Reader { decoder, dump, bytes, .. } = reader;
    let facts = Facts::new(&decoder, dump.last_ticks(), None);
    let heap = dump.into_heap().ok_or(HeapDumpError::ProcessEnded { target, objects: 0 })?;
    Ok(TakenHeap {
        heap,
        facts,
        bytes,
        duration,
        buffer_mb: buffer.mb,
        buffer_is_limited: buffer.is_limited,
        tries_before: 0,
    })
}

/// The stream as it comes.
#[derive(Debug, Default)]
struct Reader {
    decoder: Decoder,
    dump: HeapDump,
    bytes: u64,
    error: Option<nettrace::Error>,
}

impl Reader {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        if self.error.is_none() {
            self.error = self.decoder.push(bytes, &mut self.dump).err();
        }
    }

    /// Reads until the collection is over, or its end can no longer come.
    async fn read(
        &mut self,
        session: &mut Session,
        timeout: Duration,
        started: Instant,
        target: &Arc<Target>,
    ) -> Result<(), HeapDumpError> {
        let mut chunk = Vec::with_capacity(CHUNK);
        let mut silent_since = Instant::now();
        loop {
            let progress = self.dump.progress();
            if let Progress::Complete { .. } = progress {
                return Ok(());
            }
            chunk.clear();
            match timeout_at(Instant::now() + LOOK_AROUND, session.read_buf(&mut chunk)).await {
                Ok(read) => {
                    if read? == 0 {
                        let (target, objects) = (Arc::clone(target), objects(progress));
                        return Err(HeapDumpError::ProcessEnded { target, objects });
                    }
                    silent_since = Instant::now();
                    self.push(&chunk);
                }
                // The walk is over when its first events come, so they all come one after the other.
                Err(_) if objects(progress) > 0 && silent_since.elapsed() >= SILENCE => return Ok(()),
                Err(_) => {
                    let state = target.pid().and_then(ProcessState::of);
                    if state.is_some_and(ProcessState::is_stopped) {
                        return Err(HeapDumpError::Stopped { target: Arc::clone(target) });
                    }
                }
            }
            if let Some(error) = self.error.take() {
                return Err(HeapDumpError::Unreadable { target: Arc::clone(target), error });
            }
            if started.elapsed() >= timeout {
                return Err(given_up(target, self.dump.progress(), timeout));
            }
        }
    }
}

fn objects(progress: Progress) -> usize {
    match progress {
        Progress::Telling { objects, .. } => objects,
        _ => 0,
    }
}

/// What has not come in that time.
fn given_up(target: &Arc<Target>, progress: Progress, waited: Duration) -> HeapDumpError {
    let target = Arc::clone(target);
    match progress {
        Progress::Telling { objects, .. } => HeapDumpError::TooSlow { target, objects, waited },
        Progress::Waiting { collections: collections @ 1.. } => {
            HeapDumpError::NothingTold { target, collections, waited }
        }
        _ => HeapDumpError::NoCollection { target, waited },
    }
}
