//! `pipescope report gc`: collections and the pauses they cost.

use clap::Args;
use dotnet_analysis::gc::Collections;

use super::question::QuestionArgs;
use crate::exit::Failure;

/// Show garbage collections: how long they stopped the program, why they ran, what was left.
///
/// A process is asked for the collector's events of level informational, without stacks, which costs it next to nothing. Of
/// a trace with stacks and events of level verbose (`trace collect --profile gc-verbose` has both) it is also said where
/// collections were asked for, and what was pinned.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pipescope report gc shop.nettrace
  pipescope report gc -p 1234 --duration 30s
  pipescope report gc shop.nettrace --json | jq '.collections | max_by(.pause_ns)'")]
pub(crate) struct GcArgs {
    #[command(flatten)]
    question: QuestionArgs,
}

pub(crate) async fn run(args: &GcArgs) -> Result<(), Failure> {
    args.question.run(Collections::default()).await
}
