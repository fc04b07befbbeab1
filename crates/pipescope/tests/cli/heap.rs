//! Heaps of traces and of files.

use serde_json::Value;

use super::traces::{TraceFile, small};

const RECORDED: &str = "r9_gcheapdump.nettrace";

#[track_caller]
fn report(trace: &TraceFile, file: &str) -> Value {
    let ended = trace.run(&["report", "heap", file, "--json"]).expect(0);
    serde_json::from_str(&ended.stdout).expect("JSON")
}

#[test]
fn a_trace_becomes_a_gcdump_that_says_the_same() {
    let Some(trace) = TraceFile::recorded(RECORDED) else { return };
    let ended = trace.run(&["convert", "x.nettrace", "--to", "gcdump", "-o", "x.gcdump"]).expect(0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    let (of_trace, of_file) = (report(&trace, "x.nettrace"), report(&trace, "x.gcdump"));
    assert!(of_trace["objects"].as_u64() > Some(1000), "{of_trace:#}");
    // Files have none of these, and the time in units of 100 ns.
    let differ = ["collection", "pause_ns", "generations", "trace", "taken_unix_ns"];
    let time = |report: &Value| report["taken_unix_ns"].as_u64().expect("a time") / 100;
    assert_eq!(time(&of_trace), time(&of_file));
    let told =
        of_trace.as_object().expect("an object").keys().filter(|name| !differ.contains(&name.as_str()));
    for name in told {
        assert_eq!(of_trace[name], of_file[name], "{name}");
    }
}

#[test]
fn a_trace_without_a_heap_dump_becomes_nothing() {
    let trace = TraceFile::new(&small().end());
    let ended = trace.run(&["convert", "x.nettrace", "--to", "gcdump", "-o", "x.gcdump"]).expect(2);
    assert!(
        ended.error().contains("x.nettrace holds no heap dump; `pipescope gcdump` takes one"),
        "{}",
        ended.stderr
    );
    assert!(!trace.directory().join("x.gcdump").exists());
    let ended = trace.run(&["convert", "x.nettrace", "--to", "gcdump", "--stacks"]).expect(3);
    assert!(ended.error().contains("--stacks is for ndjson only"), "{}", ended.stderr);
}
