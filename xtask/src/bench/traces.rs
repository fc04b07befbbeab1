//! How fast traces are read and written: the benchmarks of our crates, on traces of the testbed.

use std::env;
use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::estimates::Estimates;
use super::record::{self, Recorded};
use super::report::{MB, Row, Section};
use crate::command::{command, run};
use crate::target_dir;

const HEADING: &str = "Reading and writing traces";

/// The benchmarks of a trace: criterion's name, and what is measured.
const BENCHMARKS: [(&str, &str); 12] = [
    ("heads", "every event"),
    ("heads, pushed", "every event, pushed in pieces of 64 KiB"),
    ("heads, from a file", "every event, from opening the file to its end"),
    ("stacks", "every address of every stack"),
    ("self-described fields", "every field of the events that describe their own"),
    ("fields", "every field of every event"),
    ("heads, in time order", "every event, in time order"),
    ("heads, pushed, in time order", "every event, pushed, in time order"),
    ("fields, in time order", "every field of every event, in time order"),
    ("heads, two parts", "every event, on two threads"),
    ("written, version 4", "read and written, version 4"),
    ("written, version 6", "read and written, version 6"),
];

enum Bar {
    /// So many million events a second.
    Events(f64),
    /// So many gigabytes a second.
    Bytes(f64),
    /// At most so many times the time of another benchmark, the same in stream order.
    Slower(&'static str, f64),
    /// At least so many times as fast as another benchmark, the same on one thread.
    Faster(&'static str, f64),
}

/// Bars, by trace and benchmark.
const BARS: [(&str, &str, Bar); 13] = [
    ("cpu", "heads", Bar::Events(100.0)),
    ("cpu", "fields", Bar::Events(30.0)),
    ("mixed", "fields", Bar::Events(30.0)),
    ("mixed", "heads, from a file", Bar::Bytes(2.0)),
    ("cpu", "heads, in time order", Bar::Slower("heads", 1.5)),
    ("mixed", "heads, in time order", Bar::Slower("heads", 1.5)),
    ("rundown", "heads, in time order", Bar::Slower("heads", 1.5)),
    ("cpu", "fields, in time order", Bar::Slower("fields", 1.5)),
    ("mixed", "fields, in time order", Bar::Slower("fields", 1.5)),
    ("rundown", "fields, in time order", Bar::Slower("fields", 1.5)),
    ("cpu", "heads, two parts", Bar::Faster("heads", 1.8)),
    ("mixed", "heads, two parts", Bar::Faster("heads", 1.8)),
    ("rundown", "heads, two parts", Bar::Faster("heads", 1.8)),
];

/// What `TraceEvent` reaches once it is warm, on traces like these of its own: 33.4 MB with 2.53 M events, 349.5 MB with
/// 4.79 M, 29.6 MB with 115 k.
const PEERS: [(&str, &str, &str); 6] = [
    ("cpu", "heads", "TraceEvent: 19.6 M events/s, 0.26 GB/s"),
    ("cpu", "fields", "TraceEvent: 18.6 M events/s, 0.25 GB/s"),
    ("mixed", "heads", "TraceEvent: 15.7 M events/s, 1.15 GB/s"),
    ("mixed", "fields", "TraceEvent: 7.3 M events/s, 0.53 GB/s"),
    ("rundown", "heads", "TraceEvent: 6.2 M events/s, 1.61 GB/s"),
    ("rundown", "fields", "TraceEvent: 2.5 M events/s, 0.64 GB/s"),
];

/// Records what is missing, or everything anew, and runs the benchmarks.
pub(super) fn measure(again: bool) -> Result<Section> {
    let recorded = record::traces(again)?;
    println!("==> measuring how traces are read");
    let folder = target_dir().join("criterion");
    // What an earlier run left is not of today.
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    let traces =
        env::join_paths(recorded.iter().map(|recorded| &recorded.path)).context("cannot list the traces")?;
    for package in ["nettrace", "dotnet-events"] {
        // A pass takes up to half a second: few samples tell enough.
        let mut bench = command("cargo bench --benches --package");
        bench.args([
            package,
            "--",
            "--warm-up-time",
            "0.5",
            "--measurement-time",
            "2",
            "--sample-size",
            "10",
        ]);
        run(bench.env("CRITERION_HOME", &folder).env("PIPESCOPE_TRACES", &traces))?;
    }
    let estimates = Estimates::read(&folder)?;
    let rows = recorded.iter().flat_map(|recorded| rows(recorded, &estimates)).collect();
    Ok(Section { heading: HEADING, notes: notes(&recorded), columns: &["trace", "what"], rows })
}

fn notes(recorded: &[Recorded]) -> String {
    let of = |recorded: &Recorded| {
        let (bytes, contents) = (recorded.bytes as f64 / MB, &recorded.contents);
        format!(
            "`{}` has {bytes:.1} MB and {:.2} M events, {} lost",
            recorded.name,
            contents.events as f64 / 1e6,
            contents.lost
        )
    };
    format!(
        "Traces of a .NET 9.0.5 program of the testbed, taken by `pipescope trace collect`: {}. They are in memory or in the \
         system's cache. One thread unless said otherwise; medians of criterion. TraceEvent 3.2.5 was measured warm, on \
         traces of the same kinds and about the same sizes.",
        recorded.iter().map(of).collect::<Vec<_>>().join("; ")
    )
}

fn rows(recorded: &Recorded, estimates: &Estimates) -> Vec<Row> {
    let row = |(benchmark, what): (&str, &str)| {
        let median = estimates.median(recorded.name, benchmark)?;
        let is_it = |trace: &str, of: &str| trace == recorded.name && of == benchmark;
        let bar = BARS.iter().find(|(trace, of, _)| is_it(trace, of)).map(|(_, _, bar)| bar);
        let peer = PEERS.iter().find(|(trace, of, _)| is_it(trace, of)).map_or("", |(_, _, peer)| *peer);
        Some(row(recorded, what, median, estimates, bar, peer))
    };
    BENCHMARKS.into_iter().filter_map(row).collect()
}

fn row(
    recorded: &Recorded,
    what: &str,
    median: Duration,
    estimates: &Estimates,
    bar: Option<&Bar>,
    peer: &'static str,
) -> Row {
    let per_second = |count: u64| count as f64 / median.as_secs_f64();
    let events = per_second(recorded.contents.events) / 1e6;
    let gigabytes = per_second(recorded.bytes) / 1e9;
    let mut ours = format!("{events:.1} M events/s, {gigabytes:.2} GB/s");
    let times = |other: &str| {
        let other = estimates.median(recorded.name, other);
        other.map_or(f64::NAN, |other| median.as_secs_f64() / other.as_secs_f64())
    };
    let bar = bar.map(|bar| match *bar {
        Bar::Events(least) => (format!("{least} M events/s"), events >= least),
        Bar::Bytes(least) => (format!("{least} GB/s"), gigabytes >= least),
        Bar::Slower(other, most) => {
            let times = times(other);
            ours = format!("{ours}, {times:.2} times stream order");
            (format!("at most {most} times stream order"), times <= most)
        }
        Bar::Faster(other, least) => {
            let faster = 1.0 / times(other);
            ours = format!("{ours}, {faster:.2} times one thread");
            (format!("{least} times one thread"), faster >= least)
        }
    });
    Row { what: vec![format!("`{}`", recorded.name), what.to_owned()], ours, bar, peer }
}
