//! `report events`: the counts are those that an independent reader found, in a shape that stays.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testbed::{Program, Runtime, Target};

use super::corpus;
use super::harness::Pipescope;
use super::stream::TraceHead;
use super::stream6::{Event6, Row, Stream6};
use super::trace::start;
use super::traces::{TraceFile, small};

/// Provider, id, version, name.
type Key = (String, u64, u64, String);

/// `TraceEvent`'s id for the runtime's dynamic event `CommittedUsage`, which is one of the kinds of event 39.
const COMMITTED_USAGE: u64 = 65524;

/// The traces of the older format.
const NETPERF: [&str; 2] = [
    "eventpipe-dotnetcore2.1-linux-x64-objver3.netperf",
    "eventpipe-dotnetcore2.1-linux-x64-tracelogging.netperf",
];

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("a number: {value}"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("text: {value}")).to_owned()
}

fn rows(report: &Value) -> &[Value] {
    report["by_event"].as_array().expect("a list")
}

/// What the independent reader counted.
///
/// Two differences are known. Where a stream defines an id twice (Kestrel's id 11 is both `Configuration` and, given out
/// dynamically, `EventCounters`), it files both under the first one's name; [`found`] joins them. And it has no names for a
/// few events that have them here.
fn expected(answers: &Value, found: &BTreeMap<Key, u64>) -> BTreeMap<Key, u64> {
    let mut counts = BTreeMap::new();
    for row in answers["by_event"].as_array().expect("a list") {
        let id = if row[1] == COMMITTED_USAGE { 39 } else { number(&row[1]) };
        let mut key = (text(&row[0]), id, number(&row[2]), text(&row[3]));
        if key.3 == format!("EventID({id})") {
            let same =
                |(provider, id, version, _): &&Key| (provider, id, version) == (&key.0, &key.1, &key.2);
            key.3.clone_from(&found.keys().find(same).expect("such an event").3);
        }
        *counts.entry(key).or_insert(0) += number(&row[4]);
    }
    counts
}

/// What the report counts; events of Kestrel's id 11 under the name that the independent reader has for all of them.
fn found(report: &Value) -> BTreeMap<Key, u64> {
    let mut counts = BTreeMap::new();
    for row in rows(report) {
        let mut name = text(&row["name"]);
        if row["provider"] == "Microsoft-AspNetCore-Server-Kestrel" && row["id"] == 11 {
            "Configuration".clone_into(&mut name);
        }
        let key = (text(&row["provider"]), number(&row["id"]), number(&row["version"]), name);
        *counts.entry(key).or_insert(0) += number(&row["count"]);
    }
    counts
}

#[test]
fn every_recorded_trace_has_the_counts_of_an_independent_reader() {
    for name in corpus::VERSION_4.iter().chain(&NETPERF) {
        let Some(trace) = TraceFile::recorded(name) else { return };
        let answers = corpus::answers(name);
        // Its target was killed. The independent reader holds events back and then drops them.
        let is_killed = *name == "r9_killed.nettrace";
        let ended =
            trace.run(&["report", "events", "x.nettrace", "--json"]).expect(if is_killed { 2 } else { 0 });
        let report: Value = serde_json::from_str(&ended.stdout).expect("JSON");

        let format = if name.ends_with("netperf") { "netperf" } else { "nettrace" };
        assert_eq!(report["format"], format, "{name}");
        assert_eq!(report["version"], answers["format_version"], "{name}");
        assert_eq!(report["pointer_size"], answers["pointer_size"], "{name}");
        let start = |value: &Value| text(value).parse::<jiff::Timestamp>().expect("a time");
        assert_eq!(start(&report["start"]), start(&answers["start_utc"]), "{name}");
        assert_eq!(report["lost"], answers["lost"], "{name}");
        assert_eq!(report["complete"], !is_killed, "{name}");
        let keys = rows(&report).iter().map(|row| {
            (text(&row["provider"]), number(&row["id"]), number(&row["version"]), text(&row["name"]))
        });
        assert!(keys.is_sorted_by(|a, b| a < b), "{name}");
        if is_killed {
            assert_eq!(report["error"], "the stream is cut off at byte 8574713");
            assert_eq!(report["events"], 129_179);
            continue;
        }
        assert_eq!(report.get("error"), None, "{name}");
        assert_eq!(report["events"], answers["events"], "{name}");
        assert_eq!(report["payload_bytes"], answers["payload_bytes"], "{name}");
        let found = found(&report);
        assert_eq!(found, expected(&answers, &found), "{name}");
        let last_ms = number(&report["duration_ns"]) as f64 / 1e6;
        let answer = answers["last_event_ms"].as_f64().expect("a number");
        assert!((last_ms - answer).abs() < 1e-3, "{name}: {last_ms}, {answer}");
    }
}

#[test]
fn the_shape_of_json_stays() {
    let trace = TraceFile::new(&small().end());
    let ended = trace.run(&["report", "events", "--json", "x.nettrace"]).expect(0);
    let expected = json!({
        "format": "nettrace", "version": 4, "pointer_size": 8, "process_id": 4242,
        "start": "2024-05-06T07:08:09.01Z", "duration_ns": 2_000_000_000, "events": 2, "lost": 0, "complete": true,
        "by_event": [
            {"provider": "My-Source", "id": 7, "version": 0, "name": "Hello", "count": 2, "payload_bytes": 16},
        ],
        "payload_bytes": 16, "bytes": small().end().len(),
    });
    assert_eq!(serde_json::from_str::<Value>(&ended.stdout).expect("JSON"), expected);
    assert!(
        ended.stdout.starts_with("{\n  \"format\": \"nettrace\",\n  \"version\": 4,\n"),
        "{}",
        ended.stdout
    );
}

#[test]
fn the_text_is_a_table() {
    let mut stream = small();
    stream.define(2, "My-Source", 12, |definition| definition.name("RequestStart").version(2));
    stream.define_simple(3, "Another", 1);
    stream.events(|block| {
        for _ in 0..1234 {
            block.event(2).thread(5).payload(&[7; 10]);
        }
        block.event(3).payload(&[]);
    });
    let trace = TraceFile::new(&stream.end());
    let size = format!("{:.1} KB", stream.end().len() as f64 / 1e3);
    let ended = trace.run(&["report", "events", "x.nettrace"]).expect(0);
    let expected = format!(
        "\
Format    NetTrace 4, {size}
Process   4242, with pointers of 8 bytes
Start     2024-05-06T07:08:09.01Z
Duration  2.000 s
Events    1,237 with 12.4 KB of payload
Lost      none
Complete  yes

COUNT  PAYLOAD     ID  VERSION  EVENT
    1      0 B                  Another
    1      0 B      1        0    EventID(1)
1,236  12.4 KB                  My-Source
    2     16 B      7        0    Hello
1,234  12.3 KB     12        2    Request/Start
"
    );
    assert_eq!(ended.stdout, expected);
}

#[test]
fn a_trace_without_events_is_a_trace() {
    let trace = TraceFile::new(&super::stream::Stream::new().end());
    let ended = trace.run(&["report", "events", "x.nettrace", "--json"]).expect(0);
    let report: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(
        (&report["events"], &report["duration_ns"], &report["by_event"]),
        (&json!(0), &json!(0), &json!([]))
    );
    assert!(trace.run(&["report", "events", "x.nettrace"]).expect(0).stdout.ends_with("\nNo events.\n"));
}

#[test]
fn labels_of_version_6_count() {
    let mut stream = Stream6::with_head(TraceHead::default(), 0, &[]);
    stream.metadata(&[Row::new(1, "P", 1, "JobStart").fields(&[]).options(&[9, 3])]).thread(0, 1, 77);
    // Version 9, opcode Stop.
    stream.labels(1, &[&[(10, vec![9]), (7, vec![2])]]);
    stream.events(true, &[Event6::on(0, 1, 5), Event6::on(0, 2, 6).labels(1), Event6::on(0, 3, 7)]);
    let trace = TraceFile::new(&stream.end());
    let ended = trace.run(&["report", "events", "x.nettrace", "--json"]).expect(0);
    let report: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!((&report["version"], &report["process_id"]), (&json!(6), &Value::Null));
    let found: Vec<_> = found(&report).into_iter().collect();
    let expected = [
        (("P".to_owned(), 1, 3, "Job/Start".to_owned()), 2),
        (("P".to_owned(), 1, 9, "Job/Stop".to_owned()), 1),
    ];
    assert_eq!(found, expected);
}

#[test]
fn kinds_without_end_are_counted_together() {
    const KINDS: u32 = 1 << 16;
    let mut stream = Stream6::new();
    let definition = |id: u32| Row::new(id.into(), "P", id.into(), "E").fields(&[]);
    let definitions: Vec<Row> = (1..=KINDS).map(definition).collect();
    stream.metadata(&definitions).thread(0, 1, 1);
    // The version of the last three events is in their labels, which makes three more kinds.
    stream.labels(1, &[&[(10, vec![1])], &[(10, vec![2])], &[(10, vec![3])]]);
    let events: Vec<Event6> = (1..=KINDS + 3)
        .map(|number| {
            let event = Event6::on(0, number, 1).metadata(number.min(KINDS));
            event.labels(number.saturating_sub(KINDS))
        })
        .collect();
    stream.events(true, &events);
    let trace = TraceFile::new(&stream.end());
    let ended = trace.run(&["report", "events", "x.nettrace", "--json"]).expect(0);
    let report: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(report["events"], KINDS + 3);
    assert_eq!(rows(&report).len(), KINDS as usize + 1);
    let others = rows(&report).last().expect("a row");
    assert_eq!((&others["provider"], &others["count"]), (&json!("(others)"), &json!(3)));
}

#[test]
fn a_trace_just_taken_is_reported_with_what_happened() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut target = Target::start(Runtime::Net9, Program::Work, &[]);
    let before = target.figures();
    let trace = start(directory.path(), &target, &["--clrevents", "exception+gc", "--clreventlevel", "4"]);
    target.run("throw 321");
    target.run("collect 0 7");
    let after = target.figures();
    trace.signal("INT");
    trace.wait().expect(0);

    let run = |arguments: &[&str]| Pipescope::start_in(directory.path(), arguments).wait().expect(0).stdout;
    let report: Value =
        serde_json::from_str(&run(&["report", "events", "x.nettrace", "--json"])).expect("JSON");
    assert_eq!((&report["process_id"], &report["lost"]), (&json!(target.pid()), &json!(0)));
    assert_eq!(report["complete"], true);
    let count = |name: &str| -> u64 {
        let named = rows(&report).iter().filter(|row| row["name"] == name);
        named.map(|row| number(&row["count"])).sum()
    };
    assert_eq!(count("Exception/Start"), after.thrown - before.thrown);
    assert_eq!(count("GC/Start"), after.gen0_collections - before.gen0_collections);

    let lines = run(&["convert", "x.nettrace", "--to", "ndjson"]);
    let events: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(report["events"], events.len());
    let thrown = events.iter().filter(|event| event["name"] == "Exception/Start").count() as u64;
    assert_eq!(thrown, count("Exception/Start"));
    let last = events.iter().map(|event| number(&event["relative_ns"])).max();
    assert_eq!(last, report["duration_ns"].as_u64());
}
