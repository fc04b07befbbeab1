//! Chrome's trace events: slices of a thread are nested, and last as long as the samples say.

use std::collections::BTreeMap;

use dotnet_analysis::formats::{Selection, write_chrome};
use dotnet_analysis::profile::Profile;
use proptest::{prop_assert_eq, proptest};
use serde_json::{Value, json};

use super::spans::{Edge, expected_times, times};
use crate::profiles::{any_profile, small};

fn chrome(profile: &Profile) -> Value {
    let mut out = Vec::new();
    write_chrome(profile, &Selection::default(), &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

/// By threads.
fn edges(file: &Value) -> BTreeMap<u64, Vec<Edge>> {
    let mut threads: BTreeMap<u64, Vec<Edge>> = BTreeMap::new();
    for event in file["traceEvents"].as_array().unwrap() {
        let phase = event["ph"].as_str().unwrap();
        if phase == "M" {
            continue;
        }
        assert!(matches!(phase, "B" | "E"), "{event}");
        let edge = Edge {
            begins: phase == "B",
            name: event.get("name").map(|name| name.as_str().unwrap().to_owned()),
            at_nanos: (event["ts"].as_f64().unwrap() * 1e3).round() as i64,
        };
        threads.entry(event["tid"].as_u64().unwrap()).or_default().push(edge);
    }
    threads
}

#[test]
fn threads_and_process_have_names() {
    let file = chrome(&small());
    let name = |event: &Value| (event["name"] == "thread_name").then(|| event["args"]["name"].clone());
    let names: Vec<Value> = file["traceEvents"].as_array().unwrap().iter().filter_map(name).collect();
    assert_eq!(names, ["main (77)", "Thread 78"]);
    let process = json!({"ph": "M", "name": "process_name", "pid": 77, "args": {"name": "shop (77)"}});
    assert_eq!(file["traceEvents"][0], process);
    let edges = edges(&file);
    let waits = edges[&78].iter().filter(|edge| edge.name.as_deref() == Some("libc.so.6!epoll_wait")).count();
    assert_eq!((edges.len(), waits), (2, 1));
}

proptest! {
    #[test]
    fn slices_last_as_long_as_stacks_were_sampled(mut profile in any_profile()) {
        // Threads of the same id would be one.
        for (id, thread) in (1..).zip(&mut profile.threads) {
            thread.thread_id = id;
        }
        let threads = edges(&chrome(&profile));
        for thread in &profile.threads {
            let found = threads.get(&thread.thread_id).map(|edges| times(edges)).unwrap_or_default();
            prop_assert_eq!(found, expected_times(&profile, thread));
        }
    }
}
