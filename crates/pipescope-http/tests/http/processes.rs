//! What the routes say about real processes, compared with what those know about themselves.

use axum::http::{StatusCode, header};
use serde_json::Value;
use testbed::{Program, Runtime, Target};

use crate::client::{Client, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_process_is_found_by_pid_uid_and_name_together() {
    let target = Target::start(Runtime::Net9, Program::Work, &[]);
    let client = Client::of(&target);
    let summary = client.watching(&target).await;
    let (pid, uid) = (target.pid(), summary.uid);

    let all = client.get("/processes").await.json();
    let ours: Vec<&Value> = all.as_array().unwrap().iter().filter(|process| process["pid"] == pid).collect();
    assert_eq!(ours.len(), 1, "{all}");
    assert_eq!(ours[0]["uid"], uid.to_string());
    assert_eq!(ours[0]["name"], "dotnet");
    assert_eq!(ours[0].as_object().unwrap().len(), 4, "no fields that dotnet-monitor does not have");

    for query in [format!("pid={pid}"), format!("uid={uid}"), format!("pid={pid}&uid={uid}&name=dotnet")] {
        let process = client.get(&format!("/process?{query}")).await.json();
        assert_eq!(process["pid"], pid, "{query}");
        assert_eq!(process["managedEntryPointAssemblyName"], "work");
        assert_eq!(
            process["processArchitecture"],
            if cfg!(target_arch = "x86_64") { "x64" } else { "arm64" }
        );
        assert!(process["commandLine"].as_str().unwrap().contains("work.dll"), "{process}");
        assert_eq!(process.as_object().unwrap().len(), 7, "no fields that dotnet-monitor does not have");
    }
    client.get(&format!("/process?pid={pid}&name=other")).await.problem(StatusCode::BAD_REQUEST);
    client.controller.monitor().shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_is_whole_there_and_masked_here() {
    let target = Target::builder(Runtime::Net9, Program::Work).env("SHOP_PASSWORD", "hunter2 = ü").start();
    let client = Client::of(&target);
    let uid = client.watching(&target).await.uid;
    let theirs = client.get(&format!("/env?uid={uid}")).await.json();
    assert_eq!(theirs["SHOP_PASSWORD"], "hunter2 = ü");
    let masked = client.get(&format!("/api/v1/processes/{uid}/environment")).await.json();
    assert_eq!(masked["SHOP_PASSWORD"], "masked");
    let shown = client.get(&format!("/api/v1/processes/{uid}/environment?secrets=show")).await.json();
    assert_eq!(shown, theirs);
    client.controller.monitor().shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runtime_that_says_little_is_listed_all_the_same() {
    let target = Target::start(Runtime::Net31, Program::Work, &[]);
    let client = Client::of(&target);
    let uid = client.watching(&target).await.uid;
    let process = client.get(&format!("/process?pid={}", target.pid())).await.json();
    assert_eq!(process["uid"], uid.to_string());
    assert_eq!(process["managedEntryPointAssemblyName"], "work");
    let detail = client.get(&format!("/env?uid={uid}")).await.problem(StatusCode::BAD_REQUEST);
    assert!(!detail.is_empty());
    let answer = client.get(&format!("/api/v1/processes/{uid}/environment")).await;
    answer.problem(StatusCode::BAD_GATEWAY);
    client.controller.monitor().shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_has_what_the_process_did() {
    let mut target = Target::start(Runtime::Net9, Program::Work, &[]);
    let client = Client::of(&target);
    let uid = client.watching(&target).await.uid;
    target.run("throw 40");
    let path = format!("/api/v1/processes/{uid}/counters");

    let thrown = async || {
        let counters = client.get(&path).await.json();
        let series = counters["series"].as_array().unwrap();
        let exceptions = series.iter().find(|one| one["name"] == "exception-count")?;
        assert_eq!(exceptions["kind"], "increment");
        assert_eq!(exceptions["provider"], "System.Runtime");
        let values = counters["values"][exceptions["id"].to_string()].as_array().unwrap();
        assert_eq!(values.len(), counters["times"].as_array().unwrap().len());
        // One a second: rates per second add up to the count, give or take the jitter of the interval.
        let sum: f64 = values.iter().filter_map(Value::as_f64).sum();
        (sum > 35.0).then_some((sum, counters))
    };
    let end = std::time::Instant::now() + crate::client::DEADLINE;
    let (sum, counters) = loop {
        if let Some(found) = thrown().await {
            break found;
        }
        assert!(std::time::Instant::now() < end, "40 exceptions appear in the history");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    };
    assert!(sum < 45.0, "{sum}");
    assert_eq!(counters["process"]["uid"], uid.to_string());
    assert_eq!(counters["intervalSeconds"], 1.0);

    let last = counters["times"].as_array().unwrap().last().unwrap().as_i64().unwrap();
    let newer = until_newer(&client, &path, last).await;
    assert!(newer["times"].as_array().unwrap().iter().all(|time| time.as_i64().unwrap() > last), "{newer}");

    let chosen = client.get(&format!("{path}?counters=System.Runtime[cpu-usage]")).await.json();
    let names: Vec<&str> =
        chosen["series"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["cpu-usage"]);
    assert_eq!(chosen["values"].as_object().unwrap().len(), 1);
    client.controller.monitor().shutdown().await;
}

async fn until_newer(client: &Client, path: &str, since: i64) -> Value {
    let end = std::time::Instant::now() + crate::client::DEADLINE;
    loop {
        let newer = client.get(&format!("{path}?since={since}")).await.json();
        if !newer["times"].as_array().expect("times").is_empty() {
            return newer;
        }
        assert!(std::time::Instant::now() < end, "another interval comes");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_name_every_process_and_the_controller_itself() {
    let target = Target::start(Runtime::Net9, Program::Work, &[]);
    let client = Client::of(&target);
    let summary = client.watching(&target).await;
    let answer = client.get("/metrics").await;
    assert!(answer.header(header::CONTENT_TYPE).starts_with("text/plain; version=0.0.4"));
    let text = answer.text();
    assert!(text.contains(&format!("pipescope_process_up{{process=\"{}\"}} 1", summary.label)), "{text}");
    assert!(text.contains("\npipescope_http_traces 0\n"), "{text}");
    let monitor = client.get("/metrics?naming=dotnet-monitor").await.text();
    assert!(monitor.contains("systemruntime_cpu_usage_ratio{"), "{monitor}");
    client.controller.monitor().shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_leaves_the_list_when_it_ends() {
    let mut target = Target::start(Runtime::Net9, Program::Work, &[]);
    let client = Client::of(&target);
    let uid = client.watching(&target).await.uid;
    target.kill();
    until("the process is gone", || client.controller.monitor().process(uid).is_none().then_some(())).await;
    let list = client.get("/api/v1/processes").await.json();
    assert!(list.as_array().unwrap().iter().all(|process| process["uid"] != uid.to_string()), "{list}");
    client.get(&format!("/api/v1/processes/{uid}/counters")).await.problem(StatusCode::NOT_FOUND);
    client.controller.monitor().shutdown().await;
}
