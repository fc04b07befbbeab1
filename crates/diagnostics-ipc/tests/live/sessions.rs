//! Sessions on real runtimes, as they should be.

use std::time::{Duration, Instant};

use diagnostics_ipc::client::{Client, Error, Session, StopOutcome};
use diagnostics_ipc::message::Command;
use diagnostics_ipc::request::{
    Buffering, EventFilter, EventLevel, MAX_SESSIONS, Provider, Rundown, SessionFeature, SessionRequest,
};
use testbed::{Program, Runtime, Target};

use super::support::{DEADLINE, client, eventually, exceptions, heartbeat, private_work, session_threads};

/// Reads until the stream holds `size` bytes.
async fn read_bytes(session: &mut Session, bytes: &mut Vec<u8>, size: usize) {
    let read = async {
        while bytes.len() < size {
            assert_ne!(session.read_buf(bytes).await.unwrap(), 0, "the stream goes on");
        }
    };
    tokio::time::timeout(DEADLINE, read).await.expect("events come");
}

/// A session during which the target has thrown [`THROWN`] exceptions.
async fn trace_exceptions(target: &mut Target, client: &Client, request: &SessionRequest) -> Session {
    let session = client.start_session(request).await.unwrap();
    target.run(&format!("throw {THROWN}"));
    session
}

const THROWN: usize = 200;

/// How many exceptions a stream tells of. Each event has the message, and nothing else does (a rundown may name the
/// type, when its constructor was compiled).
fn exceptions_in(stream: &[u8]) -> usize {
    occurrences(stream, "thrown for a test")
}

/// Whether a stream tells of all [`THROWN`] exceptions. .NET Core 3.1 may lose those that are thrown while it hands its
/// buffers to the session's thread, every 100 ms.
#[track_caller]
fn check_exceptions(runtime: Runtime, stream: &[u8]) {
    let found = exceptions_in(stream);
    assert!(found <= THROWN, "{runtime}: {found}");
    assert!(found == THROWN || runtime.major() < 5, "{runtime}: {found}");
}

fn occurrences(stream: &[u8], text: &str) -> usize {
    let text: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    stream.windows(text.len()).filter(|window| *window == text).count()
}

async fn whole(session: Session) -> Vec<u8> {
    let mut bytes = Vec::new();
    let report = session.stop(|rest| bytes.extend_from_slice(rest)).await.unwrap();
    assert_eq!(report.outcome, StopOutcome::Stopped);
    assert_eq!(report.drained, bytes.len() as u64);
    assert!(bytes.starts_with(b"Nettrace"));
    // The tag that ends a complete stream.
    assert_eq!(bytes.last(), Some(&1), "the stream is complete");
    bytes
}

#[tokio::test]
async fn rundown_comes_when_it_was_asked_for() {
    for runtime in Runtime::all() {
        let (mut target, client) = private_work(runtime);
        let session = trace_exceptions(&mut target, &client, &exceptions()).await;
        assert_eq!(session.command(), Command::CollectTracing2);
        assert_eq!(session.not_honoured(), []);
        let without = whole(session).await;
        let request = exceptions().rundown(Rundown::Default);
        let session = trace_exceptions(&mut target, &client, &request).await;
        let with = whole(session).await;
        for stream in [&with, &without] {
            check_exceptions(runtime, stream);
        }
        let rundown = "Microsoft-Windows-DotNETRuntimeRundown";
        assert!(occurrences(&with, rundown) > 0, "{runtime}");
        assert_eq!(occurrences(&without, rundown), 0, "{runtime}");
        assert!(with.len() > without.len() + 10_000, "{runtime}: {} {}", with.len(), without.len());
    }
}

#[tokio::test]
async fn stacks_are_off_where_the_runtime_can() {
    for runtime in Runtime::all() {
        let (mut target, client) = private_work(runtime);
        let session = trace_exceptions(&mut target, &client, &exceptions()).await;
        assert!(session.stacks_off(), "nothing was wanted that was not honoured");
        let with = whole(session).await.len();
        let request = exceptions().without_stacks();
        let session = trace_exceptions(&mut target, &client, &request).await;
        let (off, command, lost) = (session.stacks_off(), session.command(), session.not_honoured().to_vec());
        let without = whole(session).await.len();
        if runtime.major() >= 9 {
            assert!(off);
            assert_eq!((command, lost), (Command::CollectTracing3, vec![]));
            assert!(without < with, "{runtime}: {without} {with}");
        } else {
            assert!(!off);
            assert_eq!((command, lost), (Command::CollectTracing2, vec![SessionFeature::NoStacks]));
            // The second session knows already what the first found out.
            let again = client.start_session(&request).await.unwrap();
            assert!(!again.stacks_off());
            whole(again).await;
        }
    }
}

#[tokio::test]
async fn newer_wishes_are_honoured_or_reported() {
    let wishes = |runtime: Runtime| match runtime.major() {
        11.. => vec![],
        10 => vec![SessionFeature::Blocking],
        9 => vec![SessionFeature::Blocking, SessionFeature::EventFilters],
        _ => vec![
            SessionFeature::Blocking,
            SessionFeature::EventFilters,
            SessionFeature::RundownKeywords,
            SessionFeature::NoStacks,
        ],
    };
    for runtime in Runtime::all() {
        let (_target, client) = private_work(runtime);
        let mut request = exceptions().without_stacks().rundown(Rundown::Keywords(0x10));
        request.providers[0].filter = EventFilter::Allow(vec![80]);
        request.buffering = Buffering::Block;
        let session = client.start_session(&request).await.unwrap();
        assert_eq!(session.not_honoured(), wishes(runtime), "{runtime}");
        whole(session).await;
    }
}

/// The filter lets nothing through, and so nothing comes; the same without the filter brings the exceptions.
#[tokio::test]
async fn event_filters_hold_events_back() {
    for runtime in [Runtime::Net10, Runtime::Net10Newer] {
        let (mut target, client) = private_work(runtime);
        let plain = exceptions();
        let mut filtered = plain.clone();
        filtered.providers[0].filter = EventFilter::Allow(vec![1]);
        let session = trace_exceptions(&mut target, &client, &filtered).await;
        assert_eq!((session.command(), session.not_honoured()), (Command::CollectTracing5, &[][..]));
        assert_eq!(exceptions_in(&whole(session).await), 0);
        let session = trace_exceptions(&mut target, &client, &plain).await;
        check_exceptions(runtime, &whole(session).await);
    }
}

#[tokio::test]
async fn what_a_runtime_would_not_survive_is_not_sent() {
    for runtime in [Runtime::Net31, Runtime::Net9] {
        let (mut target, client) = private_work(runtime);
        let many = std::iter::repeat_n(Provider::new("A"), 1001);
        let long = Provider::new("A").argument("x", &"y".repeat(40_000));
        for (request, reason) in [
            (heartbeat().buffer_mb(0), "buffer"),
            (SessionRequest::new(many), "1001 providers"),
            (SessionRequest::new([]), "no provider"),
            (SessionRequest::new([Provider::new("")]), "no name"),
            (SessionRequest::new([long]), "65535"),
        ] {
            let error = client.start_session(&request).await.unwrap_err();
            assert!(matches!(error, Error::NotSent { .. }), "{error:?}");
            assert!(error.to_string().contains(reason), "{error}");
        }
        // The most that is allowed.
        let most = std::iter::repeat_n(Provider::new("A"), 1000);
        let session = client.start_session(&SessionRequest::new(most)).await.unwrap();
        whole(session).await;
        assert!(target.is_running(), "{runtime}");
    }
}

#[tokio::test]
async fn one_session_too_many_is_refused_and_leaves_the_others() {
    for runtime in Runtime::all() {
        let (target, client) = private_work(runtime);
        let mut sessions = Vec::new();
        for _ in 0..MAX_SESSIONS {
            sessions.push(client.start_session(&heartbeat()).await.unwrap());
        }
        let error = client.start_session(&heartbeat()).await.unwrap_err();
        assert!(matches!(error, Error::SessionRefused { .. }), "{error:?}");
        assert!(error.to_string().contains("at most 64 sessions"), "{error}");
        // The refusal has cost none of the others: one ends, one begins.
        whole(sessions.pop().unwrap()).await;
        sessions.push(client.start_session(&heartbeat()).await.unwrap());
        // Their stop would take a while: the runtime stops one after the other, each within its 100 ms.
        drop(target);
    }
}

/// A stop that does not read would wait for ever, and every other tool with it.
#[tokio::test]
async fn a_stop_drains_what_was_not_read() {
    for runtime in Runtime::all() {
        let (mut target, client) = private_work(runtime);
        let everything = Provider::new("Microsoft-Windows-DotNETRuntime")
            .keywords(0x0001_0000_8000)
            .level(EventLevel::Verbose);
        let request = SessionRequest::new([everything]).rundown(Rundown::Default);
        let session = client.start_session(&request).await.unwrap();
        // Far more than the socket holds.
        target.run("throw 5000");
        let started = Instant::now();
        let bytes = whole(session).await;
        assert!(bytes.len() > 1_000_000, "{runtime}: {}", bytes.len());
        assert!(started.elapsed() < client.timeouts().stop, "{:?}", started.elapsed());
    }
}

#[tokio::test]
async fn two_clients_do_not_disturb_each_other() {
    for runtime in Runtime::all() {
        let (mut target, one) = private_work(runtime);
        let other = one.clone();
        let mut first = one.start_session(&heartbeat()).await.unwrap();
        let second = other.start_session(&exceptions()).await.unwrap();
        assert_ne!(first.id(), second.id());
        target.run(&format!("throw {THROWN}"));
        check_exceptions(runtime, &whole(second).await);
        // The first goes on: at least two more counts.
        let mut bytes = Vec::new();
        read_bytes(&mut first, &mut bytes, 1).await;
        let so_far = bytes.len();
        read_bytes(&mut first, &mut bytes, so_far + 1).await;
        let report = first.stop(|rest| bytes.extend_from_slice(rest)).await.unwrap();
        assert_eq!(report.outcome, StopOutcome::Stopped);
        assert_eq!(bytes.last(), Some(&1));
    }
}

/// A read that is given up has read nothing: the pieces are the whole.
#[tokio::test]
async fn reading_can_be_given_up_at_any_time() {
    let (mut target, client) = private_work(Runtime::Net9);
    let mut session = trace_exceptions(&mut target, &client, &exceptions()).await;
    let mut bytes = Vec::new();
    let until = Instant::now() + Duration::from_secs(1);
    while Instant::now() < until {
        let given_up = tokio::time::timeout(Duration::from_micros(200), session.read_buf(&mut bytes)).await;
        assert!(!matches!(given_up, Ok(Err(_) | Ok(0))), "{given_up:?}");
    }
    assert_eq!(session.read(&mut []).await.unwrap(), 0, "nothing asked for is not the end");
    let report = session.stop(|rest| bytes.extend_from_slice(rest)).await.unwrap();
    assert_eq!(report.outcome, StopOutcome::Stopped);
    assert!(bytes.starts_with(b"Nettrace"));
    assert_eq!(exceptions_in(&bytes), THROWN);
    assert_eq!(bytes.last(), Some(&1));
}

#[tokio::test]
async fn threads_of_sessions_are_counted_right() {
    for runtime in [Runtime::Net9, Runtime::Net10] {
        let (target, client) = private_work(runtime);
        assert_eq!(session_threads(target.pid()), 0);
        let session = client.start_session(&heartbeat()).await.unwrap();
        eventually("its thread is there", || (session_threads(target.pid()) == 1).then_some(()));
        whole(session).await;
        eventually("its thread is gone", || (session_threads(target.pid()) == 0).then_some(()));
    }
}

/// What happens before `Main` can be traced: nothing is lost, and nothing waits for a stream that has not begun.
#[tokio::test]
async fn a_suspended_runtime_can_be_traced_from_its_start() {
    for runtime in [Runtime::Net9, Runtime::Net10] {
        let mut target = Target::builder(runtime, Program::Work)
            .env("DOTNET_DefaultDiagnosticPortSuspend", "1")
            .do_not_wait()
            .start();
        let client = client(&target);
        let started = Instant::now();
        let session = client.start_session(&exceptions()).await.unwrap();
        assert!(started.elapsed() < Duration::from_millis(2500), "{:?}", started.elapsed());
        client.resume().await.unwrap();
        target.wait_until_ready();
        target.run(&format!("throw {}", THROWN - 1));
        // The program throws once while it gets ready.
        check_exceptions(runtime, &whole(session).await);
    }
}
