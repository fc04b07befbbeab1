//! `diff`: what has changed between two traces, as all forms of reports show it.

use std::fs;

use serde_json::Value;

use super::corpus;
use super::harness::Pipescope;
use super::traces::{TraceFile, small};

#[test]
fn two_traces_are_compared_in_every_form() {
    let Some(trace) = TraceFile::recorded("r31_gcinfo.nettrace") else { return };
    let after = corpus::trace("r9_gcinfo.nettrace").expect("it is there when the other is");
    fs::write(trace.directory().join("y.nettrace"), &after).expect("the trace can be written");
    let run = |more: &[&str]| {
        let arguments = [&["diff", "x.nettrace", "y.nettrace"], more].concat();
        trace.run(&arguments).expect(0)
    };
    let text = run(&[]);
    assert!(
        text.stdout.starts_with("CHANGES BETWEEN TWO TRACES\nFrom x.nettrace to y.nettrace: "),
        "{}",
        text.stdout
    );
    assert!(text.stdout.lines().all(|line| line.chars().count() <= 100), "{}", text.stdout);
    let json: Value = serde_json::from_str(&run(&["--json"]).stdout).expect("JSON");
    assert_eq!(
        (&json["before"]["name"], &json["after"]["name"]),
        (&"x.nettrace".into(), &"y.nettrace".into())
    );
    assert_eq!(json.get("trace"), None);
    assert!(run(&["--html"]).stdout.contains("<title>Changes between two traces</title>"));

    // Half of one is compared as far as it goes.
    fs::write(trace.directory().join("y.nettrace"), &after[..after.len() / 2]).expect("it can be written");
    let ended = trace.run(&["diff", "x.nettrace", "y.nettrace"]).expect(2);
    assert!(
        ended.stdout.contains("- Of y.nettrace only a part could be read: the stream is cut off"),
        "{}",
        ended.stdout
    );
    assert!(ended.error().contains("y.nettrace: the stream is cut off"), "{}", ended.stderr);
    trace.run(&["diff", "x.nettrace", "y.nettrace", "--html=y.nettrace"]).expect(3);
}

#[test]
fn traces_without_anything_in_common_are_said_to_be() {
    let trace = TraceFile::new(&small().end());
    let ended = trace.run(&["diff", "x.nettrace", "x.nettrace"]).expect(0);
    assert!(ended.stdout.contains("have nothing in common that could be compared."), "{}", ended.stdout);
    Pipescope::run(&["diff", "absent", "absent"]).expect(3);
    Pipescope::run(&["diff", "absent"]).expect(3);
}
