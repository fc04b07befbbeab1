//! The directories that runtimes put their sockets into, listed no more often than they change.
//!
//! They show the sockets that killed processes left behind, and are what is left to look at where the kernel's
//! table of sockets cannot be read.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::SocketName;

/// The most directories that are watched.
const MAX_DIRECTORIES: usize = 64;

/// The most sockets that are remembered of one directory.
const MAX_SOCKETS: usize = 4096;

/// How much longer than its listing took a directory is left alone, so that a temporary directory with very many
/// files that change all the time costs at most this fraction of the CPU.
const REST: u32 = 1000;

/// How long ago a directory must have changed for its time of change to be trusted: file systems stamp with the
/// resolution of the timer tick, so a second change within a tick would go unnoticed.
const SETTLED: Duration = Duration::from_millis(100);

#[derive(Debug)]
struct Directory {
    path: PathBuf,
    modified: Option<SystemTime>,
    rest_until: Option<Instant>,
    sockets: Vec<(SocketName, PathBuf)>,
}

/// The directories that are watched.
#[derive(Debug, Default)]
pub(super) struct Directories {
    watched: Vec<Directory>,
}

impl Directories {
    /// The directories a runtime uses when its environment says nothing else, or the same as ours.
    pub(super) fn usual() -> Directories {
        let mut directories = Directories::default();
        directories.watch(&std::env::temp_dir());
        directories.watch(Path::new("/tmp"));
        directories
    }

    /// Watches one more directory.
    pub(super) fn watch(&mut self, path: &Path) {
        let known = self.watched.iter().any(|directory| directory.path == path);
        if !known && self.watched.len() < MAX_DIRECTORIES {
            let path = path.to_owned();
            self.watched.push(Directory { path, modified: None, rest_until: None, sockets: Vec::new() });
        }
    }

    /// Lists again what has changed.
    pub(super) fn refresh(&mut self) {
        for directory in &mut self.watched {
            directory.refresh();
        }
    }

    /// The runtimes' sockets, dead or alive, as of the last refresh.
    pub(super) fn sockets(&self) -> impl Iterator<Item = &(SocketName, PathBuf)> {
        self.watched.iter().flat_map(|directory| &directory.sockets)
    }
}

impl Directory {
    fn refresh(&mut self) {
        let modified = std::fs::metadata(&self.path).and_then(|metadata| metadata.modified()).ok();
        let resting = self.rest_until.is_some_and(|until| Instant::now() < until);
        if modified == self.modified || resting {
            return;
        }
        let started = Instant::now();
        self.sockets.clear();
        for entry in std::fs::read_dir(&self.path).into_iter().flatten().flatten() {
            let Some(name) = entry.file_name().to_str().and_then(SocketName::parse) else { continue };
            self.sockets.push((name, entry.path()));
            if self.sockets.len() == MAX_SOCKETS {
                break;
            }
        }
        let settled = modified.is_some_and(|time| time.elapsed().is_ok_and(|age| age > SETTLED));
        self.modified = if settled { modified } else { None };
        let took = started.elapsed();
        // A listing that costs next to nothing is no reason to see the next change late.
        self.rest_until = (took > Duration::from_millis(1)).then(|| started + took * REST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_seen_at_the_next_refresh() {
        let temporary = tempfile::tempdir().unwrap();
        let mut directories = Directories::default();
        directories.watch(temporary.path());
        directories.refresh();
        assert_eq!(directories.sockets().count(), 0);
        for pid in 1..20 {
            let name = SocketName { pid, start_key: 5 };
            let path = temporary.path().join(name.to_string());
            std::fs::write(&path, "").unwrap();
            directories.refresh();
            assert!(directories.sockets().any(|socket| *socket == (name, path.clone())), "{pid}");
            std::fs::remove_file(&path).unwrap();
            directories.refresh();
            assert_eq!(directories.sockets().count(), 0, "{pid}");
        }
    }
}
