//! How fast traces are read and written: `cargo bench -p nettrace`, or `cargo bench -p nettrace -- mixed/heads` for one.
//!
//! The traces are those that `cargo xtask bench --record` took of programs made for it. Where there are none, recorded
//! traces beside the repository stand in for them. All are in memory; all but `two parts` uses one thread.

mod files;
mod order;
mod parts;
mod read;
mod write;

use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode, Throughput};
use nettrace::Version;

use files::Trace;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for trace in files::traces() {
        let mut group = criterion.benchmark_group(&trace.name);
        // A pass takes up to a quarter of a second: few samples of few passes tell enough.
        group.warm_up_time(Duration::from_millis(500));
        group.measurement_time(Duration::from_secs(2));
        group.sample_size(10).sampling_mode(SamplingMode::Flat);
        group.throughput(Throughput::ElementsAndBytes {
            elements: trace.events,
            bytes: trace.bytes.len() as u64,
        });
        measure(&mut group, &trace);
        group.finish();
    }
    criterion.final_summary();
}

fn measure(group: &mut BenchmarkGroup<'_, WallTime>, trace: &Trace) {
    group.bench_function("heads", |bencher| bencher.iter(|| read::heads(&trace.bytes)));
    group.bench_function("heads, pushed", |bencher| bencher.iter(|| read::heads_pushed(&trace.bytes)));
    group.bench_function("heads, from a file", |bencher| bencher.iter(|| read::heads_from_file(&trace.path)));
    group.bench_function("stacks", |bencher| bencher.iter(|| read::stacks(&trace.bytes)));
    group.bench_function("self-described fields", |bencher| bencher.iter(|| read::fields(&trace.bytes)));
    group.bench_function("heads, in time order", |bencher| bencher.iter(|| order::heads(&trace.bytes)));
    group.bench_function("heads, pushed, in time order", |bencher| {
        bencher.iter(|| order::heads_pushed(&trace.bytes));
    });
    group.bench_function("heads, two parts", |bencher| bencher.iter(|| parts::heads(&trace.bytes, 2)));
    group.bench_function("written, version 4", |bencher| {
        bencher.iter(|| write::anew(&trace.bytes, Version::V4));
    });
    group.bench_function("written, version 6", |bencher| {
        bencher.iter(|| write::anew(&trace.bytes, Version::V6));
    });
}
