//! `report gc` of a process that collects, and of one whose pinned buffers keep the heap in pieces.

use testbed::{Figures, Runtime};

use super::observation::{assert_within, first_screen_of, list, number, observe, target};

/// The runtime looks at its clock and then writes an event, or the other way round; that much time may pass in between
/// on a machine that is not busy.
const BETWEEN_CLOCK_AND_EVENT_NS: u64 = 100_000;
/// How often a busy machine is forgiven for taking a thread's turn away just there.
const ATTEMPTS: usize = 8;

fn counts_are_the_runtimes_own(runtime: Runtime) {
    let mut target = target(runtime);
    let observed = observe("gc", &mut target, |target| {
        for command in ["objects 1", "collect 0 5", "collect 1 3", "collect 2 2"] {
            target.run(command);
        }
    });
    let collections = list(&observed.json, "/collections");
    assert_eq!(observed.number("/totals/count"), collections.len() as u64);
    let of_generation = |generation: u64| {
        collections.iter().filter(|row| number(row, "/generation") >= generation).count() as u64
    };
    // The runtime counts a collection of a generation as one of each younger generation too.
    let counters: [fn(&Figures) -> u64; 3] = [
        |figures| figures.gen0_collections,
        |figures| figures.gen1_collections,
        |figures| figures.gen2_collections,
    ];
    for (generation, counter) in (0..).zip(counters) {
        let what = format!("collections of generation {generation}");
        assert_within(of_generation(generation), &observed.counted(counter), &what);
    }
    let sum: u64 = collections.iter().map(|row| number(row, "/pause_ns")).sum();
    assert_eq!(observed.number("/totals/pause_ns"), sum);
    assert!(sum > 0);
}

fn pauses_are_the_runtimes_own(runtime: Runtime) {
    if runtime.major() < 9 {
        println!("skipped: {runtime} does not say how long its pauses were");
        return;
    }
    let mut target = target(runtime);
    target.run("objects 1");
    let mut off = Vec::new();
    for _ in 0..ATTEMPTS {
        let observed = observe("gc", &mut target, |target| target.run("collect 1 5"));
        let slack = observed.number("/totals/count") * BETWEEN_CLOCK_AND_EVENT_NS;
        let counted =
            observed.counted(|figures| (figures.pause_ms.expect("is counted") * 1e6).round() as u64);
        let pause = observed.number("/totals/pause_ns");
        if (counted.start().saturating_sub(slack)..=counted.end() + slack).contains(&pause) {
            return;
        }
        off.push((pause, counted));
    }
    panic!("nanoseconds of pauses, and those the runtime counted: {off:?}");
}

fn fragmentation_by_pinned_objects_is_named(runtime: Runtime) {
    let mut target = target(runtime);
    let observed = observe("gc", &mut target, |target| target.run("pin 2000"));
    let last = list(&observed.json, "/collections").last().expect("one at least");
    let heap = observed.done().heap_bytes.expect("is told");
    let free = observed.done().fragmented_bytes.expect("is told");
    assert_eq!(number(last, "/heap_after_bytes"), heap);
    let percent = last["fragmentation_percent"].as_f64().expect("a number");
    assert!((percent - free as f64 * 100.0 / heap as f64).abs() < 1e-6, "{percent} of {heap}, {free}");
    assert!(percent > 80.0, "{percent}");

    let screen = first_screen_of("gc", &mut target, |target| target.run("pin 2000"));
    screen.names("fragmented").names("pinned objects");
}

on_each_runtime!(
    counts_are_the_runtimes_own,
    pauses_are_the_runtimes_own,
    fragmentation_by_pinned_objects_is_named
);
