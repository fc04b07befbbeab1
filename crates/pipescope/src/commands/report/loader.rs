//! `pipescope report loader`: which assemblies and types are loaded, and which were not found.

use clap::Args;
use dotnet_analysis::loader::Loader;

use super::question::QuestionArgs;
use crate::exit::Failure;

/// Show which assemblies are loaded, when, how long finding them takes, and which were not found; and the types that take
/// longest to load.
///
/// How assemblies are found is told from .NET 5 on.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pipescope report loader shop.nettrace
  pipescope report loader -p 1234 --duration 30s
  pipescope report loader -n shop --json")]
pub(crate) struct LoaderArgs {
    #[command(flatten)]
    question: QuestionArgs,
}

pub(crate) async fn run(args: &LoaderArgs) -> Result<(), Failure> {
    args.question.run(Loader::default()).await
}
