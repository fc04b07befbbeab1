//! The trace a command reads: a file, or standard input.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::Path;

use nettrace::{Decoder, ErrorKind, Sink};

use crate::exit::{FailAs as _, Failure, Kind};

/// Bytes read at a time: enough that the calls do not count, little enough to stay in a processor's cache.
const CHUNK: usize = 1 << 20;

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
        let broken = loop {
            match self.file.read(&mut chunk) {
                Ok(0) => {
                    let finished = decoder.finish(sink);
                    caught_up(sink)?;
                    if decoder.statistics().bytes == 0 {
                        return Err(Failure::new(Kind::Stream, format!("{} is empty", self.shown)));
                    }
                    match finished {
                        Ok(()) => break None,
                        Err(error) => break Some(error),
                    }
                }
                Ok(length) => {
                    let pushed = decoder.push(chunk.get(..length).unwrap_or_default(), sink);
                    caught_up(sink)?;
                    if let Err(error) = pushed {
                        break Some(error);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if decoder.trace().is_some() => {
                    return Ok(Ending::Broken(format!("it cannot be read further: {error}")));
                }
                Err(error) => {
                    return Err(error).fail_with(Kind::Stream, || format!("cannot read {}", self.shown));
                }
            }
        };
        match broken {
            Some(error) if decoder.trace().is_none() => {
                let hint = hint(&error.kind);
                Err(Failure::new(Kind::Stream, format!("{}: {error}{hint}", self.shown)))
            }
            // What was stepped over comes before whatever else is wrong.
            broken => Ok(match decoder.damage().cloned().or(broken) {
                Some(error) => Ending::Broken(error.to_string()),
                None => Ending::Complete,
            }),
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
        true => "bytes after the end of the trace were not read: they begin another trace",
        false => "bytes after the end of the trace were not read",
    };
    [
        (statistics.damaged_blocks, "damaged blocks were left where the damage begins"),
        (statistics.undefined_events, "events were left out: nothing in the trace defines them"),
        (statistics.unreadable_fields, "definitions have fields that cannot be read"),
        (statistics.unknown_blocks, "blocks of unknown kind were left out"),
        (statistics.dropped_stacks, "stacks were left out: there are too many at once"),
        (statistics.dropped_label_lists, "lists of labels were left out: there are too many at once"),
        (statistics.trailing_bytes, trailing),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect()
}
