//! `System.Threading.Tasks.TplEventSource`: tasks, and what waits for them.
//!
//! Tasks have ids from 1; 0 is the scheduler's own thread. The names for people are those that PerfView prints, which for
//! the oldest of these events are not made from what definitions say.

use super::table::event_source;
use crate::enumerations::{
    AsyncCausalityStatus, CausalityRelation, CausalitySynchronousWork, TaskCreationOptions, TaskWaitBehavior,
};

event_source! {
    7 TaskScheduled "TaskScheduled/Send" {
        OriginatingTaskSchedulerID: i32,
        OriginatingTaskID: i32,
        TaskID: i32,
        CreatingTaskID: i32,
        TaskCreationOptions: u32 as TaskCreationOptions,
        appDomain: i32 since 1,
    }
    8 TaskStarted "TaskExecute/Start" { OriginatingTaskSchedulerID: i32, OriginatingTaskID: i32, TaskID: i32 }
    9 TaskCompleted "TaskExecute/Stop" {
        OriginatingTaskSchedulerID: i32,
        OriginatingTaskID: i32,
        TaskID: i32,
        IsExceptional: bool,
    }
    10 TaskWaitBegin "TaskWait/Send" {
        OriginatingTaskSchedulerID: i32,
        OriginatingTaskID: i32,
        TaskID: i32,
        Behavior: u32 as TaskWaitBehavior,
        ContinueWithTaskID: i32,
    }
    11 TaskWaitEnd "TaskWait/Stop" { OriginatingTaskSchedulerID: i32, OriginatingTaskID: i32, TaskID: i32 }
    12 AwaitTaskContinuationScheduled "AwaitTaskContinuationScheduled/Send" {
        OriginatingTaskSchedulerID: i32,
        OriginatingTaskID: i32,
        ContinueWithTaskId: i32 formerly ContinuwWithTaskId,
    }
    13 TaskWaitContinuationComplete "TaskWaitContinuationComplete" { TaskID: i32 }
    14 TraceOperationBegin "TraceOperation/Start" { TaskID: i32, OperationName: utf16, RelatedContext: i64 }
    15 TraceOperationEnd "TraceOperation/Stop" { TaskID: i32, Status: u32 as AsyncCausalityStatus }
    16 TraceOperationRelation "TraceOperationRelation" { TaskID: i32, Relation: u32 as CausalityRelation }
    17 TraceSynchronousWorkBegin "TraceSynchronousWork/Start" { TaskID: i32, Work: u32 as CausalitySynchronousWork }
    18 TraceSynchronousWorkEnd "TraceSynchronousWork/Stop" { Work: u32 as CausalitySynchronousWork }
    19 TaskWaitContinuationStarted "TaskWaitContinuationStarted" { TaskID: i32 }
    20 RunningContinuation "RunningContinuation" { TaskID: i32, Object: i64 }
    23 DebugFacilityMessage "DebugFacilityMessage" { Facility: utf16, Message: utf16 }
    24 DebugFacilityMessage1 "DebugFacilityMessage1" { Facility: utf16, Message: utf16, Value1: utf16 }
    25 SetActivityId "SetActivityId" { NewId: guid }
    26 NewID "NewID" { TaskID: i32 }
    27 IncompleteAsyncMethod "IncompleteAsyncMethod" { stateMachineDescription: utf16 }
}
