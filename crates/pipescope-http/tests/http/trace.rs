//! Traces over HTTP, read back by the decoder.

use axum::http::{Method, StatusCode, header};
use nettrace::{Decoder, Event};
use testbed::{Program, Runtime, Target};

use crate::client::{Client, post, request, until};

/// How many events of each provider and id a complete trace has.
fn count(trace: &[u8], provider: &str, event_id: u32) -> usize {
    let mut found = 0;
    let mut sink = |event: &Event<'_>| {
        found += usize::from(event.metadata.provider == provider && event.metadata.event_id == event_id);
    };
    let mut decoder = Decoder::new();
    decoder.push(trace, &mut sink).expect("the decoder follows");
    decoder.finish(&mut sink).expect("the trace is complete");
    found
}

const CLR: &str = "Microsoft-Windows-DotNETRuntime";
const GC_START: u32 = 1;
const EXCEPTION: u32 = 80;

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_has_every_collection_and_its_end() {
    let mut target = Target::start(Runtime::Net9, Program::Work, &[]);
    let client = Client::of(&target);
    client.watching(&target).await;
    let path = format!("/trace?pid={}&profile=GcCollect&durationSeconds=2", target.pid());
    let coming = client.begin(request(Method::GET, &path)).await;
    assert_eq!(coming.status, StatusCode::OK);
    assert_eq!(coming.headers[header::CONTENT_TYPE], "application/octet-stream");
    let disposition = coming.headers[header::CONTENT_DISPOSITION].to_str().unwrap().to_owned();
    assert!(disposition.starts_with("attachment; filename=20"), "{disposition}");
    assert!(disposition.ends_with(&format!("_{}.nettrace", target.pid())), "{disposition}");
    // The session is open when the answer begins, so all of this is in it.
    let before = target.figures();
    target.run("collect 0 7");
    let collections = target.figures().gen0_collections - before.gen0_collections;
    let trace = coming.end().await;
    assert_eq!(count(&trace.body, CLR, GC_START) as u64, collections);
    client.controller.monitor().shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configured_trace_has_what_was_configured_and_ends_with_the_controller() {
    let mut target = Target::start(Runtime::Net9, Program::Work, &[]);
    let client = Client::of(&target);
    client.watching(&target).await;
    let body = format!(
        r#"{{"Providers": [{{"Name": "{CLR}", "Keywords": "0x8000", "EventLevel": "Error"}}],
             "RequestRundown": false, "BufferSizeInMB": 16}}"#
    );
    let path = format!("/trace?pid={}&durationSeconds=-1", target.pid());
    let coming = client.begin(post(&path, &body)).await;
    assert_eq!(coming.status, StatusCode::OK);
    target.run("throw 25");
    client.controller.close();
    let trace = coming.end().await;
    assert_eq!(count(&trace.body, CLR, EXCEPTION), 25);
    client.controller.monitor().shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_traces_at_once_and_a_session_ends_with_its_client() {
    let target = Target::start(Runtime::Net9, Program::Work, &[]);
    let client = Client::of(&target);
    client.watching(&target).await;
    let threads = target.threads();
    let path = format!("/trace?pid={}&profile=GcCollect&durationSeconds=-1", target.pid());
    let mut open = Vec::new();
    for _ in 0..3 {
        let coming = client.begin(request(Method::GET, &path)).await;
        assert_eq!(coming.status, StatusCode::OK);
        open.push(coming);
    }
    let detail = client.get(&path).await.problem(StatusCode::TOO_MANY_REQUESTS);
    assert!(detail.contains("3 traces"), "{detail}");
    assert_eq!(client.ask(request(Method::HEAD, &path)).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(client.get("/metrics").await.text().contains("\npipescope_http_traces 3\n"));
    // Each session has a thread in the target.
    assert!(target.threads() > threads, "{} threads, {threads} before", target.threads());

    drop(open);
    until("the sessions end", || (target.threads() <= threads).then_some(())).await;
    assert_eq!(
        client.ask(request(Method::HEAD, &path)).await.status,
        StatusCode::OK,
        "places are free again"
    );
    client.controller.monitor().shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_later_holds_up_nobody_and_gets_everything() {
    let mut target = Target::start(Runtime::Net9, Program::Work, &[]);
    let client = Client::of(&target);
    client.watching(&target).await;
    let threads = target.threads();
    // Every method that was ever compiled is named at the end: megabytes, of which the answer buffers half a one.
    let body = format!(r#"{{"providers": [{{"name": "{CLR}", "keywords": "0x8000"}}]}}"#);
    let path = format!("/trace?pid={}&durationSeconds=1", target.pid());
    let coming = client.begin(post(&path, &body)).await;
    assert_eq!(coming.status, StatusCode::OK);
    target.run("throw 5000");
    until("the session has ended", || (target.threads() <= threads).then_some(())).await;
    assert!(
        client.get("/metrics").await.text().contains("\npipescope_http_traces 1\n"),
        "the answer has not"
    );

    let trace = coming.end().await;
    assert!(trace.body.len() > 1 << 20, "{} bytes", trace.body.len());
    assert_eq!(count(&trace.body, CLR, EXCEPTION), 5000);
    client.controller.monitor().shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_for_the_head_takes_no_trace() {
    let target = Target::start(Runtime::Net9, Program::Work, &[]);
    let client = Client::of(&target);
    client.watching(&target).await;
    let threads = target.threads();
    for path in ["/trace", "/livemetrics"] {
        let answer = client.ask(request(Method::HEAD, &format!("{path}?pid={}", target.pid()))).await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 0));
        assert!(answer.headers.contains_key(header::CONTENT_DISPOSITION), "{path}");
    }
    assert!(target.threads() <= threads);
    client.controller.monitor().shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_leaves_what_there_was() {
    let mut target = Target::start(Runtime::Net9, Program::Work, &[]);
    let client = Client::of(&target);
    client.watching(&target).await;
    let path = format!("/trace?pid={}&profile=Cpu&durationSeconds=-1", target.pid());
    let coming = client.begin(request(Method::GET, &path)).await;
    target.run("collect 0 3");
    target.kill();
    let trace = coming.end().await;
    assert!(trace.body.starts_with(b"Nettrace"), "{} bytes", trace.body.len());
    client.controller.monitor().shutdown().await;
}
