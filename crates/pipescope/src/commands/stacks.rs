//! `pipescope stacks`: what every managed thread is doing now.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use dotnet_analysis::Analysis;
use dotnet_analysis::report::Facts;
use dotnet_analysis::snapshot::{Moment, NEEDS, Snapshot, SnapshotAnswer};
use nettrace::{Decoder, Tolerance};
use pipescope_engine::recording::TraceRequest;
use pipescope_engine::snapshot;

use crate::cli::Selector;
use crate::exit::{FailAs as _, Failure, Kind, written};
use crate::stacks;
use crate::trace_input::{Ending, TraceInput};

/// Show the stack of every managed thread of a process, as it is now.
///
/// Threads with the same stack are shown once. What a thread waits for is told by its top method, its name by the system. The
/// process is suspended for moments only. Of a trace with samples, the last stack of each thread is shown.
///
/// The owner of a lock is told where the runtime has said it, which it does when a wait begins: of waits that began before, it
/// cannot be known.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pipescope stacks 1234
  pipescope stacks -n shop --each
  pipescope stacks 1234 --json | jq '.threads[] | select(.waits == \"lock\")'
  pipescope stacks shop.nettrace")]
pub(crate) struct StacksArgs {
    /// Process id, or a trace to read; `-` is standard input
    #[arg(value_name = "PID|FILE", conflicts_with_all = ["process_id", "name"])]
    source: Option<String>,
    #[command(flatten)]
    selector: Selector,
    /// Show each thread by itself
    #[arg(long)]
    each: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: &StacksArgs) -> Result<(), Failure> {
    let mut selector = args.selector.clone();
    match args.source.as_deref().map(|source| (source, source.parse())) {
        Some((_, Ok(pid))) => selector.process_id = Some(pid),
        Some((file, Err(_))) => return of_file(args, &PathBuf::from(file)),
        None => {}
    }
    let target = selector.resolve().await?;
    let request = TraceRequest::of_needs(&NEEDS, false).session(target.runtime_version());
    let answer = snapshot::take(&target.client(), &target.process, &request).await.fail_as(Kind::Session)?;
    tracing::info!(suspensions = answer.suspensions, "the process was suspended for moments");
    show(args, &answer, &format!("{} (pid {})", target.name(), target.pid()))
}

fn of_file(args: &StacksArgs, file: &Path) -> Result<(), Failure> {
    let input = TraceInput::open(file)?;
    let shown = input.shown().to_owned();
    let mut decoder = Decoder::new().tolerate(Tolerance::Damage);
    let mut snapshot = Snapshot::new(Moment::Last);
    let mut analysis = Analysis::new().with(&mut snapshot);
    let ending = input.read(&mut decoder, &mut analysis, |_| Ok(()))?;
    let facts = Facts::new(&decoder, analysis.last_ticks(), None);
    let code = analysis.into_code();
    if !snapshot.has_samples() {
        let error = format!("{shown}: there are no samples of threads in it");
        return Err(Failure::new(Kind::Stream, error));
    }
    show(args, &snapshot.answer(&facts, &code, &HashMap::new()), &shown)?;
    match ending {
        Ending::Complete => Ok(()),
        Ending::Broken(error) => Err(Failure::new(Kind::Stream, format!("{shown}: {error}"))),
    }
}

fn show(args: &StacksArgs, answer: &SnapshotAnswer, shown: &str) -> Result<(), Failure> {
    let text = if args.json {
        // Serializing plain data to memory cannot fail.
        serde_json::to_string_pretty(answer).unwrap_or_default() + "\n"
    } else {
        stacks::render(answer, shown, args.each)
    };
    let mut out = io::stdout().lock();
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}
