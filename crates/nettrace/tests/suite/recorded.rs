//! Every recorded trace of version 4 gives what the independent reader (`TraceEvent` 3.2.5) found in it.
//!
//! Where the two differ, the bytes decide. The differences are few and known:
//!
//! - **Names.** `TraceEvent` shows the runtime's own events, which carry no name, under names it knows, and cuts `Start` and
//!   `Stop` off others.
//! - **Two definitions of one id.** Kestrel's id 11 is both `Configuration` and, given out dynamically, `EventCounters`. The
//!   stream has a definition of each; `TraceEvent` files both under the first one's name.
//! - **`CommittedUsage`.** An event of the runtime's dynamic events, id 39. `TraceEvent` files it under an id of its own.
//! - **Stacks.** `TraceEvent` leaves out the stacks of rundown events and of a few method events, and counts a stack once per
//!   thread.
//! - **Cut-off streams.** `TraceEvent` holds events back until it knows their order, and drops them when the stream is cut
//!   off. `killed_target` shows that all events it misses are later than its last one.

use std::collections::{BTreeMap, HashSet};

use nettrace::{ErrorKind, Event, Metadata};
use serde_json::Value;

use crate::corpus::{self, VERSION_4, decode};

pub(crate) type Key = (String, u64, u64);

/// `TraceEvent`'s id for the dynamic event `CommittedUsage`.
const COMMITTED_USAGE: u64 = 65524;
const RUNTIME: &str = "Microsoft-Windows-DotNETRuntime";

fn key(metadata: &Metadata) -> Key {
    (metadata.provider.clone(), metadata.event_id.into(), metadata.version.into())
}

/// Count and payload bytes by provider, id and version.
pub(crate) fn expected(answers: &Value) -> BTreeMap<Key, (u64, u64)> {
    let mut rows = BTreeMap::new();
    for row in answers["by_event"].as_array().unwrap() {
        let number = |index: usize| row[index].as_u64().unwrap();
        let id = if number(1) == COMMITTED_USAGE { 39 } else { number(1) };
        let slot = rows.entry((row[0].as_str().unwrap().into(), id, number(2))).or_insert((0, 0));
        *slot = (slot.0 + number(4), slot.1 + number(5));
    }
    rows
}

/// Whether `TraceEvent` looks at the stacks of such events.
fn has_stack_in_answers(metadata: &Metadata) -> bool {
    let method = metadata.provider == RUNTIME && matches!(metadata.event_id, 140..=144 | 190);
    !method && metadata.provider != "Microsoft-Windows-DotNETRuntimeRundown"
}

#[derive(Default)]
pub(crate) struct Found {
    pub(crate) rows: BTreeMap<Key, (u64, u64)>,
    pub(crate) with_stack: u64,
    pub(crate) stacks: HashSet<(u64, Vec<u8>)>,
    first: Option<i64>,
    last: Option<i64>,
    /// First and last sequence number by capture thread.
    sequence: BTreeMap<u64, (u32, u32)>,
}

impl Found {
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        let slot = self.rows.entry(key(event.metadata)).or_insert((0, 0));
        *slot = (slot.0 + 1, slot.1 + event.payload.len() as u64);
        if !event.stack.is_empty() && has_stack_in_answers(event.metadata) {
            self.with_stack += 1;
            self.stacks.insert((event.thread_id, event.stack.as_bytes().into()));
        }
        self.first = Some(self.first.map_or(event.timestamp, |first| first.min(event.timestamp)));
        self.last = Some(self.last.map_or(event.timestamp, |last| last.max(event.timestamp)));
        let number = event.sequence_number;
        self.sequence.entry(event.capture_thread_id).or_insert((number, number)).1 = number;
    }
}

fn millis(nanos: i64) -> f64 {
    nanos as f64 / 1e6
}

#[test]
fn answers_agree() {
    for name in VERSION_4 {
        let Some(bytes) = corpus::trace(name) else { return };
        let answers = corpus::answers(name);
        let mut found = Found::default();
        let (decoder, result) = decode(&bytes, usize::MAX, &mut |event: &Event<'_>| found.event(event));
        let statistics = decoder.statistics();
        let trace = *decoder.trace().unwrap();

        assert_eq!(trace.version, 4, "{name}");
        assert_eq!(answers["pointer_size"], trace.pointer_size, "{name}");
        let start = trace.start_unix_nanos / 1_000_000;
        assert_eq!(unix_millis(answers["start_utc"].as_str().unwrap()), start, "{name}");
        assert_eq!(answers["lost"], statistics.lost_events, "{name}");
        assert_eq!(statistics.bytes, bytes.len() as u64, "{name}");
        let counts = [
            statistics.unknown_blocks,
            statistics.undefined_events,
            statistics.unreadable_fields,
            statistics.redefined_metadata,
            statistics.dropped_stacks,
            statistics.trailing_bytes,
        ];
        assert_eq!(counts, [0; 6], "{name}: {statistics:?}");
        if *name == "r9_killed.nettrace" {
            assert_eq!(result.unwrap_err().kind, ErrorKind::Truncated);
            continue;
        }

        assert_eq!(result, Ok(()), "{name}");
        assert!(decoder.is_complete());
        assert_eq!(found.rows, expected(&answers), "{name}");
        assert_eq!(answers["events"], statistics.events, "{name}");
        assert_eq!(answers["payload_bytes"], statistics.payload_bytes, "{name}");
        let first = millis(trace.relative_nanos(found.first.unwrap()));
        let last = millis(trace.relative_nanos(found.last.unwrap()));
        assert!((answers["first_event_ms"].as_f64().unwrap() - first).abs() < 1e-3, "{name}: {first}");
        assert!((answers["last_event_ms"].as_f64().unwrap() - last).abs() < 1e-3, "{name}: {last}");
        // Absent where no event has a stack.
        assert_eq!(answers["events_with_stack"].as_u64().unwrap_or(0), found.with_stack, "{name}");
        let distinct = answers["distinct_stacks"].as_u64().unwrap_or(0);
        assert_eq!(distinct, found.stacks.len() as u64, "{name}");
    }
}

#[test]
fn killed_target() {
    let Some(bytes) = corpus::trace("r9_killed.nettrace") else { return };
    let answers = corpus::answers("r9_killed.nettrace");
    let last_answered = answers["last_event_ms"].as_f64().unwrap();
    let mut found = Found::default();
    let mut until_last_answered = Found::default();
    let (decoder, result) = decode(&bytes, usize::MAX, &mut |event: &Event<'_>| {
        found.event(event);
        if millis(event.relative_nanos()) < last_answered + 5e-7 {
            until_last_answered.event(event);
        }
    });
    let error = result.unwrap_err();
    assert_eq!(error.to_string(), "the stream is cut off at byte 8574713");
    assert_eq!(error.offset, bytes.len() as u64);
    assert_eq!(error.block, None, "this stream happens to end between two blocks");
    assert!(!decoder.is_complete());

    // What `TraceEvent` told is what we find up to the time of its last event ...
    assert_eq!(until_last_answered.rows, expected(&answers));
    // ... and what we find beyond is in the bytes: each thread's numbers are complete from 1 on.
    assert!(found.sequence.values().all(|(first, _)| *first == 1));
    let numbered: u64 = found.sequence.values().map(|(_, last)| u64::from(*last)).sum();
    assert_eq!(decoder.statistics().events, numbered);
    assert_eq!(numbered, 129_179);
}

#[test]
fn lossy_session_tells_which_threads_lost() {
    let Some(bytes) = corpus::trace("r9_lossy.nettrace") else { return };
    let (decoder, _) = decode(&bytes, usize::MAX, &mut |_: &Event<'_>| {});
    let mut lost: Vec<_> = decoder.lost_by_thread().collect();
    lost.sort_unstable();
    assert_eq!(lost, [(12505, 258_453), (12506, 280_551)]);
    assert_eq!(decoder.statistics().lost_events, 539_004);
}

#[test]
fn names_agree() {
    for name in VERSION_4 {
        let Some(bytes) = corpus::trace(name) else { return };
        let mut names: BTreeMap<Key, HashSet<String>> = BTreeMap::new();
        let _ = decode(&bytes, usize::MAX, &mut |event: &Event<'_>| {
            let names = names.entry(key(event.metadata)).or_default();
            if !names.contains(&event.metadata.event_name) {
                names.insert(event.metadata.event_name.clone());
            }
        });
        let mut compared = 0;
        for row in corpus::answers(name)["by_event"].as_array().unwrap() {
            let (provider, answer) = (row[0].as_str().unwrap(), row[3].as_str().unwrap());
            let key = (provider.to_owned(), row[1].as_u64().unwrap(), row[2].as_u64().unwrap());
            // `TraceEvent` has names of its own for these.
            if provider.starts_with("Microsoft-Windows-DotNET")
                || provider == "Microsoft-DotNETCore-SampleProfiler"
                || provider == "System.Threading.Tasks.TplEventSource"
            {
                continue;
            }
            // `Task/Start` was `TaskStart`; an operation code without a name is shown as a number.
            let whole = answer.replace('/', "");
            let without_code = answer.split('/').next().unwrap();
            let known = &names[&key];
            assert!(known.contains(&whole) || known.contains(without_code), "{name}: {answer}, {known:?}");
            compared += 1;
        }
        eprintln!("{name}: {compared} names");
    }
}

/// Milliseconds since 1970 of a time like `2021-06-09T09:48:25.9020000Z`.
fn unix_millis(text: &str) -> i64 {
    let number = |range: std::ops::Range<usize>| text[range].parse::<i64>().unwrap();
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let leap = |year: i64| i64::from(year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
    let months = [31, 28 + leap(year), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let days = (1970..year).map(|year| 365 + leap(year)).sum::<i64>()
        + months[..usize::try_from(month).unwrap() - 1].iter().sum::<i64>()
        + day
        - 1;
    ((days * 24 + number(11..13)) * 60 + number(14..16)) * 60_000 + number(17..19) * 1000 + number(20..23)
}
