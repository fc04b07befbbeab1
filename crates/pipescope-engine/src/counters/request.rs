//! What is asked of the runtime for a selection of counters.

use std::time::Duration;

use diagnostics_ipc::request::{EventLevel, Provider, SessionRequest};
use dotnet_events::meters;
use uuid::Uuid;

use super::selection::CounterSelection;

/// Keyword of the metrics source under which values are published.
const TIME_SERIES_VALUES: u64 = 0x2;

/// Session buffer in the target, MB. Counters make some ten kilobytes a second, so this is minutes of reserve for a
/// reader that stalls; the runtime allocates it only as it is needed.
const BUFFER_MB: u32 = 4;

/// Which counters of a process are wanted, and how often.
#[derive(Debug, Clone, PartialEq)]
pub struct CounterRequest {
    /// Which counters.
    pub selection: CounterSelection,
    /// Time between two values of one counter. The runtime keeps one interval per provider, the shortest that any
    /// client asked for, so values may come more often than this.
    pub interval: Duration,
    /// The most histograms the target tracks for this session.
    pub max_histograms: u32,
    /// The most tag sets the target tracks for this session.
    pub max_time_series: u32,
}

impl Default for CounterRequest {
    /// `System.Runtime`, every second, with the limits of dotnet-counters: clients of one shared metrics session
    /// must ask for the same limits, and these are the ones it is most often opened with.
    fn default() -> Self {
        Self {
            selection: CounterSelection::default(),
            interval: Duration::from_secs(1),
            max_histograms: 10,
            max_time_series: 1000,
        }
    }
}

/// How meters are listened to. The runtime has one metrics aggregation for all clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeterSharing {
    /// Not at all: the runtime has no metrics source, or is too old to be sure.
    Off,
    /// As one of several clients of the shared session (.NET 8 and later).
    Shared,
    /// Alone (.NET 6 and 7): a second client is refused by the runtime.
    Exclusive,
}

impl MeterSharing {
    /// What a runtime of this version (`9.0.5`, `10.0.0-rc.1+abc`) offers.
    #[must_use]
    pub fn of_runtime(version: Option<&str>) -> Self {
        match version.and_then(major) {
            Some(8..) => Self::Shared,
            Some(6 | 7) => Self::Exclusive,
            _ => Self::Off,
        }
    }
}

fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

/// The settings of the metrics aggregation, which all clients of the shared session have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Intervals {
    /// Seconds between two values, as text for the runtime (`1`, `0.5`).
    pub refresh_interval: String,
    /// The most histograms.
    pub max_histograms: String,
    /// The most time series.
    pub max_time_series: String,
}

impl Intervals {
    pub(super) fn of(request: &CounterRequest) -> Self {
        Self {
            refresh_interval: seconds(request.interval),
            max_histograms: request.max_histograms.to_string(),
            max_time_series: request.max_time_series.to_string(),
        }
    }
}

/// The ids under which this client appears in the metrics source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MeterIdentity {
    pub(super) sharing: MeterSharing,
    /// `SHARED` or an id of our own: values that carry another one are another tool's.
    pub(super) session_id: String,
    /// Tells us apart within the shared session.
    pub(super) client_id: String,
}

impl MeterIdentity {
    pub(super) fn new(sharing: MeterSharing, unique: Uuid) -> Self {
        let session_id = match sharing {
            MeterSharing::Shared => "SHARED".to_owned(),
            MeterSharing::Exclusive | MeterSharing::Off => unique.to_string(),
        };
        Self { sharing, session_id, client_id: unique.to_string() }
    }
}

/// The session that a request becomes.
///
/// Level Critical for the EventCounters: they are LogAlways, while at a higher level the keyword-less ordinary events
/// of the same source (one or more per HTTP request, say) would come along. No stacks, no rundown.
pub(super) fn session_request(
    request: &CounterRequest,
    meters: &MeterIdentity,
    settings: &Intervals,
) -> SessionRequest {
    let interval = seconds(request.interval);
    let mut providers: Vec<Provider> = request
        .selection
        .providers()
        .iter()
        .map(|selected| {
            Provider::new(&selected.name)
                .level(EventLevel::Critical)
                .argument("EventCounterIntervalSec", &interval)
        })
        .collect();
    let metrics = metrics_filter(&request.selection);
    if meters.sharing != MeterSharing::Off && !metrics.is_empty() {
        providers.push(
            Provider::new(meters::PROVIDER)
                .keywords(TIME_SERIES_VALUES)
                .argument("SessionId", &meters.session_id)
                .argument("Metrics", &metrics)
                .argument("RefreshInterval", &settings.refresh_interval)
                .argument("MaxTimeSeries", &settings.max_time_series)
                .argument("MaxHistograms", &settings.max_histograms)
                .argument("ClientId", &meters.client_id),
        );
    }
    SessionRequest::new(providers).buffer_mb(BUFFER_MB).without_stacks()
}

/// The value of the `Metrics` argument: meters, or single instruments where only some are wanted.
fn metrics_filter(selection: &CounterSelection) -> String {
    let mut filter = Vec::new();
    for provider in selection.providers().iter().filter(|p| p.meters) {
        if provider.counters.is_empty() {
            filter.push(provider.name.clone());
        } else {
            filter.extend(provider.counters.iter().map(|counter| format!("{}\\{counter}", provider.name)));
        }
    }
    filter.join(",")
}

/// Seconds as the runtime reads them: a decimal point, no exponent.
fn seconds(duration: Duration) -> String {
    let text = format!("{:.3}", duration.as_secs_f64());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sharing_follows_the_runtime() {
        assert_eq!(MeterSharing::of_runtime(None), MeterSharing::Off);
        assert_eq!(MeterSharing::of_runtime(Some("5.0.17")), MeterSharing::Off);
        assert_eq!(MeterSharing::of_runtime(Some("7.0.1")), MeterSharing::Exclusive);
        assert_eq!(MeterSharing::of_runtime(Some("8.0.0")), MeterSharing::Shared);
        assert_eq!(MeterSharing::of_runtime(Some("10.0.0-rc.1+abc")), MeterSharing::Shared);
        assert_eq!(MeterSharing::of_runtime(Some("garbage")), MeterSharing::Off);
    }

    #[test]
    fn seconds_have_no_needless_digits() {
        assert_eq!(seconds(Duration::from_secs(1)), "1");
        assert_eq!(seconds(Duration::from_millis(500)), "0.5");
        assert_eq!(seconds(Duration::from_secs(60)), "60");
    }

    #[test]
    fn asks_for_counters_at_level_critical_and_meters_by_instrument() {
        let request = CounterRequest {
            selection: "A[x,y],B,EventCounters\\C".parse().unwrap(),
            ..CounterRequest::default()
        };
        let identity = MeterIdentity::new(MeterSharing::Shared, Uuid::nil());
        let session = session_request(&request, &identity, &Intervals::of(&request));
        let names: Vec<_> = session.providers.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["A", "B", "C", meters::PROVIDER]);
        assert!(session.providers[..3].iter().all(|p| p.level == EventLevel::Critical && p.keywords == 0));
        let arguments = &session.providers[3].arguments;
        assert!(arguments.contains("SessionId=SHARED;"), "{arguments}");
        assert!(arguments.contains("Metrics=A\\x,A\\y,B;"), "{arguments}");
        assert!(!session.stacks);
    }
}
