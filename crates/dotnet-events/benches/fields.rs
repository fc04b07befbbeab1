//! How fast the fields of events are read, on one thread: `cargo bench -p dotnet-events`.
//!
//! `PIPESCOPE_TRACES` names the traces to read, separated by colons, plain or compressed with zstd. Without it, recorded
//! traces are used where they are found (`PIPESCOPE_CORPUS`, or beside the repository).
//!
//! `walk` is the stream alone. `fields` reads every field of every event besides: numbers are looked at, text is found,
//! nothing is converted. So does `fields, in time order`.
#![allow(missing_docs, reason = "criterion makes public functions")]

use std::hint::black_box;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dotnet_events::Layouts;
use nettrace::{Decoder, Event, Reader, Value};

/// Many samples; collections; many kinds of events; a rundown from 32 bits.
const RECORDED: &[&str] =
    &["r9_cpu", "eventpipe-dotnetcore3.0-win-x64-objver4", "r10_0_9_allkw", "HeartRateMonitor.10068"];

fn traces() -> Vec<PathBuf> {
    if let Some(paths) = std::env::var_os("PIPESCOPE_TRACES") {
        return std::env::split_paths(&paths).collect();
    }
    let corpus = std::env::var_os("PIPESCOPE_CORPUS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"), Into::into);
    RECORDED.iter().map(|name| corpus.join(format!("{name}.nettrace.zst"))).collect()
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let bytes = std::fs::read(path)?;
    if path.extension().is_none_or(|extension| extension != "zst") {
        return Ok(bytes);
    }
    let mut plain = Vec::new();
    ruzstd::decoding::StreamingDecoder::new(bytes.as_slice())
        .map_err(std::io::Error::other)?
        .read_to_end(&mut plain)?;
    Ok(plain)
}

/// Looks at a value with all that is inside.
fn look(value: Value<'_>) -> u64 {
    match value {
        Value::Struct(inner) => inner.values().fold(0, |sum, (_, value)| sum ^ value.map_or(0, look)),
        Value::Array(array) => array.values().fold(0, |sum, value| sum ^ value.map_or(0, look)),
        Value::String(text) => text.len() as u64,
        Value::Bool(value) => value.into(),
        Value::U8(value) => value.into(),
        Value::U16(value) => value.into(),
        Value::U32(value) => value.into(),
        Value::I32(value) => u64::from(value.cast_unsigned()),
        Value::U64(value) => value,
        Value::I64(value) => value.cast_unsigned(),
        Value::F64(value) => value.to_bits(),
        _ => 1,
    }
}

fn run(bytes: &[u8], decoder: Decoder, sink: &mut impl FnMut(&Event<'_>)) {
    // A trace that breaks off is as good as any other here.
    let _ = Reader::with_decoder(bytes, decoder).read(sink);
}

fn all_fields(bytes: &[u8], layouts: &mut Layouts, decoder: Decoder) {
    run(bytes, decoder, &mut |event| {
        let fields = layouts.fields(event).values();
        black_box(fields.fold(0, |sum, (_, value)| sum ^ value.map_or(0, look)));
    });
}

fn fields(criterion: &mut Criterion) {
    for path in traces() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let bytes = match read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                eprintln!("{name}: skipped: {error}");
                continue;
            }
        };
        let (mut events, mut payload) = (0, 0);
        run(&bytes, Decoder::new(), &mut |event| {
            events += 1;
            payload += event.payload.len();
        });
        eprintln!("{name}: {} bytes, {events} events, {payload} bytes of payload", bytes.len());
        let mut group = criterion.benchmark_group(name.split('.').next().unwrap_or_default());
        group.throughput(Throughput::Elements(events));
        group.bench_function("walk", |bench| {
            let mut look = |event: &Event<'_>| _ = black_box(event.payload);
            bench.iter(|| run(black_box(&bytes), Decoder::new(), &mut look));
        });
        let mut layouts = Layouts::new();
        group.bench_function("fields", |bench| {
            bench.iter(|| all_fields(black_box(&bytes), &mut layouts, Decoder::new()));
        });
        group.bench_function("fields, in time order", |bench| {
            bench.iter(|| all_fields(black_box(&bytes), &mut layouts, Decoder::new().in_time_order()));
        });
        group.finish();
    }
}

criterion_group!(benches, fields);
criterion_main!(benches);
