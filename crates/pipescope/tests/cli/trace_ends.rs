//! How a trace comes to its end, in good order and otherwise.

use std::time::Duration;

use testbed::{Program, Runtime, Target};

use super::harness::{RUNTIMES, until_threads_are};
use super::trace::{Found, start};

const CLR: &str = "Microsoft-Windows-DotNETRuntime";

#[test]
fn a_killed_target_leaves_a_readable_file_and_a_clear_message() {
    for runtime in RUNTIMES {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("x.nettrace");
        let mut target = Target::start(runtime, Program::Work, &[]);
        let mut trace =
            start(directory.path(), &target, &["--clrevents", "exception", "--clreventlevel", "2"]);
        target.run("throw 500");
        trace.until("events in the file", |_| (Found::read(&path).count(CLR, 80) > 0).then_some(()));
        target.kill();
        let ended = trace.wait_at_most(Duration::from_secs(20)).expect(2);
        let expected = format!("the trace of process {} is cut off and readable up to there", target.pid());
        assert!(ended.error().contains(&expected), "{runtime}: {}", ended.stderr);
        let found = Found::read(&path);
        assert!(found.count(CLR, 80) > 0 && !found.is_complete, "{runtime}: {found:?}");
    }
}

#[test]
fn a_target_that_exits_ends_the_trace_in_good_order() {
    for runtime in RUNTIMES {
        let directory = tempfile::tempdir().expect("a directory");
        let mut target = Target::start(runtime, Program::Work, &[]);
        let trace = start(directory.path(), &target, &["--clrevents", "exception", "--clreventlevel", "2"]);
        target.run("throw 100");
        target.say("exit");
        let ended = trace.wait().expect(0);
        assert!(ended.stdout.contains(&format!("Process {} has ended.", target.pid())), "{}", ended.stdout);
        let found = Found::read(&directory.path().join("x.nettrace"));
        assert_eq!((found.count(CLR, 80), found.is_complete), (100, true), "{runtime}");
    }
}

#[test]
fn a_killed_pipescope_leaves_no_session_in_the_target() {
    for runtime in RUNTIMES {
        let directory = tempfile::tempdir().expect("a directory");
        let mut target = Target::start(runtime, Program::Work, &[]);
        // Counters start a thread in a process that stays for a while: not the session's.
        let warm_up =
            start(directory.path(), &target, &["--providers", "Nobody-Has-This", "--duration", "1s"]);
        warm_up.wait().expect(0);
        let before = target.until("threads settle", |target| {
            let count = target.threads();
            std::thread::sleep(Duration::from_millis(300));
            (target.threads() == count).then_some(count)
        });
        // A provider that never writes: only the heartbeat does.
        let trace = start(directory.path(), &target, &["--providers", "Nobody-Has-This"]);
        target.until("a session is a thread", |target| (target.threads() > before).then_some(()));
        trace.signal("KILL");
        trace.wait();
        until_threads_are(&mut target, before);
        target.run("idle");
    }
}

#[test]
fn the_stopping_event_ends_the_trace() {
    for (event, command) in [("GC/Stop", "collect 0 1"), ("2", "collect 1 1")] {
        let directory = tempfile::tempdir().expect("a directory");
        let mut target = Target::start(Runtime::Net9, Program::Work, &[]);
        let trace = start(
            directory.path(),
            &target,
            &[
                "--clrevents",
                "gc",
                "--stopping-event-provider-name",
                CLR,
                "--stopping-event-event-name",
                event,
            ],
        );
        target.run("throw 10");
        target.run(command);
        let ended = trace.wait().expect(0);
        assert!(ended.stdout.contains("The stopping event has come."), "{}", ended.stdout);
        let found = Found::read(&directory.path().join("x.nettrace"));
        assert!(found.count(CLR, 2) >= 1 && found.is_complete, "{found:?}");
    }
}

#[test]
fn the_stopping_event_can_be_told_by_its_fields() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut target = Target::start(Runtime::Net9, Program::Work, &[]);
    let provider = "Microsoft-DotNETCore-EventPipe";
    let mut trace = start(
        directory.path(),
        &target,
        &[
            "--providers",
            &format!("{provider}:0:5,System.Runtime:0:1:EventCounterIntervalSec=1"),
            "--stopping-event-provider-name",
            provider,
            "--stopping-event-event-name",
            "ProcessInfo",
            "--stopping-event-payload-filter",
            "OSInformation:Not this system",
        ],
    );
    // The end of any session makes this event in all of them. It is not the one that is waited for.
    let other = tempfile::tempdir().expect("a directory");
    start(other.path(), &target, &["--clrevents", "gc", "--duration", "1s"]).wait().expect(0);
    target.run("idle");
    trace.until("it goes on", |_| Some(()));
    trace.signal("INT");
    let ended = trace.wait().expect(0);
    assert!(!ended.stdout.contains("The stopping event has come."), "{}", ended.stdout);
}

#[test]
fn a_stopped_target_costs_a_bounded_wait_at_the_end_too() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut target = Target::start(Runtime::Net9, Program::Work, &[]);
    let trace = start(directory.path(), &target, &["--clrevents", "exception"]);
    target.run("throw 10");
    target.stop_signal();
    trace.signal("INT");
    let ended = trace.wait_at_most(Duration::from_secs(60)).expect(2);
    assert!(ended.error().contains("cut off"), "{}", ended.stderr);
    target.cont_signal();
    target.run("idle");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut target = Target::start(Runtime::Net9, Program::Work, &[]);
    let mut trace = start(directory.path(), &target, &["--clrevents", "exception"]);
    target.stop_signal();
    trace.signal("INT");
    trace.says("Stopping the trace...");
    let ended = trace.insist("INT", Duration::from_secs(3)).expect(2);
    assert!(ended.stderr.contains("left at once"), "{}", ended.stderr);
    target.cont_signal();
    target.run("idle");
}

#[test]
fn a_full_disk_is_said_and_ends_the_session() {
    let mut target = Target::start(Runtime::Net9, Program::Work, &[]);
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("x.nettrace");
    // A device that is always full.
    std::os::unix::fs::symlink("/dev/full", &path).expect("a link");
    let before = target.threads();
    let trace = start(directory.path(), &target, &["--profile", "dotnet-sampled-thread-time"]);
    let ended = trace.wait().expect(5);
    assert!(ended.error().contains("cannot write x.nettrace: No space left on device"), "{}", ended.stderr);
    until_threads_are(&mut target, before + 1);
}
