//! speedscope's own schema accepts our files, and what its schema cannot say holds too.

use std::collections::BTreeMap;

use dotnet_analysis::formats::{Activity, Selection, write_speedscope};
use dotnet_analysis::profile::{FrameId, Node, NodeId, Profile, Samples};
use proptest::prelude::{Just, ProptestConfig};
use proptest::{prop_assert, prop_assert_eq, prop_oneof, proptest};
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

/// Times are microseconds.
fn nanos(time: &Value) -> i64 {
    time.as_i64().unwrap() * 1000
}

fn frame_name(file: &Value, frame: &Value) -> String {
    file["shared"]["frames"][frame.as_u64().unwrap() as usize]["name"].as_str().unwrap().to_owned()
}

/// What is in a profile of either kind.
#[track_caller]
fn times_of(file: &Value, profile: &Value) -> BTreeMap<Vec<String>, i64> {
    if profile["type"] == "evented" { evented(file, profile) } else { sampled(file, profile) }
}

#[track_caller]
fn evented(file: &Value, profile: &Value) -> BTreeMap<Vec<String>, i64> {
    let edge = |event: &Value| Edge {
        begins: event["type"] == "O",
        name: Some(frame_name(file, &event["frame"])),
        at_nanos: nanos(&event["at"]),
    };
    let edges: Vec<Edge> = profile["events"].as_array().unwrap().iter().map(edge).collect();
    assert_eq!(nanos(&profile["startValue"]), edges[0].at_nanos);
    assert_eq!(nanos(&profile["endValue"]), edges[edges.len() - 1].at_nanos);
    times(&edges)
}

#[track_caller]
fn sampled(file: &Value, profile: &Value) -> BTreeMap<Vec<String>, i64> {
    let (samples, weights) = (profile["samples"].as_array().unwrap(), profile["weights"].as_array().unwrap());
    assert_eq!(samples.len(), weights.len());
    let mut times: BTreeMap<Vec<String>, i64> = BTreeMap::new();
    for (sample, weight) in samples.iter().zip(weights) {
        let stack: Vec<String> =
            sample.as_array().unwrap().iter().map(|frame| frame_name(file, frame)).collect();
        assert!(nanos(weight) > 0, "what has no time is left out by speedscope too");
        *times.entry(stack).or_default() += nanos(weight);
    }
    let all = nanos(&profile["endValue"]) - nanos(&profile["startValue"]);
    assert_eq!(times.values().sum::<i64>(), all);
    // Time without a sample.
    times.remove(&Vec::new());
    times
}

/// Puts all stacks below so many frames.
fn deepen(profile: &mut Profile, frames: u32) {
    for node in &mut profile.nodes {
        node.caller = Some(node.caller.map_or(NodeId(frames - 1), |caller| NodeId(caller.0 + frames)));
    }
    let callers =
        (0..frames).map(|index| Node { caller: index.checked_sub(1).map(NodeId), frame: FrameId(0) });
    profile.nodes.splice(0..0, callers);
    for samples in profile.threads.iter_mut().flat_map(|thread| &mut thread.samples) {
        samples.stack = samples.stack.map(|stack| NodeId(stack.0 + frames));
    }
}

/// Makes threads do all they did so many times.
fn repeat(profile: &mut Profile, times: i64) {
    for thread in &mut profile.threads {
        let once = thread.samples.clone();
        let ([first, ..], [.., last]) = (once.as_slice(), once.as_slice()) else { continue };
        let took = last.at_nanos + last.duration_nanos - first.at_nanos;
        thread.samples = (0..times)
            .flat_map(|time| {
                once.iter()
                    .map(move |samples| Samples { at_nanos: samples.at_nanos + time * took, ..*samples })
            })
            .collect();
    }
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
    let types: Vec<&Value> = profiles.iter().map(|profile| &profile["type"]).collect();
    assert_eq!(types, ["sampled", "sampled"]);
    assert_eq!(profiles[1]["samples"], json!([[0, 3], [0, 5, 6]]));
    assert_eq!(profiles[1]["weights"], json!([20_000, 6_000]));
    assert_eq!((&profiles[1]["startValue"], &profiles[1]["endValue"]), (&json!(0), &json!(26_000)));
}

#[test]
fn deep_stacks_are_not_repeated() {
    let mut profile = small();
    deepen(&mut profile, 100);
    repeat(&mut profile, 100);
    let file = check(&speedscope(&profile, &Selection::default()));
    let busy = &file["profiles"][1];
    assert_eq!(busy["type"], "evented");
    // What goes on in the next stack is not ended and begun again.
    let event = |kind: &str, frame: u32, at: u32| json!({"type": kind, "frame": frame, "at": at});
    let expected = [
        event("O", 3, 0),
        event("C", 3, 20_000),
        event("O", 5, 20_000),
        event("O", 6, 20_000),
        event("C", 6, 26_000),
        event("C", 5, 26_000),
        event("O", 3, 26_000),
    ];
    assert_eq!(busy["events"].as_array().unwrap()[101..108], expected);
}

#[test]
fn gaps_end_what_was_open() {
    let file = check(&speedscope(&small(), &only(Activity::Running)));
    assert_eq!(file["profiles"].as_array().unwrap().len(), 1);
    // Without the five milliseconds in native code in between.
    let all = times_of(&file, &file["profiles"][0]);
    assert_eq!(all.values().sum::<i64>(), 21_000_000);
    assert_eq!(file["profiles"][0]["samples"][2], json!([]));
    assert_eq!(file["profiles"][0]["weights"][2], json!(5_000));
}

#[test]
fn the_schema_refuses_what_is_wrong() {
    let schema = Schema::load("speedscope.json");
    let mut file = check(&speedscope(&small(), &Selection::default()));
    file["profiles"][0]["samples"][0] = json!("Main;Total");
    assert!(!schema.accepts(&file));
}

proptest! {
    // Each case is a large one.
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn stacks_last_as_long_as_they_were_sampled(
        mut profile in any_profile(), depth in 1..60_u32, times in prop_oneof![Just(1), 2..40_i64]
    ) {
        deepen(&mut profile, depth);
        repeat(&mut profile, times);
        for thread in &mut profile.threads {
            thread.samples.iter_mut().for_each(to_microseconds);
        }
        let file = check(&speedscope(&profile, &Selection::default()));
        let expected: Vec<_> = profile.threads.iter().map(|thread| expected_times(&profile, thread)).collect();
        let expected: Vec<_> = expected.into_iter().filter(|times| !times.is_empty()).collect();
        let profiles = file["profiles"].as_array().unwrap();
        prop_assert_eq!(profiles.len(), expected.len());
        for (thread, expected) in profiles.iter().zip(expected) {
            prop_assert_eq!(times_of(&file, thread), expected);
        }
        let active = file.get("activeProfileIndex").map(|index| index.as_u64().unwrap() as usize);
        prop_assert!(active.is_none_or(|index| index < profiles.len()));
    }
}
