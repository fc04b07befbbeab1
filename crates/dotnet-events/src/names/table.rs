//! The names of events that streams leave unnamed, or name differently from how people know them.

use super::MANIFEST_EVENT;
use crate::providers;
use crate::runtime;

/// The name of an event, if it is one of these.
pub(super) fn name(provider: &str, event_id: u32) -> Option<&'static str> {
    if event_id == MANIFEST_EVENT {
        return Some("ManifestData");
    }
    if provider == providers::TASKS {
        return TASKS.iter().find(|(id, _)| *id == event_id).map(|(_, name)| *name);
    }
    runtime::find(provider, event_id).map(|event| event.name)
}

/// The task library's events, by id. They describe themselves, but these are the names people know.
const TASKS: &[(u32, &str)] = &[
    (1, "Loop/Start"),
    (2, "Loop/Stop"),
    (3, "Invoke/Start"),
    (4, "Invoke/Stop"),
    (5, "ForkJoin/Start"),
    (6, "ForkJoin/Stop"),
    (7, "TaskScheduled/Send"),
    (8, "TaskExecute/Start"),
    (9, "TaskExecute/Stop"),
    (10, "TaskWait/Send"),
    (11, "TaskWait/Stop"),
    (12, "AwaitTaskContinuationScheduled/Send"),
    (13, "TaskWaitContinuationComplete"),
    (14, "TraceOperation/Start"),
    (15, "TraceOperation/Stop"),
    (16, "TraceOperationRelation"),
    (17, "TraceSynchronousWork/Start"),
    (18, "TraceSynchronousWork/Stop"),
];
