//! Streams written anew in another version: what is made anew, and what is left out and counted.

use nettrace::{
    Decoder, EncodeError, EncoderOptions, Event, LeftOut, Recoder, SequencePoint, Sink, Tolerance, Version,
};

use crate::round_trip::recode;
use crate::stream::{Stream, TraceHead};
use crate::stream6::{Event6, Row, Stream6, bytes, text};

#[derive(Default)]
struct Log {
    /// Capture thread, number and definition of each event.
    events: Vec<(u64, u32, u32)>,
    threads: Vec<u64>,
    points: Vec<Vec<(u64, u32)>>,
}

impl Sink for Log {
    fn event(&mut self, event: &Event<'_>) {
        self.events.push((event.capture_thread_id, event.sequence_number, event.metadata.event_id));
        self.threads.push(event.thread_id);
    }

    fn sequence_point(&mut self, point: &SequencePoint<'_>) {
        self.points.push(point.threads().collect());
    }
}

/// What a sound stream says, and what was lost by thread.
fn decode(stream: &[u8]) -> (Log, Vec<(u64, u64)>) {
    let mut log = Log::default();
    let mut decoder = Decoder::new().tolerate(Tolerance::Strict);
    decoder.push(stream, &mut log).unwrap();
    assert!(decoder.is_complete());
    let mut lost: Vec<_> = decoder.lost_by_thread().collect();
    lost.sort_unstable();
    (log, lost)
}

/// Events of version 4, as threads and numbers, with a sequence point where there is none.
fn version_4(events: &[Option<(u64, u32)>], last: &[(u64, u32)]) -> Vec<u8> {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    for event in events {
        match event {
            Some((thread, sequence)) => stream.event_block("EventBlock", 20, false, |block| {
                block.event(1).thread(*thread).sequence(*sequence).sorted().payload(&[]);
            }),
            None => stream.sequence_point(0, last),
        };
    }
    stream.end()
}

#[test]
fn numbers_of_version_4_in_version_6() {
    // Version 6 counts from the thread's beginning, so the first number would tell of losses that are not known.
    let stream = version_4(&[Some((7, 500)), Some((7, 501)), Some((7, 504)), Some((8, 1))], &[]);
    let (log, lost) = decode(&recode(&stream, Version::V6).0);
    assert_eq!(lost, [(7, 2)]);
    assert_eq!(log.events, [(7, 1, 1), (7, 2, 1), (7, 5, 1), (8, 1, 1)]);
    // Numbers that go backwards are those of another thread, which lost nothing.
    let stream = version_4(&[Some((7, 5)), Some((7, 1)), Some((7, 2)), Some((7, 4))], &[]);
    let (log, lost) = decode(&recode(&stream, Version::V6).0);
    assert_eq!(lost, [(7, 1)]);
    assert_eq!(log.events, [(7, 1, 1), (7, 2, 1), (7, 3, 1), (7, 5, 1)]);
    // First seen in a sequence point, and last: it tells of two losses more.
    let stream = version_4(&[None, Some((7, 11)), Some((8, 9)), None], &[(7, 10), (8, 11)]);
    let (log, lost) = decode(&recode(&stream, Version::V6).0);
    assert_eq!(lost, decode(&stream).1);
    assert_eq!(log.points.len(), 2);
}

#[test]
fn many_threads_of_version_4_in_version_6() {
    // Version 4 does not say when threads end. Those that no sequence point lists any more make room for others.
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    for round in 0..5u64 {
        stream.events(|block| {
            for thread in 0..20_000 {
                block.event(1).thread(1 + round * 20_000 + thread).sequence(1).sorted().payload(&[]);
            }
        });
        stream.sequence_point(round.cast_signed(), &[]);
    }
    let (recoded, left_out) = recode(&stream.end(), Version::V6);
    assert_eq!(left_out, LeftOut::default());
    let (log, _) = decode(&recoded);
    assert_eq!(log.events.len(), 100_000);
    assert!(log.events.iter().map(|event| event.0).eq(1..=100_000));
}

fn version_6() -> Stream6 {
    let mut stream = Stream6::new();
    stream.define(1, 1);
    stream
}

#[test]
fn losses_of_version_6_in_version_4() {
    // At the end of a thread: only a sequence point tells it.
    let mut stream = version_6();
    stream.thread(1, 70, 4242).events(true, &[Event6::on(1, 1, 5)]).remove_threads(&[(1, 4)]);
    let (recoded, left_out) = recode(&stream.end(), Version::V4);
    let (log, lost) = decode(&recoded);
    assert_eq!((lost, left_out), (vec![(70, 3)], LeftOut::default()));
    assert_eq!(log.points, [[(70, 4)]]);

    // Its id is used again: the numbers go on.
    stream.thread(2, 70, 4242).events(true, &[Event6::on(2, 3, 6)]).remove_threads(&[(2, 3)]);
    let (recoded, left_out) = recode(&stream.end(), Version::V4);
    let (log, lost) = decode(&recoded);
    assert_eq!((lost, left_out), (vec![(70, 3 + 2)], LeftOut::default()));
    assert_eq!(log.events, [(70, 1, 1), (70, 7, 1)]);

    // Before the first event of a thread: version 4 has no way to tell it.
    let mut stream = version_6();
    stream.thread(1, 70, 4242).events(true, &[Event6::on(1, 4, 5)]);
    let (recoded, left_out) = recode(&stream.end(), Version::V4);
    assert_eq!((decode(&recoded).1, left_out.lost_events), (vec![], 3));
}

#[test]
fn threads_of_version_6_in_version_4() {
    let mut stream = version_6();
    let named = bytes(|row| {
        row.u8(3).var(9).u8(1);
        text(row, "main");
    });
    // Named; without an id; with one that another has; of another process.
    stream.threads(&[(1, named), (2, vec![]), (3, vec![3, 9]), (4, vec![3, 10, 2, 77])]);
    stream.events(true, &[1, 2, 3, 4].map(|thread| Event6::on(thread, 1, 5).sorted()));
    let (recoded, left_out) = recode(&stream.end(), Version::V4);
    assert_eq!((left_out.threads, left_out.thread_ids), (2, 2));
    assert_eq!(decode(&recoded).0.threads, [9, 2, u64::MAX - 3, 10]);
}

#[test]
fn what_version_4_has_no_words_for() {
    let mut stream = Stream6::with_head(TraceHead::default(), 0, &[("ProcessId", "1"), ("Machine", "lab")]);
    stream.metadata(&[
        Row::new(1, "P", 1, "E").fields(&[("a", &[9])]).options(&[5, 1, b'd', 8, 4]),
        Row::new(2, "P", 2, "E").fields(&[("a", &[9]), ("b", &[26])]),
        Row::new(3, "P", 3, "E").fields(&[("a", &[99])]),
    ]);
    stream.thread(1, 70, 1).labels(1, &[&[(1, vec![7; 16]), (7, vec![3]), (4, vec![0; 8])]]);
    stream.events(true, &[Event6::on(1, 1, 5).labels(1), Event6::on(1, 2, 6).metadata(2)]);
    let (recoded, left_out) = recode(&stream.end(), Version::V4);
    let mut expected = LeftOut::default();
    expected.properties = 1;
    expected.definitions = 1;
    expected.fields = 2;
    expected.labels = 2;
    assert_eq!(left_out, expected);
    let mut fields = Vec::new();
    let mut activities = Vec::new();
    Decoder::new()
        .push(&recoded, &mut |event: &Event<'_>| {
            fields.push((event.metadata.level, event.metadata.fields.len()));
            activities.push(event.activity_id.as_bytes()[0]);
        })
        .unwrap();
    assert_eq!((fields, activities), (vec![(4, 1), (0, 0)], vec![7, 0]));
}

#[test]
fn definitions_that_are_forgotten_or_replaced() {
    let mut stream = version_6();
    stream.thread(1, 70, 4242).events(true, &[Event6::on(1, 1, 5)]);
    // Another meaning of the same id, tolerated; then after all are forgotten.
    stream.define(1, 2).events(true, &[Event6::on(1, 2, 6)]);
    stream.sequence_point(7, 3, &[(1, 2)]);
    stream.define(1, 3).thread(1, 70, 4242).events(true, &[Event6::on(1, 1, 8)]);
    for version in [Version::V4, Version::V6] {
        let (recoded, left_out) = recode(&stream.end(), version);
        assert_eq!(left_out, LeftOut::default());
        let (log, lost) = decode(&recoded);
        assert_eq!(log.events.iter().map(|event| event.2).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(lost, []);
    }
}

#[test]
fn the_first_thing_that_cannot_be_written_stops_it() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1).events(|block| block.event(1).thread(7).sequence(1).payload(b"first"));
    stream.define(2, "P", 2, |definition| definition.version(256));
    stream.events(|block| block.event(1).thread(7).sequence(2).payload(b"second"));
    let mut recoder = Recoder::new(EncoderOptions::new(Version::V6));
    Decoder::new().push(&stream.end(), &mut recoder).unwrap();
    let refused = EncodeError::NotInVersion { version: Version::V6, what: "event versions above 255" };
    assert_eq!(refused.to_string(), "version 6 of NetTrace has no event versions above 255");
    assert_eq!(recoder.flush(), Err(refused.clone()));
    assert_eq!(recoder.finish(), Err(refused.clone()));
    // What came before it is a sound stream.
    assert_eq!(decode(recoder.output()).0.events, [(7, 1, 1)]);
    let length = recoder.output().len();
    assert_eq!(recoder.finish(), Err(refused));
    assert_eq!(recoder.output().len(), length);
}
