//! EventCounters in shapes that runtimes do not write today, and damaged ones.

use dotnet_events::EventError;
use dotnet_events::counters::{CounterDecoder, CounterValue};
use nettrace::{Event, FieldError};
use proptest::prelude::*;

use crate::corpus::decode;
use crate::stream::{Bytes, Definition, Stream};

const TEXT: i32 = 18;
const F64: i32 = 14;
const F32: i32 = 13;
const I32: i32 = 9;

/// The fields of the mean shape, as .NET 10 writes them.
const MEAN: &[(&str, i32)] = &[
    ("Name", TEXT),
    ("DisplayName", TEXT),
    ("Mean", F64),
    ("StandardDeviation", F64),
    ("Count", I32),
    ("Min", F64),
    ("Max", F64),
    ("IntervalSec", F32),
    ("Series", TEXT),
    ("CounterType", TEXT),
    ("Metadata", TEXT),
    ("DisplayUnits", TEXT),
];

/// The fields of the increment shape.
const SUM: &[(&str, i32)] = &[
    ("Name", TEXT),
    ("DisplayName", TEXT),
    ("DisplayRateTimeScale", TEXT),
    ("Increment", F64),
    ("IntervalSec", F32),
    ("Metadata", TEXT),
    ("Series", TEXT),
    ("CounterType", TEXT),
    ("DisplayUnits", TEXT),
];

fn counter_stream(fields: &[(&str, i32)], payload: &[u8]) -> Stream {
    let mut stream = Stream::new();
    stream.define(1, "Source", 5, |definition| definition.name("EventCounters").counter_fields(fields));
    stream.events(|block| block.event(1).sequence(1).payload(payload));
    stream
}

/// What the only event of a stream decodes to, shown; `None` when it is no counter.
fn decoded(stream: &Stream) -> Option<Result<String, EventError>> {
    let mut results = Vec::new();
    let mut decoder = CounterDecoder::new();
    decode(&stream.end(), usize::MAX, &mut |event: &Event<'_>| {
        results.push(decoder.decode(event).map(|result| result.map(|counter| format!("{counter:?}"))));
    })
    .1
    .unwrap();
    assert_eq!(results.len(), 1);
    results.remove(0)
}

fn mean_payload() -> Bytes {
    let mut payload = Bytes::default();
    payload.text("cpu").text("CPU").f64(2.0).f64(0.5).i32(3).f64(1.0).f64(f64::NAN).f32(0.25);
    payload.text("Interval=250").text("Mean").text("k:v").text("%");
    payload
}

#[test]
fn the_two_shapes() {
    let mut checked = 0;
    let mut decoder = CounterDecoder::new();
    let stream = counter_stream(MEAN, &mean_payload().0);
    decode(&stream.end(), usize::MAX, &mut |event: &Event<'_>| {
        let counter = decoder.decode(event).unwrap().unwrap();
        assert_eq!((counter.provider, counter.interval_seconds), ("Source", 0.25));
        assert!(counter.name == "cpu" && counter.display_name == "CPU" && counter.display_units == "%");
        assert!(counter.metadata == "k:v" && counter.series == "Interval=250");
        assert_eq!(counter.requested_interval_millis(), Some(250));
        let CounterValue::Mean { mean, standard_deviation, count, min, max } = counter.value else {
            panic!()
        };
        assert_eq!((mean, standard_deviation, count, min), (2.0, 0.5, 3, 1.0));
        assert!(max.is_nan());
        checked += 1;
    })
    .1
    .unwrap();
    let mut payload = Bytes::default();
    payload.text("n").text("N").text("00:00:01").f64(-7.0).f32(1.0).text("").text("").text("Sum").text("");
    let stream = counter_stream(SUM, &payload.0);
    // The same decoder for another stream: the same number of a definition means another one.
    decode(&stream.end(), usize::MAX, &mut |event: &Event<'_>| {
        let counter = decoder.decode(event).unwrap().unwrap();
        let CounterValue::Sum { increment, display_rate_time_scale } = counter.value else { panic!() };
        assert!(increment == -7.0 && display_rate_time_scale == "00:00:01");
        assert_eq!(counter.requested_interval_millis(), None);
        checked += 1;
    })
    .1
    .unwrap();
    assert_eq!(checked, 2);
}

#[test]
fn any_order_and_more_fields() {
    let fields = [("New", TEXT), ("Max", F64), ("Mean", F64), ("Newer", I32), ("Count", I32), ("Name", TEXT)];
    let mut payload = Bytes::default();
    payload.text("?").f64(9.0).f64(5.0).i32(-1).i32(4).text("late");
    let shown = decoded(&counter_stream(&fields, &payload.0)).unwrap().unwrap();
    let value = "Mean { mean: 5.0, standard_deviation: 0.0, count: 4, min: 0.0, max: 9.0 }";
    assert!(shown.contains(r#"name: "late""#) && shown.contains(value), "{shown}");
}

#[test]
fn fields_without_the_usual_wrapping() {
    let mut stream = Stream::new();
    stream.define(1, "Source", 5, |definition| definition.name("EventCounters").fields(MEAN));
    stream.events(|block| block.event(1).sequence(1).payload(&mean_payload().0));
    assert!(decoded(&stream).unwrap().unwrap().contains(r#"name: "cpu""#));
}

#[test]
fn other_events_are_none() {
    let mut stream = Stream::new();
    stream.define(1, "Source", 5, |definition| definition.name("EventCounter").counter_fields(MEAN));
    stream.events(|block| block.event(1).sequence(1).payload(&mean_payload().0));
    assert_eq!(decoded(&stream), None);
}

#[test]
fn unknown_shapes_are_errors() {
    let unknown = Some(Err(EventError::UnknownShape { event: "EventCounters" }));
    assert_eq!(decoded(&counter_stream(&[("Name", TEXT)], &[0, 0])), unknown);
    assert_eq!(decoded(&counter_stream(&[("Mean", F64)], &[0; 8])), unknown);
    assert_eq!(decoded(&counter_stream(&[], &[])), unknown);
    let mut stream = Stream::new();
    stream.define(1, "Source", 5, |definition| definition.name("EventCounters"));
    stream.events(|block| block.event(1).sequence(1).payload(&[]));
    assert_eq!(decoded(&stream), unknown);
}

#[test]
fn wrong_types_are_errors() {
    let wrong = |field| Some(Err(EventError::WrongType { event: "EventCounters", field }));
    let fields = [("Name", I32), ("Mean", F64)];
    assert_eq!(decoded(&counter_stream(&fields, &[0; 12])), wrong("Name"));
    let fields = [("Name", TEXT), ("Mean", TEXT)];
    assert_eq!(decoded(&counter_stream(&fields, &[0; 4])), wrong("Mean"));
    let fields = [("Name", TEXT), ("Mean", F64), ("IntervalSec", F64)];
    assert_eq!(decoded(&counter_stream(&fields, &[0; 18])), wrong("IntervalSec"));
}

#[test]
fn short_payloads_are_errors_of_a_field() {
    let payload = mean_payload().0;
    for length in 0..payload.len() {
        let result = decoded(&counter_stream(MEAN, &payload[..length])).unwrap();
        // A text at the end may lack its end.
        let last_text = payload.len() - length <= 2;
        match result {
            Ok(shown) => assert!(last_text, "{length}: {shown}"),
            Err(EventError::Field { event: "EventCounters", problem, .. }) => {
                assert!(matches!(problem, FieldError::Truncated | FieldError::Unreachable));
            }
            Err(other) => panic!("{length}: {other}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn any_payload(payload in proptest::collection::vec(any::<u8>(), 0..200), sum in any::<bool>()) {
        let result = decoded(&counter_stream(if sum { SUM } else { MEAN }, &payload));
        prop_assert!(result.is_some());
    }

    #[test]
    fn any_fields(
        fields in proptest::collection::vec((0..MEAN.len() + SUM.len(), 3i32..=18), 1..20),
        payload in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let name = |index: usize| MEAN.iter().chain(SUM).nth(index).unwrap().0;
        let fields: Vec<_> = fields.into_iter().map(|(index, code)| (name(index), code)).collect();
        prop_assert!(decoded(&counter_stream(&fields, &payload)).is_some());
    }

    #[test]
    fn any_definition(fields in proptest::collection::vec(any::<u8>(), 0..80)) {
        let definition = Definition::new(1, "Source", 5).name("EventCounters").raw_fields(&fields);
        let mut stream = Stream::new();
        stream.define_blob(&definition.blob());
        stream.events(|block| block.event(1).sequence(1).payload(&mean_payload().0));
        prop_assert!(decoded(&stream).is_some());
    }
}
