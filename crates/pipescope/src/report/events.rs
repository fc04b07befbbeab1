//! The report of `report events`: as JSON, and as text.

use std::fmt::Write as _;

use jiff::Timestamp;
use nettrace::{Decoder, TraceInfo};
use serde::Serialize;

use super::EventCounts;
use crate::counters::{readable, readable_size};
use crate::text::printable;
use crate::trace_input::Ending;

/// The last version of the older format.
const LAST_NETPERF: u32 = 3;

/// What there is to tell, in the shape of `--json`. Members are added at the ends; those that are there keep their names.
#[derive(Debug, Serialize)]
pub(crate) struct EventsReport<'a> {
    /// `nettrace`, or `netperf` for the older format.
    format: &'static str,
    version: u32,
    /// In bytes.
    pointer_size: u8,
    /// In the process-id namespace of the process. `null` for a trace of several processes.
    process_id: Option<u32>,
    /// Start of the session: RFC 3339, UTC.
    start: String,
    /// From the start of the session to the last event; 0 without events.
    duration_ns: i64,
    events: u64,
    /// Events that the runtime dropped.
    lost: u64,
    /// Whether the trace has its end and is not damaged.
    complete: bool,
    /// What is wrong where it is not complete, and where.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Sorted by provider, id, version and name.
    by_event: Vec<Row<'a>>,
    payload_bytes: u64,
    /// Bytes of the trace, as far as it was read.
    bytes: u64,
}

/// Events of one kind.
#[derive(Debug, Serialize)]
struct Row<'a> {
    provider: &'a str,
    id: u32,
    version: u32,
    name: &'a str,
    count: u64,
    payload_bytes: u64,
}

impl<'a> EventsReport<'a> {
    /// The report on a trace that was read.
    pub(crate) fn new(
        trace: &TraceInfo,
        decoder: &Decoder,
        counts: &'a EventCounts,
        ending: &Ending,
    ) -> Self {
        let statistics = decoder.statistics();
        let mut by_event: Vec<_> = counts
            .sorted()
            .into_iter()
            .map(|(kind, count)| Row {
                provider: &kind.provider,
                id: kind.id,
                version: kind.version,
                name: &kind.name,
                count: count.events,
                payload_bytes: count.payload_bytes,
            })
            .collect();
        let others = counts.of_other_kinds();
        if others.events > 0 {
            by_event.push(Row {
                provider: "(others)",
                id: 0,
                version: 0,
                name: "",
                count: others.events,
                payload_bytes: others.payload_bytes,
            });
        }
        Self {
            format: if trace.version <= LAST_NETPERF { "netperf" } else { "nettrace" },
            version: trace.version,
            pointer_size: trace.pointer_size,
            process_id: Some(trace.process_id).filter(|id| *id != 0),
            // Every 64 bits of nanoseconds are a date.
            start: Timestamp::from_nanosecond(trace.start_unix_nanos.into()).unwrap_or_default().to_string(),
            duration_ns: counts.last_ticks().map_or(0, |ticks| trace.relative_nanos(ticks)),
            events: statistics.events,
            lost: statistics.lost_events,
            complete: *ending == Ending::Complete,
            error: match ending {
                Ending::Complete => None,
                Ending::Broken(error) => Some(error.clone()),
            },
            by_event,
            payload_bytes: statistics.payload_bytes,
            bytes: statistics.bytes,
        }
    }

    /// As JSON, indented.
    pub(crate) fn json(&self) -> String {
        // Serializing plain data to memory cannot fail.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// As text for people: the trace, then a table of events, provider by provider.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for (label, value) in self.head() {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{label:<10}{value}");
        }
        text.push('\n');
        text.push_str(&self.table());
        text
    }

    fn head(&self) -> [(&'static str, String); 7] {
        let format = if self.format == "netperf" { "netperf" } else { "NetTrace" };
        let process = match self.process_id {
            Some(id) => format!("{id}, with pointers of {} bytes", self.pointer_size),
            None => format!("several, with pointers of {} bytes", self.pointer_size),
        };
        let share = |part: u64, whole: u64| 100.0 * part as f64 / whole.max(1) as f64;
        let lost = match self.lost {
            0 => "none".to_owned(),
            lost => format!(
                "{} that the runtime dropped ({:.1} %)",
                readable(lost as f64),
                share(lost, self.events.saturating_add(lost))
            ),
        };
        [
            ("Format", format!("{format} {}, {}", self.version, readable_size(self.bytes))),
            ("Process", process),
            ("Start", self.start.clone()),
            ("Duration", format!("{:.3} s", self.duration_ns as f64 / 1e9)),
            (
                "Events",
                format!(
                    "{} with {} of payload",
                    readable(self.events as f64),
                    readable_size(self.payload_bytes)
                ),
            ),
            ("Lost", lost),
            (
                "Complete",
                self.error.as_ref().map_or_else(|| "yes".to_owned(), |error| format!("no: {error}")),
            ),
        ]
    }

    fn table(&self) -> String {
        if self.by_event.is_empty() {
            return "No events.\n".to_owned();
        }
        let counts: Vec<String> = self.by_event.iter().map(|row| readable(row.count as f64)).collect();
        let sizes: Vec<String> = self.by_event.iter().map(|row| readable_size(row.payload_bytes)).collect();
        let providers: Vec<&[Row<'_>]> = self.by_event.chunk_by(|a, b| a.provider == b.provider).collect();
        let totals: Vec<(String, String)> = providers
            .iter()
            .map(|rows| {
                let events: u64 = rows.iter().map(|row| row.count).sum();
                let bytes: u64 = rows.iter().map(|row| row.payload_bytes).sum();
                (readable(events as f64), readable_size(bytes))
            })
            .collect();
        let widest = |texts: &mut dyn Iterator<Item = &String>, head: &str| {
            texts.map(String::len).max().unwrap_or(0).max(head.len())
        };
        let count_width = widest(&mut counts.iter().chain(totals.iter().map(|(count, _)| count)), "COUNT");
        let size_width = widest(&mut sizes.iter().chain(totals.iter().map(|(_, size)| size)), "PAYLOAD");
        let mut text = format!(
            "{:>count_width$}  {:>size_width$}  {:>5}  {:>7}  EVENT\n",
            "COUNT", "PAYLOAD", "ID", "VERSION"
        );
        let mut cells = counts.iter().zip(&sizes);
        for (rows, (count, size)) in providers.into_iter().zip(&totals) {
            let provider = rows.first().map_or("", |row| row.provider);
            let _ = writeln!(
                text,
                "{count:>count_width$}  {size:>size_width$}  {:>5}  {:>7}  {}",
                "",
                "",
                printable(provider)
            );
            for (row, (count, size)) in rows.iter().zip(&mut cells) {
                let _ = writeln!(
                    text,
                    "{count:>count_width$}  {size:>size_width$}  {:>5}  {:>7}    {}",
                    row.id,
                    row.version,
                    printable(row.name)
                );
            }
        }
        text
    }
}
