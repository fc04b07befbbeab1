//! Streams in time order.

use std::hash::{DefaultHasher, Hash, Hasher};

use nettrace::{Decoder, Error, Event, Limits, Reader, Sink, Statistics, Tolerance};

use crate::outcome::{decoder, push_in_pieces};

/// What a stream gave: its events in the order of their delivery, each as its time and a hash over what it carries.
#[derive(Debug, PartialEq)]
struct Timeline {
    events: Vec<(i64, u64)>,
    /// Events of which a later one had been delivered before.
    late: u64,
    statistics: Statistics,
    error: Option<Error>,
}

#[derive(Default)]
struct Collector {
    events: Vec<(i64, u64)>,
    latest: Option<i64>,
    late: u64,
}

impl Sink for Collector {
    fn event(&mut self, event: &Event<'_>) {
        self.late += u64::from(self.latest.is_some_and(|latest| event.timestamp < latest));
        self.latest = self.latest.max(Some(event.timestamp));
        let mut hasher = DefaultHasher::new();
        let Event { metadata, sequence_number, processor, sorted, payload, .. } = event;
        (metadata.index, sequence_number, processor, sorted, payload, event.stack.id()).hash(&mut hasher);
        // What ids refer to is left out: of an event that comes before what it refers to, it may be known when it is
        // delivered, or not yet.
        if event.trace.version < 6 {
            (event.thread_id, event.capture_thread_id).hash(&mut hasher);
            (event.activity_id, event.related_activity_id).hash(&mut hasher);
        }
        self.events.push((event.timestamp, hasher.finish()));
    }
}

impl Collector {
    fn timeline(self, decoder: &Decoder, result: Result<(), Error>) -> Timeline {
        let mut statistics = decoder.statistics();
        if result.is_err() {
            // Pushing stops at the error, which leaves more or less of the stream out.
            statistics.bytes = 0;
        }
        Timeline { events: self.events, late: self.late, statistics, error: result.err() }
    }
}

fn pushed(stream: &[u8], pieces: &[u8], mut decoder: Decoder) -> Timeline {
    let mut collector = Collector::default();
    let result = push_in_pieces(&mut decoder, stream, pieces, &mut collector);
    collector.timeline(&decoder, result)
}

fn read(stream: &[u8], decoder: Decoder) -> Timeline {
    let mut collector = Collector::default();
    let mut reader = Reader::with_decoder(stream, decoder);
    let result = reader.read(&mut collector);
    collector.timeline(reader.decoder(), result)
}

/// In time order a stream must give the events that it gives in stream order, and tell of each that comes too late.
pub(crate) fn check_time_order(stream: &[u8], pieces: &[u8], limits: Limits, tolerance: Tolerance) {
    let plain = pushed(stream, &[], decoder(limits, tolerance));
    let sorted = |timeline: &Timeline| {
        let mut events = timeline.events.clone();
        events.sort_unstable();
        events
    };
    let in_order = || decoder(limits, tolerance).in_time_order();
    let whole = pushed(stream, &[], in_order());
    let ways = [pushed(stream, pieces, in_order()), read(stream, in_order())];
    for (way, timeline) in ways.iter().chain([&whole]).enumerate() {
        assert_eq!(sorted(timeline), sorted(&plain), "{tolerance:?}, way {way}");
        assert_eq!(timeline.late, timeline.statistics.late_events, "{tolerance:?}, way {way}");
        assert_eq!(timeline.error, plain.error, "{tolerance:?}, way {way}");
        let mut statistics = timeline.statistics;
        statistics.late_events = 0;
        assert_eq!(statistics, plain.statistics, "{tolerance:?}, way {way}");
    }
    // Only where a stream does not keep what it promises of time, or there is too little room, may the order depend on how it
    // is read.
    let punctual = ways.iter().filter(|timeline| timeline.late == 0);
    for timeline in punctual.filter(|_| whole.late == 0) {
        assert_eq!(timeline.events, whole.events, "{tolerance:?}");
    }
}
