//! The file a command writes.
//!
//! What was in a file of that name before is lost only once there is something to put in its place: a mistyped pid
//! should not cost anybody yesterday's trace.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// A file that can be written, and has not been yet.
///
/// It is written by [`begin`](Self::begin), or by writing to it until [`finish`](Self::finish).
#[derive(Debug)]
pub(crate) struct Output {
    file: File,
    /// `None` where the file is not ours to empty or remove.
    path: Option<PathBuf>,
    existed: bool,
    /// Whether it was emptied, so that there is no way back.
    begun: bool,
}

impl Output {
    /// Opens or makes the file and leaves what is in it.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let existed = path.exists();
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        Ok(Self { file, path: Some(path.to_owned()), existed, begun: false })
    }

    /// Standard output: it is written as it is.
    pub(crate) fn stdout() -> io::Result<Self> {
        let file = File::from(rustix::io::dup(io::stdout())?);
        Ok(Self { file, path: None, existed: false, begun: false })
    }

    /// Whether there was a file of that name before.
    pub(crate) fn existed(&self) -> bool {
        self.existed
    }

    /// Whether it is this file.
    pub(crate) fn is_same(&self, file: &File) -> bool {
        let about = |file: &File| file.metadata().ok().filter(fs::Metadata::is_file);
        let (ours, theirs) = (about(&self.file), about(file));
        ours.zip(theirs).is_some_and(|(a, b)| (a.dev(), a.ino()) == (b.dev(), b.ino()))
    }

    /// The file, emptied.
    pub(crate) fn begin(mut self) -> io::Result<File> {
        self.empty()?;
        Ok(self.file)
    }

    /// Leaves what was written; nothing else, also where nothing was written.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.empty()
    }

    /// Leaves everything as it was before, unless something was written.
    pub(crate) fn abandon(self) {
        if let (Some(path), false, false) = (&self.path, self.existed, self.begun) {
            // An empty file that stays is no harm.
            let _ = fs::remove_file(path);
        }
    }

    fn empty(&mut self) -> io::Result<()> {
        // Devices and pipes have no length.
        if !self.begun && self.path.is_some() && self.file.metadata()?.is_file() {
            self.file.set_len(0)?;
        }
        self.begun = true;
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.empty()?;
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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

        let mut output = Output::open(&path).unwrap();
        output.write_all(b"today's").unwrap();
        output.write_all(b" news").unwrap();
        output.abandon();
        assert_eq!(fs::read_to_string(&path).unwrap(), "today's news");
        Output::open(&path).unwrap().finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "");

        fs::write(&path, "yesterday's").unwrap();
        Output::open(&path).unwrap().begin().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
        assert!(Output::open(directory.path()).is_err());
        assert!(Output::open(Path::new("/dev/null")).unwrap().begin().is_ok());
    }

    #[test]
    fn a_file_is_known_by_any_name() {
        let directory = tempfile::tempdir().unwrap();
        let (path, link) = (directory.path().join("x"), directory.path().join("y"));
        let file = File::create(&path).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(Output::open(&link).unwrap().is_same(&file));
        assert!(!Output::open(&directory.path().join("z")).unwrap().is_same(&file));
        // Writing to a device is not writing over what was read from it.
        let null = File::open("/dev/null").unwrap();
        assert!(!Output::open(Path::new("/dev/null")).unwrap().is_same(&null));
    }
}
