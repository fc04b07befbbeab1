//! Collections of recorded traces, against what the independent reader and independent scripts found in them.

use dotnet_analysis::Analysis;
use dotnet_analysis::gc::answer::CollectionReport;
use dotnet_analysis::gc::{Collections, GcReport};
use dotnet_analysis::report::{Answer, Document, Facts, Question};
use nettrace::Decoder;
use serde_json::Value;

use crate::corpus;

/// Figures of the answers are rounded to a nanosecond.
const MILLIS: f64 = 1.5e-6;

fn report(bytes: &[u8]) -> GcReport {
    let mut collections = Collections::default();
    let mut analysis = Analysis::new().with(&mut collections);
    let mut decoder = Decoder::new().in_time_order();
    // One of the traces is of a process that was killed.
    let _ = decoder.push(bytes, &mut analysis);
    let _ = decoder.finish(&mut analysis);
    let code = analysis.into_code();
    let mut facts = Facts::default();
    facts.lost = decoder.statistics().lost_events;
    collections.answer(&facts, &code)
}

fn millis(nanos: i64) -> f64 {
    nanos as f64 / 1e6
}

fn megabytes(bytes: Option<u64>) -> f64 {
    bytes.map_or(-1.0, |bytes| bytes as f64 / 1e6)
}

#[track_caller]
fn close(ours: f64, theirs: &Value, tolerance: f64, what: &str) {
    let theirs = theirs.as_f64().unwrap();
    assert!((ours - theirs).abs() <= tolerance, "{what}: {ours}, not {theirs}");
}

/// Time in which the reader's pause of a collection in the background has a hole: after the threads stood until another
/// collection began in the same suspension. They stood still in it, so it is in our pause.
fn hole(ours: &CollectionReport) -> f64 {
    match (ours.kind.as_str(), ours.pauses.first()) {
        ("BackgroundGC", Some(first)) if first.restart_ns == 0 => {
            millis(first.duration_ns - first.suspension_ns)
        }
        _ => 0.0,
    }
}

fn check(ours: &CollectionReport, theirs: &Value) {
    let what = |member: &str| format!("{member} of collection {}", ours.number);
    assert_eq!(theirs["number"], ours.number);
    assert_eq!(theirs["generation"], ours.generation, "{}", what("generation"));
    assert_eq!(theirs["reason"], *ours.reason, "{}", what("reason"));
    assert_eq!(theirs["type"], *ours.kind, "{}", what("type"));
    assert_eq!(theirs["complete"], ours.complete, "{}", what("complete"));
    close(millis(ours.start_ns), &theirs["start_ms"], MILLIS, &what("start"));
    close(millis(ours.duration_ns.unwrap_or(0)), &theirs["duration_ms"], MILLIS, &what("duration"));
    close(millis(ours.pause_start_ns), &theirs["pause_start_ms"], MILLIS, &what("pause start"));
    close(millis(ours.pause_ns) - hole(ours), &theirs["pause_ms"], 3.0 * MILLIS, &what("pause"));
    close(millis(ours.suspension_ns), &theirs["suspend_ms"], 3.0 * MILLIS, &what("suspension"));
    close(megabytes(ours.heap_before_bytes), &theirs["heap_before_MB"], 1e-9, &what("heap before"));
    close(megabytes(ours.heap_after_bytes), &theirs["heap_after_MB"], 1e-9, &what("heap after"));
    close(megabytes(ours.promoted_bytes), &theirs["promoted_MB"], 1e-9, &what("promoted"));
}

/// Every collection and every sum of a trace.
fn agrees(name: &str) -> Option<GcReport> {
    let bytes = corpus::trace(name)?;
    let answers = corpus::answers(name);
    let report = report(&bytes);
    let theirs = answers["gc"].as_array().unwrap();
    assert_eq!(report.collections.len(), theirs.len());
    for (ours, theirs) in report.collections.iter().zip(theirs) {
        check(ours, theirs);
    }
    let totals = &answers["gc_totals"];
    assert_eq!(totals["Count"], report.totals.count);
    close(millis(report.totals.pause_ns), &totals["total_pause_ms"], MILLIS * theirs.len() as f64, "pauses");
    close(millis(report.totals.max_pause_ns), &totals["max_pause_ms"], MILLIS, "longest pause");
    close(megabytes(Some(report.totals.promoted_bytes)), &totals["total_promoted_MB"], 1e-9, "promoted");
    Some(report)
}

#[test]
fn every_collection_of_recorded_traces_is_the_readers() {
    for name in [
        "HeartRateMonitor.10068.nettrace",
        "eventpipe-dotnetcore3.0-win-x64-objver4.nettrace",
        "r10_0_9_allkw.nettrace",
        "r31_gcinfo.nettrace",
        "r9_cpu.nettrace",
        "r9_gcheapdump.nettrace",
        "r9_gcinfo.nettrace",
        "runtime-net10-loaded.nettrace",
    ] {
        agrees(name);
    }
}

/// The figures of `nettrace.md` D.5, which an independent script found.
#[test]
fn four_hundred_collections_have_known_sums() {
    let Some(report) = agrees("eventpipe-dotnetcore3.0-win-x64-objver4.nettrace") else { return };
    let totals = &report.totals;
    assert_eq!((totals.count, totals.incomplete), (478, 0));
    let by_generation: Vec<_> =
        report.generations.iter().map(|class| (class.generation, class.background, class.count)).collect();
    assert_eq!(by_generation, [(0, false, 473), (1, false, 5)]);
    assert_eq!(report.reasons.len(), 1);
    assert_eq!(report.reasons[0].reason, "AllocSmall");
    assert!(report.collections.iter().all(|collection| collection.kind == "NonConcurrentGC"));
    // Milliseconds with four decimals.
    let rounded = |nanos: i64| (nanos + 50) / 100;
    assert_eq!(rounded(totals.pause_ns), 77_303_399);
    assert_eq!(rounded(totals.max_pause_ns), 480_964);
    assert_eq!(rounded(totals.mean_pause_ns.unwrap()), 161_723);
    assert_eq!(rounded(totals.suspension_ns), 2_980_802);
    assert_eq!(totals.promoted_bytes, 49_334_000);
    assert_eq!(totals.last_heap_after_bytes, Some(3_313_336));
    let first = &report.collections[0];
    assert_eq!(rounded(first.pause_start_ns), 54_552_013);
    assert_eq!(rounded(first.start_ns), 54_559_407);
    assert_eq!(rounded(first.duration_ns.unwrap()), 200_355);
    assert_eq!(rounded(first.pause_ns), 208_652);
    assert_eq!(rounded(first.suspension_ns), 1_825);
    // The reader's share of pauses is of the time from the first pause to the last description of the heap; ours is of the
    // trace up to the rundown, most of which it is.
    let theirs = corpus::answers("eventpipe-dotnetcore3.0-win-x64-objver4.nettrace");
    let theirs = theirs["gc_totals"]["pct_pause"].as_f64().unwrap();
    assert!(totals.percent_time_in_gc < theirs && totals.percent_time_in_gc > 0.8 * theirs, "{theirs}");
    // The sampler stops all threads too; so often, by the events with that reason.
    let sampler = report.suspensions.iter().find(|of| of.reason == "SuspendOther").unwrap();
    assert_eq!(sampler.count, 5475);
    assert!(totals.stopped_ns > totals.pause_ns);
    assert!(totals.stopped_ns <= totals.pause_ns + sampler.duration_ns);
}

/// With one collection, from its pause to the description of the heap is less than the pause: the reader says more than 100 %.
#[test]
fn no_share_of_pauses_is_above_a_hundred_percent() {
    for name in ["HeartRateMonitor.10068.nettrace", "r9_gcheapdump.nettrace", "r10_0_9_allkw.nettrace"] {
        let Some(bytes) = corpus::trace(name) else { return };
        let theirs = corpus::answers(name)["gc_totals"]["pct_pause"].as_f64().unwrap();
        let totals = report(&bytes).totals;
        assert!(theirs > 100.0);
        assert!(totals.percent_time_in_gc > 0.0 && totals.percent_time_in_gc < 100.0, "{totals:?}");
    }
}

/// A process that was killed, with collections in the background. The reader gives up at what is cut off, and loses what it
/// holds back to sort: it has the last collection in the background not to its end, and what came after it not at all.
#[test]
fn collections_in_the_background_have_all_their_pauses() {
    let Some(bytes) = corpus::trace("r9_killed.nettrace") else { return };
    let answers = corpus::answers("r9_killed.nettrace");
    let report = report(&bytes);
    let theirs = answers["gc"].as_array().unwrap();
    let last = theirs.iter().position(|row| row["complete"] == false).unwrap();
    assert_eq!((theirs.len(), last), (1315, 1313));
    assert_eq!(theirs[last]["type"], "BackgroundGC");
    for (index, (ours, theirs)) in report.collections.iter().zip(theirs).enumerate() {
        if index == last {
            // Its events are in the trace: three suspensions, its end, the heap after it.
            assert!(ours.complete && ours.pauses.len() == 3, "{ours:?}");
            continue;
        }
        check(ours, theirs);
    }
    // What the reader's pauses leave out is not little.
    let background = report.collections.iter().filter(|collection| collection.kind == "BackgroundGC");
    let (mut count, mut holes) = (0, 0.0);
    for collection in background.clone() {
        assert_eq!(collection.pauses.len(), 3, "{collection:?}");
        count += 1;
        holes += hole(collection);
    }
    assert!(count >= 20 && holes > 0.5, "{count} {holes}");
    // Each began together with one of generation 0, which has the rest of the suspension.
    for collection in background {
        let inner = report.collections.iter().find(|inner| inner.number == collection.number + 1).unwrap();
        assert_eq!(inner.pause_start_ns, collection.pauses[0].start_ns + collection.pauses[0].duration_ns);
        assert_eq!((inner.suspension_ns, inner.generation), (0, 0));
    }
    // The pauses are all suspensions for collections, but for three at the start of the trace in which none began.
    let pauses: i64 = report.collections.iter().map(|collection| collection.pause_ns).sum();
    let suspended: i64 = ["SuspendForGC", "SuspendForGCPrep"]
        .iter()
        .filter_map(|reason| report.suspensions.iter().find(|of| of.reason == *reason))
        .map(|of| of.duration_ns)
        .sum();
    let in_vain = (491_934 - 401_238) + (1_583_392 - 1_493_247) + (3_347_910 - 2_549_812);
    assert_eq!(suspended - pauses, in_vain);
    assert!(report.notes.iter().any(|note| note.starts_with("In 3 suspensions")), "{:?}", report.notes);
    assert_eq!(pauses, report.totals.pause_ns);
}

/// Twelve heaps: the figures of `metrics.md` 0.1.
#[test]
fn collections_of_a_server_are_of_all_its_heaps() {
    let Some(report) = agrees("runtime-net10-loaded.nettrace") else { return };
    // Pause and suspension in microseconds; bytes by stack, handles, queue of new finalizers; finalizers: time and count.
    let expected = [
        (243, 3711, 143, 2_503_836, 26_056, 256, 13, 5),
        (244, 4028, 130, 1_440_336, 26_056, 256, 15, 5),
        (245, 4662, 146, 2_493_282, 26_056, 288, 21, 6),
        (246, 4381, 143, 2_500_186, 17_960, 320, 16, 7),
        (247, 4193, 140, 2_502_263, 26_056, 256, 15, 5),
        (248, 4791, 143, 1_443_797, 26_056, 320, 15, 7),
        (249, 4151, 134, 2_498_165, 26_056, 224, 11, 4),
        (250, 4313, 138, 2_515_756, 26_056, 256, 13, 5),
        (251, 4009, 131, 2_492_677, 26_056, 288, 14, 6),
    ];
    let micros = |nanos: i64| (nanos + 500) / 1000;
    for (collection, expected) in report.collections.iter().zip(expected) {
        let root = |name: &str| {
            collection.promoted_by_root.iter().find(|root| root.root == name).map_or(0, |root| root.bytes)
        };
        let found = (
            collection.number,
            micros(collection.pause_ns),
            micros(collection.suspension_ns),
            root("stack"),
            root("handles"),
            root("new_finalizer_queue"),
            micros(collection.finalizers_ns),
            collection.finalizers_run,
        );
        assert_eq!(found, expected);
        assert_eq!(collection.heaps.len(), 12);
        assert_eq!(collection.mechanisms, ["Compaction", "Promotion", "Demotion", "CardBundles"]);
    }
    let last = &report.collections[8];
    let phases: Vec<_> = last.phases.iter().map(|phase| (phase.phase, phase.duration_ns / 1000)).collect();
    assert_eq!(
        phases,
        [
            ("mark_sized_references", 0),
            ("mark_roots", 586),
            ("mark_short_weak", 209),
            ("scan_finalization", 429),
            ("mark_long_weak", 228),
            ("plan", 254),
            ("relocate", 283),
            ("compact", 440),
        ]
    );
    assert_eq!(report.totals.heaps, Some(12));
    assert_eq!(report.totals.large_object_triggered, 9);
    assert_eq!(report.triggers[0].reason, "AllocLarge");
}

#[test]
fn the_report_has_the_promised_members() {
    let Some(bytes) = corpus::trace("r31_gcinfo.nettrace") else { return };
    let json = serde_json::to_value(report(&bytes)).unwrap();
    let collection = &json["collections"][0];
    for member in [
        "number",
        "generation",
        "reason",
        "type",
        "start_ns",
        "pause_ns",
        "suspension_ns",
        "promoted_bytes",
        "heap_before_bytes",
        "heap_after_bytes",
        "fragmentation_percent",
    ] {
        assert!(!collection[member].is_null(), "{member} in {collection}");
    }
    for member in ["count", "pause_ns", "max_pause_ns", "suspension_ns", "percent_time_in_gc"] {
        assert!(json["totals"][member].is_number(), "{member}");
    }
    // 24 free bytes of 84054424 before, 172280 after, by the trace's first descriptions of the heap.
    assert!((collection["fragmentation_percent"].as_f64().unwrap() - 100.0 * 24.0 / 172_280.0).abs() < 1e-9);
}

/// What somebody in trouble reads first.
#[test]
fn the_report_begins_with_what_is_worst() {
    let Some(bytes) = corpus::trace("eventpipe-dotnetcore3.0-win-x64-objver4.nettrace") else { return };
    let document = report(&bytes).document();
    assert_eq!(
        document.summary,
        "478 collections stopped the program for 7.73 s in all, 20.0 % of 38.6 s. The longest pause took 48.1 ms: \
         collection 331 at 26.9 s, of generation 0, since new objects had used up their budget; 111 KB survived."
    );
    let stands_out = |document: &Document| match document.sections.first() {
        Some(section) if section.title == "What stands out" => format!("{:?}", section.parts),
        _ => String::new(),
    };
    assert!(stands_out(&document).contains("20.0 % of the time goes into collections"), "{document:?}");

    let bytes = corpus::trace("runtime-net10-loaded.nettrace").unwrap();
    let document = report(&bytes).document();
    assert!(
        stands_out(&document).contains("Large objects (from 85,000 bytes on) were the reason for 9 of 9")
    );

    let bytes = corpus::trace("r9_counters.nettrace").unwrap();
    assert!(report(&bytes).document().summary.starts_with("No collection in "));
}
