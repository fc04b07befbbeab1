//! Values of self-described payloads.

use nettrace::{Event, FieldError, Utf16, Uuid, Value};

use crate::corpus::{self, decode};
use crate::stream::{Bytes, Definition, Stream, V2Field};

/// Calls `check` with one event of that definition and payload.
fn with_event(describe: impl FnOnce(Definition) -> Definition, payload: &[u8], check: impl Fn(&Event<'_>)) {
    let mut stream = Stream::new();
    stream.define(1, "P", 1, describe);
    stream.events(|block| block.event(1).sequence(1).payload(payload));
    let mut events = 0;
    let mut sink = |event: &Event<'_>| {
        events += 1;
        check(event);
    };
    decode(&stream.end(), usize::MAX, &mut sink).1.unwrap();
    assert_eq!(events, 1);
}

fn text(value: Value<'_>) -> String {
    value.as_text().unwrap().to_string()
}

#[test]
fn arrays_of_a_real_trace() {
    let Some(bytes) = corpus::trace("eventpipe-dotnetcore5.0-win-x64-arraytypes.nettrace") else { return };
    let mut checked = 0;
    let (_, result) = decode(&bytes, usize::MAX, &mut |event: &Event<'_>| {
        if event.metadata.provider != "TestEventSource0" {
            return;
        }
        checked += 1;
        let value = |name: &str| event.value(name).unwrap().unwrap();
        let numbers = |name: &str| -> Vec<i64> {
            value(name).as_array().unwrap().values().map(|value| value.unwrap().as_i64().unwrap()).collect()
        };
        match event.metadata.event_name.as_str() {
            "TestEvent1" => {
                assert_eq!(event.metadata.level, 2);
                let expected =
                    [2_032_854_139, 1_608_221_689, 1_470_019_200, 199_494_339, 1_238_846_140, 1_366_609_043];
                assert_eq!(numbers("arg0"), expected);
                assert_eq!(numbers("arg1"), [26494, 17115, -7229, 18850, 27931]);
                assert_eq!(value("arg2"), Value::I64(2_033_417_279));
            }
            "TestEvent2" => {
                assert_eq!(
                    (event.metadata.level, event.metadata.keywords),
                    (4, 0xf000_0000_0000 + 1_231_036_291)
                );
                assert_eq!(value("arg1"), Value::I32(-1_397_908_228));
                assert_eq!(numbers("arg2"), [1_470_938_110, 172_564_262, 1_133_558_854, -1_572_049_829]);
                assert_eq!(numbers("arg3"), [2_055_126_903, 593_325_874, 2_130_052_527, 162_795_177]);
            }
            "TestEvent3" => {
                assert_eq!(event.metadata.opcode, Some(24));
                let text = value("arg0").as_text().unwrap();
                assert_eq!(text.units().collect::<Vec<_>>(), [59299, 13231, 38541, 7407, 35812]);
            }
            other => panic!("{other}"),
        }
    });
    result.unwrap();
    assert_eq!(checked, 3);
}

#[test]
fn every_type() {
    let all: Vec<(String, i32)> = (3..=18).map(|code| (format!("f{code}"), code)).collect();
    let all: Vec<(&str, i32)> = all.iter().map(|(name, code)| (name.as_str(), *code)).collect();
    let mut payload = Bytes::default();
    // Only the first byte of a boolean counts.
    payload.raw(&[2, 0, 0, 0]).u16(0x41).u8(0xfe).u8(0xfe).u16(0xfffd).u16(0xfffd);
    payload.i32(-4).u32(u32::MAX).i64(i64::MIN).u64(u64::MAX).f32(1.5).f64(f64::NEG_INFINITY);
    payload.f64(-2.5).i64(77).raw(&[4, 3, 2, 1, 6, 5, 8, 7, 9, 10, 11, 12, 13, 14, 15, 16]);
    payload.text("Ünï \u{1F600}").raw(b"more than is declared");
    with_event(
        |definition| definition.fields(&all),
        &payload.0,
        |event| {
            let guid = Uuid::from_u128(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10);
            let expected = [
                Value::Bool(true),
                Value::Char(0x41),
                Value::I8(-2),
                Value::U8(254),
                Value::I16(-3),
                Value::U16(65533),
                Value::I32(-4),
                Value::U32(u32::MAX),
                Value::I64(i64::MIN),
                Value::U64(u64::MAX),
                Value::F32(1.5),
                Value::F64(f64::NEG_INFINITY),
                Value::F64(-2.5),
                Value::FileTime(77),
                Value::Guid(guid),
            ];
            let values: Vec<_> = event.values().map(|(_, value)| value.unwrap()).collect();
            assert_eq!(values[..15], expected);
            assert_eq!(text(values[15]), "Ünï \u{1F600}");
            // In any order, by name.
            for (name, _) in all.iter().rev() {
                let position = event.metadata.fields.position(name).unwrap();
                assert_eq!(event.value(name), Ok(Some(values[position])));
            }
            assert_eq!(event.value("absent"), Ok(None));
        },
    );
}

#[test]
fn conversions() {
    assert_eq!(Value::U64(u64::MAX).as_i64(), None);
    assert_eq!(Value::U64(u64::MAX).as_u64(), Some(u64::MAX));
    assert_eq!(Value::I8(-1).as_u64(), None);
    assert_eq!(Value::I8(-1).as_i64(), Some(-1));
    assert_eq!(Value::Bool(true).as_i64(), Some(1));
    assert_eq!(Value::I32(-7).as_f64(), Some(-7.0));
    assert_eq!(Value::F32(0.5).as_f64(), Some(0.5));
    assert_eq!(Value::F64(0.5).as_i64(), None);
    assert_eq!(Value::Bool(true).as_f64(), None);
    assert!(Value::I32(1).as_text().is_none() && Value::I32(1).as_struct().is_none());
}

#[test]
fn nested_structures_and_arrays() {
    let point = [V2Field::new("x", 9), V2Field::new("label", 18)];
    let mut payload = Bytes::default();
    payload.u16(2).i32(1).text("one").i32(2).text("two");
    payload.i32(3).text("three").u16(3).text("a").text("").text("c").u8(200);
    let fields = [
        V2Field::array_of("points", &point),
        V2Field::structure("point", &point),
        V2Field::array("texts", 18),
        V2Field::new("last", 6),
    ];
    with_event(
        |definition| definition.parameters(&fields),
        &payload.0,
        |event| {
            let points = event.value("points").unwrap().unwrap().as_array().unwrap();
            let labels: Vec<_> = points
                .values()
                .map(|point| text(point.unwrap().as_struct().unwrap().value("label").unwrap().unwrap()))
                .collect();
            assert_eq!((points.len(), labels), (2, vec!["one".to_owned(), "two".into()]));
            assert_eq!(text(event.value_at(&["point", "label"]).unwrap().unwrap()), "three");
            assert_eq!(event.value_at(&["point", "x"]), Ok(Some(Value::I32(3))));
            assert_eq!(event.value_at(&["point", "y"]), Ok(None));
            assert_eq!(event.value_at(&["last", "x"]), Ok(None));
            assert_eq!(event.value_at(&[]), Ok(None));
            let texts = event.value("texts").unwrap().unwrap().as_array().unwrap();
            let texts: Vec<_> = texts.values().map(|value| text(value.unwrap())).collect();
            assert_eq!(texts, ["a", "", "c"]);
            assert_eq!(event.value("last"), Ok(Some(Value::U8(200))));
            let shown = format!("{:?}", event.fields());
            assert!(shown.contains(r#""label": String("three")"#), "{shown}");
        },
    );
}

#[test]
fn unnamed_structures_are_looked_through() {
    let mut payload = Bytes::default();
    payload.f64(2.5).text("name");
    with_event(
        |definition| definition.counter_fields(&[("Mean", 14), ("Name", 18)]),
        &payload.0,
        |event| {
            assert_eq!(event.value_at(&["Payload", "Mean"]), Ok(Some(Value::F64(2.5))));
            assert_eq!(event.value_at(&["", "Payload", "Mean"]), Ok(Some(Value::F64(2.5))));
            assert_eq!(text(event.value_at(&["Payload", "Name"]).unwrap().unwrap()), "name");
            assert_eq!(event.value("Mean"), Ok(None), "only structures without a name are looked through");
            assert_eq!(event.value("Nothing"), Ok(None));
        },
    );
}

#[test]
fn an_error_is_that_of_one_value() {
    let fields = [("a", 9), ("text", 18), ("b", 9), ("c", 11)];
    let mut payload = Bytes::default();
    payload.i32(1).text("t").i32(2).raw(&[0; 7]);
    with_event(
        |definition| definition.fields(&fields),
        &payload.0,
        |event| {
            assert_eq!(event.value("a"), Ok(Some(Value::I32(1))));
            assert_eq!(event.value("b"), Ok(Some(Value::I32(2))));
            assert_eq!(event.value("c"), Err(FieldError::Truncated));
        },
    );
    with_event(
        |definition| definition.fields(&fields),
        &[1, 0, 0, 0],
        |event| {
            let values: Vec<_> = event.values().map(|(_, value)| value).collect();
            assert_eq!(
                values,
                [
                    Ok(Value::I32(1)),
                    Err(FieldError::Truncated),
                    Err(FieldError::Unreachable),
                    Err(FieldError::Unreachable)
                ]
            );
        },
    );
}

#[test]
fn text_without_its_end() {
    with_event(
        |definition| definition.fields(&[("a", 18), ("b", 18)]),
        b"x\0y\0z",
        |event| {
            assert_eq!(text(event.value("a").unwrap().unwrap()), "xy");
            assert_eq!(event.value("b"), Err(FieldError::Truncated));
        },
    );
}

#[test]
fn arrays_that_claim_too_much() {
    let fields = [V2Field::array("numbers", 9), V2Field::new("after", 9)];
    with_event(
        |definition| definition.parameters(&fields),
        &[3, 0, 1, 0, 0, 0, 2, 0, 0, 0],
        |event| {
            assert_eq!(event.value("numbers"), Err(FieldError::ArrayTooLong { count: 3 }));
            assert_eq!(event.value("after"), Err(FieldError::Unreachable));
        },
    );
    // Three strings in three bytes.
    with_event(
        |definition| definition.parameters(&[V2Field::array("texts", 18)]),
        &[3, 0, 0, 0, 0],
        |event| {
            assert_eq!(event.value("texts"), Err(FieldError::ArrayTooLong { count: 3 }));
        },
    );
    with_event(
        |definition| definition.parameters(&[V2Field::array("texts", 18)]),
        &[3],
        |event| {
            assert_eq!(event.value("texts"), Err(FieldError::Truncated));
        },
    );
}

#[test]
fn elements_without_size() {
    // A structure without fields takes no bytes, so any number of them fits; nothing may depend on walking them.
    let fields = [V2Field::array_of("nothings", &[]), V2Field::new("after", 9)];
    with_event(
        |definition| definition.parameters(&fields),
        &[0xff, 0xff, 7, 0, 0, 0],
        |event| {
            assert_eq!(event.value("nothings").unwrap().unwrap().as_array().unwrap().values().count(), 65535);
            assert_eq!(event.value("after"), Ok(Some(Value::I32(7))));
        },
    );
}

#[test]
fn utf16() {
    let bytes: Vec<u8> = "héllo;wörld;".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let text = Utf16::from_bytes(&bytes);
    assert_eq!((text.len(), text.is_empty()), (12, false));
    assert!(text == "héllo;wörld;" && text != "héllo" && text == *"héllo;wörld;".to_owned());
    assert_eq!(text.split(';').map(String::from).collect::<Vec<_>>(), ["héllo", "wörld", ""]);
    assert_eq!(text.split_once(';').map(|(_, rest)| rest.to_string()).as_deref(), Some("wörld;"));
    assert!(text.split_once('=').is_none());
    assert_eq!(format!("[{text:>14}] {text:?}"), "[  héllo;wörld;] \"héllo;wörld;\"");
    // A lone surrogate, and an odd byte at the end.
    let odd = Utf16::from_bytes(&[0x00, 0xd8, b'x', 0, 9]);
    assert_eq!((odd.to_string().as_str(), odd.len()), ("\u{fffd}x", 2));
    let parse = |text: &str| {
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        Utf16::from_bytes(&bytes).parse::<f64>()
    };
    assert_eq!(parse("1.5E-3"), Some(0.0015));
    assert_eq!(parse("-Infinity"), Some(f64::NEG_INFINITY));
    assert!(parse("NaN").unwrap().is_nan());
    assert_eq!((parse(""), parse("1,5"), parse("٣")), (None, None, None));
    assert_eq!((parse(&"1".repeat(64)).is_some(), parse(&"1".repeat(65))), (true, None));
}
