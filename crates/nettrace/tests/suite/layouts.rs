//! Payloads that do not describe themselves, read with fields that are known from elsewhere.

use nettrace::{Field, FieldError, FieldType, Fields, Struct, Value};

fn fields(fields: &[(&str, FieldType)]) -> Fields {
    fields.iter().map(|(name, field_type)| Field::new(*name, field_type.clone())).collect()
}

fn counted(element: FieldType) -> FieldType {
    FieldType::Counted(Box::new(element))
}

/// The values of a payload, as they are shown.
fn shown(fields: &Fields, payload: &[u8]) -> String {
    format!("{:?}", Struct::new(fields, payload))
}

#[test]
fn counts() {
    let fields = fields(&[
        ("N", FieldType::Count16),
        ("A", counted(FieldType::U8)),
        ("B", counted(FieldType::String)),
        ("M", FieldType::Count32),
        ("C", counted(FieldType::U16)),
        ("End", FieldType::U8),
    ]);
    let payload = [2, 0, 7, 8, b'x', 0, 0, 0, 0, 0, 1, 0, 0, 0, 9, 1, 5, 99];
    assert_eq!(
        shown(&fields, &payload),
        r#"{"N": U16(2), "A": Array([U8(7), U8(8)]), "B": Array([String("x"), String("")]), "M": U32(1), "C": Array([U16(265)]), "End": U8(5)}"#
    );
    assert_eq!(Struct::new(&fields, &payload).values().rest(), Ok(&[99][..]));
    // Short by one byte: the array does not fit, and what is behind it has no place.
    let short = Struct::new(&fields, &payload[..15]);
    assert_eq!(short.value("C"), Err(FieldError::ArrayTooLong { count: 1 }));
    assert_eq!(short.value("End"), Err(FieldError::Unreachable));
    assert_eq!(short.values().rest(), Err(FieldError::Unreachable));
}

#[test]
fn counts_are_those_of_the_structure() {
    let inner = fields(&[("N", FieldType::Count32), ("V", counted(FieldType::U8))]);
    let outer = fields(&[
        ("Count", FieldType::Count32),
        ("Rows", counted(FieldType::Struct(inner))),
        ("V", counted(FieldType::U8)),
    ]);
    let payload = [2, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 0, 6, 7];
    let rows =
        r#"Array([Struct({"N": U32(1), "V": Array([U8(5)])}), Struct({"N": U32(0), "V": Array([])})])"#;
    let expected = format!(r#"{{"Count": U32(2), "Rows": {rows}, "V": Array([U8(6), U8(7)])}}"#);
    assert_eq!(shown(&outer, &payload), expected);
}

#[test]
fn elements_that_cannot_be() {
    let payload = [255; 8];
    // Nothing counts them.
    let none = fields(&[("V", counted(FieldType::U8)), ("End", FieldType::U8)]);
    assert_eq!(Struct::new(&none, &payload).value("End"), Ok(Some(Value::U8(255))));
    // More than there is room for.
    let many = fields(&[("N", FieldType::Count32), ("V", counted(FieldType::U64))]);
    assert_eq!(Struct::new(&many, &payload).value("V"), Err(FieldError::ArrayTooLong { count: u32::MAX }));
    // They take no room at all.
    let empty = fields(&[("N", FieldType::Count32), ("V", counted(FieldType::Struct(Fields::default())))]);
    let value = Struct::new(&empty, &payload).value("V").unwrap().unwrap();
    assert_eq!(value.as_array().unwrap().len(), 0);
}

#[test]
fn text_of_bytes() {
    let two = fields(&[("A", FieldType::Text8), ("B", FieldType::Text8), ("N", FieldType::U8)]);
    let text = |payload: &[u8], name: &str| {
        Struct::new(&two, payload).value(name).map(|value| value.unwrap().to_text().unwrap())
    };
    assert_eq!(text(b"ab\0\0\x07", "A").unwrap(), "ab");
    assert_eq!(text(b"ab\0\0\x07", "B").unwrap(), "");
    assert_eq!(Struct::new(&two, b"ab\0\0\x07").value("N"), Ok(Some(Value::U8(7))));
    // Not UTF-8, and without a terminator.
    assert_eq!(text(b"a\0b\xff", "B").unwrap(), "b\u{fffd}");
    assert_eq!(text(b"ab\0", "B"), Err(FieldError::Truncated));
}

#[test]
fn booleans() {
    let fields = fields(&[("Wide", FieldType::WideBool), ("First", FieldType::Bool32)]);
    let payload = Struct::new(&fields, &[0, 1, 0, 0, 0, 1, 0, 0]);
    assert_eq!(payload.value("Wide"), Ok(Some(Value::Bool(true))));
    assert_eq!(payload.value("First"), Ok(Some(Value::Bool(false))));
}

#[test]
fn zero_units_at_every_distance() {
    let fields = fields(&[("Text", FieldType::String), ("Next", FieldType::U8)]);
    for length in 0..100u8 {
        // Zero bytes that are not a zero unit do not end the text.
        let mut payload = [0, 1].repeat(length.into());
        payload.extend([0, 0, length]);
        payload.extend([1; 64]);
        let payload = Struct::new(&fields, &payload);
        let text = payload.value("Text").unwrap().unwrap().as_text().unwrap();
        assert_eq!(text.len(), usize::from(length));
        assert_eq!(payload.value("Next"), Ok(Some(Value::U8(length))));
    }
}
