//! `stacks` of a process with two threads that wait for each other, among many that wait for nothing in particular.

use serde_json::Value;
use testbed::Runtime;

use super::harness::{Pipescope, pid};
use super::observation::{Screen, list, target, text};

fn both_threads_of_a_deadlock_are_named(runtime: Runtime) {
    let mut target = target(runtime);
    target.run("threads 60");
    target.run("deadlock");
    let pid = pid(&target);
    let said = Pipescope::run(&["stacks", &pid]).expect(0).stdout;
    Screen::of(&said)
        .names("2 threads ")
        .names("lock")
        .names("Culprits.Bank.Debit")
        .names("Culprits.Bank.Credit")
        .and_below("Culprits.Waiters.Wait");

    let said = Pipescope::run(&["stacks", &pid, "--json"]).expect(0).stdout;
    let report: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error} in:\n{said}"));
    let threads = list(&report, "/threads");
    for (method, name) in [("Culprits.Bank.Debit()", "debit"), ("Culprits.Bank.Credit()", "credit")] {
        let is_in = |thread: &&Value| list(thread, "/frames").iter().any(|frame| frame["name"] == method);
        let thread = threads.iter().find(is_in).unwrap_or_else(|| panic!("nobody in {method}: {report:#}"));
        // A few runtimes have no method of their own for `lock`: all that can be seen is that the thread does not run.
        let waits = thread["waits"] == "lock" || (runtime.major() == 9 && thread["doing"] == "blocked");
        assert!(waits, "{thread:#}");
        // .NET Core 3.1 tells the system no names of threads.
        if runtime.major() >= 9 {
            assert_eq!(text(thread, "/name"), name);
        }
    }
    let waiters = threads.iter().filter(|thread| thread.to_string().contains("Culprits.Waiters.Wait("));
    assert_eq!(waiters.count(), 60);
}

on_each_runtime!(both_threads_of_a_deadlock_are_named);
