//! Sessions and processes that come to a bad end: stopped, killed, dropped, cancelled.

use std::time::{Duration, Instant};

use diagnostics_ipc::client::{Client, Error, StopOutcome, Timeouts, finish_background_stops};
use diagnostics_ipc::request::MAX_SESSIONS;
use testbed::{Runtime, Target};

use super::support::{
    DEADLINE, Running, eventually, example, exceptions, heartbeat, private_work, session_threads,
};

/// A bound on a wait of the default 3 s that leaves room for a busy machine.
const BOUNDED: Duration = Duration::from_secs(8);

#[tokio::test]
async fn a_stopped_process_costs_a_bounded_wait() {
    for runtime in [Runtime::Net31, Runtime::Net9, Runtime::Net10] {
        let (mut target, mut client) = private_work(runtime);
        if runtime != Runtime::Net9 {
            // Once with the defaults is enough.
            let command = Duration::from_millis(500);
            client = client.with_timeouts(Timeouts { command, ..Timeouts::default() });
        }
        target.stop_signal();
        for start in [false, true] {
            let started = Instant::now();
            let error = if start {
                client.start_session(&heartbeat()).await.map(drop).unwrap_err()
            } else {
                client.process_info().await.map(drop).unwrap_err()
            };
            assert!(started.elapsed() < BOUNDED, "{:?}", started.elapsed());
            assert!(error.is_no_answer(), "{error:?}");
            let text = error.to_string();
            assert!(text.contains("process state T (stopped)"), "{text}");
            assert!(text.contains(&format!("process {}", target.pid())), "{text}");
        }
        target.cont_signal();
        let client = client.with_timeouts(Timeouts::default());
        assert!(finish_background_stops(DEADLINE));
        if runtime.major() >= 9 {
            // What was asked for while it was stopped comes to nothing.
            client.process_info().await.unwrap();
            eventually("no session is left", || (session_threads(target.pid()) == 0).then_some(()));
        }
        check_all_sessions_are_free(target, &client).await;
    }
}

/// Opens all sessions that a process can have, so none is left of anybody; and ends the process, and so all of them.
async fn check_all_sessions_are_free(target: Target, client: &Client) {
    let started = Instant::now();
    let mut sessions = Vec::new();
    while sessions.len() < MAX_SESSIONS {
        match client.start_session(&heartbeat()).await {
            Ok(session) => sessions.push(session),
            Err(error) => {
                assert!(started.elapsed() < DEADLINE, "{} sessions, then: {error}", sessions.len());
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    drop(target);
}

#[tokio::test]
async fn stopping_a_session_of_a_stopped_process_is_bounded() {
    let (mut target, client) = private_work(Runtime::Net9);
    let client = client.with_timeouts(Timeouts { stop_idle: Duration::from_secs(1), ..Timeouts::default() });
    let session = client.start_session(&heartbeat()).await.unwrap();
    target.stop_signal();
    let started = Instant::now();
    let error = session.stop(|_| {}).await.unwrap_err();
    assert!(started.elapsed() < BOUNDED, "{:?}", started.elapsed());
    assert!(error.is_no_answer() && error.to_string().contains("StopTracing"), "{error}");
    target.cont_signal();
    eventually("the session ends after all", || (session_threads(target.pid()) == 0).then_some(()));
    assert!(finish_background_stops(DEADLINE));
    check_all_sessions_are_free(target, &client).await;
}

#[tokio::test]
async fn a_killed_process_ends_the_stream() {
    for runtime in Runtime::all() {
        let (mut target, client) = private_work(runtime);
        let mut session = client.start_session(&exceptions()).await.unwrap();
        target.run("throw 50");
        let mut bytes = Vec::new();
        session.read_buf(&mut bytes).await.unwrap();
        target.kill();
        while session.read_buf(&mut bytes).await.unwrap() > 0 {}
        assert!(bytes.starts_with(b"Nettrace"), "what came before is there");
        assert_eq!(session.read(&mut [0; 8]).await.unwrap(), 0, "the end stays the end");
        let report = session.stop(|_| panic!("there is nothing left")).await.unwrap();
        assert_eq!(report.outcome, StopOutcome::AlreadyEnded);
        let error = client.start_session(&exceptions()).await.unwrap_err();
        assert!(matches!(error, Error::NotRunning { .. }) && error.is_process_gone(), "{error:?}");
        assert_eq!(error.to_string(), format!("{} is no longer running", client.target()));
    }
}

/// What was sent before the end is still delivered, and no stop goes to an id that may be somebody else's.
#[tokio::test]
async fn a_stop_after_the_end_only_drains() {
    let (mut target, client) = private_work(Runtime::Net9);
    let mut session = client.start_session(&exceptions()).await.unwrap();
    target.run("throw 50");
    // Behind the head of the stream, which comes at once, come the events.
    let mut read = 0;
    while read < 1000 {
        read += session.read(&mut [0; 10]).await.unwrap();
    }
    target.kill();
    let mut drained = 0;
    let report = session.stop(|bytes| drained += bytes.len() as u64).await.unwrap();
    assert_eq!(report.outcome, StopOutcome::AlreadyEnded);
    assert!(drained > 0);
    assert_eq!(report.drained, drained);
}

/// A process that is killed at any moment of a stop: the stop ends, and says so.
#[tokio::test]
async fn a_process_killed_during_the_stop_ends_the_stop() {
    for delay in [0, 1, 3, 10] {
        let (mut target, client) = private_work(Runtime::Net9);
        let request = exceptions().rundown(diagnostics_ipc::request::Rundown::Default);
        let session = client.start_session(&request).await.unwrap();
        target.run("throw 2000");
        let stopped = tokio::spawn(session.stop(|_| {}));
        tokio::time::sleep(Duration::from_millis(delay)).await;
        target.kill();
        let stopped = tokio::time::timeout(BOUNDED, stopped).await.expect("it ends").unwrap();
        match stopped {
            Ok(report) => assert!(report.drained > 0, "{report:?}"),
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn a_dropped_session_is_stopped() {
    for runtime in [Runtime::Net31, Runtime::Net9, Runtime::Net10] {
        let (target, client) = private_work(runtime);
        for _ in 0..4 {
            // No heartbeat: only a stop ends these.
            drop(client.start_session(&exceptions()).await.unwrap());
        }
        assert!(finish_background_stops(DEADLINE));
        if runtime.major() >= 9 {
            eventually("no session is left", || (session_threads(target.pid()) == 0).then_some(()));
        }
        check_all_sessions_are_free(target, &client).await;
    }
}

#[test]
fn a_session_dropped_with_or_after_its_runtime_is_stopped() {
    let (target, client) = private_work(Runtime::Net9);
    let gone = || {
        assert!(finish_background_stops(DEADLINE));
        eventually("no session is left", || (session_threads(target.pid()) == 0).then_some(()));
    };
    for multi in [false, true] {
        let runtime = || {
            let mut builder = if multi {
                tokio::runtime::Builder::new_multi_thread()
            } else {
                tokio::runtime::Builder::new_current_thread()
            };
            builder.enable_all().build().unwrap()
        };
        // After: on a thread that has no runtime at all any more.
        let first = runtime();
        let session = first.block_on(client.start_session(&exceptions())).unwrap();
        drop(first);
        eventually("it has a thread", || (session_threads(target.pid()) == 1).then_some(()));
        drop(session);
        gone();
        // With: in a task that the end of the runtime drops.
        let second = runtime();
        let session = second.block_on(client.start_session(&exceptions())).unwrap();
        let reader = async move {
            let mut session = session;
            while session.read(&mut [0; 1024]).await.unwrap() > 0 {}
        };
        second.spawn(reader);
        second.block_on(async { tokio::time::sleep(Duration::from_millis(20)).await });
        eventually("it has a thread", || (session_threads(target.pid()) == 1).then_some(()));
        second.shutdown_background();
        gone();
    }
}

/// The caller may go at any moment of the start; the session that may come of it is stopped all the same.
#[tokio::test]
async fn a_start_that_is_given_up_leaves_no_session() {
    let (target, client) = private_work(Runtime::Net9);
    let mut given_up = 0;
    for round in 0..60 {
        let limit = Duration::from_micros(10 * round);
        match tokio::time::timeout(limit, client.start_session(&exceptions())).await {
            Ok(session) => {
                session.unwrap().stop(|_| {}).await.unwrap();
            }
            Err(_) => given_up += 1,
        }
    }
    assert!(given_up > 0);
    assert!(finish_background_stops(DEADLINE));
    eventually("no session is left", || (session_threads(target.pid()) == 0).then_some(()));
}

/// The same for a stop that is given up.
#[tokio::test]
async fn a_stop_that_is_given_up_goes_on() {
    let (target, client) = private_work(Runtime::Net9);
    let mut given_up = 0;
    for round in 0..60 {
        let session = client.start_session(&exceptions()).await.unwrap();
        let limit = Duration::from_micros(20 * round);
        match tokio::time::timeout(limit, session.stop(|_| {})).await {
            Ok(stopped) => assert_eq!(stopped.unwrap().outcome, StopOutcome::Stopped),
            Err(_) => given_up += 1,
        }
    }
    assert!(given_up > 0);
    assert!(finish_background_stops(DEADLINE));
    eventually("no session is left", || (session_threads(target.pid()) == 0).then_some(()));
}

/// `kill -9` leaves nobody to stop anything: the heartbeat makes the runtime notice.
#[test]
fn a_killed_client_leaves_no_session() {
    for runtime in Runtime::all() {
        let (target, client) = private_work(runtime);
        let mut command = example("hold_session");
        command.arg(client.target().socket());
        let mut holder = Running::start(command);
        holder.line("open");
        if runtime.major() >= 9 {
            eventually("the session has a thread", || (session_threads(target.pid()) == 1).then_some(()));
        }
        holder.child.kill().unwrap();
        holder.child.wait().unwrap();
        if runtime.major() >= 9 {
            let killed = Instant::now();
            eventually("the session is gone", || (session_threads(target.pid()) == 0).then_some(()));
            assert!(killed.elapsed() < Duration::from_secs(10), "{runtime}: {:?}", killed.elapsed());
        }
        let all = check_all_sessions_are_free(target, &client);
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(all);
    }
}

/// A client can be used from any task of any runtime.
#[tokio::test(flavor = "multi_thread")]
async fn everything_can_be_sent_to_other_threads() {
    fn sendable<T: Send>(value: T) -> T {
        value
    }
    let (target, client) = private_work(Runtime::Net9);
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(sendable(async move {
                let mut session = client.start_session(&heartbeat()).await.unwrap();
                assert!(session.read(&mut [0; 64]).await.unwrap() > 0);
                client.process_info().await.unwrap();
                session.stop(|_| {}).await.unwrap()
            }))
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().outcome, StopOutcome::Stopped);
    }
    assert_eq!(session_threads(target.pid()), 0);
}
