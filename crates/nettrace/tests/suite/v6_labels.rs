//! Lists of labels of version 6.

use nettrace::{Decoder, Event, Label, Limits, Uuid};

use crate::corpus::decode;
use crate::stream6::{Event6, Row, Stream6, bytes, text};
use crate::v6::{fault, strict};

fn pair(key: &str, value: &str) -> Vec<u8> {
    bytes(|out| {
        text(out, key);
        text(out, value);
    })
}

fn number(key: &str, value: i64) -> Vec<u8> {
    bytes(|out| {
        text(out, key);
        out.var(((value << 1) ^ (value >> 63)).cast_unsigned());
    })
}

fn stream() -> Stream6 {
    let options = [&[1, 10, 3][..], &7u64.to_le_bytes(), &[8, 4, 9, 2]].concat();
    let mut stream = Stream6::new();
    stream.metadata(&[Row::new(1, "P", 1, "E").fields(&[]).options(&options)]).thread(0, 1, 1);
    stream
}

#[test]
fn labels_of_events() {
    let activity = Uuid::from_u128(1 << 100 | 5);
    let related = Uuid::from_u128(6);
    let first: &[(u8, Vec<u8>)] = &[(1, activity.to_bytes_le().into()), (2, related.to_bytes_le().into())];
    let second: &[(u8, Vec<u8>)] = &[
        (3, (1..=16).collect()),
        (4, 77u64.to_le_bytes().into()),
        (5, pair("key", "v\u{e4}lue")),
        (5, pair("key", "again")),
        (6, number("n", i64::MIN)),
        (6, number("m", 12)),
    ];
    for compressed in [true, false] {
        let mut stream = stream();
        stream.labels(7, &[first, second]).labels(99, &[&[(4, vec![1; 8])]]);
        let lists = [0, 7, 8, 8, 99, 0];
        let events: Vec<_> =
            lists.iter().zip(1..).map(|(list, number)| Event6::on(0, number, 1).labels(*list)).collect();
        stream.events(compressed, &events);
        assert_eq!(strict(&stream.end()), (6, None));
        let mut found = Vec::new();
        let (decoder, _) = decode(&stream.end(), 5, &mut |event: &Event<'_>| {
            found.push((event.activity_id, event.related_activity_id, event.labels().iter().count()));
            if event.labels().iter().count() == 6 {
                let labels: Vec<_> = event.labels().iter().collect();
                let trace_id: [u8; 16] = std::array::from_fn(|position| position as u8 + 1);
                let expected = [
                    Label::TraceId(trace_id),
                    Label::SpanId(77),
                    Label::Text { key: "key", value: "v\u{e4}lue" },
                    Label::Text { key: "key", value: "again" },
                    Label::Integer { key: "n", value: i64::MIN },
                    Label::Integer { key: "m", value: 12 },
                ];
                assert_eq!(labels, expected);
                let labels = event.labels();
                assert_eq!((labels.text("key"), labels.text("n")), (Some("again"), None));
                assert_eq!((labels.integer("m"), labels.span_id()), (Some(12), Some(77)));
                assert_eq!(labels.trace_id(), Some(trace_id));
            }
        });
        let nil = Uuid::nil();
        let expected = [
            (nil, nil, 0),
            (activity, related, 2),
            (nil, nil, 6),
            (nil, nil, 6),
            (nil, nil, 1),
            (nil, nil, 0),
        ];
        assert_eq!(found, expected);
        assert_eq!(decoder.statistics().label_lists, 3);
    }
}

#[test]
fn labels_override_the_definition() {
    let mut stream = stream();
    let all: &[(u8, Vec<u8>)] =
        &[(7, vec![18]), (8, 0xffu64.to_le_bytes().into()), (9, vec![1]), (10, vec![9])];
    stream.labels(1, &[all, &[(7, vec![0])], &[(7, vec![5]), (7, vec![6])]]);
    let events: Vec<_> = (0..4).map(|list| Event6::on(0, list + 1, 1).labels(list)).collect();
    stream.events(true, &events);
    assert_eq!(strict(&stream.end()), (4, None));
    let mut found = Vec::new();
    let _ = decode(&stream.end(), 64, &mut |event: &Event<'_>| {
        found.push((event.opcode(), event.keywords(), event.level(), event.version()));
    });
    assert_eq!(found, [(10, 7, 4, 2), (18, 0xff, 1, 9), (0, 7, 4, 2), (6, 7, 4, 2)]);
}

#[test]
fn labels_that_are_not_there() {
    let mut undefined = stream();
    undefined.labels(1, &[&[(7, vec![1])]]).events(true, &[Event6::on(0, 1, 1).labels(2)]);
    assert_eq!(fault(&undefined), "an event refers to a list of labels that is not defined");
    let (decoder, result) = decode(&undefined.end(), 1, &mut |event: &Event<'_>| {
        assert!(event.labels().is_empty());
    });
    result.unwrap();
    assert_eq!((decoder.statistics().events, decoder.statistics().undefined_label_lists), (1, 1));
    // A sequence point makes all void.
    let mut void = stream();
    void.labels(1, &[&[(7, vec![1])]])
        .sequence_point(0, 0, &[])
        .events(true, &[Event6::on(0, 1, 1).labels(1)]);
    assert_eq!(fault(&void), "an event refers to a list of labels that is not defined");
    for kind in [0, 11, 127] {
        let mut unknown = stream();
        unknown.labels(1, &[&[(kind, vec![1])]]);
        assert_eq!(fault(&unknown), "a label is of unknown kind");
    }
}

#[test]
fn labels_are_bounded() {
    let mut stream = stream();
    let list: &[(u8, Vec<u8>)] = &[(5, pair("key", &"x".repeat(1000)))];
    stream.labels(1, &[list; 10]);
    stream.events(true, &[Event6::on(0, 1, 1).labels(1), Event6::on(0, 2, 1).labels(10)]);
    let mut limits = Limits::default();
    limits.max_label_bytes = 5000;
    let mut decoder = Decoder::with_limits(limits);
    let mut lengths = Vec::new();
    let mut sink = |event: &Event<'_>| lengths.push(event.labels().text("key").map(str::len));
    decoder.push(&stream.end(), &mut sink).unwrap();
    assert_eq!(lengths, [Some(1000), None]);
    let statistics = decoder.statistics();
    assert_eq!(statistics.label_lists + statistics.dropped_label_lists, 10);
    assert!((3..=4).contains(&statistics.label_lists), "{statistics:?}");
}
