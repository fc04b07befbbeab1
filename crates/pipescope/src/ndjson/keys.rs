//! Keys of JSON objects: every one of them once.

use std::collections::HashMap;

use nettrace::{FieldType, Fields};

use super::text::push;

/// Makes names unique that are to be the keys of one object. The first of a name keeps it, the second becomes `name_2`.
#[derive(Debug, Default)]
pub(super) struct UniqueNames {
    /// Names given out, with the number that the latest one of that name has.
    next: HashMap<String, u32>,
}

impl UniqueNames {
    /// The name, or the next one after it that is free, as JSON with its colon.
    pub(super) fn key(&mut self, name: &str) -> Vec<u8> {
        let mut text = name.to_owned();
        if let Some(mut number) = self.next.get(name).copied() {
            while self.next.contains_key(&text) {
                number += 1;
                text = format!("{name}_{number}");
            }
            self.next.insert(name.to_owned(), number);
        }
        self.next.insert(text.clone(), 1);
        let mut key = Vec::with_capacity(text.len() + 3);
        push(&mut key, text.as_str());
        key.push(b':');
        key
    }
}

/// The keys for a list of fields, in the same order.
#[derive(Debug, Default)]
pub(super) struct Keys(Vec<Key>);

/// What stands for one field.
#[derive(Debug)]
pub(super) struct Key {
    /// The key as JSON with its colon. Empty for a structure without a name: its fields stand in its place.
    pub(super) text: Vec<u8>,
    /// The keys inside, of a structure or an array of them.
    pub(super) inner: Keys,
}

impl Keys {
    /// The keys of the outermost object.
    pub(super) fn new(fields: &Fields) -> Self {
        Self::within(fields, &mut UniqueNames::default())
    }

    /// The key at a position.
    pub(super) fn get(&self, position: usize) -> Option<&Key> {
        self.0.get(position)
    }

    /// Bytes of text of all of them.
    pub(super) fn bytes(&self) -> usize {
        self.0.iter().map(|key| size_of::<Key>() + key.text.len() + key.inner.bytes()).sum()
    }

    fn within(fields: &Fields, names: &mut UniqueNames) -> Self {
        let key = |field: &nettrace::Field| match &field.field_type {
            FieldType::Struct(inner) if field.name.is_empty() => {
                Key { text: Vec::new(), inner: Self::within(inner, names) }
            }
            field_type => Key { text: names.key(&field.name), inner: Self::inside(field_type) },
        };
        Self(fields.iter().map(key).collect())
    }

    /// The keys of the structures that a value consists of.
    fn inside(field_type: &FieldType) -> Self {
        match field_type {
            FieldType::Struct(fields) => Self::new(fields),
            FieldType::Array(element)
            | FieldType::FixedArray(element, _)
            | FieldType::RelativeLocation(element)
            | FieldType::DataLocation(element)
            | FieldType::Counted(element) => Self::inside(element),
            _ => Self::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(names: &[&str], expected: &[&str]) {
        let mut unique = UniqueNames::default();
        let keys: Vec<_> = names.iter().map(|name| String::from_utf8(unique.key(name)).unwrap()).collect();
        assert_eq!(keys, expected);
    }

    #[test]
    fn names_that_come_again_have_a_number() {
        check(&["a", "b", "a", "a"], &["\"a\":", "\"b\":", "\"a_2\":", "\"a_3\":"]);
        check(&["a_2", "a", "a", "a_2"], &["\"a_2\":", "\"a\":", "\"a_3\":", "\"a_2_2\":"]);
        check(&["", "", "\""], &["\"\":", "\"_2\":", "\"\\\"\":"]);
    }

    #[test]
    fn many_names_alike_cost_little() {
        let mut unique = UniqueNames::default();
        let keys: std::collections::HashSet<_> = (0..20_000).map(|_| unique.key("x")).collect();
        assert_eq!(keys.len(), 20_000);
    }
}
