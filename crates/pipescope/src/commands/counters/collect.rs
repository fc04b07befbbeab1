//! `pipescope counters collect`: counters into a CSV or JSON file.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use pipescope_engine::counters::{CounterError, CounterSession, Reading, Status};
use tokio::time::{MissedTickBehavior, interval};

use super::Subscription;
use crate::counters::{CounterFile, Format};
use crate::exit::{FailAs as _, Failure, Kind};
use crate::output::Output;
use crate::signals::StopSignals;
use crate::targets::Target;
use crate::terminal::enter_pressed;
use crate::text::printable;

/// Nothing waits longer for being written than this.
const FLUSH_INTERVAL: Duration = Duration::from_secs(1);

/// Write counters to a file, until Ctrl-C, Enter, the end of the duration or the end of the process.
///
/// The file is complete at every moment: what has been received for a second is in it, and JSON is always closed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pipescope counters collect -p 1234
  pipescope counters collect -n shop --format json -o shop.json --duration 00:00:01:00
  pipescope counters collect --counters 'System.Runtime[dotnet.gc.collections],Microsoft.AspNetCore.Hosting'
  pipescope counters collect -p 1234 -o - | grep working_set")]
pub(crate) struct CollectArgs {
    #[command(flatten)]
    subscription: Subscription,
    /// Format of the file
    #[arg(long, value_enum, default_value = "csv", ignore_case = true)]
    format: Format,
    /// File to write; the extension of the format is added where it is missing. `-` is standard output
    #[arg(short, long, value_name = "FILE", default_value = "counter")]
    output: PathBuf,
}

/// Why collecting came to an end.
#[derive(Debug)]
enum End {
    /// Somebody wanted it, or the time is over.
    Asked,
    ProcessEnded,
    Broken(CounterError),
}

pub(crate) async fn run(args: CollectArgs) -> Result<(), Failure> {
    let mut signals = StopSignals::listen().fail_as(Kind::Platform)?;
    let target = args.subscription.selector.resolve().await?;
    let (output, shown) = open(&args)?;
    let session = match args.subscription.open(&target).await {
        Ok(session) => session,
        Err(failure) => {
            output.abandon();
            return Err(failure);
        }
    };
    if output.existed() {
        say(&format!("note: {shown} exists and is overwritten."));
    }
    let seconds = u64::from(args.subscription.refresh_interval);
    let mut file = output
        .begin()
        .and_then(|output| CounterFile::begin(args.format, output, target.name(), seconds))
        .fail_with(Kind::Unexpected, || format!("cannot write {shown}"))?;
    say(&format!("Collecting counters of {} (pid {}). Ctrl-C ends.", printable(target.name()), target.pid()));
    let end = collect(&args, session, &mut file, &mut signals).await;
    let saved = file.finish().fail_with(Kind::Unexpected, || format!("cannot write {shown}"));
    report(end?, &target, &shown)?;
    saved
}

/// The file to write, and what to call it.
fn open(args: &CollectArgs) -> Result<(Output, String), Failure> {
    if args.output == Path::new("-") {
        return Ok((Output::stdout().fail_as(Kind::Unexpected)?, "standard output".to_owned()));
    }
    let path = args.format.path(&args.output);
    let shown = path.display().to_string();
    let output = Output::open(&path).fail_with(Kind::Argument, || format!("cannot create {shown}"))?;
    Ok((output, shown))
}

async fn collect(
    args: &CollectArgs,
    mut session: CounterSession,
    file: &mut CounterFile,
    signals: &mut StopSignals,
) -> Result<End, Failure> {
    let mut flush = interval(FLUSH_INTERVAL);
    flush.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let over = args.subscription.duration.over();
    let enter = enter_pressed();
    tokio::pin!(over, enter);
    loop {
        let mut deliver = |reading: &Reading<'_>| file.reading(reading);
        tokio::select! {
            status = session.next(&mut deliver) => match status {
                Ok(Status::Open) => {}
                Ok(Status::Ended) => return Ok(End::ProcessEnded),
                Err(error) => return Ok(End::Broken(error)),
            },
            _ = flush.tick() => file.flush().fail_with(Kind::Unexpected, || "cannot write the counters".to_owned())?,
            () = signals.next() => break,
            () = &mut enter => break,
            () = &mut over => break,
        }
        for notice in session.take_notices() {
            say(&format!("note: {notice}"));
        }
    }
    let mut deliver = |reading: &Reading<'_>| file.reading(reading);
    tokio::select! {
        stopped = session.stop(&mut deliver) => match stopped {
            Ok(_) => Ok(End::Asked),
            Err(error) => Ok(End::Broken(error)),
        },
        // Once more: at once then.
        () = signals.next() => Ok(End::Asked),
    }
}

fn report(end: End, target: &Target, shown: &str) -> Result<(), Failure> {
    match end {
        End::Asked => {}
        End::ProcessEnded => say(&format!("Process {} has ended.", target.pid())),
        End::Broken(error) => {
            say(&format!("What came before is in {shown}."));
            return Err(error)
                .fail_with(Kind::Stream, || format!("the counters of process {} broke off", target.pid()));
        }
    }
    say(&format!("File saved to {shown}"));
    Ok(())
}

/// A line for whoever watches. On standard error, since standard output may be the file.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
