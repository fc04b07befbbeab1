//! What is refused, and how.

use axum::http::{Method, StatusCode, header};
use pipescope_http::{HostPolicy, Options};

use crate::client::{Client, post, request};

const NOBODY: &str = "pid=999999999";
const NO_UID: &str = "00000000-0000-0000-0000-000000000001";

#[tokio::test]
async fn unknown_routes_and_methods_are_problems() {
    let client = Client::alone();
    for path in ["/nowhere", "/api/v1/nowhere", "/processes/", "/assets/", "/../etc/passwd"] {
        client.get(path).await.problem(StatusCode::NOT_FOUND);
    }
    for (method, path) in [
        (Method::POST, "/processes"),
        (Method::DELETE, "/trace"),
        (Method::PUT, "/livemetrics"),
        (Method::POST, "/api/v1/live"),
        (Method::PATCH, "/"),
    ] {
        let answer = client.ask(request(method, path)).await;
        assert!(!answer.header(header::ALLOW).is_empty(), "{path}");
        answer.problem(StatusCode::METHOD_NOT_ALLOWED);
    }
}

#[tokio::test]
async fn a_process_that_is_not_there_is_a_problem() {
    let client = Client::alone();
    for path in ["/process", "/env", "/trace", "/livemetrics"] {
        let detail = client.get(&format!("{path}?{NOBODY}")).await.problem(StatusCode::BAD_REQUEST);
        assert!(detail.starts_with("Unable to discover a target process"), "{path}: {detail}");
    }
    let body = r#"{"providers": [{"name": "A"}]}"#;
    client.post(&format!("/trace?{NOBODY}"), body).await.problem(StatusCode::BAD_REQUEST);
    client.post(&format!("/livemetrics?{NOBODY}"), "{}").await.problem(StatusCode::BAD_REQUEST);
    for part in ["counters", "environment"] {
        let answer = client.get(&format!("/api/v1/processes/{NO_UID}/{part}")).await;
        assert!(answer.problem(StatusCode::NOT_FOUND).contains(NO_UID));
    }
}

#[tokio::test]
async fn parameters_that_make_no_sense_are_named() {
    let client = Client::alone();
    for (path, named) in [
        ("/process?pid=first", "pid"),
        ("/process?pid=-1", "pid"),
        ("/process?uid=12", "uid"),
        ("/trace?durationSeconds=-2", "durationSeconds"),
        ("/trace?durationSeconds=soon", "durationSeconds"),
        ("/trace?profile=Everything", "Everything"),
        ("/trace?egressProvider=disk", "egressProvider"),
        ("/livemetrics?durationSeconds=1e3", "durationSeconds"),
        ("/livemetrics?egressProvider=disk", "egressProvider"),
        ("/metrics?naming=other", "other"),
        ("/api/v1/live?uid=12", "uid"),
        ("/api/v1/live?counters=A,,B", "counters"),
        ("/api/v1/processes/12/counters", "12"),
    ] {
        let detail = client.get(path).await.problem(StatusCode::BAD_REQUEST);
        assert!(detail.contains(named), "{path}: {detail}");
    }
    for query in ["since=yesterday", "counters=A[x"] {
        let path = format!("/api/v1/processes/{NO_UID}/counters?{query}");
        let detail = client.get(&path).await.problem(StatusCode::BAD_REQUEST);
        assert!(detail.contains(query.split('=').next().unwrap()), "{detail}");
    }
    let path = format!("/api/v1/processes/{NO_UID}/environment?secrets=all");
    client.get(&path).await.problem(StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn bodies_that_make_no_sense_say_where() {
    let client = Client::alone();
    for (path, body, named) in [
        ("/trace", "{}", "providers"),
        ("/trace", r#"{"providers": []}"#, "providers"),
        ("/trace", r#"{"providers": [{"name": "A", "keywords": "0xgg"}]}"#, "keywords"),
        ("/trace", r#"{"Providers": [{"Name": "A", "EventLevel": "Loud"}]}"#, "eventLevel"),
        ("/trace", r#"{"providers": [{"name": "A"}], "bufferSizeInMB": 0}"#, "bufferSizeInMB"),
        ("/livemetrics", r#"{"includeDefaultProviders": false}"#, "Nothing is selected"),
        ("/livemetrics", r#"{"providers": [{"counterNames": ["a"]}]}"#, "providername"),
        ("/livemetrics", r#"{"meters": 5}"#, "body"),
        ("/trace", "not json", ""),
    ] {
        let detail = client.post(path, body).await.problem(StatusCode::BAD_REQUEST);
        assert!(detail.contains(named), "{body}: {detail}");
    }
    let mut untyped = post("/trace", "{}");
    untyped.headers_mut().remove(header::CONTENT_TYPE);
    client.ask(untyped).await.problem(StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn names_that_are_not_loopback_are_refused_and_no_route_escapes() {
    let client = Client::alone();
    for path in ["/", "/processes", "/metrics", "/api/v1/live", "/nowhere"] {
        let mut foreign = request(Method::GET, path);
        foreign.headers_mut().insert(header::HOST, "attacker.example:52323".parse().unwrap());
        let detail = client.ask(foreign).await.problem(StatusCode::FORBIDDEN);
        assert!(detail.contains("attacker.example"), "{detail}");
    }
    let mut nameless = request(Method::GET, "/processes");
    nameless.headers_mut().remove(header::HOST);
    client.ask(nameless).await.problem(StatusCode::BAD_REQUEST);

    let open = Client::with(&[], Options { hosts: HostPolicy::Any, ..Options::default() });
    let mut named = request(Method::GET, "/-/healthy");
    named.headers_mut().insert(header::HOST, "diag.example".parse().unwrap());
    assert_eq!(open.ask(named).await.text(), "healthy\n");
}

#[tokio::test]
async fn pages_of_other_sites_cannot_start_anything() {
    let client = Client::alone();
    let mut foreign = request(Method::GET, "/trace");
    foreign.headers_mut().insert("sec-fetch-site", "cross-site".parse().unwrap());
    foreign.headers_mut().insert("sec-fetch-mode", "no-cors".parse().unwrap());
    client.ask(foreign).await.problem(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn every_answer_carries_the_guarding_headers() {
    let client = Client::alone();
    for path in ["/", "/processes", "/metrics", "/nowhere", "/-/healthy", "/process?pid=x"] {
        let answer = client.get(path).await;
        let policy = answer.headers["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'self';") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{path}");
        assert!(!answer.header(header::CACHE_CONTROL).is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_closing_controller_is_not_ready_but_alive() {
    let client = Client::alone();
    assert_eq!(client.get("/-/ready").await.text(), "ready\n");
    client.controller.close();
    client.get("/-/ready").await.problem(StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(client.get("/-/healthy").await.status, StatusCode::OK);
}
