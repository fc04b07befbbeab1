//! A controller over a real monitor, asked without a socket between.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use futures_util::StreamExt as _;
use pipescope_engine::monitor::{Monitor, MonitorConfig, ProcessFilter, ProcessState, ProcessSummary};
use pipescope_http::{Controller, Options, router};
use serde_json::Value;
use testbed::Target;
use tower::ServiceExt as _;

/// Generous: only a failure waits so long.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// A controller and its routes.
pub(crate) struct Client {
    pub(crate) controller: Controller,
    routes: Router,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// An answer that is still coming.
pub(crate) struct Coming {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

impl Client {
    /// Sees this target and no other: those of tests that run at the same time are not ours to look into.
    pub(crate) fn of(target: &Target) -> Client {
        Client::with(&[target.pid()], Options { mask: |_, _| "masked".into(), ..Options::default() })
    }

    /// Sees no process at all.
    pub(crate) fn alone() -> Client {
        Client::with(&[], Options { mask: |_, _| "masked".into(), ..Options::default() })
    }

    pub(crate) fn with(pids: &[u32], options: Options) -> Client {
        // No process has the id 0, so a list of only that lets none pass.
        let pids = if pids.is_empty() { vec![0] } else { pids.to_vec() };
        let filter = ProcessFilter { pids, names: Vec::new() };
        let controller =
            Controller::new(Monitor::start(MonitorConfig { filter, ..MonitorConfig::default() }), options);
        Client { routes: router(controller.clone()), controller }
    }

    /// Waits until the target's counters arrive (two intervals, so that all that starts with them has started); gives
    /// what the monitor knows of it.
    pub(crate) async fn watching(&self, target: &Target) -> ProcessSummary {
        let monitor = self.controller.monitor();
        until("the target's counters arrive", || {
            let processes = monitor.processes();
            let found = processes.iter().find(|process| process.pid == target.pid())?;
            let intervals = monitor.counters(found.uid, None)?.history.times_unix_ms.len();
            (found.state == ProcessState::Watching && intervals >= 2).then(|| found.clone())
        })
        .await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.ask(post(path, body)).await
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Answer {
        self.begin(request).await.end().await
    }

    /// Sends a request and waits for the head of the answer only.
    pub(crate) async fn begin(&self, request: Request<Body>) -> Coming {
        let response = self.routes.clone().oneshot(request).await.expect("a router always answers");
        let (head, body) = response.into_parts();
        Coming { status: head.status, headers: head.headers, body }
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The detail of a problem, which must be one and say so in every way.
    pub(crate) fn problem(&self, status: StatusCode) -> String {
        let text = self.text();
        assert_eq!(self.status, status, "{text}");
        assert_eq!(self.header(header::CONTENT_TYPE), "application/problem+json; charset=utf-8", "{text}");
        let problem = self.json();
        assert_eq!(problem["status"], status.as_u16());
        assert_eq!(problem["title"], status.canonical_reason().expect("a usual status"));
        problem["detail"].as_str().expect("a detail").to_owned()
    }
}

impl Coming {
    pub(crate) async fn end(self) -> Answer {
        let body = tokio::time::timeout(DEADLINE, axum::body::to_bytes(self.body, usize::MAX))
            .await
            .expect("the answer ends")
            .expect("the answer is not cut off");
        Answer { status: self.status, headers: self.headers, body }
    }

    /// Reads until what has come satisfies `enough`; the rest is left unread.
    pub(crate) async fn read_until(self, enough: impl Fn(&[u8]) -> bool) -> (Vec<u8>, impl Sized) {
        let mut stream = self.body.into_data_stream();
        let mut read = Vec::new();
        let reading = async {
            while !enough(&read) {
                let chunk = stream.next().await.expect("more comes").expect("the answer is not cut off");
                read.extend_from_slice(&chunk);
            }
        };
        tokio::time::timeout(DEADLINE, reading).await.expect("what is waited for comes");
        (read, stream)
    }
}

pub(crate) fn request(method: Method, path: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "localhost:52323")
        .body(Body::empty())
        .expect("a valid request")
}

pub(crate) fn post(path: &str, body: &str) -> Request<Body> {
    let mut request = request(Method::POST, path);
    request.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().expect("a valid value"));
    *request.body_mut() = Body::from(body.to_owned());
    request
}

/// Polls until there is an answer.
pub(crate) async fn until<T>(what: &str, mut poll: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(answer) = poll() {
            return answer;
        }
        assert!(Instant::now() < end, "waited {DEADLINE:?} until {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
