//! What the program costs: its size, its start, and what it uses while it watches.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::measures::{self, Cost, Watched};
use super::report::{MB, Row, Section};
use crate::pipescope::{self, MUSL};
use crate::{setup, web};

/// How often a command is started to time its start.
const RUNS: usize = 50;

pub(super) const HEADING: &str = "Watching processes";

/// Builds the program as it is released and measures it for so many seconds at a time.
pub(super) fn measure(seconds: u64) -> Result<Section> {
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
    let notes = format!(
        "Costs are over {seconds} s at an interval of 1 s, after start-up where the process goes on for ever, while the \
         watched .NET 9.0.5 processes are idle. CPU is in percent of one core, from the scheduler's count of nanoseconds; \
         memory is resident memory, at its highest."
    );
    Ok(Section { heading: HEADING, notes, columns: &["what"], rows })
}

fn size_rows(program: &Path, libc: &str, rows: &mut Vec<Row>) -> Result<()> {
    let size = measures::size(program)? as f64 / MB;
    let is_static = measures::is_static(program)?;
    rows.push(Row {
        what: vec![format!("binary, stripped, {libc}")],
        ours: format!("{size:.1} MB, {}", if is_static { "static" } else { "dynamic" }),
        bar: Some(match libc {
            "musl" => ("under 15 MB, static".to_owned(), size < 15.0 && is_static),
            _ => ("under 15 MB".to_owned(), size < 15.0),
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
        what: vec![format!("`ps`, start to end, median of {RUNS}, {libc}")],
        ours: format!(
            "{:.1} ms ({:.1} to {:.1})",
            ms(startup.median()),
            ms(startup.least()),
            ms(startup.most())
        ),
        bar: Some(("under 10 ms".to_owned(), ms(startup.median()) < 10.0)),
        peer: "dotnet-counters ps: 68 ms, 36 MB",
    });
    println!("    counters collect");
    let collect = measures::collect(program, &one, time)?;
    rows.push(Row {
        what: vec![format!("`counters collect`, one process, {libc}")],
        ours: shown(&collect),
        bar: Some(("under 10 MB, 0.1%".to_owned(), is_under(&collect, 10.0, 0.1))),
        peer: "dotnet-counters collect: 59 MB, 0.3%",
    });
    println!("    serve, one process");
    let serve = measures::serve(program, &one, time)?;
    rows.push(Row {
        what: vec![format!("`serve`, one process, {libc}")],
        ours: shown(&serve),
        bar: Some(("under 15 MB, 0.2%".to_owned(), is_under(&serve, 15.0, 0.2))),
        peer: "dotnet-monitor's metrics core: 84 MB, 1.1%",
    });
    drop(one);
    println!("    serve, ten processes");
    let serve = measures::serve(program, &Watched::start(10)?, time)?;
    rows.push(Row {
        what: vec![format!("`serve`, ten processes, {libc}")],
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
