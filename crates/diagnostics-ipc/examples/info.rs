//! `info PID` prints what a process says about itself, or why it does not.

use std::process::ExitCode;

use diagnostics_ipc::client::Client;
use diagnostics_ipc::discovery;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some(pid) = std::env::args().nth(1).and_then(|pid| pid.parse().ok()) else {
        eprintln!("usage: info PID");
        return ExitCode::from(2);
    };
    let process = match discovery::find(pid) {
        Ok(process) => process,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    match Client::new(&process).process_info().await {
        Ok(info) => {
            println!("{info:#?}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
