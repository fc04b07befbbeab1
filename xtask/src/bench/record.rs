//! Traces for benchmarks, recorded from programs of the testbed into `target/bench-traces`.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use testbed::{Program, Runtime, Target};

use crate::{pipescope, setup, target_dir};

/// A trace and how it comes about.
struct Recording {
    name: &'static str,
    /// What the target does before, so that it is not in the trace.
    before: &'static [&'static str],
    /// For `pipescope trace collect`.
    arguments: &'static [&'static str],
    /// What the target does meanwhile.
    during: During,
}

enum During {
    /// Goes on with what it was told before until the file has about so many bytes.
    Bytes(u64),
    /// Carries out these.
    Commands(&'static [&'static str]),
}

const RECORDINGS: [Recording; 3] = [
    // Samples of many threads that wait and two that compute.
    Recording {
        name: "cpu",
        before: &["wait 130", "compute 2"],
        arguments: &["--profile", "dotnet-sampled-thread-time"],
        during: During::Bytes(30_000_000),
    },
    // Exceptions, allocations, collections, contention, thread pool, compilation, and events of two `EventSource`s; nearly
    // all with stacks.
    Recording {
        name: "mixed",
        before: &["mix 16"],
        arguments: &[
            "--buffersize",
            "1024",
            "--providers",
            "Microsoft-Windows-DotNETRuntime:0x1C14FCCBD:5,Testbed-Load:0x1:5,\
             System.Diagnostics.Eventing.FrameworkEventSource:0x2:5",
        ],
        during: During::Commands(&["mix 1600"; 6]),
    },
    // Little but the methods that the runtime describes at the end.
    Recording {
        name: "rundown",
        before: &["compile 700"],
        arguments: &["--clrevents", "gc", "--rundown", "true"],
        during: During::Commands(&["compile 1"]),
    },
];

/// A trace that was recorded.
pub(super) struct Recorded {
    pub(super) name: &'static str,
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    pub(super) contents: Contents,
}

/// What `pipescope report events --json` says of it, so far as it is of interest here.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub(super) struct Contents {
    pub(super) events: u64,
    pub(super) lost: u64,
    complete: bool,
}

/// Every trace; recorded anew only where it is wanted or where there is none.
pub(super) fn traces(again: bool) -> Result<Vec<Recorded>> {
    let folder = target_dir().join("bench-traces");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let program = pipescope::build("fast", None)?;
    let path = |recording: &Recording| folder.join(format!("{}.nettrace", recording.name));
    if again || RECORDINGS.iter().any(|recording| !path(recording).exists()) {
        setup::testbed()?;
    }
    let mut all = Vec::new();
    for recording in &RECORDINGS {
        let path = path(recording);
        if again || !path.exists() {
            println!("==> recording {}", path.display());
            // What was cut short has another name.
            let unfinished = path.with_extension("unfinished");
            record(&program, recording, &unfinished)?;
            fs::rename(&unfinished, &path).with_context(|| format!("cannot write {}", path.display()))?;
        }
        let bytes = fs::metadata(&path).with_context(|| format!("cannot read {}", path.display()))?.len();
        let contents = contents(&program, &path)?;
        println!(
            "    {}: {:.1} MB, {} events, {} lost",
            recording.name,
            bytes as f64 / super::report::MB,
            contents.events,
            contents.lost
        );
        all.push(Recorded { name: recording.name, path, bytes, contents });
    }
    Ok(all)
}

fn record(program: &Path, recording: &Recording, file: &Path) -> Result<()> {
    let mut target = Target::start(Runtime::Net9, Program::Load, &[]);
    for command in recording.before {
        target.run(command);
    }
    let collect = Collect::start(program, &target, recording.arguments, file)?;
    match recording.during {
        During::Commands(commands) => commands.iter().for_each(|command| target.run(command)),
        During::Bytes(bytes) => {
            let end = Instant::now() + Duration::from_secs(600);
            while fs::metadata(file).map_or(0, |file| file.len()) < bytes {
                ensure!(Instant::now() < end, "{} does not grow to {bytes} bytes", file.display());
                thread::sleep(Duration::from_millis(50));
            }
        }
    }
    collect.stop()
}

/// A running `pipescope trace collect`. Dropping it kills it.
struct Collect(Child);

impl Collect {
    /// Starts it and waits until the trace has begun.
    fn start(program: &Path, target: &Target, arguments: &[&str], file: &Path) -> Result<Collect> {
        const BEGUN: &str = "Output File";
        let mut command = Command::new(program);
        command.args(["trace", "collect", "--no-heartbeat", "-p", &target.pid().to_string(), "-o"]).arg(file);
        command.args(arguments).env("TMPDIR", target.tmpdir()).stdin(Stdio::null()).stdout(Stdio::piped());
        let child = command.spawn().with_context(|| format!("cannot run {}", program.display()))?;
        let mut collect = Collect(child);
        let mut output = BufReader::new(collect.0.stdout.take().context("standard output is a pipe")?);
        let mut line = String::new();
        while !line.starts_with(BEGUN) {
            line.clear();
            if output.read_line(&mut line)? == 0 {
                bail!("`pipescope trace collect` ended ({})", collect.0.wait()?);
            }
        }
        // The rest is read too, so that it never waits for us.
        thread::spawn(move || output.read_to_end(&mut Vec::new()));
        Ok(collect)
    }

    /// Asks it to end the trace and waits until it has.
    fn stop(mut self) -> Result<()> {
        Command::new("kill").args(["-s", "INT", &self.0.id().to_string()]).status()?;
        let end = Instant::now() + Duration::from_secs(120);
        let status = loop {
            if let Some(status) = self.0.try_wait()? {
                break status;
            }
            ensure!(Instant::now() < end, "`pipescope trace collect` does not end");
            thread::sleep(Duration::from_millis(50));
        };
        ensure!(status.success(), "`pipescope trace collect` failed ({status})");
        Ok(())
    }
}

impl Drop for Collect {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn contents(program: &Path, file: &Path) -> Result<Contents> {
    let output = Command::new(program).args(["report", "events", "--json"]).arg(file).output()?;
    ensure!(output.status.success(), "`pipescope report events` failed ({})", output.status);
    let contents: Contents =
        serde_json::from_slice(&output.stdout).context("cannot parse `pipescope report events --json`")?;
    ensure!(contents.complete, "{} is cut off", file.display());
    Ok(contents)
}
