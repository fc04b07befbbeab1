//! The file a command writes.
//!
//! What was in a file of that name before is lost only once there is something to put in its place: a mistyped pid
//! should not cost anybody yesterday's trace.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// A file that can be written, and has not been yet.
#[derive(Debug)]
pub(crate) struct Output {
    file: File,
    /// `None` where the file is not ours to empty or remove.
    path: Option<PathBuf>,
    existed: bool,
}

impl Output {
    /// Opens or makes the file and leaves what is in it.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let existed = path.exists();
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        Ok(Self { file, path: Some(path.to_owned()), existed })
    }

    /// What is open already, such as standard output: it is written as it is.
    pub(crate) fn of(file: File) -> Self {
        Self { file, path: None, existed: false }
    }

    /// Whether there was a file of that name before.
    pub(crate) fn existed(&self) -> bool {
        self.existed
    }

    /// The file, emptied.
    pub(crate) fn begin(self) -> io::Result<File> {
        // Devices and pipes have no length.
        if self.path.is_some() && self.file.metadata()?.is_file() {
            self.file.set_len(0)?;
        }
        Ok(self.file)
    }

    /// Leaves everything as it was before.
    pub(crate) fn abandon(self) {
        if let (Some(path), false) = (&self.path, self.existed) {
            // An empty file that stays is no harm.
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_is_lost_only_for_something_new() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x");
        Output::open(&path).unwrap().abandon();
        assert!(!path.exists());

        fs::write(&path, "yesterday's").unwrap();
        let output = Output::open(&path).unwrap();
        assert!(output.existed());
        output.abandon();
        assert_eq!(fs::read_to_string(&path).unwrap(), "yesterday's");

        Output::open(&path).unwrap().begin().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
        assert!(Output::open(directory.path()).is_err());
        assert!(Output::open(Path::new("/dev/null")).unwrap().begin().is_ok());
    }
}
