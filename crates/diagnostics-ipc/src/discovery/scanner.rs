//! All processes, again and again, at next to no cost.
//!
//! What is remembered, and what tells that it still holds:
//!
//! - A runtime, as long as the kernel's table of sockets has its socket: the socket ends with its process, and its
//!   number is not given twice.
//! - The processes, as long as no pid has been given out. When one has, `/proc` is listed again. The listing alone tells
//!   a process from another that has its pid now, since it comes with the number of the directory, which is not given
//!   twice either.
//!
//! So a scan that finds the same runtimes reads one table per network namespace, and nothing of any process.

use std::collections::HashMap;
use std::collections::HashSet;
use std::path::PathBuf;

use super::directories::Directories;
use super::examine::{Finding, examine};
use super::procfs::{ListeningSocket, Procfs};
use super::seen::Seen;
use super::{Problem, Process, SocketName};

/// What a scan found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// The processes that can be reached, by pid.
    pub processes: Vec<Process>,
    /// What cannot be reached, and why.
    pub problems: Vec<Problem>,
}

/// Finds .NET processes; keeps what it learned from scan to scan.
#[derive(Debug, Default)]
pub struct Scanner {
    procfs: Option<Procfs>,
    processes: HashMap<u32, Seen>,
    runtimes: HashMap<SocketKey, Runtime>,
    directories: Directories,
    /// The stale sockets of the last scan.
    stale: HashSet<PathBuf>,
    own: Own,
    /// The last pid given out when the processes were listed.
    last_pid: Option<u32>,
    round: u64,
}

/// What is the same for the whole life of this process.
#[derive(Debug, Default)]
struct Own {
    pid: u32,
    network: u64,
    pid_namespace: u64,
}

/// What a socket is known by from scan to scan.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum SocketKey {
    /// By the kernel's table: network namespace and number.
    Listening { network: u64, inode: u64 },
    /// By its file, where there is no table.
    File(PathBuf),
}

#[derive(Debug)]
struct Runtime {
    name: SocketName,
    /// The path as its process bound it.
    bound: PathBuf,
    /// The pid of its process, where that is known.
    owner: Option<u32>,
    finding: Finding,
    /// When the owner was found.
    settled_round: u64,
    examined_round: u64,
    last_round: u64,
}

/// After how many scans it is looked at again whether a socket can be used.
const RECHECK_ROUNDS: u64 = 16;

/// After how many scans it is looked at again in which network namespace a process is.
const NETWORK_RECHECK_ROUNDS: u64 = 64;

/// For how many scans a new process is looked at every time: a container's first process moves into its own
/// namespaces only after it has been started.
const YOUNG_ROUNDS: u64 = 4;

impl Scanner {
    /// A scanner that knows nothing yet.
    #[must_use]
    pub fn new() -> Scanner {
        Scanner { directories: Directories::usual(), ..Scanner::default() }
    }

    /// Looks for .NET processes. This process itself is left out.
    pub fn scan(&mut self) -> Scan {
        self.round += 1;
        let mut procfs = match self.procfs.take().map_or_else(Procfs::open, Ok) {
            Ok(procfs) => procfs,
            Err(error) => return unreadable(&error),
        };
        let scan = self.scan_with(&mut procfs);
        self.procfs = Some(procfs);
        scan
    }

    fn scan_with(&mut self, procfs: &mut Procfs) -> Scan {
        if self.round == 1 {
            self.own = Own::read(procfs);
        }
        // Before the tables: a socket whose file is seen here and that is in no table below is really dead or dying.
        self.directories.refresh();
        // Read before the listing: a process that comes in between is in the listing, and makes for another one.
        let last_pid = procfs.last_pid();
        if last_pid.is_none() || last_pid != self.last_pid {
            if let Err(error) = self.list_processes(procfs) {
                return unreadable(&error);
            }
            self.last_pid = last_pid;
        }
        self.look_up_networks(procfs);
        for (key, socket) in self.read_sockets(procfs) {
            self.settle(procfs, key, socket);
        }
        let round = self.round;
        self.runtimes.retain(|_, runtime| runtime.last_round == round);
        self.report(procfs)
    }

    fn list_processes(&mut self, procfs: &mut Procfs) -> std::io::Result<()> {
        let (processes, round) = (&mut self.processes, self.round);
        procfs.processes(|pid, inode| {
            let seen = processes.entry(pid).or_insert_with(|| Seen::new(inode, round));
            if seen.inode != inode {
                *seen = Seen::new(inode, round);
            }
            seen.listed_round = round;
        })?;
        processes.retain(|_, seen| seen.listed_round == round);
        Ok(())
    }

    fn look_up_networks(&mut self, procfs: &Procfs) {
        for (pid, seen) in &mut self.processes {
            let age = self.round - seen.first_round;
            // The pid spreads the later looks evenly over the scans.
            if age < YOUNG_ROUNDS || (self.round + u64::from(*pid)).is_multiple_of(NETWORK_RECHECK_ROUNDS) {
                seen.network = procfs.namespace(&format!("{pid}/ns/net")).ok();
            }
        }
    }

    /// The listening sockets of all network namespaces.
    fn read_sockets(&mut self, procfs: &mut Procfs) -> Vec<(SocketKey, ListeningSocket)> {
        let mut found = Vec::new();
        let mut collect = |network, sockets: Vec<ListeningSocket>| {
            found.extend(
                sockets
                    .into_iter()
                    .map(|socket| (SocketKey::Listening { network, inode: socket.inode }, socket)),
            );
        };
        let own_table = procfs.sockets("self");
        let own_table_readable = own_table.is_ok();
        collect(self.own.network, own_table.unwrap_or_default());
        let mut read = HashSet::from([self.own.network]);
        for (pid, seen) in &self.processes {
            let Some(network) = seen.network else { continue };
            // A process that ended meanwhile leaves its namespace to the next one in it.
            if !read.contains(&network)
                && let Ok(sockets) = procfs.sockets(&pid.to_string())
            {
                read.insert(network);
                collect(network, sockets);
            }
        }
        if !own_table_readable {
            self.search_directories(procfs, &mut found);
        }
        found
    }

    /// Sockets by their files, where the kernel's table cannot be read (`/proc` mounted with `subset=pid`, sandboxes).
    fn search_directories(&mut self, procfs: &mut Procfs, found: &mut Vec<(SocketKey, ListeningSocket)>) {
        for (pid, seen) in &self.processes {
            if self.round - seen.first_round < YOUNG_ROUNDS
                && let Ok(Some(directory)) = procfs.temporary_directory(*pid)
            {
                self.directories.watch(&directory);
            }
        }
        self.directories.refresh();
        for (name, path) in self.directories.sockets() {
            let socket = ListeningSocket { inode: 0, name: *name, path: path.clone() };
            found.push((SocketKey::File(path.clone()), socket));
        }
    }

    /// Brings what is known of one socket up to date.
    fn settle(&mut self, procfs: &mut Procfs, key: SocketKey, socket: ListeningSocket) {
        let round = self.round;
        if let Some(runtime) = self.runtimes.get_mut(&key)
            && runtime.name == socket.name
            && let Some(pid) = runtime.owner
            && (self.processes.get(&pid)).is_some_and(|seen| seen.first_round <= runtime.settled_round)
        {
            runtime.last_round = round;
            if round - runtime.examined_round >= RECHECK_ROUNDS {
                runtime.finding = examine(procfs, pid, &runtime.bound);
                runtime.examined_round = round;
            }
            return;
        }
        let owner = self.owner(procfs, &key, socket.name);
        let finding = match owner {
            Some(pid) => examine(procfs, pid, &socket.path),
            // A file alone is no sign of a runtime; it may be stale, which is reported from the directories.
            None if matches!(key, SocketKey::File(_)) => Finding::Gone,
            None => {
                let ListeningSocket { name, path, .. } = &socket;
                Finding::Problem(Problem::ProcessNotVisible { pid: name.pid, socket: path.clone() })
            }
        };
        if let Finding::Reachable(process) = &finding
            && process.socket == socket.path
            && let Some(directory) = socket.path.parent()
        {
            self.directories.watch(directory);
        }
        let ListeningSocket { name, path: bound, .. } = socket;
        let runtime = Runtime {
            name,
            bound,
            owner,
            finding,
            settled_round: round,
            examined_round: round,
            last_round: round,
        };
        self.runtimes.insert(key, runtime);
    }

    /// The process a socket belongs to.
    ///
    /// The name of a socket says which process it is as that process sees itself, which is ambiguous: a container's
    /// first process is 1 to itself, and where it sees other times than we do (a time namespace, or a pid namespace
    /// without a /proc of its own) even the start time may be that of another. Who has the socket open is proof, where it can be
    /// seen.
    fn owner(&mut self, procfs: &mut Procfs, key: &SocketKey, name: SocketName) -> Option<u32> {
        let SocketKey::Listening { network, inode } = key else {
            return self
                .processes
                .iter_mut()
                .find_map(|(pid, seen)| seen.is_named(procfs, *pid, name).then_some(*pid));
        };
        // Outside containers the pid in the name is the pid.
        let direct =
            self.processes.get_mut(&name.pid).is_some_and(|seen| seen.is_named(procfs, name.pid, name));
        let proof = direct.then(|| procfs.holds_socket(name.pid, *inode)).flatten();
        if proof == Some(true) {
            return Some(name.pid);
        }
        let mut likely = (direct && proof.is_none()).then_some(name.pid);
        for (pid, seen) in &mut self.processes {
            if seen.network.is_some_and(|theirs| theirs != *network) || *pid == name.pid {
                continue;
            }
            match seen.pid_namespace(procfs, *pid) {
                Some(theirs) if theirs == self.own.pid_namespace => {}
                Some(_) if seen.namespace_pid(procfs, *pid) != Some(name.pid) => {}
                Some(_) if procfs.holds_socket(*pid, *inode) == Some(true) => return Some(*pid),
                // Another user's process, which cannot be looked into.
                None if likely.is_none() && seen.is_named(procfs, *pid, name) => likely = Some(*pid),
                Some(_) | None => {}
            }
        }
        likely
    }

    fn report(&mut self, procfs: &mut Procfs) -> Scan {
        let mut scan = Scan::default();
        for runtime in self.runtimes.values() {
            match &runtime.finding {
                _ if runtime.owner == Some(self.own.pid) => {}
                Finding::Reachable(process) => scan.processes.push(process.clone()),
                Finding::Problem(problem) => scan.problems.push(problem.clone()),
                Finding::Gone => {}
            }
        }
        self.find_stale_sockets(procfs, &mut scan.problems);
        scan.processes.sort_by_key(|process| (process.pid, process.start_key));
        scan.problems.sort();
        scan.problems.dedup();
        scan
    }

    /// Files of sockets that no runtime listens at and no living process is named by.
    fn find_stale_sockets(&mut self, procfs: &mut Procfs, problems: &mut Vec<Problem>) {
        let listening: HashSet<SocketName> = self.runtimes.values().map(|runtime| runtime.name).collect();
        let before = std::mem::take(&mut self.stale);
        for (name, socket) in self.directories.sockets() {
            let pid = name.pid;
            let was_alive = (self.processes.get_mut(&pid))
                .is_some_and(|seen| seen.start_key(procfs, pid) == Some(name.start_key));
            // Asked anew, since a process that ends makes for no new listing.
            let mut is_alive = || {
                let stat = procfs.stat(pid);
                stat.is_ok_and(|stat| stat.start_key == name.start_key && !stat.state.has_ended())
            };
            if listening.contains(name) || was_alive && is_alive() {
                continue;
            }
            // The file may have gone since the directory was listed, which is what happens at every normal exit. One
            // that was stale before has only gone when the directory is listed again.
            if before.contains(socket) || socket.exists() {
                self.stale.insert(socket.clone());
                problems.push(Problem::StaleSocket { pid, socket: socket.clone() });
            }
        }
    }
}

impl Own {
    fn read(procfs: &mut Procfs) -> Own {
        // Not `std::process::id`: this is the pid as this mount of /proc counts, which may be that of the host.
        let link = procfs.link("self").unwrap_or_default();
        let pid = std::str::from_utf8(&link).ok().and_then(|pid| pid.parse().ok());
        Own {
            pid: pid.unwrap_or_else(std::process::id),
            network: procfs.namespace("self/ns/net").unwrap_or_default(),
            pid_namespace: procfs.namespace("self/ns/pid").unwrap_or_default(),
        }
    }
}

fn unreadable(error: &std::io::Error) -> Scan {
    Scan { processes: Vec::new(), problems: vec![Problem::ProcUnreadable { reason: error.to_string() }] }
}
