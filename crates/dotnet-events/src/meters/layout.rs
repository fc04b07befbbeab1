//! The events of the provider and their fields, in payload order.

/// An event's name and fields.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) id: u32,
    pub(super) name: &'static str,
    pub(super) fields: &'static [Field],
}

/// A field of an event.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    /// What it was called in previews.
    pub(super) earlier_name: &'static str,
    pub(super) kind: Kind,
    /// The version of the event that brought it.
    pub(super) since: u32,
}

/// How a field is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    I32,
    I64,
    F64,
    /// A Windows FILETIME.
    Time,
}

/// Most fields of an event.
pub(super) const MAX_FIELDS: usize = 14;

pub(super) fn find(id: u32) -> Option<&'static Layout> {
    LAYOUTS.iter().find(|layout| layout.id == id)
}

const fn text(name: &'static str) -> Field {
    field(name, Kind::Text, 0)
}

const fn field(name: &'static str, kind: Kind, since: u32) -> Field {
    Field { name, earlier_name: name, kind, since }
}

const SESSION: &[Field] = &[text("sessionId")];

const COLLECTION: &[Field] =
    &[text("sessionId"), field("intervalStartTime", Kind::Time, 0), field("intervalEndTime", Kind::Time, 0)];

const COUNTER_RATE: &[Field] = &[
    text("sessionId"),
    text("meterName"),
    text("meterVersion"),
    text("instrumentName"),
    text("unit"),
    text("tags"),
    text("rate"),
    field("value", Kind::Text, 1),
    field("instrumentId", Kind::I32, 2),
];

const INSTRUMENT: &[Field] = &[
    text("sessionId"),
    text("meterName"),
    text("meterVersion"),
    text("instrumentName"),
    text("instrumentType"),
    text("unit"),
    text("description"),
    field("instrumentTags", Kind::Text, 1),
    field("meterTags", Kind::Text, 1),
    field("meterScopeHash", Kind::Text, 1),
    field("instrumentId", Kind::I32, 2),
    field("meterTelemetrySchemaUrl", Kind::Text, 3),
];

const ERROR: &[Field] = &[text("sessionId"), text("errorMessage")];

const LAYOUTS: &[Layout] = &[
    Layout { id: 1, name: "Message", fields: &[text("Message")] },
    Layout { id: 2, name: "CollectionStart", fields: COLLECTION },
    Layout { id: 3, name: "CollectionStop", fields: COLLECTION },
    Layout { id: 4, name: "CounterRateValuePublished", fields: COUNTER_RATE },
    Layout {
        id: 5,
        name: "GaugeValuePublished",
        fields: &[
            text("sessionId"),
            text("meterName"),
            text("meterVersion"),
            text("instrumentName"),
            text("unit"),
            text("tags"),
            text("lastValue"),
            field("instrumentId", Kind::I32, 2),
        ],
    },
    Layout {
        id: 6,
        name: "HistogramValuePublished",
        fields: &[
            text("sessionId"),
            text("meterName"),
            text("meterVersion"),
            text("instrumentName"),
            text("unit"),
            text("tags"),
            text("quantiles"),
            field("count", Kind::I32, 1),
            field("sum", Kind::F64, 1),
            field("instrumentId", Kind::I32, 2),
        ],
    },
    Layout { id: 7, name: "BeginInstrumentReporting", fields: INSTRUMENT },
    Layout { id: 8, name: "EndInstrumentReporting", fields: INSTRUMENT },
    Layout { id: 9, name: "Error", fields: ERROR },
    Layout { id: 10, name: "InitialInstrumentEnumerationComplete", fields: SESSION },
    Layout { id: 11, name: "InstrumentPublished", fields: INSTRUMENT },
    Layout { id: 12, name: "TimeSeriesLimitReached", fields: SESSION },
    Layout { id: 13, name: "HistogramLimitReached", fields: SESSION },
    Layout { id: 14, name: "ObservableInstrumentCallbackError", fields: ERROR },
    Layout { id: 15, name: "MultipleSessionsNotSupportedError", fields: &[text("runningSessionId")] },
    Layout { id: 16, name: "UpDownCounterRateValuePublished", fields: COUNTER_RATE },
    Layout {
        id: 17,
        name: "MultipleSessionsConfiguredIncorrectlyError",
        fields: &[
            Field { earlier_name: "sharedIdentifier", ..text("clientId") },
            text("expectedMaxHistograms"),
            text("actualMaxHistograms"),
            text("expectedMaxTimeSeries"),
            text("actualMaxTimeSeries"),
            text("expectedRefreshInterval"),
            text("actualRefreshInterval"),
        ],
    },
    Layout {
        id: 18,
        name: "Version",
        fields: &[field("Major", Kind::I32, 0), field("Minor", Kind::I32, 0), field("Patch", Kind::I32, 0)],
    },
    Layout {
        id: 19,
        name: "Base2ExponentialHistogramValuePublished",
        fields: &[
            text("sessionId"),
            text("meterName"),
            text("meterVersion"),
            text("instrumentName"),
            field("instrumentId", Kind::I32, 0),
            text("unit"),
            text("tags"),
            field("scale", Kind::I32, 0),
            field("sum", Kind::F64, 0),
            field("count", Kind::I64, 0),
            field("zeroCount", Kind::I64, 0),
            field("minimum", Kind::F64, 0),
            field("maximum", Kind::F64, 0),
            text("buckets"),
        ],
    },
];
