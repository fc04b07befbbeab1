//! EventCounters of real processes.

use std::collections::BTreeMap;

use dotnet_events::counters::{CounterDecoder, CounterPayload, CounterValue};
use nettrace::Event;

use crate::corpus;

/// What is kept of a counter's values.
#[derive(Debug, Default, PartialEq)]
struct Series {
    values: Vec<f64>,
    intervals: Vec<f32>,
    display_name: String,
    unit: String,
    time_scale: Option<String>,
}

type Counters = BTreeMap<(String, String), Series>;

/// All counters of a trace, and how many events they came in.
fn counters(name: &str) -> Option<(Counters, usize)> {
    let bytes = corpus::trace(name)?;
    let mut decoder = CounterDecoder::new();
    let mut counters = Counters::new();
    let mut named = 0;
    let mut total = 0;
    let (_, result) = corpus::decode(&bytes, 4096, &mut |event: &Event<'_>| {
        named += usize::from(event.metadata.event_name == "EventCounters");
        let Some(counter) = decoder.decode(event) else { return };
        let counter = counter.unwrap();
        total += 1;
        check(&counter);
        let key = (counter.provider.to_owned(), counter.name.to_string());
        let series = counters.entry(key).or_default();
        series.display_name = counter.display_name.to_string();
        series.unit = counter.display_units.to_string();
        series.intervals.push(counter.interval_seconds);
        match counter.value {
            CounterValue::Mean { mean, .. } => series.values.push(mean),
            CounterValue::Sum { increment, display_rate_time_scale } => {
                series.values.push(increment);
                series.time_scale = Some(display_rate_time_scale.to_string());
            }
        }
    });
    result.unwrap();
    assert_eq!(named, total, "{name}: every event of the name, and no other");
    Some((counters, total))
}

/// What holds for every counter of these traces.
fn check(counter: &CounterPayload<'_>) {
    assert_eq!(counter.requested_interval_millis(), Some(1000), "{counter:?}");
    assert_eq!(counter.metadata, "");
    assert!(!counter.display_name.is_empty());
    if let CounterValue::Mean { mean, standard_deviation, count, min, max } = counter.value {
        match count {
            // An interval without values.
            0 => assert_eq!((mean, min, max), (0.0, f64::INFINITY, f64::NEG_INFINITY)),
            // Polled.
            1 => assert_eq!((mean, standard_deviation), (min, 0.0), "{counter:?}"),
            _ => assert!(min <= mean && mean <= max),
        }
    }
}

fn series<'a>(counters: &'a Counters, provider: &str, name: &str) -> &'a Series {
    &counters[&(provider.to_owned(), name.to_owned())]
}

#[test]
fn numbers_of_counters() {
    for (name, events, counters_expected, ticks) in [
        // Trace, events, different counters, values of each.
        ("r31_counters.nettrace", 95, 19, 5),
        ("r9_counters.nettrace", 135, 27, 5),
        ("console-net8.nettrace", 108, 27, 4),
        ("aspnet-net9.nettrace", 123, 41, 3),
        ("aspnet-net10-loaded.nettrace", 164, 41, 4),
        ("r10_0_9_counters.nettrace", 164, 41, 4),
    ] {
        let Some((counters, found)) = counters(name) else { return };
        assert_eq!((found, counters.len()), (events, counters_expected), "{name}");
        assert!(counters.values().all(|series| series.values.len() == ticks), "{name}");
    }
}

#[test]
fn values_of_3_1() {
    let Some((counters, _)) = counters("r31_counters.nettrace") else { return };
    let exceptions = series(&counters, "System.Runtime", "exception-count");
    assert_eq!(exceptions.values, [3929.0, 3785.0, 7.0, 3900.0, 15.0]);
    assert_eq!(exceptions.intervals, [1.000_024_4, 0.999_679_7, 0.003_016_3, 0.996_517_9, 0.006_514_3]);
    assert_eq!(exceptions.time_scale.as_deref(), Some("00:00:01"));
    let collections = series(&counters, "System.Runtime", "gen-0-gc-count");
    assert_eq!((collections.display_name.as_str(), collections.unit.as_str()), ("Gen 0 GC Count", ""));
    assert_eq!(collections.time_scale.as_deref(), Some("00:01:00"));
    let memory = series(&counters, "System.Runtime", "working-set");
    assert_eq!((memory.unit.as_str(), &memory.time_scale, memory.values[0]), ("MB", &None, 114.0));
}

#[test]
fn values_of_10() {
    let Some((counters, _)) = counters("r10_0_9_counters.nettrace") else { return };
    // An event that also occurs under the id of another of the same provider.
    let connections = series(&counters, "Microsoft-AspNetCore-Server-Kestrel", "total-connections");
    assert_eq!(connections.values.len(), 4);
    let requests = series(&counters, "Microsoft.AspNetCore.Hosting", "total-requests");
    let rate = series(&counters, "Microsoft.AspNetCore.Hosting", "requests-per-second");
    assert_eq!((requests.values[0], rate.values[0]), (56.0, 56.0));
    // Two views of the same requests: the total is the sum of the increments.
    let mut total = 0.0;
    for (request, increment) in requests.values.iter().zip(&rate.values) {
        total += increment;
        assert_eq!(*request, total);
    }
    let memory = series(&counters, "System.Runtime", "working-set");
    assert_eq!(memory.values[0], 103.481_344);
    let pause = series(&counters, "System.Runtime", "total-pause-time-by-gc");
    assert_eq!((pause.unit.as_str(), pause.time_scale.as_deref()), ("ms", Some("")));
}
