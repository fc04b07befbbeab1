//! What answers cost: stacks, reports, profiles in other formats, heap dumps.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use testbed::{Program, Runtime, Target};

use super::process::Usage;
use super::record;
use super::report::{MB, Row, Section};
use crate::{pipescope, setup};

const HEADING: &str = "Answers";

/// How often a command is run.
const RUNS: usize = 11;

/// Builds the program as it is released, and measures its commands as whole processes.
pub(super) fn measure() -> Result<Section> {
    println!("==> building");
    setup::testbed()?;
    let program = pipescope::build("release", None)?;
    let mut rows = Vec::new();
    for (threads, most, peer) in [
        (60, 150, "dotnet-stack, 60 waiting threads: 414 ms, 70 MB"),
        (200, 300, "dotnet-stack, .NET 10 server: 510 ms, 99 MB"),
    ] {
        println!("==> measuring the stacks of {threads} threads");
        rows.push(stacks(&program, threads, most, peer)?);
    }
    println!("==> measuring reports and conversions of a CPU trace");
    rows.extend(profiles(&program)?);
    println!("==> measuring a heap dump");
    rows.push(heap_dump(&program)?);
    let notes = format!(
        "Whole processes of the release build, from start to end; medians of {RUNS} runs, of 3 for the heap dump. Memory is \
         resident memory, at its highest. The processes looked into run .NET 9.0.5; the CPU trace is the one that is read \
         below."
    );
    Ok(Section { heading: HEADING, notes, columns: &["what"], rows })
}

/// `stacks` of a process whose threads wait.
fn stacks(program: &Path, threads: usize, most: u64, peer: &'static str) -> Result<Row> {
    let mut target = Target::start(Runtime::Net9, Program::Culprits, &[]);
    target.run(&format!("threads {threads}"));
    let pid = target.pid().to_string();
    let mut command = Command::new(program);
    command.args(["stacks", &pid, "--json"]).env("TMPDIR", target.tmpdir());
    let costs = Costs::of(&mut command, RUNS)?;
    let wall = costs.wall();
    Ok(Row {
        what: vec![format!("`stacks`, {threads} threads and those of the runtime")],
        ours: costs.shown(),
        bar: Some((format!("under {most} ms"), wall < Duration::from_millis(most))),
        peer,
    })
}

/// What is made of the samples of a trace.
fn profiles(program: &Path) -> Result<Vec<Row>> {
    let recorded = record::traces(false)?;
    let cpu = recorded.iter().find(|recorded| recorded.name == "cpu").context("there is a CPU trace")?;
    let directory = tempfile::tempdir()?;
    let mut rows = Vec::new();
    let mut report = Command::new(program);
    report.args(["report", "cpu"]).arg(&cpu.path);
    let costs = Costs::of(&mut report, RUNS)?;
    rows.push(Row {
        what: vec!["`report cpu`".to_owned()],
        ours: costs.shown(),
        bar: Some(("under 300 ms".to_owned(), costs.wall() < Duration::from_millis(300))),
        peer: "dotnet-trace report topN: 8.9 s, 285 MB",
    });
    for (format, most, peer) in [
        ("speedscope", Some(500), "dotnet-trace convert: 20.3 s, 680 MB, a file of 746 MB"),
        ("chrome", None, "dotnet-trace convert: 22.7 s, 680 MB"),
        ("firefox", None, ""),
        ("pprof", None, ""),
        ("folded", None, ""),
        ("svg", None, ""),
    ] {
        let file = directory.path().join(format);
        let mut convert = Command::new(program);
        convert.arg("convert").arg(&cpu.path).args(["--to", format, "-o"]).arg(&file);
        let costs = Costs::of(&mut convert, RUNS)?;
        let size = fs::metadata(&file)?.len() as f64 / MB;
        rows.push(Row {
            what: vec![format!("`convert --to {format}`")],
            ours: format!("{}, a file of {size:.1} MB", costs.shown()),
            bar: most.map(|most| {
                (
                    format!("under {most} ms, under 5 MB"),
                    costs.wall() < Duration::from_millis(most) && size < 5.0,
                )
            }),
            peer,
        });
    }
    Ok(rows)
}

/// `gcdump` of a heap with millions of objects.
fn heap_dump(program: &Path) -> Result<Row> {
    const MILLIONS: usize = 6;
    let mut target = Target::start(Runtime::Net9, Program::Culprits, &[]);
    target.run(&format!("objects {MILLIONS}"));
    let directory = tempfile::tempdir()?;
    let pid = target.pid().to_string();
    let mut command = Command::new(program);
    command
        .args(["gcdump", &pid, "-o"])
        .arg(directory.path().join("heap.gcdump"))
        .env("TMPDIR", target.tmpdir());
    let costs = Costs::of(&mut command, 3)?;
    Ok(Row {
        what: vec![format!("`gcdump`, {MILLIONS} million objects")],
        ours: format!("{}, {:.2} s of CPU", costs.shown(), costs.cpu().as_secs_f64()),
        bar: Some((
            "under 2 s of CPU, 400 MB".to_owned(),
            costs.cpu() < Duration::from_secs(2) && costs.peak() < 400_000_000,
        )),
        peer: "dotnet-gcdump: 3.3 s (2.4 s of CPU), 773 MB",
    })
}

/// What runs of a command took.
struct Costs(Vec<Cost>);

#[derive(Clone, Copy)]
struct Cost {
    wall: Duration,
    cpu: Duration,
    peak: u64,
}

impl Costs {
    /// Runs it so many times, and once before.
    fn of(command: &mut Command, runs: usize) -> Result<Costs> {
        run(command)?;
        (0..runs).map(|_| run(command)).collect::<Result<_>>().map(Costs)
    }

    fn median<T: Ord + Copy>(&self, of: impl Fn(&Cost) -> T) -> T {
        let mut values: Vec<T> = self.0.iter().map(of).collect();
        values.sort_unstable();
        values[values.len() / 2]
    }

    fn wall(&self) -> Duration {
        self.median(|cost| cost.wall)
    }

    fn cpu(&self) -> Duration {
        self.median(|cost| cost.cpu)
    }

    fn peak(&self) -> u64 {
        self.median(|cost| cost.peak)
    }

    fn shown(&self) -> String {
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        let least = self.0.iter().map(|cost| cost.wall).min().unwrap_or_default();
        let most = self.0.iter().map(|cost| cost.wall).max().unwrap_or_default();
        format!(
            "{:.0} ms ({:.0} to {:.0}), {:.1} MB",
            ms(self.wall()),
            ms(least),
            ms(most),
            self.peak() as f64 / MB
        )
    }
}

/// Runs a command to its end, and looks at it again and again: the last look says what it took, but for its last moment.
fn run(command: &mut Command) -> Result<Cost> {
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot run {command:?}"))?;
    let mut usage = Usage::default();
    let status = loop {
        usage = Usage::of(child.id()).unwrap_or(usage);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    let wall = start.elapsed();
    ensure!(status.success(), "{command:?} failed ({status})");
    Ok(Cost { wall, cpu: usage.cpu, peak: usage.peak })
}
