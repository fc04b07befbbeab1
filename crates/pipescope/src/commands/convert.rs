//! `pipescope convert`: a trace in another format.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use nettrace::{Decoder, Tolerance};

use crate::exit::{FailAs as _, Failure, Kind};
use crate::ndjson::EventLines;
use crate::output::Output;
use crate::trace_input::{Ending, TraceInput, oddities};

/// Write a trace in another format.
///
/// ndjson: one JSON object per line and event, in time order, with `time`, `relative_ns`, `provider`, `id`, `version`,
/// `name`, `level`, `keywords`, `opcode`, `thread_id` and the decoded `fields`. Integers of 64 bits are numbers, figures
/// that are no numbers (infinite ones) are `null`, byte arrays are hexadecimal, FILETIMEs are RFC 3339. Where a payload
/// cannot be decoded its bytes are in `payload`, with the reason in `field_error` if it should have been.
///
/// A trace that is cut off or damaged is converted as far as it can be read; what is wrong is said on standard error,
/// and the exit code is 2.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pipescope convert shop.nettrace --to ndjson -o shop.ndjson
  pipescope convert shop.nettrace --to ndjson | jq -c 'select(.name == \"Exception/Start\") | .fields'
  zstd -dc shop.nettrace.zst | pipescope convert - --to ndjson --stacks")]
pub(crate) struct ConvertArgs {
    /// Trace to read; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Format to write
    #[arg(long, value_enum, value_name = "FORMAT", ignore_case = true)]
    to: Format,
    /// File to write; `-` is standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// Also write the stacks, as addresses
    #[arg(long)]
    stacks: bool,
}

/// The formats there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// One JSON object per event
    Ndjson,
}

pub(crate) fn run(args: &ConvertArgs) -> Result<(), Failure> {
    let input = TraceInput::open(&args.file)?;
    let shown = input.shown().to_owned();
    let (output, name) = open(&args.output, &input)?;
    let Format::Ndjson = args.to;
    let mut decoder = Decoder::new().tolerate(Tolerance::Damage).in_time_order();
    let mut lines = EventLines::new(output, args.stacks);
    let write = |lines: &mut EventLines<Output>| lines.flush().map_err(|error| refused(error, &name));
    let ending = match input.read(&mut decoder, &mut lines, write) {
        Ok(ending) => ending,
        Err(failure) => {
            lines.into_out().abandon();
            return Err(failure);
        }
    };
    lines.into_out().finish().map_err(|error| refused(error, &name))?;
    for oddity in oddities(&decoder) {
        // The events have been written, whoever listens to this.
        let _ = writeln!(io::stderr(), "note: {shown}: {oddity}");
    }
    match ending {
        Ending::Complete => Ok(()),
        Ending::Broken(error) => Err(Failure::new(Kind::Stream, format!("{shown}: {error}"))),
    }
}

/// The file to write, and what to call it.
fn open(path: &Path, input: &TraceInput) -> Result<(Output, String), Failure> {
    if path == Path::new("-") {
        return Ok((Output::stdout().fail_as(Kind::Unexpected)?, "standard output".to_owned()));
    }
    let name = path.display().to_string();
    let output = Output::open(path).fail_with(Kind::Argument, || format!("cannot create {name}"))?;
    if output.is_same(input.file()) {
        return Err(Failure::new(
            Kind::Argument,
            format!("{name} is the trace itself; write to another file"),
        ));
    }
    Ok((output, name))
}

/// A closed pipe is the reader's decision and no error.
fn refused(error: io::Error, name: &str) -> Failure {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::OutputClosed,
        _ => Failure::Failed {
            kind: Kind::Unexpected,
            error: anyhow::Error::new(error).context(format!("cannot write {name}")),
        },
    }
}
