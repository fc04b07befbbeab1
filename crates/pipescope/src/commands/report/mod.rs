//! `pipescope report`: what is in a trace.

mod events;

use clap::Subcommand;

use crate::exit::Failure;

/// Reports.
#[derive(Debug, Subcommand)]
pub(crate) enum ReportCommand {
    // Its help says more than a line; a comment for documentation here would take its place.
    Events(events::EventsArgs),
}

pub(crate) fn run(command: &ReportCommand) -> Result<(), Failure> {
    match command {
        ReportCommand::Events(args) => events::run(args),
    }
}
