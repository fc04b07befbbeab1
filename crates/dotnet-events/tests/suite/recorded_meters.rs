//! Meter events of real processes.

use dotnet_events::meters::{self, InstrumentKind, MeterEvent};
use nettrace::Event;

use crate::corpus;

/// Calls `check` with every meter event of a trace; the number of each kind, in order of id. `None` without the trace.
fn each(name: &str, mut check: impl FnMut(MeterEvent<'_>)) -> Option<[u32; 20]> {
    let bytes = corpus::trace(name)?;
    let mut counts = [0; 20];
    let (_, result) = corpus::decode(&bytes, usize::MAX, &mut |event: &Event<'_>| {
        let decoded = meters::decode(event);
        assert_eq!(decoded.is_some(), event.metadata.provider == meters::PROVIDER);
        if let Some(decoded) = decoded {
            counts[event.metadata.event_id as usize] += 1;
            check(decoded.unwrap());
        }
    });
    result.unwrap();
    Some(counts)
}

#[test]
fn numbers_of_events() {
    let count = |counts: &[(usize, u32)]| {
        let mut expected = [0; 20];
        for (id, count) in counts {
            expected[*id] = *count;
        }
        expected
    };
    let Some(counts) = each("r9_meters.nettrace", |_| {}) else { return };
    assert_eq!(counts, count(&[(2, 6), (3, 6), (4, 114), (5, 6), (6, 6), (7, 25), (10, 1), (16, 102)]));
    let counts = each("r10_0_9_meters.nettrace", |_| {}).unwrap();
    let answers = corpus::answers("r10_0_9_meters");
    let expected: Vec<_> = answers["by_event"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row[0] == meters::PROVIDER)
        .map(|row| (row[1].as_u64().unwrap() as usize, row[4].as_u64().unwrap() as u32))
        .collect();
    assert_eq!(counts, count(&expected));
}

#[test]
fn values_of_9() {
    let mut gauges = Vec::new();
    let mut requests = Vec::new();
    let mut histograms = Vec::new();
    let mut queue = Vec::new();
    let mut unpublished = 0;
    let mut collections = Vec::new();
    let found = each("r9_meters.nettrace", |event| match event {
        MeterEvent::Gauge(gauge) => {
            assert!(gauge.series.instrument_name == "temp" && gauge.series.tags == "room=a");
            assert_eq!(gauge.series.instrument_id, Some(4));
            gauges.push(gauge.last_value.unwrap());
        }
        MeterEvent::Histogram(histogram) => {
            assert!(histogram.series.meter_name == "Demo.Meter" && histogram.series.meter_version == "1.2.3");
            let quantiles: Vec<_> = histogram.quantiles.iter().collect();
            histograms.push((quantiles, histogram.count.unwrap(), histogram.sum.unwrap()));
        }
        MeterEvent::CounterRate(counter) if counter.series.tags == "route=/a,status=200" => {
            assert!(counter.series.session_id == "abc" && counter.series.unit == "{requests}");
            requests.push((counter.rate.unwrap(), counter.value.unwrap()));
        }
        MeterEvent::CounterRate(counter) if counter.series.instrument_name == "dotnet.gc.pause.time" => {
            // The first value of an observable counter has no rate.
            unpublished += u32::from(counter.rate.is_none());
        }
        MeterEvent::UpDownCounterRate(counter) if counter.series.instrument_name == "queue" => {
            queue.push((counter.rate.unwrap(), counter.value.unwrap()));
        }
        MeterEvent::CollectionStart(collection) => {
            let seconds = (collection.end_unix_nanos - collection.start_unix_nanos) as f64 / 1e9;
            collections.push(seconds);
            // 2026-11-20, when this was recorded.
            assert_eq!(collection.start_unix_nanos / 86_400_000_000_000, 20_777);
        }
        _ => {}
    });
    if found.is_none() {
        return;
    }
    assert_eq!(gauges, [24.0, 22.0, 22.0, 24.0, 20.0, 20.0]);
    assert_eq!(requests[..3], [(33.0, 33.0), (31.0, 64.0), (33.0, 97.0)]);
    let first = (vec![(0.5, 49.6875), (0.95, 95.625), (0.99, 99.625)], 195, 9_594.740_721_580_922);
    assert_eq!(histograms[0], first);
    assert_eq!(queue[..4], [(0.0, 0.0), (-1.0, -1.0), (0.0, -1.0), (1.0, 0.0)]);
    assert_eq!(unpublished, 1);
    assert_eq!(collections, [1.0; 6]);
}

#[test]
fn instruments() {
    let mut kinds = Vec::new();
    let found = each("r9_meters.nettrace", |event| {
        if let MeterEvent::BeginInstrument(instrument) = event {
            if instrument.meter_name == "Demo.Meter" {
                kinds.push((instrument.instrument_name.to_string(), instrument.kind().unwrap()));
            }
            assert!(instrument.kind().is_some() && instrument.instrument_id > Some(0));
        }
    });
    if found.is_none() {
        return;
    }
    let expected = [
        ("requests", InstrumentKind::Counter),
        ("latency", InstrumentKind::Histogram),
        ("queue", InstrumentKind::UpDownCounter),
        ("temp", InstrumentKind::Gauge),
        ("ticks", InstrumentKind::Counter),
        ("depth", InstrumentKind::UpDownCounter),
    ];
    assert_eq!(kinds, expected.map(|(name, kind)| (name.to_owned(), kind)));

    // .NET 10 added a field.
    let mut durations = 0;
    each("r10_0_9_meters.nettrace", |event| {
        let MeterEvent::BeginInstrument(instrument) = event else { return };
        assert!(instrument.meter_telemetry_schema_url.is_empty());
        if instrument.instrument_name == "http.server.request.duration" {
            durations += 1;
            assert!(instrument.meter_scope_hash == "47795772" && instrument.unit == "s");
            assert!(instrument.description == "Duration of HTTP server requests.");
            assert_eq!(
                (instrument.instrument_id, instrument.kind()),
                (Some(10), Some(InstrumentKind::Histogram))
            );
        }
    });
    assert_eq!(durations, 1);
}
