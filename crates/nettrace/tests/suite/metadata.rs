//! Definitions of events.

use nettrace::{Event, Field, FieldType, Metadata, Sink};

use crate::corpus::{self, decode};
use crate::stream::{Bytes, Definition, Stream, V2Field};

#[derive(Default)]
struct Definitions(Vec<Metadata>);

impl Sink for Definitions {
    fn event(&mut self, _: &Event<'_>) {}

    fn metadata(&mut self, metadata: &Metadata) {
        self.0.push(metadata.clone());
    }
}

/// The definitions of a stream that is read without error.
fn definitions(stream: &Stream) -> Vec<Metadata> {
    let [whole, pieced] = [usize::MAX, 1].map(|piece| {
        let mut definitions = Definitions::default();
        decode(&stream.end(), piece, &mut definitions).1.unwrap();
        definitions.0
    });
    assert_eq!(whole, pieced);
    whole
}

fn one(definition: &Definition) -> Metadata {
    let mut stream = Stream::new();
    stream.define_blob(&definition.blob());
    definitions(&stream).remove(0)
}

/// Names and types of fields, written `name: Type`.
fn describe(fields: &[Field]) -> Vec<String> {
    let one = |field: &Field| match &field.field_type {
        FieldType::Struct(inner) => format!("{}: {:?}", field.name, describe(inner)),
        other => format!("{}: {other:?}", field.name),
    };
    fields.iter().map(one).collect()
}

#[test]
fn everything_but_fields() {
    let mut stream = Stream::new();
    stream.define(7, "Some-Provider", 4711, |definition| {
        definition.name("Thing/Start").version(3).level(5).keywords(-1).tag(1, &[24])
    });
    stream.define_simple(9, "", -2);
    let definitions = definitions(&stream);
    let first = &definitions[0];
    assert_eq!((first.id, first.index, first.event_id, first.version, first.level), (7, 0, 4711, 3, 5));
    assert_eq!((first.provider.as_str(), first.event_name.as_str()), ("Some-Provider", "Thing/Start"));
    assert_eq!((first.keywords, first.opcode), (u64::MAX, Some(24)));
    let second = &definitions[1];
    assert_eq!((second.id, second.index, second.event_id), (9, 1, u32::MAX - 1));
    assert_eq!((second.opcode, second.fields.len(), second.fields_unreadable), (None, 0, false));
}

#[test]
fn fields_in_the_old_form() {
    let all: Vec<(String, i32)> = (3..=18).map(|code| (format!("f{code}"), code)).collect();
    let all: Vec<(&str, i32)> = all.iter().map(|(name, code)| (name.as_str(), *code)).collect();
    let metadata = one(&Definition::new(1, "P", 1).fields(&all));
    let expected = [
        "f3: Bool32",
        "f4: Char",
        "f5: I8",
        "f6: U8",
        "f7: I16",
        "f8: U16",
        "f9: I32",
        "f10: U32",
        "f11: I64",
        "f12: U64",
        "f13: F32",
        "f14: F64",
        "f15: Decimal",
        "f16: FileTime",
        "f17: Guid",
        "f18: String",
    ];
    assert_eq!(describe(&metadata.fields), expected);
    let metadata = one(&Definition::new(1, "P", 1).counter_fields(&[("A", 9), ("", 18)]));
    assert_eq!(describe(&metadata.fields), [r#": ["Payload: [\"A: I32\", \": String\"]"]"#]);
}

#[test]
fn fields_in_the_new_form() {
    let inner = [V2Field::new("x", 9), V2Field::array("ys", 4)];
    let metadata = one(&Definition::new(1, "P", 1).parameters(&[
        V2Field::array("numbers", 10),
        V2Field::structure("point", &inner),
        V2Field::array_of("points", &inner),
    ]));
    assert_eq!(metadata.fields.position("points"), Some(2));
    assert_eq!(metadata.fields.position("none"), None);
    let FieldType::Array(element) = &metadata.fields[2].field_type else { panic!() };
    let FieldType::Struct(fields) = &**element else { panic!() };
    assert_eq!(describe(fields), ["x: I32", "ys: Array(Char)"]);
    assert_eq!(describe(&metadata.fields)[0], "numbers: Array(U32)");
    assert_eq!(describe(&metadata.fields)[1], r#"point: ["x: I32", "ys: Array(Char)"]"#);
}

#[test]
fn what_later_versions_may_add_is_skipped() {
    let mut parameters = V2Field::list(&[V2Field::new("a", 9).extra(&[1, 2, 3]), V2Field::new("b", 7)]);
    parameters.raw(&[0xcc; 5]);
    let metadata =
        one(&Definition::new(1, "P", 1).tag(1, &[9, 0xcc, 0xcc]).tag(3, &[0xcc; 12]).tag(2, &parameters.0));
    assert_eq!(describe(&metadata.fields), ["a: I32", "b: I16"]);
    assert_eq!((metadata.opcode, metadata.fields_unreadable), (Some(9), false));
}

#[test]
fn minimal_definitions() {
    // Without even the number of fields.
    let mut blob = Definition::new(3, "P", 5).blob();
    blob.truncate(blob.len() - 4);
    let mut stream = Stream::new();
    stream.define_blob(&blob);
    let metadata = definitions(&stream).remove(0);
    assert_eq!((metadata.event_id, metadata.fields_unreadable), (5, false));
}

#[test]
fn illegible_fields_do_not_cost_the_event() {
    let mut nested = Bytes::default();
    for _ in 0..100 {
        nested.i32(1).i32(1);
    }
    let mut arrays = Bytes::default();
    arrays.i32(1).i32(1000).text("deep");
    for _ in 0..200 {
        arrays.i32(19);
    }
    let old = |bytes: &[u8]| Definition::new(1, "P", 1).raw_fields(bytes);
    let new = |bytes: &[u8]| Definition::new(1, "P", 1).tag(2, bytes);
    let mut unknown_type = Bytes::default();
    unknown_type.i32(1).i32(99).text("odd");
    let mut array_in_old_form = Bytes::default();
    array_in_old_form.i32(1).i32(19).i32(9).text("array");
    let mut unterminated = Bytes::default();
    unterminated.i32(1).i32(9).raw(b"n\0a\0");
    let mut small_size = Bytes::default();
    small_size.i32(1).i32(3).text("a").i32(9);
    let mut negative_size = Bytes::default();
    negative_size.i32(1).i32(-8).text("a").i32(9);
    let mut negative_tag = Bytes::default();
    negative_tag.i32(0).i32(-1).u8(2);
    let mut long_tag = Bytes::default();
    long_tag.i32(0).i32(i32::MAX).u8(2);
    let cases = [
        old(&(-1i32).to_le_bytes()),
        old(&i32::MAX.to_le_bytes()),
        old(&1i32.to_le_bytes()),
        old(&[1, 0]),
        old(&nested.0),
        old(&unknown_type.0),
        old(&array_in_old_form.0),
        old(&unterminated.0),
        old(&negative_tag.0),
        old(&long_tag.0),
        new(&(-1i32).to_le_bytes()),
        new(&i32::MAX.to_le_bytes()),
        new(&arrays.0),
        new(&small_size.0),
        new(&negative_size.0),
    ];
    for (case, definition) in cases.into_iter().enumerate() {
        let mut stream = Stream::new();
        stream.define_blob(&definition.blob());
        stream.events(|block| block.event(1).sequence(1).payload(b"payload"));
        let mut events = 0;
        let (decoder, result) = decode(&stream.end(), usize::MAX, &mut |event: &Event<'_>| {
            events += 1;
            assert!(event.metadata.fields_unreadable && event.metadata.fields.is_empty(), "case {case}");
            assert_eq!((event.payload, event.values().count()), (&b"payload"[..], 0));
        });
        result.unwrap();
        assert_eq!((events, decoder.statistics().unreadable_fields), (1, 1), "case {case}");
    }
}

#[test]
fn readable_fields_survive_illegible_tags() {
    let mut fields = Bytes::default();
    fields.i32(1).i32(9).text("kept").raw(&[0xff; 7]);
    let metadata = one(&Definition::new(1, "P", 1).raw_fields(&fields.0));
    assert_eq!((describe(&metadata.fields), metadata.fields_unreadable), (vec!["kept: I32".into()], false));
}

#[test]
fn the_latest_definition_of_an_id_counts() {
    let mut stream = Stream::new();
    for (id, event_id) in [(1, 10), (2, 20), (1, 11), (100_000, 30), (100_000, 31)] {
        stream.define_simple(id, "P", event_id);
        stream.events(|block| block.event(id.unsigned_abs()).sequence(1).payload(&[]));
    }
    stream.events(|block| block.event(2).sequence(1).payload(&[]));
    let mut found = Vec::new();
    let (decoder, result) = decode(&stream.end(), usize::MAX, &mut |event: &Event<'_>| {
        found.push((event.metadata.id, event.metadata.event_id, event.metadata.index));
    });
    result.unwrap();
    assert_eq!(found, [(1, 10, 0), (2, 20, 1), (1, 11, 2), (100_000, 30, 3), (100_000, 31, 4), (2, 20, 1)]);
    let statistics = decoder.statistics();
    assert_eq!((statistics.metadata, statistics.redefined_metadata), (5, 2));
}

#[test]
fn fingerprints() {
    let definition = |id, event_id| one(&Definition::new(id, "P", event_id).fields(&[("a", 9)]));
    assert_eq!(definition(1, 5).fingerprint, definition(2, 5).fingerprint);
    assert_ne!(definition(1, 5).fingerprint, definition(1, 6).fingerprint);
    let other_fields = one(&Definition::new(1, "P", 5).fields(&[("b", 9)]));
    assert_ne!(definition(1, 5).fingerprint, other_fields.fingerprint);
}

#[test]
fn damaged_definitions_end_the_stream() {
    let blob = Definition::new(1, "Provider", 1).blob();
    // Up to and without the number of fields everything must be there.
    for length in 0..blob.len() - 4 {
        let mut stream = Stream::new();
        stream.define_blob(&blob[..length]);
        let error = decode(&stream.end(), usize::MAX, &mut |_: &Event<'_>| {}).1.unwrap_err();
        let message = error.to_string();
        assert!(message.ends_with("in a metadata block: a definition of an event is cut short"), "{message}");
        assert_eq!(decode(&stream.end(), 1, &mut |_: &Event<'_>| {}).1.unwrap_err(), error);
    }
    for id in [0, -1] {
        let mut stream = Stream::new();
        stream.define_simple(id, "P", 1);
        let error = decode(&stream.end(), usize::MAX, &mut |_: &Event<'_>| {}).1.unwrap_err();
        assert!(error.to_string().ends_with("a metadata id is not positive"), "{error}");
    }
}

#[test]
fn definitions_of_real_counters() {
    let Some(bytes) = corpus::trace("r10_0_9_counters.nettrace") else { return };
    let mut definitions = Definitions::default();
    decode(&bytes, usize::MAX, &mut definitions).1.unwrap();
    let counters: Vec<_> =
        definitions.0.iter().filter(|metadata| metadata.event_name == "EventCounters").collect();
    assert_eq!(counters.len(), 6);
    for metadata in counters {
        assert_eq!((metadata.version, metadata.level, metadata.keywords), (0, 0, 0));
        let FieldType::Struct(outer) = &metadata.fields[0].field_type else { panic!() };
        assert_eq!((metadata.fields[0].name.as_str(), outer[0].name.as_str()), ("", "Payload"));
        let FieldType::Struct(payload) = &outer[0].field_type else { panic!() };
        assert!(matches!(payload.len(), 9 | 12));
    }
}
