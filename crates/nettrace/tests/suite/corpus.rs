//! Recorded traces, which are kept outside the repository, and what an independent reader found in them.
#![allow(dead_code, reason = "each of the test binaries that include this uses a part of it")]

use std::fs;
use std::io::Read;
use std::path::PathBuf;

use nettrace::{Decoder, Error, Event, Sink, Statistics};

/// Where the traces are: `PIPESCOPE_CORPUS`, or beside the repository.
fn directory() -> PathBuf {
    match std::env::var_os("PIPESCOPE_CORPUS") {
        Some(path) => path.into(),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
    }
}

/// A trace, uncompressed; `None`, said aloud, when the corpus is not there.
pub(crate) fn trace(name: &str) -> Option<Vec<u8>> {
    let path = directory().join(format!("{name}.zst"));
    let Ok(file) = fs::File::open(&path) else {
        eprintln!("SKIPPED: no recorded traces at {}; set PIPESCOPE_CORPUS", directory().display());
        assert!(!directory().exists(), "the corpus is there, but {} is not", path.display());
        return None;
    };
    let mut bytes = Vec::new();
    ruzstd::decoding::StreamingDecoder::new(file).unwrap().read_to_end(&mut bytes).unwrap();
    Some(bytes)
}

/// What the independent reader found.
pub(crate) fn answers(name: &str) -> serde_json::Value {
    let name = name.trim_end_matches(".nettrace"); // Those of netperf keep theirs.
    let text = fs::read(directory().join(format!("{name}.answers.json"))).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// The traces of version 4.
pub(crate) const VERSION_4: &[&str] = &[
    "HeartRateMonitor.10068.nettrace",
    "aspnet-net10-loaded.nettrace",
    "aspnet-net9.nettrace",
    "console-net8.nettrace",
    "eventpipe-dotnetcore3.0-win-x64-objver4.nettrace",
    "eventpipe-dotnetcore5.0-win-x64-arraytypes.nettrace",
    "eventpipe-dotnetcore6.0-win-x64-executioncheckpoints.nettrace",
    "only_managed_samples.nettrace",
    "r10_0_9_allkw.nettrace",
    "r10_0_9_counters.nettrace",
    "r10_0_9_meters.nettrace",
    "r31_counters.nettrace",
    "r31_gcinfo.nettrace",
    "r9_counters.nettrace",
    "r9_cpu.nettrace",
    "r9_exc_cont_tp.nettrace",
    "r9_gcheapdump.nettrace",
    "r9_gcinfo.nettrace",
    "r9_jitloader_startup.nettrace",
    "r9_killed.nettrace",
    "r9_lossy.nettrace",
    "r9_meters.nettrace",
    "runtime-net10-loaded.nettrace",
];

/// The traces of netperf 3.
pub(crate) const NETPERF: &[&str] = &[
    "eventpipe-dotnetcore2.1-linux-x64-objver3.netperf",
    "eventpipe-dotnetcore2.1-linux-x64-tracelogging.netperf",
];

/// Decodes `bytes`, pushed in pieces of `chunk` bytes, to the end or the first error.
pub(crate) fn decode(
    bytes: &[u8],
    chunk: usize,
    sink: &mut (impl Sink + ?Sized),
) -> (Decoder, Result<(), Error>) {
    let mut decoder = Decoder::new();
    let pushed = bytes.chunks(chunk.max(1)).try_for_each(|bytes| decoder.push(bytes, sink));
    let finished = decoder.finish(sink);
    assert!(pushed.is_ok() || finished.is_err(), "an error must stay");
    (decoder, pushed.and(finished))
}

/// Hashes of all events, in order: everything they carry.
pub(crate) fn event_hashes(bytes: &[u8], chunk: usize) -> (Vec<u64>, Statistics, Result<(), Error>) {
    let mut hashes = Vec::new();
    let (decoder, result) = decode(bytes, chunk, &mut |event: &Event<'_>| hashes.push(hash(event)));
    let mut statistics = decoder.statistics();
    if result.is_err() {
        // Pushing stops at the error, which leaves more or less of the stream out.
        statistics.bytes = 0;
    }
    (hashes, statistics, result)
}

pub(crate) fn hash(event: &Event<'_>) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (event.metadata.index, event.metadata.fingerprint, event.timestamp, event.sorted).hash(&mut hasher);
    (event.thread_id, event.capture_thread_id, event.processor, event.sequence_number).hash(&mut hasher);
    (event.stack.id(), event.stack.as_bytes(), event.payload).hash(&mut hasher);
    (event.activity_id, event.related_activity_id).hash(&mut hasher);
    hasher.finish()
}
