//! Names for native code of a running process.
//!
//! The runtime tells the names of managed code only. What is left is looked up in what the process has mapped: `/proc/PID/maps`
//! says which file is where, its symbol tables which function. Code that the runtime made is in the map that it writes for
//! `perf`, where that is asked for (`DOTNET_PerfMapEnabled`).
//!
//! Files are those that the process sees, and must be the very ones that it has mapped, by their numbers. A process of another
//! user chooses what is in them, so they are read as hostile. Where they may not be read, code stays without a name.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufReader, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use diagnostics_ipc::discovery::Process;
use dotnet_analysis::profile::{Frame, FrameKind};
use dotnet_analysis::symbols::native::elf::{self, ElfError, Place};
use dotnet_analysis::symbols::native::{Mapping, Mappings, perf_map};
use rustix::fs::{FileType, Mode, OFlags, Stat};

/// Bytes of `/proc/PID/maps` that are read: some 100 for each of the mappings there can be by default.
const MAX_MAPS: u64 = 32 << 20;

/// Files that are looked into.
const MAX_FILES: usize = 256;

/// Clock ticks per second in `/proc`: 100 on every architecture that .NET runs on (proc(5), `USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// How much older than its process a map may look: clocks are adjusted, and file systems round.
const SLACK: Duration = Duration::from_secs(2);

/// The frames at some addresses of a process, where there are names for them. Empty when the process has ended meanwhile.
#[must_use]
pub fn frames_at(process: &Process, addresses: &[u64]) -> HashMap<u64, Frame> {
    if addresses.is_empty() {
        return HashMap::new();
    }
    let frames = look_up(process, addresses).unwrap_or_else(|error| {
        tracing::debug!(pid = process.pid, %error, "native code stays without names");
        HashMap::new()
    });
    // The files of a process that has its id now would tell lies.
    if process.is_running() { frames } else { HashMap::new() }
}

fn look_up(process: &Process, addresses: &[u64]) -> io::Result<HashMap<u64, Frame>> {
    let directory = PathBuf::from(format!("/proc/{}", process.pid));
    let mut maps = Vec::new();
    File::open(directory.join("maps"))?.take(MAX_MAPS).read_to_end(&mut maps)?;
    let mappings = Mappings::parse(&maps);
    let root = directory.join("root");
    let mut files: BTreeMap<(u64, &[u8]), InFile<'_>> = BTreeMap::new();
    let mut made = Vec::new();
    for address in addresses {
        match mappings.find(*address) {
            Some(mapping) if mapping.has_file() => {
                let file = (mapping.inode, mapping.path.as_slice());
                let file = files.entry(file).or_insert(InFile { mapping, code: Vec::new() });
                file.code.extend(mapping.offset_of(*address).map(|offset| (*address, offset)));
            }
            Some(_) => made.push(*address),
            None => {}
        }
    }
    let mut frames = HashMap::new();
    for file in files.into_values().take(MAX_FILES) {
        match file.frames(&root) {
            Ok(found) => frames.extend(found),
            Err(error) => {
                let file = String::from_utf8_lossy(&file.mapping.path);
                tracing::debug!(pid = process.pid, %file, %error, "a file tells no names");
            }
        }
    }
    if !made.is_empty() {
        match of_perf_map(process, &root, &made) {
            Ok(found) => frames.extend(found),
            Err(error) => tracing::debug!(pid = process.pid, %error, "there is no map for perf"),
        }
    }
    Ok(frames)
}

/// Code that is mapped from one file.
struct InFile<'m> {
    /// One of its mappings.
    mapping: &'m Mapping,
    /// Addresses, and where in the file they are.
    code: Vec<(u64, u64)>,
}

impl InFile<'_> {
    /// What the file tells of its code.
    fn frames(&self, root: &Path) -> io::Result<Vec<(u64, Frame)>> {
        let (file, stat) = open_in(root, Path::new(OsStr::from_bytes(&self.mapping.path)))?;
        if stat.st_ino != self.mapping.inode {
            return Err(io::Error::other("the file was replaced"));
        }
        let offsets: Vec<u64> = self.code.iter().map(|(_, offset)| *offset).collect();
        let places = match elf::places(file, &offsets) {
            Ok(places) => places,
            // Assemblies are mapped too: the runtime has names for what is in them, where it is asked.
            Err(ElfError::OtherKind) => return Ok(Vec::new()),
            Err(error) => return Err(io::Error::other(error)),
        };
        let module = self.mapping.file_name();
        let frame = |place| {
            let name = match place {
                Place::Function(name) => name,
                Place::Nameless(address) => format!("{address:#x}"),
                Place::Outside => return None,
            };
            Some(Frame { module: module.clone(), name, kind: FrameKind::Native })
        };
        let code = self.code.iter().zip(places);
        Ok(code.filter_map(|((address, _), place)| Some((*address, frame(place)?))).collect())
    }
}

/// What the runtime has written for `perf`.
fn of_perf_map(process: &Process, root: &Path, addresses: &[u64]) -> io::Result<HashMap<u64, Frame>> {
    let path = PathBuf::from(format!("/tmp/perf-{}.map", process.namespace_pid));
    let (file, stat) = open_in(root, &path)?;
    if stat.st_uid != process.uid {
        return Err(io::Error::other("it belongs to another user"));
    }
    // One of an earlier process with the same id may have been left.
    if file.metadata()?.modified()? + SLACK < started(process)? {
        return Err(io::Error::other("it is older than the process"));
    }
    perf_map::frames_at(BufReader::new(file), addresses)
}

/// When the process started.
fn started(process: &Process) -> io::Result<SystemTime> {
    let uptime = fs::read_to_string("/proc/uptime")?;
    let uptime = uptime.split_whitespace().next().and_then(|seconds| seconds.parse::<f64>().ok());
    let age = uptime.map(|uptime| uptime - process.start_key as f64 / TICKS_PER_SECOND);
    let age = age.and_then(|age| Duration::try_from_secs_f64(age.max(0.0)).ok());
    age.and_then(|age| SystemTime::now().checked_sub(age))
        .ok_or_else(|| io::Error::other("nobody knows when the process started"))
}

/// Opens a plain file as a process sees it. Others, such as a pipe that nobody writes to, would hold us up.
fn open_in(root: &Path, path: &Path) -> io::Result<(File, Stat)> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let path = root.join(path.strip_prefix("/").unwrap_or(path));
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    let stat = rustix::fs::fstat(&file)?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Ok((file, stat)),
        _ => Err(io::Error::other("it is no plain file")),
    }
}
