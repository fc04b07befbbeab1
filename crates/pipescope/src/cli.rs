//! The command line: which commands and options there are. What they do is in [`crate::commands`].

use clap::{Args, Parser, Subcommand};

use crate::commands::{convert, counters, diff, dump, gcdump, info, ps, report, serve, stacks, trace};
use crate::exit::EXIT_CODES;

const EXAMPLES: &str = "\
Examples:
  pipescope ps                              list .NET processes
  pipescope counters monitor                watch the counters of the only one there is
  pipescope trace collect -p 1234 --duration 30s
  pipescope report events x.nettrace        count what is in a trace
  pipescope stacks 1234                     show what every thread is doing now
  pipescope serve                           pages, /metrics and traces over HTTP for all of them
";

/// See inside running .NET processes: counters, traces and metrics, from outside, with nothing to install or change in
/// the target.
#[derive(Debug, Parser)]
#[command(
    name = "pipescope",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = format!("{EXAMPLES}\n{EXIT_CODES}")
)]
pub(crate) struct Cli {
    /// Print the causes of errors, and a log of what is going on, on standard error
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub(crate) verbose: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the .NET processes of this machine
    Ps(ps::PsArgs),
    /// Show what a process says about itself, and its environment
    Info(info::InfoArgs),
    /// Watch or collect counters and meters
    #[command(subcommand, arg_required_else_help = true)]
    Counters(counters::CountersCommand),
    /// Take traces
    #[command(subcommand, arg_required_else_help = true)]
    Trace(trace::TraceCommand),
    /// Tell what is in a trace, or what a process is doing
    #[command(subcommand, arg_required_else_help = true)]
    Report(report::ReportCommand),
    // Its help says more than a line; a comment for documentation here would take its place.
    Convert(convert::ConvertArgs),
    // As above.
    Diff(diff::DiffArgs),
    // As above.
    Dump(dump::DumpArgs),
    // As above.
    Gcdump(gcdump::GcdumpArgs),
    // As above.
    Stacks(stacks::StacksArgs),
    /// Serve pages, metrics and traces of all processes over HTTP
    Serve(serve::ServeArgs),
}

/// Which process. None of these is needed where there is only one.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Selector {
    /// Process id
    #[arg(short = 'p', long, value_name = "PID")]
    pub(crate) process_id: Option<u32>,
    /// Name of the process or of its entry assembly
    #[arg(short = 'n', long, value_name = "NAME", conflicts_with = "process_id")]
    pub(crate) name: Option<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definitions_are_consistent() {
        Cli::command().debug_assert();
    }
}
