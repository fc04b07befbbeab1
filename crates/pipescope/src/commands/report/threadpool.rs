//! `pipescope report threadpool`: whether the thread pool is starved, by what, and how long work waits.

use clap::Args;
use dotnet_analysis::thread_pool::ThreadPool;

use super::question::QuestionArgs;
use crate::exit::Failure;

/// Show whether the thread pool is starved, by what, how many workers it has and why, and how long work waits for them.
///
/// A pool whose workers are blocked adds threads slowly, one or two a second, while work waits. A process is sampled about a
/// thousand times a second to see what its workers do.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pipescope report threadpool shop.nettrace
  pipescope report threadpool -p 1234 --duration 30s
  pipescope report threadpool -n shop --json")]
pub(crate) struct ThreadpoolArgs {
    #[command(flatten)]
    question: QuestionArgs,
}

pub(crate) async fn run(args: &ThreadpoolArgs) -> Result<(), Failure> {
    args.question.run(ThreadPool::default()).await
}
