//! What `/proc` says about processes and sockets.
//!
//! Files are read relative to one open `/proc` into one reused buffer, with a bound on each. The parsers take bytes
//! and are tested without a process.

use std::cell::OnceCell;
use std::fmt;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

use rustix::fs::{CWD, Mode, OFlags, RawDir, SeekFrom};

use super::socket_name::SocketName;

/// What a scheduler says about a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProcessState(char);

impl ProcessState {
    /// The state of a process now; `None` when there is no such process.
    #[must_use]
    pub fn of(pid: u32) -> Option<ProcessState> {
        let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
        Some(parse_stat(&stat)?.state)
    }

    /// The letter of `/proc/PID/stat`.
    #[must_use]
    pub fn letter(self) -> char {
        self.0
    }

    /// Whether the process has ended and only its entry is left.
    #[must_use]
    pub fn has_ended(self) -> bool {
        matches!(self.0, 'Z' | 'X' | 'x')
    }

    /// Whether the process has been stopped by a signal or a debugger.
    #[must_use]
    pub fn is_stopped(self) -> bool {
        matches!(self.0, 'T' | 't')
    }
}

impl fmt::Display for ProcessState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.0 {
            'R' => "running",
            'S' => "sleeping",
            'D' => "in an uninterruptible wait",
            'T' => "stopped",
            't' => "stopped by a debugger",
            'Z' => "ended, not yet reaped by its parent",
            'X' | 'x' => "dead",
            'I' => "idle",
            _ => "unknown",
        };
        write!(formatter, "{} ({word})", self.0)
    }
}

/// What is used of `/proc/PID/stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) state: ProcessState,
    pub(crate) start_key: u64,
}

/// Reads `/proc/PID/stat`. The name of the command, field 2, may itself hold parentheses and blanks, so the
/// fields are counted from its last parenthesis.
pub(crate) fn parse_stat(stat: &[u8]) -> Option<Stat> {
    let end = stat.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(stat.get(end + 1..)?).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    let state = ProcessState(fields.next()?.chars().next()?);
    // That was field 3; the start time is field 22.
    let start_key = fields.nth(22 - 3 - 1)?.parse().ok()?;
    Some(Stat { state, start_key })
}

/// What is used of `/proc/PID/status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) name: String,
    /// The effective user id.
    pub(crate) uid: u32,
    /// The process id in the innermost pid namespace.
    pub(crate) namespace_pid: Option<u32>,
}

/// Reads `/proc/PID/status`.
pub(crate) fn parse_status(status: &[u8]) -> Option<Status> {
    let text = String::from_utf8_lossy(status);
    let field =
        |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    Some(Status {
        name: field("Name")?.to_owned(),
        uid: field("Uid")?.split_ascii_whitespace().nth(1)?.parse().ok()?,
        namespace_pid: field("NSpid").and_then(|pids| pids.split_ascii_whitespace().last()?.parse().ok()),
    })
}

/// A runtime's socket in `/proc/net/unix`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListeningSocket {
    /// The number of the socket itself, not of its file.
    pub(crate) inode: u64,
    pub(crate) name: SocketName,
    /// As it was bound: in the mount namespace of its process.
    pub(crate) path: PathBuf,
}

/// The flag of a listening socket. The connections it accepted bear its path too.
const ACCEPTS_CONNECTIONS: u32 = 0x1_0000;

/// Reads the runtimes' listening sockets out of `/proc/net/unix`.
pub(crate) fn parse_sockets(table: &[u8]) -> impl Iterator<Item = ListeningSocket> + '_ {
    table.split(|byte| *byte == b'\n').filter_map(|line| {
        // Nearly every line of a busy machine ends here.
        if !line.ends_with(b"-socket") {
            return None;
        }
        let line = std::str::from_utf8(line).ok()?;
        // Address, references, protocol, flags, type, state, inode, path; the path may hold blanks.
        let path_at = line.find('/')?;
        let (numbers, path) = line.split_at(path_at);
        let name = SocketName::parse(path.rsplit('/').next()?)?;
        let mut fields = numbers.split_ascii_whitespace();
        let flags = u32::from_str_radix(fields.nth(3)?, 16).ok()?;
        let inode = fields.nth(2)?.parse().ok()?;
        (flags & ACCEPTS_CONNECTIONS != 0).then(|| ListeningSocket { inode, name, path: PathBuf::from(path) })
    })
}

/// Reads the last field of `/proc/loadavg`.
fn parse_last_pid(loadavg: &[u8]) -> Option<u32> {
    std::str::from_utf8(loadavg).ok()?.split_ascii_whitespace().nth(4)?.parse().ok()
}

/// The number in the target of a link such as `net:[4026531840]`.
pub(crate) fn parse_namespace(link: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(link).ok()?;
    text.split_once(":[")?.1.strip_suffix(']')?.parse().ok()
}

/// An open `/proc`.
#[derive(Debug)]
pub(crate) struct Procfs {
    root: rustix::fd::OwnedFd,
    buffer: Vec<u8>,
    own_files: OnceCell<Option<Files>>,
}

/// What decides which files a process sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Files {
    mounts: u64,
    root: Vec<u8>,
}

/// What the kernel appends to the path of a file that has been removed.
const DELETED: &[u8] = b" (deleted)";

/// The least that is read at once, in bytes. The kernel makes these files anew for every read.
const READ_SIZE: usize = 4096;

/// The descriptors that are looked at first, without listing all that there are: a runtime opens its socket among its
/// first, after those of its host.
const LIKELY_DESCRIPTORS: Range<u32> = 8..32;

/// How many descriptors of a process are looked through for a socket.
const MAX_DESCRIPTORS: usize = 1024;

/// Bounds on what is read, in bytes.
const SMALL: usize = 64 << 10;
const SOCKET_TABLE: usize = 16 << 20;
const ENVIRONMENT: usize = 8 << 20;

impl Procfs {
    pub(crate) fn open() -> io::Result<Procfs> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::openat(CWD, "/proc", flags, Mode::empty())?;
        Ok(Procfs { root, buffer: Vec::new(), own_files: OnceCell::new() })
    }

    /// Calls `visit` with the pid of every process and the number of its directory.
    ///
    /// That number is as good as a start time: the kernel makes a new one for each process, and it costs nothing
    /// more than the listing itself.
    pub(crate) fn processes(&mut self, mut visit: impl FnMut(u32, u64)) -> io::Result<()> {
        rustix::fs::seek(&self.root, SeekFrom::Start(0))?;
        self.buffer.clear();
        self.buffer.reserve(32 << 10);
        let mut entries = RawDir::new(&self.root, self.buffer.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if !name.first().is_some_and(u8::is_ascii_digit) {
                continue;
            }
            if let Some(pid) = std::str::from_utf8(name).ok().and_then(|name| name.parse().ok()) {
                visit(pid, entry.ino());
            }
        }
        Ok(())
    }

    /// The pid that was given out last, to a process or to a thread, in this pid namespace or one below it. As long as it
    /// stays the same, there is no new process.
    pub(crate) fn last_pid(&mut self) -> Option<u32> {
        parse_last_pid(self.read("loadavg", SMALL).ok()?)
    }

    pub(crate) fn stat(&mut self, pid: u32) -> io::Result<Stat> {
        let stat = self.read(&format!("{pid}/stat"), SMALL)?;
        parse_stat(stat).ok_or_else(|| unreadable("stat"))
    }

    pub(crate) fn status(&mut self, pid: u32) -> io::Result<Status> {
        let status = self.read(&format!("{pid}/status"), SMALL)?;
        parse_status(status).ok_or_else(|| unreadable("status"))
    }

    /// The arguments of a process; what does not fit 64 KiB is left out.
    pub(crate) fn command_line(&mut self, pid: u32) -> io::Result<Vec<String>> {
        let bytes = self.read(&format!("{pid}/cmdline"), SMALL)?;
        let mut arguments: Vec<_> =
            bytes.split(|byte| *byte == 0).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
        // Each argument ends in NUL, so the split leaves an empty piece behind the last.
        if arguments.last().is_some_and(String::is_empty) {
            arguments.pop();
        }
        Ok(arguments)
    }

    /// The `TMPDIR` a process was started with.
    pub(crate) fn temporary_directory(&mut self, pid: u32) -> io::Result<Option<PathBuf>> {
        use std::os::unix::ffi::OsStrExt;
        let bytes = self.read(&format!("{pid}/environ"), ENVIRONMENT)?;
        let value = bytes.split(|byte| *byte == 0).find_map(|entry| entry.strip_prefix(b"TMPDIR="));
        Ok(value
            .filter(|value| !value.is_empty())
            .map(|value| PathBuf::from(std::ffi::OsStr::from_bytes(value))))
    }

    /// The sockets of the network namespace that a process (or `self`) is in.
    pub(crate) fn sockets(&mut self, of: &str) -> io::Result<Vec<ListeningSocket>> {
        Ok(parse_sockets(self.read(&format!("{of}/net/unix"), SOCKET_TABLE)?).collect())
    }

    /// Whether a process has a certain socket open; `None` when that cannot be seen.
    pub(crate) fn holds_socket(&self, pid: u32, inode: u64) -> Option<bool> {
        let wanted = format!("socket:[{inode}]");
        let is_wanted = |descriptor: &str| match self.link(&format!("{pid}/fd/{descriptor}")) {
            Ok(link) => Some(link == wanted.as_bytes()),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => None,
            // Not open, or closed meanwhile.
            Err(_) => Some(false),
        };
        for descriptor in LIKELY_DESCRIPTORS {
            if is_wanted(&descriptor.to_string())? {
                return Some(true);
            }
        }
        for (looked_at, descriptor) in
            std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?.flatten().enumerate()
        {
            if looked_at == MAX_DESCRIPTORS {
                return None;
            }
            if is_wanted(descriptor.file_name().to_str()?)? {
                return Some(true);
            }
        }
        Some(false)
    }

    /// Which files a process (or `self`) sees: its mount namespace and its root. `None` when that cannot be seen.
    pub(crate) fn files_of(&self, of: &str) -> Option<Files> {
        Some(Files {
            mounts: self.namespace(&format!("{of}/ns/mnt")).ok()?,
            root: self.link(&format!("{of}/root")).ok()?,
        })
    }

    /// Which files this process sees.
    pub(crate) fn own_files(&self) -> Option<Files> {
        self.own_files.get_or_init(|| self.files_of("self")).clone()
    }

    /// The library of CoreCLR that a process has loaded, as it sees the file. `Ok(None)` when there is none.
    pub(crate) fn runtime_library(&mut self, pid: u32) -> io::Result<Option<PathBuf>> {
        use std::os::unix::ffi::OsStrExt;
        let maps = self.read(&format!("{pid}/maps"), SOCKET_TABLE)?;
        let line = maps.split(|byte| *byte == b'\n').find(|line| line.ends_with(b"/libcoreclr.so"));
        Ok(line.and_then(|line| {
            let start = line.iter().position(|byte| *byte == b'/')?;
            Some(PathBuf::from(std::ffi::OsStr::from_bytes(line.get(start..)?)))
        }))
    }

    /// The executable of a process, as it sees the file.
    pub(crate) fn executable(&self, pid: u32) -> io::Result<PathBuf> {
        use std::os::unix::ffi::OsStringExt;
        let mut link = self.link(&format!("{pid}/exe"))?;
        if link.ends_with(DELETED) {
            link.truncate(link.len() - DELETED.len());
        }
        Ok(PathBuf::from(std::ffi::OsString::from_vec(link)))
    }

    /// Where a link under `/proc` points.
    pub(crate) fn link(&self, name: &str) -> io::Result<Vec<u8>> {
        Ok(rustix::fs::readlinkat(&self.root, name, Vec::with_capacity(256))?.into_bytes())
    }

    /// The number of a namespace, such as `self/ns/net`.
    pub(crate) fn namespace(&self, name: &str) -> io::Result<u64> {
        parse_namespace(&self.link(name)?).ok_or_else(|| unreadable("namespace"))
    }

    fn read(&mut self, name: &str, limit: usize) -> io::Result<&[u8]> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.root, name, flags, Mode::empty())?;
        self.buffer.clear();
        while self.buffer.len() < limit {
            if self.buffer.spare_capacity_mut().len() < READ_SIZE {
                self.buffer.reserve(self.buffer.capacity().max(READ_SIZE));
            }
            match rustix::io::read(&file, rustix::buffer::spare_capacity(&mut self.buffer)) {
                Ok(0) => break,
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.buffer.truncate(limit);
        Ok(&self.buffer)
    }
}

fn unreadable(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("the kernel's {what} of the process has an unknown form"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_command_may_hold_anything() {
        let tail = "S 1 7 7 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 21335 0 0";
        for name in ["dotnet", "a b", "a) S 1 (b", ")", "((("] {
            let stat = parse_stat(format!("42 ({name}) {tail}").as_bytes()).unwrap();
            assert_eq!(stat, Stat { state: ProcessState('S'), start_key: 21335 }, "{name}");
        }
        assert_eq!(parse_stat(b"42 (x) S 1"), None);
        assert_eq!(parse_stat(b""), None);
        assert_eq!(parse_stat(b")"), None);
    }

    #[test]
    fn the_innermost_pid_is_the_last() {
        let status =
            parse_status(b"Name:\tdotnet\nUmask:\t0022\nNSpid:\t1381\t12\t1\nUid:\t1000\t1001\t1000\t1000\n");
        assert_eq!(status, Some(Status { name: "dotnet".to_owned(), uid: 1001, namespace_pid: Some(1) }));
        assert_eq!(parse_status(b"Name:\tx\nUid:\t0\t0\t0\t0\n").unwrap().namespace_pid, None);
        assert_eq!(parse_status(b""), None);
    }

    #[test]
    fn only_listening_sockets_of_runtimes_count() {
        let table = b"Num       RefCount Protocol Flags    Type St Inode Path\n\
            0000000000000000: 00000002 00000000 00010000 0001 01 21335 /tmp/my dir/dotnet-diagnostic-7-99-socket\n\
            0000000000000000: 00000003 00000000 00000000 0001 03 21336 /tmp/my dir/dotnet-diagnostic-7-99-socket\n\
            0000000000000000: 00000002 00000000 00010000 0001 01 21337 @/tmp/other-socket\n\
            0000000000000000: 00000003 00000000 00000000 0001 03  1586\n";
        let sockets: Vec<_> = parse_sockets(table).collect();
        assert_eq!(
            sockets,
            [ListeningSocket {
                inode: 21335,
                name: SocketName { pid: 7, start_key: 99 },
                path: PathBuf::from("/tmp/my dir/dotnet-diagnostic-7-99-socket"),
            }]
        );
    }

    #[test]
    fn namespaces_have_numbers() {
        assert_eq!(parse_namespace(b"net:[4026531840]"), Some(4_026_531_840));
        assert_eq!(parse_namespace(b"net:4026531840"), None);
    }

    #[test]
    fn the_last_pid_is_the_last_field() {
        assert_eq!(parse_last_pid(b"0.31 0.12 0.04 2/127 4711\n"), Some(4711));
        assert_eq!(parse_last_pid(b"0.31 0.12 0.04\n"), None);
    }

    #[test]
    fn states_explain_themselves() {
        assert_eq!(ProcessState('T').to_string(), "T (stopped)");
        assert!(ProcessState::of(std::process::id()).is_some());
    }
}
