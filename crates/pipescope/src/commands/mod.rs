//! What each command does; one file per command.

pub(crate) mod convert;
pub(crate) mod counters;
pub(crate) mod diff;
pub(crate) mod dump;
pub(crate) mod gcdump;
pub(crate) mod info;
pub(crate) mod ps;
pub(crate) mod report;
pub(crate) mod serve;
pub(crate) mod stacks;
pub(crate) mod trace;

use crate::cli::Command;
use crate::exit::Failure;

/// Carries out a command.
pub(crate) async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Ps(args) => ps::run(&args).await,
        Command::Info(args) => info::run(&args).await,
        Command::Counters(command) => counters::run(command).await,
        Command::Trace(command) => trace::run(command).await,
        Command::Report(command) => report::run(&command).await,
        Command::Convert(args) => convert::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Dump(args) => dump::run(args).await,
        Command::Stacks(args) => stacks::run(&args).await,
        Command::Gcdump(args) => gcdump::run(args).await,
        Command::Serve(args) => serve::run(args).await,
    }
}
