//! The runtime's start, messages, checkpoints, the debugger.

use super::groups::{RuntimeInformation, StackWalk};
use super::table::events;

events! {
    EVENTS, visit:

    82 CLRStackWalk "ClrStack/Walk" { stack_walk: {StackWalk} }
    187 RuntimeInformationStart "Runtime/Start" { ClrInstanceID: u16, runtime_information: {RuntimeInformation} }
    240 DebugIPCEventStart "DebugIPCEvent/Start" {}
    241 DebugIPCEventEnd "DebugIPCEvent/Stop" {}
    242 DebugExceptionProcessingStart "DebugExceptionProcessing/Start" {}
    243 DebugExceptionProcessingEnd "DebugExceptionProcessing/Stop" {}
    270 EventSource "EventSourceEvent" { EventID: i32, EventName: utf16, EventSourceName: utf16, Payload: utf16 }
    299 ProfilerMessage "ProfilerMessage" { ClrInstanceID: u16, Message: utf16 }
    300 ExecutionCheckpoint "ExecutionCheckpoint/ExecutionCheckpoint" {
        ClrInstanceID: u16,
        CheckpointName: utf16,
        CheckpointTimestamp: i64,
    }
}
