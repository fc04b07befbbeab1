//! `System.Diagnostics.Eventing.FrameworkEventSource`: work items of the thread pool, timers.

use super::table::event_source;
use crate::enumerations::ThreadTransferKind;

event_source! {
    30 ThreadPoolEnqueueWork "ThreadPoolEnqueueWork" {
        /// Not unique: ids are used again.
        workID: i64,
    }
    31 ThreadPoolDequeueWork "ThreadPoolDequeueWork" { workID: i64 }
    150 ThreadTransferSend "ThreadTransfer/Send" {
        id: i64,
        kind: u32 as ThreadTransferKind,
        info: utf16,
        multiDequeues: bool,
        intInfo1: i32,
        intInfo2: i32,
    }
    151 ThreadTransferReceive "ThreadTransfer/Receive" { id: i64, kind: u32 as ThreadTransferKind, info: utf16 }
}
