//! Requests, for people.

use super::answer::{
    ClientAnswer, ClientRequest, OfHost, OperationsAnswer, RequestsAnswer, ServedRequest, ServerAnswer,
    TimeIn,
};
use crate::distribution::Durations;
use crate::report::document::{Cell, Chart, ChartKind, Document, Part, Section, Series, Table, Unit};
use crate::report::words::{counted, nanos, per_second, share};
use crate::timeline::OverTime;

/// Rows of a table.
const MAX_ROWS: usize = 10;
/// Rows of tables that matter less.
const FEW_ROWS: usize = 5;

pub(super) fn of(answer: &RequestsAnswer) -> Document {
    let (client, server, network) = (&answer.client, &answer.server, &answer.network);
    let mut sections = Vec::new();
    if client.ended > 0 {
        sections.extend(paths(client));
        sections.extend(hosts(client));
        sections.push(slowest_made(client));
        sections.push(phases(client));
    }
    sections.extend(failures(client));
    if !client.longest_under_way.is_empty() {
        sections.push(requests_made(
            "Made and not answered when the trace ended",
            &client.longest_under_way,
            FEW_ROWS,
        ));
    }
    if server.ended > 0 {
        sections.push(routes(server));
        sections.push(requests_served("Slowest served", &server.slowest, MAX_ROWS));
    }
    if !server.longest_under_way.is_empty() {
        sections.push(requests_served(
            "Not yet served when the trace ended",
            &server.longest_under_way,
            FEW_ROWS,
        ));
    }
    sections.extend(operations("DNS lookups", "Name", &network.dns));
    sections.extend(operations("Connections of sockets", "Address", &network.connects));
    sections.extend(operations("TLS handshakes", "Host", &network.tls));
    sections.extend(connections(answer));
    sections.extend(over_time("Requests made", &client.concurrency));
    sections.extend(over_time("Requests served", &server.concurrency));
    Document { title: "HTTP requests".to_owned(), summary: summary(answer), notes: notes(answer), sections }
}

fn summary(answer: &RequestsAnswer) -> String {
    let sentences = [made(answer), served(answer)];
    let text = sentences.into_iter().flatten().collect::<Vec<_>>().join(" ");
    if text.is_empty() { "No request was made or served.".to_owned() } else { text }
}

fn made(answer: &RequestsAnswer) -> Option<String> {
    let client = &answer.client;
    let count = format!(
        "{} made in {}, {} a second{}.",
        counted(client.started, "request"),
        Cell::Nanos(answer.duration_ns),
        per_second(client.started, answer.duration_ns),
        outcome(client.failed, client.errors),
    );
    let most = client.by_path.first().map(|of| {
        let (host, time) = (&of.of_host, of.of_host.durations.total_ns);
        let longest = host.longest.map(|longest| mostly(longest, time)).unwrap_or_default();
        let part = share(time, client.durations.total_ns);
        format!(" Of the time, {part} went to {}{}{longest}.", host.host, of.path)
    });
    (client.started > 0).then(|| count + &spread(&client.durations) + &most.unwrap_or_default())
}

fn served(answer: &RequestsAnswer) -> Option<String> {
    let server = &answer.server;
    let exceptions = match server.unhandled_exceptions {
        0 => String::new(),
        exceptions => format!(", {} with an unhandled exception", Cell::Count(exceptions)),
    };
    let count = format!(
        "{} served in {}, {} a second{exceptions}.",
        counted(server.started, "request"),
        Cell::Nanos(answer.duration_ns),
        per_second(server.started, answer.duration_ns),
    );
    let most = server.by_path.first().map(|of| {
        let part = share(of.durations.total_ns, server.durations.total_ns);
        format!(" Of the time, {part} went to {} {}.", of.method, of.path)
    });
    (server.started > 0).then(|| count + &spread(&server.durations) + &most.unwrap_or_default())
}

fn outcome(failed: u64, errors: u64) -> String {
    match (failed, errors) {
        (0, 0) => String::new(),
        (failed, 0) => format!("; {} failed", Cell::Count(failed)),
        (0, errors) => format!("; {} answered with an error", Cell::Count(errors)),
        (failed, errors) => {
            format!("; {} failed, {} answered with an error", Cell::Count(failed), Cell::Count(errors))
        }
    }
}

fn spread(durations: &Durations) -> String {
    let (median, longest) = (nanos(durations.p50_ns), nanos(durations.max_ns));
    match durations.count {
        0 => String::new(),
        1 => format!(" It took {longest}."),
        _ => format!(" They took {median} in the median, {longest} at most."),
    }
}

/// Where most of the time went, if a good part of it went there.
fn mostly(longest: TimeIn, whole: u64) -> String {
    if longest.total_ns < whole / 5 {
        return String::new();
    }
    format!(", {} of it {}", share(longest.total_ns, whole), longest.phase.doing())
}

fn notes(answer: &RequestsAnswer) -> Vec<String> {
    let (client, server) = (&answer.client, &answer.server);
    let mut notes = Vec::new();
    let mut note = |number: u64, noun: &str, text: &str| {
        if number > 0 {
            notes.push(format!("{text}: {}.", counted(number, noun)));
        }
    };
    note(
        client.untimed,
        "request",
        "Made, and only counted: their events cannot be put together without \
         System.Threading.Tasks.TplEventSource:80:4 in the session",
    );
    let untimed = if server.started == 0 { server.untimed } else { 0 };
    note(
        untimed,
        "request",
        "Served, and only counted: that takes Microsoft-AspNetCore-Server-Kestrel, or \
         System.Threading.Tasks.TplEventSource:80:4, in the session",
    );
    note(
        client.under_way + server.under_way,
        "request",
        "Under way when the trace ended, and in no duration",
    );
    note(
        client.without_start + server.without_start,
        "request",
        "Begun before the trace, or the begin was lost, so not in any figure",
    );
    note(answer.dropped, "request or phase", "Forgotten, since too many were under way at a time");
    note(answer.not_told_apart, "request", "In the totals only, since there were too many hosts or paths");
    note(answer.unreadable, "event", "Could not be read");
    if answer.events == 0 {
        notes.push(
            "The trace has no events that tell of requests; the session has to ask for them \
             (`pipescope report requests --help` says how)."
                .to_owned(),
        );
    }
    if server.ended > 0 {
        notes.push("The events of the server tell no status.".to_owned());
    }
    notes
}

const TIMES: [&str; 5] = ["Count", "Failed", "Mean", "p90", "Longest"];

fn times(count: u64, failed: u64, durations: &Durations) -> Vec<Cell> {
    vec![
        Cell::Count(count),
        Cell::Count(failed),
        nanos(durations.mean_ns),
        nanos(durations.p90_ns),
        nanos(durations.max_ns),
    ]
}

fn row_of(of: &OfHost, target: String) -> Vec<Cell> {
    let mut row = times(of.count, of.failed, &of.durations);
    row.push(most_in(of.longest, of.durations.total_ns));
    row.push(Cell::Text(statuses(of)));
    row.push(Cell::Text(target));
    row
}

fn most_in(longest: Option<TimeIn>, whole: u64) -> Cell {
    longest.map_or(Cell::Empty, |longest| {
        Cell::Text(format!("{} {}", share(longest.total_ns, whole), longest.phase.name()))
    })
}

fn statuses(of: &OfHost) -> String {
    let statuses = of.statuses.iter().take(FEW_ROWS);
    let text: Vec<_> = statuses.map(|of| format!("{}×{}", Cell::Count(of.count), of.status)).collect();
    text.join(" ")
}

fn paths(client: &ClientAnswer) -> Option<Section> {
    // With one host there is no need to say which on every line.
    let only = client.by_host.first().filter(|_| client.by_host.len() == 1);
    let rows = client.by_path.iter().take(MAX_ROWS).map(|of| {
        let host = if only.is_some() { "" } else { &of.of_host.host };
        row_of(&of.of_host, format!("{host}{}", of.path))
    });
    let columns = [&TIMES[..], &["Most time in", "Status", "Path"]].concat();
    let to = only.map(|of| format!(" to {}", of.host)).unwrap_or_default();
    let title = format!("Requests made{to}, by path");
    (!client.by_path.is_empty()).then(|| table(&title, &columns, rows.collect(), client.by_path.len()))
}

fn hosts(client: &ClientAnswer) -> Option<Section> {
    let rows = client.by_host.iter().take(MAX_ROWS).map(|of| row_of(of, of.host.clone()));
    let columns = [&TIMES[..], &["Most time in", "Status", "Host"]].concat();
    // With one host the paths say the same.
    (client.by_host.len() > 1)
        .then(|| table("Requests made, by host", &columns, rows.collect(), client.by_host.len()))
}

fn slowest_made(client: &ClientAnswer) -> Section {
    requests_made("Slowest made", &client.slowest, MAX_ROWS)
}

fn requests_made(title: &str, requests: &[ClientRequest], max_rows: usize) -> Section {
    let rows = requests.iter().take(max_rows).map(|request| {
        let whole = u64::try_from(request.duration_ns).unwrap_or(0);
        let outcome = match (&request.failure, request.status) {
            (Some(failure), _) => {
                Cell::Text(if failure.is_empty() { "failed".to_owned() } else { failure.clone() })
            }
            (None, Some(status)) => Cell::Text(status.to_string()),
            (None, None) => Cell::Empty,
        };
        vec![
            Cell::Nanos(request.start_ns),
            Cell::Nanos(request.duration_ns),
            most_in(request.longest, whole),
            outcome,
            Cell::Text(format!("{}{}", request.host, request.path)),
        ]
    });
    table(title, &["At", "Duration", "Most time in", "Outcome", "Request"], rows.collect(), requests.len())
}

fn phases(client: &ClientAnswer) -> Section {
    let total = client.durations.total_ns;
    let rows = client.phases.iter().map(|of| {
        vec![
            Cell::Text(of.phase.name().to_owned()),
            Cell::Count(of.durations.count),
            share(of.durations.total_ns, total),
            nanos(of.durations.mean_ns),
            nanos(of.durations.p50_ns),
            nanos(of.durations.p90_ns),
            nanos(of.durations.max_ns),
        ]
    });
    let columns = ["Phase", "Requests", "Of the time", "Mean", "p50", "p90", "Longest"];
    table(
        "Phases of requests made (DNS, connect and TLS are in the queue)",
        &columns,
        rows.collect(),
        client.phases.len(),
    )
}

fn failures(client: &ClientAnswer) -> Option<Section> {
    let rows = client.failures.iter().take(MAX_ROWS).map(|failure| {
        let message =
            if failure.message.is_empty() { "(no message before .NET 8)" } else { &failure.message };
        vec![Cell::Count(failure.count), Cell::Text(message.to_owned())]
    });
    (!client.failures.is_empty())
        .then(|| table("Failures", &["Count", "Message"], rows.collect(), client.failures.len()))
}

fn routes(server: &ServerAnswer) -> Section {
    let rows = server.by_path.iter().take(MAX_ROWS).map(|of| {
        let mut row = times(of.count, of.failed, &of.durations);
        row.push(share(of.durations.total_ns, server.durations.total_ns));
        row.push(Cell::Text(format!("{} {}", of.method, of.path)));
        row
    });
    let columns = [&TIMES[..], &["Of the time", "Path"]].concat();
    table("Requests served, by path", &columns, rows.collect(), server.by_path.len())
}

fn requests_served(title: &str, requests: &[ServedRequest], max_rows: usize) -> Section {
    let rows = requests.iter().take(max_rows).map(|request| {
        vec![
            Cell::Nanos(request.start_ns),
            Cell::Nanos(request.duration_ns),
            Cell::Text(if request.failed { "exception" } else { "" }.to_owned()),
            Cell::Text(format!("{} {}", request.method, request.path)),
        ]
    });
    table(title, &["At", "Duration", "Outcome", "Request"], rows.collect(), requests.len())
}

fn operations(title: &str, target: &str, answer: &OperationsAnswer) -> Option<Section> {
    let rows = answer.by_target.iter().take(FEW_ROWS).map(|of| {
        let mut row = times(of.durations.count, of.failed, &of.durations);
        row.push(Cell::Text(of.target.clone()));
        row
    });
    let columns = [&TIMES[..], &[target]].concat();
    (!answer.by_target.is_empty()).then(|| table(title, &columns, rows.collect(), answer.by_target.len()))
}

fn connections(answer: &RequestsAnswer) -> Option<Section> {
    let (client, server, network) = (&answer.client, &answer.server, &answer.network);
    let facts = [
        ("Requests made at a time, at most", client.most_at_once),
        ("Connections of the HTTP client, established", client.connections.established),
        ("Connections of the HTTP client, closed", client.connections.closed),
        ("Redirects followed", client.redirects),
        ("Requests served at a time, at most", server.most_at_once),
        ("Connections to Kestrel, opened", server.connections.opened),
        ("Connections to Kestrel, closed", server.connections.closed),
        ("Connections to Kestrel, rejected", server.connections.rejected),
        ("Sockets accepted", network.accepted),
        ("Sockets that could not be accepted", network.accepts_failed),
        ("TLS handshakes that failed", network.tls.failed + network.tls_served.failed),
    ];
    let facts = facts.into_iter().filter(|(_, count)| *count > 0);
    let facts: Vec<_> = facts.map(|(name, count)| (name.to_owned(), Cell::Count(count))).collect();
    let protocols = network.tls_protocols.iter();
    let protocols = protocols.map(|of| (format!("TLS handshakes, {}", of.protocol), Cell::Count(of.count)));
    let facts: Vec<_> = facts.into_iter().chain(protocols).collect();
    (!facts.is_empty()).then(|| Section { title: "Connections".to_owned(), parts: vec![Part::Facts(facts)] })
}

fn over_time(title: &str, figures: &OverTime) -> Option<Section> {
    let values = figures.points(false);
    let series = Series { name: "under way".to_owned(), labels: Vec::new(), values };
    let chart = Chart {
        title: format!("{title}: most at a time"),
        x: "seconds".to_owned(),
        unit: Unit::Count,
        kind: ChartKind::Lines,
        series: vec![series],
    };
    let is_known = figures.values.iter().any(Option::is_some);
    is_known.then(|| Section { title: format!("{title}, over time"), parts: vec![Part::Chart(chart)] })
}

fn table(title: &str, columns: &[&str], rows: Vec<Vec<Cell>>, of: usize) -> Section {
    let left_out = of.saturating_sub(rows.len()) as u64;
    let columns = columns.iter().map(|column| (*column).to_owned()).collect();
    Section { title: title.to_owned(), parts: vec![Part::Table(Table { columns, rows, left_out })] }
}
