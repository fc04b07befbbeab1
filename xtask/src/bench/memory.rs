//! How much memory it takes to read a long trace as it comes.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::process::Usage;
use super::record;
use super::report::{MB, Row, Section};
use crate::command::{command, run};
use crate::{pipescope, target_dir};

const HEADING: &str = "Memory of reading a long trace";

/// What a long trace has at least, in bytes.
const LENGTH: u64 = 2_000_000_000;
const BAR: f64 = 200.0;

/// Makes a long trace out of the mixed one, again and again, and has it read while it is made.
pub(super) fn measure(again: bool) -> Result<Section> {
    let recorded = record::traces(again)?;
    let mixed =
        recorded.iter().find(|recorded| recorded.name == "mixed").context("there is a mixed trace")?;
    let times = LENGTH.div_ceil(mixed.bytes);
    println!("==> measuring the memory of reading {times} times {}", mixed.path.display());
    run(&mut command("cargo build --profile fast --package nettrace --examples"))?;
    let examples = target_dir().join("fast/examples");
    let program = pipescope::build("fast", None)?;
    let mut lengthen = Command::new(examples.join("lengthen"));
    lengthen.arg(&mixed.path).arg(times.to_string());

    let mut rows = Vec::new();
    let mut report = Command::new(program);
    report.args(["report", "events", "-"]).stdout(Stdio::null());
    for (mut reader, what, bar) in [
        (Command::new(examples.join("in_time_order")), "pushed, in time order", Some(BAR)),
        (report, "`report events -`", None),
    ] {
        let (peak, time) = peak(&mut lengthen, &mut reader).with_context(|| format!("reading {what}"))?;
        let peak = peak as f64 / MB;
        rows.push(Row {
            what: vec![what.to_owned()],
            ours: format!("{peak:.1} MB, {:.1} s with making it", time.as_secs_f64()),
            bar: bar.map(|most| (format!("under {most} MB"), peak < most)),
            peer: "",
        });
    }
    let notes = format!(
        "The mixed trace {times} times over, one pass behind the other in time: {:.2} GB and {:.1} M events, written by the \
         example `lengthen` into a pipe. Memory is resident memory, at its highest.",
        (times * mixed.bytes) as f64 / 1e9,
        (times * mixed.contents.events) as f64 / 1e6
    );
    Ok(Section { heading: HEADING, notes, columns: &["what"], rows })
}

/// The memory of the reader at its highest, in bytes, and how long it took to read all that the writer writes.
fn peak(writer: &mut Command, reader: &mut Command) -> Result<(u64, Duration)> {
    let start = Instant::now();
    let mut writer = Ended(spawn(writer.stdout(Stdio::piped()))?);
    let pipe = writer.0.stdout.take().context("standard output is a pipe")?;
    let mut reader = Ended(spawn(reader.stdin(pipe))?);
    let mut peak = 0;
    let status = loop {
        // Memory at its highest never falls, so that the last look before the end says it.
        peak = Usage::of(reader.0.id()).map_or(peak, |usage| usage.peak);
        if let Some(status) = reader.0.try_wait()? {
            break status;
        }
        thread::sleep(Duration::from_millis(5));
    };
    let time = start.elapsed();
    ensure!(status.success(), "the reader failed ({status})");
    let status = writer.0.wait()?;
    ensure!(status.success(), "the writer failed ({status})");
    Ok((peak, time))
}

fn spawn(command: &mut Command) -> Result<Child> {
    let program = Path::new(command.get_program()).display().to_string();
    command.spawn().with_context(|| format!("cannot run {program}"))
}

/// A process that is ended when nobody waits for it any more.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_a_reader_is_seen() {
        let mut writer = Command::new("sh");
        let mut reader = Command::new("sh");
        writer.args(["-c", "sleep 0.2; echo line"]);
        reader.args(["-c", "read line; test $line = line"]);
        let (peak, time) = peak(&mut writer, &mut reader).unwrap();
        assert!(peak > 100_000 && time > Duration::from_millis(200), "{peak} {time:?}");
        assert!(super::peak(&mut writer, Command::new("false").stdout(Stdio::null())).is_err());
    }
}
