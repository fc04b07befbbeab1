//! `pipescope report allocations`: what is allocated, by type and by code.

use clap::Args;
use dotnet_analysis::allocations::Allocations;

use super::question::QuestionArgs;
use crate::exit::Failure;

/// Show what is allocated: which types, and by which methods.
///
/// The runtime tells of a sample of all allocations, and the report says how far off its figures may be. From .NET 10 on a
/// process is asked for sampled allocations, about one event per 100 KB; earlier ones for allocation ticks, which are as many
/// but come with everything else that the collector tells at level verbose. Both come with stacks.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pipescope report allocations -p 1234 --duration 30s
  pipescope report allocations shop.nettrace
  pipescope report allocations shop.nettrace --json | jq '.types[:5]'")]
pub(crate) struct AllocationsArgs {
    #[command(flatten)]
    question: QuestionArgs,
}

pub(crate) async fn run(args: &AllocationsArgs) -> Result<(), Failure> {
    args.question.run(Allocations::default()).await
}
