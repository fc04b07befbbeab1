//! `trace collect`: what is in the file.

use std::collections::BTreeMap;
use std::path::Path;

use nettrace::{Decoder, Event};
use testbed::{Program, Runtime, Target};

use super::harness::{Pipescope, RUNTIMES, pid};

const CLR: &str = "Microsoft-Windows-DotNETRuntime";

/// What our decoder finds in a file.
#[derive(Debug)]
pub(crate) struct Found {
    /// Events by provider and id.
    events: BTreeMap<(String, u32), u64>,
    pub(crate) lost: u64,
    /// Whether the stream has its end.
    pub(crate) is_complete: bool,
}

impl Found {
    #[track_caller]
    pub(crate) fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).expect("the trace is there");
        let mut events = BTreeMap::new();
        let mut decoder = Decoder::new();
        let mut count = |event: &Event<'_>| {
            *events.entry((event.metadata.provider.clone(), event.metadata.event_id)).or_insert(0) += 1;
        };
        decoder.push(&bytes, &mut count).expect("the trace can be read as far as it goes");
        Self { events, lost: decoder.statistics().lost_events, is_complete: decoder.is_complete() }
    }

    pub(crate) fn count(&self, provider: &str, id: u32) -> u64 {
        self.events.get(&(provider.to_owned(), id)).copied().unwrap_or(0)
    }

    pub(crate) fn has_provider(&self, provider: &str) -> bool {
        self.events.keys().any(|(name, _)| name == provider)
    }
}

/// Starts a trace and waits until its session is open.
#[track_caller]
pub(crate) fn start(directory: &Path, target: &Target, more: &[&str]) -> Pipescope {
    let pid = pid(target);
    let arguments: Vec<&str> =
        ["trace", "collect", "-p", &pid, "-o", "x.nettrace"].iter().chain(more).copied().collect();
    let mut trace = Pipescope::start_in(directory, &arguments);
    trace.says("Output File    : ");
    trace
}

#[test]
fn a_copy_in_another_format_is_beside_the_trace() {
    for runtime in RUNTIMES {
        for (format, name) in [("speedscope", "x.speedscope.json"), ("Chromium", "x.chromium.json")] {
            let directory = tempfile::tempdir().expect("a directory");
            let target = Target::start(runtime, Program::Work, &[]);
            let trace = start(directory.path(), &target, &["--format", format, "--duration", "1s"]);
            let ended = trace.wait().expect(0);
            assert!(ended.stdout.contains(&format!("{name}\n")), "{}", ended.stdout);
            assert!(Found::read(&directory.path().join("x.nettrace")).is_complete);
            let copy = std::fs::read(directory.path().join(name)).expect("it is there");
            let copy: serde_json::Value = serde_json::from_slice(&copy).expect("JSON");
            let text = copy.to_string();
            assert!(text.contains("System.Private.CoreLib!System."), "{runtime}: methods have their names");
        }
    }
}

#[test]
fn every_exception_thrown_is_in_the_trace() {
    for runtime in RUNTIMES {
        let directory = tempfile::tempdir().expect("a directory");
        let mut target = Target::start(runtime, Program::Work, &[]);
        let before = target.figures();
        let trace = start(directory.path(), &target, &["--providers", &format!("{CLR}:8000:error")]);
        target.run("throw 1234");
        let thrown = target.figures().thrown - before.thrown;
        trace.signal("INT");
        let ended = trace.wait().expect(0);
        assert!(ended.stdout.contains("\nTrace completed.\n"), "{}", ended.stdout);
        let found = Found::read(&directory.path().join("x.nettrace"));
        assert_eq!((found.count(CLR, 80), found.lost, found.is_complete), (thrown, 0, true), "{runtime}");
        assert_eq!(thrown, 1234);
        assert!(found.has_provider("Microsoft-Windows-DotNETRuntimeRundown"), "{runtime} has a rundown");
    }
}

#[test]
fn every_collection_is_in_the_trace_of_a_profile() {
    for runtime in RUNTIMES {
        let directory = tempfile::tempdir().expect("a directory");
        let mut target = Target::start(runtime, Program::Work, &[]);
        let before = target.figures();
        let trace = start(directory.path(), &target, &["--profile", "gc-collect"]);
        target.run("collect 0 20");
        target.run("collect 2 5");
        let collections = target.figures().gen0_collections - before.gen0_collections;
        trace.signal("TERM");
        trace.wait().expect(0);
        let found = Found::read(&directory.path().join("x.nettrace"));
        // Every collection collects generation 0; a start and an end each.
        assert_eq!((found.count(CLR, 1), found.count(CLR, 2)), (collections, collections), "{runtime}");
        assert!(collections >= 25);
        // This profile needs no description of methods, and a runtime too old for less than all gives none.
        assert_eq!(found.count("Microsoft-Windows-DotNETRuntimeRundown", 144), 0, "{runtime}");
    }
}

#[test]
fn the_default_is_common_and_sampler_in_the_stock_tools_frame() {
    let directory = tempfile::tempdir().expect("a directory");
    let target = Target::start(Runtime::Net9, Program::Work, &[]);
    let pid = pid(&target);
    let arguments = ["trace", "collect", "-p", &pid, "--duration", "00:00:00:02"];
    let ended = Pipescope::start_in(directory.path(), &arguments).wait().expect(0);
    assert!(
        ended.stdout.starts_with(concat!(
            "\n",
            "Provider Name                           Keywords            Level               Enabled By\n",
            "Microsoft-Windows-DotNETRuntime         0x000000100003801D  Informational(4)    --profile\n",
            "Microsoft-DotNETCore-SampleProfiler     0x0000F00000000000  Informational(4)    --profile\n",
            "\n",
            "Process        : ",
        )),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains("Trace Duration : 00:00:00:02\n"), "{}", ended.stdout);
    let files: Vec<_> = std::fs::read_dir(directory.path()).expect("a directory").flatten().collect();
    let [file] = files.as_slice() else { panic!("one file: {files:?}") };
    let name = file.file_name().to_string_lossy().into_owned();
    assert!(name.starts_with("work_") && name.ends_with(".nettrace") && name.len() == 29, "{name}");
    let found = Found::read(&file.path());
    assert!(found.count("Microsoft-DotNETCore-SampleProfiler", 0) > 100, "{found:?}");
    assert!(found.is_complete);
}

#[test]
fn a_trace_that_can_be_quiet_says_that_it_carries_a_heartbeat() {
    let directory = tempfile::tempdir().expect("a directory");
    let target = Target::start(Runtime::Net9, Program::Work, &[]);
    let with = start(directory.path(), &target, &["--clrevents", "gc", "--duration", "1s"]).wait().expect(0);
    assert!(with.stdout.contains(
        "System.Runtime                          0x0000000000000000  Critical(1)         heartbeat\n"
    ));
    let more = ["--clrevents", "gc", "--duration", "1s", "--no-heartbeat"];
    let without = start(directory.path(), &target, &more).wait().expect(0);
    assert!(!without.stdout.contains("heartbeat"));
    assert!(!Found::read(&directory.path().join("x.nettrace")).has_provider("System.Runtime"));
}

#[test]
fn arguments_reach_the_provider() {
    // The counters' interval is an argument: with it there are counters, without there are none.
    let directory = tempfile::tempdir().expect("a directory");
    let mut target = Target::start(Runtime::Net9, Program::Counters, &[]);
    let path = directory.path().join("x.nettrace");
    let mut trace = start(
        directory.path(),
        &target,
        &[
            "--no-heartbeat",
            "--rundown",
            "false",
            "--providers",
            "Testbed-Counters:0:critical:EventCounterIntervalSec=1",
        ],
    );
    trace.until("three seconds of counters", |_| {
        target.run("increment 1");
        (std::fs::metadata(&path).is_ok_and(|file| file.len() > 0)).then_some(())
    });
    std::thread::sleep(std::time::Duration::from_secs(3));
    trace.signal("INT");
    trace.wait().expect(0);
    let found = Found::read(&path);
    assert!(found.has_provider("Testbed-Counters"), "{found:?}");
    assert!(!found.has_provider("Microsoft-Windows-DotNETRuntimeRundown"), "{found:?}");
}

#[test]
fn two_traces_at_once_both_have_everything() {
    for runtime in RUNTIMES {
        let (one, two) =
            (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
        let mut target = Target::start(runtime, Program::Work, &[]);
        let first = start(one.path(), &target, &["--clrevents", "exception", "--clreventlevel", "2"]);
        target.run("throw 50");
        let second = start(two.path(), &target, &["--providers", &format!("{CLR}:0x8000:2")]);
        target.run("throw 100");
        first.signal("INT");
        first.wait().expect(0);
        target.run("throw 25");
        second.signal("INT");
        second.wait().expect(0);
        let count = |directory: &Path| Found::read(&directory.join("x.nettrace")).count(CLR, 80);
        assert_eq!((count(one.path()), count(two.path())), (150, 125), "{runtime}");
    }
}
