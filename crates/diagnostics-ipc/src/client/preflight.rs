//! What is checked at the target's files before a request that could harm it.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::target::Target;
use crate::discovery::Procfs;
use crate::discovery::examine::path_from_here;
use crate::request::{DumpRequest, InvalidRequest};

/// What the file of an assembly starts with.
const ASSEMBLY_MAGIC: [u8; 2] = *b"MZ";

/// Refuses a startup hook that cannot be loaded: the exception it causes ends the process.
pub(super) fn startup_hook(target: &Target, path: &Path) -> Result<(), InvalidRequest> {
    let what = "the startup hook";
    if !path.is_absolute() {
        return Err(InvalidRequest::RelativePath { what, path: path.to_owned() });
    }
    let unusable = |reason: &str| InvalidRequest::FileUnusable {
        what,
        path: path.to_owned(),
        reason: reason.to_owned(),
    };
    let mut start = [0; ASSEMBLY_MAGIC.len()];
    let opened = File::open(from_here(target, path)).and_then(|mut file| {
        let is_file = file.metadata()?.is_file();
        if is_file {
            file.read_exact(&mut start)?;
        }
        Ok(is_file)
    });
    match opened {
        Ok(true) if start == ASSEMBLY_MAGIC => Ok(()),
        Ok(true) => Err(unusable("it is not an assembly")),
        Ok(false) => Err(unusable("it is not a file")),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Err(unusable("it is not an assembly"))
        }
        Err(error) => Err(unusable(&error.to_string())),
    }
}

/// Refuses a dump that cannot be written. When the runtime fails to execute its dump writer, the child it forked for it
/// removes the socket of the process, which cannot be reached any more.
pub(super) fn dump(target: &Target, request: &DumpRequest) -> Result<(), InvalidRequest> {
    if !request.path.is_absolute() {
        return Err(InvalidRequest::RelativePath { what: "the path of a dump", path: request.path.clone() });
    }
    if let Some(directory) = request.path.parent()
        && !directory.to_string_lossy().contains('%')
        && std::fs::metadata(from_here(target, directory)).map_or(true, |found| !found.is_dir())
    {
        return Err(InvalidRequest::NoDirectory { what: "the dump", path: directory.to_owned() });
    }
    let Some(writer) = dump_writer(target) else { return Ok(()) };
    let reason = match std::fs::metadata(from_here(target, &writer)) {
        Ok(file) if file.permissions().mode() & 0o111 != 0 => return Ok(()),
        Ok(_) => "is not executable",
        Err(_) => "does not exist",
    };
    Err(InvalidRequest::NoDumpWriter { path: writer, reason })
}

/// Where the runtime of a process looks for its dump writer: beside its own library. `None` when that cannot be seen, and
/// for a single-file application, which has the dump writer in its executable (and, on .NET 10, writes full dumps only).
fn dump_writer(target: &Target) -> Option<PathBuf> {
    let library = Procfs::open().ok()?.runtime_library(target.pid()?).ok()??;
    Some(library.parent()?.join("createdump"))
}

/// How this process opens a file of the target.
fn from_here(target: &Target, path: &Path) -> PathBuf {
    match (target.pid(), Procfs::open()) {
        (Some(pid), Ok(procfs)) => path_from_here(&procfs, pid, path),
        _ => path.to_owned(),
    }
}
