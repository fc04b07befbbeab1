//! Clocks.

use nettrace::{Event, Value};

use crate::corpus::{self, decode};
use crate::stream::{Stream, TraceHead};

#[test]
fn execution_checkpoints() {
    let Some(bytes) = corpus::trace("eventpipe-dotnetcore6.0-win-x64-executioncheckpoints.nettrace") else {
        return;
    };
    let mut checkpoints = Vec::new();
    let (decoder, _) = decode(&bytes, usize::MAX, &mut |event: &Event<'_>| {
        let mut payload = nettrace::Payload::new(event.payload);
        let _clr = payload.u16().unwrap();
        let name = payload.utf16().unwrap().to_string();
        let nanos = event.trace.relative_nanos(payload.i64().unwrap());
        checkpoints.push((name, (nanos as f64 / 1e4).round() / 100.0));
    });
    let expected = [("RuntimeInit", -15.97), ("RuntimeSuspend", 11.91), ("RuntimeResumed", 12.2)];
    assert_eq!(checkpoints, expected.map(|(name, millis)| (name.to_owned(), millis)));

    let trace = decoder.trace().unwrap();
    assert_eq!(trace.start_unix_nanos, 1_623_232_105_902_000_000, "2021-06-09T09:48:25.902Z");
    assert_eq!((trace.start_ticks, trace.ticks_per_second), (11_111_925_758_331, 10_000_000));
    assert_eq!((trace.pointer_size, trace.process_id, trace.processors), (8, 9832, 8));
    assert_eq!(trace.sampling_interval_nanos, 1_000_000);
}

fn clock(head: TraceHead) -> nettrace::TraceInfo {
    let bytes = Stream::with_head(head).end();
    let (decoder, result) = decode(&bytes, usize::MAX, &mut |_: &Event<'_>| {});
    result.unwrap();
    *decoder.trace().unwrap()
}

#[test]
fn conversions_do_not_overflow() {
    let trace = clock(TraceHead { ticks: i64::MAX, frequency: 1, ..TraceHead::default() });
    assert_eq!(trace.relative_nanos(i64::MAX), 0);
    assert_eq!(trace.relative_nanos(i64::MIN), i64::MIN);
    assert_eq!(trace.unix_nanos(i64::MIN), i64::MIN + trace.start_unix_nanos);
    let trace = clock(TraceHead { ticks: i64::MIN, frequency: 1, ..TraceHead::default() });
    assert_eq!(trace.unix_nanos(i64::MAX), i64::MAX);
    // Ticks finer than nanoseconds, and ticks that are no whole number of them.
    let trace = clock(TraceHead { ticks: 0, frequency: i64::MAX, ..TraceHead::default() });
    assert_eq!(trace.relative_nanos(i64::MAX), 1_000_000_000);
    let trace = clock(TraceHead { ticks: 10, frequency: 3, ..TraceHead::default() });
    assert_eq!(trace.relative_nanos(11), 333_333_333);
    assert_eq!(trace.relative_nanos(9), -333_333_333);
}

#[test]
fn dates() {
    // Year, month, day of week, day, hour, minute, second, milliseconds. The day of week is wrong on purpose.
    let unix_millis =
        |time: [u16; 8]| clock(TraceHead { time, ..TraceHead::default() }).start_unix_nanos / 1_000_000;
    assert_eq!(unix_millis([1970, 1, 0, 1, 0, 0, 0, 0]), 0);
    assert_eq!(unix_millis([1969, 12, 0, 31, 23, 59, 59, 999]), -1);
    assert_eq!(unix_millis([2000, 2, 0, 29, 0, 0, 0, 0]), 951_782_400_000);
    assert_eq!(unix_millis([2000, 3, 0, 1, 0, 0, 0, 0]), 951_868_800_000);
    assert_eq!(unix_millis([2024, 12, 0, 31, 12, 0, 0, 500]), 1_735_646_400_500);
}

#[test]
fn impossible_heads_are_refused() {
    let reason = |head: TraceHead| {
        let bytes = Stream::with_head(head).end();
        let (_, result) = decode(&bytes, usize::MAX, &mut |_: &Event<'_>| {});
        result.unwrap_err().to_string()
    };
    let head = TraceHead::default();
    assert_eq!(
        reason(TraceHead { frequency: 0, ..head }),
        "the stream is damaged at byte 53 in the trace head: the clock's frequency is not positive"
    );
    assert!(reason(TraceHead { frequency: -1, ..head }).ends_with("frequency is not positive"));
    assert!(reason(TraceHead { pointer_size: 16, ..head }).ends_with("neither 4 nor 8"));
    assert!(reason(TraceHead { time: [2024, 13, 0, 1, 0, 0, 0, 0], ..head }).ends_with("not a date"));
    assert!(reason(TraceHead { time: [0; 8], ..head }).ends_with("not a date"));
}

#[test]
fn time_stamps_may_go_back_and_wrap() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    // The second event is earlier than the first, the third is before the clock's zero.
    stream.events(|block| {
        block.event(1).thread(7).sequence(1).time(1000).payload(&[]);
        block.event(1).time(1000u64.wrapping_neg().wrapping_add(900)).payload(&[]);
        block.event(1).time(u64::MAX - 1000).payload(&[]);
    });
    let mut times = Vec::new();
    let (_, result) = decode(&stream.end(), 1, &mut |event: &Event<'_>| times.push(event.timestamp));
    result.unwrap();
    assert_eq!(times, [1000, 900, 900 - 1001]);
}

#[test]
fn file_times_are_passed_on() {
    let mut stream = Stream::new();
    stream.define(1, "P", 1, |definition| definition.fields(&[("When", 16)]));
    stream.events(|block| {
        block.event(1).thread(7).sequence(1).payload(&134_396_823_281_941_792i64.to_le_bytes());
    });
    let mut seen = 0;
    decode(&stream.end(), usize::MAX, &mut |event: &Event<'_>| {
        seen += 1;
        assert_eq!(event.value("When"), Ok(Some(Value::FileTime(134_396_823_281_941_792))));
    })
    .1
    .unwrap();
    assert_eq!(seen, 1);
}
