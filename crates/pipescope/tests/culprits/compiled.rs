//! `report jit` of a process that compiles: how many methods, of how many bytes, and which they are.

use testbed::{Figures, Runtime};

use super::observation::{Observed, assert_within, first_screen_of, observe, target};

fn methods_made_at_run_time_are_counted_and_named(runtime: Runtime) {
    let mut target = target(runtime);
    let observed = observe("jit", &mut target, |target| target.run("jit 200"));
    assert!(observed.number("/methods") >= 200);
    assert!(observed.number("/native_bytes") > 200);
    assert!(observed.number("/time_ns") > 0);
    assert_methods_are_the_runtimes_own(runtime, &observed);

    // By now all is compiled that a session takes.
    let screen = first_screen_of("jit", &mut target, |target| target.run("jit 200"));
    screen.names("dynamicClass.Compiled").names(" 200 ");
    // The runtime counts their IL and does not tell of it.
    screen.and_below("JitInfo");
}

fn bytes_are_the_runtimes_own(runtime: Runtime) {
    let mut target = target(runtime);
    // What a session takes is compiled for this one. Much of it is made at run time, which the runtime counts without
    // telling of how many bytes it was made.
    let _ = observe("jit", &mut target, |_| {});
    let observed = observe("jit", &mut target, |target| {
        for command in ["hot 1", "cool", "leak 1", "threads 4", "deadlock", "allocate Parcel 1"] {
            target.run(command);
        }
    });
    assert_methods_are_the_runtimes_own(runtime, &observed);
    let il_bytes = observed.number("/il_bytes");
    assert!(il_bytes > 100, "{il_bytes}");
    assert!(observed.number("/native_bytes") > il_bytes);
    if let Some(counted) = counted(runtime, &observed, |figures| figures.il_bytes_jitted) {
        assert_within(il_bytes, &counted, "IL bytes");
    }
}

#[track_caller]
fn assert_methods_are_the_runtimes_own(runtime: Runtime, observed: &Observed) {
    if let Some(counted) = counted(runtime, observed, |figures| figures.methods_jitted) {
        assert_within(observed.number("/methods"), &counted, "methods");
    }
}

/// What the runtime counted, where it does.
fn counted(
    runtime: Runtime,
    observed: &Observed,
    of: impl Fn(&Figures) -> Option<u64>,
) -> Option<std::ops::RangeInclusive<u64>> {
    (runtime.major() >= 9).then(|| observed.counted(|figures| of(figures).expect("is counted")))
}

on_each_runtime!(methods_made_at_run_time_are_counted_and_named, bytes_are_the_runtimes_own);
