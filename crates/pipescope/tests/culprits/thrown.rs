//! `report exceptions` of a process that throws: which types, how many of each, and where.

use testbed::Runtime;

use super::observation::{assert_within, first_screen_of, list, number, observe, target, text};

fn the_types_counts_and_throw_sites_are_named(runtime: Runtime) {
    let mut target = target(runtime);
    let observed = observe("exceptions", &mut target, |target| {
        for command in ["throw 70 Lost", "throw 20 Invalid", "throw 10 Format"] {
            target.run(command);
        }
    });
    assert_eq!(observed.number("/total"), 100);
    assert_within(100, &observed.counted(|figures| figures.exceptions.expect("is counted")), "exceptions");
    let types: Vec<(&str, u64)> = list(&observed.json, "/by_type")
        .iter()
        .map(|row| (text(row, "/type"), number(row, "/count")))
        .collect();
    let expected = [
        ("Culprits.OrderLostException", 70),
        ("System.InvalidOperationException", 20),
        ("System.FormatException", 10),
    ];
    assert_eq!(types, expected);

    let screen = first_screen_of("exceptions", &mut target, |target| {
        target.run("throw 10 Invalid");
        target.run("throw 90 Lost");
    });
    screen.names("100").names_before("Culprits.OrderLostException", "System.InvalidOperationException");
    screen.names("Culprits.Thrower.Lose");
}

fn who_had_the_framework_throw_is_named(runtime: Runtime) {
    let mut target = target(runtime);
    let screen = first_screen_of("exceptions", &mut target, |target| target.run("throw 100 Format"));
    screen.names("100").names("System.FormatException").names("Culprits.Thrower.Misread");
}

on_each_runtime!(the_types_counts_and_throw_sites_are_named, who_had_the_framework_throw_is_named);
