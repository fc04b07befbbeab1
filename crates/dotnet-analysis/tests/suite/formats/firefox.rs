//! The Firefox Profiler's tables: as its types say, and without an index that leads nowhere.

use std::collections::BTreeMap;

use dotnet_analysis::formats::{Activity, Selection, write_firefox};
use dotnet_analysis::profile::Profile;
use proptest::{prop_assert_eq, proptest};
use serde_json::{Value, json};

use super::schema::Schema;
use super::{only, weights};
use crate::profiles::{any_profile, small};

thread_local! {
    static SCHEMA: Schema = Schema::load("firefox.json");
}

#[track_caller]
fn check(bytes: &[u8]) -> Value {
    SCHEMA.with(|schema| schema.check(bytes))
}

fn firefox(profile: &Profile, selection: &Selection) -> Value {
    let mut out = Vec::new();
    write_firefox(profile, selection, &mut out).unwrap();
    let file = check(&out);
    check_tables(&file);
    file
}

fn rows(table: &Value) -> usize {
    table["length"].as_u64().unwrap() as usize
}

/// All columns are as long as their table says, and all indexes are in the table they are of.
fn check_tables(file: &Value) {
    let shared = &file["shared"];
    let tables = shared.as_object().unwrap().iter().filter(|(name, _)| *name != "stringArray");
    let of_threads = file["threads"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|thread| [("markers", &thread["markers"]), ("samples", &thread["samples"])]);
    for (name, table) in tables.map(|(name, table)| (name.as_str(), table)).chain(of_threads) {
        for (column, values) in table.as_object().unwrap() {
            if let Some(values) = values.as_array() {
                assert_eq!(values.len(), rows(table), "{name}.{column}");
            }
        }
    }
    let strings = shared["stringArray"].as_array().unwrap().len();
    let (stacks, frames) = (rows(&shared["stackTable"]), rows(&shared["frameTable"]));
    let (functions, resources) = (rows(&shared["funcTable"]), rows(&shared["resourceTable"]));
    let categories = file["meta"]["categories"].as_array().unwrap().len();
    let within = |column: &Value, length: usize| {
        for index in column.as_array().unwrap() {
            assert!(index.as_i64().is_none_or(|index| index < length as i64), "{index} of {length}");
        }
    };
    within(&shared["stackTable"]["frame"], frames);
    within(&shared["stackTable"]["prefix"], stacks);
    within(&shared["frameTable"]["func"], functions);
    within(&shared["frameTable"]["category"], categories);
    within(&shared["funcTable"]["name"], strings);
    within(&shared["funcTable"]["resource"], resources);
    within(&shared["resourceTable"]["name"], strings);
    for (index, prefix) in shared["stackTable"]["prefix"].as_array().unwrap().iter().enumerate() {
        assert!(prefix.as_u64().is_none_or(|prefix| prefix < index as u64), "callers come first");
    }
    for thread in file["threads"].as_array().unwrap() {
        within(&thread["samples"]["stack"], stacks);
        let times: Vec<f64> =
            thread["samples"]["time"].as_array().unwrap().iter().map(|time| time.as_f64().unwrap()).collect();
        assert!(times.is_sorted(), "{times:?}");
    }
}

/// The frames of a stack, outermost first, as `Module!Name`.
fn path(file: &Value, stack: &Value) -> Vec<String> {
    let shared = &file["shared"];
    let at = |table: &str, column: &str, index: &Value| {
        shared[table][column][index.as_u64().unwrap() as usize].clone()
    };
    let text =
        |index: &Value| shared["stringArray"][index.as_u64().unwrap() as usize].as_str().unwrap().to_owned();
    let mut path = Vec::new();
    let mut next = stack.clone();
    while !next.is_null() {
        let function = at("frameTable", "func", &at("stackTable", "frame", &next));
        let name = text(&at("funcTable", "name", &function));
        let resource = at("funcTable", "resource", &function);
        path.push(match resource.as_i64() {
            Some(-1) => name,
            _ => format!("{}!{name}", text(&at("resourceTable", "name", &resource))),
        });
        next = at("stackTable", "prefix", &next);
    }
    path.reverse();
    path
}

#[test]
fn threads_categories_and_times() {
    let file = firefox(&small(), &Selection::default());
    let [main, other] = file["threads"].as_array().unwrap().as_slice() else { panic!("two threads") };
    assert_eq!(
        (&main["name"], &main["isMainThread"], &main["pid"]),
        (&json!("main"), &json!(true), &json!("77"))
    );
    assert_eq!((&other["name"], &other["tid"]), (&json!("Thread 78"), &json!(78)));
    // Twenty samples, the first and the last of them; six; one without a time.
    assert_eq!(other["samples"]["time"], json!([0, 19, 20, 25, 26]));
    assert_eq!(other["samples"]["weight"], json!([19, 1, 5, 1, 1]));
    assert_eq!(file["meta"]["interval"], json!(1));
    assert_eq!(file["meta"]["initialSelectedThreads"], json!([0]));
    assert_eq!(file["meta"]["startTime"], json!(1_700_000_000_123.456_8));
    assert_eq!(file["shared"]["frameTable"]["category"], json!([1, 1, 1, 2, 0, 1, 3, 2, 0]));

    let file = firefox(&small(), &only(Activity::Waiting));
    assert_eq!(file["threads"][0]["samples"]["weight"], json!([]));
    assert_eq!(file["threads"][1]["samples"]["weight"], json!([5, 1]));
}

proptest! {
    #[test]
    fn stacks_weigh_what_the_profile_weighs(profile in any_profile()) {
        let file = firefox(&profile, &Selection::default());
        let mut found: BTreeMap<Vec<String>, u64> = BTreeMap::new();
        for thread in file["threads"].as_array().unwrap() {
            let samples = &thread["samples"];
            let weights = samples["weight"].as_array().unwrap();
            for (stack, weight) in samples["stack"].as_array().unwrap().iter().zip(weights) {
                *found.entry(path(&file, stack)).or_default() += weight.as_u64().unwrap();
            }
        }
        let expected = weights(&profile);
        let expected: BTreeMap<_, _> =
            expected.into_iter().map(|(stack, (samples, _))| (stack, samples)).collect();
        prop_assert_eq!(found, expected);
    }
}
