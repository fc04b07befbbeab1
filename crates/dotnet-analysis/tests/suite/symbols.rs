//! Addresses get the names an independent reader gave them.

use std::collections::HashMap;

use dotnet_analysis::profile::FrameKind;
use dotnet_analysis::stacks::StackId;
use dotnet_analysis::{Analysis, Context, Fold};
use dotnet_events::Source;
use nettrace::Event;

use crate::corpus;

/// How often each stack of each thread was sampled.
#[derive(Default)]
struct Samples(HashMap<(u64, StackId), u64>);

impl Fold for Samples {
    fn event(&mut self, event: &Event<'_>, context: &mut Context<'_>) {
        if context.source == Source::SampleProfiler && event.metadata.event_id == 0 {
            *self.0.entry((event.thread_id, context.stack(event))).or_default() += 1;
        }
    }
}

#[test]
fn leafs_are_called_as_the_independent_reader_calls_them() {
    let traces = [
        "HeartRateMonitor.10068.nettrace",
        "only_managed_samples.nettrace",
        "eventpipe-dotnetcore3.0-win-x64-objver4.nettrace",
        "r9_cpu.nettrace",
    ];
    for name in traces {
        let Some(bytes) = corpus::trace(name) else { return };
        let mut samples = Samples::default();
        let mut analysis = Analysis::new().with(&mut samples);
        // What is wrong with a trace that is cut off is said elsewhere.
        let _ = corpus::decode(&bytes, 1 << 16, &mut analysis);
        let code = analysis.into_code();
        let mut exclusive: HashMap<&str, u64> = HashMap::new();
        let (mut frames, mut resolved) = (0, 0);
        for ((_, stack), count) in &samples.0 {
            let shown = code.frames(*stack).map(|frame| match frame.kind {
                FrameKind::Unknown => "?!",
                _ => frame.name.as_str(),
            });
            let shown: Vec<_> = shown.collect();
            frames += shown.len() as u64 * count;
            resolved += shown.iter().filter(|name| **name != "?!").count() as u64 * count;
            if let Some(leaf) = shown.first() {
                *exclusive.entry(leaf).or_default() += count;
            }
        }
        let cpu = &corpus::answers(name)["cpu"];
        assert_eq!(samples.0.values().sum::<u64>(), cpu["sample_events"], "{name}");
        // The independent reader keeps the stacks of each thread apart.
        assert_eq!(samples.0.len() as u64, cpu["distinct_sample_stacks"], "{name}");
        assert_eq!(frames, cpu["sample_depth_sum"], "{name}");
        for row in cpu["top_exclusive"].as_array().unwrap() {
            let method = row["method"].as_str().unwrap();
            assert_eq!(exclusive.get(method).copied().unwrap_or(0), row["exclusive"], "{name}: {method}");
        }
        // nettrace.md E.2.
        match name {
            "HeartRateMonitor.10068.nettrace" => assert_eq!((frames, resolved), (9665, 9652)),
            "only_managed_samples.nettrace" => assert_eq!((frames, resolved), (27_273, 27_273)),
            _ => {}
        }
    }
}

#[test]
fn without_rundown_there_are_addresses() {
    // Killed with SIGKILL: no rundown. The independent reader stops before the block that is cut off.
    let Some(bytes) = corpus::trace("r9_killed.nettrace") else { return };
    let mut samples = Samples::default();
    let mut analysis = Analysis::new().with(&mut samples);
    assert!(corpus::decode(&bytes, 1 << 16, &mut analysis).1.is_err());
    let code = analysis.into_code();
    let count: u64 = samples.0.values().sum();
    assert!(
        count >= corpus::answers("r9_killed.nettrace")["cpu"]["sample_events"].as_u64().unwrap(),
        "{count}"
    );
    let stacks = || samples.0.keys().map(|(_, stack)| *stack);
    assert!(stacks().flat_map(|stack| code.frames(stack)).all(|frame| frame.kind == FrameKind::Unknown));
    let (leaf, address) = stacks()
        .find_map(|stack| Some((code.frames(stack).next()?.name.clone(), code.stacks().leaf(stack)?.0)))
        .unwrap();
    assert_eq!(leaf, format!("{address:#x}"));
}
