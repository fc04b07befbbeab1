//! Version 6: container, trace block, threads, sequence points.

use nettrace::{BlockKind, Decoder, Error, ErrorKind, Event, Format, Sink, Thread, Tolerance, TraceInfo};

use crate::corpus::{decode, event_hashes};
use crate::stream::TraceHead;
use crate::stream6::{Event6, Row, Stream6, bytes, structure, text};

/// What a strict decoder says of a stream, which must not depend on how it is pushed.
pub(crate) fn strict(stream: &[u8]) -> (u64, Option<Error>) {
    let results = [usize::MAX, 1, 7].map(|piece| {
        let mut decoder = Decoder::new().tolerate(Tolerance::Strict);
        let mut events = 0;
        let mut sink = |_: &Event<'_>| events += 1;
        let pushed = stream.chunks(piece).try_for_each(|bytes| decoder.push(bytes, &mut sink));
        let error = pushed.and_then(|()| decoder.finish(&mut sink)).err();
        (events, error)
    });
    assert!(results.iter().all(|result| *result == results[0]), "{results:?}");
    let [result, ..] = results;
    result
}

/// The reason a strict decoder gives for refusing a stream.
pub(crate) fn fault(stream: &Stream6) -> &'static str {
    match strict(&stream.end()).1.expect("an error").kind {
        ErrorKind::Malformed { reason } => reason,
        other => panic!("{other:?}"),
    }
}

fn two_threads() -> Stream6 {
    let mut stream = Stream6::new();
    stream.define(1, 1).thread(0, 100, 10).thread(999, 200, 20);
    stream
}

#[test]
fn the_smallest_stream_and_other_minor_versions() {
    for minor in [0, 25] {
        let stream = Stream6::with_head(TraceHead::default(), minor, &[]).end();
        assert_eq!(strict(&stream), (0, None));
        let (decoder, _) = decode(&stream, 1, &mut |_: &Event<'_>| {});
        assert!(decoder.is_complete());
        assert_eq!(decoder.trace().unwrap().version, 6);
    }
    let mut newer = Stream6::without_head(7, 0);
    newer.trace(TraceHead::default(), &[]);
    let error = strict(&newer.end()).1.unwrap();
    let kind = ErrorKind::UnsupportedVersion { format: Format::NetTrace, requested: 7, min: 3, max: 6 };
    assert_eq!(error.kind, kind);
}

#[derive(Default)]
struct Head {
    trace: Option<TraceInfo>,
    properties: Vec<(String, String)>,
}

impl Sink for Head {
    fn event(&mut self, _: &Event<'_>) {}

    fn trace(&mut self, trace: &TraceInfo) {
        self.trace = Some(*trace);
    }

    fn trace_property(&mut self, name: &str, value: &str) {
        self.properties.push((name.into(), value.into()));
    }
}

#[test]
fn trace_block() {
    let head = TraceHead { time: [2025, 2, 1, 3, 4, 5, 6, 0], ticks: 5, frequency: 1000, pointer_size: 8 };
    let properties = [
        ("HardwareThreadCount", "16"),
        ("ProcessId", "1234"),
        ("custom", "v\u{e4}lue"),
        ("ExpectedCPUSamplingRate", "1000"),
        ("", ""),
    ];
    let stream = Stream6::with_head(head, 0, &properties).end();
    let mut found = Head::default();
    let (decoder, result) = decode(&stream, 3, &mut found);
    result.unwrap();
    let trace = found.trace.unwrap();
    // 2025-02-03 04:05:06.
    assert_eq!(trace.start_unix_nanos, 1_738_555_506_000_000_000);
    assert_eq!((trace.start_ticks, trace.ticks_per_second, trace.pointer_size), (5, 1000, 8));
    assert_eq!((trace.process_id, trace.processors, trace.sampling_interval_nanos), (1234, 16, 1000));
    assert_eq!(found.properties, properties.map(|(key, value)| (key.to_owned(), value.to_owned())));
    assert_eq!(decoder.trace_properties(), found.properties);

    let without = Stream6::with_head(head, 0, &[]).end();
    let trace = *decode(&without, 1, &mut |_: &Event<'_>| {}).0.trace().unwrap();
    assert_eq!((trace.process_id, trace.processors, trace.sampling_interval_nanos), (0, 0, 0));
}

#[test]
fn one_head_and_first() {
    let mut twice = Stream6::new();
    twice.trace(TraceHead::default(), &[]);
    assert_eq!(fault(&twice), "the trace's head comes twice");
    let headless = Stream6::without_head(6, 0);
    assert_eq!(fault(&headless), "the first object is not the trace's head");
    let mut late = Stream6::without_head(6, 0);
    late.block(5, &[0; 8]).trace(TraceHead::default(), &[]);
    assert_eq!(fault(&late), "the first object is not the trace's head");
    let mut empty = Stream6::without_head(6, 0);
    empty.block(1, &[]);
    assert_eq!(fault(&empty), "the trace's head is empty");
    let mut many = Stream6::without_head(6, 0);
    let head = [&[0xe9, 7, 1, 0, 0, 0, 1, 0][..], &[0; 8], &1i64.to_le_bytes(), &1i64.to_le_bytes()].concat();
    many.block(1, &[&head[..], &8i32.to_le_bytes(), &(-1i32).to_le_bytes()].concat());
    assert_eq!(fault(&many), "the number of the trace's properties is negative");
}

#[test]
fn unknown_blocks_and_empty_blocks() {
    let mut stream = two_threads();
    stream.block(99, &[7; 300]);
    for kind in [3, 6, 7] {
        stream.block(kind, if kind == 3 { &[0, 0] } else { &[] });
    }
    stream.block(2, &[]).events(true, &[]).block(5, &[1, 0, 0, 0, 0, 0, 0, 0]).labels(1, &[]);
    stream.events(true, &[Event6::on(0, 1, 5)]);
    assert_eq!(strict(&stream.end()), (1, None));
    let (decoder, _) = decode(&stream.end(), 5, &mut |_: &Event<'_>| {});
    assert_eq!(decoder.statistics().unknown_blocks, 1);
}

#[test]
fn without_its_end_a_stream_is_cut_off() {
    let mut stream = two_threads();
    stream.events(true, &[Event6::on(0, 1, 5), Event6::on(999, 1, 6)]);
    let whole = stream.end();
    let (all, ..) = event_hashes(&whole, usize::MAX);
    assert_eq!(all.len(), 2);
    let mut before = 0;
    for length in 0..whole.len() {
        let (events, _, result) = event_hashes(&whole[..length], 9);
        assert!(events.len() >= before && events == all[..events.len()], "{length} bytes");
        before = events.len();
        let error = result.unwrap_err();
        assert_eq!((error.kind, error.offset), (ErrorKind::Truncated, length as u64));
    }
    assert_eq!(before, 2);
}

#[test]
fn headers_of_both_forms() {
    let events = [
        Event6 { processor: 3, stack: 9, ..Event6::on(0, 1, 1000).payload(b"first") },
        Event6 { processor: u32::MAX, thread: 0, ..Event6::on(999, 1, 900).sorted().payload(b"odd") },
        Event6 { sequence: 5, ..Event6::on(999, 5, u64::MAX).payload(&[]) },
    ];
    let mut seen = Vec::new();
    for compressed in [true, false] {
        let mut stream = two_threads();
        stream.block(
            5,
            &bytes(|data| {
                data.u32(9).u32(1).u32(16).u64(77).u64(78);
            }),
        );
        stream.events(compressed, &events);
        let mut found = Vec::new();
        let mut sink = |event: &Event<'_>| {
            let frames: Vec<_> = event.stack.addresses().collect();
            let threads = (event.thread_id, event.capture_thread_id, event.process_id());
            let rest = (event.processor, event.sequence_number, event.timestamp, event.sorted);
            found.push((threads, rest, frames, event.payload.to_vec()));
        };
        let (decoder, result) = decode(&stream.end(), 4, &mut sink);
        result.unwrap();
        assert_eq!(decoder.statistics().lost_events, 3, "from 1 to 5");
        assert_eq!(
            found[0],
            ((100, 100, Some(10)), (Some(3), 1, 1000, false), vec![77, 78], b"first".into())
        );
        assert_eq!(found[1], ((100, 200, Some(10)), (None, 1, 900, true), vec![], b"odd".into()));
        assert_eq!(found[2], ((200, 200, Some(20)), (Some(0), 5, -1, false), vec![], vec![]));
        seen.push(found);
    }
    assert_eq!(seen[0], seen[1]);
}

#[derive(Default)]
struct ThreadLog {
    threads: Vec<Thread>,
    removed: Vec<(u64, u32)>,
    events: Vec<(Option<String>, u64, Option<u64>)>,
}

impl Sink for ThreadLog {
    fn event(&mut self, event: &Event<'_>) {
        let name = event.thread().and_then(|thread| thread.name.clone());
        self.events.push((name, event.thread_id, event.process_id()));
    }

    fn thread(&mut self, thread: &Thread) {
        self.threads.push(thread.clone());
    }

    fn thread_removed(&mut self, index: u64, last: u32) {
        self.removed.push((index, last));
    }
}

#[test]
fn thread_blocks() {
    let named = bytes(|row| {
        row.u8(1);
        text(row, "worker");
        row.u8(3).var(u64::from(u32::MAX) + 1).u8(4);
        text(row, "k");
        text(row, "v");
        row.u8(4);
        text(row, "k");
        text(row, "w");
    });
    let mut stream = Stream6::new();
    stream.define(1, 1).threads(&[(0, named), (70_000, vec![])]).thread(2, 12, 34);
    stream.events(true, &[Event6::on(0, 1, 1), Event6::on(70_000, 1, 2), Event6::on(2, 1, 3)]);
    stream.remove_threads(&[(0, 1), (70_000, 1)]).thread(0, 5, 6).events(true, &[Event6::on(0, 1, 4)]);
    assert_eq!(strict(&stream.end()), (4, None));
    let mut log = ThreadLog::default();
    let (decoder, result) = decode(&stream.end(), 11, &mut log);
    result.unwrap();
    let properties = [("k", "v"), ("k", "w")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!((log.threads[0].properties.as_slice(), log.threads[0].index), (&properties[..], 0));
    assert_eq!(
        (log.threads[1].index, log.threads[1].name.as_ref(), log.threads[1].process_id),
        (70_000, None, None)
    );
    assert_eq!(log.removed, [(0, 1), (70_000, 1)]);
    let own = Some(4242);
    let expected = [
        (Some("worker".into()), u64::from(u32::MAX) + 1, own),
        (None, 0, own),
        (None, 12, Some(34)),
        (None, 5, Some(6)),
    ];
    assert_eq!(log.events, expected);
    let statistics = decoder.statistics();
    assert_eq!((statistics.threads, statistics.lost_events, statistics.redefined_threads), (4, 0, 0));
}

#[test]
fn threads_that_are_not_there() {
    let undefined = "an event refers to a thread that is not defined";
    let mut missing = Stream6::new();
    missing.define(1, 1).events(true, &[Event6::on(999, 1, 1)]);
    assert_eq!(fault(&missing), undefined);
    let (decoder, result) = decode(&missing.end(), 1, &mut |event: &Event<'_>| {
        assert!(event.thread().is_none() && event.thread_id == 0);
    });
    result.unwrap();
    assert_eq!((decoder.statistics().events, decoder.statistics().undefined_threads), (1, 1));

    let mut after = two_threads();
    after.events(true, &[Event6::on(999, 1, 1)]).remove_threads(&[(999, 1)]);
    after.events(true, &[Event6::on(0, 1, 1), Event6::on(999, 2, 2)]);
    assert_eq!((fault(&after), strict(&after.end()).0), (undefined, 2));

    let removed = "a thread that is not defined is removed";
    let mut mismatched = two_threads();
    mismatched.remove_threads(&[(0, 0), (5, 0)]);
    assert_eq!(fault(&mismatched), removed);
    let mut double = two_threads();
    double.remove_threads(&[(999, 0), (999, 0)]);
    assert_eq!(fault(&double), removed);
    let (decoder, result) = decode(&double.end(), 1, &mut |_: &Event<'_>| {});
    result.unwrap();
    assert_eq!(decoder.statistics().undefined_threads, 1);

    let mut twice = two_threads();
    twice.thread(0, 1, 1);
    assert_eq!(fault(&twice), "a thread is defined twice");
    let (decoder, _) = decode(&twice.end(), 1, &mut |_: &Event<'_>| {});
    assert_eq!(decoder.statistics().redefined_threads, 1);

    let mut odd = Stream6::new();
    odd.threads(&[(3, vec![3, 8, 77, 1])]);
    assert_eq!(fault(&odd), "a definition has a part of unknown kind");
    let (decoder, result) = decode(&odd.end(), 1, &mut |_: &Event<'_>| {});
    result.unwrap();
    assert_eq!((decoder.statistics().threads, decoder.statistics().unknown_parts), (1, 1));
}

#[test]
fn losses() {
    let lost = |fill: &dyn Fn(&mut Stream6)| {
        let mut stream = two_threads();
        fill(&mut stream);
        assert_eq!(strict(&stream.end()).1, None);
        let (decoder, _) = decode(&stream.end(), 13, &mut |_: &Event<'_>| {});
        let mut by_thread: Vec<_> = decoder.lost_by_thread().collect();
        by_thread.sort_unstable();
        let total = by_thread.iter().map(|(_, lost)| lost).sum::<u64>();
        assert_eq!(decoder.statistics().lost_events, total);
        by_thread
    };
    // A thread's numbers are known from its definition on.
    assert_eq!(lost(&|stream| drop(stream.sequence_point(1, 0, &[(999, 5)]).end())), [(200, 5)]);
    let first = [Event6::on(999, 5, 1)];
    assert_eq!(lost(&|stream| drop(stream.events(true, &first).end())), [(200, 4)]);
    assert_eq!(lost(&|stream| drop(stream.remove_threads(&[(0, 3), (999, 0)]).end())), [(100, 3)]);
    // Its number may wrap.
    let wrapping = [Event6::on(0, u32::MAX, 1), Event6::on(0, 1, 2)];
    let wrapped =
        lost(&|stream| drop(stream.sequence_point(0, 0, &[(0, 0x7fff_ffff)]).events(true, &wrapping).end()));
    assert_eq!(wrapped, [(100, u64::from(u32::MAX))]);
    // An index that is used again is another thread.
    let again = lost(&|stream| {
        stream.events(true, &[Event6::on(0, 2, 1)]).remove_threads(&[(0, 2)]).thread(0, 300, 1);
        stream.events(true, &[Event6::on(0, 4, 1)]);
    });
    assert_eq!(again, [(100, 1), (300, 3)]);
    // So it is after a sequence point that forgets all threads.
    let forgotten = lost(&|stream| {
        stream.events(true, &[Event6::on(0, 2, 1)]).sequence_point(5, 1, &[(999, 1)]).thread(0, 100, 1);
        stream.events(true, &[Event6::on(0, 1, 6)]);
    });
    assert_eq!(forgotten, [(100, 1), (200, 1)]);
}

#[test]
fn what_sequence_points_forget() {
    let event = [Event6::on(0, 1, 9)];
    let after = |flags: u32, again: &dyn Fn(&mut Stream6)| {
        let mut stream = two_threads();
        stream.sequence_point(5, flags, &[(0, 0)]);
        again(&mut stream);
        stream.events(true, &event);
        strict(&stream.end())
    };
    let nothing = |_: &mut Stream6| {};
    let reason = |(_, error): (u64, Option<Error>)| match error.unwrap().kind {
        ErrorKind::Malformed { reason } => reason,
        other => panic!("{other:?}"),
    };
    let thread = |stream: &mut Stream6| drop(stream.thread(0, 1, 1).end());
    let define = |stream: &mut Stream6| drop(stream.define(1, 8).end());
    assert_eq!(after(0, &nothing), (1, None));
    assert_eq!(after(1, &thread), (1, None));
    assert_eq!(after(2, &define), (1, None));
    assert_eq!(reason(after(0, &thread)), "a thread is defined twice");
    assert_eq!(reason(after(2, &thread)), "a thread is defined twice");
    assert_eq!(reason(after(0, &define)), "an event is defined twice");
    assert_eq!(reason(after(1, &define)), "an event is defined twice");
    assert_eq!(reason(after(1, &nothing)), "an event refers to a thread that is not defined");
    assert_eq!(reason(after(2, &nothing)), "an event refers to a definition that does not exist");
    let mut unknown = two_threads();
    unknown.sequence_point(0, 0, &[(5, 1)]);
    assert_eq!(fault(&unknown), "a sequence point refers to a thread that is not defined");
}

#[test]
fn the_largest_block() {
    let mut stream = two_threads();
    let mut data = bytes(|data| {
        data.u16(20).u16(1).i64(0).i64(0).raw(&[0xc7, 1, 0, 0, 0, 0, 0]);
    });
    let size = (1 << 24) - 1 - data.len() - 4;
    data.extend(bytes(|data| drop(data.var(size as u64).0.clone())));
    data.resize((1 << 24) - 1, 7);
    stream.block(2, &data);
    for piece in [usize::MAX, 1 << 20] {
        let mut length = 0;
        let (_, result) = decode(&stream.end(), piece, &mut |event: &Event<'_>| length = event.payload.len());
        result.unwrap();
        assert_eq!(length, size);
    }
}

#[test]
fn errors_say_where() {
    let mut stream = two_threads();
    let before = stream.bytes.0.len() as u64;
    stream.threads(&[(5, vec![]), (0, vec![])]);
    let error = strict(&stream.end()).1.unwrap();
    // The block's head takes 4 bytes, the first row 3.
    assert_eq!((error.offset, error.block), (before + 7, Some(BlockKind::Thread)));
    assert!(error.to_string().contains("in a thread block"), "{error}");
}

/// A stream with something of everything.
pub(crate) fn varied() -> Vec<u8> {
    let options = bytes(|out| {
        out.u8(1).u8(3).u8(6);
        text(out, "k");
        text(out, "v");
    });
    let inner = structure(&[("n", &[21]), ("t", &[18])]);
    let fields: [(&str, &[u8]); 6] = [
        ("s", &inner),
        ("f", &[22, 20, 2, 0]),
        ("r", &[24, 7]),
        ("d", &[25, 23]),
        ("u", &[19, 23]),
        ("b", &[26]),
    ];
    let payload = bytes(|out| {
        out.var(300).text("x").var(1).var(2).u32(2 << 16 | 9).u32(2 << 16).u16(2).raw(b"ok").u8(1).u16(5);
    });
    let name = bytes(|out| {
        out.u8(1);
        text(out, "main");
        out.u8(3).var(77);
    });
    let mut stream = Stream6::new();
    stream.metadata(&[Row::new(1, "P", 1, "E").fields(&fields).options(&options)]);
    stream
        .threads(&[(0, name), (999, vec![])])
        .block(5, &[1, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    stream.labels(
        1,
        &[&[(1, vec![7; 16]), (5, bytes(|out| drop(out.var(1).u8(b'k').var(1).u8(b'v').0.clone())))]],
    );
    let first = Event6 { stack: 1, ..Event6::on(0, 1, 50).labels(1).payload(&payload) };
    stream.events(true, &[first.clone(), Event6::on(999, 1, 40).sorted().payload(b"short")]);
    stream.sequence_point(60, 1, &[(0, 2)]).thread(0, 5, 6).events(false, &[Event6 { sequence: 1, ..first }]);
    stream.remove_threads(&[(0, 4)]).block(77, &[1]);
    stream.end()
}

#[test]
fn every_single_bit_of_a_varied_stream() {
    let sound = varied();
    assert_eq!(event_hashes(&sound, usize::MAX).2, Ok(()));
    for position in 0..sound.len() {
        for bit in 0..8 {
            let mut damaged = sound.clone();
            damaged[position] ^= 1 << bit;
            assert_eq!(
                event_hashes(&damaged, usize::MAX),
                event_hashes(&damaged, 5),
                "bit {bit} of byte {position}"
            );
            for tolerance in [Tolerance::Strict, Tolerance::Damage] {
                let mut decoder = Decoder::new().tolerate(tolerance);
                let mut sink = |event: &Event<'_>| {
                    let shown = format!("{event:?} {:?} {:?}", event.fields(), event.labels());
                    assert!(!shown.is_empty());
                };
                let _ = decoder.push(&damaged, &mut sink).and_then(|()| decoder.finish(&mut sink));
            }
        }
    }
}
