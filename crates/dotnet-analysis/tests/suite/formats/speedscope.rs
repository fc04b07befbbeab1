//! speedscope's own schema accepts our files, and what its schema cannot say holds too.

use dotnet_analysis::formats::{Activity, Selection, write_speedscope};
use dotnet_analysis::profile::{Profile, Samples};
use proptest::{prop_assert, prop_assert_eq, proptest};
use serde_json::{Value, json};

use super::only;
use super::schema::Schema;
use super::spans::{Edge, expected_times, times};
use crate::profiles::{any_profile, small};

thread_local! {
    static SCHEMA: Schema = Schema::load("speedscope.json");
}

#[track_caller]
fn check(bytes: &[u8]) -> Value {
    SCHEMA.with(|schema| schema.check(bytes))
}

fn speedscope(profile: &Profile, selection: &Selection) -> Vec<u8> {
    let mut out = Vec::new();
    write_speedscope(profile, selection, &mut out).unwrap();
    out
}

/// Times are milliseconds, to the microsecond.
fn nanos(time: &Value) -> i64 {
    (time.as_f64().unwrap() * 1e3).round() as i64 * 1000
}

fn edges(file: &Value, profile: &Value) -> Vec<Edge> {
    let edge = |event: &Value| Edge {
        begins: event["type"] == "O",
        name: Some(
            file["shared"]["frames"][event["frame"].as_u64().unwrap() as usize]["name"]
                .as_str()
                .unwrap()
                .to_owned(),
        ),
        at_nanos: nanos(&event["at"]),
    };
    profile["events"].as_array().unwrap().iter().map(edge).collect()
}

/// Makes its beginning and its end whole microseconds.
fn to_microseconds(samples: &mut Samples) {
    let end = (samples.at_nanos + samples.duration_nanos).div_euclid(1000);
    let start = samples.at_nanos.div_euclid(1000);
    samples.at_nanos = start * 1000;
    samples.duration_nanos = (end - start) * 1000;
}

#[test]
fn a_profile_per_thread() {
    let file = check(&speedscope(&small(), &Selection::default()));
    assert_eq!((&file["name"], &file["activeProfileIndex"]), (&json!("shop (77)"), &json!(0)));
    let profiles = file["profiles"].as_array().unwrap();
    let names: Vec<&Value> = profiles.iter().map(|profile| &profile["name"]).collect();
    assert_eq!(names, ["main (77)", "Thread 78"]);
    assert_eq!(file["shared"]["frames"][0]["file"], "Shop");
    // What goes on in the next stack is not ended and begun again.
    let event = |kind: &str, frame: u32, at: u32| json!({"type": kind, "frame": frame, "at": at});
    let expected = [
        event("O", 0, 0),
        event("O", 3, 0),
        event("C", 3, 20),
        event("O", 5, 20),
        event("O", 6, 20),
        event("C", 6, 26),
        event("C", 5, 26),
        event("C", 0, 26),
    ];
    assert_eq!(profiles[1]["events"], json!(expected));
    assert_eq!((&profiles[1]["startValue"], &profiles[1]["endValue"]), (&json!(0), &json!(26)));
}

#[test]
fn gaps_end_what_was_open() {
    let file = check(&speedscope(&small(), &only(Activity::Running)));
    assert_eq!(file["profiles"].as_array().unwrap().len(), 1);
    let all = times(&edges(&file, &file["profiles"][0]));
    // Without the five milliseconds in native code in between.
    assert_eq!(all.values().sum::<i64>(), 21_000_000);
}

#[test]
fn the_schema_refuses_what_is_wrong() {
    let schema = Schema::load("speedscope.json");
    let mut file = check(&speedscope(&small(), &Selection::default()));
    file["profiles"][0]["events"][0]["type"] = json!("B");
    assert!(!schema.accepts(&file));
}

proptest! {
    #[test]
    fn stacks_last_as_long_as_they_were_sampled(mut profile in any_profile()) {
        for thread in &mut profile.threads {
            thread.samples.iter_mut().for_each(to_microseconds);
        }
        let file = check(&speedscope(&profile, &Selection::default()));
        let expected: Vec<_> = profile.threads.iter().map(|thread| expected_times(&profile, thread)).collect();
        let expected: Vec<_> = expected.into_iter().filter(|times| !times.is_empty()).collect();
        let profiles = file["profiles"].as_array().unwrap();
        prop_assert_eq!(profiles.len(), expected.len());
        for (thread, expected) in profiles.iter().zip(expected) {
            let edges = edges(&file, thread);
            prop_assert_eq!(times(&edges), expected);
            prop_assert_eq!(Some(nanos(&thread["startValue"])), edges.first().map(|edge| edge.at_nanos));
            prop_assert_eq!(Some(nanos(&thread["endValue"])), edges.last().map(|edge| edge.at_nanos));
        }
        let active = file.get("activeProfileIndex").map(|index| index.as_u64().unwrap() as usize);
        prop_assert!(active.is_none_or(|index| index < profiles.len()));
    }
}
