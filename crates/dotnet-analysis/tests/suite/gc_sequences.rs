//! Orders of the collector's events that the recorded traces do not have.

use dotnet_analysis::Analysis;
use dotnet_analysis::gc::answer::{CollectionReport, PauseReport};
use dotnet_analysis::gc::{Collections, GcReport};
use dotnet_analysis::report::{Answer, Facts, Question};
use nettrace::{Decoder, Encoder, EventRecord, Metadata, TraceInfo, Version};
use proptest::prelude::*;

const RUNTIME: &str = "Microsoft-Windows-DotNETRuntime";
const PRIVATE: &str = "Microsoft-Windows-DotNETRuntimePrivate";

const FOR_GC: u32 = 1;
const FOR_GC_PREP: u32 = 6;
const BLOCKING: u32 = 0;
const BACKGROUND: u32 = 1;
const FOREGROUND: u32 = 2;
const ALLOC_SMALL: u32 = 0;
const PM_FULL: u32 = 12;

/// Events with their times in nanoseconds.
struct Stream(Encoder);

impl Stream {
    fn new() -> Self {
        Self(Encoder::new(Version::V4, &TraceInfo::new(0, 0, 1_000_000_000)).unwrap())
    }

    fn event(&mut self, at: i64, thread: u64, provider: &str, event_id: u32, payload: &[u8]) -> &mut Self {
        let mut metadata = Metadata::new(provider, event_id, "");
        metadata.version = 1;
        let definition = self.0.define(&metadata).unwrap();
        let record = EventRecord { timestamp: at, thread_id: thread, payload, ..EventRecord::default() };
        self.0.event(definition, &record).unwrap();
        self
    }

    fn numbers(&mut self, at: i64, thread: u64, event_id: u32, numbers: &[u32]) -> &mut Self {
        let mut payload: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        payload.extend_from_slice(&[0; 2]);
        self.event(at, thread, RUNTIME, event_id, &payload)
    }

    fn suspend(&mut self, at: i64, thread: u64, reason: u32) -> &mut Self {
        self.numbers(at, thread, 9, &[reason, 0])
    }

    fn stopped(&mut self, at: i64, thread: u64) -> &mut Self {
        self.numbers(at, thread, 8, &[])
    }

    fn restarting(&mut self, at: i64, thread: u64) -> &mut Self {
        self.numbers(at, thread, 7, &[])
    }

    fn running(&mut self, at: i64, thread: u64) -> &mut Self {
        self.numbers(at, thread, 3, &[])
    }

    fn start(
        &mut self,
        at: i64,
        thread: u64,
        number: u32,
        [generation, reason, kind]: [u32; 3],
    ) -> &mut Self {
        self.numbers(at, thread, 1, &[number, generation, reason, kind])
    }

    /// The end of a collection, and the heap after it.
    fn end(&mut self, at: i64, thread: u64, number: u32) -> &mut Self {
        let sizes: Vec<u32> = (0..23).collect();
        self.numbers(at, thread, 2, &[number, 0]).numbers(at, thread, 4, &sizes)
    }

    fn report(&mut self) -> GcReport {
        let encoder = std::mem::replace(self, Self::new()).0;
        report(&encoder.finish().unwrap())
    }
}

fn report(bytes: &[u8]) -> GcReport {
    let mut collections = Collections::default();
    let mut analysis = Analysis::new().with(&mut collections);
    let mut decoder = Decoder::new().in_time_order();
    decoder.push(bytes, &mut analysis).unwrap();
    decoder.finish(&mut analysis).unwrap();
    let code = analysis.into_code();
    collections.answer(&Facts::default(), &code)
}

/// Start, duration, until stopped, until running of each pause.
fn pauses(collection: &CollectionReport) -> Vec<[i64; 4]> {
    let figures =
        |pause: &PauseReport| [pause.start_ns, pause.duration_ns, pause.suspension_ns, pause.restart_ns];
    collection.pauses.iter().map(figures).collect()
}

#[test]
fn a_full_collection_right_after_one_of_generation_1_has_its_own_pause() {
    let report = Stream::new()
        .suspend(0, 1, FOR_GC)
        .stopped(10, 1)
        .start(20, 1, 5, [1, ALLOC_SMALL, BLOCKING])
        .end(100, 1, 5)
        .start(110, 1, 6, [2, PM_FULL, BLOCKING])
        .end(500, 1, 6)
        .restarting(510, 1)
        .running(520, 1)
        .report();
    let [first, second] = report.collections.as_slice() else { panic!("{report:?}") };
    assert_eq!(pauses(first), [[0, 110, 10, 0]]);
    assert_eq!(pauses(second), [[110, 410, 0, 10]]);
    assert!(first.complete && second.complete);
    assert_eq!((second.reason.as_str(), second.start_ns, second.duration_ns), ("PMFullGC", 110, Some(390)));
    assert_eq!((report.totals.pause_ns, report.totals.stopped_ns), (520, 520));
}

#[test]
fn a_collection_during_one_in_the_background_is_apart() {
    let report = Stream::new()
        .suspend(0, 1, FOR_GC)
        .stopped(10, 1)
        .start(20, 1, 7, [2, ALLOC_SMALL, BACKGROUND])
        .running(100, 1)
        .event(110, 9, PRIVATE, 13, &[0, 0])
        .suspend(200, 2, FOR_GC)
        .stopped(205, 2)
        .start(210, 2, 8, [0, ALLOC_SMALL, FOREGROUND])
        .end(240, 2, 8)
        .running(250, 2)
        .suspend(300, 9, FOR_GC_PREP)
        .event(301, 9, PRIVATE, 14, &[0, 0])
        .stopped(310, 9)
        .restarting(390, 9)
        .running(400, 9)
        // One for a collection, in which none begins.
        .suspend(500, 1, FOR_GC)
        .stopped(501, 1)
        .running(510, 1)
        .end(600, 9, 7)
        .report();
    let [background, inner] = report.collections.as_slice() else { panic!("{report:?}") };
    assert_eq!(pauses(background), [[0, 100, 10, 0], [300, 100, 10, 10], [500, 10, 1, 0]]);
    assert_eq!(pauses(inner), [[200, 50, 5, 0]]);
    assert!(background.complete && inner.complete);
    assert_eq!((background.duration_ns, inner.duration_ns), (Some(580), Some(30)));
    let milestones: Vec<_> =
        background.milestones.iter().map(|milestone| (milestone.milestone, milestone.at_ns)).collect();
    assert_eq!(milestones, [("first_concurrent_end", 110), ("second_stop_begin", 301)]);
    let classes: Vec<_> =
        report.generations.iter().map(|class| (class.generation, class.background, class.count)).collect();
    assert_eq!(classes, [(0, false, 1), (2, true, 1)]);
}

#[test]
fn a_collection_that_was_running_when_the_trace_began_is_a_part() {
    // The end of one, then one whose suspension was not seen; it ends on another thread than it works on.
    let report = Stream::new()
        .end(5, 1, 3)
        .running(8, 1)
        .start(20, 2, 4, [0, ALLOC_SMALL, BLOCKING])
        .end(100, 2, 4)
        .restarting(101, 1)
        .running(120, 1)
        .report();
    let [part] = report.collections.as_slice() else { panic!("{report:?}") };
    assert_eq!((part.number, part.complete, part.pause_ns, part.suspension_ns), (4, false, 100, 0));
    assert_eq!((report.totals.count, report.totals.incomplete), (1, 1));
    for note in
        ["1 collection is not in the trace as a whole", "2 events are about collections whose beginning"]
    {
        assert!(report.notes.iter().any(|one| one.starts_with(note)), "{:?}", report.notes);
    }
}

#[test]
fn a_collection_is_told_once() {
    let report = Stream::new()
        .suspend(0, 1, FOR_GC)
        .stopped(10, 1)
        .start(20, 1, 4, [0, ALLOC_SMALL, BLOCKING])
        .start(21, 1, 4, [0, ALLOC_SMALL, BLOCKING])
        .end(100, 1, 4)
        .running(120, 1)
        .report();
    assert_eq!(report.collections.len(), 1);
    assert_eq!(pauses(&report.collections[0]), [[0, 120, 10, 0]]);
}

#[test]
fn work_may_begin_on_another_thread_while_the_sampler_stops_them_too() {
    let report = Stream::new()
        .suspend(0, 1, FOR_GC)
        .suspend(2, 5, 0)
        .stopped(10, 1)
        .start(20, 2, 4, [2, ALLOC_SMALL, BLOCKING])
        .end(100, 3, 4)
        .restarting(110, 1)
        .running(120, 1)
        .stopped(130, 5)
        .running(150, 5)
        .report();
    assert_eq!(pauses(&report.collections[0]), [[0, 120, 10, 10]]);
    // From 0 to 150 one of the two at least wanted the threads to stand.
    assert_eq!((report.totals.pause_ns, report.totals.stopped_ns), (120, 150));
    let reasons: Vec<_> =
        report.suspensions.iter().map(|of| (of.reason.as_str(), of.duration_ns, of.suspension_ns)).collect();
    assert_eq!(reasons, [("SuspendOther", 148, 128), ("SuspendForGC", 120, 10)]);
}

#[test]
fn a_pause_without_its_end_is_given_up() {
    let report = Stream::new()
        .suspend(0, 1, FOR_GC)
        .stopped(10, 1)
        .start(20, 1, 4, [0, ALLOC_SMALL, BLOCKING])
        .end(100, 1, 4)
        .suspend(5000, 1, FOR_GC)
        .stopped(5010, 1)
        .start(5020, 1, 5, [0, ALLOC_SMALL, BLOCKING])
        .end(5100, 1, 5)
        .running(5120, 1)
        .report();
    let [lost, whole] = report.collections.as_slice() else { panic!("{report:?}") };
    assert_eq!((lost.complete, lost.pause_ns), (false, 0));
    assert_eq!((whole.complete, whole.pause_ns), (true, 120));
    assert_eq!(report.totals.stopped_ns, 120);
}

/// An event of the collector: the time since the last, thread, provider, id, and what its payload is made of.
fn any_event() -> impl Strategy<Value = (i64, u64, &'static str, u32, (u64, usize))> {
    let after = prop_oneof![0..100i64, Just(1i64 << 40), Just(i64::MAX / 3)];
    let provider = prop_oneof![9 => Just(RUNTIME), 1 => Just(PRIVATE)];
    let event_id = prop_oneof![1..40u32, 200..210u32];
    (after, 0..4u64, provider, event_id, (any::<u64>(), 0..500usize))
}

/// Bytes, most of them small numbers, which mean something more often.
fn payload((seed, length): (u64, usize)) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let [.., kind, byte] = state.to_le_bytes();
        match kind % 8 {
            0..4 => 0,
            4..7 => byte % 8,
            _ => byte,
        }
    };
    (0..length).map(|_| next()).collect()
}

proptest! {
    #[test]
    fn any_events_have_a_report(events in prop::collection::vec(any_event(), 0..200)) {
        let mut stream = Stream::new();
        let mut now = i64::MIN / 2;
        for (after, thread, provider, event_id, seed) in events {
            now = now.saturating_add(after);
            stream.event(now, thread, provider, event_id, &payload(seed));
        }
        let report = stream.report();
        let pauses: i64 = report.collections.iter().map(|one| one.pause_ns).fold(0, i64::saturating_add);
        prop_assert_eq!(pauses, report.totals.pause_ns);
        prop_assert!(report.collections.iter().all(|one| one.pause_ns >= 0 && one.suspension_ns >= 0));
        prop_assert!(!report.document().summary.is_empty());
        serde_json::to_string(&report).unwrap();
    }
}
