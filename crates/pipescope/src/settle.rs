//! Leaving a process alone while it starts.

use std::io::{self, Write as _};
use std::time::Duration;

use pipescope_engine::settling;

use crate::exit::{FailAs as _, Failure, Kind};
use crate::signals::StopSignals;
use crate::targets::Target;

/// Waiting longer than this is worth a word.
const UNNOTICED: Duration = Duration::from_secs(1);

/// Waits until a process that has just started has settled: listening to its event sources now could keep it from
/// ever starting. `hint` follows the note about a longer wait.
///
/// # Errors
/// When the user would rather end the program than wait.
pub(crate) async fn settle(target: &Target, hint: &str) -> Result<(), Failure> {
    let mut signals = StopSignals::listen().fail_as(Kind::Platform)?;
    let (pid, start_key) = (target.process.pid, target.process.start_key);
    let settled = settling::settled(pid, start_key);
    tokio::pin!(settled);
    tokio::select! {
        () = &mut settled => return Ok(()),
        () = tokio::time::sleep(UNNOTICED) => {}
        () = signals.next() => return Err(Failure::Reported(Kind::Session)),
    }
    // Nobody may be reading.
    let _ =
        writeln!(io::stderr(), "note: process {pid} has just started; waiting until it has settled{hint}.");
    tokio::select! {
        () = settled => Ok(()),
        () = signals.next() => Err(Failure::Reported(Kind::Session)),
    }
}
