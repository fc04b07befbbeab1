//! Programs with a known trouble, on the oldest and newest runtimes: every command names the culprit in its first screen,
//! and its totals are those that the runtime itself counted.

#[allow(dead_code, reason = "shared with the tests of the other commands")]
#[path = "../cli/harness.rs"]
mod harness;

/// Makes a test of a function for each runtime.
macro_rules! on_each_runtime {
    ($($check:ident),+ $(,)?) => {
        $(mod $check {
            #[test]
            fn on_net31() {
                super::$check(testbed::Runtime::Net31);
            }

            #[test]
            fn on_net9() {
                super::$check(testbed::Runtime::Net9);
            }

            #[test]
            fn on_net10() {
                super::$check(testbed::Runtime::Net10);
            }
        })+
    };
}

mod allocated;
mod compared;
mod compiled;
mod contended;
mod hot;
mod leaked;
mod observation;
mod paused;
mod requested;
mod starved;
mod thrown;
mod waiting;
