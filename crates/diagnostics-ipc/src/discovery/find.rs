//! One certain process, with an answer to why it cannot be reached.

use std::io;
use std::path::{Path, PathBuf};

use super::examine::{Finding, examine, executable_name, path_from_here};
use super::procfs::Procfs;
use super::{DiscoveryError, Problem, Process, RuntimeSign, SocketName};

/// Finds the runtime of one process.
///
/// # Errors
/// Which check failed: the process does not run, has no runtime or no socket, its socket may not be used, or nobody
/// listens at it.
pub fn find(pid: u32) -> Result<Process, DiscoveryError> {
    let unreadable = |error: io::Error| Problem::ProcUnreadable { reason: error.to_string() };
    let mut procfs = Procfs::open().map_err(unreadable)?;
    let gone = DiscoveryError::NotRunning { pid };
    let (Ok(stat), Ok(status)) = (procfs.stat(pid), procfs.status(pid)) else { return Err(gone) };
    let name = executable_name(&procfs, pid).unwrap_or(status.name);
    if stat.state.has_ended() {
        return Err(DiscoveryError::Ended { pid, name });
    }
    let socket_name = SocketName { pid: status.namespace_pid.unwrap_or(pid), start_key: stat.start_key };
    let table = procfs.sockets(&pid.to_string());
    let bound = table.as_deref().ok().and_then(|sockets| {
        // The name alone is ambiguous; see the scanner.
        let mut near = sockets.iter().filter(|socket| socket.name.pid == socket_name.pid);
        let own = near.find(|socket| match procfs.holds_socket(pid, socket.inode) {
            Some(holds) => holds,
            None => socket.name == socket_name,
        });
        own.map(|socket| socket.path.clone())
    });
    let bound = match bound {
        Some(bound) => bound,
        None => search(&mut procfs, pid, name, socket_name, table.is_ok())?,
    };
    match examine(&mut procfs, pid, &bound) {
        Finding::Reachable(process) => Ok(process),
        Finding::Problem(problem) => Err(problem.into()),
        Finding::Gone => Err(gone),
    }
}

/// Looks for the socket's file where the table of sockets has none.
fn search(
    procfs: &mut Procfs,
    pid: u32,
    name: String,
    socket_name: SocketName,
    table_readable: bool,
) -> Result<PathBuf, DiscoveryError> {
    let environment = procfs.temporary_directory(pid);
    let environment_readable = environment.is_ok();
    let mut searched: Vec<PathBuf> = Vec::new();
    let named = environment.ok().flatten();
    for directory in named.into_iter().chain([std::env::temp_dir(), PathBuf::from("/tmp")]) {
        if !searched.contains(&directory) {
            searched.push(directory);
        }
    }
    for directory in &searched {
        let bound = directory.join(socket_name.to_string());
        let socket = path_from_here(procfs, pid, &bound);
        if exists(&socket) {
            // The table is the truth about who listens; the file alone is not.
            return if table_readable {
                Err(DiscoveryError::NotListening { pid, name, socket })
            } else {
                Ok(bound)
            };
        }
    }
    let runtime = match procfs.runtime_library(pid) {
        Ok(Some(_)) => RuntimeSign::Loaded,
        Ok(None) => RuntimeSign::NotLoaded,
        Err(_) => RuntimeSign::Unknown,
    };
    let socket = socket_name.to_string();
    Err(DiscoveryError::NoSocket { pid, name, socket, searched, environment_readable, runtime })
}

fn exists(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}
