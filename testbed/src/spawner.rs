//! Children that end with this process, however it ends.

use std::io;
use std::process::{Child, Command};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

type Job = (Command, Sender<io::Result<Child>>);

/// Spawns the command from a thread that lives as long as this process.
///
/// The kernel's parent-death signal, which `setpriv` asks for, is sent when the *thread* that spawned the child ends.
/// A test's own thread ends while its process goes on, so one thread of the process spawns all children.
pub(crate) fn spawn(command: Command) -> io::Result<Child> {
    static SPAWNER: OnceLock<Mutex<Sender<Job>>> = OnceLock::new();
    let jobs = SPAWNER.get_or_init(|| {
        let (jobs, queue) = channel::<Job>();
        thread::spawn(move || {
            for (mut command, answer) in queue {
                // The one who asked is waiting below; had it gone, the child would be dropped with the answer.
                let _ = answer.send(command.spawn());
            }
        });
        Mutex::new(jobs)
    });
    let (answer, child) = channel();
    let gone = || io::Error::other("the spawning thread has gone");
    jobs.lock().unwrap_or_else(PoisonError::into_inner).send((command, answer)).map_err(|_| gone())?;
    child.recv().map_err(|_| gone())?
}

/// Whether util-linux's `setpriv` is there, through which a child asks to be killed when this process dies.
pub(crate) fn has_setpriv() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    *FOUND.get_or_init(|| {
        Command::new("setpriv").arg("--version").output().is_ok_and(|output| output.status.success())
    })
}
