//! An event's values by name, and the event made of them.

use nettrace::{Event, FieldError, Payload, Utf16, Value};

use crate::error::EventError;
use crate::meters::layout::{Field, Kind, Layout, MAX_FIELDS};
use crate::meters::{
    Base2ExponentialHistogram, Collection, CounterRate, Gauge, Histogram, Instrument, MeterEvent, Quantiles,
    Series, SessionMismatch,
};

/// The values of one event.
pub(super) struct Record<'a> {
    layout: &'static Layout,
    /// In the order of the layout's fields; none where the event's version does not have the field.
    values: [Option<Value<'a>>; MAX_FIELDS],
}

impl<'a> Record<'a> {
    pub(super) fn read(event: &Event<'a>, layout: &'static Layout) -> Result<Self, EventError> {
        let mut record = Self { layout, values: [None; MAX_FIELDS] };
        if event.metadata.fields.is_empty() {
            record.read_by_version(event)?;
        } else {
            record.read_by_name(event)?;
        }
        Ok(record)
    }

    fn read_by_name(&mut self, event: &Event<'a>) -> Result<(), EventError> {
        for (declared, value) in event.values() {
            let named = |field: &Field| {
                let is = |name: &str| name.eq_ignore_ascii_case(&declared.name);
                is(field.name) || is(field.earlier_name)
            };
            // Fields of later versions are left out.
            let Some(target) = self.layout.fields.iter().position(named) else { continue };
            let (Some(field), Some(slot)) = (self.layout.fields.get(target), self.values.get_mut(target))
            else {
                continue;
            };
            *slot = Some(value.map_err(|problem| self.layout.damaged(field, problem))?);
        }
        Ok(())
    }

    fn read_by_version(&mut self, event: &Event<'a>) -> Result<(), EventError> {
        let mut payload = Payload::new(event.payload);
        for (field, slot) in self.layout.fields.iter().zip(&mut self.values) {
            if field.since > event.metadata.version {
                continue;
            }
            let value = match field.kind {
                Kind::Text => payload.utf16().map(Value::String),
                Kind::I32 => payload.i32().map(Value::I32),
                Kind::I64 => payload.i64().map(Value::I64),
                Kind::F64 => payload.f64().map(Value::F64),
                Kind::Time => payload.i64().map(Value::FileTime),
            };
            *slot = Some(value.map_err(|problem| self.layout.damaged(field, problem))?);
        }
        Ok(())
    }

    pub(super) fn into_event(self) -> Result<MeterEvent<'a>, EventError> {
        Ok(match self.layout.id {
            1 => MeterEvent::Message { message: self.text("Message")? },
            2 => MeterEvent::CollectionStart(self.collection()?),
            3 => MeterEvent::CollectionStop(self.collection()?),
            4 => MeterEvent::CounterRate(self.counter_rate()?),
            5 => MeterEvent::Gauge(Gauge { series: self.series()?, last_value: self.number("lastValue")? }),
            6 => MeterEvent::Histogram(Histogram {
                series: self.series()?,
                quantiles: Quantiles { text: self.text("quantiles")? },
                count: self.optional("count", int)?,
                sum: self.optional("sum", float)?,
            }),
            7 => MeterEvent::BeginInstrument(self.instrument()?),
            8 => MeterEvent::EndInstrument(self.instrument()?),
            9 => {
                MeterEvent::Error { session_id: self.text("sessionId")?, message: self.text("errorMessage")? }
            }
            10 => MeterEvent::InitialEnumerationComplete { session_id: self.text("sessionId")? },
            11 => MeterEvent::InstrumentPublished(self.instrument()?),
            12 => MeterEvent::TimeSeriesLimitReached { session_id: self.text("sessionId")? },
            13 => MeterEvent::HistogramLimitReached { session_id: self.text("sessionId")? },
            14 => MeterEvent::ObservableCallbackError {
                session_id: self.text("sessionId")?,
                message: self.text("errorMessage")?,
            },
            15 => MeterEvent::MultipleSessionsNotSupported {
                running_session_id: self.text("runningSessionId")?,
            },
            16 => MeterEvent::UpDownCounterRate(self.counter_rate()?),
            17 => MeterEvent::MultipleSessionsConfiguredIncorrectly(SessionMismatch {
                client_id: self.text("clientId")?,
                expected_max_histograms: self.text("expectedMaxHistograms")?,
                actual_max_histograms: self.text("actualMaxHistograms")?,
                expected_max_time_series: self.text("expectedMaxTimeSeries")?,
                actual_max_time_series: self.text("actualMaxTimeSeries")?,
                expected_refresh_interval: self.text("expectedRefreshInterval")?,
                actual_refresh_interval: self.text("actualRefreshInterval")?,
            }),
            18 => MeterEvent::Version {
                major: self.required("Major", int)?,
                minor: self.required("Minor", int)?,
                patch: self.required("Patch", int)?,
            },
            19 => MeterEvent::Base2ExponentialHistogram(Base2ExponentialHistogram {
                series: self.series()?,
                scale: self.required("scale", int)?,
                sum: self.required("sum", float)?,
                count: self.required("count", long)?,
                zero_count: self.required("zeroCount", long)?,
                min: self.required("minimum", float)?,
                max: self.required("maximum", float)?,
                buckets: self.text("buckets")?,
            }),
            _ => return Err(EventError::UnknownShape { event: self.layout.name }),
        })
    }

    fn collection(&self) -> Result<Collection<'a>, EventError> {
        Ok(Collection {
            session_id: self.text("sessionId")?,
            start_unix_nanos: self.required("intervalStartTime", time)?,
            end_unix_nanos: self.required("intervalEndTime", time)?,
        })
    }

    fn series(&self) -> Result<Series<'a>, EventError> {
        Ok(Series {
            session_id: self.text("sessionId")?,
            meter_name: self.text("meterName")?,
            meter_version: self.text("meterVersion")?,
            instrument_name: self.text("instrumentName")?,
            unit: self.text("unit")?,
            tags: self.text("tags")?,
            instrument_id: self.optional("instrumentId", int)?,
        })
    }

    fn counter_rate(&self) -> Result<CounterRate<'a>, EventError> {
        Ok(CounterRate { series: self.series()?, rate: self.number("rate")?, value: self.number("value")? })
    }

    fn instrument(&self) -> Result<Instrument<'a>, EventError> {
        let newer = |field| Ok(self.optional(field, Value::as_text)?.unwrap_or_default());
        Ok(Instrument {
            session_id: self.text("sessionId")?,
            meter_name: self.text("meterName")?,
            meter_version: self.text("meterVersion")?,
            instrument_name: self.text("instrumentName")?,
            instrument_type: self.text("instrumentType")?,
            unit: self.text("unit")?,
            description: self.text("description")?,
            instrument_tags: newer("instrumentTags")?,
            meter_tags: newer("meterTags")?,
            meter_scope_hash: newer("meterScopeHash")?,
            instrument_id: self.optional("instrumentId", int)?,
            meter_telemetry_schema_url: newer("meterTelemetrySchemaUrl")?,
        })
    }

    fn text(&self, field: &'static str) -> Result<Utf16<'a>, EventError> {
        self.required(field, Value::as_text)
    }

    /// A number sent as text; none when the text is empty or the event's version does not have the field.
    fn number(&self, field: &'static str) -> Result<Option<f64>, EventError> {
        let text = self.optional(field, Value::as_text)?.unwrap_or_default();
        if text.is_empty() {
            return Ok(None);
        }
        let event = self.layout.name;
        text.parse().map(Some).ok_or(EventError::NotANumber { event, field })
    }

    fn required<T>(
        &self,
        field: &'static str,
        convert: fn(&Value<'a>) -> Option<T>,
    ) -> Result<T, EventError> {
        let event = self.layout.name;
        self.optional(field, convert)?.ok_or(EventError::MissingField { event, field })
    }

    fn optional<T>(
        &self,
        field: &'static str,
        convert: fn(&Value<'a>) -> Option<T>,
    ) -> Result<Option<T>, EventError> {
        let position = self.layout.fields.iter().position(|known| known.name == field);
        let value = position.and_then(|position| self.values.get(position)).and_then(Option::as_ref);
        let Some(value) = value else { return Ok(None) };
        let event = self.layout.name;
        convert(value).map(Some).ok_or(EventError::WrongType { event, field })
    }
}

impl Layout {
    fn damaged(&self, field: &Field, problem: FieldError) -> EventError {
        EventError::Field { event: self.name, field: field.name, problem }
    }
}

fn int(value: &Value<'_>) -> Option<i32> {
    value.as_i64().and_then(|value| i32::try_from(value).ok())
}

fn long(value: &Value<'_>) -> Option<i64> {
    value.as_i64()
}

fn float(value: &Value<'_>) -> Option<f64> {
    value.as_f64()
}

/// Steps of 100 ns from 1601-01-01 to 1970-01-01.
const UNIX_EPOCH: i64 = 116_444_736_000_000_000;

/// A FILETIME as nanoseconds since 1970. Saturates.
fn time(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::FileTime(steps) | Value::I64(steps) => {
            Some(steps.saturating_sub(UNIX_EPOCH).saturating_mul(100))
        }
        _ => None,
    }
}
