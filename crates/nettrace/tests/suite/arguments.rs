//! Arguments of `EventSource`s as real runtimes write them, where that is not what a definition or the format says:
//! `byte[]`, booleans of one byte, decimals. Recorded from `fixtures/arguments.cs`.

use nettrace::{Decoder, EncoderOptions, Event, FieldType, Payload, Reader, Recoder, Value, Version};

use crate::stream::{Definition, Stream};

const CORE_3: &[u8] = include_bytes!("../fixtures/arguments-3.1.23.nettrace");
const NET_9: &[u8] = include_bytes!("../fixtures/arguments-9.0.5.nettrace");

/// The values of all events of that provider: the event's name, and its values as text.
fn shown(trace: &[u8], provider: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut sink = |event: &Event<'_>| {
        if event.metadata.provider == provider {
            found.push((event.metadata.event_name.clone(), format!("{:?}", event.fields())));
        }
    };
    Reader::new(trace).read(&mut sink).unwrap();
    found
}

fn payloads(trace: &[u8], provider: &str, name: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut sink = |event: &Event<'_>| {
        if event.metadata.provider == provider && event.metadata.event_name == name {
            found.push(event.payload.to_vec());
        }
    };
    Reader::new(trace).read(&mut sink).unwrap();
    found
}

#[test]
fn bytes_by_manifest() {
    for trace in [CORE_3, NET_9] {
        let all = shown(trace, "Arguments-Manifest");
        // A definition with an array of bytes lists no fields at all, not even those beside it.
        for (name, values) in &all {
            assert_eq!(values == "{}", name != "Others", "{name} {values}");
        }
        // Their length takes four bytes, and null is an empty array.
        let bytes = payloads(trace, "Arguments-Manifest", "Bytes");
        assert_eq!(bytes, [&[5, 0, 0, 0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5][..], &[0; 4]]);
        let both = payloads(trace, "Arguments-Manifest", "NumberAndBytes").remove(0);
        let mut payload = Payload::new(&both);
        assert_eq!(payload.i64(), Ok(-2));
        let length = payload.u32().unwrap();
        assert_eq!(payload.bytes(length as usize), Ok(&[0xa1, 0xa2, 0xa3, 0xa4, 0xa5][..]));
        assert!(payload.rest().is_empty());
    }
}

#[test]
fn bytes_that_describe_themselves() {
    let bytes = r#"{"bytes": Array([U8(161), U8(162), U8(163), U8(164), U8(165)]), "number": I32(77)}"#;
    let first = |trace| shown(trace, "Arguments-Described").remove(0);
    assert_eq!(first(NET_9), ("BytesAndNumber".into(), bytes.into()));
    // Before version 5 there was no way to describe arrays.
    assert_eq!(first(CORE_3), ("BytesAndNumber".into(), "{}".into()));
    for trace in [CORE_3, NET_9] {
        let payload = payloads(trace, "Arguments-Described", "BytesAndNumber").remove(0);
        assert_eq!(payload, [5, 0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 77, 0, 0, 0]);
    }
}

#[test]
fn booleans_of_four_bytes_and_of_one() {
    let others = r#"{"flag": Bool(true), "letter": Char(120), "time": FileTime(133594528890000000), "day": I32(5), "pointer": I64(119), "last": U8(153)}"#;
    let text = r#"{"flag": Bool(true), "text": String("text"), "last": Bool(true)}"#;
    let nested = r#"{"": Struct({"flag": Bool(true), "number": I32(77), "inner": Struct({"yes": Bool(true), "no": Bool(false), "price": F64(2.5)})})}"#;
    let flags =
        r#"{"flags": Array([Bool(true), Bool(false), Bool(true)]), "flag": Bool(true), "number": I32(77)}"#;
    for (trace, flags) in [(CORE_3, "{}"), (NET_9, flags)] {
        for provider in ["Arguments-Manifest", "Arguments-Described"] {
            let lengths = payloads(trace, provider, "Others");
            assert_eq!(lengths[0].len(), if provider == "Arguments-Manifest" { 27 } else { 24 });
        }
        let expected = [
            ("Arguments-Manifest", "Others", others),
            ("Arguments-Described", "Others", others),
            ("Arguments-Described", "FlagAndText", text),
            ("Arguments-Described", "Nested", nested),
            ("Arguments-Described", "Flags", flags),
        ];
        for (provider, name, values) in expected {
            let all = shown(trace, provider);
            assert!(all.contains(&(name.into(), values.into())), "{name}: {all:?}");
        }
    }
}

#[test]
fn decimals_are_floating_point_numbers() {
    for trace in [CORE_3, NET_9] {
        let all = shown(trace, "Arguments-Described");
        let decimal = ("Decimal".into(), r#"{"value": F64(-1.5), "number": I32(77)}"#.into());
        assert!(all.contains(&decimal), "{all:?}");
    }
}

#[test]
fn what_is_written_anew_has_the_same_values() {
    for trace in [CORE_3, NET_9] {
        for version in [Version::V4, Version::V6] {
            let mut recoder = Recoder::new(EncoderOptions::new(version));
            Reader::new(trace).read(&mut recoder).unwrap();
            recoder.finish().unwrap();
            for provider in ["Arguments-Manifest", "Arguments-Described"] {
                assert_eq!(shown(recoder.output(), provider), shown(trace, provider), "{version:?}");
            }
        }
    }
}

#[test]
fn what_fits_neither_is_as_it_is_declared() {
    let mut stream = Stream::new();
    let definition = Definition::new(1, "P", 1).fields(&[("flag", 3), ("number", 9)]);
    stream.define_blob(&definition.blob());
    stream.events(|block| {
        block.event(1).sequence(1).payload(&[1, 0, 0, 0, 7, 0, 0, 0]);
        block.event(1).payload(&[1, 7, 0, 0, 0]);
        block.event(1).payload(&[1, 0, 0, 0, 7, 0, 0, 0, 0xee]);
        block.event(1).payload(&[1, 0, 0, 0]);
    });
    let mut found = Vec::new();
    let mut decoder = Decoder::new();
    let mut sink = |event: &Event<'_>| {
        let narrow = event.fields().fields()[0].field_type == FieldType::Bool8;
        let number = event.value("number").ok().flatten().and_then(|number| number.as_i64());
        assert_eq!(event.value("flag"), Ok(Some(Value::Bool(true))));
        found.push((narrow, number));
    };
    decoder.push(&stream.end(), &mut sink).unwrap();
    assert_eq!(found, [(false, Some(7)), (true, Some(7)), (false, Some(7)), (false, None)]);
}
