//! How fast streams in memory are decoded, on one thread: `cargo bench -p nettrace [-- FILE...]`.
//!
//! Files are traces of version 4, plain or compressed with zstd. Without any, recorded traces are used where they are
//! found (`PIPESCOPE_CORPUS`, or beside the repository). Times are the best of several runs, with the file in cache.

use std::hint::black_box;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nettrace::{Decoder, Event, Sink, Value};

/// The recorded traces that tell most: many samples; a rundown; many kinds of events; large payloads.
const RECORDED: &[&str] = &[
    "r9_cpu",
    "eventpipe-dotnetcore3.0-win-x64-objver4",
    "HeartRateMonitor.10068",
    "r10_0_9_allkw",
    "r9_gcheapdump",
];

/// Runs until this much time has passed.
const BUDGET: Duration = Duration::from_millis(1500);

fn main() {
    // `cargo bench` passes options of its own.
    let mut files: Vec<PathBuf> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).map(Into::into).collect();
    if files.is_empty() {
        let corpus = std::env::var_os("PIPESCOPE_CORPUS")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"), Into::into);
        files = RECORDED.iter().map(|name| corpus.join(format!("{name}.nettrace.zst"))).collect();
    }
    println!("{:<48} {:>9} {:>9}  events/s and GB/s:", "trace", "MB", "events");
    for file in files {
        match read(&file) {
            Ok(bytes) => measure(&file, &bytes),
            Err(error) => println!("{}: skipped: {error}", file.display()),
        }
    }
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = std::fs::read(path)?;
    if path.extension().is_some_and(|extension| extension == "zst") {
        let mut plain = Vec::new();
        ruzstd::decoding::StreamingDecoder::new(bytes.as_slice())
            .map_err(std::io::Error::other)?
            .read_to_end(&mut plain)?;
        bytes = plain;
    }
    Ok(bytes)
}

fn measure(path: &Path, bytes: &[u8]) {
    let events = decode(bytes, usize::MAX, &mut |_: &Event<'_>| {});
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    print!("{name:<48} {:>9.1} {events:>9}", bytes.len() as f64 / 1e6);
    let report = |what: &str, run: &mut dyn FnMut() -> u64| {
        let seconds = best(run).as_secs_f64();
        print!("  {what} {:.1} M, {:.2};", events as f64 / seconds / 1e6, bytes.len() as f64 / seconds / 1e9);
    };
    report("headers", &mut || {
        let mut times = 0;
        decode(bytes, usize::MAX, &mut |event: &Event<'_>| times ^= event.timestamp);
        black_box(times);
        events
    });
    report("in pieces of 64 KiB", &mut || {
        let mut times = 0;
        decode(bytes, 64 << 10, &mut |event: &Event<'_>| times ^= event.timestamp);
        black_box(times);
        events
    });
    report("stacks", &mut || {
        let mut frames = 0;
        decode(bytes, usize::MAX, &mut |event: &Event<'_>| frames += event.stack.as_bytes().len());
        black_box(frames);
        events
    });
    report("fields", &mut || {
        let mut sum = 0;
        decode(bytes, usize::MAX, &mut |event: &Event<'_>| {
            for (_, value) in event.values() {
                sum += value.map_or(0, |value| touch(&value));
            }
        });
        black_box(sum);
        events
    });
    println!();
}

/// Looks at a value, nested ones included.
fn touch(value: &Value<'_>) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Struct(inner) => inner.values().map(|(_, value)| value.map_or(0, |value| touch(&value))).sum(),
        Value::Array(array) => array.values().map(|value| value.map_or(0, |value| touch(&value))).sum(),
        other => other.as_u64().map_or(1, |number| number as usize & 1),
    }
}

fn decode(bytes: &[u8], piece: usize, sink: &mut (impl Sink + ?Sized)) -> u64 {
    let mut decoder = Decoder::new();
    for piece in bytes.chunks(piece) {
        if let Err(error) = decoder.push(piece, sink) {
            println!("{error}");
            break;
        }
    }
    decoder.statistics().events
}

fn best(run: &mut dyn FnMut() -> u64) -> Duration {
    let begin = Instant::now();
    let mut best = Duration::MAX;
    while begin.elapsed() < BUDGET {
        let start = Instant::now();
        black_box(run());
        best = best.min(start.elapsed());
    }
    best
}
