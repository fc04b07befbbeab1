//! Where collected counters go.
//!
//! Nothing waits in memory for long: the collector flushes every second. A JSON file is closed with each flush and
//! the closing is overwritten by the next, so the file is a whole document at every moment, even after a `kill -9`.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use pipescope_engine::counters::Reading;

use super::csv::CsvRows;
use super::json::JsonRows;

/// The formats of `counters collect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Comma-separated values
    Csv,
    /// One JSON document
    Json,
}

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Json => "json",
        }
    }

    /// The file to write for an `--output`: with the extension of the format, which is added where it is missing.
    pub(crate) fn path(self, output: &Path) -> PathBuf {
        match output.extension() {
            Some(extension) if extension.eq_ignore_ascii_case(self.extension()) => output.to_owned(),
            _ => {
                let mut name = output.as_os_str().to_owned();
                name.push(".");
                name.push(self.extension());
                name.into()
            }
        }
    }
}

/// A file of counters being written.
#[derive(Debug)]
pub(crate) struct CounterFile {
    rows: Rows,
    destination: Destination,
    pending: String,
}

#[derive(Debug)]
enum Rows {
    Csv(CsvRows),
    Json(JsonRows),
}

#[derive(Debug)]
enum Destination {
    /// A regular file, and how much of it stays as it is.
    Seekable(File, u64),
    /// Standard output, a FIFO, a device.
    Stream(File),
}

impl CounterFile {
    /// Begins a file.
    pub(crate) fn begin(
        format: Format,
        file: File,
        process_name: &str,
        interval_seconds: u64,
    ) -> io::Result<Self> {
        let zone = TimeZone::system();
        let mut pending = String::new();
        let rows = match format {
            Format::Csv => {
                CsvRows::header(&mut pending);
                Rows::Csv(CsvRows::new(zone, interval_seconds))
            }
            Format::Json => {
                let rows = JsonRows::new(zone, interval_seconds);
                rows.header(process_name, Timestamp::now(), &mut pending);
                Rows::Json(rows)
            }
        };
        let destination = if file.metadata()?.is_file() {
            Destination::Seekable(file, 0)
        } else {
            Destination::Stream(file)
        };
        let mut begun = Self { rows, destination, pending };
        begun.flush()?;
        Ok(begun)
    }

    /// Takes a reading. It is in the file after the next [`flush`](Self::flush).
    pub(crate) fn reading(&mut self, reading: &Reading<'_>) {
        match &mut self.rows {
            Rows::Csv(rows) => rows.reading(reading, &mut self.pending),
            Rows::Json(rows) => rows.reading(reading, Timestamp::now(), &mut self.pending),
        }
    }

    /// Writes what is pending.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let length = self.pending.len();
        match &mut self.destination {
            Destination::Seekable(file, end) => {
                if let Rows::Json(_) = self.rows {
                    self.pending.push_str(JsonRows::END);
                }
                file.write_all_at(self.pending.as_bytes(), *end)?;
                *end += length as u64;
            }
            Destination::Stream(stream) => {
                stream.write_all(self.pending.as_bytes())?;
            }
        }
        self.pending.clear();
        Ok(())
    }

    /// Writes the rest.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.flush()?;
        match (&mut self.destination, &self.rows) {
            (Destination::Stream(stream), Rows::Json(_)) => stream.write_all(JsonRows::END.as_bytes()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use pipescope_engine::counters::SeriesKind;

    use super::super::naming::tests::{mean, series};
    use super::*;

    #[test]
    fn the_extension_is_added_where_it_is_missing() {
        for (format, output, expected) in [
            (Format::Csv, "counter", "counter.csv"),
            (Format::Csv, "a/b.CSV", "a/b.CSV"),
            (Format::Csv, "my.app", "my.app.csv"),
            (Format::Json, "x.csv", "x.csv.json"),
        ] {
            assert_eq!(format.path(Path::new(output)), Path::new(expected));
        }
    }

    #[test]
    fn a_json_file_is_whole_after_every_flush() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.json");
        let mut file = CounterFile::begin(Format::Json, File::create(&path).unwrap(), "p", 1).unwrap();
        let series = series("x", "", SeriesKind::Mean, "");
        for count in 0..3 {
            let text = std::fs::read_to_string(&path).unwrap();
            let value: serde_json::Value =
                serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
            assert_eq!(value["Events"].as_array().map(Vec::len), Some(count));
            file.reading(&Reading { time_unix_nanos: 0, series: &series, value: mean(1.0) });
            file.flush().unwrap();
        }
        file.finish().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches("]}").count(), 1, "{text}");
    }

    #[test]
    fn a_stream_is_closed_at_the_end() {
        let (reader, writer) = io::pipe().unwrap();
        let writer = File::from(std::os::fd::OwnedFd::from(writer));
        CounterFile::begin(Format::Json, writer, "p", 1).unwrap().finish().unwrap();
        let text = io::read_to_string(reader).unwrap();
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
    }
}
