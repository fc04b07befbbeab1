//! `pipescope report activities`: what begins inside of what, and how long it takes.

use clap::Args;
use dotnet_analysis::activities::Activities;

use super::question::QuestionArgs;
use crate::exit::Failure;

/// Show the activities of a process as a tree: what begins inside of what, how often, and how long it takes.
///
/// Activities are what event sources and libraries start and stop: requests made and served, their phases, DNS lookups,
/// handshakes, and whatever a program's own sources tell. A trace has them when the session asked the task library for ids,
/// System.Threading.Tasks.TplEventSource:80:4; every other provider in it adds its own.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pipescope report activities shop.nettrace
  pipescope report activities -p 1234 --duration 30s
  pipescope report activities -n shop --json")]
pub(crate) struct ActivitiesArgs {
    #[command(flatten)]
    question: QuestionArgs,
}

pub(crate) async fn run(args: &ActivitiesArgs) -> Result<(), Failure> {
    args.question.run(Activities::default()).await
}
