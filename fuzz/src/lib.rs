//! What the fuzz targets do with their input.
//!
//! Each input is taken apart into a few choices and raw bytes, so that mutations reach deep into the decoders instead of
//! failing at the first magic number.

use std::hash::{DefaultHasher, Hash, Hasher};

use dotnet_events::counters::{CounterDecoder, CounterValue};
use dotnet_events::meters::{self, MeterEvent};
use nettrace::{Decoder, Error, Event, Limits, SequencePoint, Sink, Statistics, Struct, Value};

// Builds streams for the tests of `nettrace`; shares nothing with the decoder.
#[path = "../../crates/nettrace/tests/suite/stream.rs"]
mod stream;

use stream::{Definition, Stream};

/// Values looked at per event, so that a small input cannot ask for a long walk.
const MAX_VALUES: usize = 10_000;

/// A stream, whole and in pieces.
///
/// The first byte says how: its low bits are the size of the pieces, its highest bit puts a sound beginning before the rest.
pub fn push_decoder(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let piece = usize::from(choice & 0x7f) + 1;
    let stream = if choice & 0x80 == 0 { rest.to_vec() } else { [&Stream::new().bytes.0, rest].concat() };
    let whole = decode(&stream, stream.len().max(1));
    let pieced = decode(&stream, piece);
    assert_eq!(whole, pieced, "pieces of {piece}");
    let (statistics, result, _) = whole;
    assert!(statistics.payload_bytes <= stream.len() as u64);
    // The shortest event takes two bytes.
    assert!(statistics.events + statistics.undefined_events <= stream.len() as u64 / 2);
    if let Err(error) = result {
        assert!(error.offset <= stream.len() as u64);
        assert!(!error.to_string().is_empty());
    }
}

/// Everything that a stream gives.
#[derive(Default)]
struct Digest {
    hasher: DefaultHasher,
}

impl Sink for Digest {
    fn event(&mut self, event: &Event<'_>) {
        (event.metadata.index, event.timestamp, event.unix_nanos(), event.sorted).hash(&mut self.hasher);
        (event.thread_id, event.capture_thread_id, event.processor).hash(&mut self.hasher);
        (event.sequence_number, event.activity_id, event.related_activity_id).hash(&mut self.hasher);
        (event.stack.id(), event.stack.len(), event.payload).hash(&mut self.hasher);
        event.stack.addresses().take(MAX_VALUES).for_each(|address| address.hash(&mut self.hasher));
        let mut left = 100;
        walk(event.fields(), &mut left, &mut self.hasher);
    }

    fn trace(&mut self, trace: &nettrace::TraceInfo) {
        (trace.start_unix_nanos, trace.process_id, trace.pointer_size).hash(&mut self.hasher);
    }

    fn metadata(&mut self, metadata: &nettrace::Metadata) {
        (metadata.id, metadata.index, metadata.fingerprint, metadata.fields.len()).hash(&mut self.hasher);
    }

    fn sequence_point(&mut self, point: &SequencePoint<'_>) {
        point.timestamp.hash(&mut self.hasher);
        point.threads().for_each(|thread| thread.hash(&mut self.hasher));
    }
}

fn decode(stream: &[u8], piece: usize) -> (Statistics, Result<(), Error>, u64) {
    // Small limits, so that they are met.
    let mut limits = Limits::default();
    limits.max_item_bytes = 4096;
    limits.max_metadata = 16;
    limits.max_metadata_bytes = 16 << 10;
    limits.max_threads = 8;
    limits.max_stacks = 64;
    limits.max_stack_bytes = 4096;
    let mut decoder = Decoder::with_limits(limits);
    let mut digest = Digest::default();
    let pushed = stream.chunks(piece).try_for_each(|bytes| decoder.push(bytes, &mut digest));
    let result = decoder.finish();
    assert!(pushed.is_ok() || result.is_err(), "an error must stay");
    let mut lost: Vec<_> = decoder.lost_by_thread().collect();
    lost.sort_unstable();
    lost.hash(&mut digest.hasher);
    let mut statistics = decoder.statistics();
    if result.is_err() {
        // Pushing stops at the error, which leaves more or less of the stream out.
        statistics.bytes = 0;
    }
    (statistics, result, digest.hasher.finish())
}

/// Looks at values, nested ones included.
fn walk(fields: Struct<'_>, left: &mut usize, hasher: &mut DefaultHasher) {
    for (field, value) in fields.values() {
        field.name.hash(hasher);
        match value {
            Ok(value) => walk_value(&value, left, hasher),
            Err(error) => error.to_string().hash(hasher),
        }
        if *left == 0 {
            return;
        }
    }
}

fn walk_value(value: &Value<'_>, left: &mut usize, hasher: &mut DefaultHasher) {
    *left = left.saturating_sub(1);
    match value {
        Value::Struct(inner) => walk(*inner, left, hasher),
        Value::Array(array) => {
            (array.len(), array.text().map(|text| text.to_string())).hash(hasher);
            for element in array.values() {
                if *left == 0 {
                    return;
                }
                match element {
                    Ok(element) => walk_value(&element, left, hasher),
                    Err(_) => *left = left.saturating_sub(1),
                }
            }
        }
        Value::String(text) => (text.to_string(), text.parse::<f64>().is_some()).hash(hasher),
        other => (other.as_i64(), other.as_u64(), other.as_f64().map(f64::to_bits)).hash(hasher),
    }
}

/// Splits input into a part whose length its first byte gives, in units of `unit` bytes, and the rest.
fn split(data: &[u8], unit: usize) -> (&[u8], &[u8]) {
    let Some((length, rest)) = data.split_first() else { return (&[], &[]) };
    rest.split_at_checked(usize::from(*length) * unit).unwrap_or((rest, &[]))
}

/// Calls `check` with the only event of a stream.
fn with_event(definition: &Definition, payload: &[u8], mut check: impl FnMut(&Event<'_>)) {
    let mut stream = Stream::new();
    stream.define_blob(&definition.blob());
    stream.events(|block| block.event(1).sequence(1).payload(payload));
    let mut events = 0;
    let mut decoder = Decoder::new();
    let mut sink = |event: &Event<'_>| {
        events += 1;
        check(event);
    };
    decoder.push(&stream.end(), &mut sink).expect("the stream is sound around the fields and the payload");
    decoder.finish().expect("the stream has an end");
    assert_eq!(events, 1);
}

/// A description of fields, then a payload.
pub fn field_access(data: &[u8]) {
    let (fields, payload) = split(data, 2);
    let definition = Definition::new(1, "Provider", 1).raw_fields(fields);
    with_event(&definition, payload, |event| {
        walk(event.fields(), &mut { MAX_VALUES }, &mut DefaultHasher::new());
        for (position, (field, value)) in event.values().enumerate().take(50) {
            // Debug shows values that are not numbers, too.
            assert!(same(event.fields().get(position).expect("there are so many"), value));
            if event.metadata.fields.position(&field.name) == Some(position) {
                assert!(same(event.value(&field.name).map(|value| value.expect("it is declared")), value));
            }
            let _ = event.value_at(&[&field.name, &field.name]);
        }
    });
}

fn same(
    left: Result<Value<'_>, nettrace::FieldError>,
    right: Result<Value<'_>, nettrace::FieldError>,
) -> bool {
    match (left, right) {
        (Ok(Value::F32(left)), Ok(Value::F32(right))) => left.to_bits() == right.to_bits(),
        (Ok(Value::F64(left)), Ok(Value::F64(right))) => left.to_bits() == right.to_bits(),
        (left, right) => left == right,
    }
}

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
    let (fields, payload) = split(data, 2);
    let fields: Vec<_> = described(fields, COUNTER_FIELDS).collect();
    let definition = Definition::new(1, "Source", 1).name("EventCounters");
    let definition =
        if choice & 0x80 == 0 { definition.counter_fields(&fields) } else { definition.fields(&fields) };
    let mut decoder = CounterDecoder::new();
    with_event(&definition, payload, |event| {
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
    let (fields, payload) = split(data, 2);
    let fields: Vec<_> = described(fields, METER_FIELDS).collect();
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
