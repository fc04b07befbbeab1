//! What is said of requests in the end.

use serde::Serialize;

use super::client::{Host, Request};
use super::network::Operations;
use super::phases::{Phase, PhaseTimes};
use super::tally::Tally;
use super::{Requests, address, document, server};
use crate::distribution::Durations;
use crate::report::document::Document;
use crate::report::{Answer, Facts};
use crate::texts::Texts;
use crate::timeline::OverTime;

/// Hosts, paths, names listed. All count in the totals.
const MAX_LISTED: usize = 200;

/// HTTP requests, made and served. All durations are in nanoseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RequestsAnswer {
    /// Those that the program makes.
    pub client: ClientAnswer,
    /// Those that it serves.
    pub server: ServerAnswer,
    /// What they rest on.
    pub network: NetworkAnswer,
    /// From the start of the trace to its last event.
    pub duration_ns: i64,
    /// Events that all this is made of.
    pub events: u64,
    /// Requests, phases and connections that were forgotten, since too many were under way at a time.
    pub dropped: u64,
    /// Requests that there was no room to tell apart by host or path: they count in the totals only.
    pub not_told_apart: u64,
    /// Events that could not be read.
    pub unreadable: u64,
}

/// Requests of the HTTP client.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ClientAnswer {
    /// Begun.
    pub started: u64,
    /// Begun and ended.
    pub ended: u64,
    /// Ended without an answer.
    pub failed: u64,
    /// Ended with a status from 400 on.
    pub errors: u64,
    /// Begun, and not ended when the trace did.
    pub under_way: u64,
    /// Ended, but begun before the trace, or their begin was lost.
    pub without_start: u64,
    /// Of which nothing more is known than that they began, since the session did not ask for activities.
    pub untimed: u64,
    /// Redirects that were followed.
    pub redirects: u64,
    /// The most under way at a time.
    pub most_at_once: u64,
    /// From begin to end.
    pub durations: Durations,
    /// How long requests were in each phase, of those that had it. DNS, connect and TLS are parts of the queue.
    pub phases: Vec<OfPhase>,
    /// The most time in all first.
    pub by_host: Vec<OfHost>,
    /// The most time in all first.
    pub by_path: Vec<OfPath>,
    /// Most frequent first.
    pub failures: Vec<Failure>,
    /// The slowest, slowest first.
    pub slowest: Vec<ClientRequest>,
    /// Those that had waited longest when the trace ended.
    pub longest_under_way: Vec<ClientRequest>,
    /// Most under way in an interval.
    pub concurrency: OverTime,
    /// Connections.
    pub connections: ClientConnections,
}

/// Connections of the HTTP client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ClientConnections {
    /// Established.
    pub established: u64,
    /// Closed.
    pub closed: u64,
    /// From one to the other.
    pub lifetimes: Durations,
}

/// A phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OfPhase {
    /// Which.
    pub phase: Phase,
    /// How long.
    pub durations: Durations,
}

/// Time in a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TimeIn {
    /// Which.
    pub phase: Phase,
    /// How long, of all requests together.
    pub total_ns: u64,
}

/// Answers with a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StatusCount {
    /// The status.
    pub status: i32,
    /// How many.
    pub count: u64,
}

/// Requests to a host.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OfHost {
    /// `scheme://name:port`.
    pub host: String,
    /// Ended.
    pub count: u64,
    /// Ended without an answer.
    pub failed: u64,
    /// By status, in ascending order.
    pub statuses: Vec<StatusCount>,
    /// From begin to end.
    pub durations: Durations,
    /// Time in each phase that there was.
    pub phases: Vec<TimeIn>,
    /// The phase that most of the time went to.
    pub longest: Option<TimeIn>,
}

/// Requests for a path.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OfPath {
    /// The path, without its query.
    pub path: String,
    /// What is known.
    #[serde(flatten)]
    pub of_host: OfHost,
}

/// Requests that failed in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Failure {
    /// The message of the exception; empty before .NET 8.
    pub message: String,
    /// How many.
    pub count: u64,
}

/// A request of the client.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ClientRequest {
    /// From the start of the trace.
    pub start_ns: i64,
    /// How long it took, or has taken.
    pub duration_ns: i64,
    /// `scheme://name:port`.
    pub host: String,
    /// The path, without its query.
    pub path: String,
    /// The status of the answer.
    pub status: Option<i32>,
    /// Why it failed.
    pub failure: Option<String>,
    /// Redirects that were followed.
    pub redirects: u32,
    /// Time in each phase that it had.
    pub phases: Vec<TimeIn>,
    /// The phase that most of the time went to.
    pub longest: Option<TimeIn>,
}

/// Requests that a web application serves. These events tell no status.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ServerAnswer {
    /// Begun.
    pub started: u64,
    /// Begun and ended.
    pub ended: u64,
    /// Ended with an exception that the application did not handle; known where activities are.
    pub failed: u64,
    /// Exceptions that the application did not handle.
    pub unhandled_exceptions: u64,
    /// Begun, and not ended when the trace did.
    pub under_way: u64,
    /// Ended, but begun before the trace, or their begin was lost.
    pub without_start: u64,
    /// Told by hosting only and without activities, so that nothing more is known of them. Where Kestrel tells of the same
    /// ones, they are in the other figures.
    pub untimed: u64,
    /// The most under way at a time.
    pub most_at_once: u64,
    /// From begin to end.
    pub durations: Durations,
    /// The most time in all first.
    pub by_path: Vec<OfRoute>,
    /// The slowest, slowest first.
    pub slowest: Vec<ServedRequest>,
    /// Those that had taken longest when the trace ended.
    pub longest_under_way: Vec<ServedRequest>,
    /// Most under way in an interval.
    pub concurrency: OverTime,
    /// Connections.
    pub connections: ServerConnections,
}

/// Connections of Kestrel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ServerConnections {
    /// Opened.
    pub opened: u64,
    /// Closed.
    pub closed: u64,
    /// Rejected, being too many.
    pub rejected: u64,
    /// The most at a time, of those that were opened in the trace.
    pub most_at_once: u64,
    /// From one to the other.
    pub lifetimes: Durations,
    /// TLS handshakes.
    pub tls: Durations,
    /// TLS handshakes that failed.
    pub tls_failed: u64,
}

/// Requests served for a method and path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OfRoute {
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// Ended.
    pub count: u64,
    /// Ended with an exception that the application did not handle.
    pub failed: u64,
    /// From begin to end.
    pub durations: Durations,
}

/// A request that was served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ServedRequest {
    /// From the start of the trace.
    pub start_ns: i64,
    /// How long it took, or has taken.
    pub duration_ns: i64,
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// Whether it ended with an exception that the application did not handle.
    pub failed: bool,
}

/// DNS, sockets, TLS.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NetworkAnswer {
    /// DNS lookups, by name.
    pub dns: OperationsAnswer,
    /// Connections of sockets, by address.
    pub connects: OperationsAnswer,
    /// TLS handshakes of clients, by host.
    pub tls: OperationsAnswer,
    /// TLS handshakes of servers.
    pub tls_served: OperationsAnswer,
    /// TLS handshakes by protocol, such as `Tls13`.
    pub tls_protocols: Vec<OfProtocol>,
    /// Connections that were accepted.
    pub accepted: u64,
    /// Connections that could not be accepted.
    pub accepts_failed: u64,
}

/// TLS handshakes with a protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OfProtocol {
    /// Its name.
    pub protocol: String,
    /// How many.
    pub count: u64,
}

/// Operations of one kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OperationsAnswer {
    /// Begun.
    pub started: u64,
    /// Failed.
    pub failed: u64,
    /// From begin to end, whether it failed or not.
    pub durations: Durations,
    /// The most time in all first.
    pub by_target: Vec<OfTarget>,
}

/// Operations on one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OfTarget {
    /// The name or address.
    pub target: String,
    /// Failed.
    pub failed: u64,
    /// From begin to end, whether it failed or not.
    pub durations: Durations,
}

pub(super) fn of(requests: &Requests, facts: &Facts) -> RequestsAnswer {
    let Requests { client, server, network, events, unreadable } = requests;
    RequestsAnswer {
        client: of_client(client, facts),
        server: of_server(server, facts),
        network: of_network(network),
        duration_ns: facts.duration_ns,
        events: *events,
        dropped: client.dropped() + server.dropped() + network.dropped(),
        not_told_apart: client.hosts.refused() + client.paths.refused() + server.paths.refused(),
        unreadable: *unreadable,
    }
}

fn of_client(client: &super::Client, facts: &Facts) -> ClientAnswer {
    let texts = &client.texts;
    let of_phase = |(phase, distribution): (Phase, &crate::distribution::Distribution)| {
        let durations = distribution.summary();
        (durations.count > 0).then_some(OfPhase { phase, durations })
    };
    let by_host = client.hosts.iter().map(|(host, tally)| of_host(texts, *host, tally));
    let by_path = client.paths.iter().map(|((host, path), tally)| OfPath {
        path: texts.get(*path).to_owned(),
        of_host: of_host(texts, *host, tally),
    });
    let failures = client
        .failures
        .iter()
        .map(|(message, count)| Failure { message: texts.get(*message).to_owned(), count: *count });
    let request = |nanos: i64, request: &Request| client_request(texts, nanos, request);
    ClientAnswer {
        started: client.started,
        ended: client.all.ended,
        failed: client.all.failed,
        errors: client.errors,
        under_way: client.under_way().count() as u64,
        without_start: client.without_start,
        untimed: client.untimed,
        redirects: client.redirects,
        most_at_once: client.most_at_once,
        durations: client.all.durations.summary(),
        phases: client.phases.iter().filter_map(of_phase).collect(),
        by_host: most_first(by_host, |of| (of.durations.total_ns, of.host.clone())),
        by_path: most_first(by_path, |of| {
            (of.of_host.durations.total_ns, format!("{}{}", of.of_host.host, of.path))
        }),
        failures: most_first(failures, |of| (of.count, of.message.clone())),
        slowest: client.slowest.iter().map(|(nanos, slow)| request(nanos, slow)).collect(),
        longest_under_way: oldest(client.under_way(), |open| open.start)
            .map(|open| request(facts.duration_ns - open.start, open))
            .collect(),
        concurrency: client.concurrency.over_time(facts.duration_ns),
        connections: ClientConnections {
            established: client.connections.established,
            closed: client.connections.closed,
            lifetimes: client.connections.lifetimes.summary(),
        },
    }
}

fn of_server(server: &super::Server, facts: &Facts) -> ServerAnswer {
    let texts = &server.texts;
    let by_path = server.paths.iter().map(|(route, tally)| OfRoute {
        method: texts.get(route.method).to_owned(),
        path: texts.get(route.path).to_owned(),
        count: tally.ended,
        failed: tally.failed,
        durations: tally.durations.summary(),
    });
    let request = |nanos: i64, request: &server::Request| ServedRequest {
        start_ns: request.start,
        duration_ns: nanos,
        method: texts.get(request.route.method).to_owned(),
        path: texts.get(request.route.path).to_owned(),
        failed: request.has_failed,
    };
    ServerAnswer {
        started: server.started,
        ended: server.all.ended,
        failed: server.all.failed,
        unhandled_exceptions: server.unhandled,
        under_way: server.under_way().count() as u64,
        without_start: server.without_start,
        untimed: server.untimed,
        most_at_once: server.most_at_once,
        durations: server.all.durations.summary(),
        by_path: most_first(by_path, |of| (of.durations.total_ns, format!("{} {}", of.path, of.method))),
        slowest: server.slowest.iter().map(|(nanos, slow)| request(nanos, slow)).collect(),
        longest_under_way: oldest(server.under_way(), |open| open.start)
            .map(|open| request(facts.duration_ns - open.start, open))
            .collect(),
        concurrency: server.concurrency.over_time(facts.duration_ns),
        connections: ServerConnections {
            opened: server.connections_opened,
            closed: server.connections_closed,
            rejected: server.connections_rejected,
            most_at_once: server.most_connections,
            lifetimes: server.lifetimes.summary(),
            tls: server.tls.summary(),
            tls_failed: server.tls_failed,
        },
    }
}

fn of_network(network: &super::Network) -> NetworkAnswer {
    let texts = &network.texts;
    let protocols = network.protocols.iter().map(|(bits, count)| OfProtocol {
        protocol: dotnet_events::enumerations::SslProtocols::from(*bits).to_string(),
        count: *count,
    });
    NetworkAnswer {
        dns: operations(texts, &network.lookups, str::to_owned),
        connects: operations(texts, &network.connects, |text| {
            address::parse(text).map_or_else(|| text.to_owned(), |address| address.to_string())
        }),
        tls: operations(texts, &network.handshakes, str::to_owned),
        tls_served: operations(texts, &network.served_handshakes, str::to_owned),
        tls_protocols: most_first(protocols, |of| (of.count, of.protocol.clone())),
        accepted: network.accepted,
        accepts_failed: network.accepts_failed,
    }
}

fn operations(texts: &Texts, operations: &Operations, shown: impl Fn(&str) -> String) -> OperationsAnswer {
    let by_target = operations.by_target.iter().map(|(target, of)| OfTarget {
        target: shown(texts.get(*target)),
        failed: of.failed,
        durations: of.durations.summary(),
    });
    OperationsAnswer {
        started: operations.started,
        failed: operations.failed,
        durations: operations.durations.summary(),
        by_target: most_first(by_target, |of| (of.durations.total_ns, of.target.clone())),
    }
}

fn of_host(texts: &Texts, host: Host, tally: &Tally) -> OfHost {
    OfHost {
        host: host_name(texts, host),
        count: tally.ended,
        failed: tally.failed,
        statuses: tally
            .statuses
            .iter()
            .map(|(status, count)| StatusCount { status: *status, count: *count })
            .collect(),
        durations: tally.durations.summary(),
        phases: times(&tally.phases),
        longest: longest(&tally.phases),
    }
}

fn client_request(texts: &Texts, nanos: i64, request: &Request) -> ClientRequest {
    ClientRequest {
        start_ns: request.start,
        duration_ns: nanos,
        host: host_name(texts, request.host),
        path: texts.get(request.path).to_owned(),
        status: request.status,
        failure: request.failure.map(|failure| texts.get(failure).to_owned()),
        redirects: request.redirects,
        phases: times(&request.phases),
        longest: longest(&request.phases),
    }
}

fn host_name(texts: &Texts, host: Host) -> String {
    format!("{}://{}:{}", texts.get(host.scheme), texts.get(host.name), host.port)
}

fn times(phases: &PhaseTimes) -> Vec<TimeIn> {
    let times = Phase::ALL.into_iter().map(|phase| TimeIn { phase, total_ns: phases.of(phase) });
    times.filter(|time| time.total_ns > 0).collect()
}

fn longest(phases: &PhaseTimes) -> Option<TimeIn> {
    phases.longest().map(|(phase, total_ns)| TimeIn { phase, total_ns })
}

/// Those with the most first, and equal ones by name.
fn most_first<T>(list: impl Iterator<Item = T>, key: impl Fn(&T) -> (u64, String)) -> Vec<T> {
    let mut list: Vec<_> = list.collect();
    list.sort_by_cached_key(|item| {
        let (most, name) = key(item);
        (std::cmp::Reverse(most), name)
    });
    list.truncate(MAX_LISTED);
    list
}

/// Those that began first.
fn oldest<'a, T: 'a>(
    open: impl Iterator<Item = &'a T>,
    start: impl Fn(&T) -> i64,
) -> impl Iterator<Item = &'a T> {
    let mut list: Vec<_> = open.collect();
    list.sort_by_key(|item| start(item));
    list.into_iter().take(super::MAX_SLOWEST)
}

impl Answer for RequestsAnswer {
    fn document(&self) -> Document {
        document::of(self)
    }
}
