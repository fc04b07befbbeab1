//! Socket paths as the kernel can take them.
//!
//! Two things keep a path from being used as it is. The kernel takes at most 107 bytes, and the way into a
//! container (`/proc/PID/root/...`) easily exceeds that. And absolute symbolic links inside a container would
//! lead out of it, to the same path on the host. Both are answered by opening the directory first, for a container
//! with the rule that the container's root is the root, and then naming the socket by `/proc/self/fd/N/NAME`.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, Mode, OFlags, ResolveFlags};

/// The most bytes a socket's path can have: `sun_path` without the terminator.
const MAX_SOCKET_PATH: usize = 107;

const DIRECTORY: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// A path to a socket (or another file) that can be given to the kernel for as long as this lives.
#[derive(Debug)]
pub(crate) struct Address {
    path: PathBuf,
    /// What `/proc/self/fd/N` in the path refers to.
    _directory: Option<OwnedFd>,
}

impl Address {
    pub(crate) fn resolve(path: &Path) -> io::Result<Address> {
        let directory = match (path.parent(), split_root(path)) {
            (_, Some((root, inside))) => open_inside(&root, inside.parent().unwrap_or(Path::new("/")))?,
            (Some(parent), None) if path.as_os_str().len() > MAX_SOCKET_PATH => {
                rustix::fs::openat(CWD, parent, DIRECTORY, Mode::empty())?
            }
            _ => return Ok(Address { path: path.to_owned(), _directory: None }),
        };
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let mut short = PathBuf::from(format!("/proc/self/fd/{}", directory.as_raw_fd()));
        short.push(name);
        Ok(Address { path: short, _directory: Some(directory) })
    }

    #[cfg(any(feature = "client", test))]
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether this process may connect to the socket, which needs the right to write to its file.
    pub(crate) fn check_connectable(&self) -> io::Result<()> {
        Ok(rustix::fs::accessat(CWD, &self.path, Access::WRITE_OK, AtFlags::EACCESS)?)
    }
}

/// Splits `/proc/PID/root/x/y` into `/proc/PID/root` and `/x/y`.
fn split_root(path: &Path) -> Option<(PathBuf, PathBuf)> {
    let mut parts = path.components();
    if parts.next()? != Component::RootDir || parts.next()? != Component::Normal(OsStr::new("proc")) {
        return None;
    }
    let Component::Normal(pid) = parts.next()? else { return None };
    if !pid.as_bytes().iter().all(u8::is_ascii_digit)
        || parts.next()? != Component::Normal(OsStr::new("root"))
    {
        return None;
    }
    let root = Path::new("/proc").join(pid).join("root");
    Some((root, Path::new("/").join(parts.as_path())))
}

/// Opens a directory of another process's root so that symbolic links stay inside.
fn open_inside(root: &Path, inside: &Path) -> io::Result<OwnedFd> {
    let root = rustix::fs::openat(CWD, root, DIRECTORY, Mode::empty())?;
    match rustix::fs::openat2(&root, inside, DIRECTORY, Mode::empty(), ResolveFlags::IN_ROOT) {
        // Kernels before 5.6, and sandboxes that do not know the call. Links may then lead out of the container; the
        // client compares the peer with the process it wanted.
        Err(rustix::io::Errno::NOSYS | rustix::io::Errno::PERM) => {
            let relative = inside.strip_prefix("/").unwrap_or(inside);
            let relative = if relative.as_os_str().is_empty() { Path::new(".") } else { relative };
            Ok(rustix::fs::openat(&root, relative, DIRECTORY, Mode::empty())?)
        }
        other => Ok(other?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_of_another_process_is_split_off() {
        assert_eq!(
            split_root(Path::new("/proc/12/root/tmp/x")),
            Some((PathBuf::from("/proc/12/root"), PathBuf::from("/tmp/x")))
        );
        for path in ["/tmp/x", "/proc/self/root/tmp/x", "/proc/12/cwd/x", "proc/12/root/x", "/proc", "/"] {
            assert_eq!(split_root(Path::new(path)), None, "{path}");
        }
    }

    #[test]
    fn a_path_too_long_for_the_kernel_gets_a_short_name() {
        let temporary = tempfile::tempdir().unwrap();
        let deep = temporary.path().join("d".repeat(120));
        std::fs::create_dir(&deep).unwrap();
        let socket = deep.join("s");
        assert!(std::os::unix::net::UnixListener::bind(&socket).is_err(), "the kernel takes no such path");
        let address = Address::resolve(&socket).unwrap();
        assert!(address.path().as_os_str().len() <= MAX_SOCKET_PATH);
        let _listener = std::os::unix::net::UnixListener::bind(address.path()).unwrap();
        assert!(socket.exists());
        Address::resolve(&socket).unwrap().check_connectable().unwrap();
        std::os::unix::net::UnixStream::connect(Address::resolve(&socket).unwrap().path()).unwrap();
    }

    #[test]
    fn links_inside_another_root_stay_inside() {
        // Our own root seen through /proc is a root like any other: a link to `/` must not be an error, and the
        // parent of the root is the root.
        let own = format!("/proc/{}/root", std::process::id());
        let directory = open_inside(Path::new(&own), Path::new("/../..")).unwrap();
        let here = rustix::fs::fstat(&directory).unwrap();
        assert_eq!(here.st_ino, rustix::fs::stat("/").unwrap().st_ino);
    }
}
