//! Requests of the HTTP client.

use dotnet_events::event_sources::http;
use nettrace::{Event, Utf16, Uuid};

use super::open::Open;
use super::phases::{Phase, PhaseDistributions, PhaseTimes};
use super::tally::{Slowest, Tally};
use super::{MAX_OPEN, MAX_SLOWEST, MAX_TEXTS, NANOS_PER_MILLISECOND, SHORTEST_INTERVAL};
use crate::bounded::Bounded;
use crate::distribution::Distribution;
use crate::texts::{TextId, Texts};
use crate::timeline::Timeline;

/// Hosts told apart.
const MAX_HOSTS: usize = 1_000;
/// Paths told apart. Where they have ids in them there are without end.
const MAX_PATHS: usize = 5_000;
/// Messages of failures told apart.
const MAX_FAILURES: usize = 200;
/// The least status that is an error.
const FIRST_ERROR: i32 = 400;

/// Whom a request goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Host {
    pub(super) scheme: TextId,
    pub(super) name: TextId,
    pub(super) port: i32,
}

/// A request that has begun.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) start: i64,
    pub(super) host: Host,
    /// Without its query.
    pub(super) path: TextId,
    pub(super) phases: PhaseTimes,
    pub(super) status: Option<i32>,
    pub(super) failure: Option<TextId>,
    pub(super) redirects: u32,
    /// When its last byte was sent, until the answer begins.
    sent: Option<i64>,
}

/// A phase of a request that has begun.
#[derive(Debug)]
struct Span {
    request: Uuid,
    phase: Phase,
    start: i64,
}

/// Connections of the client.
#[derive(Debug)]
pub(super) struct Connections {
    open: Open<i64, i64>,
    pub(super) established: u64,
    pub(super) closed: u64,
    /// Of those whose both ends were seen.
    pub(super) lifetimes: Distribution,
}

/// What is known of the requests of the HTTP client.
#[derive(Debug)]
pub(super) struct Client {
    open: Open<Uuid, Request>,
    spans: Open<Uuid, Span>,
    pub(super) texts: Texts,
    pub(super) hosts: Bounded<Host, Tally>,
    pub(super) paths: Bounded<(Host, TextId), Tally>,
    pub(super) failures: Bounded<TextId, u64>,
    pub(super) all: Tally,
    pub(super) started: u64,
    pub(super) errors: u64,
    pub(super) redirects: u64,
    /// Begun before the trace, or whose begin was lost.
    pub(super) without_start: u64,
    /// Without an activity, so that their events cannot be put together.
    pub(super) untimed: u64,
    pub(super) phases: PhaseDistributions,
    pub(super) slowest: Slowest<Request>,
    pub(super) concurrency: Timeline,
    pub(super) most_at_once: u64,
    pub(super) connections: Connections,
}

impl Default for Client {
    fn default() -> Self {
        Self {
            open: Open::new(MAX_OPEN),
            spans: Open::new(MAX_OPEN),
            texts: Texts::new(MAX_TEXTS),
            hosts: Bounded::new(MAX_HOSTS),
            paths: Bounded::new(MAX_PATHS),
            failures: Bounded::new(MAX_FAILURES),
            all: Tally::default(),
            started: 0,
            errors: 0,
            redirects: 0,
            without_start: 0,
            untimed: 0,
            phases: PhaseDistributions::default(),
            slowest: Slowest::new(MAX_SLOWEST),
            concurrency: Timeline::of_levels(SHORTEST_INTERVAL),
            most_at_once: 0,
            connections: Connections {
                open: Open::new(MAX_OPEN),
                established: 0,
                closed: 0,
                lifetimes: Distribution::default(),
            },
        }
    }
}

impl Client {
    pub(super) fn event(&mut self, event: &Event<'_>, decoded: &http::Event<'_>) {
        let now = event.relative_nanos();
        match decoded {
            http::Event::RequestStart(start) => self.start(event, start),
            http::Event::RequestStop(stop) => self.stop(event, stop.statusCode),
            http::Event::RequestFailed(failed) => {
                let message = failed.exceptionMessage.unwrap_or_default();
                let message = self.texts.keep(message);
                if let Some(request) = self.open.get_mut(&event.activity_id) {
                    request.failure = Some(message);
                }
            }
            http::Event::RequestLeftQueue(left) => {
                if let Some(request) = self.open.get_mut(&event.activity_id) {
                    // Durations are far from what does not fit; what is no number is none.
                    let nanos = left.timeOnQueueMilliseconds * NANOS_PER_MILLISECOND;
                    request.phases.add(Phase::Queue, nanos as i64);
                }
            }
            http::Event::Redirect(_) => {
                self.redirects += 1;
                if let Some(request) = self.open.get_mut(&event.activity_id) {
                    request.redirects += 1;
                }
            }
            http::Event::RequestHeadersStart(_) => self.begin(event, Phase::RequestHeaders),
            http::Event::RequestContentStart(_) => self.begin(event, Phase::RequestContent),
            http::Event::ResponseHeadersStart(_) => {
                if let Some(request) = self.open.get_mut(&event.related_activity_id)
                    && let Some(sent) = request.sent.take()
                {
                    request.phases.add(Phase::Waiting, now - sent);
                }
                self.begin(event, Phase::ResponseHeaders);
            }
            http::Event::ResponseContentStart(_) => self.begin(event, Phase::ResponseContent),
            http::Event::RequestHeadersStop(_) | http::Event::RequestContentStop(_) => {
                if let Some(request) = self.end(event) {
                    request.sent = Some(now);
                }
            }
            http::Event::ResponseHeadersStop(stop) => {
                if let Some(request) = self.end(event) {
                    request.status = stop.statusCode.or(request.status);
                }
            }
            http::Event::ResponseContentStop(_) => _ = self.end(event),
            http::Event::ConnectionEstablished(established) => {
                self.connections.established += 1;
                if let Some(id) = established.connectionId {
                    self.connections.open.begin(id, now);
                }
            }
            http::Event::ConnectionClosed(closed) => {
                self.connections.closed += 1;
                if let Some(start) = closed.connectionId.and_then(|id| self.connections.open.end(&id)) {
                    self.connections.lifetimes.record(now - start);
                }
            }
            _ => {}
        }
    }

    /// A request spent so long with something that other sources tell of.
    pub(super) fn spent(&mut self, request: Uuid, phase: Phase, nanos: i64) {
        if let Some(request) = self.open.get_mut(&request) {
            request.phases.add(phase, nanos);
        }
    }

    /// Those that had begun and not ended.
    pub(super) fn under_way(&self) -> impl Iterator<Item = &Request> {
        self.open.values()
    }

    /// Requests that were forgotten since there were too many at a time.
    pub(super) fn dropped(&self) -> u64 {
        self.open.dropped()
    }

    fn start(&mut self, event: &Event<'_>, start: &http::RequestStart<'_>) {
        self.started += 1;
        if event.activity_id.is_nil() {
            self.untimed += 1;
            return;
        }
        let request = Request {
            start: event.relative_nanos(),
            host: Host {
                scheme: self.texts.keep(start.scheme),
                name: self.texts.keep(start.host),
                port: start.port,
            },
            path: self.texts.keep(without_query(start.pathAndQuery)),
            phases: PhaseTimes::default(),
            status: None,
            failure: None,
            redirects: 0,
            sent: None,
        };
        self.open.begin(event.activity_id, request);
        self.count(event);
    }

    fn stop(&mut self, event: &Event<'_>, status: Option<i32>) {
        let Some(mut request) = self.open.end(&event.activity_id) else {
            // Without an activity they were counted when they began.
            self.without_start += u64::from(!event.activity_id.is_nil());
            return;
        };
        // Negative where there was no answer.
        request.status = status.or(request.status).filter(|status| *status >= 0);
        let nanos = event.relative_nanos() - request.start;
        let is_failure = request.failure.is_some();
        let record = |tally: &mut Tally| tally.record(nanos, is_failure, request.status, &request.phases);
        record(&mut self.all);
        if let Some(host) = self.hosts.entry(request.host, Tally::default) {
            record(host);
        }
        if let Some(path) = self.paths.entry((request.host, request.path), Tally::default) {
            record(path);
        }
        self.errors += u64::from(request.status.is_some_and(|status| status >= FIRST_ERROR));
        self.phases.record(&request.phases);
        if let Some(count) = request.failure.and_then(|failure| self.failures.entry(failure, || 0)) {
            *count += 1;
        }
        self.slowest.offer(nanos, || request);
        self.count(event);
    }

    fn count(&mut self, event: &Event<'_>) {
        let open = self.open.len() as u64;
        self.most_at_once = self.most_at_once.max(open);
        self.concurrency.add(event.relative_nanos(), open);
    }

    fn begin(&mut self, event: &Event<'_>, phase: Phase) {
        let request = event.related_activity_id;
        if self.open.contains(&request) {
            self.spans.begin(event.activity_id, Span { request, phase, start: event.relative_nanos() });
        }
    }

    /// The request whose phase ends.
    fn end(&mut self, event: &Event<'_>) -> Option<&mut Request> {
        let span = self.spans.end(&event.activity_id)?;
        let request = self.open.get_mut(&span.request)?;
        request.phases.add(span.phase, event.relative_nanos() - span.start);
        Some(request)
    }
}

/// What comes before the question mark.
pub(super) fn without_query(path: Utf16<'_>) -> Utf16<'_> {
    let bytes = path.as_bytes();
    let query = bytes.chunks_exact(2).position(|unit| unit == b"?\0");
    Utf16::from_bytes(query.and_then(|units| bytes.get(..units * 2)).unwrap_or(bytes))
}
