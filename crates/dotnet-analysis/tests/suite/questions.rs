//! Asks recorded traces.

use dotnet_analysis::Analysis;
use dotnet_analysis::report::{Facts, Question};
use nettrace::{Decoder, Event, SequencePoint, Sink, TraceInfo};

use crate::corpus;

/// The answer from a trace of the corpus; `None` when that is not there.
///
/// From the trace of the killed target only what the independent reader could read too: its last events are later.
pub(crate) fn ask<Q: Question + Default>(name: &str) -> Option<Q::Answer> {
    let bytes = corpus::trace(name)?;
    let last_answered = corpus::answers(name)["last_event_ms"].as_f64().unwrap_or(f64::MAX);
    let mut question = Q::default();
    let analysis = Analysis::new().with(&mut question);
    let mut until = Until { last_nanos: (last_answered * 1e6).round() as i64, last_seen: 0, analysis };
    let mut decoder = Decoder::new();
    if Q::IN_TIME_ORDER {
        decoder = decoder.in_time_order();
    }
    // Some break off.
    let _ = decoder.push(&bytes, &mut until).and_then(|()| decoder.finish(&mut until));
    let mut facts = Facts::default();
    facts.duration_ns = until.last_seen;
    facts.lost = decoder.statistics().lost_events;
    let code = until.analysis.into_code();
    Some(question.answer(&facts, &code))
}

/// Shows events up to a time.
struct Until<'f> {
    last_nanos: i64,
    last_seen: i64,
    analysis: Analysis<'f>,
}

impl Sink for Until<'_> {
    fn event(&mut self, event: &Event<'_>) {
        if event.relative_nanos() <= self.last_nanos {
            self.last_seen = self.last_seen.max(event.relative_nanos());
            self.analysis.event(event);
        }
    }

    fn trace(&mut self, trace: &TraceInfo) {
        Sink::trace(&mut self.analysis, trace);
    }

    fn sequence_point(&mut self, point: &SequencePoint<'_>) {
        self.analysis.sequence_point(point);
    }
}
