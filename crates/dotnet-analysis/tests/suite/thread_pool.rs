//! The thread pool of recorded traces, against an own count over the raw bytes.

use std::collections::BTreeMap;

use dotnet_analysis::thread_pool::{ThreadPool, answer::Verdict};
use nettrace::Event;

use crate::corpus;
use crate::questions::ask;

/// The reason that means starvation.
const STARVATION: u32 = 6;

fn u32_at(payload: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(payload[at..at + 4].try_into().unwrap())
}

#[test]
fn workers_and_their_changes_are_those_of_the_bytes() {
    for name in [
        "eventpipe-dotnetcore3.0-win-x64-objver4.nettrace",
        "r10_0_9_allkw.nettrace",
        "HeartRateMonitor.10068.nettrace",
    ] {
        let (Some(answer), Some(bytes)) = (ask::<ThreadPool>(name), corpus::trace(name)) else { return };
        let mut reasons: BTreeMap<u32, u64> = BTreeMap::new();
        let (mut max, mut adjustments, mut enqueued, mut dequeued) = (0, Vec::new(), 0, 0);
        let _ = corpus::decode(&bytes, bytes.len(), &mut |event: &Event<'_>| {
            let (provider, id) = (event.metadata.provider.as_str(), event.metadata.event_id);
            match (provider, id) {
                ("Microsoft-Windows-DotNETRuntime", 50 | 51 | 57) => max = max.max(u32_at(event.payload, 0)),
                ("Microsoft-Windows-DotNETRuntime", 55) => {
                    *reasons.entry(u32_at(event.payload, 12)).or_default() += 1;
                    adjustments.push(u32_at(event.payload, 8));
                }
                ("Microsoft-Windows-DotNETRuntime", 61)
                | ("System.Diagnostics.Eventing.FrameworkEventSource", 30) => enqueued += 1,
                ("Microsoft-Windows-DotNETRuntime", 62)
                | ("System.Diagnostics.Eventing.FrameworkEventSource", 31) => dequeued += 1,
                _ => {}
            }
        });
        assert_eq!(answer.workers.max, max, "{name}");
        let mut counts: Vec<u64> = answer.reasons.iter().map(|reason| reason.count).collect();
        let mut expected: Vec<u64> = reasons.values().copied().collect();
        counts.sort_unstable();
        expected.sort_unstable();
        assert_eq!(counts, expected, "{name}");
        let mut found: Vec<u32> = answer.adjustments.iter().map(|adjustment| adjustment.workers).collect();
        found.sort_unstable();
        adjustments.sort_unstable();
        assert_eq!(found, adjustments, "{name}");
        assert_eq!((answer.queue.enqueued, answer.queue.dequeued), (enqueued, dequeued), "{name}");
        assert_eq!(answer.queue.delay.count + answer.queue.unmatched, dequeued, "{name}");
        let starved = reasons.get(&STARVATION).copied();
        assert_eq!(answer.starvation.map(|added| added.count), starved, "{name}");
        assert_eq!(answer.verdict == Verdict::Starved, starved.is_some(), "{name}");
        assert_eq!(answer.unreadable, 0, "{name}");
    }
}

#[test]
fn a_trace_without_the_pool_says_so() {
    let Some(answer) = ask::<ThreadPool>("r9_gcinfo.nettrace") else { return };
    assert_eq!(answer.verdict, Verdict::Silent);
}
