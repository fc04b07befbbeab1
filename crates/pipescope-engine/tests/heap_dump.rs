//! Heap dumps that do not come about, and what is said then. Processes that cannot be had are played by a socket of ours.

use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use diagnostics_ipc::client::{Client, finish_background_stops};
use diagnostics_ipc::discovery;
use diagnostics_ipc::message::{Command, ErrorCode, Header, Reply};
use dotnet_analysis::heap::{HeapDump, Progress};
use nettrace::Decoder;
use pipescope_engine::heap_dump::{HeapDumpError, HeapDumpRequest, take};
use tempfile::TempDir;
use testbed::{Program, Runtime, Target};

// Shared with the tests of `nettrace`.
#[allow(clippy::unwrap_used, reason = "tests of that crate are written so")]
#[path = "../../nettrace/tests/suite/corpus.rs"]
mod corpus;

/// How long is waited for what must come.
const DEADLINE: Duration = Duration::from_secs(60);
/// How long a heap dump may take that is never complete. All else must have come within it.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Between bytes of a stream that does not get on, much less than the silence that counts as an end.
const DRIP: Duration = Duration::from_millis(50);
const SESSION: u64 = 7;

/// What follows in a session behind the bytes that are sent at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// Nothing, and the stream stays open.
    Silence,
    /// A byte at a time.
    Drip,
    /// The stream ends.
    End,
}

/// A socket at which a runtime seems to listen, which sends a part of a stream as the heap of its process.
struct Pretender {
    socket: PathBuf,
    stops: Arc<AtomicUsize>,
    _place: TempDir,
}

impl Pretender {
    fn start(stream: Vec<u8>, at_once: usize, then: Then) -> Self {
        let place = tempfile::tempdir().expect("a folder");
        let socket = place.path().join("socket");
        let listener = UnixListener::bind(&socket).expect("a socket");
        let stops = Arc::new(AtomicUsize::new(0));
        let (counted, mut sessions) = (Arc::clone(&stops), 0);
        let stream = Arc::new(stream);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let Some((command, mut connection)) = connection.ok().and_then(request) else { continue };
                let reply = match command {
                    Command::StopTracing => {
                        counted.fetch_add(1, Ordering::SeqCst);
                        Reply::Session(SESSION)
                    }
                    _ if command.name().starts_with("CollectTracing") => {
                        sessions += 1;
                        Reply::Session(SESSION)
                    }
                    _ => Reply::from(ErrorCode::UNKNOWN_COMMAND),
                };
                let is_session = matches!(reply, Reply::Session(_)) && command != Command::StopTracing;
                let sent = connection.write_all(&reply.encode(command).expect("a reply"));
                // The first session only makes the runtime forget which types it has named.
                if sent.is_ok() && is_session && sessions > 1 {
                    let stream = Arc::clone(&stream);
                    // It ends when the other side has closed.
                    std::thread::spawn(move || send(connection, &stream, at_once, then));
                }
            }
        });
        Self { socket, stops, _place: place }
    }

    fn client(&self) -> Client {
        Client::connect_path(&self.socket)
    }
}

/// A command as it comes.
fn request(mut connection: UnixStream) -> Option<(Command, UnixStream)> {
    let mut header = [0; Header::SIZE];
    connection.read_exact(&mut header).ok()?;
    let header = Header::decode(&header).ok()?;
    connection.read_exact(&mut vec![0; header.payload_len()]).ok()?;
    Some((header.command()?, connection))
}

fn send(mut connection: UnixStream, stream: &[u8], at_once: usize, then: Then) -> std::io::Result<()> {
    let (first, rest) = stream.split_at(at_once);
    connection.write_all(first)?;
    match then {
        Then::End => Ok(()),
        Then::Silence => connection.read_to_end(&mut Vec::new()).map(|_| ()),
        Then::Drip => rest.chunks(1).try_for_each(|byte| {
            std::thread::sleep(DRIP);
            connection.write_all(byte)
        }),
    }
}

/// A recorded heap dump, and how many of its bytes lead into the midst of its objects.
fn recorded() -> Option<(Vec<u8>, usize)> {
    let bytes = corpus::trace("r9_gcheapdump.nettrace")?;
    let (mut decoder, mut dump, mut pushed) = (Decoder::new(), HeapDump::new(), 0);
    for chunk in bytes.chunks(4096) {
        decoder.push(chunk, &mut dump).expect("the trace can be read");
        pushed += chunk.len();
        if matches!(dump.progress(), Progress::Telling { objects: 1.., .. }) {
            return Some((bytes, pushed));
        }
    }
    panic!("the trace tells of its objects all at once");
}

async fn failure(client: &Client, timeout: Duration) -> HeapDumpError {
    let request = HeapDumpRequest { timeout, ..HeapDumpRequest::default() };
    match tokio::time::timeout(DEADLINE, take(client, &request)).await.expect("it ends") {
        Ok(taken) => panic!("no heap dump can come: {taken:?}"),
        Err(error) => error,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_process_is_said_to_be_stopped() {
    let mut target = Target::start(Runtime::Net9, Program::Work, &[]);
    let client = Client::new(&discovery::find(target.pid()).expect("the target can be reached"));
    target.stop_signal();
    let error = failure(&client, DEADLINE).await;
    target.cont_signal();
    assert!(matches!(error, HeapDumpError::Stopped { .. }), "{error:?}");
    let (text, pid) = (error.to_string(), format!("process {}", target.pid()));
    assert!(text.starts_with(&pid) && text.contains("is stopped (by a signal or a debugger)"), "{text}");
    // It goes on, and tells.
    let taken = take(&client, &HeapDumpRequest::default()).await.expect("a heap dump");
    assert!(!taken.heap.is_empty() && !taken.heap.about().losses.any(), "{taken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_does_not_collect_is_not_waited_for_longer_than_allowed() {
    let Some((stream, _)) = recorded() else { return };
    // The head of the stream, as any session has it.
    let pretender = Pretender::start(stream, 100, Then::Silence);
    let error = failure(&pretender.client(), TIMEOUT).await;
    assert!(matches!(error, HeapDumpError::NoCollection { .. }), "{error:?}");
    assert!(error.to_string().contains("began no collection within 5 s"), "{error}");
    assert!(finish_background_stops(DEADLINE));
    assert!(pretender.stops.load(Ordering::SeqCst) > 0, "no session is left behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heap_that_takes_too_long_is_given_up_with_what_came() {
    let Some((stream, part)) = recorded() else { return };
    let pretender = Pretender::start(stream, part, Then::Drip);
    let error = failure(&pretender.client(), TIMEOUT).await;
    assert!(matches!(error, HeapDumpError::TooSlow { objects: 1.., .. }), "{error:?}");
    assert!(error.to_string().contains("is larger than 5 s allow"), "{error}");
    assert!(finish_background_stops(DEADLINE));
    assert!(pretender.stops.load(Ordering::SeqCst) > 0, "no session is left behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_ends_meanwhile_is_said_to_have_ended() {
    let Some((stream, part)) = recorded() else { return };
    let pretender = Pretender::start(stream, part, Then::End);
    let error = failure(&pretender.client(), DEADLINE).await;
    assert!(matches!(error, HeapDumpError::ProcessEnded { objects: 1.., .. }), "{error:?}");
    assert!(error.to_string().contains("ended while it told of its heap"), "{error}");
}
