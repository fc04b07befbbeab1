//! Everything that can be asked of values.

use std::hash::{DefaultHasher, Hash};

use nettrace::{FieldError, Struct, Value};

/// Looks at values, nested ones included; at `left` of them at most.
pub(crate) fn walk(fields: Struct<'_>, left: &mut usize, hasher: &mut DefaultHasher) {
    for (field, value) in fields.values() {
        field.name.hash(hasher);
        match value {
            Ok(value) => walk_value(&value, left, hasher),
            Err(error) => error.to_string().hash(hasher),
        }
        if *left == 0 {
            return;
        }
    }
}

fn walk_value(value: &Value<'_>, left: &mut usize, hasher: &mut DefaultHasher) {
    *left = left.saturating_sub(1);
    match value {
        Value::Struct(inner) => walk(*inner, left, hasher),
        Value::Array(array) => {
            (array.len(), array.is_empty(), array.utf8(), value.to_text()).hash(hasher);
            assert_eq!(array.values().len(), array.len());
            for element in array.values() {
                if *left == 0 {
                    return;
                }
                match element {
                    Ok(element) => walk_value(&element, left, hasher),
                    Err(_) => *left = left.saturating_sub(1),
                }
            }
        }
        Value::String(text) => (text.to_string(), text.parse::<f64>().is_some()).hash(hasher),
        other => (other.as_i64(), other.as_u64(), other.as_f64().map(f64::to_bits)).hash(hasher),
    }
}

/// All ways to a value must lead to the same one.
pub(crate) fn check_ways(fields: Struct<'_>, depth: u32) {
    let all: Vec<_> = fields.values().take(50).collect();
    assert_eq!(fields.values().len(), fields.fields().len());
    // From the last to the first, so that nothing can depend on having looked at what comes before.
    for (position, (field, value)) in all.iter().enumerate().rev() {
        let again = fields.get(position).expect("there are so many");
        assert!(same(&again, value), "by position");
        let first = fields.fields().position(&field.name);
        assert!(first.is_some_and(|first| first <= position));
        if first == Some(position) {
            let named = fields.value(&field.name).map(|value| value.expect("it is declared"));
            assert!(same(&named, value), "by name");
        }
        let Ok(Value::Struct(inner)) = value else { continue };
        for (below, inner_value) in inner.values().take(10) {
            if first == Some(position) && !field.name.is_empty() {
                let by_path = fields.value_at(&[&field.name, &below.name]);
                assert!(same_found(&by_path, &inner.value(&below.name)), "by path");
            }
            assert!(inner_value.is_ok() || inner_value.is_err_and(|error| !error.to_string().is_empty()));
        }
        if depth < 4 {
            check_ways(*inner, depth + 1);
        }
    }
    assert_eq!(fields.get(fields.fields().len()), None);
    assert!(all.len() < fields.fields().len() || fields.values().nth(all.len()).is_none());
}

/// As [`check_ways`], and a walk over everything.
pub(crate) fn check_fields(fields: Struct<'_>, most: usize) {
    let mut hasher = DefaultHasher::new();
    walk(fields, &mut { most }, &mut hasher);
    check_ways(fields, 0);
}

type Found<'a> = Result<Value<'a>, FieldError>;

fn same(left: &Found<'_>, right: &Found<'_>) -> bool {
    match (left, right) {
        (Ok(left), Ok(right)) => same_value(left, right),
        (left, right) => left == right,
    }
}

fn same_found(
    left: &Result<Option<Value<'_>>, FieldError>,
    right: &Result<Option<Value<'_>>, FieldError>,
) -> bool {
    match (left, right) {
        (Ok(Some(left)), Ok(Some(right))) => same_value(left, right),
        (left, right) => left == right,
    }
}

/// Equal, also where a number is not equal to itself.
fn same_value(left: &Value<'_>, right: &Value<'_>) -> bool {
    match (left, right) {
        (Value::F32(left), Value::F32(right)) => left.to_bits() == right.to_bits(),
        (Value::F64(left), Value::F64(right)) => left.to_bits() == right.to_bits(),
        (left, right) => left == right,
    }
}
