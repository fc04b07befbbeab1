//! `counters collect` and the monitor without a terminal.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use testbed::{Program, Runtime, Target};

use super::harness::{Pipescope, RUNTIMES, pid, until_threads_are};

const HEADER: &str = "Timestamp,Provider,Counter Name,Counter Type,Mean/Increment";

/// Rows of a CSV file as `(provider, name, type, value)`.
fn csv(path: &Path) -> Vec<(String, String, String, f64)> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mut lines = text.lines();
    assert!(lines.next().is_none_or(|line| line == HEADER), "{text}");
    let row = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let [time, provider, name, kind, value] = fields.try_into().expect("five columns");
        assert_eq!(time.len(), "11/20/2026 13:14:15".len(), "{line}");
        (provider.to_owned(), name.to_owned(), kind.to_owned(), value.parse().expect("a number"))
    };
    lines.map(row).collect()
}

/// Events of a JSON file, which must be a whole document unless nothing has been written yet.
fn json(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    if text.is_empty() {
        return Vec::new();
    }
    let document: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert!(document["TargetProcess"].is_string() && document["StartTime"].is_string(), "{document}");
    document["Events"].as_array().expect("a list").clone()
}

fn sum(events: &[Value], name: &str) -> f64 {
    events.iter().filter(|event| event["name"] == name).filter_map(|event| event["value"].as_f64()).sum()
}

#[test]
fn csv_has_the_runtimes_counters_under_their_usual_names() {
    for runtime in RUNTIMES {
        let directory = tempfile::tempdir().expect("a directory");
        let target = Target::start(runtime, Program::Work, &[]);
        let arguments = ["counters", "collect", "-p", &pid(&target), "--duration", "00:00:00:04", "-o", "x"];
        let ended = Pipescope::start_in(directory.path(), &arguments).wait().expect(0);
        assert!(ended.stderr.contains("File saved to x.csv"), "{}", ended.stderr);
        let rows = csv(&directory.path().join("x.csv"));
        assert!(rows.iter().all(|(provider, ..)| provider == "System.Runtime"), "{rows:?}");
        // .NET 9 brought a meter of that name, which beats the EventCounters.
        let expected: &[(&str, &str)] = if runtime.major() < 9 {
            &[
                ("CPU Usage (%)", "Metric"),
                ("Working Set (MB)", "Metric"),
                ("Allocation Rate (B / 1 sec)", "Rate"),
            ]
        } else {
            &[
                ("dotnet.process.memory.working_set (By)", "Metric"),
                ("dotnet.gc.heap.total_allocated (By / 1 sec)", "Rate"),
                ("dotnet.gc.collections ({collection} / 1 sec)[gc.heap.generation=gen0]", "Rate"),
            ]
        };
        for (name, kind) in expected {
            let found = rows.iter().filter(|(_, n, k, _)| n == name && k == kind).count();
            assert!(found >= 2, "{runtime}: {name} {kind} is there {found} times in {rows:?}");
        }
        assert_eq!(
            rows.iter().any(|(_, name, ..)| name == "CPU Usage (%)"),
            runtime.major() < 9,
            "{runtime}"
        );
    }
}

#[test]
fn json_has_every_increment_the_target_made() {
    for runtime in [Runtime::Net31, Runtime::Net9] {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("x.json");
        let mut target = Target::start(runtime, Program::Counters, &[]);
        let mut collect = Pipescope::start_in(
            directory.path(),
            &[
                "counters",
                "collect",
                "-p",
                &pid(&target),
                "--counters",
                "Testbed-Counters",
                "--format",
                "json",
                "-o",
                "x",
            ],
        );
        collect.until("first values", |_| Some(json(&path)).filter(|events| !events.is_empty()));
        for amount in [3, 30, 300] {
            target.run(&format!("increment {amount}"));
        }
        collect.until("all increments", |_| {
            (sum(&json(&path), "Requests (Count / 1 sec)") >= 333.0).then_some(())
        });
        collect.signal("INT");
        collect.wait().expect(0);
        let events = json(&path);
        assert!((sum(&events, "Requests (Count / 1 sec)") - 333.0).abs() < 1e-9, "{runtime}");
        let requests = events.iter().find(|event| event["name"] == "Requests (Count / 1 sec)").expect("one");
        assert_eq!(requests["counterType"], "Rate");
        assert_eq!(requests["provider"], "Testbed-Counters");
        let duration = events.iter().find(|event| event["name"] == "Duration (ms)").expect("one");
        assert_eq!(duration["counterType"], "Metric");
    }
}

#[test]
fn meters_are_collected_by_instrument_with_their_tags() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("x.json");
    let mut target = Target::start(Runtime::Net9, Program::Counters, &[]);
    target.run("record temperature 21.5 room=attic");
    let arguments = [
        "counters",
        "collect",
        "-p",
        &pid(&target),
        "--counters",
        "Testbed.Meter",
        "--format",
        "json",
        "-o",
        "x",
    ];
    let mut collect = Pipescope::start_in(directory.path(), &arguments);
    collect.notes("Collecting counters");
    // Instruments count from the moment somebody listens: recorded until it is seen.
    let found = collect.until("values of all kinds", |_| {
        target.run("record orders 2 kind=book");
        target.run("record latency 10 route=/a");
        target.run("record temperature 21.5 room=attic");
        let events = json(&path);
        let with = |name: &str, tags: &str| {
            events
                .iter()
                .find(|event| {
                    event["name"].as_str().is_some_and(|n| n.starts_with(name))
                        && event["tags"] == tags
                        && event["value"] != 0
                })
                .cloned()
        };
        Some([
            with("orders", "kind=book")?,
            with("latency", "route=/a,Percentile=99")?,
            with("temperature", "room=attic")?,
        ])
    });
    let [orders, latency, temperature] = found;
    assert_eq!(orders["counterType"], "Rate", "{orders}");
    assert!(orders["name"].as_str().is_some_and(|name| name.ends_with("/ 1 sec)")), "{orders}");
    assert_eq!((&latency["counterType"], &latency["value"]), (&"Metric".into(), &10.into()), "{latency}");
    assert_eq!(temperature["value"], 21.5, "{temperature}");
    collect.signal("TERM");
    collect.wait().expect(0);
}

#[test]
fn a_json_file_is_whole_even_when_the_program_is_killed() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("x.json");
    let target = Target::start(Runtime::Net9, Program::Work, &[]);
    let arguments = ["counters", "collect", "-p", &pid(&target), "--format", "json", "-o", "x"];
    let mut collect = Pipescope::start_in(directory.path(), &arguments);
    collect.until("values", |_| (json(&path).len() > 20).then_some(()));
    collect.signal("KILL");
    collect.wait();
    assert!(json(&path).len() > 20);
}

#[test]
fn the_end_of_the_target_ends_the_collection() {
    for kills in [false, true] {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("counter.csv");
        let mut target = Target::start(Runtime::Net9, Program::Work, &[]);
        let mut collect =
            Pipescope::start_in(directory.path(), &["counters", "collect", "-p", &pid(&target)]);
        collect.until("values", |_| (csv(&path).len() > 20).then_some(()));
        if kills {
            target.kill();
        } else {
            target.say("exit");
        }
        let ended = collect.wait().expect(0);
        assert!(ended.stderr.contains(&format!("Process {} has ended.", target.pid())), "{}", ended.stderr);
        assert!(csv(&path).len() > 20);
    }
}

#[test]
fn every_signal_ends_the_session_in_the_target() {
    let mut target = Target::start(Runtime::Net9, Program::Work, &[]);
    let mut before = None;
    for signal in ["INT", "TERM", "HUP"] {
        let mut collect = Pipescope::start(&["counters", "collect", "-p", &pid(&target), "-o", "-"]);
        collect.says("System.Runtime");
        collect.signal(signal);
        collect.wait_at_most(Duration::from_secs(20)).expect(0);
        // The first round leaves behind what counters start in a process for good.
        match before {
            None => before = Some(target.threads()),
            Some(before) => until_threads_are(&mut target, before),
        }
    }
}

#[test]
fn two_clients_disturb_neither() {
    for runtime in RUNTIMES {
        let directory = tempfile::tempdir().expect("a directory");
        let target = Target::start(runtime, Program::Work, &[]);
        let start = |name: &str| {
            let arguments = ["counters", "collect", "-p", &pid(&target), "-o", name, "--duration", "5s"];
            Pipescope::start_in(directory.path(), &arguments)
        };
        let (a, b) = (start("a"), start("b"));
        for (client, name) in [(a, "a"), (b, "b")] {
            let ended = client.wait().expect(0);
            assert!(!ended.stderr.contains("another tool"), "{runtime}: {}", ended.stderr);
            let rows = csv(&directory.path().join(format!("{name}.csv")));
            let first = rows.first().expect("values").1.clone();
            let count = rows.iter().filter(|(_, name, ..)| *name == first).count();
            assert!(count >= 3, "{runtime}: {name} has {count} values of {first}");
            // .NET Core 3.1 starts a timer for every client and keeps it, so values come more often there.
            assert!(
                count <= 6 || runtime == Runtime::Net31,
                "{runtime}: {name} has {count} values of {first}"
            );
        }
    }
}

#[test]
fn the_monitor_without_a_terminal_prints_lines() {
    let target = Target::start(Runtime::Net9, Program::Work, &[]);
    let arguments =
        ["counters", "monitor", "-p", &pid(&target), "--counters", "System.Runtime[dotnet.gc.collections]"];
    let mut monitor = Pipescope::start(&arguments);
    monitor.says("  System.Runtime  dotnet.gc.collections[gc.heap.generation=gen2]  ");
    monitor.signal("INT");
    let ended = monitor.wait().expect(0);
    assert!(!ended.stdout.contains("working_set"), "only what was chosen:\n{}", ended.stdout);
}
