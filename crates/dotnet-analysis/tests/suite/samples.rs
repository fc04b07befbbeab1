//! Samples: runs, times, threads.

use dotnet_analysis::cpu::{Tally, Timeline, Totals};
use dotnet_analysis::profile::{Profile, ThreadState};
use dotnet_analysis::{Analysis, Fold};
use nettrace::{DefinitionId, Encoder, EventRecord, Metadata, TraceInfo, Version};

use crate::corpus;

/// A stream of samples, and what is behind the times in it.
struct Stream {
    encoder: Encoder,
    sample: DefinitionId,
}

const EXTERNAL: u32 = 1;
const MANAGED: u32 = 2;

impl Stream {
    /// Of a clock with 10 ticks a microsecond that was 500 when the session began.
    fn new() -> Self {
        let trace = TraceInfo::new(1_700_000_000_000_000_000, 500, 10_000_000);
        let mut encoder = Encoder::new(Version::V4, &trace).unwrap();
        let sample = encoder.define(&Metadata::new("Microsoft-DotNETCore-SampleProfiler", 0, "")).unwrap();
        Self { encoder, sample }
    }

    fn sample(&mut self, ticks: i64, thread_id: u64, kind: u32, stack: &[u64]) {
        let stack: Vec<u8> = stack.iter().flat_map(|address| address.to_le_bytes()).collect();
        let record = EventRecord {
            timestamp: 500 + ticks,
            thread_id,
            stack: &stack,
            payload: &kind.to_le_bytes(),
            ..EventRecord::default()
        };
        self.encoder.event(self.sample, &record).unwrap();
    }

    fn finish(self) -> Vec<u8> {
        self.encoder.finish().unwrap()
    }
}

fn analyse(bytes: &[u8], fold: &mut impl Fold) -> dotnet_analysis::symbols::Code {
    let mut analysis = Analysis::new().with(fold);
    let _ = corpus::decode(bytes, 1 << 16, &mut analysis);
    analysis.into_code()
}

fn profile(bytes: &[u8]) -> Profile {
    let mut timeline = Timeline::default();
    let code = analyse(bytes, &mut timeline);
    timeline.profile("shop", &code)
}

fn three_threads() -> Vec<u8> {
    let mut stream = Stream::new();
    for round in 0..4 {
        let at = round * 10_000;
        stream.sample(at, 7, EXTERNAL, &[0x20, 0x10]);
        if round > 0 {
            stream.sample(at + 10, 8, MANAGED, &[0x30 + round.unsigned_abs(), 0x10]);
        }
        stream.sample(at + 20, 9, if round == 2 { MANAGED } else { EXTERNAL }, &[]);
    }
    stream.finish()
}

#[test]
fn equal_samples_in_a_row_are_one() {
    let profile = profile(&three_threads());
    assert_eq!(profile.duration_nanos, 3_002_000);
    let runs: Vec<_> = profile
        .threads
        .iter()
        .map(|thread| {
            let run = |run: &dotnet_analysis::profile::Samples| (run.at_nanos, run.duration_nanos, run.count);
            (thread.thread_id, thread.samples.iter().map(run).collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(
        runs,
        [
            (7, vec![(0, 3_000_000, 4)]),
            (9, vec![(2_000, 2_000_000, 2), (2_002_000, 1_000_000, 1), (3_002_000, 0, 1)]),
            (8, vec![(1_001_000, 1_000_000, 1), (2_001_000, 1_000_000, 1), (3_001_000, 0, 1)]),
        ]
    );
    assert_eq!(profile.threads[1].samples[1].state, ThreadState::Managed);
    assert_eq!(profile.threads[1].samples[1].stack, None);
    let leaf = profile.nodes[profile.threads[0].samples[0].stack.unwrap().0 as usize];
    assert_eq!(profile.frames[leaf.frame.0 as usize].name, "0x20");
    assert_eq!(profile.nodes[leaf.caller.unwrap().0 as usize].caller, None);
}

#[test]
fn totals_are_those_of_the_runs() {
    let mut totals = Totals::default();
    let code = analyse(&three_threads(), &mut totals);
    let mut rows: Vec<_> = totals
        .tallies()
        .into_iter()
        .map(|Tally { thread, stack, state, samples, nanos }| {
            let addresses: Vec<_> = code.stacks().addresses(stack).collect();
            (thread, addresses, state == ThreadState::Managed, samples, nanos)
        })
        .collect();
    rows.sort();
    assert_eq!(
        rows,
        [
            (0, vec![0x20, 0x10], false, 4, 3_000_000),
            (1, vec![], false, 3, 2_000_000),
            (1, vec![], true, 1, 1_000_000),
            (2, vec![0x31, 0x10], true, 1, 1_000_000),
            (2, vec![0x32, 0x10], true, 1, 1_000_000),
            (2, vec![0x33, 0x10], true, 1, 0),
        ]
    );
    assert_eq!(totals.threads().collect::<Vec<_>>(), [(7, None), (9, None), (8, None)]);
}

#[test]
fn nothing_is_lost_of_recorded_samples() {
    for name in ["HeartRateMonitor.10068.nettrace", "r9_cpu.nettrace", "only_managed_samples.nettrace"] {
        let Some(bytes) = corpus::trace(name) else { return };
        let profile = profile(&bytes);
        let answers = &corpus::answers(name)["cpu"];
        let runs = || profile.threads.iter().flat_map(|thread| &thread.samples);
        assert_eq!(runs().map(|run| u64::from(run.count)).sum::<u64>(), answers["sample_events"], "{name}");
        let managed = runs().filter(|run| run.state == ThreadState::Managed);
        assert_eq!(
            managed.map(|run| u64::from(run.count)).sum::<u64>(),
            answers["samples_managed"],
            "{name}"
        );
        for thread in &profile.threads {
            for pair in thread.samples.windows(2) {
                assert_eq!(pair[0].at_nanos + pair[0].duration_nanos, pair[1].at_nanos, "{name}");
            }
        }
        for (index, node) in profile.nodes.iter().enumerate() {
            assert!(node.caller.is_none_or(|caller| (caller.0 as usize) < index), "{name}");
        }

        let mut totals = Totals::default();
        analyse(&bytes, &mut totals);
        let tallies = totals.tallies();
        assert_eq!(
            tallies.iter().map(|tally| tally.samples).sum::<u64>(),
            answers["sample_events"],
            "{name}"
        );
        let nanos = |thread: usize| -> i64 {
            tallies.iter().filter(|tally| tally.thread == thread).map(|tally| tally.nanos).sum()
        };
        for (index, thread) in profile.threads.iter().enumerate() {
            let in_profile: i64 = thread.samples.iter().map(|run| run.duration_nanos).sum();
            // Ticks that are shorter than a nanosecond are rounded once per run.
            let runs = thread.samples.len() as i64;
            assert!((nanos(index) - in_profile).abs() <= runs, "{name}");
        }
    }
}

#[test]
fn many_runs_are_added_up() {
    let mut stream = Stream::new();
    for at in 0..200_000 {
        stream.sample(at * 10, 7, MANAGED, &[0x10 + at.unsigned_abs() % 3]);
    }
    let bytes = stream.finish();
    let mut totals = Totals::default();
    analyse(&bytes, &mut totals);
    let tallies: Vec<_> = totals.tallies().iter().map(|tally| (tally.samples, tally.nanos)).collect();
    assert_eq!(tallies, [(66_667, 66_667_000), (66_667, 66_666_000), (66_666, 66_666_000)]);
}
