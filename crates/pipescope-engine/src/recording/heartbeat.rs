//! The provider that lets a runtime notice when its client is gone.
//!
//! A runtime finds out that the reader of a session vanished only when it next writes to the stream. A session whose
//! providers are quiet would stay in the target until the target ends, with its thread and its slot (a process has 64
//! of them). So every recording that can be quiet carries one counters provider, which writes every few seconds by
//! itself: after a `kill -9` of the client the next write fails and the runtime drops the session.
//!
//! The price is a few kilobytes of counter events a minute in the trace.

use diagnostics_ipc::request::EventLevel;

use super::profiles::SAMPLE_PROFILER;
use super::provider_spec::ProviderSpec;

/// The source of counters that every runtime since .NET Core 3.0 has.
const RUNTIME_COUNTERS: &str = "System.Runtime";
const METERS: &str = "System.Diagnostics.Metrics";
/// The metrics source's keyword under which it writes at every interval.
const TIME_SERIES_VALUES: u64 = 0x2;
const INTERVAL: &str = "EventCounterIntervalSec";

/// Seconds between two beats. Short enough to free a session soon, and no shorter, since counters of one provider
/// have one interval for all clients, the shortest: other tools' usual 1 to 5 seconds stay what they are.
const SECONDS: &str = "5";

/// Adds the heartbeat where the providers can all be quiet for long; says whether a provider was added for it.
pub(super) fn ensure(providers: &mut Vec<ProviderSpec>) -> bool {
    if providers.iter().any(beats_by_itself) {
        return false;
    }
    let beat = (INTERVAL.to_owned(), SECONDS.to_owned());
    if let Some(runtime) = providers.iter_mut().find(|provider| provider.is_named(RUNTIME_COUNTERS)) {
        runtime.arguments.push(beat);
        return false;
    }
    providers.push(ProviderSpec {
        name: RUNTIME_COUNTERS.to_owned(),
        keywords: 0,
        // Counters are LogAlways; at a higher level the source's ordinary events would come along.
        level: EventLevel::Critical,
        arguments: vec![beat],
    });
    true
}

/// Whether a provider writes every few seconds in any process. Counters of other sources do not count: the source
/// may not exist in the target.
fn beats_by_itself(provider: &ProviderSpec) -> bool {
    let counts = provider.is_named(RUNTIME_COUNTERS)
        && provider.arguments.iter().any(|(key, value)| {
            key == INTERVAL && value.parse::<f64>().is_ok_and(|seconds| seconds > 0.0 && seconds <= 60.0)
        });
    let samples = provider.is_named(SAMPLE_PROFILER);
    let meters = provider.is_named(METERS) && provider.keywords & TIME_SERIES_VALUES != 0;
    counts || samples || meters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(providers: &str, expected: &str) {
        let mut specs = ProviderSpec::parse_list(providers).unwrap();
        ensure(&mut specs);
        let texts: Vec<String> = specs.iter().map(ToString::to_string).collect();
        assert_eq!(texts.join(","), expected, "{providers}");
    }

    #[test]
    fn is_added_only_where_the_providers_can_be_quiet() {
        check("A:1:4", "A:0x1:4,System.Runtime:0x0:1:EventCounterIntervalSec=5");
        check(
            "Other:0:4:EventCounterIntervalSec=1",
            "Other:0x0:4:EventCounterIntervalSec=1,System.Runtime:0x0:1:EventCounterIntervalSec=5",
        );
        check(
            "system.runtime:0:4:EventCounterIntervalSec=1",
            "system.runtime:0x0:4:EventCounterIntervalSec=1",
        );
        check(
            "A:1:4,Microsoft-DotNETCore-SampleProfiler",
            "A:0x1:4,Microsoft-DotNETCore-SampleProfiler:0x0:4",
        );
        check("System.Diagnostics.Metrics:2:4", "System.Diagnostics.Metrics:0x2:4");
    }

    #[test]
    fn joins_a_runtime_provider_that_is_there_without_counters() {
        check("System.Runtime:1:4", "System.Runtime:0x1:4:EventCounterIntervalSec=5");
    }
}
