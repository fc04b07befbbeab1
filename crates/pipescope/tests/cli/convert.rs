//! `convert --to ndjson`: one line per event, each an object in a shape that stays.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::Stdio;

use serde_json::{Value, json};

use super::corpus;
use super::harness::{Pipescope, command};
use super::stream::{Bytes, Definition, Stream, V2Field};
use super::stream6::{Event6, Row, Stream6, bytes, text};
use super::traces::{TraceFile, small};

const CONVERT: [&str; 4] = ["convert", "x.nettrace", "--to", "ndjson"];

/// The lines, each of which must be an object.
#[track_caller]
fn objects(lines: &str) -> Vec<Value> {
    let object = |line: &str| -> Value {
        let value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(matches!(value, Value::Object(_)), "{line}");
        value
    };
    lines.lines().map(object).collect()
}

#[track_caller]
fn convert(bytes: &[u8], more: &[&str]) -> Vec<Value> {
    let arguments: Vec<&str> = CONVERT.iter().chain(more).copied().collect();
    objects(&TraceFile::new(bytes).run(&arguments).expect(0).stdout)
}

/// The one event of that definition and payload.
#[track_caller]
fn one(describe: impl FnOnce(Definition) -> Definition, payload: &[u8]) -> Value {
    let mut stream = Stream::new();
    stream.define(1, "P", 1, describe);
    stream.events(|block| block.event(1).sequence(1).thread(5).payload(payload));
    convert(&stream.end(), &[]).remove(0)
}

#[test]
fn the_shape_of_lines_stays() {
    let trace = TraceFile::new(&small().end());
    let ended = trace.run(&CONVERT).expect(0);
    assert_eq!(
        ended.stdout,
        concat!(
            r#"{"time":"2024-05-06T07:08:10.010000000Z","relative_ns":1000000000,"provider":"My-Source","id":7,"#,
            r#""version":0,"name":"Hello","level":4,"keywords":0,"opcode":0,"thread_id":5,"fields":{"text":"you"}}"#,
            "\n",
            r#"{"time":"2024-05-06T07:08:11.010000000Z","relative_ns":2000000000,"provider":"My-Source","id":7,"#,
            r#""version":0,"name":"Hello","level":4,"keywords":0,"opcode":0,"thread_id":5,"fields":{"text":"you"}}"#,
            "\n",
        )
    );
    assert_eq!(ended.stderr, "");
}

#[test]
fn what_an_event_has_beside_its_fields() {
    let mut stream = Stream::new();
    stream.define(1, "P", 1, |definition| definition.name("ReadStart").version(2).level(5).keywords(-1));
    stream.stacks(9, &[&[0x7fff_0010, 0x20]]);
    stream.events(|block| {
        let (activity, related) = ([1; 16], [2; 16]);
        let event = block.event(1).sequence(1).capture_thread(7).processor(3).stack(9).time(5);
        event.about_thread(8).activities(activity, related).payload(&[]);
    });
    let mut expected = json!({
        "time": "2024-05-06T07:08:09.010000005Z", "relative_ns": 5, "provider": "P", "id": 1, "version": 2,
        "name": "Read/Start", "level": 5, "keywords": u64::MAX, "opcode": 0, "thread_id": 8, "capture_thread_id": 7,
        "processor": 3, "activity_id": "01010101-0101-0101-0101-010101010101",
        "related_activity_id": "02020202-0202-0202-0202-020202020202", "fields": {},
    });
    assert_eq!(convert(&stream.end(), &[]), [expected.clone()]);
    expected["stack"] = json!(["0x7fff0010", "0x20"]);
    assert_eq!(convert(&stream.end(), &["--stacks"]), [expected]);
}

#[test]
fn every_type_has_its_form() {
    let all: Vec<(String, i32)> = (3..=18).map(|code| (format!("f{code}"), code)).collect();
    let all: Vec<(&str, i32)> = all.iter().map(|(name, code)| (name.as_str(), *code)).collect();
    let mut payload = Bytes::default();
    payload.raw(&[2, 0, 0, 0]).u16(0x41).u8(0xfe).u8(0xfe).u16(0xfffd).u16(0xfffd);
    payload.i32(-4).u32(u32::MAX).i64(i64::MIN).u64(u64::MAX).f32(0.1).f64(f64::NEG_INFINITY);
    payload.f64(12.5).i64(116_444_736_000_000_001);
    payload.raw(&[4, 3, 2, 1, 6, 5, 8, 7, 9, 10, 11, 12, 13, 14, 15, 16]).text("Ünï \"\u{1F600}\"\n");
    let event = one(|definition| definition.fields(&all), &payload.0);
    // The type of decimals has floating point numbers in real streams.
    let expected = json!({
        "f3": true, "f4": "A", "f5": -2, "f6": 254, "f7": -3, "f8": 65533, "f9": -4, "f10": u32::MAX,
        "f11": i64::MIN, "f12": u64::MAX, "f13": 0.1, "f14": null, "f15": 12.5,
        "f16": "1970-01-01T00:00:00.000000100Z", "f17": "01020304-0506-0708-090a-0b0c0d0e0f10",
        "f18": "Ünï \"\u{1F600}\"\n",
    });
    assert_eq!(event["fields"], expected);
    assert_eq!((event.get("field_error"), event.get("payload")), (None, None));
}

#[test]
fn structures_arrays_and_names_that_come_twice() {
    let point = [V2Field::new("x", 9), V2Field::new("x", 9)];
    let fields = [
        V2Field::array("bytes", 6),
        V2Field::array("letters", 4),
        V2Field::array("numbers", 9),
        V2Field::array_of("points", &point),
        V2Field::structure("point", &point),
        V2Field::structure("", &[V2Field::new("a", 6), V2Field::new("points", 6)]),
        V2Field::new("a", 6),
        V2Field::new("a_2", 6),
    ];
    let mut payload = Bytes::default();
    payload.u16(3).raw(&[1, 2, 0xff]).u16(2).u16(0x48).u16(0x49).u16(2).i32(-1).i32(2);
    payload.u16(2).i32(1).i32(2).i32(3).i32(4).i32(5).i32(6).raw(&[7, 8, 9, 10]);
    let event = one(|definition| definition.parameters(&fields), &payload.0);
    let expected = json!({
        "bytes": "0102ff", "letters": "HI", "numbers": [-1, 2],
        "points": [{"x": 1, "x_2": 2}, {"x": 3, "x_2": 4}], "point": {"x": 5, "x_2": 6},
        "a": 7, "points_2": 8, "a_2": 9, "a_2_2": 10,
    });
    assert_eq!(event["fields"], expected);
}

#[test]
fn fields_that_cannot_be_read_are_named_and_the_rest_is_there() {
    let fields = [
        V2Field::new("first", 9),
        V2Field::array_of("list", &[V2Field::new("a", 5), V2Field::array("b", 9)]),
        V2Field::new("last", 9),
    ];
    let mut payload = Bytes::default();
    payload.i32(1).u16(2).u8(2).u16(1).i32(3).u8(4).u16(99).i32(5);
    let event = one(|definition| definition.parameters(&fields), &payload.0);
    assert_eq!(event["fields"], json!({"first": 1, "list": [{"a": 2, "b": [3]}, {"a": 4}]}));
    let error = "list[1].b: an array claims 99 elements, more than the payload holds";
    assert_eq!(event["field_error"], error);
    assert_eq!(event["payload"], "0100000002000201000300000004630005000000");
    let empty = one(|definition| definition.fields(&[("number", 9)]), &[1]);
    assert_eq!(empty["fields"], json!({}));
    assert_eq!(empty["field_error"], "number: the payload ends before the value does");
}

#[test]
fn payloads_beyond_64_kib_are_whole() {
    let letters = "x".repeat(100_000);
    let mut payload = Bytes::default();
    payload.text(&letters);
    let event = one(|definition| definition.fields(&[("text", 18)]), &payload.0);
    assert_eq!(event["fields"]["text"], letters);
    let opaque = one(|definition| definition, &vec![0xab; 70_000]);
    assert_eq!(opaque["payload"], "ab".repeat(70_000));
}

#[test]
fn a_short_payload_makes_no_mountain_of_text() {
    let mut payload = Bytes::default();
    payload.u16(u16::MAX);
    let nothing = V2Field::array_of("nothing", &[]);
    let event = one(|definition| definition.parameters(&[nothing]), &payload.0);
    assert_eq!(event["fields"], json!({"nothing": []}));

    let long = V2Field::array_of("list", &[V2Field::new(&"x".repeat(100_000), 6)]);
    payload.raw(&vec![1; usize::from(u16::MAX)]);
    let mut stream = Stream::new();
    stream.define(1, "P", 1, |definition| definition.parameters(&[long]));
    stream.events(|block| block.event(1).sequence(1).thread(5).payload(&payload.0));
    let trace = TraceFile::new(&stream.end());
    trace.run(&["convert", "x.nettrace", "--to", "ndjson", "-o", "out"]).expect(0);
    let line = fs::read(trace.directory().join("out")).expect("it is there");
    assert!(line.len() < 70_000_000, "{}", line.len());
    let end = String::from_utf8_lossy(&line[line.len() - 200_000..]).into_owned();
    assert!(end.contains("\"field_error\":\"list[672]: too long to be written\""));
}

#[test]
fn what_version_6_adds() {
    let pair = |key: &str, value: &str| {
        bytes(|out| {
            text(out, key);
            text(out, value);
        })
    };
    let number = |key: &str| {
        bytes(|out| {
            text(out, key);
            out.var(7);
        })
    };
    let thread = bytes(|row| {
        row.u8(1);
        text(row, "the \"main\" one");
        row.u8(2).var(77).u8(3).var(88);
    });
    let mut stream = Stream6::new();
    let fields: [(&str, &[u8]); 2] = [("utf8", &[19, 23]), ("number", &[20])];
    stream.metadata(&[Row::new(1, "P", 1, "Job").fields(&fields)]).threads(&[(0, thread)]);
    stream.labels(
        1,
        &[&[
            (1, vec![3; 16]),
            (3, (1..=16).collect()),
            (4, 77u64.to_le_bytes().into()),
            (5, pair("key", "välue")),
            (5, pair("key", "again")),
            (6, number("n")),
            (7, vec![2]),
            (8, 9u64.to_le_bytes().into()),
            (9, vec![1]),
            (10, vec![4]),
        ]],
    );
    let payload = bytes(|out| {
        out.u16(3).raw("aé".as_bytes()).var(9);
    });
    stream.events(true, &[Event6::on(0, 1, 5).labels(1).payload(&payload)]);
    let expected = json!({
        "time": "2024-05-06T07:08:09.010000005Z", "relative_ns": 5, "provider": "P", "id": 1, "version": 4,
        "name": "Job/Stop", "level": 1, "keywords": 9, "opcode": 2, "process_id": 77, "thread_id": 88,
        "thread_name": "the \"main\" one", "processor": 0, "activity_id": "03030303-0303-0303-0303-030303030303",
        "trace_id": "0102030405060708090a0b0c0d0e0f10", "span_id": "000000000000004d",
        "labels": {"key": "välue", "key_2": "again", "n": -4}, "fields": {"utf8": "aé", "number": -5},
    });
    assert_eq!(convert(&stream.end(), &[]), [expected]);
}

#[test]
fn every_event_of_recorded_traces_is_a_line() {
    for name in [
        "aspnet-net10-loaded.nettrace",
        "eventpipe-dotnetcore2.1-linux-x64-tracelogging.netperf",
        "eventpipe-dotnetcore5.0-win-x64-arraytypes.nettrace",
        "r31_gcinfo.nettrace",
        "r9_jitloader_startup.nettrace",
        "runtime-net10-loaded.nettrace",
    ] {
        let Some(trace) = TraceFile::recorded(name) else { return };
        let events = objects(&trace.run(&CONVERT).expect(0).stdout);
        assert_eq!(corpus::answers(name)["events"], events.len(), "{name}");
        // The fields of all of them are known, those of the runtime's own events too.
        let is_whole = |event: &Value| event["fields"].is_object() && event.get("payload").is_none();
        assert!(events.iter().all(is_whole), "{name}");
        assert!(events.is_sorted_by_key(|event| event["relative_ns"].as_i64()), "{name}");
    }
}

#[test]
fn events_of_several_threads_are_in_time_order() {
    let mut stream = Stream::new();
    stream.define(1, "P", 1, |definition| definition.name("E"));
    // In a block each time is the difference to the one before.
    for (thread, first, then) in [(5, 10, 40), (6, 20, 10), (7, 5, 35)] {
        stream.events(|block| {
            block.event(1).sequence(1).thread(thread).time(first).payload(&[]);
            block.event(1).time(then).payload(&[]);
        });
    }
    let whole = stream.end();
    let expected = [(5, 7), (10, 5), (20, 6), (30, 6), (40, 7), (50, 5)];
    for (bytes, code) in [(&whole[..], 0), (&whole[..whole.len() - 1], 2)] {
        let lines = TraceFile::new(bytes).run(&CONVERT).expect(code).stdout;
        let found: Vec<_> = objects(&lines)
            .iter()
            .map(|event| {
                (event["relative_ns"].as_i64().unwrap_or(-1), event["thread_id"].as_i64().unwrap_or(-1))
            })
            .collect();
        assert_eq!(found, expected, "also when the stream is cut off");
    }
}

#[test]
fn an_event_that_comes_too_late_is_noted() {
    let mut stream = small();
    stream.sequence_point(3_000_000_000, &[(5, 2)]);
    stream.events(|block| block.event(1).sequence(3).thread(5).time(7).payload(&[0, 0]));
    let ended = TraceFile::new(&stream.end()).run(&CONVERT).expect(0);
    assert_eq!(ended.stdout.lines().count(), 3);
    assert!(ended.stderr.ends_with("because they came too late to be put in order: 1\n"), "{}", ended.stderr);
}

#[test]
fn what_is_enough_ends_it_quietly() {
    let Some(trace) = TraceFile::recorded("r9_jitloader_startup.nettrace") else { return };
    let mut child = command(&CONVERT)
        .current_dir(trace.directory())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut line = String::new();
    // Dropped after one line, like `head -1` does.
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    assert_eq!(objects(&line).len(), 1);
    let mut said = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut said).expect("text");
    assert!(child.wait().expect("it ends").success());
    assert_eq!(said, "");
}

#[test]
fn what_has_come_is_written_before_the_end() {
    let mut stream = small();
    stream.sequence_point(3_000_000_000, &[(5, 2)]);
    let mut child = command(&["convert", "-", "--to", "ndjson"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(&stream.bytes.0).expect("it reads");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    for _ in 0..2 {
        let line = lines.next().expect("a line").expect("text");
        assert_eq!(objects(&line)[0]["name"], "Hello");
    }
    stdin.write_all(&[1]).expect("it reads");
    drop(stdin);
    assert!(lines.next().is_none());
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn an_output_file_is_written_when_there_is_something_to_write() {
    let trace = TraceFile::new(&small().end());
    let out = trace.directory().join("out");
    let arguments: Vec<&str> = CONVERT.iter().copied().chain(["-o", "out"]).collect();
    fs::write(&out, "yesterday's, and much longer than today's ".repeat(100)).expect("it can be written");
    let ended = trace.run(&arguments).expect(0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    assert_eq!(objects(&fs::read_to_string(&out).expect("text")).len(), 2);

    fs::write(&out, "yesterday's").expect("it can be written");
    fs::write(trace.path(), "no trace").expect("it can be written");
    trace.run(&arguments).expect(2);
    assert_eq!(fs::read_to_string(&out).expect("text"), "yesterday's");
    fs::remove_file(&out).expect("it is there");
    trace.run(&arguments).expect(2);
    assert!(!out.exists());

    fs::write(trace.path(), Stream::new().end()).expect("it can be written");
    fs::write(&out, "yesterday's").expect("it can be written");
    trace.run(&arguments).expect(0);
    assert_eq!(fs::read_to_string(&out).expect("text"), "", "a trace without events");
}

#[test]
fn the_trace_itself_is_not_written_over() {
    let trace = TraceFile::new(&small().end());
    let ended = trace.run(&["convert", "x.nettrace", "--to", "ndjson", "-o", "./x.nettrace"]).expect(3);
    assert!(ended.error().contains("./x.nettrace is the trace itself"), "{}", ended.stderr);
    assert_eq!(fs::read(trace.path()).expect("it is there"), small().end());
}

#[test]
fn a_full_disk_is_said() {
    let trace = TraceFile::new(&small().end());
    let ended = trace.run(&["convert", "x.nettrace", "--to", "ndjson", "-o", "/dev/full"]).expect(5);
    assert!(ended.error().contains("cannot write /dev/full: No space left on device"), "{}", ended.stderr);
    let ended = Pipescope::run(&["convert", "absent", "--to", "ndjson", "-o", "/absent/x"]).expect(3);
    assert!(ended.error().contains("cannot read absent"), "{}", ended.stderr);
}
