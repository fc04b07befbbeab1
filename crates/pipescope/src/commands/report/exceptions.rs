//! `pipescope report exceptions`: what is thrown, where, and who catches it.

use clap::Args;
use dotnet_analysis::exceptions::Exceptions;

use super::question::QuestionArgs;
use crate::exit::Failure;

/// Show which exceptions are thrown, by which methods, how often, and who catches them.
///
/// Every exception is counted, also those that are caught at once. Throwing code is told by call stacks, past the methods that
/// throw for others such as `ArgumentNullException.ThrowIfNull`. Observing a process that throws many thousand exceptions a
/// second makes each of them cost about twice as much.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pipescope report exceptions shop.nettrace
  pipescope report exceptions -p 1234 --duration 30s
  pipescope report exceptions -n shop --json")]
pub(crate) struct ExceptionsArgs {
    #[command(flatten)]
    question: QuestionArgs,
}

pub(crate) async fn run(args: &ExceptionsArgs) -> Result<(), Failure> {
    args.question.run(Exceptions::default()).await
}
