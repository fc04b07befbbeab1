//! `pipescope report events`: how many events of which kind are in a trace.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Args;
use nettrace::{Decoder, Tolerance};

use crate::exit::{Failure, Kind, written};
use crate::report::{EventCounts, EventsReport};
use crate::trace_input::{Ending, TraceInput, oddities};

/// Count the events of a trace by kind.
///
/// Reads NetTrace 4 (and what is called 5) and 6, and netperf 3. A trace that is cut off or damaged is reported as far
/// as it can be read; what is wrong with it is in the report and on standard error, and the exit code is 2.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pipescope report events shop.nettrace
  pipescope report events shop.nettrace --json | jq '.by_event | max_by(.count)'
  zstd -dc shop.nettrace.zst | pipescope report events -")]
pub(crate) struct EventsArgs {
    /// Trace to read; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &EventsArgs) -> Result<(), Failure> {
    let input = TraceInput::open(&args.file)?;
    let shown = input.shown().to_owned();
    let mut decoder = Decoder::new().tolerate(Tolerance::Damage);
    let mut counts = EventCounts::default();
    let ending = input.read(&mut decoder, &mut counts, |_| Ok(()))?;
    if let Some(trace) = decoder.trace() {
        let report = EventsReport::new(trace, &decoder, &counts, &ending);
        let text = if args.json { report.json() } else { report.text() };
        let mut out = io::stdout().lock();
        written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))?;
    }
    for oddity in oddities(&decoder) {
        // The report has been printed, whoever listens to this.
        let _ = writeln!(io::stderr(), "note: {shown}: {oddity}");
    }
    match ending {
        Ending::Complete => Ok(()),
        Ending::Broken(error) => Err(Failure::new(Kind::Stream, format!("{shown}: {error}"))),
    }
}
