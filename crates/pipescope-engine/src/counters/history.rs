//! What counters and meters said over time, kept for a report.

use std::collections::HashMap;

use diagnostics_ipc::message::ProcessInfo;
use diagnostics_ipc::request::SessionRequest;
use dotnet_analysis::report::{Facts, Needs, Question};
use dotnet_analysis::symbols::Code;
use dotnet_analysis::{Context, Fold};
use nettrace::{Event, TraceInfo};
use uuid::Uuid;

use super::fold::{CounterFold, Notice, Precedence};
use super::report::CountersAnswer;
use super::request::{CounterRequest, Intervals, MeterIdentity, MeterSharing, session_request};
use super::series::{Reading, ReadingValue, Series, SeriesId, Source};
use super::session::unique;

/// The most values kept, of all series together.
const MAX_POINTS: usize = 2_000_000;

/// The history of every series, from a trace or a session.
#[derive(Debug)]
pub struct CounterHistory {
    fold: CounterFold,
    tracks: Tracks,
    notices: Vec<Notice>,
    /// Whether EventCounters of names that have meters are left out.
    meter_wins: bool,
}

/// The values of a series, or of one quantile of a histogram.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) series: SeriesId,
    /// 0 to 1, of a histogram.
    pub(super) quantile: Option<f64>,
    /// Whether the values are per second.
    pub(super) is_rate: bool,
    /// Nanoseconds since the start of the trace, and the value.
    pub(super) points: Vec<(i64, f64)>,
}

#[derive(Debug, Default)]
struct Tracks {
    all: Vec<Track>,
    /// By series and the bits of the quantile.
    by_key: HashMap<(SeriesId, u64), usize>,
    /// When a series was last heard, in nanoseconds since the start.
    last_heard: HashMap<SeriesId, i64>,
    start_unix_nanos: i64,
    points: usize,
    left_out: u64,
}

impl CounterHistory {
    /// Of a trace: everything in it.
    #[must_use]
    pub fn of_trace() -> Self {
        Self::new(CounterFold::of_everything(Precedence::Both), false)
    }

    /// Of a process: the fold for what is requested, and the session that asks for it.
    ///
    /// `info` tells whether and how meters can be had; without it (.NET Core 3.1 does not say) there are only EventCounters.
    #[must_use]
    pub fn of_process(request: &CounterRequest, info: Option<&ProcessInfo>) -> (Self, SessionRequest) {
        let sharing = MeterSharing::of_runtime(info.and_then(|info| info.runtime_version.as_deref()));
        let identity = MeterIdentity::new(sharing, Uuid::from_u128(unique()));
        let mut fold = CounterFold::new(request.selection.clone(), Precedence::MeterWins);
        fold.begin_session(&identity);
        (Self::new(fold, true), session_request(request, &identity, &Intervals::of(request)))
    }

    fn new(fold: CounterFold, meter_wins: bool) -> Self {
        Self { fold, tracks: Tracks::default(), notices: Vec::new(), meter_wins }
    }

    /// Tracks with their series, in the order of their first values.
    pub(super) fn tracks(&self) -> impl Iterator<Item = (&Series, &Track)> {
        let beaten = |series: &Series| {
            self.meter_wins && series.source == Source::EventCounter && self.fold.has_meter(&series.provider)
        };
        self.tracks.all.iter().filter_map(move |track| {
            let series = self.fold.series().get(track.series.0 as usize)?;
            (!beaten(series)).then_some((series, track))
        })
    }

    /// What happened besides values.
    pub(super) fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Values for which there was no room.
    pub(super) fn left_out(&self) -> u64 {
        self.tracks.left_out
    }
}

impl Fold for CounterHistory {
    fn event(&mut self, event: &Event<'_>, _context: &mut Context<'_>) {
        let tracks = &mut self.tracks;
        self.fold.event(event, &mut |reading| tracks.take(reading));
        self.notices.extend(self.fold.take_notices());
    }

    fn trace(&mut self, trace: &TraceInfo) {
        self.tracks.start_unix_nanos = trace.start_unix_nanos;
    }
}

impl Question for CounterHistory {
    /// Sessions for counters name a client of their own ([`CounterHistory::of_process`]); these are what any process has.
    const NEEDS: Needs = Needs {
        providers: &[dotnet_analysis::report::needs::Provider {
            name: "System.Runtime",
            keywords: 0,
            level: 1,
            arguments: &[("EventCounterIntervalSec", "1")],
        }],
        stacks: false,
        rundown: 0,
    };

    type Answer = CountersAnswer;

    fn answer(&self, facts: &Facts, _code: &Code) -> CountersAnswer {
        CountersAnswer::new(self, facts)
    }
}

impl Tracks {
    fn take(&mut self, reading: &Reading<'_>) {
        let at = reading.time_unix_nanos.saturating_sub(self.start_unix_nanos);
        let id = reading.series.id;
        let before = self.last_heard.insert(id, at);
        match &reading.value {
            // An interval without values says nothing; a first increment may count from the start of the process; and before
            // .NET 8 levels are not sent, only their changes.
            ReadingValue::Mean { count: 0, .. }
            | ReadingValue::Increment { is_first: true, .. }
            | ReadingValue::UpDownCounter { total: None, .. }
            | ReadingValue::Ended => {}
            ReadingValue::Mean { mean, .. } => self.push(id, None, false, at, *mean),
            ReadingValue::Increment { increment, interval_seconds, .. } => {
                let seconds = f64::from(*interval_seconds);
                if seconds > 0.0 {
                    self.push(id, None, true, at, increment / seconds);
                }
            }
            ReadingValue::Counter { delta, .. } => {
                let seconds = before.map_or(0.0, |before| (at - before) as f64 / 1e9);
                if let (Some(delta), true) = (delta, seconds > 0.0) {
                    self.push(id, None, true, at, delta / seconds);
                }
            }
            ReadingValue::UpDownCounter { total: Some(level), .. } | ReadingValue::Gauge(level) => {
                self.push(id, None, false, at, *level);
            }
            ReadingValue::Histogram { quantiles, .. } => {
                for (quantile, value) in quantiles {
                    self.push(id, Some(*quantile), false, at, *value);
                }
            }
        }
    }

    fn push(&mut self, series: SeriesId, quantile: Option<f64>, is_rate: bool, at: i64, value: f64) {
        if self.points >= MAX_POINTS {
            self.left_out += 1;
            return;
        }
        let key = (series, quantile.map_or(u64::MAX, f64::to_bits));
        let tracks = &mut self.all;
        let index = *self.by_key.entry(key).or_insert_with(|| {
            tracks.push(Track { series, quantile, is_rate, points: Vec::new() });
            tracks.len() - 1
        });
        if let Some(track) = self.all.get_mut(index) {
            track.points.push((at, value));
            self.points += 1;
        }
    }
}
