//! `gcdump` and `report heap` of a process that leaks: the types with exact counts, and the fields that keep them.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;
use testbed::{Runtime, Target};

use super::harness::{Pipescope, pid, until_threads_are};
use super::observation::{list, number, target, text};

/// What the leak is made of: type, bytes of one, and the static field that keeps it alive.
const LEAKED: [(&str, u64, &str); 3] =
    [("Session", 40, "open"), ("Basket", 24, "baskets"), ("Subscriber", 24, "Ticked")];
/// How many of each.
const COUNT: u64 = 20_000;
/// Lines of a terminal's first screen.
const SCREEN_LINES: usize = 24;

#[track_caller]
fn report(arguments: &[&str]) -> Value {
    let ended = Pipescope::run(&[&["report", "heap"], arguments, &["--json"]].concat()).expect(0);
    serde_json::from_str(&ended.stdout).expect("JSON")
}

/// Count and bytes of a type by its last name.
#[track_caller]
fn of_type<'a>(report: &'a Value, name: &str) -> &'a Value {
    let is_it = |row: &&Value| text(row, "/type").rsplit(['.', '+']).next() == Some(name);
    list(report, "/by_type").iter().find(is_it).unwrap_or_else(|| panic!("no {name} in {report:#}"))
}

#[track_caller]
fn dump(target: &Target, file: &Path) -> String {
    let arguments = ["gcdump", &pid(target), "-o", file.to_str().expect("a path")];
    Pipescope::run(&arguments).expect(0).stdout
}

fn a_dump_names_the_leak(runtime: Runtime) {
    let mut target = target(runtime);
    target.run(&format!("leak {COUNT}"));
    let threads = target.threads();
    let directory = TempDir::new().expect("a folder");
    let file = directory.path().join("leak.gcdump");
    let said = dump(&target, &file);
    let screen: Vec<&str> = said.lines().take(SCREEN_LINES).collect();
    let screen = screen.join("\n");
    for expected in ["static field open", "Culprits.Session"] {
        assert!(screen.contains(expected), "{expected} in the first screen:\n{said}");
    }
    // The session is gone, and with it its thread.
    until_threads_are(&mut target, threads);

    let file = file.to_str().expect("a path");
    let report = report(&[file]);
    assert!(!report["losses"]["any"].as_bool().expect("a flag"), "{report:#}");
    for (name, size, field) in LEAKED {
        let row = of_type(&report, name);
        assert_eq!((number(row, "/count"), number(row, "/bytes")), (COUNT, COUNT * size), "{row:#}");
        assert_eq!(number(row, "/largest_bytes"), size);
        assert!(number(row, "/retained_bytes") >= COUNT * size, "{row:#}");
        let why = self::report(&[file, "--paths", &format!("Culprits.{name}")]);
        let path = &list(&why, "/paths")[0];
        assert_eq!(text(path, "/root/kind"), "static", "{path:#}");
        assert_eq!(text(path, "/root/field"), field, "{path:#}");
        assert_eq!(number(path, "/count"), COUNT, "{path:#}");
    }
    // A session keeps its state alive: an array of 100 bytes with its header, of 24 bytes at least.
    assert!(number(of_type(&report, "Session"), "/retained_bytes") >= COUNT * (40 + 124));
    assert_eq!(text(of_type(&report, "Session"), "/module"), "culprits.dll");
}

fn a_process_is_asked_without_a_file(runtime: Runtime) {
    let mut target = target(runtime);
    target.run(&format!("leak {COUNT}"));
    let report = report(&["-p", &pid(&target), "--paths", "Basket"]);
    let row = of_type(&report, "Basket");
    assert_eq!((number(row, "/count"), number(row, "/bytes")), (COUNT, COUNT * 24));
    assert_eq!(text(&list(&report, "/paths")[0], "/root/field"), "baskets");
    // What the runtime says of its generations has the space between objects in it.
    let generations = ["gen0", "gen1", "gen2", "loh", "poh"];
    let said: u64 =
        generations.iter().map(|name| number(&report, &format!("/generations/{name}_bytes"))).sum();
    let bytes = number(&report, "/bytes");
    assert!(bytes <= said, "{bytes} bytes of objects in {said} of heap");
}

fn what_grew_is_seen_by_comparing(runtime: Runtime) {
    let mut target = target(runtime);
    let directory = TempDir::new().expect("a folder");
    let [before, after] = ["before", "after"].map(|name| directory.path().join(format!("{name}.gcdump")));
    target.run("leak 100");
    dump(&target, &before);
    target.run(&format!("leak {COUNT}"));
    dump(&target, &after);
    let [before, after] = [&before, &after].map(|path| path.to_str().expect("a path"));
    let ended = Pipescope::run(&["diff", before, after, "--json"]).expect(0);
    let diff: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let session = of_type(&diff, "Session");
    assert_eq!((number(session, "/count_before"), number(session, "/count_after")), (100, 100 + COUNT));
    assert_eq!(number(session, "/bytes_after") - number(session, "/bytes_before"), COUNT * 40);
    let screen = Pipescope::run(&["diff", before, after]).expect(0).stdout;
    let screen: Vec<&str> = screen.lines().take(SCREEN_LINES).collect();
    assert!(screen.iter().any(|line| line.contains("Culprits.Session")), "{screen:#?}");
}

on_each_runtime!(a_dump_names_the_leak, a_process_is_asked_without_a_file, what_grew_is_seen_by_comparing);
