//! The event stream of the pages.

use std::time::SystemTime;

use axum::http::{Method, StatusCode, header};
use serde_json::Value;
use testbed::{Program, Runtime, Target};

use crate::client::{Client, request};

/// The complete events so far: name and data.
fn events(bytes: &[u8]) -> Vec<(String, Value)> {
    let text = String::from_utf8_lossy(bytes);
    let complete = text.rfind("\n\n").map_or("", |end| &text[..end]);
    complete
        .split("\n\n")
        .filter(|event| !event.is_empty())
        .map(|event| {
            let mut lines = event.lines();
            let name = lines.next().and_then(|line| line.strip_prefix("event: ")).expect(event);
            let data = lines.next().and_then(|line| line.strip_prefix("data: ")).expect(event);
            assert_eq!(lines.next(), None, "{event}");
            (name.to_owned(), serde_json::from_str(data).expect(data))
        })
        .collect()
}

fn of<'a>(events: &'a [(String, Value)], name: &str) -> Vec<&'a Value> {
    events.iter().filter(|(found, _)| found == name).map(|(_, data)| data).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_comes_first_then_samples_then_the_end_of_a_process() {
    let mut target = Target::start(Runtime::Net9, Program::Work, &[]);
    let client = Client::of(&target);
    let uid = client.watching(&target).await.uid.to_string();
    let coming = client.begin(request(Method::GET, &format!("/api/v1/live?uid={uid}"))).await;
    assert_eq!(coming.status, StatusCode::OK);
    assert_eq!(coming.headers[header::CONTENT_TYPE], "text/event-stream");
    let (bytes, rest) = coming.read_until(|bytes| of(&events(bytes), "sample").len() >= 2).await;
    let seen = events(&bytes);
    assert_eq!((seen[0].0.as_str(), seen[1].0.as_str()), ("processes", "problems"));
    assert!(seen[1].1.is_array(), "{seen:?}");
    assert!(seen[0].1.as_array().unwrap().iter().any(|process| process["uid"] == uid.as_str()), "{seen:?}");
    let samples = of(&seen, "sample");
    assert!(samples.iter().all(|sample| sample["uid"] == uid.as_str()), "only the process asked for");
    assert!(samples[1]["time"].as_i64() > samples[0]["time"].as_i64());
    assert!(samples[0]["values"].as_object().unwrap().len() > 10, "{samples:?}");
    drop(rest);

    let coming = client.begin(request(Method::GET, "/api/v1/live")).await;
    target.kill();
    let (bytes, _rest) = coming
        .read_until(|bytes| {
            let events = events(bytes);
            of(&events, "processes").last().is_some_and(|list| {
                list.as_array().unwrap().iter().all(|process| process["uid"] != uid.as_str())
            })
        })
        .await;
    assert!(of(&events(&bytes), "processes").len() >= 2);
    client.controller.monitor().shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_selection_narrows_the_samples() {
    let target = Target::start(Runtime::Net9, Program::Work, &[]);
    let client = Client::of(&target);
    let uid = client.watching(&target).await.uid.to_string();
    let path = format!("/api/v1/live?uid={uid}&counters=System.Runtime[cpu-usage,working-set]");
    let coming = client.begin(request(Method::GET, &path)).await;
    let (bytes, _rest) = coming.read_until(|bytes| of(&events(bytes), "sample").len() >= 2).await;
    for sample in of(&events(&bytes), "sample") {
        assert_eq!(sample["values"].as_object().unwrap().len(), 2, "{sample}");
    }
    client.controller.monitor().shutdown().await;
}

#[tokio::test]
async fn the_clock_ticks_although_nothing_happens() {
    let client = Client::alone();
    let coming = client.begin(request(Method::GET, "/api/v1/live")).await;
    let (bytes, _rest) = coming.read_until(|bytes| !of(&events(bytes), "clock").is_empty()).await;
    let clock = of(&events(&bytes), "clock")[0]["time"].as_i64().unwrap();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() as i64;
    assert!((now - clock).abs() < 60_000, "{clock} is the present time in milliseconds");
}

#[tokio::test]
async fn streams_end_when_the_controller_closes_and_are_limited() {
    let client = Client::alone();
    let mut open = Vec::new();
    for _ in 0..64 {
        open.push(client.begin(request(Method::GET, "/api/v1/live")).await);
    }
    client.get("/api/v1/live").await.problem(StatusCode::TOO_MANY_REQUESTS);
    let head = client.ask(request(Method::HEAD, "/api/v1/live")).await;
    assert_eq!(head.status, StatusCode::TOO_MANY_REQUESTS);
    client.controller.close();
    for coming in open {
        let answer = coming.end().await;
        assert_eq!(events(&answer.body)[0].0, "processes");
    }
    assert!(client.get("/metrics").await.text().contains("\npipescope_http_live_streams 0\n"));
}
