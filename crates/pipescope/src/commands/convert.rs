//! `pipescope convert`: a trace in another format.

use std::io::{self, BufWriter, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use dotnet_analysis::formats::{Activity, Selection};
use dotnet_analysis::heap::gcdump::{self, WriteError};
use nettrace::{Decoder, Tolerance};

use super::gcdump::TOOL;
use super::report::heap::TraceHeap;
use crate::exit::{FailAs as _, Failure, Kind};
use crate::ndjson::EventLines;
use crate::output::Output;
use crate::profiles::{ProfileFormat, ProfileWriter, TraceProfile};
use crate::trace_input::{Ending, TraceInput, oddities};

/// Bytes of a profile or a heap that are written at a time.
const BUFFER: usize = 256 << 10;

/// Write a trace in another format.
///
/// ndjson: one JSON object per line and event, in time order, with `time`, `relative_ns`, `provider`, `id`, `version`,
/// `name`, `level`, `keywords`, `opcode`, `thread_id` and the decoded `fields`. Integers of 64 bits are numbers, figures
/// that are no numbers (infinite ones) are `null`, byte arrays are hexadecimal, FILETIMEs are RFC 3339. Where a payload
/// cannot be decoded its bytes are in `payload`, with the reason in `field_error` if it should have been.
///
/// gcdump: the objects of a trace in which the runtime told of its heap (keywords 0x1980001 of its provider), for PerfView,
/// Visual Studio and `pipescope report heap`. Of several heap dumps in a trace it is the last that is complete.
///
/// All other formats are of samples, as the profile dotnet-sampled-thread-time takes them: what every managed thread was
/// doing, about a thousand times a second, whether it ran or waited. They show time that passed, not CPU time. Threads
/// that waited are known by the method on top of their stacks; they, and threads in native code, have a frame more that
/// says so. A file whose name ends in .gz is compressed; the viewers open it as it is.
///
/// A trace that is cut off or damaged is converted as far as it can be read; what is wrong is said on standard error,
/// and the exit code is 2.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pipescope convert shop.nettrace --to speedscope -o shop.speedscope.json
  pipescope convert shop.nettrace --to svg --only running -o shop.svg
  pipescope convert after.nettrace --to svg --baseline before.nettrace -o difference.svg
  pipescope convert heap.nettrace --to gcdump -o heap.gcdump
  pipescope convert shop.nettrace --to ndjson | jq -c 'select(.name == \"Exception/Start\") | .fields'
  zstd -dc shop.nettrace.zst | pipescope convert - --to csv | head")]
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
    /// ndjson: also write the stacks, as addresses
    #[arg(long)]
    stacks: bool,
    /// Samples: only those of threads that did this, or one of these, separated by commas
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',', ignore_case = true)]
    only: Vec<Only>,
    /// Samples: only those of these threads, by the ids of the operating system, separated by commas
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    threads: Vec<u64>,
    /// svg, folded: put each thread's stacks below a frame of its own
    #[arg(long)]
    by_thread: bool,
    /// svg: show the difference to this trace
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
}

/// The formats there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// One JSON object per event
    Ndjson,
    /// For <https://www.speedscope.app>: every thread over time
    Speedscope,
    /// For <https://ui.perfetto.dev> and Chrome's own viewer: slices of threads
    #[value(alias = "chromium", alias = "perfetto")]
    Chrome,
    /// For <https://profiler.firefox.com>
    Firefox,
    /// For pprof: stacks of threads added up, compressed with gzip
    Pprof,
    /// A line per stack with its number of samples, for flamegraph.pl and its relatives
    #[value(alias = "collapsed")]
    Folded,
    /// A flame graph that any browser shows; zoom, search and keys need no other file
    #[value(alias = "flamegraph")]
    Svg,
    /// A line per method: samples with it as the leaf, and anywhere
    Csv,
    /// For PerfView, Visual Studio and `pipescope report heap`: the objects of a heap dump
    Gcdump,
}

/// What threads were doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Only {
    /// They ran managed code
    #[value(alias = "managed")]
    Running,
    /// They were in native code or in the runtime, and ran there or waited
    Native,
    /// They waited
    Waiting,
}

pub(crate) fn run(args: &ConvertArgs) -> Result<(), Failure> {
    args.check()?;
    match (args.to, args.to.of_samples()) {
        (_, Some(format)) => write_samples(args, format),
        (Format::Gcdump, None) => write_heap(args),
        (_, None) => write_events(args),
    }
}

impl Format {
    /// `None` for events and heaps.
    fn of_samples(self) -> Option<ProfileFormat> {
        Some(match self {
            Self::Ndjson | Self::Gcdump => return None,
            Self::Speedscope => ProfileFormat::Speedscope,
            Self::Chrome => ProfileFormat::Chrome,
            Self::Firefox => ProfileFormat::Firefox,
            Self::Pprof => ProfileFormat::Pprof,
            Self::Folded => ProfileFormat::Folded,
            Self::Svg => ProfileFormat::Svg,
            Self::Csv => ProfileFormat::Csv,
        })
    }
}

impl ConvertArgs {
    /// An option that a format has no use for is a misunderstanding, which should not go unnoticed.
    fn check(&self) -> Result<(), Failure> {
        let is_samples = self.to.of_samples().is_some();
        let misfits = [
            ("--stacks", "ndjson", self.stacks && self.to != Format::Ndjson),
            ("--only", "formats of samples", !self.only.is_empty() && !is_samples),
            ("--threads", "formats of samples", !self.threads.is_empty() && !is_samples),
            (
                "--by-thread",
                "svg and folded",
                self.by_thread && !matches!(self.to, Format::Svg | Format::Folded),
            ),
            ("--baseline", "svg", self.baseline.is_some() && self.to != Format::Svg),
        ];
        match misfits.iter().find(|(_, _, is_misfit)| *is_misfit) {
            Some((option, formats, _)) => {
                Err(Failure::new(Kind::Argument, format!("{option} is for {formats} only")))
            }
            None if matches!(self.to, Format::Pprof | Format::Gcdump)
                && self.output == Path::new("-")
                && io::stdout().is_terminal() =>
            {
                Err(Failure::new(Kind::Argument, "this format is binary; name a file with -o"))
            }
            None => Ok(()),
        }
    }
}

fn write_events(args: &ConvertArgs) -> Result<(), Failure> {
    let input = TraceInput::open(&args.file)?;
    let shown = input.shown().to_owned();
    let (output, name) = open(&args.output, &[&input])?;
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
    note(&shown, &oddities(&decoder));
    ended(&shown, ending)
}

fn write_samples(args: &ConvertArgs, format: ProfileFormat) -> Result<(), Failure> {
    let input = TraceInput::open(&args.file)?;
    let shown = input.shown().to_owned();
    let baseline = args.baseline.as_deref().map(TraceInput::open).transpose()?;
    let inputs: Vec<&TraceInput> = [&input].into_iter().chain(&baseline).collect();
    let (output, name) = open(&args.output, &inputs)?;
    let read = |input, baseline: Option<TraceInput>| {
        Ok((TraceProfile::read(input)?, baseline.map(TraceProfile::read).transpose()?))
    };
    let (trace, baseline) = match read(input, baseline) {
        Ok(read) => read,
        Err(failure) => {
            output.abandon();
            return Err(failure);
        }
    };
    let activity = |only: &Only| match only {
        Only::Running => Activity::Running,
        Only::Native => Activity::Native,
        Only::Waiting => Activity::Waiting,
    };
    let only = args.only.iter().map(activity).collect();
    let writer = ProfileWriter {
        format,
        selection: Selection { only, threads: args.threads.clone() },
        by_thread: args.by_thread,
        baseline: baseline.as_ref(),
    };
    let out = BufWriter::with_capacity(BUFFER, output);
    let is_compressed =
        format != ProfileFormat::Pprof && args.output.extension().is_some_and(|end| end == "gz");
    let written = match is_compressed {
        true => writer.write_compressed(&trace, out),
        false => writer.write(&trace, out),
    };
    let finished = written.and_then(|out| out.into_inner().map_err(io::Error::from)).and_then(Output::finish);
    finished.map_err(|error| refused(error, &name))?;
    note(&shown, &trace.notes);
    match baseline {
        Some(before) => {
            let shown_before = args.baseline.as_deref().unwrap_or(Path::new("")).display().to_string();
            note(&shown_before, &before.notes);
            ended(&shown_before, before.ending).and(ended(&shown, trace.ending))
        }
        None => ended(&shown, trace.ending),
    }
}

fn write_heap(args: &ConvertArgs) -> Result<(), Failure> {
    let input = TraceInput::open(&args.file)?;
    let (output, name) = open(&args.output, &[&input])?;
    let trace = match TraceHeap::read(input, &args.file) {
        Ok(trace) => trace,
        Err(failure) => {
            output.abandon();
            return Err(failure);
        }
    };
    let mut out = BufWriter::with_capacity(BUFFER, output);
    let written = match gcdump::write(&trace.heap, TOOL, &mut out) {
        Ok(()) => out.into_inner().map_err(io::Error::from).and_then(Output::finish),
        Err(WriteError::Output(error)) => Err(error),
        Err(error) => Err(io::Error::other(error)),
    };
    written.map_err(|error| refused(error, &name))?;
    trace.ended()
}

/// Says what is to be known about a trace.
fn note(shown: &str, notes: &[String]) {
    for text in notes {
        // The output has been written, whoever listens to this.
        let _ = writeln!(io::stderr(), "note: {shown}: {text}");
    }
}

fn ended(shown: &str, ending: Ending) -> Result<(), Failure> {
    match ending {
        Ending::Complete => Ok(()),
        Ending::Broken(error) => Err(Failure::new(Kind::Stream, format!("{shown}: {error}"))),
    }
}

/// The file to write, and what to call it.
fn open(path: &Path, inputs: &[&TraceInput]) -> Result<(Output, String), Failure> {
    if path == Path::new("-") {
        return Ok((Output::stdout().fail_as(Kind::Unexpected)?, "standard output".to_owned()));
    }
    let name = path.display().to_string();
    let output = Output::open(path).fail_with(Kind::Argument, || format!("cannot create {name}"))?;
    if inputs.iter().any(|input| output.is_same(input.file())) {
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
