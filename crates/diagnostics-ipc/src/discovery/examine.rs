//! From a socket and the process it belongs to: what is to know about them, or why they cannot be reached.

use std::io;
use std::path::{Path, PathBuf};

use super::procfs::Procfs;
use super::{Problem, Process};
use crate::address::Address;

/// What an examination found out.
#[derive(Clone, Debug)]
pub(super) enum Finding {
    /// The process can be reached.
    Reachable(Process),
    /// It cannot.
    Problem(Problem),
    /// The process ended meanwhile.
    Gone,
}

/// Looks at process `pid`, whose runtime bound `socket` in its own mount namespace.
pub(super) fn examine(procfs: &mut Procfs, pid: u32, bound: &Path) -> Finding {
    let (Ok(stat), Ok(status)) = (procfs.stat(pid), procfs.status(pid)) else { return Finding::Gone };
    let name = executable_name(procfs, pid).unwrap_or(status.name);
    let socket = path_from_here(procfs, pid, bound);
    let checked = Address::resolve(&socket).and_then(|address| address.check_connectable());
    if let Err(error) = checked {
        // A process that ends takes its socket with it, which must not look like a socket that was removed.
        let lives =
            procfs.stat(pid).is_ok_and(|now| now.start_key == stat.start_key && !now.state.has_ended());
        if !lives {
            return Finding::Gone;
        }
        return Finding::Problem(match error.kind() {
            io::ErrorKind::PermissionDenied => {
                Problem::PermissionDenied { pid, name, uid: status.uid, socket }
            }
            io::ErrorKind::NotFound => Problem::SocketRemoved { pid, name, socket },
            _ => Problem::Unusable { pid, name, socket, reason: error.to_string() },
        });
    }
    Finding::Reachable(Process {
        pid,
        namespace_pid: status.namespace_pid.unwrap_or(pid),
        start_key: stat.start_key,
        socket,
        uid: status.uid,
        name,
        command_line: procfs.command_line(pid).unwrap_or_default(),
    })
}

/// How this process opens a path of another one.
///
/// The plain path where both see the same files; else the way through `/proc/PID/root`. Where that cannot be told
/// (another user's process), the plain path: its name holds pid and start time, so it cannot be a wrong socket.
pub(crate) fn path_from_here(procfs: &Procfs, pid: u32, path: &Path) -> PathBuf {
    let same_files = match procfs.files_of(&pid.to_string()) {
        None => true,
        theirs => theirs == procfs.own_files(),
    };
    if same_files { path.to_owned() } else { inside_root(pid, path) }
}

/// A path of another process by way of its root.
fn inside_root(pid: u32, path: &Path) -> PathBuf {
    let mut full = PathBuf::from(format!("/proc/{pid}/root"));
    full.push(path.strip_prefix("/").unwrap_or(path));
    full
}

/// The file name of the executable; `None` when it cannot be seen.
pub(super) fn executable_name(procfs: &Procfs, pid: u32) -> Option<String> {
    Some(procfs.executable(pid).ok()?.file_name()?.to_string_lossy().into_owned())
}
