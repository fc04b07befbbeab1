//! Whatever an encoder is told is what a decoder reads.

use std::collections::BTreeMap;

use nettrace::{
    Decoder, Encoder, EncoderOptions, Event, EventRecord, Field, FieldType, Label, Metadata, Sink, Tolerance,
    Uuid, Version,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::encode::trace;

/// A label that owns its texts.
#[derive(Debug, Clone, PartialEq)]
enum OwnLabel {
    Related(u128),
    TraceId([u8; 16]),
    SpanId(u64),
    Text(String, String),
    Integer(String, i64),
    Opcode(u8),
    Keywords(u64),
    Level(u8),
    Version(u8),
}

impl OwnLabel {
    fn borrow(&self) -> Label<'_> {
        match self {
            Self::Related(id) => Label::RelatedActivityId(Uuid::from_u128(*id)),
            Self::TraceId(id) => Label::TraceId(*id),
            Self::SpanId(id) => Label::SpanId(*id),
            Self::Text(key, value) => Label::Text { key, value },
            Self::Integer(key, value) => Label::Integer { key, value: *value },
            Self::Opcode(opcode) => Label::Opcode(*opcode),
            Self::Keywords(keywords) => Label::Keywords(*keywords),
            Self::Level(level) => Label::Level(*level),
            Self::Version(version) => Label::Version(*version),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
struct OwnEvent {
    definition: usize,
    timestamp: i64,
    thread_id: u64,
    capture_thread_id: u64,
    processor: Option<u32>,
    stack: Vec<u8>,
    activity_id: u128,
    labels: Vec<OwnLabel>,
    sorted: bool,
    payload: Vec<u8>,
}

#[derive(Debug, Clone)]
enum Step {
    Event(OwnEvent),
    Lost(u64, u32),
    Flush,
    Consume,
    SequencePoint(i64),
}

fn leaf() -> impl Strategy<Value = FieldType> {
    prop::sample::select(vec![
        FieldType::Bool32,
        FieldType::Char,
        FieldType::I8,
        FieldType::U8,
        FieldType::I16,
        FieldType::U16,
        FieldType::I32,
        FieldType::U32,
        FieldType::I64,
        FieldType::U64,
        FieldType::F32,
        FieldType::F64,
        FieldType::Decimal,
        FieldType::FileTime,
        FieldType::Guid,
        FieldType::String,
    ])
}

fn leaf_of_version_6() -> impl Strategy<Value = FieldType> {
    let located = || leaf().prop_filter("elements have a size", |element| element.fixed_size().is_some());
    prop_oneof![
        prop::sample::select(vec![
            FieldType::Bool8,
            FieldType::VarInt,
            FieldType::VarUInt,
            FieldType::Utf8Unit
        ]),
        (leaf(), any::<u16>()).prop_map(|(element, count)| FieldType::FixedArray(Box::new(element), count)),
        located().prop_map(|element| FieldType::RelativeLocation(Box::new(element))),
        located().prop_map(|element| FieldType::DataLocation(Box::new(element))),
    ]
}

/// Names with characters of one to four bytes in UTF-8.
const NAME: &str = "[a-c\u{e4}\u{20ac}\u{1d11e}]{0,6}";

fn field_type(version: Version) -> BoxedStrategy<FieldType> {
    let leaf = match version {
        Version::V4 => leaf().boxed(),
        Version::V6 => prop_oneof![leaf(), leaf_of_version_6()].boxed(),
    };
    let nested = leaf.prop_recursive(3, 12, 3, |inner| {
        let field = (NAME, inner.clone()).prop_map(|(name, field_type)| Field::new(name, field_type));
        prop_oneof![
            inner.prop_map(|element| FieldType::Array(Box::new(element))),
            vec(field, 0..4).prop_map(|fields| FieldType::Struct(fields.into())),
        ]
    });
    nested.boxed()
}

fn definition(version: Version) -> impl Strategy<Value = Metadata> {
    let field = (NAME, field_type(version)).prop_map(|(name, field_type)| Field::new(name, field_type));
    let identity = (NAME, any::<u32>(), NAME);
    let numbers = (any::<u8>(), any::<u8>(), any::<u64>(), any::<Option<u8>>());
    let more =
        (any::<Option<u128>>(), prop::option::of(NAME), prop::option::of(NAME), vec((NAME, NAME), 0..3));
    (identity, numbers, vec(field, 0..4), more).prop_map(move |(identity, numbers, fields, more)| {
        let mut metadata = Metadata::new(identity.0, identity.1, identity.2);
        metadata.version = numbers.0.into();
        metadata.level = numbers.1;
        metadata.keywords = numbers.2;
        metadata.opcode = numbers.3;
        metadata.fields = fields.into();
        if version == Version::V6 {
            metadata.provider_guid = more.0.map(Uuid::from_u128);
            metadata.message_template = more.1;
            metadata.description = more.2;
            metadata.attributes = more.3;
        }
        metadata
    })
}

fn label() -> impl Strategy<Value = OwnLabel> {
    prop_oneof![
        any::<u128>().prop_map(OwnLabel::Related),
        any::<[u8; 16]>().prop_map(OwnLabel::TraceId),
        any::<u64>().prop_map(OwnLabel::SpanId),
        (NAME, NAME).prop_map(|(key, value)| OwnLabel::Text(key, value)),
        (NAME, any::<i64>()).prop_map(|(key, value)| OwnLabel::Integer(key, value)),
        any::<u8>().prop_map(OwnLabel::Opcode),
        any::<u64>().prop_map(OwnLabel::Keywords),
        any::<u8>().prop_map(OwnLabel::Level),
        any::<u8>().prop_map(OwnLabel::Version),
    ]
}

fn thread() -> impl Strategy<Value = u64> {
    prop::sample::select(vec![0, 1, 2, 300, u64::MAX])
}

fn step(version: Version) -> impl Strategy<Value = Step> {
    let labels = match version {
        Version::V4 => Just(Vec::new()).boxed(),
        Version::V6 => vec(label(), 0..3).boxed(),
    };
    let place = (thread(), thread(), prop::option::of(0u32..300), any::<bool>());
    let time = prop_oneof![0..100i64, any::<i64>()];
    // Few stacks, so that they meet again.
    let stack = (0..4usize, 0..3u8).prop_map(|(frames, byte)| vec![byte; frames * 8]);
    let event = (0..3usize, time, place, stack, 0..3u128, labels, vec(any::<u8>(), 0..40)).prop_map(
        |(definition, timestamp, place, stack, activity_id, labels, payload)| {
            let (thread_id, capture_thread_id, processor, sorted) = place;
            Step::Event(OwnEvent {
                definition,
                timestamp,
                thread_id,
                capture_thread_id,
                processor,
                stack,
                activity_id,
                labels,
                sorted,
                payload,
            })
        },
    );
    prop_oneof![
        8 => event,
        1 => (thread(), 0..1000u32).prop_map(|(thread, count)| Step::Lost(thread, count)),
        1 => Just(Step::Flush),
        1 => Just(Step::Consume),
        1 => (0..100i64).prop_map(Step::SequencePoint),
    ]
}

#[derive(Default)]
struct Found {
    definitions: Vec<Metadata>,
    events: Vec<(OwnEvent, u32)>,
}

impl Sink for Found {
    fn metadata(&mut self, metadata: &Metadata) {
        let mut metadata = metadata.clone();
        (metadata.id, metadata.index, metadata.fingerprint) = (0, 0, 0);
        self.definitions.push(metadata);
    }

    fn event(&mut self, event: &Event<'_>) {
        let labels = event.labels().iter().filter_map(|label| match label {
            // The first one is not told as a label.
            Label::ActivityId(_) => None,
            Label::RelatedActivityId(id) => Some(OwnLabel::Related(id.as_u128())),
            Label::TraceId(id) => Some(OwnLabel::TraceId(id)),
            Label::SpanId(id) => Some(OwnLabel::SpanId(id)),
            Label::Text { key, value } => Some(OwnLabel::Text(key.into(), value.into())),
            Label::Integer { key, value } => Some(OwnLabel::Integer(key.into(), value)),
            Label::Opcode(opcode) => Some(OwnLabel::Opcode(opcode)),
            Label::Keywords(keywords) => Some(OwnLabel::Keywords(keywords)),
            Label::Level(level) => Some(OwnLabel::Level(level)),
            Label::Version(version) => Some(OwnLabel::Version(version)),
            other => panic!("{other:?} is new"),
        });
        let own = OwnEvent {
            definition: event.metadata.index as usize,
            timestamp: event.timestamp,
            thread_id: event.thread_id,
            capture_thread_id: event.capture_thread_id,
            processor: event.processor,
            stack: event.stack.as_bytes().into(),
            activity_id: event.activity_id.as_u128(),
            labels: labels.collect(),
            sorted: event.sorted,
            payload: event.payload.into(),
        };
        self.events.push((own, event.sequence_number));
    }
}

fn check(version: Version, definitions: &[Metadata], steps: &[Step], max_block_bytes: u32) {
    let mut options = EncoderOptions::new(version);
    options.max_block_bytes = max_block_bytes;
    options.sequence_point_bytes = Some(2000);
    let mut encoder = Encoder::with_options(options, &trace()).unwrap();
    let ids: Vec<_> = definitions.iter().map(|metadata| encoder.define(metadata).unwrap()).collect();
    let mut stream = Vec::new();
    let mut expected = Vec::new();
    let mut last: BTreeMap<u64, u32> = BTreeMap::new();
    let mut lost: BTreeMap<u64, u64> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Event(event) => {
                let labels: Vec<_> = event.labels.iter().map(OwnLabel::borrow).collect();
                let record = EventRecord {
                    timestamp: event.timestamp,
                    thread_id: event.thread_id,
                    capture_thread_id: Some(event.capture_thread_id),
                    processor: event.processor,
                    sequence_number: None,
                    stack: &event.stack,
                    activity_id: Uuid::from_u128(event.activity_id),
                    related_activity_id: Uuid::nil(),
                    labels: &labels,
                    sorted: event.sorted,
                    payload: &event.payload,
                };
                encoder.event(ids[event.definition], &record).unwrap();
                let number = last.entry(event.capture_thread_id).or_default();
                *number += 1;
                expected.push((event.clone(), *number));
            }
            Step::Lost(thread, count) => {
                // Version 4 cannot tell what a thread lost before its first event.
                if version == Version::V6 || last.contains_key(thread) {
                    encoder.lost(*thread, *count).unwrap();
                    *last.entry(*thread).or_default() += count;
                    *lost.entry(*thread).or_default() += u64::from(*count);
                }
            }
            Step::Flush => encoder.flush().unwrap(),
            Step::Consume => {
                let half = encoder.output().len() / 2;
                stream.extend_from_slice(&encoder.output()[..half]);
                encoder.consume(half);
            }
            Step::SequencePoint(timestamp) => encoder.sequence_point(*timestamp).unwrap(),
        }
    }
    stream.extend_from_slice(&encoder.finish().unwrap());

    let mut found = Found::default();
    let mut decoder = Decoder::new().tolerate(Tolerance::Strict);
    decoder.push(&stream, &mut found).unwrap();
    assert!(decoder.is_complete());
    assert_eq!(found.definitions, definitions);
    assert_eq!(found.events, expected);
    lost.retain(|_, count| *count > 0);
    assert_eq!(decoder.lost_by_thread().collect::<BTreeMap<_, _>>(), lost);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn version_4(
        definitions in vec(definition(Version::V4), 3),
        steps in vec(step(Version::V4), 0..60),
        block in 0..600u32,
    ) {
        check(Version::V4, &definitions, &steps, block);
    }

    #[test]
    fn version_6(
        definitions in vec(definition(Version::V6), 3),
        steps in vec(step(Version::V6), 0..60),
        block in 0..600u32,
    ) {
        check(Version::V6, &definitions, &steps, block);
    }
}
