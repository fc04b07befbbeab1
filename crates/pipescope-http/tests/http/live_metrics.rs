//! `/livemetrics` of a program whose counters have known values.

use axum::http::{Method, header};
use serde_json::Value;
use testbed::{Program, Runtime, Target};

use crate::client::{Client, post, request};

/// The records of a sequence of JSON texts; each must begin with a record separator and end with a line feed.
fn records(body: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(body).expect("UTF-8");
    assert!(text.is_empty() || (text.starts_with('\u{1e}') && text.ends_with('\n')), "{text}");
    text.split('\u{1e}')
        .skip(1)
        .map(|record| serde_json::from_str(record.trim_end()).expect(record))
        .collect()
}

fn names(records: &[Value]) -> Vec<&str> {
    records.iter().map(|record| record["name"].as_str().expect("a name")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configured_counters_come_in_the_shape_of_dotnet_monitor() {
    let target = Target::start(Runtime::Net9, Program::Work, &[]);
    let client = Client::of(&target);
    client.watching(&target).await;
    let path = format!("/livemetrics?pid={}&durationSeconds=3", target.pid());
    let answer = client.ask(request(Method::GET, &path)).await;
    assert_eq!(answer.header(header::CONTENT_TYPE), "application/json-seq");
    let records = records(&answer.body);
    let memory = records.iter().find(|record| record["name"] == "working-set").expect("the working set");
    assert_eq!(memory["provider"], "System.Runtime");
    assert_eq!(memory["displayName"], "Working Set");
    assert_eq!(memory["unit"], "MB");
    assert_eq!(memory["counterType"], "Metric");
    assert!(memory["value"].as_f64().unwrap() > 1.0, "{memory}");
    assert!(memory["timestamp"].as_str().unwrap().ends_with("+00:00"), "{memory}");
    assert_eq!(memory.as_object().unwrap().len(), 10, "{memory}");
    let rate = records.iter().find(|record| record["name"] == "exception-count").expect("exceptions");
    assert_eq!(rate["counterType"], "Rate");
    client.controller.monitor().shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_chosen_comes() {
    let target = Target::start(Runtime::Net9, Program::Work, &[]);
    let client = Client::of(&target);
    client.watching(&target).await;
    let body = r#"{"includeDefaultProviders": false,
        "providers": [{"providerName": "System.Runtime", "counterNames": ["cpu-usage"]}],
        "meters": [{"meterName": "System.Runtime", "instrumentNames": ["dotnet.process.cpu.count"]}]}"#;
    let path = format!("/livemetrics?pid={}&durationSeconds=-1", target.pid());
    let coming = client.begin(post(&path, body)).await;
    let (bytes, rest) = coming
        .read_until(|bytes| {
            let text = String::from_utf8_lossy(bytes);
            text.contains("cpu-usage") && text.contains("dotnet.process.cpu.count")
        })
        .await;
    drop(rest);
    let records = records(&bytes);
    assert!(
        names(&records).iter().all(|name| ["cpu-usage", "dotnet.process.cpu.count"].contains(name)),
        "{records:?}"
    );
    client.controller.monitor().shutdown().await;
}
