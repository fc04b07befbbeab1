//! `report allocations` of a process that allocates: the type that most of the bytes are of, and who allocates them.

use testbed::Runtime;

use super::observation::{assert_within, first_screen_of, list, observe, target, text};

/// How many of its standard errors an estimate may be off: more than five happens once in a million times.
const ERRORS: u64 = 5;
/// What the runtime may have not told yet when the session ends, and what it tells of before the session.
const TICKS: u64 = 2 * 110_000;

fn the_type_and_the_method_are_named(runtime: Runtime) {
    let mut target = target(runtime);
    let screen = first_screen_of("allocations", &mut target, |target| {
        target.run("allocate Parcel 100000000");
        target.run("allocate Strings 20000000");
    });
    screen.names_before("Culprits.Parcel", "System.String").names("Culprits.Allocator.Pack");
}

fn the_sum_is_the_runtimes_own(runtime: Runtime) {
    let mut target = target(runtime);
    let observed = observe("allocations", &mut target, |target| target.run("allocate Parcel 50000000"));
    assert_eq!(text(&list(&observed.json, "/types")[0], "/type"), "Culprits.Parcel");
    let counted = observed.counted(|figures| figures.allocated_bytes);
    // Before .NET 5 the buffers are counted that threads get, also for what they have left of the last one.
    let buffers = if runtime.major() < 5 { counted.end() / 20 } else { 0 };
    let slack = ERRORS * observed.number("/bytes_error") + TICKS;
    assert_within(
        observed.number("/bytes"),
        &(counted.start() - slack..=counted.end() + slack + buffers),
        "bytes",
    );
}

on_each_runtime!(the_type_and_the_method_are_named, the_sum_is_the_runtimes_own);
