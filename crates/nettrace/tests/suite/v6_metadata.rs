//! Definitions and field types of version 6.

use nettrace::{Event, FieldError, FieldType, Metadata, Sink, Uuid, Value};

use crate::corpus::decode;
use crate::stream::Bytes;
use crate::stream6::{Event6, Row, Stream6, bytes, structure, text};
use crate::v6::{fault, strict};

const I16: &[u8] = &[7];
const I32: &[u8] = &[9];
const BOOL32: &[u8] = &[3];
const UTF16: &[u8] = &[18];
const VAR_INT: &[u8] = &[20];
const VAR_UINT: &[u8] = &[21];
const BOOL8: &[u8] = &[26];

#[derive(Default)]
struct Definitions(Vec<Metadata>);

impl Sink for Definitions {
    fn event(&mut self, _: &Event<'_>) {}

    fn metadata(&mut self, metadata: &Metadata) {
        self.0.push(metadata.clone());
    }
}

fn definitions(stream: &Stream6) -> Vec<Metadata> {
    let mut found = Definitions::default();
    decode(&stream.end(), 5, &mut found).1.unwrap();
    found.0
}

/// All values of one event with these fields, as text, decoded strictly and by name as well.
fn shown(fields: &[(&str, &[u8])], payload: &[u8]) -> Vec<String> {
    let mut stream = Stream6::new();
    stream.metadata(&[Row::new(1, "Provider", 1, "Event").fields(fields)]).thread(0, 1, 1);
    stream.events(true, &[Event6::on(0, 1, 1).payload(payload)]);
    let stream = stream.end();
    assert_eq!(strict(&stream), (1, None));
    let mut found = Vec::new();
    let _ = decode(&stream, 3, &mut |event: &Event<'_>| {
        for (field, value) in event.values() {
            found.push(match value {
                Ok(Value::Array(array)) if value.unwrap().to_text().is_none() => format!("{array:?}"),
                Ok(value) => value.to_text().unwrap_or_else(|| format!("{value:?}")),
                Err(error) => error.to_string(),
            });
            let by_name = event.value(&field.name).map(Option::unwrap);
            assert_eq!(format!("{by_name:?}"), format!("{value:?}"));
        }
    });
    found
}

#[test]
fn rows() {
    let mut stream = Stream6::new();
    stream.metadata(&[
        Row::new(1, "A", 15, "First").fields(&[]),
        Row::new(2, "B", 70_000, "").fields(&[("a", I16), ("b", BOOL32)]).options(&[]),
        Row::new(70_000, "C", 16, "\u{3a9}").fields(&[("s", UTF16)]),
    ]);
    stream.thread(0, 1, 1).events(true, &[Event6::on(0, 1, 1).metadata(2).payload(&[12, 0, 1, 0, 0, 0])]);
    let found = definitions(&stream);
    let ids: Vec<_> = found.iter().map(|row| (row.id, row.index, row.event_id, row.fields.len())).collect();
    assert_eq!(ids, [(1, 0, 15, 0), (2, 1, 70_000, 2), (70_000, 2, 16, 1)]);
    assert_eq!((found[2].provider.as_str(), found[2].event_name.as_str()), ("C", "\u{3a9}"));
    assert_eq!((found[1].version, found[1].level, found[1].keywords, found[1].opcode), (0, 0, 0, None));
    let _ = decode(&stream.end(), 1, &mut |event: &Event<'_>| {
        let values: Vec<_> = event.values().map(|(_, value)| value.unwrap()).collect();
        assert_eq!(values, [Value::I16(12), Value::Bool(true)]);
    });
}

#[test]
fn what_may_follow_the_fields() {
    let guid = Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff);
    let options = bytes(|out| {
        out.u8(1).u8(20).u8(3).u64(0x00ff_00ff_00ff_00ff).u8(8).u8(4).u8(9).u8(22).u8(4);
        text(out, "message {0}");
        out.u8(5);
        text(out, "description");
        for (key, value) in [("k", "v"), ("k2", "v2")] {
            out.u8(6);
            text(out, key);
            text(out, value);
        }
        out.u8(7).raw(&guid.to_bytes_le());
    });
    let mut stream = Stream6::new();
    stream.metadata(&[Row::new(1, "P", 1, "E").fields(&[]).options(&options)]);
    assert_eq!(strict(&stream.end()).1, None);
    let [row] = definitions(&stream).try_into().unwrap();
    assert_eq!((row.opcode, row.keywords, row.level, row.version), (Some(20), 0x00ff_00ff_00ff_00ff, 4, 22));
    assert_eq!(row.message_template.as_deref(), Some("message {0}"));
    assert_eq!(row.description.as_deref(), Some("description"));
    let pairs = [("k", "v"), ("k2", "v2")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!((row.attributes, row.provider_guid), (pairs.into(), Some(guid)));

    // What is of unknown kind has no size: the rest is left out.
    let mut unknown = Stream6::new();
    unknown.metadata(&[Row::new(1, "P", 1, "E").fields(&[]).options(&[1, 7, 2, 8, 3])]);
    assert_eq!(fault(&unknown), "a definition has a part of unknown kind");
    let (decoder, result) = decode(&unknown.end(), 1, &mut |_: &Event<'_>| {});
    result.unwrap();
    assert_eq!((decoder.statistics().metadata, decoder.statistics().unknown_parts), (1, 1));
    assert_eq!(definitions(&unknown)[0].opcode, Some(7));
}

#[test]
fn space_for_later_versions_is_skipped() {
    let mut stream = Stream6::new();
    stream.metadata_with_head(
        &[0xaa; 17],
        &[
            Row::new(1, "P", 1, "E")
                .fields(&[("a", &[9, 0xbb, 0xbb]), ("b", &[7, 0xcc])])
                .options(&[1, 5])
                .extra(&[0xdd; 9]),
            Row::new(2, "P", 2, "F").fields(&[]),
        ],
    );
    stream.thread(0, 1, 1).events(false, &[Event6::on(0, 1, 1).payload(&[12, 0, 0, 0, 17, 0])]);
    assert_eq!(strict(&stream.end()), (1, None));
    let found = definitions(&stream);
    assert_eq!((found.len(), found[0].opcode, found[0].fields.len()), (2, Some(5), 2));
    let _ = decode(&stream.end(), 1, &mut |event: &Event<'_>| {
        let values: Vec<_> = event.values().map(|(_, value)| value.unwrap()).collect();
        assert_eq!(values, [Value::I32(12), Value::I16(17)]);
    });
}

#[test]
fn arrays_and_text() {
    let ints = [&[3u8, 0][..], &[10, 0, 0, 0, 20, 0, 0, 0, 30, 0, 0, 0]].concat();
    assert_eq!(shown(&[("a", &[19, 9])], &ints), ["[I32(10), I32(20), I32(30)]"]);
    let fixed: &[u8] = &[22, 9, 3, 0];
    assert_eq!(
        shown(&[("a", fixed), ("b", BOOL8)], &[&ints[2..], &[1]].concat()),
        ["[I32(10), I32(20), I32(30)]", "Bool(true)"]
    );
    assert_eq!(shown(&[("a", &[19, 23]), ("b", &[23])], b"\x03\0ABCx"), ["ABC", "Utf8Unit(120)"]);
    assert_eq!(shown(&[("a", &[22, 23, 3, 0])], b"xyz"), ["xyz"]);
    let words = bytes(|out| drop(out.u16(2).text("Hi").text("Bye").0.clone()));
    assert_eq!(shown(&[("a", &[19, 18])], &words), [r#"[String("Hi"), String("Bye")]"#]);
    let chars = bytes(|out| drop(out.u16(2).u16(72).u16(105).0.clone()));
    assert_eq!(shown(&[("a", &[19, 4])], &chars), ["Hi"]);
    let wide = bytes(|out| drop(out.u8(b'a').text("b").0.clone()));
    assert_eq!(shown(&[("a", &[22, 23, 1, 0]), ("b", UTF16)], &wide), ["a", "b"]);
    assert_eq!(
        shown(&[("a", &[22, 9, 2, 0])], &[0; 7]),
        ["an array claims 2 elements, more than the payload holds"]
    );
}

/// Size and offset of an array elsewhere.
fn location(size: u16, offset: u16) -> [u8; 4] {
    (u32::from(size) << 16 | u32::from(offset)).to_le_bytes()
}

#[test]
fn arrays_elsewhere_in_the_payload() {
    let array = "[I16(1), I16(2)]";
    // The relative one counts from the end of its own four bytes.
    let payload = [&location(4, 4)[..], &location(4, 8), &[1, 0, 2, 0]].concat();
    assert_eq!(shown(&[("r", &[24, 7]), ("d", &[25, 7])], &payload), [array, array]);
    // Also inside a structure, behind something else.
    let inner = structure(&[("x", I16), ("r", &[24, 7]), ("d", &[25, 7])]);
    let payload = [&[9, 0, 0, 0][..], &[5, 0], &location(4, 4), &location(4, 14), &[1, 0, 2, 0]].concat();
    let expected = format!("{{\"x\": I16(5), \"r\": Array({array}), \"d\": Array({array})}}");
    let found = shown(&[("before", I32), ("s", &inner)], &payload);
    assert_eq!(found[1], format!("Struct({expected})").as_str());
    let utf8 = [&location(2, 4)[..], b"ok"].concat();
    assert_eq!(shown(&[("d", &[25, 23])], &utf8), ["ok"]);
}

#[test]
fn arrays_elsewhere_that_have_no_place() {
    for kind in [24u8, 25] {
        for (size, offset) in [(4, 100), (3, 4), (4, 5), (u16::MAX, 0)] {
            let payload = [&location(size, offset)[..], &[1, 0, 2, 0], &[7, 0, 0, 0]].concat();
            let payload = &payload[..if offset == 5 { 8 } else { 12 }];
            let mut stream = Stream6::new();
            stream.metadata(&[Row::new(1, "P", 1, "E").fields(&[("a", &[kind, 9]), ("b", I32)])]);
            stream.thread(0, 1, 1).events(true, &[Event6::on(0, 1, 1).payload(payload)]);
            let mut events = 0;
            let (_, result) = decode(&stream.end(), 1, &mut |event: &Event<'_>| {
                events += 1;
                let start = u32::from(offset) + if kind == 24 { 4 } else { 0 };
                assert_eq!(event.value("a"), Err(FieldError::OutOfBounds { offset: start, size }));
                assert_eq!(event.value("b"), Ok(Some(Value::I32(0x0002_0001))));
            });
            result.unwrap();
            assert_eq!(events, 1);
        }
        for element in [&[19, 9][..], UTF16, VAR_INT, &[1, 0, 0]] {
            let field_type = [&[kind], element].concat();
            let mut stream = Stream6::new();
            stream.metadata(&[Row::new(1, "P", 1, "E").fields(&[("a", &field_type)]).options(&[1, 9])]);
            assert_eq!(
                fault(&stream),
                "the elements of an array elsewhere in the payload have no fixed size"
            );
            let found = definitions(&stream);
            assert!(found[0].fields_unreadable && found[0].fields.is_empty());
            assert_eq!(found[0].opcode, Some(9), "what follows is found all the same");
        }
    }
}

#[test]
fn arrays_of_nothing_are_not_walked() {
    // 255 arrays of 65,535 arrays of no texts each, in two bytes per array: sixteen million values in no bytes.
    let nothings: &[u8] = &[19, 22, 18, 0, 0];
    let many = [&[22][..], nothings, &[255, 0]].concat();
    let payload = [&[0xff; 2 * 255][..], &[7, 0, 0, 0]].concat();
    let mut stream = Stream6::new();
    stream.metadata(&[Row::new(1, "P", 1, "E").fields(&[("many", &many), ("after", I32)])]);
    stream.thread(0, 1, 1).events(true, &[Event6::on(0, 1, 1).payload(&payload)]);
    assert_eq!(strict(&stream.end()), (1, None));
    let _ = decode(&stream.end(), 1, &mut |event: &Event<'_>| {
        assert_eq!(event.value("after"), Ok(Some(Value::I32(7))));
        let many = event.value("many").unwrap().unwrap().as_array().unwrap();
        let FieldType::Array(nothing) = many.element_type() else { panic!("{:?}", many.element_type()) };
        assert_eq!((nothing.fixed_size(), many.values().count()), (Some(0), 255));
    });
}

#[test]
fn structures_and_booleans() {
    let inner = structure(&[("x", I32), ("flag", BOOL8)]);
    let payload = [1, 12, 0, 0, 0, 0, 2, 0, 0, 1];
    let found = shown(&[("flag", BOOL8), ("s", &inner), ("flags", &[19, 26])], &payload);
    let expected =
        ["Bool(true)", r#"Struct({"x": I32(12), "flag": Bool(false)})"#, "[Bool(false), Bool(true)]"];
    assert_eq!(found, expected);
}

#[test]
fn numbers_of_variable_length() {
    let zigzag = |value: i64| ((value << 1) ^ (value >> 63)).cast_unsigned();
    let payload = bytes(|out| {
        out.var(zigzag(i64::MIN))
            .var(zigzag(i64::MAX))
            .var(u64::MAX)
            .text("mid")
            .var(17_982)
            .var(zigzag(-17_982));
    });
    let fields =
        [("a", VAR_INT), ("b", VAR_INT), ("c", VAR_UINT), ("t", UTF16), ("d", VAR_UINT), ("e", VAR_INT)];
    let expected = [
        "I64(-9223372036854775808)",
        "I64(9223372036854775807)",
        "U64(18446744073709551615)",
        "mid",
        "U64(17982)",
        "I64(-17982)",
    ];
    assert_eq!(shown(&fields, &payload), expected);
    // Nested, and in arrays.
    let inner = structure(&[("n", VAR_UINT), ("t", UTF16)]);
    let payload = bytes(|out| {
        out.var(300).text("x").u16(2).var(1).var(1 << 40).var(zigzag(-1)).var(zigzag(2)).u8(1);
    });
    let fields: [(&str, &[u8]); 4] = [("s", &inner), ("a", &[19, 21]), ("f", &[22, 20, 2, 0]), ("z", BOOL8)];
    let expected = [
        r#"Struct({"n": U64(300), "t": String("x")})"#,
        "[U64(1), U64(1099511627776)]",
        "[I64(-1), I64(2)]",
        "Bool(true)",
    ];
    assert_eq!(shown(&fields, &payload), expected);
    let too_long = [0xff; 100];
    let found = shown(&[("a", VAR_UINT), ("b", BOOL8)], &too_long);
    assert_eq!(
        found,
        ["a number of variable length is too long", "an earlier value of the payload cannot be read"]
    );
}

#[test]
fn payloads_that_are_too_short() {
    let truncated = "the payload ends before the value does";
    assert_eq!(shown(&[("a", &[19, 23])], &[5]), [truncated]);
    assert_eq!(shown(&[("a", &[19, 9])], &[5]), [truncated]);
    assert_eq!(shown(&[("a", &[24, 9])], &[0; 3]), [truncated]);
    assert_eq!(shown(&[("a", VAR_INT)], &[0x80]), [truncated]);
    let three = "an array claims 3 elements, more than the payload holds";
    assert_eq!(shown(&[("a", &[19, 18])], &[3, 0, 65]), [three]);
}

#[test]
fn fields_that_cannot_be_read() {
    let deep: Vec<u8> = [&[19u8; 20][..], &[9]].concat();
    let cases: [(&[u8], &str); 4] = [
        (&[2], "a field's type is unknown"),
        (&[27], "a field's type is unknown"),
        (&[22, 1, 0, 0, 9, 0], "the elements of an array of fixed length have no bytes"),
        (&deep, "fields are nested too deeply"),
    ];
    for (field_type, reason) in cases {
        let mut stream = Stream6::new();
        stream.metadata(&[Row::new(1, "P", 1, "E").fields(&[("good", I32), ("bad", field_type)])]);
        assert_eq!(fault(&stream), reason);
        let (decoder, result) = decode(&stream.end(), 1, &mut |_: &Event<'_>| {});
        result.unwrap();
        assert_eq!(decoder.statistics().unreadable_fields, 1);
    }
    let mut zero = Stream6::new();
    zero.metadata(&[Row::new(0, "P", 1, "E").fields(&[])]);
    assert_eq!(fault(&zero), "a metadata id is not positive");
    let mut cut = Bytes::default();
    cut.u16(0).u16(50).u8(1);
    let mut short = Stream6::new();
    short.block(3, &cut.0);
    assert_eq!(fault(&short), "an item runs past the end of its block");
}
