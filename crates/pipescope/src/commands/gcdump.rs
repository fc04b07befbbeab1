//! `pipescope gcdump`: what is on the heap of a process, into a file, and the first screen of the report on it.

use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use dotnet_analysis::heap::{HeapAnswer, Wanted, gcdump};
use dotnet_analysis::report::document::Cell;
use dotnet_analysis::report::{Answer as _, text};
use jiff::Zoned;
use pipescope_engine::heap_dump::{HeapDumpRequest, TakenHeap, take};

use crate::cli::Selector;
use crate::duration::Limit;
use crate::exit::{FailAs as _, Failure, Kind, written};
use crate::output::Output;
use crate::signals::StopSignals;
use crate::targets::Target;
use crate::terminal;

/// Who wrote a file, as it says itself.
pub(crate) const TOOL: &str = concat!("pipescope ", env!("CARGO_PKG_VERSION"));
/// The extension of the files.
const EXTENSION: &str = "gcdump";
/// Sections of the report that are printed; `report heap` has all.
const SECTIONS: usize = 2;
/// Rows of their tables.
const ROWS: usize = 5;
/// Columns of text that goes to no terminal.
const COLUMNS: usize = 100;

/// How a process is made to tell of its heap.
#[derive(Debug, Clone, Args)]
pub(crate) struct TakeArgs {
    /// How long to wait at most for the process to have told everything
    #[arg(short, long, value_name = "TIME", default_value = "2m")]
    timeout: Limit,
    /// Most memory the process may use to tell, in MB; by default what its heap can need. Never more
    /// than its memory limit has room for
    #[arg(long, value_name = "MB", value_parser = clap::value_parser!(u32).range(1..))]
    buffersize: Option<u32>,
}

/// Write what is on the heap of a process into a .gcdump file, for PerfView, Visual Studio and `pipescope report heap`.
///
/// The process collects its garbage and stands still while it tells of every object: about a second for ten million. What
/// it tells waits in its own memory until it is read, about 45 bytes for an object, and is given back. The file has types,
/// sizes and references, and no contents: no secrets but those in names of types.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pipescope gcdump 1234
  pipescope gcdump -n shop -o before.gcdump
  pipescope report heap before.gcdump --paths Order")]
pub(crate) struct GcdumpArgs {
    /// Process id
    #[arg(value_name = "PID", conflicts_with_all = ["process_id", "name"])]
    pid: Option<u32>,
    #[command(flatten)]
    selector: Selector,
    /// File to write; by default {date}_{time}_{pid}.gcdump in the current directory
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    take: TakeArgs,
}

pub(crate) async fn run(args: GcdumpArgs) -> Result<(), Failure> {
    let selector = Selector { process_id: args.pid.or(args.selector.process_id), name: args.selector.name };
    let target = selector.resolve().await?;
    let path = file_name(args.output, &target);
    let shown = path.display().to_string();
    let output = Output::open(&path).fail_with(Kind::Argument, || format!("cannot create {shown}"))?;
    let taken = match args.take.of_process(&target).await {
        Ok(taken) => taken,
        Err(failure) => {
            output.abandon();
            return Err(failure);
        }
    };
    let file = output.begin().fail_with(Kind::Unexpected, || format!("cannot write {shown}"))?;
    gcdump::write(&taken.heap, TOOL, BufWriter::with_capacity(1 << 18, &file))
        .fail_with(Kind::Unexpected, || format!("cannot write {shown}"))?;
    let size = file.metadata().map_or(0, |about| about.len());
    let answer = HeapAnswer::new(&taken.heap, &Wanted { top: ROWS, paths: None });
    let mut document = answer.document();
    document.sections.truncate(SECTIONS);
    document.notes.clear();
    let columns = terminal::width().unwrap_or(COLUMNS);
    let report = text::render(&document, None, columns);
    let mut out = io::stdout().lock();
    let end = writeln!(
        out,
        "{report}\nWritten: {shown} ({}). All of it: pipescope report heap {shown}",
        Cell::Bytes(size)
    );
    written(end.and_then(|()| out.flush()))?;
    complain(&taken, &format!("process {}", target.pid()))
}

/// With the extension, also where it was left out.
fn file_name(output: Option<PathBuf>, target: &Target) -> PathBuf {
    let Some(path) = output else {
        let time = Zoned::now().strftime("%Y%m%d_%H%M%S").to_string();
        return format!("{time}_{}.{EXTENSION}", target.pid()).into();
    };
    // Devices and pipes are what they are.
    if path.extension().is_some() || path.exists() || path == Path::new("-") {
        return path;
    }
    path.with_extension(EXTENSION)
}

/// Fails where events were lost.
pub(crate) fn complain(taken: &TakenHeap, shown: &str) -> Result<(), Failure> {
    if !taken.heap.about().losses.any() {
        return Ok(());
    }
    let buffer = taken.buffer_mb;
    let advice = match taken.buffer_is_limited {
        true => {
            ", and the memory limit of its control group leaves no room for more; raise that limit to get all"
                .to_owned()
        }
        false => format!("; try --buffersize {}", buffer.saturating_mul(4)),
    };
    let text = format!("{shown}: the dump is not complete, its buffer of {buffer} MB was too small{advice}");
    Err(Failure::new(Kind::Stream, text))
}

impl TakeArgs {
    /// Takes the heap of a process, or leaves when somebody wants that.
    pub(crate) async fn of_process(&self, target: &Target) -> Result<TakenHeap, Failure> {
        let mut signals = StopSignals::listen().fail_as(Kind::Platform)?;
        let defaults = HeapDumpRequest::default();
        // Every wait has a limit; 0 stands for a day.
        let timeout = self.timeout.0.unwrap_or(Duration::from_secs(86_400));
        let request = HeapDumpRequest { timeout, buffer_mb: self.buffersize, ..defaults };
        let client = target.client();
        let taken = tokio::select! {
            taken = take(&client, &request) => taken,
            () = signals.next() => {
                let _ = writeln!(io::stderr(), "pipescope: left; the session in process {} is being stopped", target.pid());
                return Err(Failure::Reported(Kind::Session));
            }
        };
        let mut taken = taken.fail_with(Kind::Session, || "no heap dump was taken".to_owned())?;
        tracing::info!(
            bytes = taken.bytes,
            buffer_mb = taken.buffer_mb,
            tries_before = taken.tries_before,
            duration = ?taken.duration,
            "the heap dump is taken"
        );
        taken.heap.set_process(target.pid(), target.name());
        Ok(taken)
    }
}
