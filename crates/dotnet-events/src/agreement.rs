//! Structures and layouts come from the same tables: here they are seen to say the same of every event of real traces.

use std::collections::{BTreeMap, BTreeSet};

use nettrace::{Decoder, Event, Sink, Struct, Utf16, Uuid, Value};

use crate::runtime::record::{Pointer, Record, Rows, Structure, Text8};
use crate::{Layouts, event_sources, runtime};

#[path = "../../nettrace/tests/suite/corpus.rs"]
mod corpus;

/// Values with their names, in the order of the payload; elements of arrays without.
pub(crate) type Flat = Vec<(&'static str, String)>;

/// What a structure is made of.
pub(crate) trait Leaf {
    fn flatten(&self, name: &'static str, flat: &mut Flat);
}

macro_rules! shown {
    ($($type:ty)*) => {$(
        impl Leaf for $type {
            fn flatten(&self, name: &'static str, flat: &mut Flat) {
                flat.push((name, self.to_string()));
            }
        }
    )*};
}

shown! { bool u8 u16 u32 u64 i32 i64 Uuid Utf16<'_> Text8<'_> }

impl Leaf for f32 {
    fn flatten(&self, name: &'static str, flat: &mut Flat) {
        f64::from(*self).flatten(name, flat);
    }
}

impl Leaf for f64 {
    fn flatten(&self, name: &'static str, flat: &mut Flat) {
        flat.push((name, format!("{:x}", self.to_bits())));
    }
}

impl Leaf for Pointer {
    fn flatten(&self, name: &'static str, flat: &mut Flat) {
        self.0.flatten(name, flat);
    }
}

/// Padding.
impl Leaf for () {
    fn flatten(&self, _: &'static str, _: &mut Flat) {}
}

impl<T: Leaf> Leaf for Option<T> {
    fn flatten(&self, name: &'static str, flat: &mut Flat) {
        if let Some(value) = self {
            value.flatten(name, flat);
        }
    }
}

impl<'a, T: Leaf + Record<'a>> Leaf for Rows<'a, T> {
    fn flatten(&self, name: &'static str, flat: &mut Flat) {
        flat.push((name, format!("{} elements", self.len())));
        assert_eq!(self.iter().count(), self.len(), "{name}");
        self.iter().for_each(|element| element.flatten("", flat));
    }
}

/// The same of values by their layout.
fn flatten(values: Struct<'_>, flat: &mut Vec<(String, String)>) {
    for (field, value) in values.values() {
        if field.name != "Padding" {
            flatten_value(&field.name, value.unwrap(), flat);
        }
    }
}

fn flatten_value(name: &str, value: Value<'_>, flat: &mut Vec<(String, String)>) {
    let shown = match value {
        Value::Struct(inner) => return flatten(inner, flat),
        Value::Array(array) => {
            flat.push((name.to_owned(), format!("{} elements", array.len())));
            return array.values().for_each(|element| flatten_value("", element.unwrap(), flat));
        }
        Value::Bool(value) => value.to_string(),
        Value::F64(value) => format!("{:x}", value.to_bits()),
        Value::Guid(value) => value.to_string(),
        value => {
            value.to_text().or_else(|| value.as_i64().map(|number| number.to_string())).unwrap_or_else(|| {
                value.as_u64().map_or_else(|| panic!("{name}: {value:?}"), |number| number.to_string())
            })
        }
    };
    flat.push((name.to_owned(), shown));
}

/// So many events of a kind are compared in each stream; some have half a million of one.
const PER_KIND: u32 = 100;

/// Compares the events of a stream that have structures.
#[derive(Default)]
struct Comparison {
    layouts: Layouts,
    compared: BTreeMap<(String, u32), u32>,
}

impl Sink for Comparison {
    fn event(&mut self, event: &Event<'_>) {
        let metadata = event.metadata;
        let id = (metadata.provider.clone(), metadata.event_id);
        if self.compared.get(&id).is_some_and(|count| *count >= PER_KIND) {
            return;
        }
        let mut typed = Flat::new();
        let mut flatten_typed = |structure: &dyn Structure| structure.flatten(&mut typed);
        let found = runtime::visit(event, &mut flatten_typed)
            .or_else(|| event_sources::visit(event, &mut flatten_typed));
        let mut layout = Vec::new();
        match found {
            None => return,
            Some(Err(error)) => panic!("{id:?} version {}: {error}; {:?}", event.version(), event.fields()),
            Some(Ok(())) => flatten(self.layouts.fields(event), &mut layout),
        }
        let same = |(typed, layout): (&(&str, String), &(String, String))| {
            let is_former = FORMER_NAMES.contains(&[typed.0, layout.0.as_str()]);
            (is_former || typed.0 == layout.0) && typed.1 == layout.1
        };
        let agree = typed.len() == layout.len() && typed.iter().zip(&layout).all(same);
        assert!(agree, "{id:?} version {}\n{typed:?}\n{layout:?}", event.version());
        *self.compared.entry(id).or_default() += 1;
    }
}

/// Names that definitions of earlier versions have for a field.
const FORMER_NAMES: &[[&str; 2]] =
    &[["ContinueWithTaskId", "ContinuwWithTaskId"], ["EventName", "ActivityName"]];

#[test]
fn events_of_real_traces_are_the_same_either_way() {
    let mut kinds = BTreeSet::new();
    for file in corpus::VERSION_4.iter().chain(corpus::NETPERF) {
        let Some(bytes) = corpus::trace(file) else { return };
        let mut comparison = Comparison::default();
        // Some break off.
        let _ = Decoder::new().push(&bytes, &mut comparison);
        kinds.extend(comparison.compared.into_keys());
    }
    assert_eq!(kinds.len(), 123, "{kinds:?}");
}

#[test]
fn an_event_of_each_kind_is_the_same_either_way() {
    const FIXTURES: [(&[u8], u32); 3] = [
        (include_bytes!("../tests/fixtures/kinds-3.1.23.nettrace"), 57),
        (include_bytes!("../tests/fixtures/kinds-9.0.5.nettrace"), 103),
        (include_bytes!("../tests/fixtures/kinds-10.0.9.nettrace"), 102),
    ];
    for (bytes, kinds) in FIXTURES {
        let mut comparison = Comparison::default();
        Decoder::new().push(bytes, &mut comparison).unwrap();
        assert_eq!(comparison.compared.values().sum::<u32>(), kinds);
    }
}
