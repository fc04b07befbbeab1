//! Dumps, profilers and perf maps.

use std::path::{Path, PathBuf};
use std::time::Duration;

use uuid::Uuid;

use super::InvalidRequest;
use super::invalid::no_nul;
use crate::message::cursor::{Cursor, Payload};
use crate::message::{DecodeError, Malformed};

/// How much of a process a dump holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum DumpKind {
    /// Threads, modules and stacks; also called mini.
    Normal = 1,
    /// With the managed heap.
    WithHeap = 2,
    /// Like normal, without personal data such as paths.
    Triage = 3,
    /// All memory.
    Full = 4,
}

impl DumpKind {
    /// Every kind.
    pub const ALL: [DumpKind; 4] = [DumpKind::Normal, DumpKind::WithHeap, DumpKind::Triage, DumpKind::Full];

    fn decode(cursor: &mut Cursor<'_>) -> Result<DumpKind, DecodeError> {
        let before = cursor.clone();
        let value = cursor.u32("dump kind")?;
        DumpKind::ALL
            .into_iter()
            .find(|kind| *kind as u32 == value)
            .ok_or_else(|| before.error("dump kind", Malformed::OutOfRange { value: u64::from(value) }))
    }
}

/// What else a dump should do. The last two need .NET 6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DumpFlags {
    /// Log the progress to the target's console.
    pub log: bool,
    /// Log it in detail.
    pub verbose_log: bool,
    /// Write a crash report (JSON) beside the dump.
    pub crash_report: bool,
}

impl DumpFlags {
    fn bits(self) -> u32 {
        u32::from(self.log) | u32::from(self.verbose_log) << 1 | u32::from(self.crash_report) << 2
    }

    fn from_bits(bits: u32) -> Option<DumpFlags> {
        (bits < 8).then_some(DumpFlags {
            log: bits & 1 != 0,
            verbose_log: bits & 2 != 0,
            crash_report: bits & 4 != 0,
        })
    }
}

/// Which of the three commands writes a dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DumpVersion {
    /// `GenerateCoreDump`: no flag but logging.
    V1,
    /// `GenerateCoreDump2`: all flags.
    V2,
    /// `GenerateCoreDump3`: a refusal comes with a text.
    V3,
}

/// A dump to write. The target process writes it, with its rights, into its file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DumpRequest {
    /// The file, absolute, as the target sees it. `%p` becomes the process id, `%e` the executable, `%h` the
    /// host name, `%t` the time.
    pub path: PathBuf,
    /// How much it holds.
    pub kind: DumpKind,
    /// What else to do.
    pub flags: DumpFlags,
}

impl DumpRequest {
    /// A dump without flags.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, kind: DumpKind) -> DumpRequest {
        DumpRequest { path: path.into(), kind, flags: DumpFlags::default() }
    }

    /// Whether the version of the command can express the request.
    #[must_use]
    pub fn fits(&self, version: DumpVersion) -> bool {
        version > DumpVersion::V1 || DumpFlags { log: false, ..self.flags } == DumpFlags::default()
    }

    pub(crate) fn encode(&self, version: DumpVersion, payload: &mut Payload) -> Result<(), InvalidRequest> {
        payload.string(absolute("the path of a dump", &self.path)?).u32(self.kind as u32);
        match version {
            DumpVersion::V1 => payload.u32(u32::from(self.flags.log)),
            DumpVersion::V2 | DumpVersion::V3 => payload.u32(self.flags.bits()),
        };
        Ok(())
    }

    pub(crate) fn decode(version: DumpVersion, cursor: &mut Cursor<'_>) -> Result<DumpRequest, DecodeError> {
        let path = decode_path("the path of a dump", cursor)?;
        let kind = DumpKind::decode(cursor)?;
        let before = cursor.clone();
        let bits = cursor.u32("dump flags")?;
        let flags = match version {
            DumpVersion::V1 => DumpFlags { log: bits != 0, ..DumpFlags::default() },
            DumpVersion::V2 | DumpVersion::V3 => DumpFlags::from_bits(bits).ok_or_else(|| {
                before.error("dump flags", Malformed::OutOfRange { value: u64::from(bits) })
            })?,
        };
        Ok(DumpRequest { path, kind, flags })
    }
}

/// Which symbol maps a runtime writes, into its own temporary directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum PerfMapKind {
    /// Neither.
    None = 0,
    /// Both.
    All = 1,
    /// `jit-PID.dump`, with the code itself.
    JitDump = 2,
    /// `perf-PID.map` and `perfinfo-PID.map`.
    PerfMap = 3,
}

impl PerfMapKind {
    /// Every kind.
    pub const ALL: [PerfMapKind; 4] =
        [PerfMapKind::None, PerfMapKind::All, PerfMapKind::JitDump, PerfMapKind::PerfMap];

    pub(crate) fn decode(cursor: &mut Cursor<'_>) -> Result<PerfMapKind, DecodeError> {
        let before = cursor.clone();
        let value = cursor.u32("perf map kind")?;
        PerfMapKind::ALL
            .into_iter()
            .find(|kind| *kind as u32 == value)
            .ok_or_else(|| before.error("perf map kind", Malformed::OutOfRange { value: u64::from(value) }))
    }
}

/// A profiler to load into a running process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachProfiler {
    /// How long the runtime may take, in whole milliseconds on the wire.
    pub timeout: Duration,
    /// The class id of the profiler.
    pub class_id: Uuid,
    /// The profiler's library, absolute, as the target sees it.
    pub path: PathBuf,
    /// What the profiler is given.
    pub data: Vec<u8>,
}

impl AttachProfiler {
    pub(crate) fn encode(&self, payload: &mut Payload) -> Result<(), InvalidRequest> {
        let milliseconds = u32::try_from(self.timeout.as_millis()).unwrap_or(u32::MAX);
        payload.u32(milliseconds).guid(self.class_id);
        payload.string(absolute("the path of a profiler", &self.path)?);
        payload.count(self.data.len()).bytes.extend(&self.data);
        Ok(())
    }

    pub(crate) fn decode(cursor: &mut Cursor<'_>) -> Result<AttachProfiler, DecodeError> {
        let timeout = Duration::from_millis(u64::from(cursor.u32("attach timeout")?));
        let class_id = cursor.guid("class id")?;
        let path = decode_path("the path of a profiler", cursor)?;
        let length = cursor.count("profiler data", 1)?;
        let data = cursor.bytes("profiler data", length)?.to_vec();
        Ok(AttachProfiler { timeout, class_id, path, data })
    }
}

/// A profiler to load when a suspended runtime goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartupProfiler {
    /// The class id of the profiler.
    pub class_id: Uuid,
    /// The profiler's library, absolute, as the target sees it.
    pub path: PathBuf,
}

impl StartupProfiler {
    pub(crate) fn encode(&self, payload: &mut Payload) -> Result<(), InvalidRequest> {
        payload.guid(self.class_id).string(absolute("the path of a profiler", &self.path)?);
        Ok(())
    }

    pub(crate) fn decode(cursor: &mut Cursor<'_>) -> Result<StartupProfiler, DecodeError> {
        let class_id = cursor.guid("class id")?;
        Ok(StartupProfiler { class_id, path: decode_path("the path of a profiler", cursor)? })
    }
}

/// A path as text, when the target would find the same file whatever its working directory is. A path of
/// Windows counts as absolute too: the request may be for a process there.
pub(crate) fn absolute<'a>(what: &'static str, path: &'a Path) -> Result<&'a str, InvalidRequest> {
    let Some(text) = path.to_str() else {
        return Err(InvalidRequest::NotUnicode { what, path: path.to_owned() });
    };
    no_nul(what, text)?;
    let mut start = text.chars();
    let drive = start.next().is_some_and(|letter| letter.is_ascii_alphabetic())
        && start.next() == Some(':')
        && matches!(start.next(), Some('\\' | '/'));
    if text.starts_with('/') || text.starts_with("\\\\") || drive {
        Ok(text)
    } else {
        Err(InvalidRequest::RelativePath { what, path: path.to_owned() })
    }
}

pub(crate) fn decode_path(what: &'static str, cursor: &mut Cursor<'_>) -> Result<PathBuf, DecodeError> {
    let before = cursor.clone();
    let path = PathBuf::from(cursor.text(what)?);
    match absolute(what, &path) {
        Ok(_) => Ok(path),
        Err(invalid) => Err(before.error(what, invalid.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_absolute_paths_are_sent() {
        for good in ["/tmp/x", "C:\\x", "c:/x", "\\\\host\\share"] {
            assert!(absolute("a file", Path::new(good)).is_ok(), "{good}");
        }
        for bad in ["", "x", "./x", "C:x", ":/x", "/a\0b"] {
            assert!(absolute("a file", Path::new(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn flags_beyond_logging_need_the_second_command() {
        let mut request = DumpRequest::new("/tmp/x", DumpKind::Normal);
        request.flags.log = true;
        assert!(request.fits(DumpVersion::V1));
        request.flags.crash_report = true;
        assert!(!request.fits(DumpVersion::V1));
        assert!(request.fits(DumpVersion::V2));
    }
}
