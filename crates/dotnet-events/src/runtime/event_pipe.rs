//! Events of EventPipe itself, samples, the stress log, and the bridge to `DiagnosticSource`.

use super::table::{EventSpec, events, group};
use crate::enumerations::ThreadSampleType;
use crate::providers;

events! {
    /// `Microsoft-DotNETCore-EventPipe`.
    EVENT_PIPE, visit_event_pipe:

    1 ProcessInfo "ProcessInfo" {
        CommandLine: utf16,
        OSInformation: utf16 since 1,
        ArchInformation: utf16 since 1,
    }
}

events! {
    /// `Microsoft-DotNETCore-SampleProfiler`.
    SAMPLE_PROFILER, visit_sample:

    0 ThreadSample "Thread/Sample" { Type: u32 as ThreadSampleType }
    1 ThreadStackWalk "Thread/StackWalk" {}
}

events! {
    /// `Microsoft-Windows-DotNETRuntimeStress`.
    STRESS, visit_stress:

    0 StressLog "StressLog" { Facility: u32, LogLevel: u8, Message: text8, ClrInstanceID: u16 since 1 }
}

group! {
    /// A property of what a `DiagnosticSource` event carries.
    Argument { Key: utf16, Value: utf16 }
}

group! {
    /// What an event of a library carries over the bridge, `Microsoft-Diagnostics-DiagnosticSource`. These events describe
    /// themselves, but early definitions had no way to say array, and so said nothing. They are known by name; ids are given
    /// out in the order of first use. See [`diagnostic_source`](crate::event_sources::diagnostic_source).
    Bridged { SourceName: utf16, EventName: utf16 formerly ActivityName, Arguments: array16[Argument] }
}

static BRIDGED: EventSpec = EventSpec::new(0, "Event", "Event", Bridged::FIELDS);

/// Names of the events of that shape.
const BRIDGED_NAMES: &[&str] = &[
    "Event",
    "Activity1Start",
    "Activity1Stop",
    "Activity2Start",
    "Activity2Stop",
    "RecursiveActivity1Start",
    "RecursiveActivity1Stop",
];

/// Whether that is the name of an event that carries something of a library, to be had by
/// [`decode`](crate::event_sources::diagnostic_source::decode).
pub(crate) fn is_bridged(name: &str) -> bool {
    BRIDGED_NAMES.contains(&name) || ["ActivityStart", "ActivityStop"].contains(&name)
}

/// What is known of an event of the bridge to `DiagnosticSource`.
pub(super) fn find_bridged(provider: &str, name: &str) -> Option<&'static EventSpec> {
    let is_bridged = provider == providers::DIAGNOSTIC_SOURCE && BRIDGED_NAMES.contains(&name);
    is_bridged.then_some(&BRIDGED)
}
