//! Meter events of all versions, and damaged ones.

use dotnet_events::EventError;
use dotnet_events::meters::{self, MeterEvent};
use nettrace::Event;
use proptest::prelude::*;

use crate::corpus::decode;
use crate::stream::{Bytes, Stream};

/// Type codes of definitions, as one letter: text, i32, i64, f64, time.
fn code(letter: char) -> i32 {
    match letter {
        't' => 18,
        'i' => 9,
        'l' => 11,
        'f' => 14,
        'd' => 16,
        other => panic!("{other}"),
    }
}

/// An event as the provider writes it: id, version, and fields as name and type. Names and order are those of the
/// provider's source in .NET 6 to 11.
type Declared = (i32, i32, &'static [(&'static str, char)]);

const EVENTS: &[Declared] = &[
    (1, 0, &[("Message", 't')]),
    (2, 0, COLLECTION),
    (3, 0, COLLECTION),
    (4, 0, RATE_0),
    (4, 1, RATE_1),
    (4, 2, RATE_2),
    (5, 0, GAUGE_0),
    (5, 2, GAUGE_2),
    (6, 0, HISTOGRAM_0),
    (6, 1, HISTOGRAM_1),
    (6, 2, HISTOGRAM_2),
    (7, 0, INSTRUMENT_0),
    (7, 1, INSTRUMENT_1),
    (7, 2, INSTRUMENT_2),
    (7, 3, INSTRUMENT_3),
    (8, 0, INSTRUMENT_0),
    (8, 3, INSTRUMENT_3),
    (9, 0, &[("sessionId", 't'), ("errorMessage", 't')]),
    (10, 0, &[("sessionId", 't')]),
    (11, 0, INSTRUMENT_0),
    (11, 3, INSTRUMENT_3),
    (12, 0, &[("sessionId", 't')]),
    (13, 0, &[("sessionId", 't')]),
    (14, 0, &[("sessionId", 't'), ("errorMessage", 't')]),
    (15, 0, &[("runningSessionId", 't')]),
    (16, 1, RATE_1),
    (16, 2, RATE_2),
    (17, 0, MISMATCH),
    (18, 0, VERSION),
    (19, 1, EXPONENTIAL),
];

const COLLECTION: &[(&str, char)] =
    &[("sessionId", 't'), ("intervalStartTime", 'd'), ("intervalEndTime", 'd')];
const VERSION: &[(&str, char)] = &[("Major", 'i'), ("Minor", 'i'), ("Patch", 'i')];
const RATE_0: &[(&str, char)] = &[
    ("sessionId", 't'),
    ("meterName", 't'),
    ("meterVersion", 't'),
    ("instrumentName", 't'),
    ("unit", 't'),
    ("tags", 't'),
    ("rate", 't'),
];
const RATE_1: &[(&str, char)] = &[
    ("sessionId", 't'),
    ("meterName", 't'),
    ("meterVersion", 't'),
    ("instrumentName", 't'),
    ("unit", 't'),
    ("tags", 't'),
    ("rate", 't'),
    ("value", 't'),
];
const RATE_2: &[(&str, char)] = &[
    ("sessionId", 't'),
    ("meterName", 't'),
    ("meterVersion", 't'),
    ("instrumentName", 't'),
    ("unit", 't'),
    ("tags", 't'),
    ("rate", 't'),
    ("value", 't'),
    ("instrumentId", 'i'),
];
const GAUGE_0: &[(&str, char)] = &[
    ("sessionId", 't'),
    ("meterName", 't'),
    ("meterVersion", 't'),
    ("instrumentName", 't'),
    ("unit", 't'),
    ("tags", 't'),
    ("lastValue", 't'),
];
const GAUGE_2: &[(&str, char)] = &[
    ("sessionId", 't'),
    ("meterName", 't'),
    ("meterVersion", 't'),
    ("instrumentName", 't'),
    ("unit", 't'),
    ("tags", 't'),
    ("lastValue", 't'),
    ("instrumentId", 'i'),
];
const HISTOGRAM_0: &[(&str, char)] = &[
    ("sessionId", 't'),
    ("meterName", 't'),
    ("meterVersion", 't'),
    ("instrumentName", 't'),
    ("unit", 't'),
    ("tags", 't'),
    ("quantiles", 't'),
];
const HISTOGRAM_1: &[(&str, char)] = &[
    ("sessionId", 't'),
    ("meterName", 't'),
    ("meterVersion", 't'),
    ("instrumentName", 't'),
    ("unit", 't'),
    ("tags", 't'),
    ("quantiles", 't'),
    ("count", 'i'),
    ("sum", 'f'),
];
const HISTOGRAM_2: &[(&str, char)] = &[
    ("sessionId", 't'),
    ("meterName", 't'),
    ("meterVersion", 't'),
    ("instrumentName", 't'),
    ("unit", 't'),
    ("tags", 't'),
    ("quantiles", 't'),
    ("count", 'i'),
    ("sum", 'f'),
    ("instrumentId", 'i'),
];
const INSTRUMENT_3: &[(&str, char)] = &[
    ("sessionId", 't'),
    ("meterName", 't'),
    ("meterVersion", 't'),
    ("instrumentName", 't'),
    ("instrumentType", 't'),
    ("unit", 't'),
    ("description", 't'),
    ("instrumentTags", 't'),
    ("meterTags", 't'),
    ("meterScopeHash", 't'),
    ("instrumentId", 'i'),
    ("meterTelemetrySchemaUrl", 't'),
];
const INSTRUMENT_0: &[(&str, char)] = INSTRUMENT_3.split_at(7).0;
const INSTRUMENT_1: &[(&str, char)] = INSTRUMENT_3.split_at(10).0;
const INSTRUMENT_2: &[(&str, char)] = INSTRUMENT_3.split_at(11).0;
const MISMATCH: &[(&str, char)] = &[
    ("clientId", 't'),
    ("expectedMaxHistograms", 't'),
    ("actualMaxHistograms", 't'),
    ("expectedMaxTimeSeries", 't'),
    ("actualMaxTimeSeries", 't'),
    ("expectedRefreshInterval", 't'),
    ("actualRefreshInterval", 't'),
];
const EXPONENTIAL: &[(&str, char)] = &[
    ("sessionId", 't'),
    ("meterName", 't'),
    ("meterVersion", 't'),
    ("instrumentName", 't'),
    ("instrumentId", 'i'),
    ("unit", 't'),
    ("tags", 't'),
    ("scale", 'i'),
    ("sum", 'f'),
    ("count", 'l'),
    ("zeroCount", 'l'),
    ("minimum", 'f'),
    ("maximum", 'f'),
    ("buckets", 't'),
];

/// Texts are numbers, so that they suit fields of both kinds.
fn payload(fields: &[(&str, char)]) -> Vec<u8> {
    let mut payload = Bytes::default();
    for ((_, letter), number) in fields.iter().zip(1i32..) {
        match letter {
            't' => payload.text(&number.to_string()),
            'i' => payload.i32(number),
            'l' => payload.i64(number.into()),
            'f' => payload.f64(number.into()),
            // Days since 1601.
            _ => payload.i64(134_774 * 864_000_000_000 + i64::from(number)),
        };
    }
    payload.0
}

/// A stream of one meter event. Without names its fields are not declared.
fn stream(id: i32, version: i32, fields: Option<&[(&str, char)]>, payload: &[u8]) -> Stream {
    let mut stream = Stream::new();
    stream.define(1, "System.Diagnostics.Metrics", id, |definition| {
        let definition = definition.version(version);
        let Some(fields) = fields else { return definition };
        let fields: Vec<_> = fields.iter().map(|(name, letter)| (*name, code(*letter))).collect();
        definition.fields(&fields)
    });
    stream.events(|block| block.event(1).sequence(1).payload(payload));
    stream
}

/// What the only event of a stream decodes to, shown.
fn shown(stream: &Stream) -> Option<Result<String, EventError>> {
    let mut results = Vec::new();
    decode(&stream.end(), usize::MAX, &mut |event: &Event<'_>| {
        results.push(meters::decode(event).map(|result| result.map(|event| format!("{event:?}"))));
    })
    .1
    .unwrap();
    assert_eq!(results.len(), 1);
    results.remove(0)
}

#[test]
fn every_event_of_every_version() {
    for (id, version, fields) in EVENTS {
        let bytes = payload(fields);
        let declared = shown(&stream(*id, *version, Some(fields), &bytes)).unwrap().unwrap();
        // Each value is there.
        for ((name, letter), number) in fields.iter().zip(1i64..) {
            let number = if *letter == 'd' { number * 100 } else { number };
            assert!(declared.contains(&number.to_string()), "{id} v{version}: {name} in {declared}");
        }
        // Without declared fields the version says the same.
        assert_eq!(
            shown(&stream(*id, *version, None, &bytes)),
            Some(Ok(declared.clone())),
            "{id} v{version}"
        );
        // What a later version appends does no harm.
        let mut longer = bytes.clone();
        longer.extend(b"l\0o\0n\0g\0e\0r\0\0\0");
        let mut later = fields.to_vec();
        later.push(("somethingNew", 't'));
        assert_eq!(shown(&stream(*id, version + 1, Some(&later), &longer)), Some(Ok(declared)), "{id}");
    }
}

#[test]
fn values_are_where_they_belong() {
    let mut checked = 0;
    let mut each = |id, version, fields: &[(&str, char)], check: fn(MeterEvent<'_>)| {
        decode(&stream(id, version, Some(fields), &payload(fields)).end(), 1, &mut |event: &Event<'_>| {
            check(meters::decode(event).unwrap().unwrap());
            checked += 1;
        })
        .1
        .unwrap();
    };
    each(16, 2, RATE_2, |event| {
        let MeterEvent::UpDownCounterRate(counter) = event else { panic!("{event:?}") };
        let series = counter.series;
        assert!(series.session_id == "1" && series.meter_name == "2" && series.meter_version == "3");
        assert!(series.instrument_name == "4" && series.unit == "5" && series.tags == "6");
        assert_eq!((counter.rate, counter.value, series.instrument_id), (Some(7.0), Some(8.0), Some(9)));
    });
    each(4, 0, RATE_0, |event| {
        let MeterEvent::CounterRate(counter) = event else { panic!("{event:?}") };
        assert_eq!((counter.rate, counter.value, counter.series.instrument_id), (Some(7.0), None, None));
    });
    each(19, 1, EXPONENTIAL, |event| {
        let MeterEvent::Base2ExponentialHistogram(histogram) = event else { panic!("{event:?}") };
        assert_eq!((histogram.scale, histogram.sum, histogram.count), (8, 9.0, 10));
        assert_eq!((histogram.zero_count, histogram.min, histogram.max), (11, 12.0, 13.0));
        assert!(histogram.buckets == "14" && histogram.series.unit == "6" && histogram.series.tags == "7");
        assert_eq!(histogram.series.instrument_id, Some(5));
    });
    each(18, 0, VERSION, |event| {
        assert_eq!(event, MeterEvent::Version { major: 1, minor: 2, patch: 3 });
    });
    each(2, 0, COLLECTION, |event| {
        let MeterEvent::CollectionStart(collection) = event else { panic!("{event:?}") };
        assert_eq!((collection.start_unix_nanos, collection.end_unix_nanos), (200, 300));
    });
    assert_eq!(checked, 5);
}

#[test]
fn an_earlier_name_of_a_field() {
    let mut fields = MISMATCH.to_vec();
    fields[0].0 = "sharedIdentifier";
    let result = shown(&stream(17, 0, Some(&fields), &payload(&fields))).unwrap().unwrap();
    assert!(result.contains(r#"client_id: "1", expected_max_histograms: "2""#), "{result}");
}

#[test]
fn fields_in_another_order() {
    let mut fields = RATE_2.to_vec();
    fields.reverse();
    let result = shown(&stream(4, 2, Some(&fields), &payload(&fields))).unwrap().unwrap();
    assert!(result.contains("rate: Some(3.0), value: Some(2.0)"), "{result}");
}

#[test]
fn empty_numbers_are_none_and_others_errors() {
    let rate = |text: &str| {
        let mut payload = Bytes::default();
        for _ in 0..6 {
            payload.text("");
        }
        payload.text(text).text("1E+20").i32(1);
        shown(&stream(4, 2, Some(RATE_2), &payload.0)).unwrap()
    };
    assert!(rate("").unwrap().contains("rate: None, value: Some(1e20)"));
    assert!(rate("NaN").unwrap().contains("rate: Some(NaN)"));
    assert!(rate("-Infinity").unwrap().contains("rate: Some(-inf)"));
    let event = "CounterRateValuePublished";
    assert_eq!(rate("1,5"), Err(EventError::NotANumber { event, field: "rate" }));
}

#[test]
fn missing_and_mistyped_fields_are_errors() {
    let fields = [("sessionId", 't')];
    let event = "CollectionStop";
    let missing = Err(EventError::MissingField { event, field: "intervalStartTime" });
    assert_eq!(shown(&stream(3, 0, Some(&fields), &payload(&fields))), Some(missing));
    let fields = [("Major", 't'), ("Minor", 'i'), ("Patch", 'i')];
    let wrong = Err(EventError::WrongType { event: "Version", field: "Major" });
    assert_eq!(shown(&stream(18, 0, Some(&fields), &payload(&fields))), Some(wrong));
}

#[test]
fn newer_events_and_other_providers_are_none() {
    for id in [0, 20, 65_535, -1] {
        assert_eq!(shown(&stream(id, 0, None, &[])), None);
    }
    let mut other = Stream::new();
    other.define_simple(1, "System.Diagnostics.Metric", 4);
    other.events(|block| block.event(1).sequence(1).payload(&payload(RATE_0)));
    assert_eq!(shown(&other), None);
}

#[test]
fn quantiles() {
    let quantiles = |text: &str| {
        let mut payload = Bytes::default();
        for _ in 0..6 {
            payload.text("");
        }
        payload.text(text);
        let mut found = None;
        decode(&stream(6, 0, None, &payload.0).end(), 1, &mut |event: &Event<'_>| {
            let Some(Ok(MeterEvent::Histogram(histogram))) = meters::decode(event) else { panic!() };
            assert_eq!((histogram.count, histogram.sum), (None, None));
            assert_eq!(histogram.quantiles.is_empty(), text.is_empty());
            assert!(histogram.quantiles.text() == text);
            found = Some(histogram.quantiles.iter().collect::<Vec<_>>());
        })
        .1
        .unwrap();
        found.unwrap()
    };
    assert_eq!(quantiles("0.5=1;0.95=2E-3"), [(0.5, 1.0), (0.95, 0.002)]);
    assert_eq!(quantiles(""), []);
    assert_eq!(quantiles("0.5=;=;x=1;;0.9=3"), [(0.9, 3.0)]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn any_payload(
        event in proptest::sample::select(EVENTS),
        declared in any::<bool>(),
        payload in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let (id, version, fields) = event;
        prop_assert!(shown(&stream(id, version, declared.then_some(fields), &payload)).is_some());
    }

    #[test]
    fn any_cut(event in proptest::sample::select(EVENTS), declared in any::<bool>(), cut in any::<proptest::sample::Index>()) {
        let (id, version, fields) = event;
        let whole = payload(fields);
        let bytes = &whole[..cut.index(whole.len())];
        let result = shown(&stream(id, version, declared.then_some(fields), bytes)).unwrap();
        // Only of a last text may the end be missing.
        let (_, last) = fields.last().unwrap();
        let last_text = if *last == 't' { (fields.len().to_string().len() + 1) * 2 } else { 0 };
        prop_assert!(result.is_err() || (declared && whole.len() - bytes.len() < last_text), "{:?}", result);
    }

    #[test]
    fn any_fields(
        id in 0i32..24,
        fields in proptest::collection::vec((0..EXPONENTIAL.len(), proptest::sample::select(vec!['t', 'i', 'l', 'f', 'd'])), 1..20),
        payload in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let fields: Vec<_> = fields.into_iter().map(|(index, letter)| (EXPONENTIAL[index].0, letter)).collect();
        prop_assert_eq!(shown(&stream(id, 9, Some(&fields), &payload)).is_some(), (1..20).contains(&id));
    }
}
