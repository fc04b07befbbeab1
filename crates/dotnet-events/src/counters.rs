//! EventCounters: numbers that an event source publishes at a fixed interval.
//!
//! A source writes one event per counter and interval, all of them named `EventCounters`. There are two shapes, which differ
//! in their fields only (event ids are given out in the order of first use): a *mean* over the values of the interval, and
//! an *increment* over it. The order of fields differs between the shapes and may differ between versions, so they are
//! found by name, once per definition.

use nettrace::{Event, FieldType, Fields, Metadata, Struct, Utf16, Value};

use crate::error::EventError;
use crate::slot;

/// Name of the events.
pub const EVENT_NAME: &str = "EventCounters";

/// One counter's value over one interval.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct CounterPayload<'a> {
    /// The event source.
    pub provider: &'a str,
    /// Name of the counter; unique within its source, if the source is well made.
    pub name: Utf16<'a>,
    /// Name for people; empty when there is none.
    pub display_name: Utf16<'a>,
    /// Unit for people, such as `MB` or `%`; empty when there is none.
    pub display_units: Utf16<'a>,
    /// Further pairs `key:value,key:value`; usually empty.
    pub metadata: Utf16<'a>,
    /// The interval that was asked for, as `Interval=` and milliseconds; see [`requested_interval_millis`](Self::requested_interval_millis).
    pub series: Utf16<'a>,
    /// Length of the interval as measured, in seconds. May be zero right after the interval was changed.
    pub interval_seconds: f32,
    /// The value.
    pub value: CounterValue<'a>,
}

/// The value of a counter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CounterValue<'a> {
    /// Statistics of the values that were written in the interval, or one value that was polled at its end.
    ///
    /// None of the numbers need be finite: programs can write anything, and an interval without values has a minimum of
    /// positive and a maximum of negative infinity.
    Mean {
        /// Their mean; zero when there are none.
        mean: f64,
        /// Their standard deviation; zero for a polled value.
        standard_deviation: f64,
        /// How many they are; one for a polled value.
        count: i32,
        /// The smallest.
        min: f64,
        /// The largest.
        max: f64,
    },
    /// By how much a running total grew in the interval.
    Sum {
        /// The increment. Not per second: divide by the interval for that.
        increment: f64,
        /// A hint for people at which time scale to show a rate, as `hh:mm:ss`; may be empty.
        display_rate_time_scale: Utf16<'a>,
    },
}

impl CounterPayload<'_> {
    /// The interval that was asked for, in milliseconds.
    ///
    /// A process has one interval per source, the shortest that any of its sessions asked for, so this may be less than
    /// what one's own session asked for.
    #[must_use]
    pub fn requested_interval_millis(&self) -> Option<u64> {
        let (key, value) = self.series.split_once('=')?;
        if key == "Interval" { value.parse() } else { None }
    }
}

/// Decodes EventCounters events. What it finds out about a definition it keeps for the events to come, so use one for all
/// events of a stream.
///
/// ```
/// use dotnet_events::counters::{CounterDecoder, CounterValue};
///
/// let mut counters = CounterDecoder::new();
/// let mut print = |event: &nettrace::Event<'_>| {
///     let Some(Ok(counter)) = counters.decode(event) else { return };
///     match counter.value {
///         CounterValue::Mean { mean, .. } => println!("{} = {mean} {}", counter.name, counter.display_units),
///         CounterValue::Sum { increment, .. } => println!("{} + {increment}", counter.name),
///     }
/// };
/// # let _: &mut dyn nettrace::Sink = &mut print;
/// ```
#[derive(Debug, Default)]
pub struct CounterDecoder {
    /// By the [place](slot::of) of the definition.
    bindings: Vec<Option<Binding>>,
}

impl CounterDecoder {
    /// A decoder that knows no definition yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Decodes an event; `None` when it is not an EventCounters event.
    ///
    /// # Errors
    ///
    /// When the event is named `EventCounters` but declares none of the two shapes, or its payload is too short for what
    /// it declares.
    pub fn decode<'e>(&mut self, event: &Event<'e>) -> Option<Result<CounterPayload<'e>, EventError>> {
        match self.binding(event.metadata)? {
            Layout::Other => None,
            Layout::UnknownShape => Some(Err(EventError::UnknownShape { event: EVENT_NAME })),
            Layout::Known { path, slots } => Some(read(event, path, slots)),
        }
    }

    fn binding(&mut self, metadata: &Metadata) -> Option<&Layout> {
        let index = slot::of(metadata);
        if self.bindings.len() <= index {
            self.bindings.resize_with(index + 1, || None);
        }
        let slot = self.bindings.get_mut(index)?;
        // The index says which definition of one stream; the fingerprint notices another stream.
        if slot.as_ref().is_none_or(|binding| binding.fingerprint != metadata.fingerprint) {
            *slot = Some(Binding { fingerprint: metadata.fingerprint, layout: Layout::of(metadata) });
        }
        slot.as_ref().map(|binding| &binding.layout)
    }
}

/// What is known about a definition.
#[derive(Debug)]
struct Binding {
    fingerprint: u64,
    layout: Layout,
}

#[derive(Debug)]
enum Layout {
    /// Not EventCounters.
    Other,
    /// EventCounters by name, but not by its fields.
    UnknownShape,
    Known {
        /// Positions of the nested structures that lead to the values.
        path: Vec<usize>,
        /// What each value is, in payload order.
        slots: Vec<Option<Slot>>,
    },
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Name,
    DisplayName,
    DisplayUnits,
    Metadata,
    Series,
    IntervalSec,
    Mean,
    StandardDeviation,
    Count,
    Min,
    Max,
    Increment,
    DisplayRateTimeScale,
}

/// Names of the fields.
const SLOTS: &[(&str, Slot)] = &[
    ("Name", Slot::Name),
    ("DisplayName", Slot::DisplayName),
    ("DisplayUnits", Slot::DisplayUnits),
    ("Metadata", Slot::Metadata),
    ("Series", Slot::Series),
    ("IntervalSec", Slot::IntervalSec),
    ("Mean", Slot::Mean),
    ("StandardDeviation", Slot::StandardDeviation),
    ("Count", Slot::Count),
    ("Min", Slot::Min),
    ("Max", Slot::Max),
    ("Increment", Slot::Increment),
    ("DisplayRateTimeScale", Slot::DisplayRateTimeScale),
];

/// Structures around the values: one without a name, one named `Payload`, and some to spare.
const MAX_DEPTH: usize = 4;

impl Layout {
    fn of(metadata: &Metadata) -> Self {
        if metadata.event_name != EVENT_NAME {
            return Self::Other;
        }
        let mut path = Vec::new();
        let mut fields = &metadata.fields;
        while fields.position("Name").is_none() {
            let inner = fields.iter().enumerate().find_map(|(position, field)| match &field.field_type {
                FieldType::Struct(inner) => Some((position, inner)),
                _ => None,
            });
            match inner {
                Some((position, inner)) if path.len() < MAX_DEPTH => {
                    path.push(position);
                    fields = inner;
                }
                _ => return Self::UnknownShape,
            }
        }
        let slots = slots(fields);
        if slots.contains(&Some(Slot::Mean)) || slots.contains(&Some(Slot::Increment)) {
            Self::Known { path, slots }
        } else {
            Self::UnknownShape
        }
    }
}

fn slots(fields: &Fields) -> Vec<Option<Slot>> {
    let slot = |name: &str| SLOTS.iter().find(|(known, _)| *known == name).map(|(_, slot)| *slot);
    fields.iter().map(|field| slot(&field.name)).collect()
}

fn read<'e>(
    event: &Event<'e>,
    path: &[usize],
    slots: &[Option<Slot>],
) -> Result<CounterPayload<'e>, EventError> {
    let mut inner = event.fields();
    for position in path {
        inner = match inner.get(*position) {
            Some(Ok(Value::Struct(next))) => next,
            Some(Err(problem)) => {
                return Err(EventError::Field { event: EVENT_NAME, field: "Payload", problem });
            }
            _ => return Err(EventError::UnknownShape { event: EVENT_NAME }),
        };
    }
    Values::read(inner, slots)?.payload(&event.metadata.provider)
}

/// The values by what they are. What is not there is empty or zero, except for what gives the event its meaning.
#[derive(Default)]
struct Values<'a> {
    name: Utf16<'a>,
    display_name: Utf16<'a>,
    display_units: Utf16<'a>,
    metadata: Utf16<'a>,
    series: Utf16<'a>,
    interval_seconds: f32,
    mean: Option<f64>,
    standard_deviation: f64,
    count: i32,
    min: f64,
    max: f64,
    increment: Option<f64>,
    display_rate_time_scale: Utf16<'a>,
}

impl<'a> Values<'a> {
    fn read(payload: Struct<'a>, slots: &[Option<Slot>]) -> Result<Self, EventError> {
        let mut values = Self::default();
        for (slot, (_, value)) in slots.iter().zip(payload.values()) {
            let Some(slot) = *slot else { continue };
            let field = slot.field();
            let value = value.map_err(|problem| EventError::Field { event: EVENT_NAME, field, problem })?;
            values.set(slot, value).ok_or(EventError::WrongType { event: EVENT_NAME, field })?;
        }
        Ok(values)
    }

    /// Takes a value in; `None` when it has the wrong type.
    fn set(&mut self, slot: Slot, value: Value<'a>) -> Option<()> {
        match slot {
            Slot::Name => self.name = value.as_text()?,
            Slot::DisplayName => self.display_name = value.as_text()?,
            Slot::DisplayUnits => self.display_units = value.as_text()?,
            Slot::Metadata => self.metadata = value.as_text()?,
            Slot::Series => self.series = value.as_text()?,
            Slot::DisplayRateTimeScale => self.display_rate_time_scale = value.as_text()?,
            Slot::IntervalSec => {
                self.interval_seconds = match value {
                    Value::F32(seconds) => seconds,
                    _ => return None,
                }
            }
            Slot::Mean => self.mean = Some(value.as_f64()?),
            Slot::StandardDeviation => self.standard_deviation = value.as_f64()?,
            Slot::Count => self.count = i32::try_from(value.as_i64()?).ok()?,
            Slot::Min => self.min = value.as_f64()?,
            Slot::Max => self.max = value.as_f64()?,
            Slot::Increment => self.increment = Some(value.as_f64()?),
        }
        Some(())
    }

    fn payload(self, provider: &'a str) -> Result<CounterPayload<'a>, EventError> {
        let value = match (self.mean, self.increment) {
            (Some(mean), _) => CounterValue::Mean {
                mean,
                standard_deviation: self.standard_deviation,
                count: self.count,
                min: self.min,
                max: self.max,
            },
            (None, Some(increment)) => {
                CounterValue::Sum { increment, display_rate_time_scale: self.display_rate_time_scale }
            }
            (None, None) => return Err(EventError::UnknownShape { event: EVENT_NAME }),
        };
        Ok(CounterPayload {
            provider,
            name: self.name,
            display_name: self.display_name,
            display_units: self.display_units,
            metadata: self.metadata,
            series: self.series,
            interval_seconds: self.interval_seconds,
            value,
        })
    }
}

impl Slot {
    fn field(self) -> &'static str {
        SLOTS.iter().find(|(_, slot)| *slot == self).map_or("", |(name, _)| name)
    }
}
