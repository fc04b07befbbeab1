//! `pipescope trace collect`: a trace into a file.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use diagnostics_ipc::request::EventLevel;
use jiff::Zoned;
use pipescope_engine::recording::{
    EnabledBy, Flow, Outcome, Profile, Progress, ProviderSpec, Recording, TRACE_PROFILES, TraceChoice,
    TraceRequest, clr_event_keywords, parse_level,
};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::cli::Selector;
use crate::duration::{Limit, format_elapsed};
use crate::exit::{FailAs as _, Failure, Kind, written};
use crate::output::Output;
use crate::profiles::{ProfileFormat, ProfileWriter, TraceProfile};
use crate::settle::settle;
use crate::signals::StopSignals;
use crate::targets::Target;
use crate::terminal::{self, enter_pressed};
use crate::text::printable;
use crate::trace::{PayloadFilter, StopEvent, default_file_name, progress_line, provider_table};
use crate::trace_input::TraceInput;

/// Time between two lines of progress: in place on a terminal, one below the other elsewhere.
const TERMINAL_PROGRESS: Duration = Duration::from_millis(200);
const LOG_PROGRESS: Duration = Duration::from_secs(10);

/// Take a trace into a .nettrace file, until Ctrl-C, Enter, the end of the duration, a stopping event or the end of the
/// process.
///
/// Without --providers, --profile and --clrevents the profiles dotnet-common and dotnet-sampled-thread-time are taken.
/// --providers beats --profile beats --clrevents where they name the same provider; profiles are joined.
///
/// A trace whose providers can be quiet also carries the runtime's counters every few seconds (the row `heartbeat` of
/// the table): only by writing does a runtime notice that its reader is gone, so without them a killed pipescope would
/// leave its session in the process.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pipescope trace collect -p 1234 --duration 00:00:00:30
  pipescope trace collect -n shop --profile gc-verbose -o gc.nettrace
  pipescope trace collect -p 1234 --duration 30s --format speedscope
  pipescope trace collect --clrevents gc+exception+contention --clreventlevel informational
  pipescope trace collect --providers 'System.Net.Http:0xffffffff:5,My-Source:1:4:Key=Value'
  pipescope trace collect --stopping-event-provider-name Microsoft-Windows-DotNETRuntime \\
                          --stopping-event-event-name GC/Stop --clrevents gc")]
pub(crate) struct CollectArgs {
    #[command(flatten)]
    selector: Selector,
    /// Most memory the target may use to buffer events, in MB
    #[arg(long, value_name = "MB", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..))]
    buffersize: u32,
    /// File to write, by default a new one that is named after the process and the time
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Providers: `Name[:hexKeywords[:Level[:key=value;key=value]]]`, separated by commas
    #[arg(long, value_name = "LIST")]
    providers: Option<String>,
    /// Profiles (see `trace list-profiles`), separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = parse_profile)]
    profile: Vec<&'static Profile>,
    /// Format of the file; others than NetTrace are written beside it, when the trace is complete
    #[arg(long, value_enum, default_value = "NetTrace", ignore_case = true)]
    format: Format,
    /// End after this time: dd:hh:mm:ss, hh:mm:ss, or with units such as 90s
    #[arg(long, value_name = "TIME", default_value = "0s", hide_default_value = true)]
    duration: Limit,
    /// Events of the runtime by name, joined by `+`, such as gc+jit+exception
    #[arg(long, value_name = "NAMES")]
    clrevents: Option<String>,
    /// Level of those: 0 to 5 or logalways, critical, error, warning, informational, verbose
    #[arg(long, value_name = "LEVEL", default_value = "4", value_parser = parse_clr_level)]
    clreventlevel: EventLevel,
    /// End with the first event of this provider
    #[arg(long, value_name = "NAME")]
    stopping_event_provider_name: Option<String>,
    /// ... of this name (`GC/Stop`) or id
    #[arg(long, value_name = "NAME", requires = "stopping_event_provider_name")]
    stopping_event_event_name: Option<String>,
    /// ... whose fields have these values: `field:value,field:value`
    #[arg(long, value_name = "LIST", requires = "stopping_event_event_name")]
    stopping_event_payload_filter: Option<PayloadFilter>,
    /// Whether the target describes all methods and modules at the end; stacks cannot be read without
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    rundown: Option<bool>,
    /// Add no provider that keeps a quiet trace alive
    #[arg(long)]
    no_heartbeat: bool,
}

/// The formats there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// As the runtime sends it, for PerfView, Visual Studio and all that read .nettrace
    #[value(name = "NetTrace")]
    NetTrace,
    /// A copy for <https://www.speedscope.app>, named .speedscope.json
    #[value(name = "Speedscope")]
    Speedscope,
    /// A copy for <https://ui.perfetto.dev> and Chrome's own viewer, named .chromium.json
    #[value(name = "Chromium")]
    Chromium,
}

impl Format {
    /// The format of a copy, and what its name ends in.
    fn copy(self) -> Option<(ProfileFormat, &'static str)> {
        match self {
            Self::NetTrace => None,
            Self::Speedscope => Some((ProfileFormat::Speedscope, "speedscope.json")),
            Self::Chromium => Some((ProfileFormat::Chrome, "chromium.json")),
        }
    }
}

/// Why a trace came to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Somebody wanted it.
    Asked,
    /// The time is over.
    Over,
    /// The stopping event came.
    EventSeen,
    /// The target closed the stream.
    StreamEnded,
}

fn parse_profile(name: &str) -> Result<&'static Profile, String> {
    Profile::find(TRACE_PROFILES, name.trim()).ok_or_else(|| {
        let names: Vec<&str> = TRACE_PROFILES.iter().map(|profile| profile.name).collect();
        format!("there are {}", names.join(", "))
    })
}

fn parse_clr_level(text: &str) -> Result<EventLevel, String> {
    parse_level(text)
        .ok_or_else(|| "use 0 to 5 or logalways, critical, error, warning, informational, verbose".to_owned())
}

pub(crate) async fn run(args: CollectArgs) -> Result<(), Failure> {
    let mut signals = StopSignals::listen().fail_as(Kind::Platform)?;
    let request = args.request()?;
    let stop_event = args.stop_event(&request)?;
    let target = args.selector.resolve().await?;
    for warning in &request.warnings {
        let _ = writeln!(io::stderr(), "warning: {warning}");
    }
    if request.has_managed_providers() {
        settle(&target, settle_hint(&request)).await?;
    }
    let path = args.output.clone().unwrap_or_else(|| default_file_name(target.name(), &Zoned::now()).into());
    let shown = path.display().to_string();
    let output = Output::open(&path).fail_with(Kind::Argument, || format!("cannot create {shown}"))?;
    let started = Recording::start_composed(&target.client(), &request).await;
    let recording = match started {
        Ok(recording) => recording,
        Err(error) => {
            output.abandon();
            return Err(error).fail_as(Kind::Session);
        }
    };
    let file = output.begin().fail_with(Kind::Unexpected, || format!("cannot write {shown}"))?;
    for feature in recording.not_honoured() {
        let _ = writeln!(io::stderr(), "warning: this runtime is too old for {feature}");
    }
    let full_path = std::path::absolute(&path).unwrap_or(path);
    written(print_head(&args, &request, &target, &full_path.display().to_string()))?;
    let mut trace = TraceFile { file: BufWriter::with_capacity(64 * 1024, file), error: None };
    let (end, outcome) = take(&args, recording, stop_event, &mut trace, &mut signals).await?;
    trace.finish().fail_with(Kind::Unexpected, || format!("cannot write {shown}"))?;
    let conclusion = conclude(end, &outcome, &target);
    // A trace that is cut off has what came before, and so has its copy.
    let copied = args.format.copy().map_or(Ok(()), |(format, extension)| copy(&full_path, format, extension));
    conclusion.and(copied)
}

/// Writes a finished trace in another format, into a file beside it.
fn copy(trace: &Path, format: ProfileFormat, extension: &str) -> Result<(), Failure> {
    let path = trace.with_extension(extension);
    let shown = path.display().to_string();
    let profile = TraceProfile::read(TraceInput::open(trace)?)?;
    let file = Output::open(&path).and_then(Output::begin);
    let file = file.fail_with(Kind::Argument, || format!("cannot create {shown}"))?;
    let copied =
        ProfileWriter::of(format).write(&profile, BufWriter::new(file)).and_then(|mut out| out.flush());
    copied.fail_with(Kind::Unexpected, || format!("cannot write {shown}"))?;
    for note in &profile.notes {
        let _ = writeln!(io::stderr(), "note: {note}");
    }
    let mut out = io::stdout().lock();
    written(writeln!(out, "Converted to   : {shown}").and_then(|()| out.flush()))
}

impl CollectArgs {
    fn request(&self) -> Result<TraceRequest, Failure> {
        let providers = match self.providers.as_deref().filter(|list| !list.trim().is_empty()) {
            Some(list) => {
                ProviderSpec::parse_list(list).fail_with(Kind::Argument, || "--providers".to_owned())?
            }
            None => Vec::new(),
        };
        let keywords = self.clrevents.as_deref().map(clr_event_keywords).transpose();
        let keywords = keywords.fail_with(Kind::Argument, || "--clrevents".to_owned())?;
        let choice = TraceChoice {
            providers,
            profiles: self.profile.clone(),
            clr_events: keywords.map(|keywords| (keywords, self.clreventlevel)),
            rundown: self.rundown,
            buffer_mb: self.buffersize,
            heartbeat: !self.no_heartbeat,
        };
        Ok(choice.compose())
    }

    fn stop_event(&self, request: &TraceRequest) -> Result<Option<StopEvent>, Failure> {
        let Some(provider) = &self.stopping_event_provider_name else { return Ok(None) };
        if !request.providers.iter().any(|(spec, _)| spec.is_named(provider)) {
            let text =
                format!("the stopping event can never come: provider '{provider}' is not part of the trace");
            return Err(Failure::new(Kind::Argument, text));
        }
        let filter = self.stopping_event_payload_filter.clone().unwrap_or_default();
        Ok(Some(StopEvent::new(provider.clone(), self.stopping_event_event_name.clone(), filter)))
    }
}

/// How to do without the wait for a process that has just started.
fn settle_hint(request: &TraceRequest) -> &'static str {
    let only_for_heartbeat =
        request.providers.iter().all(|(spec, by)| spec.is_native() || *by == EnabledBy::Heartbeat);
    if only_for_heartbeat { " (with --no-heartbeat this trace would start at once)" } else { "" }
}

fn print_head(args: &CollectArgs, request: &TraceRequest, target: &Target, path: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(provider_table(request, terminal::width()).as_bytes())?;
    writeln!(out)?;
    writeln!(out, "Process        : {} (pid {})", printable(&target.command_line()), target.pid())?;
    writeln!(out, "Output File    : {path}")?;
    if let Some(limit) = args.duration.0 {
        writeln!(out, "Trace Duration : {}", format_elapsed(limit))?;
    }
    writeln!(out)?;
    out.flush()
}

/// The file a trace goes to. The first error is kept: there is nobody to tell it to in the middle of a stop.
#[derive(Debug)]
struct TraceFile {
    file: BufWriter<File>,
    error: Option<io::Error>,
}

impl TraceFile {
    fn write(&mut self, bytes: &[u8]) {
        if self.error.is_none() {
            self.error = self.file.write_all(bytes).err();
        }
    }

    /// What is received should soon be seen by whoever looks at the file.
    fn flush(&mut self) {
        if self.error.is_none() {
            self.error = self.file.flush().err();
        }
    }

    fn finish(mut self) -> io::Result<()> {
        self.flush();
        self.error.map_or(Ok(()), Err)
    }
}

async fn take(
    args: &CollectArgs,
    mut recording: Recording,
    stop_event: Option<StopEvent>,
    trace: &mut TraceFile,
    signals: &mut StopSignals,
) -> Result<(End, Outcome), Failure> {
    let mut display = Display::begin();
    let mut tick = interval_at(Instant::now() + display.interval(), display.interval());
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (over, enter) = (args.duration.over(), enter_pressed());
    tokio::pin!(over, enter);
    // Without a stopping event this one watches for nothing.
    let is_watching = stop_event.is_some();
    let mut watcher =
        stop_event.unwrap_or_else(|| StopEvent::new(String::new(), None, PayloadFilter::default()));
    let mut chunk = Vec::new();
    let end = loop {
        tokio::select! {
            flow = recording.next_watched(&mut chunk, &mut watcher) => {
                match flow.fail_as(Kind::Stream)? {
                    Flow::Bytes => trace.write(&chunk),
                    Flow::Ended => break End::StreamEnded,
                }
                if is_watching && watcher.is_seen() {
                    break End::EventSeen;
                }
            }
            _ = tick.tick() => {
                trace.flush();
                display.show(&recording.progress());
                for field in watcher.take_missing() {
                    display.say(&format!("note: the stopping event has no field '{field}', so it can never match"));
                }
            }
            () = signals.next() => break End::Asked,
            () = &mut enter => break End::Asked,
            () = &mut over => break End::Over,
        }
        // A full disk: what follows could not be kept either.
        if trace.error.is_some() {
            break End::Asked;
        }
    };
    if end == End::StreamEnded {
        let outcome = recording.ended();
        display.end(&outcome.progress);
        return Ok((end, outcome));
    }
    display.say("Stopping the trace...");
    let stopped = tokio::select! {
        stopped = recording.stop(|bytes| trace.write(bytes)) => stopped,
        // Once more: at once then. What is in the file stays.
        () = signals.next() => {
            trace.flush();
            let _ = writeln!(io::stderr(), "pipescope: left at once: the trace has no end and no rundown");
            return Err(Failure::AtOnce(Kind::Stream));
        }
    };
    let outcome = stopped.fail_as(Kind::Stream)?;
    display.end(&outcome.progress);
    Ok((end, outcome))
}

fn conclude(end: End, outcome: &Outcome, target: &Target) -> Result<(), Failure> {
    let complaint = outcome.problem.as_deref().filter(|_| !outcome.complete);
    if let Some(problem) = complaint {
        let text =
            format!("the trace of process {} is cut off and readable up to there: {problem}", target.pid());
        return Err(Failure::new(Kind::Stream, text));
    }
    let mut out = io::stdout().lock();
    let why = match end {
        End::Asked => String::new(),
        End::Over => "The time is over.\n".to_owned(),
        End::EventSeen => "The stopping event has come.\n".to_owned(),
        End::StreamEnded => format!("Process {} has ended.\n", target.pid()),
    };
    written(write!(out, "{why}\nTrace completed.\n").and_then(|()| out.flush()))?;
    match &outcome.problem {
        // All of it is there, and yet our decoder stumbled: worth a word.
        Some(problem) => {
            let _ = writeln!(io::stderr(), "warning: {problem}");
            Ok(())
        }
        None => Ok(()),
    }
}

/// The progress on standard output: one line in place on a terminal, a line now and then elsewhere.
#[derive(Debug)]
struct Display {
    in_place: bool,
}

impl Display {
    fn begin() -> Self {
        let in_place = io::stdout().is_terminal();
        if in_place {
            let _ = writeln!(io::stdout(), "Press Enter or Ctrl-C to stop.");
        }
        Self { in_place }
    }

    fn interval(&self) -> Duration {
        if self.in_place { TERMINAL_PROGRESS } else { LOG_PROGRESS }
    }

    // A trace goes on when nobody can see its progress any more: errors of these writes do not matter.

    fn show(&mut self, progress: &Progress) {
        let line = progress_line(progress);
        let mut out = io::stdout().lock();
        let _ = if self.in_place { write!(out, "\r{line}\x1b[K") } else { writeln!(out, "{line}") };
        let _ = out.flush();
    }

    fn say(&mut self, text: &str) {
        let start = if self.in_place { "\r\x1b[K" } else { "" };
        let _ = writeln!(io::stdout(), "{start}{text}");
    }

    fn end(&mut self, progress: &Progress) {
        self.show(progress);
        if self.in_place {
            let _ = writeln!(io::stdout());
        }
    }
}
