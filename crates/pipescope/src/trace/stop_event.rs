//! The event that ends a trace.

use std::str::FromStr;

use dotnet_events::{Layouts, names};
use nettrace::{Event, Sink, Value};

/// Watches events for the one that ends the trace.
#[derive(Debug, Clone)]
pub(crate) struct StopEvent {
    provider: String,
    name: Option<String>,
    filter: PayloadFilter,
    layouts: Layouts,
    /// Whether it has been seen.
    is_seen: bool,
    /// Fields of the filter that an event of that name did not have.
    missing: Vec<String>,
}

/// Fields and the values they must have, as `--stopping-event-payload-filter` takes them: `field:value,field:value`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PayloadFilter(Vec<(String, String)>);

impl FromStr for PayloadFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let pair = |part: &str| {
            let (field, value) = part.split_once(':')?;
            (!field.trim().is_empty()).then(|| (field.trim().to_owned(), value.trim().to_owned()))
        };
        let pairs: Option<Vec<_>> = text.split(',').map(pair).collect();
        pairs.map(Self).ok_or_else(|| "expected field:value,field:value".to_owned())
    }
}

impl StopEvent {
    /// An event of this provider; of this name (or id), where one is given; with these values.
    pub(crate) fn new(provider: String, name: Option<String>, filter: PayloadFilter) -> Self {
        Self { provider, name, filter, layouts: Layouts::new(), is_seen: false, missing: Vec::new() }
    }

    /// Whether the event has come.
    pub(crate) fn is_seen(&self) -> bool {
        self.is_seen
    }

    /// Fields of the filter that events of that name do not have, so that it can never be met; once each.
    pub(crate) fn take_missing(&mut self) -> Vec<String> {
        // Left as blanks: what has been reported is not reported again.
        self.missing.iter_mut().map(std::mem::take).filter(|field| !field.is_empty()).collect()
    }

    fn is_named(&self, event: &Event<'_>) -> bool {
        let Some(name) = &self.name else { return true };
        names::is_same(&names::event_name(event), name)
            || names::is_same(&event.metadata.event_name, name)
            || name.parse() == Ok(event.metadata.event_id)
    }

    fn meets_filter(&mut self, event: &Event<'_>) -> bool {
        let mut meets = true;
        let fields = self.layouts.fields(event);
        for (index, (field, wanted)) in self.filter.0.iter().enumerate() {
            match fields.value(field) {
                Ok(Some(value)) => meets &= is_value(&value, wanted),
                Ok(None) => {
                    meets = false;
                    if self.missing.len() <= index {
                        self.missing.push(field.clone());
                    }
                }
                Err(_) => meets = false,
            }
        }
        meets
    }
}

impl Sink for StopEvent {
    fn event(&mut self, event: &Event<'_>) {
        if !self.is_seen
            && event.metadata.provider.eq_ignore_ascii_case(&self.provider)
            && self.is_named(event)
        {
            self.is_seen = self.meets_filter(event);
        }
    }
}

/// Whether a value is the one meant by a text: numbers by value, the rest by how it is written.
fn is_value(value: &Value<'_>, text: &str) -> bool {
    match value {
        Value::Bool(value) => text.eq_ignore_ascii_case(if *value { "true" } else { "false" }),
        Value::Guid(value) => text.parse() == Ok(*value),
        Value::String(value) => *value == *text,
        Value::Char(unit) => char::from_u32(u32::from(*unit)).is_some_and(|c| text.chars().eq([c])),
        value => match (value.as_i64(), value.as_u64(), value.as_f64()) {
            (Some(value), _, _) => text.parse() == Ok(value),
            (None, Some(value), _) => text.parse() == Ok(value),
            (None, None, Some(value)) => text.parse() == Ok(value),
            (None, None, None) => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use nettrace::{Decoder, Encoder, EventRecord, Metadata, TraceInfo, Version};

    use super::*;

    #[test]
    fn a_filter_is_pairs() {
        let pairs = |pairs: &[(&str, &str)]| {
            PayloadFilter(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
        };
        assert_eq!("a:1".parse(), Ok(pairs(&[("a", "1")])));
        assert_eq!("a:1, b:x:y".parse(), Ok(pairs(&[("a", "1"), ("b", "x:y")])));
        for text in ["", "a", "a:1,", ":1"] {
            assert!(text.parse::<PayloadFilter>().is_err(), "{text}");
        }
    }

    #[test]
    fn values_are_compared_by_what_they_are() {
        assert!(is_value(&Value::I32(-7), "-7"));
        assert!(is_value(&Value::U64(u64::MAX), "18446744073709551615"));
        assert!(is_value(&Value::F64(0.5), "0.50"));
        assert!(is_value(&Value::Bool(true), "True"));
        assert!(is_value(&Value::Char(0x41), "A"));
        assert!(!is_value(&Value::I32(7), "7x"));
        assert!(!is_value(&Value::I32(7), "8"));
    }

    #[test]
    fn fields_of_the_runtimes_own_events_are_known() {
        let head = TraceInfo::new(0, 0, 1_000_000_000);
        let mut encoder = Encoder::new(Version::V4, &head).unwrap();
        let mut metadata = Metadata::new(dotnet_events::providers::RUNTIME, 2, "");
        metadata.version = 1;
        let stop = encoder.define(&metadata).unwrap();
        // Count, Depth, ClrInstanceID.
        let payload = [7, 0, 0, 0, 2, 0, 0, 0, 0, 0];
        encoder.event(stop, &EventRecord { payload: &payload, ..EventRecord::default() }).unwrap();
        let bytes = encoder.finish().unwrap();
        let seen = |filter: &str| {
            let provider = dotnet_events::providers::RUNTIME.to_owned();
            let mut stop = StopEvent::new(provider, Some("GC/Stop".to_owned()), filter.parse().unwrap());
            Decoder::new().push(&bytes, &mut stop).unwrap();
            (stop.is_seen(), stop.take_missing())
        };
        assert_eq!(seen("Depth:2,Count:7"), (true, vec![]));
        assert_eq!(seen("Depth:1"), (false, vec![]));
        assert_eq!(seen("Depth:2,Reason:1"), (false, vec!["Reason".to_owned()]));
    }
}
