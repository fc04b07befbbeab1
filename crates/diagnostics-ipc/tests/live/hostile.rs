//! Sockets at which something else listens, or nothing.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use diagnostics_ipc::client::{Client, Error, Timeouts, finish_background_stops};
use diagnostics_ipc::discovery::Process;
use diagnostics_ipc::message::{Command, ErrorCode, Header, Reply};
use tempfile::TempDir;

use super::support::{DEADLINE, eventually, heartbeat};

/// Serves one connection after the other at a socket of its own, until it is dropped.
struct Server {
    socket: PathBuf,
    _place: TempDir,
}

impl Server {
    /// `serve` gets each connection once the whole request has been read.
    fn start(serve: impl Fn(UnixStream, Vec<u8>) + Send + 'static) -> Server {
        let place = tempfile::tempdir().unwrap();
        let socket = place.path().join("socket");
        let listener = UnixListener::bind(&socket).unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut request = vec![0; Header::SIZE];
                if stream.read_exact(&mut request).is_err() {
                    continue;
                }
                let header = Header::decode(request.first_chunk().unwrap()).unwrap();
                let mut payload = vec![0; header.payload_len()];
                stream.read_exact(&mut payload).unwrap();
                request.extend(payload);
                serve(stream, request);
            }
        });
        Server { socket, _place: place }
    }

    /// Answers every command with the same bytes, then keeps the connection open.
    fn answering(bytes: impl Into<Vec<u8>>) -> Server {
        let bytes = bytes.into();
        Server::start(move |mut stream, _| {
            stream.write_all(&bytes).unwrap();
            std::thread::spawn(move || stream.read_to_end(&mut Vec::new()));
        })
    }

    fn client(&self) -> Client {
        let timeouts = Timeouts {
            command: Duration::from_millis(300),
            background_stop: Duration::from_secs(2),
            ..Timeouts::default()
        };
        Client::connect_path(&self.socket).with_timeouts(timeouts)
    }
}

fn header(size: u16, id: u8) -> Vec<u8> {
    let mut bytes = Header::MAGIC.to_vec();
    bytes.extend(size.to_le_bytes());
    bytes.extend([0xFF, id, 0, 0]);
    bytes
}

async fn failure(server: &Server) -> Error {
    let started = Instant::now();
    let error = server.client().process_info().await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert!(error.to_string().contains(server.socket.to_str().unwrap()), "{error} names the socket");
    assert_eq!(error.to_string().lines().count(), 1);
    error
}

#[tokio::test]
async fn garbage_is_no_runtime() {
    for garbage in ["HTTP/1.1 400 Bad Request\r\n\r\n", "x", "DOTNET_IPC_V2\0aaaaaaaaaaaaaaaa"] {
        let error = failure(&Server::answering(garbage)).await;
        assert!(matches!(error, Error::NotARuntime { .. }), "{garbage:?}: {error:?}");
        assert!(error.to_string().contains("not a .NET runtime"));
    }
}

#[tokio::test]
async fn silence_is_a_bounded_wait() {
    let error = failure(&Server::answering("")).await;
    assert!(error.is_no_answer(), "{error:?}");
    let mut part = header(40, 0);
    part.extend([0; 5]);
    for part in [b"DOTNET".to_vec(), header(40, 0), part] {
        assert!(failure(&Server::answering(part)).await.is_no_answer());
    }
}

#[tokio::test]
async fn an_early_end_is_told() {
    for (sent, received) in [(vec![], 0), (b"DOTNET".to_vec(), 6), (header(30, 0), 20)] {
        let server = Server::start(move |mut stream, _| stream.write_all(&sent).unwrap());
        let error = failure(&server).await;
        assert!(matches!(error, Error::ClosedEarly { received: got, .. } if got == received), "{error:?}");
    }
}

#[tokio::test]
async fn malformed_replies_are_told() {
    // Shorter than its own header, empty, and of a kind that is no reply.
    for bytes in [header(19, 0), header(20, 0), header(20, 7), header(20, 0xFF)] {
        let error = failure(&Server::answering(bytes)).await;
        assert!(matches!(error, Error::BadReply { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn refusals_are_told() {
    let refusing =
        |code: ErrorCode| Server::answering(Reply::from(code).encode(Command::ProcessInfo3).unwrap());
    let error = failure(&refusing(ErrorCode::UNKNOWN_COMMAND)).await;
    assert!(error.is_unsupported());
    let error = failure(&refusing(ErrorCode(0x8123_4567))).await;
    assert!(error.to_string().ends_with("refused ProcessInfo3: error 0x81234567"), "{error}");
    // A refusal of a session that a runtime knows no code for.
    let error = refusing(ErrorCode::FAIL).client().start_session(&heartbeat()).await.unwrap_err();
    assert!(matches!(error, Error::SessionRefused { .. }), "{error:?}");
}

#[tokio::test]
async fn an_environment_of_any_size_is_not_read() {
    let promise = |bytes| Reply::Environment { bytes }.encode(Command::ProcessEnvironment).unwrap();
    let error = Server::answering(promise(u32::MAX)).client().environment().await.unwrap_err();
    assert!(matches!(error, Error::TooMuch { .. }), "{error:?}");
    // Promised and not kept.
    let error = Server::answering(promise(1 << 20)).client().environment().await.unwrap_err();
    assert!(error.is_no_answer(), "{error:?}");
    let mut short = promise(8);
    short.extend([9, 0, 0, 0, 0, 0, 0, 0]);
    let error = Server::answering(short).client().environment().await.unwrap_err();
    assert!(matches!(error, Error::BadReply { .. }), "{error:?}");
}

#[tokio::test]
async fn a_socket_left_behind_is_stale() {
    let place = tempfile::tempdir().unwrap();
    let socket = place.path().join("socket");
    drop(UnixListener::bind(&socket).unwrap());
    let error = Client::connect_path(&socket).process_info().await.unwrap_err();
    assert!(matches!(error, Error::StaleSocket { .. }), "{error:?}");
    assert!(error.to_string().contains("can be deleted"));
    fs::remove_file(&socket).unwrap();
    let error = Client::connect_path(&socket).process_info().await.unwrap_err();
    assert!(matches!(error, Error::NoSocket { .. }), "{error:?}");
    fs::write(&socket, "not a socket").unwrap();
    let error = Client::connect_path(&socket).process_info().await.unwrap_err();
    assert!(matches!(error, Error::StaleSocket { .. }), "{error:?}");
}

/// Anybody can put a socket with the right name into a shared directory.
#[tokio::test]
async fn another_process_at_the_socket_is_not_spoken_to() {
    let server = Server::start(|_, request| panic!("{request:?} was sent"));
    let pretended = Process {
        pid: 1,
        namespace_pid: 1,
        start_key: 1,
        socket: server.socket.clone(),
        uid: 0,
        name: "init".to_owned(),
        command_line: Vec::new(),
    };
    let error = Client::new(&pretended).process_info().await.unwrap_err();
    let own = std::process::id();
    assert!(matches!(error, Error::WrongPeer { peer, .. } if peer == own), "{error:?}");
    assert!(error.to_string().contains("process 1 (init)"), "{error}");
}

/// Nobody accepts and the queue of connections is full: the wait is bounded too.
#[tokio::test]
async fn a_full_queue_is_a_bounded_wait() {
    let place = tempfile::tempdir().unwrap();
    let socket = place.path().join("socket");
    let listener = UnixListener::bind(&socket).unwrap();
    let mut queued = Vec::new();
    while let Ok(stream) = tokio::net::UnixStream::connect(&socket).await {
        queued.push(stream);
        assert!(queued.len() < 1 << 16, "a queue has an end");
    }
    let timeouts = Timeouts { command: Duration::from_millis(300), ..Timeouts::default() };
    let client = Client::connect_path(&socket).with_timeouts(timeouts);
    let error = client.process_info().await.unwrap_err();
    assert!(error.is_no_answer(), "{error:?}");
    drop(listener);
}

/// A session that is granted only after the caller has given up is stopped.
#[tokio::test]
async fn a_late_session_is_stopped() {
    let (sender, stopped) = std::sync::mpsc::channel();
    let late = Duration::from_millis(600);
    let server = Server::start(move |mut stream, request| {
        let header = Header::decode(request.first_chunk().unwrap()).unwrap();
        if header.command() == Some(Command::StopTracing) {
            sender.send(request[Header::SIZE..].to_vec()).unwrap();
            return;
        }
        std::thread::spawn(move || {
            std::thread::sleep(late);
            stream.write_all(&Reply::Session(0x77).encode(Command::CollectTracing2).unwrap()).unwrap();
            // Open until the client closes it.
            stream.read_to_end(&mut Vec::new())
        });
    });
    let error = server.client().start_session(&heartbeat()).await.unwrap_err();
    assert!(error.is_no_answer(), "{error:?}");
    assert_eq!(stopped.recv_timeout(DEADLINE).unwrap(), 0x77_u64.to_le_bytes());
    assert!(finish_background_stops(DEADLINE));
}

/// A stream that ends by itself is no session any more, and its id is left alone.
#[tokio::test]
async fn an_ended_session_is_never_stopped() {
    let (sender, stopped) = std::sync::mpsc::channel();
    let server = Server::start(move |mut stream, request| {
        let header = Header::decode(request.first_chunk().unwrap()).unwrap();
        if header.command() == Some(Command::StopTracing) {
            sender.send(()).unwrap();
        }
        stream.write_all(&Reply::Session(0x77).encode(Command::CollectTracing3).unwrap()).unwrap();
        stream.write_all(b"the end").unwrap();
    });
    let client = server.client();
    // Stopped, dropped with the end unread, and dropped with it read.
    let session = client.start_session(&heartbeat()).await.unwrap();
    let mut rest = Vec::new();
    eventually("the other side has closed", || Some(()));
    session.stop(|bytes| rest.extend_from_slice(bytes)).await.unwrap();
    assert_eq!(rest, b"the end");
    drop(client.start_session(&heartbeat()).await.unwrap());
    let mut session = client.start_session(&heartbeat()).await.unwrap();
    while session.read(&mut [0; 64]).await.unwrap() > 0 {}
    drop(session);
    assert!(finish_background_stops(DEADLINE));
    assert!(stopped.try_recv().is_err(), "no stop was sent");
}
