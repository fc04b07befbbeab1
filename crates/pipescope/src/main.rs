//! The program: see inside running .NET processes from a terminal, from scripts, and over HTTP.
//!
//! | module | what it holds |
//! |---|---|
//! | `cli` | commands and options |
//! | [`commands`] | what each command does, one file per command |
//! | [`counters`], [`trace`] | what those commands show and write, apart from sessions and terminals |
//! | [`stacks`] | stacks of threads as text |
//! | [`report`], [`ndjson`], [`profiles`] | what is told of traces that were taken, and the formats they are converted to |
//! | `trace_input` | reading such a trace from a file or standard input |
//! | `targets` | which process is meant |
//! | `exit` | exit codes and the one line on standard error |
//! | `listen`, `output`, `settle`, `signals`, `terminal`, `text`, `duration`, `secrets`, `logging` | one subject each |
//!
//! Everything runs on one thread: a monitor should not disturb the machine it looks at.

#![forbid(unsafe_code)]
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod cli;
mod commands;
mod counters;
mod duration;
mod exit;
mod listen;
mod logging;
mod ndjson;
mod output;
mod profiles;
mod report;
mod secrets;
mod settle;
mod signals;
mod stacks;
mod targets;
mod terminal;
mod text;
mod trace;
mod trace_input;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use clap::error::ErrorKind;

use cli::Cli;
use exit::{FailAs as _, Failure, Kind};

/// How long the end of the program waits for sessions that were dropped rather than stopped (an error in the middle of
/// something). What is not stopped by then, the runtime drops when it next writes.
const STOP_LIMIT: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    if cli.verbose {
        logging::start();
    }
    let verbose = cli.verbose;
    // A panic is reported by its hook, which also gives the terminal back. Sessions are dropped while it unwinds: they
    // are to be stopped in the target like after any other error.
    let result = std::panic::catch_unwind(|| run(cli)).unwrap_or(Err(Failure::Reported(Kind::Unexpected)));
    if !matches!(result, Err(Failure::AtOnce(_))) {
        diagnostics_ipc::client::finish_background_stops(STOP_LIMIT);
    }
    exit::report(result, verbose)
}

fn run(cli: Cli) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // For the few things that have no other way to wait, such as name resolution; their threads are made on demand.
        .max_blocking_threads(4)
        .thread_stack_size(256 * 1024)
        .build()
        .fail_as(Kind::Platform)?;
    let result = runtime.block_on(commands::run(cli.command));
    // Tasks end here, and with them the sessions they own: stopped in the background.
    runtime.shutdown_background();
    result
}

/// Help and version are answers; everything else that clap says is a wrong argument.
fn usage(error: &clap::Error) -> ExitCode {
    // A closed output is the reader's decision.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
        _ => ExitCode::from(Kind::Argument as u8),
    }
}
