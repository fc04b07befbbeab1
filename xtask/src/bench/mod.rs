//! `cargo xtask bench`: measures what the program costs, and writes `BENCHMARKS.md`.

mod measures;
mod process;
mod report;

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::arguments::Arguments;
use crate::pipescope::{self, MUSL};
use crate::{setup, web};
use measures::{Cost, Watched};
use report::Row;

/// How often a command is started to time its start.
const RUNS: usize = 50;
const MB: f64 = 1_000_000.0;

pub(crate) fn bench(mut arguments: Arguments) -> Result<()> {
    let seconds = arguments.option("--seconds")?.unwrap_or(60);
    arguments.end()?;
    println!("==> building");
    setup::testbed()?;
    web::build()?;
    pipescope::add_target(MUSL)?;
    let program = pipescope::build("release", None)?;
    let musl = pipescope::build("release", Some(MUSL))?;

    let mut rows = Vec::new();
    let time = Duration::from_secs(seconds);
    for (program, libc) in [(&program, "gnu"), (&musl, "musl")] {
        println!("==> measuring the {libc} build");
        size_rows(program, libc, &mut rows)?;
        cost_rows(program, libc, time, &mut rows)?;
    }
    report::write(&rows, seconds)
}

fn size_rows(program: &Path, libc: &str, rows: &mut Vec<Row>) -> Result<()> {
    let size = measures::size(program)? as f64 / MB;
    let is_static = measures::is_static(program)?;
    rows.push(Row {
        what: format!("binary, stripped, {libc}"),
        ours: format!("{size:.1} MB, {}", if is_static { "static" } else { "dynamic" }),
        bar: Some(match libc {
            "musl" => ("under 15 MB, static", size < 15.0 && is_static),
            _ => ("under 15 MB", size < 15.0),
        }),
        peer: "",
    });
    Ok(())
}

fn cost_rows(program: &Path, libc: &str, time: Duration, rows: &mut Vec<Row>) -> Result<()> {
    let one = Watched::start(1)?;
    let startup = measures::startup(program, &one, RUNS)?;
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    rows.push(Row {
        what: format!("`ps`, start to end, median of {RUNS}, {libc}"),
        ours: format!(
            "{:.1} ms ({:.1} to {:.1})",
            ms(startup.median()),
            ms(startup.least()),
            ms(startup.most())
        ),
        bar: Some(("under 10 ms", ms(startup.median()) < 10.0)),
        peer: "dotnet-counters ps: 68 ms, 36 MB",
    });
    println!("    counters collect");
    let collect = measures::collect(program, &one, time)?;
    rows.push(Row {
        what: format!("`counters collect`, one process, {libc}"),
        ours: shown(&collect),
        bar: Some(("under 10 MB, 0.1%", is_under(&collect, 10.0, 0.1))),
        peer: "dotnet-counters collect: 59 MB, 0.3%",
    });
    println!("    serve, one process");
    let serve = measures::serve(program, &one, time)?;
    rows.push(Row {
        what: format!("`serve`, one process, {libc}"),
        ours: shown(&serve),
        bar: Some(("under 15 MB, 0.2%", is_under(&serve, 15.0, 0.2))),
        peer: "dotnet-monitor's metrics core: 84 MB, 1.1%",
    });
    drop(one);
    println!("    serve, ten processes");
    let serve = measures::serve(program, &Watched::start(10)?, time)?;
    rows.push(Row {
        what: format!("`serve`, ten processes, {libc}"),
        ours: shown(&serve),
        bar: None,
        peer: "dotnet-monitor watches one",
    });
    Ok(())
}

fn shown(cost: &Cost) -> String {
    let (peak, resident) = (cost.peak as f64 / MB, cost.resident as f64 / MB);
    format!("{peak:.1} MB ({resident:.1} at the end), {:.2}%", cost.cpu_percent)
}

fn is_under(cost: &Cost, megabytes: f64, percent: f64) -> bool {
    (cost.peak as f64 / MB) < megabytes && cost.cpu_percent < percent
}
