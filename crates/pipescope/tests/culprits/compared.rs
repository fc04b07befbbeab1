//! `diff` of two traces of a process that got into trouble between them: what grew is named first.

use std::path::Path;

use testbed::{Runtime, Target};

use super::harness::{Pipescope, pid};
use super::observation::{Screen, target, until_events_are_written};

/// Takes a trace of collections, exceptions and contention while the target works.
#[track_caller]
fn record(target: &mut Target, file: &Path, work: &[&str]) {
    let pid = pid(target);
    let file = file.to_str().expect("a path that is text");
    let of_trace = ["trace", "collect", "--process-id", &pid, "--output", file, "--no-heartbeat"];
    let what = ["--clrevents", "gc+exception+contention", "--clreventlevel", "informational"];
    let mut pipescope = Pipescope::start(&[&of_trace[..], &what].concat());
    pipescope.says("Output File");
    until_events_are_written(target);
    for command in work {
        target.run(command);
    }
    pipescope.signal("INT");
    pipescope.wait().expect(0);
}

fn what_grew_is_named(runtime: Runtime) {
    let folder = tempfile::tempdir().expect("a folder");
    let (before, after) = (folder.path().join("before.nettrace"), folder.path().join("after.nettrace"));
    let mut target = target(runtime);
    record(&mut target, &before, &["throw 1 Invalid", "contend 1", "collect 0 2"]);
    record(&mut target, &after, &["throw 500 Lost", "contend 40 5", "collect 0 2"]);
    let [before, after] = [before, after].map(|file| file.display().to_string());
    let text = Pipescope::run(&["diff", &before, &after]).expect(0).stdout;
    let screen = Screen::of(&text);
    screen.names("Culprits.Ledger.Post").names("Locks: time waited").names("Exceptions: thrown");
    screen.and_below("Culprits.OrderLostException");
}

on_each_runtime!(what_grew_is_named);
