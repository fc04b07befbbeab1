//! `report contention` of a process whose threads wait for a lock: how often, how long, and in which method.

use testbed::Runtime;

use super::observation::{assert_within, first_screen_of, observe, target};

fn the_waiting_method_is_named(runtime: Runtime) {
    // Each wait lasts as long as the holder of the lock then sleeps.
    const WAIT_NS: u64 = 5_000_000;
    let mut target = target(runtime);
    let observed = observe("contention", &mut target, |target| target.run("contend 40 5"));
    let total = observed.number("/total");
    assert_within(total, &observed.counted(|figures| figures.lock_contentions), "contentions");
    assert!(total >= 40, "{total}");
    let duration = observed.number("/duration_ns");
    assert!(duration >= 40 * WAIT_NS, "{duration}");

    let screen = first_screen_of("contention", &mut target, |target| target.run("contend 40 5"));
    screen.names("40 waits").names("Culprits.Ledger.Post");
    if runtime.major() >= 8 {
        screen.names("Culprits.Ledger.Audit");
    }
}

fn a_deadlock_that_begins_is_named(runtime: Runtime) {
    let mut target = target(runtime);
    let screen = first_screen_of("contention", &mut target, |target| {
        target.run("deadlock");
        // Other waits, for longer than it takes until nobody can think that the two are about to go on.
        target.run("contend 40 5");
    });
    screen.names("Culprits.Bank.Debit").names("Culprits.Bank.Credit");
    // Neither wait ends before the session does. Older runtimes do not tell who holds which lock.
    screen.names(if runtime.major() >= 8 { "DEADLOCK: 2 threads" } else { "2 threads were still waiting" });
    screen.and_below("Waits that began before the trace");
}

on_each_runtime!(the_waiting_method_is_named, a_deadlock_that_begins_is_named);
