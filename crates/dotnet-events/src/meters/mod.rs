//! Events of `System.Diagnostics.Metrics`: instruments of the metrics API and their values.
//!
//! A session asks for meters and gets, per interval, a [`CollectionStart`](MeterEvent::CollectionStart), one value event per
//! time series (an instrument with one combination of tags), and a [`CollectionStop`](MeterEvent::CollectionStop). Since all
//! sessions of a process see all value events, compare `session_id` with what was asked for.
//!
//! Fields are found by the names that the event declares; where it declares none, by the event's version.

mod layout;
mod record;

use nettrace::{Event, Utf16};

use crate::error::EventError;
use crate::meters::record::Record;

/// The provider of these events.
pub const PROVIDER: &str = crate::providers::METRICS;

/// Session id of sessions that share one aggregation, from .NET 8 on.
pub const SHARED_SESSION: &str = "SHARED";

/// An event of `System.Diagnostics.Metrics`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum MeterEvent<'a> {
    /// A message for people who debug the provider.
    Message {
        /// The message.
        message: Utf16<'a>,
    },
    /// The values of an interval follow.
    CollectionStart(Collection<'a>),
    /// The values of an interval are complete.
    CollectionStop(Collection<'a>),
    /// The value of a counter.
    CounterRate(CounterRate<'a>),
    /// The value of a gauge.
    Gauge(Gauge<'a>),
    /// The values of a histogram.
    Histogram(Histogram<'a>),
    /// An instrument's values will be reported from now on.
    BeginInstrument(Instrument<'a>),
    /// An instrument's values will not be reported any more.
    EndInstrument(Instrument<'a>),
    /// The session cannot go on.
    Error {
        /// The session.
        session_id: Utf16<'a>,
        /// Why.
        message: Utf16<'a>,
    },
    /// All instruments that existed when the session began have been announced.
    InitialEnumerationComplete {
        /// The session.
        session_id: Utf16<'a>,
    },
    /// An instrument exists. Sent to sessions that ask for all instruments.
    InstrumentPublished(Instrument<'a>),
    /// There are more time series than the session allows; further ones are not reported.
    TimeSeriesLimitReached {
        /// The session.
        session_id: Utf16<'a>,
    },
    /// There are more histograms than the session allows; further ones are not reported.
    HistogramLimitReached {
        /// The session.
        session_id: Utf16<'a>,
    },
    /// The program's callback of an observable instrument failed.
    ObservableCallbackError {
        /// The session.
        session_id: Utf16<'a>,
        /// The exception.
        message: Utf16<'a>,
    },
    /// Another session is running, and the two cannot be served at once.
    MultipleSessionsNotSupported {
        /// The session that is running.
        running_session_id: Utf16<'a>,
    },
    /// The value of a counter that can go down.
    UpDownCounterRate(CounterRate<'a>),
    /// A client wanted to join the shared session with other settings than it runs with.
    MultipleSessionsConfiguredIncorrectly(SessionMismatch<'a>),
    /// Version of the provider's library. The first event of a session.
    Version {
        /// Major version.
        major: i32,
        /// Minor version.
        minor: i32,
        /// Patch.
        patch: i32,
    },
    /// The values of a histogram with exponential buckets.
    Base2ExponentialHistogram(Base2ExponentialHistogram<'a>),
}

/// An interval of collection.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Collection<'a> {
    /// The session.
    pub session_id: Utf16<'a>,
    /// Start of the interval in nanoseconds since 1970-01-01 UTC.
    pub start_unix_nanos: i64,
    /// End of the interval in nanoseconds since 1970-01-01 UTC.
    pub end_unix_nanos: i64,
}

/// A time series: an instrument of a meter with one combination of tags.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Series<'a> {
    /// The session.
    pub session_id: Utf16<'a>,
    /// Name of the meter.
    pub meter_name: Utf16<'a>,
    /// Version of the meter; may be empty.
    pub meter_version: Utf16<'a>,
    /// Name of the instrument.
    pub instrument_name: Utf16<'a>,
    /// Unit of the values; may be empty.
    pub unit: Utf16<'a>,
    /// The tags as `key=value,key=value`. Nothing is escaped, so commas and equals signs in values cannot be told apart.
    pub tags: Utf16<'a>,
    /// Number of the instrument, as in its [`BeginInstrument`](MeterEvent::BeginInstrument) event; from .NET 9 on.
    pub instrument_id: Option<i32>,
}

/// The value of a counter of either kind.
///
/// No `rate` and no `value` means that the series has ended, or that the program's callback gave none.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct CounterRate<'a> {
    /// The time series.
    pub series: Series<'a>,
    /// Change within the interval, not per second. The first of an observable counter is missing.
    pub rate: Option<f64>,
    /// The total; from .NET 8 on.
    pub value: Option<f64>,
}

/// The value of a gauge.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Gauge<'a> {
    /// The time series.
    pub series: Series<'a>,
    /// The latest value; none means that the series has ended.
    pub last_value: Option<f64>,
}

/// The values that a histogram recorded within an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Histogram<'a> {
    /// The time series.
    pub series: Series<'a>,
    /// Quantiles of the values; empty when there are no values or the series has ended.
    pub quantiles: Quantiles<'a>,
    /// Number of values; from .NET 8 on.
    pub count: Option<i32>,
    /// Sum of the values; from .NET 8 on.
    pub sum: Option<f64>,
}

/// Quantiles of a histogram, as text `0.5=12;0.95=40;0.99=55`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantiles<'a> {
    text: Utf16<'a>,
}

impl<'a> Quantiles<'a> {
    /// The text as sent.
    #[must_use]
    pub fn text(&self) -> Utf16<'a> {
        self.text
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Pairs of a quantile, such as 0.95, and its value. What is not a pair of numbers is left out.
    pub fn iter(&self) -> impl Iterator<Item = (f64, f64)> + use<'a> {
        self.text.split(';').filter_map(|pair| {
            let (quantile, value) = pair.split_once('=')?;
            Some((quantile.parse()?, value.parse()?))
        })
    }
}

/// The values that a histogram with exponential buckets recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Base2ExponentialHistogram<'a> {
    /// The time series.
    pub series: Series<'a>,
    /// Scale: bucket boundaries are powers of 2 to the power of minus this.
    pub scale: i32,
    /// Sum of the values.
    pub sum: f64,
    /// Number of values.
    pub count: i64,
    /// Number of values that are zero.
    pub zero_count: i64,
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
    /// Counts of the positive buckets, as numbers between commas.
    pub buckets: Utf16<'a>,
}

/// An instrument of a meter.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Instrument<'a> {
    /// The session.
    pub session_id: Utf16<'a>,
    /// Name of the meter.
    pub meter_name: Utf16<'a>,
    /// Version of the meter; may be empty.
    pub meter_version: Utf16<'a>,
    /// Name of the instrument.
    pub instrument_name: Utf16<'a>,
    /// Its .NET type with generic arity, such as ``ObservableCounter`1``; see [`kind`](Self::kind).
    pub instrument_type: Utf16<'a>,
    /// Unit of the values; may be empty.
    pub unit: Utf16<'a>,
    /// Description for people; may be empty.
    pub description: Utf16<'a>,
    /// Tags of the instrument; from .NET 8 on.
    pub instrument_tags: Utf16<'a>,
    /// Tags of the meter; from .NET 8 on.
    pub meter_tags: Utf16<'a>,
    /// Hash of the meter's scope; from .NET 8 on.
    pub meter_scope_hash: Utf16<'a>,
    /// Number of the instrument by which values refer to it; from .NET 9 on. 0 when it is not listened to.
    pub instrument_id: Option<i32>,
    /// URL of the schema of the meter's telemetry; from .NET 10 on.
    pub meter_telemetry_schema_url: Utf16<'a>,
}

impl Instrument<'_> {
    /// What the instrument measures; `None` for a type that is not known.
    #[must_use]
    pub fn kind(&self) -> Option<InstrumentKind> {
        let name = self.instrument_type.split('`').next()?;
        let known = KINDS.iter().find(|(known, _)| name == *known);
        known.map(|(_, kind)| *kind)
    }
}

/// Kinds of instruments. Whether the program pushes values or is asked for them makes no difference to the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InstrumentKind {
    /// A total that only grows.
    Counter,
    /// A total that grows and shrinks.
    UpDownCounter,
    /// A value of the moment.
    Gauge,
    /// A distribution of values.
    Histogram,
}

/// Names of the .NET types.
const KINDS: &[(&str, InstrumentKind)] = &[
    ("Counter", InstrumentKind::Counter),
    ("ObservableCounter", InstrumentKind::Counter),
    ("UpDownCounter", InstrumentKind::UpDownCounter),
    ("ObservableUpDownCounter", InstrumentKind::UpDownCounter),
    ("Gauge", InstrumentKind::Gauge),
    ("ObservableGauge", InstrumentKind::Gauge),
    ("Histogram", InstrumentKind::Histogram),
];

/// Settings that keep a client from joining the shared session. All values are text.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SessionMismatch<'a> {
    /// The client.
    pub client_id: Utf16<'a>,
    /// Histograms the running session allows.
    pub expected_max_histograms: Utf16<'a>,
    /// Histograms the client asked for.
    pub actual_max_histograms: Utf16<'a>,
    /// Time series the running session allows.
    pub expected_max_time_series: Utf16<'a>,
    /// Time series the client asked for.
    pub actual_max_time_series: Utf16<'a>,
    /// Seconds between values in the running session.
    pub expected_refresh_interval: Utf16<'a>,
    /// Seconds the client asked for.
    pub actual_refresh_interval: Utf16<'a>,
}

/// Decodes an event; `None` when it is of another provider, or of a kind that is not known.
///
/// # Errors
///
/// When the event declares other fields than it must have, or its payload is too short for them.
#[must_use]
pub fn decode<'e>(event: &Event<'e>) -> Option<Result<MeterEvent<'e>, EventError>> {
    if event.metadata.provider != PROVIDER {
        return None;
    }
    let layout = layout::find(event.metadata.event_id)?;
    Some(Record::read(event, layout).and_then(Record::into_event))
}
