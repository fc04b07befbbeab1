//! `report cpu` of a process with one thread that computes, next to many that wait.

use std::thread::sleep;
use std::time::Duration;

use testbed::Runtime;

use super::observation::{first_screen_of, list, number, observe, target, text};

/// How long samples are taken: about one of each thread in a millisecond.
const SAMPLED: Duration = Duration::from_millis(500);

fn the_hot_method_is_named_first(runtime: Runtime) {
    let mut target = target(runtime);
    target.run("threads 20");
    target.run("hot 1");
    let observed = observe("cpu", &mut target, |_| sleep(SAMPLED));
    let methods = list(&observed.json, "/methods");
    assert!(methods.is_sorted_by_key(|row| std::cmp::Reverse(number(row, "/exclusive"))));
    let first = methods.iter().max_by_key(|row| number(row, "/exclusive_running")).expect("one at least");
    assert_eq!(text(first, "/name"), "Culprits.Furnace.Burn(int32)");
    assert_eq!(text(first, "/module"), "culprits");
    assert!(number(first, "/exclusive_running") > 0);
    assert!(number(first, "/exclusive") <= number(first, "/inclusive"));
    // The sampler looks at all threads, most of which wait.
    assert!(observed.number("/samples") > 10 * number(first, "/exclusive"), "{:#}", observed.json);
    assert!(observed.number("/threads") > 20);

    let screen = first_screen_of("cpu", &mut target, |_| sleep(SAMPLED));
    screen.names_before("Culprits.Furnace.Burn", "Culprits.Waiters.Wait");
    target.run("cool");
}

on_each_runtime!(the_hot_method_is_named_first);
