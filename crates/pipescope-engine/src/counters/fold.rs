//! The fold that turns the events of a counters session into readings.

use std::collections::HashMap;
use std::fmt;

use dotnet_events::counters::{CounterDecoder, CounterPayload, CounterValue};
use dotnet_events::meters::{self, Instrument, InstrumentKind, MeterEvent};
use nettrace::Event;

use super::request::{Intervals, MeterIdentity};
use super::selection::CounterSelection;
use super::series::{Reading, ReadingValue, Series, SeriesId, SeriesKind, SeriesTable, Source};

/// The most series kept per process. A tag with unbounded values ends here, and says so.
const MAX_SERIES: usize = 4000;

/// Instruments that say they are counters but are levels: the runtime announces them as `ObservableCounter`, and a
/// rate of them would be nonsense.
const LEVELS_ANNOUNCED_AS_COUNTERS: [(&str, &str); 2] = [
    ("System.Runtime", "dotnet.thread_pool.thread.count"),
    ("System.Runtime", "dotnet.thread_pool.queue.length"),
];

/// What happens when EventCounters and a meter answer for the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precedence {
    /// Both are delivered.
    Both,
    /// As in dotnet-counters: from the first instrument of that name on, its EventCounters are left out.
    MeterWins,
}

/// Something the user should know about the session, other than a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The target reached its limit of time series: some tag sets are missing.
    TimeSeriesLimitReached,
    /// The target reached its limit of histograms: some are missing.
    HistogramLimitReached,
    /// More series than this program keeps: the later ones are missing.
    SeriesLimitReached,
    /// The callback of an observable instrument threw.
    CallbackFailed(String),
    /// The metrics source reports an error.
    SourceError(String),
    /// Another tool holds the only metrics session of this runtime; EventCounters go on.
    MetersTaken {
        /// Id of the session that runs.
        running_session: String,
    },
    /// The shared metrics session runs with other settings than ours.
    OtherSettings(RunningSettings),
    /// An event could not be read.
    Undecodable(String),
}

/// The settings a running shared metrics session has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningSettings {
    /// Seconds between two values.
    pub refresh_interval: String,
    /// The most histograms.
    pub max_histograms: String,
    /// The most time series.
    pub max_time_series: String,
}

impl From<&RunningSettings> for Intervals {
    fn from(running: &RunningSettings) -> Self {
        Self {
            refresh_interval: running.refresh_interval.clone(),
            max_histograms: running.max_histograms.clone(),
            max_time_series: running.max_time_series.clone(),
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimeSeriesLimitReached => {
                f.write_str("the target's limit of time series is reached, some tag sets are missing (raise --maxTimeSeries)")
            }
            Self::HistogramLimitReached => {
                f.write_str("the target's limit of histograms is reached, some are missing (raise --maxHistograms)")
            }
            Self::SeriesLimitReached => {
                write!(f, "more than {MAX_SERIES} series in one process, the later ones are missing")
            }
            Self::CallbackFailed(text) => write!(f, "the callback of an observable instrument failed: {text}"),
            Self::SourceError(text) => write!(f, "the target's metrics source reports: {text}"),
            Self::MetersTaken { running_session } => write!(
                f,
                "another tool holds the only metrics session of this process (id {running_session}), so meters are missing"
            ),
            Self::OtherSettings(running) => write!(
                f,
                "another tool opened the shared metrics session first, so its settings hold: every {} s, at most {} time series and {} histograms",
                running.refresh_interval, running.max_time_series, running.max_histograms
            ),
            Self::Undecodable(text) => write!(f, "an event could not be read: {text}"),
        }
    }
}

/// What an instrument said of itself when its reporting began.
#[derive(Debug, Clone, Default)]
struct Announced {
    kind: Option<SeriesKind>,
    description: String,
    instrument_tags: String,
    meter_tags: String,
}

/// Turns events into [`Reading`]s. It takes events and nothing else: the same fold reads a socket and a file.
#[derive(Debug)]
pub struct CounterFold {
    /// `None` takes everything.
    selection: Option<CounterSelection>,
    precedence: Precedence,
    /// Values of other ids are another tool's. `None` takes every session's values (reading a file).
    meter_session: Option<String>,
    client_id: Option<String>,
    decoder: CounterDecoder,
    series: SeriesTable,
    instruments: HashMap<(String, String), Announced>,
    providers_with_meters: Vec<String>,
    /// Which series have had a value in this session, by id.
    heard: Vec<bool>,
    notices: Vec<Notice>,
}

impl CounterFold {
    /// A fold for a recorded stream: takes the meter values of every session in it.
    #[must_use]
    pub fn new(selection: CounterSelection, precedence: Precedence) -> Self {
        Self { selection: Some(selection), ..Self::of_everything(precedence) }
    }

    /// The same for whatever counters and meters are in the stream.
    #[must_use]
    pub fn of_everything(precedence: Precedence) -> Self {
        Self {
            selection: None,
            precedence,
            meter_session: None,
            client_id: None,
            decoder: CounterDecoder::new(),
            series: SeriesTable::default(),
            instruments: HashMap::new(),
            providers_with_meters: Vec::new(),
            heard: Vec::new(),
            notices: Vec::new(),
        }
    }

    /// Sets the ids of the live session this fold is for. Metadata ids are per session, so the payload layouts that
    /// were bound before are forgotten; the series stay.
    pub(super) fn begin_session(&mut self, identity: &MeterIdentity) {
        self.meter_session = Some(identity.session_id.clone());
        self.client_id = Some(identity.client_id.clone());
        self.decoder = CounterDecoder::new();
        self.heard.clear();
    }

    /// Every series seen so far, by [`SeriesId`].
    #[must_use]
    pub fn series(&self) -> &[Series] {
        self.series.all()
    }

    /// What happened besides values since the last call, oldest first. Each text is kept once.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Whether `provider` answered with instruments, so that [`Precedence::MeterWins`] silences its EventCounters.
    #[must_use]
    pub fn has_meter(&self, provider: &str) -> bool {
        self.providers_with_meters.iter().any(|known| known.eq_ignore_ascii_case(provider))
    }

    /// Takes one event and delivers what it says.
    pub fn event(&mut self, event: &Event<'_>, deliver: &mut dyn FnMut(&Reading<'_>)) {
        let time_unix_nanos = event.unix_nanos();
        if let Some(decoded) = self.decoder.decode(event) {
            match decoded {
                Ok(payload) => self.counter(&payload, time_unix_nanos, deliver),
                Err(error) => self.notice(Notice::Undecodable(error.to_string())),
            }
        } else if let Some(decoded) = meters::decode(event) {
            match decoded {
                Ok(meter) => self.meter(meter, time_unix_nanos, deliver),
                Err(error) => self.notice(Notice::Undecodable(error.to_string())),
            }
        }
    }

    fn counter(
        &mut self,
        payload: &CounterPayload<'_>,
        time_unix_nanos: i64,
        deliver: &mut dyn FnMut(&Reading<'_>),
    ) {
        if self.precedence == Precedence::MeterWins && self.has_meter(payload.provider) {
            return;
        }
        let (kind, value) = match payload.value {
            CounterValue::Mean { mean, standard_deviation, count, min, max } => (
                SeriesKind::Mean,
                ReadingValue::Mean {
                    mean,
                    standard_deviation,
                    count,
                    min,
                    max,
                    interval_seconds: payload.interval_seconds,
                },
            ),
            CounterValue::Sum { increment, .. } => (
                SeriesKind::Increment,
                ReadingValue::Increment {
                    increment,
                    interval_seconds: payload.interval_seconds,
                    is_first: false,
                },
            ),
        };
        let found = self.series.find_or_add(
            Source::EventCounter,
            payload.provider,
            &payload.name,
            &payload.metadata,
            MAX_SERIES,
            |id| {
                let name = payload.name.to_string();
                let display_name = payload.display_name.to_string();
                Series {
                    id,
                    source: Source::EventCounter,
                    provider: payload.provider.to_owned(),
                    display_name: if display_name.is_empty() { name.clone() } else { display_name },
                    name,
                    description: String::new(),
                    unit: payload.display_units.to_string(),
                    kind,
                    tags: payload.metadata.to_string(),
                    meter_tags: String::new(),
                    instrument_tags: String::new(),
                }
            },
        );
        self.deliver(found, time_unix_nanos, value, deliver);
    }

    fn meter(&mut self, event: MeterEvent<'_>, time_unix_nanos: i64, deliver: &mut dyn FnMut(&Reading<'_>)) {
        match event {
            MeterEvent::CounterRate(rate) => {
                let meter = rate.series.meter_name.to_string();
                let name = rate.series.instrument_name.to_string();
                let is_level = LEVELS_ANNOUNCED_AS_COUNTERS.contains(&(meter.as_str(), name.as_str()))
                    && rate.value.is_some();
                let (kind, value) = match (rate.rate, rate.value) {
                    (None, None) => (SeriesKind::Counter, ReadingValue::Ended),
                    (delta, total) if is_level => {
                        (SeriesKind::UpDownCounter, ReadingValue::UpDownCounter { delta, total })
                    }
                    (delta, total) => (SeriesKind::Counter, ReadingValue::Counter { delta, total }),
                };
                self.meter_value(&rate.series, (meter, name), kind, value, time_unix_nanos, deliver);
            }
            MeterEvent::UpDownCounterRate(rate) => {
                let (meter, name) =
                    (rate.series.meter_name.to_string(), rate.series.instrument_name.to_string());
                let value = match (rate.rate, rate.value) {
                    (None, None) => ReadingValue::Ended,
                    (delta, total) => ReadingValue::UpDownCounter { delta, total },
                };
                self.meter_value(
                    &rate.series,
                    (meter, name),
                    SeriesKind::UpDownCounter,
                    value,
                    time_unix_nanos,
                    deliver,
                );
            }
            MeterEvent::Gauge(gauge) => {
                let (meter, name) =
                    (gauge.series.meter_name.to_string(), gauge.series.instrument_name.to_string());
                let value = gauge.last_value.map_or(ReadingValue::Ended, ReadingValue::Gauge);
                self.meter_value(
                    &gauge.series,
                    (meter, name),
                    SeriesKind::Gauge,
                    value,
                    time_unix_nanos,
                    deliver,
                );
            }
            MeterEvent::Histogram(histogram) => {
                let (meter, name) =
                    (histogram.series.meter_name.to_string(), histogram.series.instrument_name.to_string());
                let value = ReadingValue::Histogram {
                    quantiles: histogram.quantiles.iter().collect(),
                    count: histogram.count.map(i64::from),
                    sum: histogram.sum,
                };
                self.meter_value(
                    &histogram.series,
                    (meter, name),
                    SeriesKind::Histogram,
                    value,
                    time_unix_nanos,
                    deliver,
                );
            }
            MeterEvent::BeginInstrument(instrument) => self.announce(&instrument),
            MeterEvent::EndInstrument(instrument) => self.end(&instrument, time_unix_nanos, deliver),
            MeterEvent::TimeSeriesLimitReached { session_id } if self.is_ours(&session_id) => {
                self.notice(Notice::TimeSeriesLimitReached);
            }
            MeterEvent::HistogramLimitReached { session_id } if self.is_ours(&session_id) => {
                self.notice(Notice::HistogramLimitReached);
            }
            MeterEvent::ObservableCallbackError { session_id, message } if self.is_ours(&session_id) => {
                self.notice(Notice::CallbackFailed(message.to_string()));
            }
            MeterEvent::Error { session_id, message } if self.is_ours(&session_id) => {
                self.notice(Notice::SourceError(message.to_string()));
            }
            MeterEvent::MultipleSessionsNotSupported { running_session_id: running }
                if !self.is_ours(&running) =>
            {
                self.notice(Notice::MetersTaken { running_session: running.to_string() });
            }
            MeterEvent::MultipleSessionsConfiguredIncorrectly(conflict)
                if self.client_id.as_deref().is_some_and(|ours| conflict.client_id == *ours) =>
            {
                self.notice(Notice::OtherSettings(RunningSettings {
                    refresh_interval: conflict.expected_refresh_interval.to_string(),
                    max_histograms: conflict.expected_max_histograms.to_string(),
                    max_time_series: conflict.expected_max_time_series.to_string(),
                }));
            }
            _ => {}
        }
    }

    #[allow(clippy::too_many_arguments)] // One call per value event; a struct of these would be unpacked at once.
    fn meter_value(
        &mut self,
        header: &meters::Series<'_>,
        (meter, name): (String, String),
        kind: SeriesKind,
        value: ReadingValue,
        time_unix_nanos: i64,
        deliver: &mut dyn FnMut(&Reading<'_>),
    ) {
        if !self.is_ours(&header.session_id) || !self.wants(&meter, &name) {
            return;
        }
        self.note_meter(&meter);
        let announced = &self.instruments;
        let found = self.series.find_or_add(
            Source::Meter,
            &meter,
            &header.instrument_name,
            &header.tags,
            MAX_SERIES,
            |id| {
                let known = announced.get(&(meter.clone(), name.clone())).cloned().unwrap_or_default();
                Series {
                    id,
                    source: Source::Meter,
                    provider: meter.clone(),
                    display_name: name.clone(),
                    name,
                    description: known.description,
                    unit: header.unit.to_string(),
                    // A sample without values does not say what it is a sample of; the announcement does.
                    kind: if value == ReadingValue::Ended { known.kind.unwrap_or(kind) } else { kind },
                    tags: header.tags.to_string(),
                    meter_tags: known.meter_tags,
                    instrument_tags: known.instrument_tags,
                }
            },
        );
        self.deliver(found, time_unix_nanos, value, deliver);
    }

    fn announce(&mut self, instrument: &Instrument<'_>) {
        if !self.is_ours(&instrument.session_id) {
            return;
        }
        let meter = instrument.meter_name.to_string();
        self.note_meter(&meter);
        if self.instruments.len() < MAX_SERIES {
            self.instruments.insert(
                (meter, instrument.instrument_name.to_string()),
                Announced {
                    kind: instrument.kind().and_then(kind_of),
                    description: instrument.description.to_string(),
                    instrument_tags: instrument.instrument_tags.to_string(),
                    meter_tags: instrument.meter_tags.to_string(),
                },
            );
        }
    }

    fn end(
        &mut self,
        instrument: &Instrument<'_>,
        time_unix_nanos: i64,
        deliver: &mut dyn FnMut(&Reading<'_>),
    ) {
        if !self.is_ours(&instrument.session_id) {
            return;
        }
        let (meter, name) = (instrument.meter_name.to_string(), instrument.instrument_name.to_string());
        for series in self.series.all() {
            if series.source == Source::Meter && series.provider == meter && series.name == name {
                deliver(&Reading { time_unix_nanos, series, value: ReadingValue::Ended });
            }
        }
    }

    fn deliver(
        &mut self,
        found: Option<SeriesId>,
        time_unix_nanos: i64,
        mut value: ReadingValue,
        deliver: &mut dyn FnMut(&Reading<'_>),
    ) {
        if let (Some(id), ReadingValue::Increment { is_first, .. }) = (found, &mut value) {
            *is_first = self.first_of_session(id);
        }
        let Some(series) = found.and_then(|id| self.series.get(id)) else {
            self.notice(Notice::SeriesLimitReached);
            return;
        };
        if is_wanted(self.selection.as_ref(), &series.provider, &series.name) {
            deliver(&Reading { time_unix_nanos, series, value });
        }
    }

    fn first_of_session(&mut self, id: SeriesId) -> bool {
        let index = id.0 as usize;
        if self.heard.len() <= index {
            self.heard.resize(index + 1, false);
        }
        self.heard.get_mut(index).is_some_and(|heard| !std::mem::replace(heard, true))
    }

    fn is_ours(&self, session_id: &nettrace::Utf16<'_>) -> bool {
        self.meter_session.as_deref().is_none_or(|ours| *session_id == *ours)
    }

    fn wants(&self, provider: &str, counter: &str) -> bool {
        is_wanted(self.selection.as_ref(), provider, counter)
    }

    fn note_meter(&mut self, meter: &str) {
        if !self.has_meter(meter) {
            self.providers_with_meters.push(meter.to_owned());
        }
    }

    fn notice(&mut self, notice: Notice) {
        // A source that fails each second would fill the list: one of each kind of text is enough.
        if self.notices.len() < 100 && !self.notices.contains(&notice) {
            self.notices.push(notice);
        }
    }
}

fn is_wanted(selection: Option<&CounterSelection>, provider: &str, counter: &str) -> bool {
    selection.is_none_or(|selection| selection.wants(provider, counter))
}

/// The kind an instrument announces; `None` for one that did not exist when this was written.
fn kind_of(announced: InstrumentKind) -> Option<SeriesKind> {
    match announced {
        InstrumentKind::Counter => Some(SeriesKind::Counter),
        InstrumentKind::UpDownCounter => Some(SeriesKind::UpDownCounter),
        InstrumentKind::Gauge => Some(SeriesKind::Gauge),
        InstrumentKind::Histogram => Some(SeriesKind::Histogram),
        _ => None,
    }
}
