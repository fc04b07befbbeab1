//! pprof's own definition reads our files, and they keep the rules that its comments make.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Read as _;
use std::path::Path;
use std::sync::LazyLock;

use dotnet_analysis::formats::{Selection, write_pprof};
use dotnet_analysis::profile::Profile;
use flate2::read::GzDecoder;
use proptest::{prop_assert_eq, proptest};
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, Value};

use super::{Weight, weights};
use crate::profiles::{any_profile, small};

/// Compiled once: that takes longer than the tests.
static DEFINITION: LazyLock<MessageDescriptor> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas");
    let files = protox::compile(["profile.proto"], [folder]).unwrap();
    let pool = DescriptorPool::from_file_descriptor_set(files).unwrap();
    pool.get_message_by_name("perftools.profiles.Profile").unwrap()
});

/// A profile as its definition reads it.
struct Pprof {
    message: DynamicMessage,
    strings: Vec<String>,
}

impl Pprof {
    fn of(profile: &Profile) -> Self {
        let mut file = Vec::new();
        write_pprof(profile, &Selection::default(), &mut file).unwrap();
        let mut bytes = Vec::new();
        GzDecoder::new(file.as_slice()).read_to_end(&mut bytes).unwrap();
        let message = DynamicMessage::decode(DEFINITION.clone(), bytes.as_slice()).unwrap();
        let strings = message.get_field_by_name("string_table").unwrap();
        let text = |text: &Value| text.as_str().unwrap().to_owned();
        let strings = strings.as_list().unwrap().iter().map(text).collect();
        let read = Self { message, strings };
        read.check();
        read
    }

    fn list(&self, field: &str) -> Vec<DynamicMessage> {
        messages(&self.message, field)
    }

    fn text(&self, message: &DynamicMessage, field: &str) -> String {
        self.strings[usize::try_from(signed(message, field)).unwrap()].clone()
    }

    /// What the comments of `profile.proto` ask for.
    fn check(&self) {
        assert_eq!(self.strings[0], "");
        let types = self.list("sample_type");
        let names: Vec<_> =
            types.iter().map(|kind| (self.text(kind, "ty"), self.text(kind, "unit"))).collect();
        let expected = [("samples", "count"), ("wall", "nanoseconds")];
        assert_eq!(names, expected.map(|(kind, unit)| (kind.to_owned(), unit.to_owned())));
        assert_eq!(self.text(&self.message, "default_sample_type"), "wall");
        let ids = |field: &str| {
            let list = self.list(field);
            let ids: HashSet<u64> = list.iter().map(|item| unsigned(item, "id")).collect();
            assert_eq!(ids.len(), list.len(), "ids of {field} are unique");
            assert!(!ids.contains(&0), "no id of {field} is 0");
            ids
        };
        let (mappings, locations, functions) = (ids("mapping"), ids("location"), ids("function"));
        for mapping in self.list("mapping") {
            assert_ne!(self.text(&mapping, "filename"), "");
        }
        for location in self.list("location") {
            let mapping = unsigned(&location, "mapping_id");
            assert!(mapping == 0 || mappings.contains(&mapping));
            let lines = messages(&location, "line");
            assert!(lines.iter().all(|line| functions.contains(&unsigned(line, "function_id"))));
            assert_eq!(lines.len(), 1);
        }
        for function in self.list("function") {
            let _ = (self.text(&function, "name"), self.text(&function, "system_name"));
        }
        for sample in self.list("sample") {
            assert_eq!(numbers(&sample, "value").len(), types.len());
            assert!(numbers(&sample, "location_id").iter().all(|id| locations.contains(id)));
            for label in messages(&sample, "label") {
                assert_ne!(self.text(&label, "key"), "");
                let has = |field: &str| label.has_field_by_name(field);
                assert!(!(has("str") && has("num")), "a label has one value");
            }
        }
        for comment in numbers(&self.message, "comment") {
            assert!((comment as usize) < self.strings.len());
        }
        assert!(self.message.unknown_fields().next().is_none(), "all fields are defined");
    }

    /// Stacks, outermost frame first, with their weights.
    fn weights(&self) -> BTreeMap<Vec<String>, Weight> {
        let by_id = |field: &str| -> HashMap<u64, DynamicMessage> {
            self.list(field).into_iter().map(|item| (unsigned(&item, "id"), item)).collect()
        };
        let (mappings, functions) = (by_id("mapping"), by_id("function"));
        let locations: HashMap<u64, String> = by_id("location")
            .into_iter()
            .map(|(id, location)| {
                let line = &messages(&location, "line")[0];
                let name = self.text(&functions[&unsigned(line, "function_id")], "name");
                let mapping = mappings.get(&unsigned(&location, "mapping_id"));
                let name = match mapping.map(|mapping| self.text(mapping, "filename")) {
                    Some(module) => format!("{module}!{name}"),
                    None => name,
                };
                (id, name)
            })
            .collect();
        let mut weights: BTreeMap<Vec<String>, Weight> = BTreeMap::new();
        for sample in self.list("sample") {
            let leaf_first = numbers(&sample, "location_id");
            let stack = leaf_first.iter().rev().map(|id| locations[id].clone()).collect();
            let weight = weights.entry(stack).or_default();
            let values = numbers(&sample, "value");
            weight.0 += values[0];
            weight.1 += values[1].cast_signed();
        }
        weights
    }
}

fn messages(message: &DynamicMessage, field: &str) -> Vec<DynamicMessage> {
    let value = message.get_field_by_name(field).unwrap();
    value.as_list().unwrap().iter().map(|item| item.as_message().unwrap().clone()).collect()
}

fn numbers(message: &DynamicMessage, field: &str) -> Vec<u64> {
    let value = message.get_field_by_name(field).unwrap();
    let number = |item: &Value| item.as_u64().or(item.as_i64().map(i64::cast_unsigned)).unwrap();
    value.as_list().unwrap().iter().map(number).collect()
}

fn unsigned(message: &DynamicMessage, field: &str) -> u64 {
    message.get_field_by_name(field).unwrap().as_u64().unwrap()
}

fn signed(message: &DynamicMessage, field: &str) -> i64 {
    message.get_field_by_name(field).unwrap().as_i64().unwrap()
}

#[test]
fn times_labels_and_the_program_are_there() {
    let file = Pprof::of(&small());
    assert_eq!(signed(&file.message, "time_nanos"), 1_700_000_000_123_456_789);
    assert_eq!(signed(&file.message, "duration_nanos"), 40_000_000);
    assert_eq!(signed(&file.message, "period"), 1_000_000);
    assert_eq!(file.text(&file.list("mapping")[0], "filename"), "Shop");
    let labels: Vec<String> = file
        .list("sample")
        .iter()
        .map(|sample| {
            let labels = messages(sample, "label");
            let value = |label: &DynamicMessage| match signed(label, "num") {
                0 => file.text(label, "str"),
                number => number.to_string(),
            };
            labels
                .iter()
                .map(|label| format!("{}={}", file.text(label, "key"), value(label)))
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    assert_eq!(labels[0], "thread=main (77) thread_id=77 state=running");
    for state in ["native", "waiting"] {
        assert!(labels.contains(&format!("thread=Thread 78 thread_id=78 state={state}")), "{labels:?}");
    }
}

proptest! {
    #[test]
    fn stacks_weigh_what_the_profile_weighs(profile in any_profile()) {
        prop_assert_eq!(Pprof::of(&profile).weights(), weights(&profile));
    }
}
