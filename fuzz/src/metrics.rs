//! EventCounters and meters, of any shape.

use dotnet_events::counters::{CounterDecoder, CounterValue};
use dotnet_events::meters::{self, MeterEvent};

use crate::choices::Choices;
use crate::definitions::with_event;
use crate::stream::Definition;

/// Names of the fields of EventCounters, and one that is none.
const COUNTER_FIELDS: &[&str] = &[
    "Name",
    "DisplayName",
    "DisplayUnits",
    "Metadata",
    "Series",
    "IntervalSec",
    "Mean",
    "StandardDeviation",
    "Count",
    "Min",
    "Max",
    "Increment",
    "DisplayRateTimeScale",
    "CounterType",
    "Other",
];

/// Fields as pairs of a name's number and a type, then a payload. The highest bit of the first byte leaves out the usual
/// wrapping.
pub fn counters(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    let mut choices = Choices::new(data);
    let fields: Vec<_> = described(choices.sized(2), COUNTER_FIELDS).collect();
    let definition = Definition::new(1, "Source", 1).name("EventCounters");
    let definition =
        if choice & 0x80 == 0 { definition.counter_fields(&fields) } else { definition.fields(&fields) };
    let mut decoder = CounterDecoder::new();
    with_event(&definition, choices.rest(), |event| {
        let first = decoder.decode(event).expect("it is named as one");
        let again = decoder.decode(event).expect("it is named as one");
        assert_eq!(format!("{first:?}"), format!("{again:?}"));
        match first {
            Ok(counter) => {
                let _ = counter.requested_interval_millis();
                let declared = |name: &str| fields.iter().any(|(field, _)| *field == name);
                match counter.value {
                    CounterValue::Mean { .. } => assert!(declared("Mean")),
                    CounterValue::Sum { .. } => assert!(declared("Increment")),
                }
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    });
}

/// Names of the fields of all meter events, and one that is none.
const METER_FIELDS: &[&str] = &[
    "sessionId",
    "meterName",
    "meterVersion",
    "instrumentName",
    "instrumentType",
    "unit",
    "description",
    "tags",
    "rate",
    "value",
    "lastValue",
    "quantiles",
    "count",
    "sum",
    "instrumentId",
    "instrumentTags",
    "meterTags",
    "meterScopeHash",
    "meterTelemetrySchemaUrl",
    "errorMessage",
    "Message",
    "intervalStartTime",
    "intervalEndTime",
    "runningSessionId",
    "clientId",
    "sharedIdentifier",
    "Major",
    "Minor",
    "Patch",
    "scale",
    "zeroCount",
    "minimum",
    "maximum",
    "buckets",
    "other",
];

/// An id and a version, fields as pairs of a name's number and a type, then a payload. Without fields the version counts.
pub fn meters(data: &[u8]) {
    let [id, version, data @ ..] = data else { return };
    let mut choices = Choices::new(data);
    let fields: Vec<_> = described(choices.sized(2), METER_FIELDS).collect();
    let payload = choices.rest();
    let definition =
        Definition::new(1, meters::PROVIDER, i32::from(*id)).version(i32::from(*version)).fields(&fields);
    with_event(&definition, payload, |event| match meters::decode(event) {
        None => assert!(!(1..20).contains(id)),
        Some(Err(error)) => assert!(!error.to_string().is_empty()),
        Some(Ok(decoded)) => {
            assert!(!format!("{decoded:?}").is_empty());
            match decoded {
                MeterEvent::Histogram(histogram) => {
                    assert!(histogram.quantiles.iter().count() <= payload.len())
                }
                MeterEvent::BeginInstrument(instrument) => drop(instrument.kind()),
                _ => {}
            }
        }
    });
}

/// Pairs of a name's number and a type, as fields. Only types that need nothing more to be said.
fn described<'a>(pairs: &[u8], names: &'a [&'a str]) -> impl Iterator<Item = (&'a str, i32)> {
    pairs.chunks_exact(2).map(|pair| {
        let name = names.get(usize::from(pair[0]) % names.len()).copied().unwrap_or_default();
        (name, 3 + i32::from(pair[1] % 16))
    })
}
