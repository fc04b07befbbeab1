//! The traces that are measured.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use nettrace::{Event, Reader};

/// A trace of version 4 in memory.
pub(crate) struct Trace {
    /// The name of its file, without what follows a dot.
    pub(crate) name: String,
    /// The file, uncompressed.
    pub(crate) path: PathBuf,
    pub(crate) bytes: Vec<u8>,
    pub(crate) events: u64,
}

/// What `cargo xtask bench --record` records.
const OURS: [&str; 3] = ["cpu", "mixed", "rundown"];
/// Recorded traces that tell much: a rundown; many kinds of events; large payloads.
const STAND_INS: [&str; 3] = ["HeartRateMonitor.10068", "r10_0_9_allkw", "r9_gcheapdump"];

/// Every trace that is there: those that `PIPESCOPE_TRACES` names, separated by colons, or ours, or what stands in for ours.
pub(crate) fn traces() -> Vec<Trace> {
    if let Some(paths) = std::env::var_os("PIPESCOPE_TRACES") {
        return std::env::split_paths(&paths).filter_map(read).collect();
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
    let recorded = target.join("bench-traces");
    let paths: Vec<PathBuf> = OURS.iter().map(|name| recorded.join(format!("{name}.nettrace"))).collect();
    if paths.iter().all(|path| path.exists()) {
        return paths.into_iter().filter_map(read).collect();
    }
    eprintln!("no recorded traces in {}: run `cargo xtask bench --record`", recorded.display());
    let corpus = std::env::var_os("PIPESCOPE_CORPUS")
        .map_or_else(|| workspace.join("../shared/corpus"), PathBuf::from);
    STAND_INS.iter().filter_map(|name| read(unpack(&corpus, name)?)).collect()
}

fn read(path: PathBuf) -> Option<Trace> {
    let name = path.file_stem()?.to_string_lossy().split('.').next()?.to_owned();
    let bytes = fs::read(&path).map_err(|error| skip(&path, &error)).ok()?;
    let mut reader = Reader::new(&bytes);
    reader.read(&mut |_: &Event<'_>| {}).map_err(|error| skip(&path, &error)).ok()?;
    let events = reader.decoder().statistics().events;
    Some(Trace { name, path, bytes, events })
}

/// Uncompresses a trace of the corpus into a temporary file.
fn unpack(corpus: &Path, name: &str) -> Option<PathBuf> {
    let from = corpus.join(format!("{name}.nettrace.zst"));
    let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.nettrace"));
    let unpacked = fs::File::open(&from).and_then(|file| {
        let mut bytes = Vec::new();
        let mut decoder = ruzstd::decoding::StreamingDecoder::new(file).map_err(std::io::Error::other)?;
        decoder.read_to_end(&mut bytes)?;
        fs::write(&to, bytes)
    });
    unpacked.map_err(|error| skip(&from, &error)).ok().map(|()| to)
}

fn skip(path: &Path, error: &dyn std::fmt::Display) {
    eprintln!("SKIPPED: {}: {error}", path.display());
}
