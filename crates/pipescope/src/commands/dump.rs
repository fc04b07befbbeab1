//! `pipescope dump`: asks a process to write a core dump of itself.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use diagnostics_ipc::client::{Error, Timeouts};
use diagnostics_ipc::message::EncodeError;
use diagnostics_ipc::request::{DumpKind, DumpRequest, InvalidRequest};
use jiff::Zoned;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::cli::Selector;
use crate::counters::readable_size;
use crate::duration::{Limit, format_elapsed};
use crate::exit::{FailAs as _, Failure, Kind, written};
use crate::signals::StopSignals;
use crate::targets::{Answer, Target};
use crate::text::printable;

/// Time between two lines of progress: in place on a terminal, one below the other elsewhere.
const TERMINAL_PROGRESS: Duration = Duration::from_millis(500);
const LOG_PROGRESS: Duration = Duration::from_secs(10);

/// Write a core dump of a process, for dotnet-dump analyze, Visual Studio, lldb or gdb.
///
/// The process writes the file itself: with its own rights, at a path as it sees it, which in a container is another one than
/// here. `%p` in the path becomes its process id. It stands still meanwhile. A dump holds whatever was in memory, secrets
/// included.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pipescope dump 1234
  pipescope dump 1234 --type heap -o /tmp/shop.core
  pipescope dump -n shop --type mini -o /dumps/core-%p --crashreport")]
pub(crate) struct DumpArgs {
    /// Process id
    #[arg(value_name = "PID", conflicts_with_all = ["process_id", "name"])]
    pid: Option<u32>,
    #[command(flatten)]
    selector: Selector,
    /// How much it holds
    #[arg(long = "type", value_enum, value_name = "TYPE", default_value = "full", ignore_case = true)]
    kind: Type,
    /// File to write, as the process sees it; by default core_{date}_{time} in the current directory
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Let the process log on its own console how it gets on
    #[arg(long)]
    diag: bool,
    /// Also write FILE.crashreport.json with the stacks of all threads (.NET 6 and later)
    #[arg(long)]
    crashreport: bool,
    /// How long to wait for it at most
    #[arg(long, value_name = "TIME", default_value = "30m")]
    timeout: Limit,
}

/// The types there are, by the names of dotnet-dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Type {
    /// All memory
    Full,
    /// Threads, stacks, modules and everything managed
    Heap,
    /// Threads, stacks and modules
    Mini,
    /// The same without personal data such as paths
    Triage,
}

impl Type {
    fn kind(self) -> DumpKind {
        match self {
            Self::Full => DumpKind::Full,
            Self::Heap => DumpKind::WithHeap,
            Self::Mini => DumpKind::Normal,
            Self::Triage => DumpKind::Triage,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Full => "a full dump",
            Self::Heap => "a dump with the heap",
            Self::Mini => "a mini dump",
            Self::Triage => "a triage dump",
        }
    }
}

pub(crate) async fn run(args: DumpArgs) -> Result<(), Failure> {
    let mut signals = StopSignals::listen().fail_as(Kind::Platform)?;
    let selector = Selector { process_id: args.pid.or(args.selector.process_id), name: args.selector.name };
    let target = selector.resolve().await?;
    let path = args.output.unwrap_or_else(|| Zoned::now().strftime("core_%Y%m%d_%H%M%S").to_string().into());
    let path = std::path::absolute(path).fail_with(Kind::Argument, || "-o".to_owned())?;
    let path = named(&target, &path)?;
    let mut request = DumpRequest::new(&path, args.kind.kind());
    request.flags.log = args.diag;
    request.flags.crash_report = args.crashreport;
    let file = Written::new(target.pid(), &path);
    let shown = path.display();

    say(&format!(
        "Writing {} of {} (pid {}) to {shown}",
        args.kind.words(),
        printable(target.name()),
        target.pid()
    ));
    // Every wait has a limit; 0 stands for a day.
    let limit = args.timeout.0.unwrap_or(Duration::from_secs(86_400));
    let client = target.client().with_timeouts(Timeouts { dump: limit, ..Timeouts::default() });
    let started = Instant::now();
    let mut progress = Progress::begin();
    let writing = client.dump(&request);
    tokio::pin!(writing);
    let result = loop {
        tokio::select! {
            result = &mut writing => break result,
            _ = progress.tick.tick() => progress.show(started.elapsed(), file.size()),
            () = signals.next() => {
                progress.clear();
                say(&format!(
                    "pipescope: left: process {} goes on writing {shown}; only its end would stop it",
                    target.pid()
                ));
                return Err(Failure::AtOnce(Kind::Session));
            }
        }
    };
    progress.clear();
    match result {
        Ok(()) => conclude(&file, started.elapsed()),
        Err(error) => {
            let hint = hint(&error, &path, args.kind);
            Err(error).fail_with(Kind::Session, || format!("no dump was written{hint}"))
        }
    }
}

/// The path with the process's own id in place of `%p`: .NET Core 3.1 would write it in hexadecimal digits, and takes whatever
/// else has a `%` for a format of numbers that it does not have.
fn named(target: &Target, path: &Path) -> Result<PathBuf, Failure> {
    let Some(text) = path.to_str() else { return Ok(path.to_owned()) };
    let text = text.replace("%p", &target.process.namespace_pid.to_string());
    if matches!(target.answer, Answer::TooOld) && text.contains('%') {
        let text = format!("{text}: this runtime knows no '%' in the path of a dump but '%p'");
        return Err(Failure::new(Kind::Argument, text));
    }
    Ok(text.into())
}

fn conclude(file: &Written, elapsed: Duration) -> Result<(), Failure> {
    let size = file.size().map_or_else(String::new, |size| format!("{}, ", readable_size(size)));
    let mut out = io::stdout().lock();
    let seconds = elapsed.as_secs_f64();
    let line = writeln!(out, "Complete: {} ({size}{seconds:.1} s)", file.path.display());
    written(line.and_then(|()| out.flush()))
}

/// What to do about a failure.
fn hint(error: &Error, path: &Path, kind: Type) -> String {
    let directory = path.parent().unwrap_or(path).display();
    match error {
        Error::NotSent { source: EncodeError::Invalid(InvalidRequest::NoDirectory { .. }), .. } => {
            " (-o is a path as the process sees it)".to_owned()
        }
        Error::Refused { message: Some(text), .. }
            if text.contains("Only full dumps") && kind != Type::Full =>
        {
            " (a single-file application writes full dumps only: --type full)".to_owned()
        }
        Error::Refused { .. } => format!(
            " (the process writes it itself: it needs the right to write to {directory}, and room there)"
        ),
        Error::NoAnswer { .. } => {
            format!(" in time (it may still be written to {directory}; --timeout waits longer)")
        }
        _ => String::new(),
    }
}

/// The file, seen from here.
#[derive(Debug)]
struct Written {
    /// As the process sees it.
    path: PathBuf,
    /// The places where it may be found from here.
    here: [PathBuf; 2],
}

impl Written {
    fn new(pid: u32, path: &Path) -> Self {
        let root = PathBuf::from(format!("/proc/{pid}/root"));
        Self {
            here: [root.join(path.strip_prefix("/").unwrap_or(path)), path.to_owned()],
            path: path.to_owned(),
        }
    }

    fn size(&self) -> Option<u64> {
        self.here.iter().find_map(|path| std::fs::metadata(path).ok()).map(|file| file.len())
    }
}

/// How far it is, on standard error.
#[derive(Debug)]
struct Progress {
    in_place: bool,
    tick: tokio::time::Interval,
}

impl Progress {
    fn begin() -> Self {
        let in_place = io::stderr().is_terminal();
        let interval = if in_place { TERMINAL_PROGRESS } else { LOG_PROGRESS };
        let mut tick = interval_at(Instant::now() + interval, interval);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { in_place, tick }
    }

    fn show(&self, elapsed: Duration, size: Option<u64>) {
        let line = format!("[{}]  {}", format_elapsed(elapsed), readable_size(size.unwrap_or(0)));
        // Nobody may be watching.
        let mut out = io::stderr().lock();
        let _ = if self.in_place { write!(out, "\r{line}\x1b[K") } else { writeln!(out, "{line}") };
        let _ = out.flush();
    }

    fn clear(&self) {
        if self.in_place {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

/// A line for whoever watches; nobody may.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
