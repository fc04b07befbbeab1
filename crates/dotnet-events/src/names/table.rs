//! The names of events that streams leave unnamed, or name differently from how people know them.

use super::MANIFEST_EVENT;
use crate::{event_sources, providers, runtime};

/// The name of an event, if it is one of these.
pub(super) fn name(provider: &str, event_id: u32) -> Option<&'static str> {
    if event_id == MANIFEST_EVENT {
        return Some("ManifestData");
    }
    if provider == providers::TASKS {
        let loops = || LOOPS.iter().find(|(id, _)| *id == event_id).map(|(_, name)| *name);
        return event_sources::find(provider, event_id).map(|event| event.name).or_else(loops);
    }
    runtime::find(provider, event_id).map(|event| event.name)
}

/// Events of the task library that have gone elsewhere, by id; see [`tasks`](crate::event_sources::tasks) for the others.
const LOOPS: &[(u32, &str)] = &[
    (1, "Loop/Start"),
    (2, "Loop/Stop"),
    (3, "Invoke/Start"),
    (4, "Invoke/Stop"),
    (5, "ForkJoin/Start"),
    (6, "ForkJoin/Stop"),
];
