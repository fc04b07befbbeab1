//! `report threadpool` of a process whose pool has work items that block: that it starves, and in which method they block.

use testbed::{Runtime, Target};

use super::observation::{Screen, first_screen_of, target};

/// The first screen of a report that is asked for when the pool is in trouble already, as one does.
#[track_caller]
fn observe_until_threads_are_added(target: &mut Target) -> Screen {
    const ADDED: usize = 3;
    first_screen_of("threadpool", target, |target| {
        let before = target.threads();
        target.until("threads are added to the pool", |target| {
            (target.threads() >= before + ADDED).then_some(())
        });
    })
}

fn starvation_and_the_blocking_method_are_named(runtime: Runtime) {
    let mut target = target(runtime);
    target.run("starve 20");
    observe_until_threads_are_added(&mut target).names("STARVED").names("Culprits.Kitchen.Cook");
    target.run("feed");
}

fn blocking_on_tasks_is_named(runtime: Runtime) {
    let mut target = target(runtime);
    target.run("starve 40 task");
    // .NET 6 and later see that a worker waits for a task, and add one for that before work starves.
    let trouble = if runtime.major() >= 6 { "BLOCKED" } else { "STARVED" };
    observe_until_threads_are_added(&mut target).names(trouble).names("Culprits.Kitchen.Order");
    target.run("feed");
}

on_each_runtime!(starvation_and_the_blocking_method_are_named, blocking_on_tasks_is_named);
