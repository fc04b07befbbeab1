//! Traces of real processes, taken by profile.

use std::collections::BTreeMap;
use std::time::Duration;

use diagnostics_ipc::client::Client;
use diagnostics_ipc::discovery;
use diagnostics_ipc::request::Rundown;
use nettrace::{Decoder, Event};
use pipescope_engine::recording::{
    Flow, MONITOR_PROFILES, Profile, Recording, SAMPLE_PROFILER, TRACE_PROFILES, TraceChoice, TraceRequest,
};
use testbed::{Program, Runtime, Target};

const CLR: &str = "Microsoft-Windows-DotNETRuntime";
const RUNDOWN: &str = "Microsoft-Windows-DotNETRuntimeRundown";

/// Events by provider and by name, or id where they have none.
type Counts = BTreeMap<(String, String), u64>;

fn counts(bytes: &[u8]) -> Counts {
    let mut counts = Counts::new();
    let mut decoder = Decoder::new();
    let mut count = |event: &Event<'_>| {
        let metadata = event.metadata;
        let name = if metadata.event_name.is_empty() {
            metadata.event_id.to_string()
        } else {
            metadata.event_name.clone()
        };
        *counts.entry((metadata.provider.clone(), name)).or_default() += 1;
    };
    decoder.push(bytes, &mut count).expect("the trace can be read");
    assert!(decoder.is_complete(), "the trace has its end");
    counts
}

fn count(counts: &Counts, provider: &str, name: &str) -> u64 {
    counts.get(&(provider.to_owned(), name.to_owned())).copied().unwrap_or(0)
}

fn request(table: &'static [Profile], name: &str) -> TraceRequest {
    TraceChoice::of_profiles(Profile::find(table, name)).compose()
}

/// Takes a trace while `work` is done.
fn record(target: &mut Target, request: &TraceRequest, work: impl FnOnce(&mut Target)) -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let process = discovery::find(target.pid()).expect("the target can be reached");
    let client = Client::new(&process);
    let recording = runtime.block_on(Recording::start_composed(&client, request)).expect("a session");
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let reader = runtime.spawn(async move {
        let (mut recording, mut bytes, mut chunk) = (recording, Vec::new(), Vec::new());
        loop {
            tokio::select! {
                flow = recording.next(&mut chunk) => match flow.expect("bytes") {
                    Flow::Bytes => bytes.extend_from_slice(&chunk),
                    Flow::Ended => panic!("the stream ended"),
                },
                _ = &mut stopped => break,
            }
        }
        let outcome = recording.stop(|rest| bytes.extend_from_slice(rest)).await.expect("an outcome");
        (bytes, outcome)
    });
    work(target);
    stop.send(()).expect("the reader waits");
    let (bytes, outcome) = runtime.block_on(reader).expect("the reader ends");
    assert!(outcome.complete && outcome.problem.is_none(), "{outcome:?}");
    assert_eq!(outcome.progress.bytes, bytes.len() as u64, "every byte is counted");
    assert_eq!(outcome.progress.events, counts(&bytes).values().sum::<u64>(), "every event is counted");
    bytes
}

#[test]
fn http_has_a_start_and_a_stop_of_every_request() {
    let mut target = Target::start(Runtime::Net9, Program::Web, &[]);
    let bytes = record(&mut target, &request(MONITOR_PROFILES, "Http"), |target| {
        for _ in 0..20 {
            assert_eq!(target.get("/").status, 200);
        }
        // The activity of a request ends after its answer has been sent.
        std::thread::sleep(Duration::from_millis(500));
    });
    let counts = counts(&bytes);
    let source = "Microsoft-Diagnostics-DiagnosticSource";
    assert_eq!(count(&counts, source, "Activity1Start"), 20, "{counts:?}");
    assert_eq!(count(&counts, source, "Activity1Stop"), 20, "{counts:?}");
    for field in ["Method", "Path", "StatusCode", "DurationTicks"] {
        let text: Vec<u8> = field.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(bytes.windows(text.len()).any(|window| window == text), "a field {field}");
    }
}

#[test]
fn metrics_has_counters_and_no_request_events() {
    let mut target = Target::start(Runtime::Net9, Program::Web, &[]);
    let bytes = record(&mut target, &request(MONITOR_PROFILES, "Metrics"), |target| {
        for _ in 0..12 {
            assert_eq!(target.get("/").status, 200);
            std::thread::sleep(Duration::from_millis(500));
        }
    });
    let counts = counts(&bytes);
    for provider in ["System.Runtime", "Microsoft.AspNetCore.Hosting"] {
        assert!(count(&counts, provider, "EventCounters") > 0, "{provider}: {counts:?}");
        let others = counts.keys().filter(|(p, name)| p == provider && name != "EventCounters");
        assert_eq!(others.count(), 0, "{counts:?}");
    }
}

#[test]
fn cpu_has_samples_and_the_rundown_that_names_them() {
    for runtime in [Runtime::Net31, Runtime::Net9, Runtime::Net10] {
        let mut target = Target::start(runtime, Program::Work, &[]);
        let bytes = record(&mut target, &request(MONITOR_PROFILES, "Cpu"), |target| target.run("spin 1000"));
        let counts = counts(&bytes);
        assert!(count(&counts, SAMPLE_PROFILER, "0") > 5, "{runtime}: {counts:?}");
        assert!(count(&counts, RUNDOWN, "144") > 10, "{runtime}: {counts:?}");
    }
}

#[test]
fn verbose_collections_have_allocation_ticks() {
    let mut target = Target::start(Runtime::Net9, Program::Work, &[]);
    let bytes = record(&mut target, &request(TRACE_PROFILES, "gc-verbose"), |target| {
        target.run("allocate 50000000");
        target.run("collect 2 3");
    });
    let counts = counts(&bytes);
    assert!(count(&counts, CLR, "10") > 100, "about one in 100 KB: {counts:?}");
    assert!(count(&counts, CLR, "1") >= 3, "{counts:?}");
}

#[test]
fn a_chosen_rundown_is_asked_only_of_runtimes_that_know_it() {
    let gc_collect = request(TRACE_PROFILES, "gc-collect");
    assert_eq!(gc_collect.rundown, Rundown::Keywords(1));
    for runtime in [Runtime::Net31, Runtime::Net9, Runtime::Net10] {
        let mut target = Target::start(runtime, Program::Work, &[]);
        // .NET Core 3.1 turns events on one after the other while a session is already running, so the collections of
        // the first moments may be seen in part. Those that come later are not.
        let bytes = record(&mut target, &gc_collect, |target| {
            for _ in 0..20 {
                target.run("collect 0 1");
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        let counts = counts(&bytes);
        assert!((10..=20).contains(&count(&counts, CLR, "1")), "{runtime}: {counts:?}");
        assert_eq!(count(&counts, RUNDOWN, "144"), 0, "no methods: {counts:?}");
    }
}
