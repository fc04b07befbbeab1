//! The trace a command reads: a file, or standard input.
//!
//! Files are read in pieces too, not mapped: counting events of a file in the page cache takes 0.31 ms of CPU per MB so, and
//! 0.27 ms when it is mapped. For that difference it is not worth that a file which is cut short while it is read would kill
//! the program.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::Path;

use nettrace::{Decoder, ErrorKind, Sink};

use crate::exit::{FailAs as _, Failure, Kind};

/// Bytes read at a time: enough that the calls do not count, little enough to stay in a processor's cache.
const CHUNK: usize = 256 << 10;

/// A trace that can be read, once.
#[derive(Debug)]
pub(crate) struct TraceInput {
    file: File,
    shown: String,
}

/// How a trace that has a head came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// In good order: all of it was read.
    Complete,
    /// Something is missing: what and where.
    Broken(String),
}

impl TraceInput {
    /// Opens a file; `-` is standard input.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            let stdin = io::stdin();
            if stdin.is_terminal() {
                return Err(Failure::new(
                    Kind::Argument,
                    "standard input is a terminal; pipe a trace into it",
                ));
            }
            let file = File::from(rustix::io::dup(stdin).fail_as(Kind::Unexpected)?);
            return Ok(Self { file, shown: "standard input".to_owned() });
        }
        let shown = path.display().to_string();
        let file = File::open(path).fail_with(Kind::Argument, || format!("cannot read {shown}"))?;
        if file.metadata().is_ok_and(|about| about.is_dir()) {
            return Err(Failure::new(Kind::Argument, format!("{shown} is a directory, not a trace")));
        }
        Ok(Self { file, shown })
    }

    /// What to call it.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// The open file.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Pushes all there is. `caught_up` is called whenever everything that has come was delivered and more may take a
    /// while, and in between after large pieces; its failure ends the reading.
    ///
    /// # Errors
    ///
    /// When there is no trace to be had at all, which names the file; and when `caught_up` fails.
    pub(crate) fn read<S: Sink>(
        mut self,
        decoder: &mut Decoder,
        sink: &mut S,
        mut caught_up: impl FnMut(&mut S) -> Result<(), Failure>,
    ) -> Result<Ending, Failure> {
        let mut chunk = vec![0; CHUNK];
        let unreadable = loop {
            match self.file.read(&mut chunk) {
                Ok(0) => break None,
                Ok(length) => {
                    let pushed = decoder.push(chunk.get(..length).unwrap_or_default(), sink);
                    caught_up(sink)?;
                    if pushed.is_err() {
                        // It stays, and what was held back is still to come.
                        break None;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Some(error),
            }
        };
        let finished = decoder.finish(sink);
        caught_up(sink)?;
        let shown = &self.shown;
        // What was stepped over comes before whatever else is wrong.
        let damage = decoder.damage().cloned().map_or(finished, Err);
        match (unreadable, damage) {
            (Some(error), _) if decoder.trace().is_none() => {
                Err(error).fail_with(Kind::Stream, || format!("cannot read {shown}"))
            }
            (None, _) if decoder.statistics().bytes == 0 => {
                Err(Failure::new(Kind::Stream, format!("{shown} is empty")))
            }
            (None, Err(error)) if decoder.trace().is_none() => {
                Err(Failure::new(Kind::Stream, format!("{shown}: {error}{}", hint(&error.kind))))
            }
            (Some(error), _) => Ok(Ending::Broken(format!("it cannot be read further: {error}"))),
            (None, Err(error)) => Ok(Ending::Broken(error.to_string())),
            (None, Ok(())) => Ok(Ending::Complete),
        }
    }
}

/// What a file may be that is no trace.
fn hint(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotNetTrace { found: [0x1f, 0x8b, ..] } => {
            "; it is compressed: gzip -dc FILE | pipescope ... -"
        }
        ErrorKind::NotNetTrace { found: [0x28, 0xb5, 0x2f, 0xfd, ..] } => {
            "; it is compressed: zstd -dc FILE | pipescope ... -"
        }
        ErrorKind::NotNetTrace { found: [b'P', b'K', 3, 4, ..] } => {
            "; it is an archive: unzip -p FILE | pipescope ... -"
        }
        _ => "",
    }
}

/// What else should be known about a trace that was read, a line each.
pub(crate) fn oddities(decoder: &Decoder) -> Vec<String> {
    let statistics = decoder.statistics();
    let trailing = match statistics.trailing_stream {
        true => "bytes after the end of the trace that were not read, which begin another trace",
        false => "bytes after the end of the trace that were not read",
    };
    [
        (statistics.damaged_blocks, "blocks that were left where their damage begins"),
        (statistics.undefined_events, "events left out because nothing in the trace defines them"),
        (statistics.unreadable_fields, "definitions whose fields cannot be read"),
        (statistics.unknown_blocks, "blocks left out because they are of unknown kind"),
        (statistics.dropped_stacks, "stacks left out because there are too many at once"),
        (statistics.dropped_label_lists, "lists of labels left out because there are too many at once"),
        (
            statistics.late_events,
            "events that are behind later ones, because they came too late to be put in order",
        ),
        (statistics.trailing_bytes, trailing),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{what}: {count}"))
    .collect()
}
