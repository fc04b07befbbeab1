//! Requests that a web application serves, as Kestrel and ASP.NET Core's hosting tell of them.
//!
//! Hosting tells a request by its activity, Kestrel by an id of its own, and Kestrel's comes inside of hosting's. Where both
//! tell of one, it is hosting's, which also knows whether it failed. Sessions that do not ask the task library for activities
//! (keyword 0x80) have Kestrel's only.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use dotnet_events::event_sources::{hosting, kestrel};
use nettrace::{Event, Utf16, Uuid};

use super::open::Open;
use super::phases::PhaseTimes;
use super::tally::{Slowest, Tally};
use super::{MAX_OPEN, MAX_SLOWEST, MAX_TEXTS, SHORTEST_INTERVAL};
use crate::bounded::Bounded;
use crate::distribution::Distribution;
use crate::texts::{TextId, Texts};
use crate::timeline::Timeline;

/// Paths told apart.
const MAX_PATHS: usize = 5_000;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Route {
    pub(super) method: TextId,
    pub(super) path: TextId,
}

/// A request that has begun.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) start: i64,
    pub(super) route: Route,
    pub(super) has_failed: bool,
}

/// What is known of the requests that are served.
#[derive(Debug)]
pub(super) struct Server {
    by_activity: Open<Uuid, Request>,
    /// By a hash of Kestrel's id.
    by_id: Open<u64, Request>,
    connections: Open<u64, i64>,
    handshakes: Open<u64, i64>,
    hasher: RandomState,
    pub(super) texts: Texts,
    pub(super) paths: Bounded<Route, Tally>,
    pub(super) all: Tally,
    pub(super) started: u64,
    pub(super) unhandled: u64,
    /// Begun before the trace, or whose begin was lost.
    pub(super) without_start: u64,
    /// Requests that only hosting tells of, without an activity.
    pub(super) untimed: u64,
    pub(super) slowest: Slowest<Request>,
    pub(super) concurrency: Timeline,
    pub(super) most_at_once: u64,
    pub(super) connections_opened: u64,
    pub(super) connections_closed: u64,
    pub(super) connections_rejected: u64,
    pub(super) most_connections: u64,
    pub(super) lifetimes: Distribution,
    pub(super) tls_failed: u64,
    pub(super) tls: Distribution,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            by_activity: Open::new(MAX_OPEN),
            by_id: Open::new(MAX_OPEN),
            connections: Open::new(MAX_OPEN),
            handshakes: Open::new(MAX_OPEN),
            hasher: RandomState::new(),
            texts: Texts::new(MAX_TEXTS),
            paths: Bounded::new(MAX_PATHS),
            all: Tally::default(),
            started: 0,
            unhandled: 0,
            without_start: 0,
            untimed: 0,
            slowest: Slowest::new(MAX_SLOWEST),
            concurrency: Timeline::of_levels(SHORTEST_INTERVAL),
            most_at_once: 0,
            connections_opened: 0,
            connections_closed: 0,
            connections_rejected: 0,
            most_connections: 0,
            lifetimes: Distribution::default(),
            tls_failed: 0,
            tls: Distribution::default(),
        }
    }
}

impl Server {
    pub(super) fn hosting(&mut self, event: &Event<'_>, decoded: &hosting::Event<'_>) {
        let activity = event.activity_id;
        match decoded {
            hosting::Event::RequestStart(_) if activity.is_nil() => self.untimed += 1,
            hosting::Event::RequestStart(start) => {
                self.started += 1;
                let request = self.request(event, start.method, start.path);
                self.by_activity.begin(activity, request);
                self.count(event);
            }
            hosting::Event::RequestStop(_) => match self.by_activity.end(&activity) {
                Some(request) => self.end(event, request),
                None => self.without_start += u64::from(!activity.is_nil()),
            },
            hosting::Event::UnhandledException(_) => {
                self.unhandled += 1;
                if let Some(request) = self.by_activity.get_mut(&activity) {
                    request.has_failed = true;
                }
            }
            _ => {}
        }
    }

    pub(super) fn kestrel(&mut self, event: &Event<'_>, decoded: &kestrel::Event<'_>) {
        let now = event.relative_nanos();
        match decoded {
            // Hosting has told of it already.
            kestrel::Event::RequestStart(_) if self.by_activity.contains(&event.related_activity_id) => {}
            kestrel::Event::RequestStart(start) => {
                self.started += 1;
                let method = start.method.unwrap_or_default();
                let request = self.request(event, method, start.path.unwrap_or_default());
                let id = self.id(start.requestId);
                self.by_id.begin(id, request);
                self.count(event);
            }
            kestrel::Event::RequestStop(stop) => {
                let id = self.id(stop.requestId);
                if let Some(request) = self.by_id.end(&id) {
                    self.end(event, request);
                }
            }
            kestrel::Event::ConnectionStart(start) => {
                self.connections_opened += 1;
                let id = self.id(start.connectionId);
                self.connections.begin(id, now);
                self.most_connections = self.most_connections.max(self.connections.len() as u64);
            }
            kestrel::Event::ConnectionStop(stop) => {
                self.connections_closed += 1;
                let id = self.id(stop.connectionId);
                if let Some(start) = self.connections.end(&id) {
                    self.lifetimes.record(now - start);
                }
            }
            kestrel::Event::ConnectionRejected(_) => self.connections_rejected += 1,
            kestrel::Event::TlsHandshakeStart(start) => {
                let id = self.id(start.connectionId);
                self.handshakes.begin(id, now);
            }
            // The stop is told too, behind this.
            kestrel::Event::TlsHandshakeFailed(_) => self.tls_failed += 1,
            kestrel::Event::TlsHandshakeStop(stop) => {
                let id = self.id(stop.connectionId);
                if let Some(start) = self.handshakes.end(&id) {
                    self.tls.record(now - start);
                }
            }
            _ => {}
        }
    }

    /// Those that had begun and not ended.
    pub(super) fn under_way(&self) -> impl Iterator<Item = &Request> {
        self.by_activity.values().chain(self.by_id.values())
    }

    /// Requests and connections that were forgotten since there were too many at a time.
    pub(super) fn dropped(&self) -> u64 {
        self.by_activity.dropped()
            + self.by_id.dropped()
            + self.connections.dropped()
            + self.handshakes.dropped()
    }

    fn request(&mut self, event: &Event<'_>, method: Utf16<'_>, path: Utf16<'_>) -> Request {
        let route = Route { method: self.texts.keep(method), path: self.texts.keep(path) };
        Request { start: event.relative_nanos(), route, has_failed: false }
    }

    fn end(&mut self, event: &Event<'_>, request: Request) {
        let nanos = event.relative_nanos() - request.start;
        let (has_failed, route) = (request.has_failed, request.route);
        let record = |tally: &mut Tally| tally.record(nanos, has_failed, None, &PhaseTimes::default());
        record(&mut self.all);
        if let Some(path) = self.paths.entry(route, Tally::default) {
            record(path);
        }
        self.slowest.offer(nanos, || request);
        self.count(event);
    }

    fn count(&mut self, event: &Event<'_>) {
        let open = (self.by_activity.len() + self.by_id.len()) as u64;
        self.most_at_once = self.most_at_once.max(open);
        self.concurrency.add(event.relative_nanos(), open);
    }

    fn id(&self, text: Utf16<'_>) -> u64 {
        self.hasher.hash_one(text.as_bytes())
    }
}
