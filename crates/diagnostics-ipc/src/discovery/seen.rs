//! A process as a scanner remembers it. What costs something to know is looked up when it is needed, once.

use super::SocketName;
use super::procfs::Procfs;

/// A process, .NET or not.
#[derive(Debug)]
pub(super) struct Seen {
    /// The number of its directory under `/proc`.
    pub(super) inode: u64,
    pub(super) first_round: u64,
    /// The listing that had it last.
    pub(super) listed_round: u64,
    /// The network namespace; `None` when it cannot be seen.
    pub(super) network: Option<u64>,
    /// Read when a socket needs an owner; `Some(None)` when it cannot be read.
    start_key: Option<Option<u64>>,
    namespace_pid: Option<Option<u32>>,
    pid_namespace: Option<Option<u64>>,
}

impl Seen {
    /// A process that a listing has found.
    pub(super) fn new(inode: u64, round: u64) -> Seen {
        Seen {
            inode,
            first_round: round,
            listed_round: round,
            network: None,
            start_key: None,
            namespace_pid: None,
            pid_namespace: None,
        }
    }

    /// When it started.
    pub(super) fn start_key(&mut self, procfs: &mut Procfs, pid: u32) -> Option<u64> {
        *self.start_key.get_or_insert_with(|| procfs.stat(pid).ok().map(|stat| stat.start_key))
    }

    /// Whether the process is the one that a socket is named after, as far as the name can tell.
    pub(super) fn is_named(&mut self, procfs: &mut Procfs, pid: u32, name: SocketName) -> bool {
        self.start_key(procfs, pid) == Some(name.start_key)
            && self.namespace_pid(procfs, pid) == Some(name.pid)
    }

    /// The number of its pid namespace.
    pub(super) fn pid_namespace(&mut self, procfs: &Procfs, pid: u32) -> Option<u64> {
        *self.pid_namespace.get_or_insert_with(|| procfs.namespace(&format!("{pid}/ns/pid")).ok())
    }

    /// The pid the process has for itself.
    pub(super) fn namespace_pid(&mut self, procfs: &mut Procfs, pid: u32) -> Option<u32> {
        *self.namespace_pid.get_or_insert_with(|| {
            let status = procfs.status(pid).ok()?;
            Some(status.namespace_pid.unwrap_or(pid))
        })
    }
}
