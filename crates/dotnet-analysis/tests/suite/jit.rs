//! The JIT of recorded traces, against what an independent reader found.

use std::collections::BTreeMap;

use dotnet_analysis::jit::{Jit, JitAnswer};
use serde_json::Value;

use crate::corpus;
use crate::questions::ask;

fn ask_with_answers(name: &str) -> Option<(JitAnswer, Value)> {
    Some((ask::<Jit>(name)?, corpus::answers(name)["jit"].clone()))
}

#[test]
fn every_figure_is_that_of_the_reader() {
    for name in ["eventpipe-dotnetcore3.0-win-x64-objver4.nettrace", "r9_jitloader_startup.nettrace"] {
        let Some((answer, expected)) = ask_with_answers(name) else { return };
        let number = |key: &str| expected[key].as_u64().unwrap();
        assert_eq!(answer.total.methods, number("Count"), "{name}");
        // The reader lists methods whose end is missing, too.
        assert_eq!(answer.total.methods + answer.not_ended, number("methods"), "{name}");
        let expected_ns = expected["total_cpu_ms"].as_f64().unwrap() * 1e6;
        assert!(
            (answer.total.time_ns as f64 - expected_ns).abs() < 1_000.0,
            "{name} {}",
            answer.total.time_ns
        );
        assert_eq!(answer.foreground.methods, number("foreground"), "{name}");
        assert_eq!(answer.background.methods, number("background_tiered"), "{name}");
        assert_eq!(number("background_mcj"), 0, "{name}");
        assert_eq!(answer.total.il_bytes, number("il_size"), "{name}");
        assert_eq!(answer.total.native_bytes, number("native_size"), "{name}");
        assert_eq!(answer.memory.hot_code_bytes, number("hot_alloc"), "{name}");
        assert_eq!(answer.memory.read_only_data_bytes, number("rodata_alloc"), "{name}");
        assert_eq!(answer.inlining.succeeded, number("inlining_successes"), "{name}");
        assert_eq!(answer.inlining.failed, number("inlining_failures"), "{name}");
        let mut tiers: BTreeMap<String, u64> =
            answer.by_tier.iter().map(|tier| (tier.tier.clone(), tier.compiled.methods)).collect();
        if answer.not_ended > 0 {
            // Nothing is known of their tier.
            tiers.insert("Unknown".to_owned(), answer.not_ended);
        }
        assert_eq!(serde_json::to_value(tiers).unwrap(), expected["by_tier"], "{name}");
        assert_eq!((answer.unreadable, answer.without_beginning), (0, 0), "{name}");
    }
}

#[test]
fn parts_are_the_whole() {
    let Some((answer, _)) = ask_with_answers("r9_jitloader_startup.nettrace") else { return };
    let methods = |sum: u64| assert_eq!(sum, answer.total.methods);
    methods(answer.by_group.iter().map(|group| group.compiled.methods).sum());
    methods(answer.slowest.len() as u64);
    methods(answer.methods_over_time.values.iter().flatten().sum());
    assert_eq!(answer.slowest.iter().map(|method| method.time_ns).sum::<u64>(), answer.total.time_ns);
    assert_eq!(
        answer.inlining.reasons.iter().map(|reason| reason.count).sum::<u64>(),
        answer.inlining.failed
    );
    assert_eq!(answer.tail_calls.succeeded, 30);
    assert_eq!((answer.tiering.runs, answer.tiering.pauses, answer.tiering.resumes), (17, 3, 2));
    assert_eq!(answer.unloaded, 12);
    let over_time = [&answer.foreground_over_time, &answer.background_over_time];
    let nanos = over_time.iter().flat_map(|over_time| over_time.values.iter().flatten()).sum::<u64>();
    assert_eq!(nanos, answer.total.time_ns);
}

#[test]
fn ready_to_run_code_needs_no_jit() {
    let Some((answer, _)) = ask_with_answers("eventpipe-dotnetcore3.0-win-x64-objver4.nettrace") else {
        return;
    };
    assert_eq!(answer.ready_to_run_entry_points, 1_547);
}
