//! `pipescope report contention`: who waits for locks, where, how long, and who holds them.

use clap::Args;
use dotnet_analysis::contention::Contention;

use super::question::QuestionArgs;
use crate::exit::Failure;

/// Show which methods wait for locks, how long, and what those who hold the locks do meanwhile. Tells deadlocks.
///
/// Only waits that begin or end while events are taken are seen; for threads that are stuck already see `pipescope stacks`.
/// From .NET 8 on the runtime tells which lock it is and which thread holds it, from .NET 9 on also of other waits, such as for
/// events. A process is sampled about a thousand times a second to see what the holders of locks do.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pipescope report contention shop.nettrace
  pipescope report contention -p 1234 --duration 30s
  pipescope report contention -n shop --json")]
pub(crate) struct ContentionArgs {
    #[command(flatten)]
    question: QuestionArgs,
}

pub(crate) async fn run(args: &ContentionArgs) -> Result<(), Failure> {
    args.question.run(Contention::default()).await
}
