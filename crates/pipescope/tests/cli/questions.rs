//! Reports on traces and on running processes: what all of them have in common, shown with `report counters`.

use serde_json::Value;
use testbed::{Program, Runtime, Target};

use super::harness::{Pipescope, RUNTIMES, pid, until_threads_are};
use super::traces::TraceFile;

/// Says that it is observing when the session is open.
const BEGUN: &str = "Observing work (pid ";

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn counter<'a>(report: &'a Value, name: &str) -> &'a Value {
    let counters = report["counters"].as_array().expect("a list");
    counters.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no {name} in {report}"))
}

#[test]
fn a_trace_is_reported_from_a_file_and_from_standard_input() {
    let Some(trace) = TraceFile::recorded("r9_counters.nettrace") else { return };
    let file = trace.run(&["report", "counters", "x.nettrace"]).expect(0);
    assert_eq!(file.stderr, "");
    assert!(file.stdout.starts_with("COUNTERS AND METERS\n27 counters of System.Runtime"), "{}", file.stdout);
    assert!(
        file.stdout.contains("\nFrom process 11148, 5.05 s of events: 139, none lost.\n"),
        "{}",
        file.stdout
    );
    assert!(file.stdout.lines().all(|line| line.chars().count() <= 100), "{}", file.stdout);
    assert_eq!(trace.pipe(&["report", "counters", "-"]).expect(0).stdout, file.stdout);

    let report = json(&trace.run(&["report", "counters", "x.nettrace", "--json"]).expect(0).stdout);
    assert_eq!(report["trace"]["process_id"], 11148);
    assert_eq!(report["trace"]["complete"], true);
    let usage = counter(&report, "cpu-usage");
    assert_eq!((usage["unit"].as_str(), usage["per_second"].as_bool()), (Some("%"), Some(false)));
    let values = usage["values"].as_array().expect("a list");
    assert_eq!(values.last().expect("one")[1], usage["last"]);
}

#[test]
fn a_page_is_written_to_a_file_or_to_standard_output() {
    let Some(trace) = TraceFile::recorded("r9_counters.nettrace") else { return };
    let ended = trace.run(&["report", "counters", "x.nettrace", "--html=page.html"]).expect(0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    let page = std::fs::read_to_string(trace.directory().join("page.html")).expect("the page");
    assert!(page.starts_with("<!doctype html>\n") && page.ends_with("</html>\n"), "{page}");
    assert!(page.contains("<title>Counters and meters: x.nettrace</title>"), "{page}");
    assert!(page.contains("class=\"mark s0\""), "{page}");
    // Nothing on the network.
    assert!(!page.contains("http://") && !page.contains("https://"), "{page}");
    assert_eq!(trace.run(&["report", "counters", "x.nettrace", "--html"]).expect(0).stdout, page);
    let json = trace.run(&["report", "counters", "x.nettrace", "--json"]).expect(0).stdout;
    let (_, carried) = page.split_once("id=\"figures\">").expect("the figures");
    let (carried, _) = carried.split_once("</script>").expect("their end");
    assert_eq!(self::json(carried), self::json(&json));

    for (arguments, expected) in [
        (&["--html=x.nettrace"][..], "x.nettrace is the trace itself"),
        (&["--html=no/such/folder.html"], "cannot create no/such/folder.html"),
    ] {
        let arguments = [&["report", "counters", "x.nettrace"], arguments].concat();
        let ended = trace.run(&arguments).expect(3);
        assert!(ended.error().contains(expected), "{}", ended.stderr);
    }
    trace.run(&["report", "counters", "x.nettrace", "--html", "--json"]).expect(3);
}

#[test]
fn a_trace_that_is_cut_off_is_reported_as_far_as_it_goes() {
    let Some(bytes) = super::corpus::trace("r9_counters.nettrace") else { return };
    let trace = TraceFile::new(&bytes[..bytes.len() * 3 / 4]);
    let ended = trace.run(&["report", "counters", "x.nettrace"]).expect(2);
    assert!(ended.stdout.contains("Only a part: the stream is cut off"), "{}", ended.stdout);
    assert!(ended.stdout.contains("CPU Usage"), "{}", ended.stdout);
    assert!(ended.error().contains("x.nettrace: the stream is cut off at byte"), "{}", ended.stderr);
    let report = json(&trace.run(&["report", "counters", "x.nettrace", "--json"]).expect(2).stdout);
    assert_eq!(report["trace"]["complete"], false);
}

#[test]
fn a_running_process_is_observed_for_a_while() {
    for runtime in RUNTIMES {
        let mut target = Target::start(runtime, Program::Work, &[]);
        let before = target.threads();
        let arguments = ["report", "counters", "-p", &pid(&target), "--duration", "3s", "--json"];
        let report = json(&Pipescope::run(&arguments).expect(0).stdout);
        let name =
            if runtime == Runtime::Net31 { "working-set" } else { "dotnet.process.memory.working_set" };
        assert!(counter(&report, name)["last"].as_f64().expect("a number") > 1.0, "{runtime}");
        assert_eq!(report["trace"]["complete"], true, "{runtime}");
        assert_eq!(report["trace"]["process_id"], target.pid(), "{runtime}");
        // Counters start a thread in the target that stays.
        until_threads_are(&mut target, before + 2);
    }
}

#[test]
fn ctrl_c_ends_early_and_reports_what_was_seen() {
    let target = Target::start(Runtime::Net9, Program::Work, &[]);
    let mut report = Pipescope::start(&["report", "counters", "-p", &pid(&target), "--duration", "1h"]);
    report.notes(BEGUN);
    report.signal("INT");
    let ended = report.wait().expect(0);
    assert!(ended.stdout.starts_with("COUNTERS AND METERS\n"), "{}", ended.stdout);
}

#[test]
fn a_process_that_ends_is_reported_as_far_as_it_got() {
    for (runtime, how, code) in [
        (Runtime::Net9, "exit", 0),
        (Runtime::Net9, "kill", 2),
        (Runtime::Net31, "exit", 0),
        (Runtime::Net31, "kill", 2),
    ] {
        let mut target = Target::start(runtime, Program::Work, &[]);
        let mut report = Pipescope::start(&["report", "counters", "-p", &pid(&target), "--duration", "0s"]);
        report.notes(BEGUN);
        match how {
            "exit" => target.say("exit"),
            _ => target.kill(),
        }
        let ended = report.wait().expect(code);
        assert!(ended.stdout.starts_with("COUNTERS AND METERS\n"), "{runtime}: {}", ended.stdout);
        let expected = format!("note: process {} has ended.\n", target.pid());
        assert!(ended.stderr.contains(&expected), "{runtime}: {}", ended.stderr);
        assert_eq!(ended.stdout.contains("Only a part"), code == 2, "{runtime}: {}", ended.stdout);
    }
}

#[test]
fn a_file_and_a_process_exclude_each_other() {
    for arguments in [
        &["report", "counters", "x.nettrace", "-p", "1"][..],
        &["report", "counters", "x.nettrace", "--duration", "1s"],
        &["report", "counters", "x.nettrace", "--counters", "X"],
        &["report", "counters", "absent.nettrace"],
    ] {
        Pipescope::run(arguments).expect(3);
    }
}
