//! Opens a session that would be idle but for its heartbeat, and reads it until it ends or this process does.
//!
//! `hold_session PID` (or the path of a socket) prints `open` when the session is. Kill it in any way: a moment later the target has no session
//! of it any more.

use std::error::Error;

use diagnostics_ipc::client::Client;
use diagnostics_ipc::discovery;
use diagnostics_ipc::request::{Provider, SessionRequest};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let which = std::env::args().nth(1).ok_or("which process?")?;
    let client = match which.parse() {
        Ok(pid) => Client::new(&discovery::find(pid)?),
        Err(_) => Client::connect_path(which),
    };
    let request = SessionRequest::new([Provider::counters("System.Runtime", 1)]).without_stacks();
    let mut session = client.start_session(&request).await?;
    println!("open");
    let mut buffer = vec![0; 64 << 10];
    while session.read(&mut buffer).await? > 0 {}
    Ok(())
}
