//! The measurements themselves.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use testbed::{Program, Runtime, Target};

use super::process::Usage;
use crate::pipescope::Serve;

/// Before anything is measured, so that start-up is not in the figures.
const SETTLE: Duration = Duration::from_secs(10);

/// How long runs of a command took, in order.
pub(super) struct Times(Vec<Duration>);

impl Times {
    pub(super) fn median(&self) -> Duration {
        self.0[self.0.len() / 2]
    }

    pub(super) fn least(&self) -> Duration {
        self.0[0]
    }

    pub(super) fn most(&self) -> Duration {
        self.0[self.0.len() - 1]
    }
}

/// What a process used over a while.
pub(super) struct Cost {
    /// Share of one core, in percent.
    pub(super) cpu_percent: f64,
    /// Resident memory at the end, in bytes.
    pub(super) resident: u64,
    /// Resident memory at its highest, in bytes.
    pub(super) peak: u64,
}

/// .NET processes for others to watch, with a folder of sockets of their own.
pub(super) struct Watched {
    pub(super) targets: Vec<Target>,
    pub(super) tmpdir: tempfile::TempDir,
}

impl Watched {
    pub(super) fn start(count: usize) -> Result<Watched> {
        let tmpdir = tempfile::tempdir()?;
        let start = |_| Target::builder(Runtime::Net9, Program::Work).tmpdir(tmpdir.path()).start();
        Ok(Watched { targets: (0..count).map(start).collect(), tmpdir })
    }
}

/// `pipescope ps --json` from its start to its end, `runs` times.
pub(super) fn startup(program: &Path, watched: &Watched, runs: usize) -> Result<Times> {
    ensure!(runs > 0, "at least one run");
    let mut times = Vec::with_capacity(runs);
    // The first run is not counted: it reads the program from disk.
    for run in 0..=runs {
        let start = Instant::now();
        let output =
            Command::new(program).args(["ps", "--json"]).env("TMPDIR", watched.tmpdir.path()).output()?;
        if run > 0 {
            times.push(start.elapsed());
        }
        ensure!(output.status.success(), "`pipescope ps` failed ({})", output.status);
        let printed = String::from_utf8_lossy(&output.stdout);
        let pid = watched.targets[0].pid().to_string();
        ensure!(printed.contains(&pid), "`pipescope ps --json` does not list process {pid}:\n{printed}");
        let seen =
            serde_json::from_str::<Vec<Value>>(&printed).context("cannot parse `pipescope ps --json`")?.len();
        if run == 0 && seen != watched.targets.len() {
            println!(
                "    {seen} .NET processes are seen, of which {} are measured here",
                watched.targets.len()
            );
            println!("    the others are in the figures too; an idle machine gives better ones");
        }
    }
    times.sort();
    Ok(Times(times))
}

/// `pipescope serve` while it watches.
pub(super) fn serve(program: &Path, watched: &Watched, time: Duration) -> Result<Cost> {
    let mut serve = Serve::start(program, 0, watched.tmpdir.path())?;
    let processes = testbed::get(&format!("{}/processes", serve.url()))?;
    ensure!(processes.status == 200, "GET /processes is answered by {}", processes.status);
    thread::sleep(SETTLE);
    for target in &watched.targets {
        let series = testbed::get(&format!("{}/metrics", serve.url()))?;
        ensure!(series.status == 200 && !series.body.is_empty(), "no metrics of process {}", target.pid());
    }
    let before = Usage::of(serve.pid())?;
    let start = Instant::now();
    thread::sleep(time);
    let after = Usage::of(serve.pid())?;
    ensure!(serve.is_running(), "`pipescope serve` ended");
    Ok(cost(before, after, start.elapsed()))
}

/// `pipescope counters collect` of one process, from its start to its end.
pub(super) fn collect(program: &Path, watched: &Watched, time: Duration) -> Result<Cost> {
    let file = watched.tmpdir.path().join("counters.csv");
    let seconds = time.as_secs();
    let duration = format!(
        "{:02}:{:02}:{:02}:{:02}",
        seconds / 86400,
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60
    );
    let mut command = Command::new(program);
    command.args(["counters", "collect", "--format", "csv", "--duration", &duration]);
    command.arg("-p").arg(watched.targets[0].pid().to_string()).arg("-o").arg(&file);
    command.env("TMPDIR", watched.tmpdir.path()).stdin(Stdio::null()).stdout(Stdio::null());
    let start = Instant::now();
    let mut child = command.spawn().with_context(|| format!("cannot run {}", program.display()))?;
    let mut last = Usage::default();
    let status = loop {
        if let Ok(usage) = Usage::of(child.id()) {
            last = usage;
        }
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > time + Duration::from_secs(60) {
            let _ = child.kill();
            let _ = child.wait();
            bail!("`pipescope counters collect --duration {duration}` does not end");
        }
        thread::sleep(Duration::from_millis(100));
    };
    ensure!(status.success(), "`pipescope counters collect` failed ({status})");
    let lines =
        fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?.lines().count();
    ensure!(lines as u64 > seconds, "`pipescope counters collect` wrote {lines} lines in {seconds} s");
    Ok(cost(Usage::default(), last, start.elapsed()))
}

fn cost(before: Usage, after: Usage, time: Duration) -> Cost {
    let cpu = after.cpu.saturating_sub(before.cpu);
    Cost {
        cpu_percent: 100.0 * cpu.as_secs_f64() / time.as_secs_f64(),
        resident: after.resident,
        peak: after.peak,
    }
}

/// The size of a file in bytes.
pub(super) fn size(program: &Path) -> Result<u64> {
    Ok(fs::metadata(program).with_context(|| format!("cannot look at {}", program.display()))?.len())
}

/// Whether an ELF program names no loader, so that it runs without any library of the system.
pub(super) fn is_static(program: &Path) -> Result<bool> {
    let bytes = fs::read(program).with_context(|| format!("cannot read {}", program.display()))?;
    has_interpreter(&bytes)
        .map(|has| !has)
        .with_context(|| format!("{} is no 64-bit ELF file", program.display()))
}

/// Looks for a `PT_INTERP` among the program headers: table at 0x20, entry size at 0x36, count at 0x38.
fn has_interpreter(elf: &[u8]) -> Option<bool> {
    const PT_INTERP: u32 = 3;
    if elf.get(..5)? != b"\x7fELF\x02" {
        return None;
    }
    let u16_at = |at: usize| Some(usize::from(u16::from_le_bytes(elf.get(at..at + 2)?.try_into().ok()?)));
    let table = usize::try_from(u64::from_le_bytes(elf.get(0x20..0x28)?.try_into().ok()?)).ok()?;
    let (size, count) = (u16_at(0x36)?, u16_at(0x38)?);
    for index in 0..count {
        let at = table.checked_add(index * size)?;
        if u32::from_le_bytes(elf.get(at..at.checked_add(4)?)?.try_into().ok()?) == PT_INTERP {
            return Some(true);
        }
    }
    Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dynamic_program_is_told_from_other_files() {
        let this = fs::read("/proc/self/exe").unwrap();
        assert_eq!(has_interpreter(&this), Some(cfg!(not(target_feature = "crt-static"))));
        assert_eq!(has_interpreter(b"#!/bin/sh"), None);
        assert_eq!(has_interpreter(&this[..0x39]), None);
    }

    #[test]
    fn times_are_told_by_rank() {
        let times = Times([1, 2, 3, 9].map(Duration::from_millis).to_vec());
        assert_eq!(times.median(), Duration::from_millis(3));
        assert_eq!((times.least(), times.most()), (Duration::from_millis(1), Duration::from_millis(9)));
    }
}
