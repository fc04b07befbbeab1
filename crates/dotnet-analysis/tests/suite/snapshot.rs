//! What threads are doing at one moment.

use std::collections::HashMap;

use dotnet_analysis::Analysis;
use dotnet_analysis::cpu::waits::Wait;
use dotnet_analysis::report::Facts;
use dotnet_analysis::snapshot::{Doing, Moment, Snapshot, SnapshotAnswer, SystemThread};
use nettrace::{Encoder, EventRecord, Metadata, TraceInfo, Version};

use crate::corpus;

const RUNTIME: &str = "Microsoft-Windows-DotNETRuntime";
const RUNDOWN: &str = "Microsoft-Windows-DotNETRuntimeRundown";
const SAMPLER: &str = "Microsoft-DotNETCore-SampleProfiler";

/// Where code is in these streams: each method has 0x100 bytes.
const CODE: &[(&str, &str)] =
    &[("System.Threading.Monitor", "Enter_Slowpath"), ("Bank", "Debit"), ("Bank", "Credit"), ("Work", "Run")];
const ENTER: u64 = 0x1010;
const DEBIT: u64 = 0x1110;
const CREDIT: u64 = 0x1210;
const RUN: u64 = 0x1310;

struct Stream {
    encoder: Encoder,
    now: i64,
}

impl Stream {
    fn new() -> Self {
        let trace = TraceInfo::new(0, 0, 1_000_000_000);
        Self { encoder: Encoder::new(Version::V4, &trace).unwrap(), now: 0 }
    }

    fn event(
        &mut self,
        (provider, event_id, version): (&str, u32, u32),
        thread_id: u64,
        stack: &[u64],
        payload: &[u8],
    ) {
        let mut metadata = Metadata::new(provider, event_id, "");
        metadata.version = version;
        let definition = self.encoder.define(&metadata).unwrap();
        self.now += 1_000;
        let stack: Vec<u8> = stack.iter().flat_map(|address| address.to_le_bytes()).collect();
        let record =
            EventRecord { timestamp: self.now, thread_id, stack: &stack, payload, ..EventRecord::default() };
        self.encoder.event(definition, &record).unwrap();
    }

    fn sample(&mut self, thread_id: u64, stack: &[u64]) {
        self.event((SAMPLER, 0, 0), thread_id, stack, &1u32.to_le_bytes());
    }

    fn waits_for_lock_of(&mut self, thread_id: u64, owner: u64) {
        let mut payload = vec![0; 3];
        for number in [0x10, 0x20, owner] {
            payload.extend_from_slice(&number.to_le_bytes());
        }
        self.event((RUNTIME, 81, 2), thread_id, &[], &payload);
    }

    fn has_lock(&mut self, thread_id: u64) {
        self.event((RUNTIME, 91, 1), thread_id, &[], &[0; 11]);
    }

    fn answer(mut self, moment: Moment, system: &HashMap<u64, SystemThread>) -> SnapshotAnswer {
        for (index, (namespace, name)) in (0x10u64..).zip(CODE) {
            let mut payload = Vec::new();
            for number in [index, 0, index << 8] {
                payload.extend_from_slice(&number.to_le_bytes());
            }
            for number in [0x100u32, 0, 0] {
                payload.extend_from_slice(&number.to_le_bytes());
            }
            for text in [namespace, name, "void ()"] {
                payload.extend(text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
            }
            self.event((RUNDOWN, 144, 0), 1, &[], &payload);
        }
        let bytes = self.encoder.finish().unwrap();
        let mut snapshot = Snapshot::new(moment);
        let mut analysis = Analysis::new().with(&mut snapshot);
        corpus::decode(&bytes, 1 << 16, &mut analysis).1.unwrap();
        let code = analysis.into_code();
        assert!(snapshot.has_samples());
        snapshot.answer(&Facts::default(), &code, system)
    }
}

fn frames(answer: &SnapshotAnswer, thread: usize) -> Vec<&str> {
    answer.threads[thread].frames.iter().map(|frame| frame.name.as_str()).collect()
}

#[test]
fn the_owner_of_a_lock_is_told_where_its_wait_was_seen_to_begin() {
    let mut stream = Stream::new();
    stream.waits_for_lock_of(7, 8);
    stream.waits_for_lock_of(8, 7);
    stream.waits_for_lock_of(9, 7);
    stream.has_lock(9);
    for (thread, stack) in [(7, [ENTER, DEBIT]), (8, [ENTER, CREDIT]), (9, [ENTER, RUN])] {
        stream.sample(thread, &stack);
    }
    let answer = stream.answer(Moment::First, &HashMap::new());
    let owners: Vec<_> = answer.threads.iter().map(|thread| (thread.waits, thread.lock_owner)).collect();
    assert_eq!(owners, [(Some(Wait::Lock), Some(8)), (Some(Wait::Lock), Some(7)), (Some(Wait::Lock), None)]);
    let deadlock = "Deadlock: each of the threads 7, 8 waits for a lock that the next one has.";
    assert!(answer.hints.iter().any(|hint| hint == deadlock), "{:?}", answer.hints);
    assert!(
        answer.hints[0]
            .starts_with("3 threads wait for a lock: 7 in Bank.Debit, 8 in Bank.Credit, 9 in Work.Run")
    );
}

#[test]
fn a_moment_is_the_first_or_the_last() {
    let stream = || {
        let mut stream = Stream::new();
        stream.sample(7, &[RUN]);
        stream.sample(8, &[ENTER, CREDIT]);
        stream.sample(7, &[ENTER, RUN]);
        stream
    };
    let first = stream().answer(Moment::First, &HashMap::new());
    assert_eq!(frames(&first, 0), ["Work.Run()"]);
    assert_eq!((first.threads.len(), first.suspensions), (2, 2));
    let last = stream().answer(Moment::Last, &HashMap::new());
    assert_eq!(frames(&last, 0), ["System.Threading.Monitor.Enter_Slowpath()", "Work.Run()"]);
}

#[test]
fn threads_that_do_the_same_are_a_group() {
    let mut stream = Stream::new();
    for thread in 1..=5 {
        stream.sample(thread, &[ENTER, RUN]);
    }
    stream.sample(6, &[RUN]);
    // Asleep and never running, though no method tells that it waits: a lock in a runtime without a method for it.
    stream.sample(7, &[DEBIT]);
    let asleep = SystemThread { name: "debit".to_owned(), is_sleeping: true, has_run: Some(false) };
    let answer = stream.answer(Moment::First, &HashMap::from([(7, asleep)]));
    let groups: Vec<_> = answer
        .groups()
        .iter()
        .map(|group| (group.threads.iter().map(|thread| thread.thread_id).collect(), group.threads[0].doing))
        .collect();
    assert_eq!(
        groups,
        [(vec![6], Doing::Running), (vec![7], Doing::Blocked), (vec![1, 2, 3, 4, 5], Doing::Waiting)]
    );
    assert!(answer.hints[1].contains("7 \"debit\" in Bank.Debit"), "{:?}", answer.hints);
}

/// The first session that asks for the runtime's own provider keeps the runtime busy while the sampler goes on.
#[test]
fn a_snapshot_asks_for_samples_only() {
    let asked: Vec<&str> =
        dotnet_analysis::snapshot::NEEDS.providers.iter().map(|provider| provider.name).collect();
    assert_eq!(asked, [dotnet_events::providers::SAMPLE_PROFILER]);
}
