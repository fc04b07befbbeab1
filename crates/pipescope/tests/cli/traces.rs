//! Commands that read traces, whatever they make of them: where a trace comes from, and what is said of bad ones.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::corpus;
use super::harness::{Ended, Pipescope};
use super::stream::{Bytes, Stream};

/// The commands that read traces; the trace's name follows.
const COMMANDS: [&[&str]; 2] = [&["report", "events"], &["convert", "--to", "ndjson"]];

/// A trace in a directory of its own, as `x.nettrace`.
#[derive(Debug)]
pub(crate) struct TraceFile {
    directory: TempDir,
}

impl TraceFile {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let file = Self { directory: tempfile::tempdir().expect("a directory") };
        fs::write(file.path(), bytes).expect("the trace can be written");
        file
    }

    /// A recorded trace; `None`, said aloud, when there are none.
    pub(crate) fn recorded(name: &str) -> Option<Self> {
        corpus::trace(name).map(|bytes| Self::new(&bytes))
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory().join("x.nettrace")
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Runs a command in its directory, where it is `x.nettrace`.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        Pipescope::start_in(self.directory(), arguments).wait()
    }

    /// Runs a command with it on standard input.
    #[track_caller]
    pub(crate) fn pipe(&self, arguments: &[&str]) -> Ended {
        let stdin = File::open(self.path()).expect("the trace is there");
        Pipescope::start_with(self.directory(), arguments, stdin).wait()
    }
}

/// Two events of one kind, a second apart.
pub(crate) fn small() -> Stream {
    let mut stream = Stream::new();
    stream.define(1, "My-Source", 7, |definition| definition.name("Hello").fields(&[("text", 18)]));
    let mut payload = Bytes::default();
    payload.text("you");
    stream.events(|block| {
        block.event(1).sequence(1).thread(5).time(1_000_000_000).payload(&payload.0);
        block.event(1).time(1_000_000_000).payload(&payload.0);
    });
    stream
}

fn with<'a>(command: &[&'a str], file: &'a str) -> Vec<&'a str> {
    command.iter().copied().chain([file]).collect()
}

#[test]
fn a_trace_may_come_from_a_file_or_from_standard_input() {
    let trace = TraceFile::new(&small().end());
    for command in COMMANDS {
        let from_file = trace.run(&with(command, "x.nettrace")).expect(0);
        assert!(from_file.stdout.contains("Hello"), "{}", from_file.stdout);
        assert_eq!(from_file.stderr, "");
        let piped = trace.pipe(&with(command, "-")).expect(0);
        assert_eq!((piped.stdout, piped.stderr), (from_file.stdout, String::new()));
    }
}

#[test]
fn what_is_no_trace_is_said_in_one_line_that_names_it() {
    let head = |parts: &[&[u8]]| parts.concat();
    let nettrace_7 = head(&[b"Nettrace", &0u32.to_le_bytes(), &7u32.to_le_bytes(), &[0; 40]]);
    let mut netperf_2 = Bytes::default();
    netperf_2.raw(b"\x14\0\0\0!FastSerialization.1").raw(&[4, 4, 1]).i32(2).i32(0).i32(38);
    netperf_2.raw(b"Microsoft.DotNet.Runtime.EventPipeFile").u8(6);
    for (bytes, code, expected) in [
        (&b""[..], 2, "x.nettrace is empty"),
        (b"GET / HTTP/1.1", 2, "x.nettrace: not a NetTrace stream: it begins with \"GET / HT\""),
        (b"Nett", 2, "x.nettrace: the stream is cut off at byte 4"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\0", 2, "it is compressed: gzip -dc"),
        (b"\x28\xb5\x2f\xfd\0\0\0\0\0\0", 2, "it is compressed: zstd -dc"),
        (&nettrace_7, 2, "x.nettrace: NetTrace version 7 is not supported; versions 3 to 6 are"),
        (&netperf_2.0, 2, "x.nettrace: netperf version 2 is not supported; versions 3 to 6 are"),
    ] {
        let trace = TraceFile::new(bytes);
        for command in COMMANDS {
            let ended = trace.run(&with(command, "x.nettrace")).expect(code);
            assert!(ended.error().contains(expected), "{}", ended.stderr);
            assert_eq!((ended.stdout.as_str(), ended.stderr.lines().count()), ("", 1), "{}", ended.stderr);
            let piped = trace.pipe(&with(command, "-")).expect(code);
            let expected = expected.replace("x.nettrace", "standard input");
            assert!(piped.error().contains(&expected), "{}", piped.stderr);
        }
    }
    let directory = tempfile::tempdir().expect("a directory");
    fs::create_dir(directory.path().join("d")).expect("a directory");
    for (name, expected) in
        [("absent", "cannot read absent: No such file or directory"), ("d", "d is a directory, not a trace")]
    {
        for command in COMMANDS {
            let ended = Pipescope::start_in(directory.path(), &with(command, name)).wait().expect(3);
            assert!(ended.error().contains(expected), "{}", ended.stderr);
        }
    }
}

#[test]
fn a_trace_that_is_cut_off_is_read_as_far_as_it_goes() {
    let whole = small().end();
    for cut in [1, 2, 10] {
        let trace = TraceFile::new(&whole[..whole.len() - cut]);
        for command in COMMANDS {
            let ended = trace.run(&with(command, "x.nettrace")).expect(2);
            assert!(ended.stdout.contains("Hello"), "{}", ended.stdout);
            let expected = format!("x.nettrace: the stream is cut off at byte {}", whole.len() - cut);
            assert!(ended.error().contains(&expected), "{}", ended.stderr);
        }
    }
}

#[test]
fn damage_in_a_block_costs_the_rest_of_that_block() {
    let mut stream = small();
    // An event whose payload reaches beyond its block.
    stream.events(|block| {
        block.event(1).payload(&[]);
        block.bytes.raw(&[0x80, 0, 0xff, 0xff, 3]);
    });
    stream.events(|block| block.event(1).sequence(9).thread(5).payload(&[0, 0]));
    let trace = TraceFile::new(&stream.end());
    for command in COMMANDS {
        let ended = trace.run(&with(command, "x.nettrace")).expect(2);
        assert!(ended.error().contains("x.nettrace: the stream is damaged at byte "), "{}", ended.stderr);
        assert!(
            ended.stderr.contains("note: x.nettrace: blocks that were left where their damage begins: 1\n"),
            "{}",
            ended.stderr
        );
    }
    let lines = trace.run(&["convert", "--to", "ndjson", "x.nettrace"]).stdout;
    assert_eq!(lines.lines().count(), 4, "{lines}");
}

#[test]
fn what_follows_the_end_is_noted() {
    let whole = small().end();
    let again = [&whole[..], &whole].concat();
    let garbage = [&whole[..], b"garbage"].concat();
    let again_expected = format!(", which begin another trace: {}", whole.len());
    for (bytes, expected) in [(again, again_expected.as_str()), (garbage, ": 7")] {
        let trace = TraceFile::new(&bytes);
        for command in COMMANDS {
            let ended = trace.run(&with(command, "x.nettrace")).expect(0);
            assert_eq!(
                ended.stderr,
                format!("note: x.nettrace: bytes after the end of the trace that were not read{expected}\n")
            );
        }
    }
}

#[test]
fn a_terminal_is_no_trace() {
    // `script` gives its command a terminal.
    let program = env!("CARGO_BIN_EXE_pipescope");
    let output = std::process::Command::new("script")
        .args(["-qec", &format!("{program} report events -"), "/dev/null"])
        .stdin(std::process::Stdio::null())
        .output()
        .expect("script runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("standard input is a terminal; pipe a trace into it"), "{text}");
}
