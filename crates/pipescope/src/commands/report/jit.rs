//! `pipescope report jit`: which methods are compiled, how long that takes, and how much code comes of it.

use clap::Args;
use dotnet_analysis::jit::Jit;

use super::question::QuestionArgs;
use crate::exit::Failure;

/// Show which methods are compiled, how long that takes, and how much code comes of it.
///
/// The first code of a method is made while its caller waits. Better code for methods that are called often is made in the
/// background. Ready-to-run code is not compiled at all, until it is called often.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pipescope report jit shop.nettrace
  pipescope report jit -p 1234 --duration 30s
  pipescope report jit -n shop --json")]
pub(crate) struct JitArgs {
    #[command(flatten)]
    question: QuestionArgs,
}

pub(crate) async fn run(args: &JitArgs) -> Result<(), Failure> {
    args.question.run(Jit::default()).await
}
