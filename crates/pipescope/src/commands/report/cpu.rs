//! `pipescope report cpu`: where time goes.

use clap::Args;
use dotnet_analysis::cpu::Cpu;

use super::question::QuestionArgs;
use crate::exit::Failure;

/// Show which methods threads spend their time in, and what they wait for.
///
/// The runtime's sampler looks at all managed threads about a thousand times a second, whether they run or wait: figures are
/// time that passed, not CPU time. Threads that wait are told apart by their top methods.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pipescope report cpu shop.nettrace
  pipescope report cpu -p 1234 --duration 5s
  pipescope report cpu -n shop --json")]
pub(crate) struct CpuArgs {
    #[command(flatten)]
    question: QuestionArgs,
}

pub(crate) async fn run(args: &CpuArgs) -> Result<(), Failure> {
    args.question.run(Cpu::default()).await
}
