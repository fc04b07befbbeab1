//! What is written, byte by byte as the format has it.
//!
//! The expected bytes are written from the format's description; nothing is shared with the encoder.

use nettrace::{
    EncodeError, Encoder, EncoderOptions, EventRecord, Field, FieldType, Fields, Label, Metadata, Thread,
    TraceInfo, Uuid, Version,
};

use crate::stream::{Bytes, MAGIC, SERIALIZATION};
use crate::stream6::{bytes, sized, text};

/// 2021-06-09, a Wednesday, 09:48:25.902.
const START: i64 = 1_623_232_105_902_000_000;

pub(crate) fn trace() -> TraceInfo {
    let mut trace = TraceInfo::new(START, 100, 1000);
    trace.process_id = 9832;
    trace.processors = 8;
    trace.sampling_interval_nanos = 1_000_000;
    trace
}

fn expected_clock(out: &mut Bytes) {
    for part in [2021, 6, 3, 9, 9, 48, 25, 902] {
        out.u16(part);
    }
    out.i64(100).i64(1000).i32(8);
}

fn head_of_version_4() -> Bytes {
    let mut out = Bytes::default();
    out.raw(MAGIC).raw(SERIALIZATION);
    out.raw(&[5, 5, 1]).i32(4).i32(4).i32(5).raw(b"Trace").u8(6);
    expected_clock(&mut out);
    out.i32(9832).i32(8).i32(1_000_000).u8(6);
    out
}

fn block(out: &mut Bytes, name: &str, data: &[u8]) {
    out.raw(&[5, 5, 1]).i32(2).i32(2).i32(name.len() as i32).raw(name.as_bytes()).u8(6);
    out.i32(data.len() as i32);
    while !out.0.len().is_multiple_of(4) {
        out.u8(0);
    }
    out.raw(data).u8(6);
}

fn frame(out: &mut Bytes, kind: u8, data: &[u8]) {
    out.raw(&[data.len() as u8, (data.len() >> 8) as u8, 0, kind]).raw(data);
}

/// A definition with an array, so that it takes both ways of describing fields.
pub(crate) fn definition() -> Metadata {
    let mut metadata = Metadata::new("P", 300, "E");
    metadata.keywords = 1 << 40;
    metadata.version = 2;
    metadata.level = 4;
    metadata.opcode = Some(9);
    let inner = vec![Field::new("x", FieldType::I32)].into();
    metadata.fields = vec![
        Field::new("a", FieldType::U16),
        Field::new("bs", FieldType::Array(Box::new(FieldType::Struct(inner)))),
    ]
    .into();
    metadata
}

const STACK: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

/// Two events of a thread, one of another that is about the first.
fn write_events(encoder: &mut Encoder) {
    let id = encoder.define(&definition()).unwrap();
    let plain = encoder.define(&Metadata::new("Q", 1, "")).unwrap();
    let first = EventRecord {
        timestamp: 200,
        thread_id: 300,
        stack: &STACK,
        sorted: true,
        payload: b"abc",
        ..EventRecord::default()
    };
    encoder.event(id, &first).unwrap();
    encoder.event(id, &EventRecord { timestamp: 201, sorted: false, payload: b"def", ..first }).unwrap();
    let other = EventRecord {
        timestamp: 199,
        capture_thread_id: Some(7),
        processor: Some(3),
        sequence_number: Some(5),
        stack: &[],
        activity_id: Uuid::from_bytes([0xaa; 16]),
        related_activity_id: Uuid::from_bytes([0xbb; 16]),
        payload: b"",
        ..first
    };
    encoder.event(plain, &other).unwrap();
}

#[test]
fn version_4() {
    let mut encoder = Encoder::new(Version::V4, &trace()).unwrap();
    write_events(&mut encoder);
    let found = encoder.finish().unwrap();

    let mut out = head_of_version_4();
    let mut definition = Bytes::default();
    definition.i32(1).text("P").i32(300).text("E").i64(1 << 40).i32(2).i32(4);
    // No fields in the old form; an opcode of one byte; fields of 4 + 4 + 4 and of 4 + 6 + 4 + 4 + 4 + 12 bytes.
    definition.i32(0).i32(1).u8(1).u8(9).i32(4 + 12 + 34).u8(2).i32(2);
    definition.i32(12).text("a").i32(8);
    definition.i32(34).text("bs").i32(19).i32(1).i32(1).i32(12).text("x").i32(9);
    let mut second = Bytes::default();
    second.i32(2).text("Q").i32(1).text("").i64(0).i32(0).i32(0).i32(0);
    let mut data = Bytes::default();
    data.u16(20).u16(1).i64(199).i64(200);
    // Size, order, thread and number: 0, by no thread, on an unknown processor. Thread 300 is 0xac 0x02, time 200 0xc8 0x01.
    data.raw(&[0xc6, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0xff, 0xff, 0xff, 0xff, 0x0f]);
    data.raw(&[0xac, 0x02, 0xc8, 0x01]).var(definition.0.len() as u64).raw(&definition.0);
    // The other one was first needed on a known processor and one tick before.
    data.raw(&[0xc2, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 3]);
    data.raw(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    data.var(second.0.len() as u64).raw(&second.0);
    block(&mut out, "MetadataBlock", &data.0);
    block(
        &mut out,
        "StackBlock",
        &bytes(|data| {
            data.i32(1).i32(1).i32(8).raw(&STACK);
        }),
    );
    let mut data = Bytes::default();
    data.u16(20).u16(1).i64(199).i64(201);
    // Everything is new but the activities; number 1 is 0 more than expected.
    data.raw(&[0xcf, 1, 0, 0xac, 0x02, 0xff, 0xff, 0xff, 0xff, 0x0f, 0xac, 0x02, 1, 0xc8, 0x01, 3])
        .raw(b"abc");
    // One tick later, all else as expected.
    data.raw(&[0x00, 1]).raw(b"def");
    // Another definition, number 5 after 2, thread 7, processor 3, no stack, two ticks before, activities, order, no payload.
    data.raw(&[0xfb, 2, 2, 7, 3, 0]).raw(&[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    data.raw(&[0xaa; 16]).raw(&[0xbb; 16]).u8(0);
    block(&mut out, "EventBlock", &data.0);
    block(
        &mut out,
        "SPBlock",
        &bytes(|data| {
            data.i64(201).i32(2).i64(300).i32(2).i64(7).i32(5);
        }),
    );
    out.u8(1);
    assert_eq!(found, out.0);
}

#[test]
fn fields_in_the_old_form() {
    let mut metadata = Metadata::new("P", 1, "E");
    let inner = vec![Field::new("x", FieldType::Guid), Field::new("y", FieldType::String)].into();
    metadata.fields =
        vec![Field::new("s", FieldType::Struct(inner)), Field::new("", FieldType::Bool32)].into();
    let mut encoder = Encoder::new(Version::V4, &trace()).unwrap();
    encoder.define(&metadata).unwrap();
    encoder.flush().unwrap();
    let mut definition = Bytes::default();
    definition.i32(1).text("P").i32(1).text("E").i64(0).i32(0).i32(0);
    definition.i32(2).i32(1).i32(2).i32(17).text("x").i32(18).text("y").text("s").i32(3).text("");
    let mut out = head_of_version_4();
    let mut data = Bytes::default();
    // No event needs it yet: by no thread, at the start of the trace.
    data.u16(20).u16(1).i64(100).i64(100);
    data.raw(&[0xc2, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 100]);
    data.var(definition.0.len() as u64).raw(&definition.0);
    block(&mut out, "MetadataBlock", &data.0);
    assert_eq!(encoder.output(), out.0);
}

#[test]
fn version_6() {
    let mut encoder = Encoder::new(Version::V6, &trace()).unwrap();
    encoder.property("Machine", "lab").unwrap();
    let mut named = Thread::new(4);
    named.name = Some("main".into());
    named.process_id = Some(9832);
    named.thread_id = Some(300);
    named.properties = vec![("k".into(), "v".into())];
    encoder.thread(&named).unwrap();
    write_events(&mut encoder);
    let mut labelled = Metadata::new("R", 1, "");
    labelled.id = 70;
    labelled.provider_guid = Some(Uuid::from_u128(0x0001_0203_0405_0607_0809_0a0b_0c0d_0e0f));
    labelled.message_template = Some("{a}".into());
    labelled.description = Some("d".into());
    labelled.attributes = vec![("k".into(), "v".into())];
    let types = [
        FieldType::Bool8,
        FieldType::VarInt,
        FieldType::VarUInt,
        FieldType::Array(Box::new(FieldType::Utf8Unit)),
        FieldType::FixedArray(Box::new(FieldType::U8), 300),
        FieldType::RelativeLocation(Box::new(FieldType::Char)),
        FieldType::DataLocation(Box::new(FieldType::U64)),
    ];
    labelled.fields = types.into_iter().map(|field_type| Field::new("f", field_type)).collect();
    let id = encoder.define(&labelled).unwrap();
    let labels = [
        Label::TraceId([5; 16]),
        Label::SpanId(6),
        Label::Text { key: "k", value: "v" },
        Label::Integer { key: "n", value: -2 },
        Label::Opcode(1),
        Label::Keywords(2),
        Label::Level(3),
        Label::Version(4),
    ];
    let record = EventRecord { timestamp: 202, thread_id: 7, labels: &labels, ..EventRecord::default() };
    encoder.event(id, &record).unwrap();
    encoder.end_thread(7).unwrap();
    let found = encoder.finish().unwrap();

    let mut out = Bytes::default();
    out.raw(MAGIC).u32(0).u32(6).u32(0);
    frame(
        &mut out,
        1,
        &bytes(|data| {
            expected_clock(data);
            data.i32(4);
            for (key, value) in [
                ("ProcessId", "9832"),
                ("HardwareThreadCount", "8"),
                ("ExpectedCPUSamplingRate", "1000000"),
                ("Machine", "lab"),
            ] {
                text(data, key);
                text(data, value);
            }
        }),
    );
    frame(
        &mut out,
        3,
        &bytes(|data| {
            data.u16(0);
            sized(data, |row| {
                row.var(1).raw(b"\x01P").var(300).raw(b"\x01E").u16(2);
                row.u16(3).raw(b"\x01a").u8(8);
                row.u16(3 + 2 + 2 + 2 + 3).raw(b"\x02bs").raw(&[19, 1]).u16(1).u16(3).raw(b"\x01x").u8(9);
                row.u16(2 + 9 + 2 + 2).raw(&[1, 9, 3]).u64(1 << 40).raw(&[8, 4, 9, 2]);
            });
            sized(data, |row| {
                row.var(2).raw(b"\x01Q").var(1).raw(b"\x00").u16(0).u16(0);
            });
            sized(data, |row| {
                row.var(70).raw(b"\x01R").var(1).raw(b"\x00").u16(7);
                for field_type in [&[26][..], &[20], &[21], &[19, 23], &[22, 6, 0x2c, 1], &[24, 4], &[25, 12]]
                {
                    row.u16(2 + field_type.len() as u16).raw(b"\x01f").raw(field_type);
                }
                row.u16(5 + 3 + 5 + 17).raw(b"\x04\x03{a}").raw(b"\x05\x01d").raw(b"\x06\x01k\x01v");
                row.u8(7).raw(&[3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]);
            });
        }),
    );
    frame(
        &mut out,
        6,
        &bytes(|data| {
            sized(data, |row| {
                row.u8(4).raw(b"\x01\x04main").u8(2).var(9832).u8(3).var(300).raw(b"\x04\x01k\x01v");
            });
            sized(data, |row| {
                row.u8(5).u8(2).var(9832).u8(3).var(7);
            });
        }),
    );
    frame(
        &mut out,
        8,
        &bytes(|data| {
            data.u32(1).u32(2);
            data.u8(1).raw(&[0xaa; 16]).u8(2 | 0x80).raw(&[0xbb; 16]);
            data.u8(3).raw(&[5; 16]).u8(4).u64(6).raw(b"\x05\x01k\x01v").raw(b"\x06\x01n\x03").raw(&[7, 1]);
            data.u8(8).u64(2).raw(&[9, 3]).raw(&[0x8a, 4]);
        }),
    );
    frame(
        &mut out,
        5,
        &bytes(|data| {
            data.i32(1).i32(1).i32(8).raw(&STACK);
        }),
    );
    frame(
        &mut out,
        2,
        &bytes(|data| {
            data.u16(20).u16(1).i64(199).i64(202);
            data.raw(&[0xcf, 1, 0, 4, 0xff, 0xff, 0xff, 0xff, 0x0f, 4, 1, 0xc8, 0x01, 3]).raw(b"abc");
            data.raw(&[0x00, 1]).raw(b"def");
            // The activities are the first list of labels.
            data.raw(&[0xdb, 2, 2, 5, 3, 0])
                .raw(&[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
            data.raw(&[1, 0]);
            // Another definition, an unknown processor, the other thread, three ticks later, the second list.
            data.raw(&[0x17, 70, 0, 5, 0xff, 0xff, 0xff, 0xff, 0x0f, 5, 3, 2]);
        }),
    );
    frame(&mut out, 7, &[5, 6]);
    frame(
        &mut out,
        4,
        &bytes(|data| {
            data.i64(202).u32(0).u32(1).raw(&[4, 2]);
        }),
    );
    out.u32(0);
    assert_eq!(found, out.0);
}

#[test]
fn dates() {
    for (nanos, date) in [
        (0, [1970, 1, 4, 1, 0, 0, 0, 0]),
        (951_782_400_000_000_000, [2000, 2, 2, 29, 0, 0, 0, 0]),
        (951_868_799_999_999_999, [2000, 2, 2, 29, 23, 59, 59, 999]),
        (-1_000_000, [1969, 12, 3, 31, 23, 59, 59, 999]),
        (4_107_542_400_000_000_000, [2100, 3, 1, 1, 0, 0, 0, 0]),
    ] {
        let mut encoder = Encoder::new(Version::V4, &TraceInfo::new(nanos, 0, 1)).unwrap();
        encoder.flush().unwrap();
        let head: Vec<u16> =
            encoder.output()[53..69].chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        assert_eq!(head, date, "{nanos}");
    }
}

#[test]
fn heads_that_could_not_be_read() {
    let refused = |change: fn(&mut TraceInfo)| {
        let mut trace = trace();
        change(&mut trace);
        matches!(Encoder::new(Version::V6, &trace), Err(EncodeError::InvalidTrace { .. }))
    };
    assert!(refused(|trace| trace.ticks_per_second = 0));
    assert!(refused(|trace| trace.pointer_size = 5));
    assert!(refused(|trace| trace.start_unix_nanos = i64::MAX));
    assert!(!refused(|trace| trace.start_unix_nanos = i64::MIN));
}

#[test]
fn what_a_version_has_no_words_for() {
    let mut encoder = Encoder::new(Version::V4, &trace()).unwrap();
    let not_in_4 = |error| matches!(error, Err(EncodeError::NotInVersion { version: Version::V4, .. }));
    assert!(not_in_4(encoder.property("a", "b")));
    assert!(not_in_4(encoder.thread(&Thread::new(1))));
    let changes: [fn(&mut Metadata); 7] = [
        |metadata| metadata.provider_guid = Some(Uuid::nil()),
        |metadata| metadata.message_template = Some(String::new()),
        |metadata| metadata.description = Some(String::new()),
        |metadata| metadata.attributes.push(Default::default()),
        |metadata| metadata.provider = "a\0b".into(),
        |metadata| metadata.fields = vec![Field::new("a\0", FieldType::U8)].into(),
        |metadata| {
            let inner = vec![Field::new("x", FieldType::VarInt)].into();
            metadata.fields =
                vec![Field::new("s", FieldType::Array(Box::new(FieldType::Struct(inner))))].into();
        },
    ];
    for change in changes {
        let mut metadata = definition();
        change(&mut metadata);
        assert!(not_in_4(encoder.define(&metadata).map(drop)));
    }
    let id = encoder.define(&definition()).unwrap();
    let labelled = EventRecord { labels: &[Label::SpanId(1)], ..EventRecord::default() };
    assert!(not_in_4(encoder.event(id, &labelled)));
    // Nothing of that was written.
    encoder.flush().unwrap();
    let mut other = Encoder::new(Version::V4, &trace()).unwrap();
    other.define(&definition()).unwrap();
    other.flush().unwrap();
    assert_eq!(encoder.output(), other.output());

    let mut encoder = Encoder::new(Version::V6, &trace()).unwrap();
    let mut metadata = definition();
    metadata.version = 256;
    assert!(matches!(encoder.define(&metadata), Err(EncodeError::NotInVersion { .. })));
    let located = FieldType::DataLocation(Box::new(FieldType::String));
    metadata.version = 0;
    metadata.fields = vec![Field::new("x", located)].into();
    assert!(matches!(encoder.define(&metadata), Err(EncodeError::NotInVersion { .. })));
    metadata.fields = vec![Field::new("x".repeat(70_000), FieldType::U8)].into();
    assert!(matches!(encoder.define(&metadata), Err(EncodeError::TooLarge { .. })));
    metadata.fields = Fields::default();
    let id = encoder.define(&metadata).unwrap();
    let large = vec![0; 1 << 24];
    let record = EventRecord { payload: &large, ..EventRecord::default() };
    assert!(matches!(encoder.event(id, &record), Err(EncodeError::TooLarge { what: "a payload", .. })));
    let record = EventRecord { stack: &large, ..EventRecord::default() };
    assert!(matches!(encoder.event(id, &record), Err(EncodeError::TooLarge { what: "a stack", .. })));
    let long = "x".repeat(1 << 24);
    let labels = [Label::Text { key: "", value: &long }];
    let record = EventRecord { labels: &labels, ..EventRecord::default() };
    assert!(matches!(
        encoder.event(id, &record),
        Err(EncodeError::TooLarge { what: "a list of labels", .. })
    ));
    encoder.flush().unwrap();
    assert_eq!(encoder.property("a", "b"), Err(EncodeError::LateProperty));
    assert!(encoder.output().len() < 300);
}

#[test]
fn definitions_of_other_streams() {
    let mut other = Encoder::new(Version::V4, &trace()).unwrap();
    let ids = [1, 2].map(|event_id| other.define(&Metadata::new("P", event_id, "")).unwrap());
    let mut encoder = Encoder::with_options(EncoderOptions::default(), &trace()).unwrap();
    encoder.define(&definition()).unwrap();
    assert_eq!(encoder.event(ids[1], &EventRecord::default()), Err(EncodeError::UndefinedEvent));
}
