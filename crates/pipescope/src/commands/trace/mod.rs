//! `pipescope trace`: traces of one process.

mod collect;
mod list_profiles;

use clap::Subcommand;

use super::ps::{self, PsArgs};
use crate::exit::Failure;

/// Traces.
#[derive(Debug, Subcommand)]
pub(crate) enum TraceCommand {
    /// Take a trace into a file
    Collect(Box<collect::CollectArgs>),
    /// List the profiles of `trace collect`
    ListProfiles,
    /// List the .NET processes of this machine (as `pipescope ps`)
    Ps(PsArgs),
}

pub(crate) async fn run(command: TraceCommand) -> Result<(), Failure> {
    match command {
        TraceCommand::Collect(args) => collect::run(*args).await,
        TraceCommand::ListProfiles => list_profiles::run(),
        TraceCommand::Ps(args) => ps::run(&args).await,
    }
}
