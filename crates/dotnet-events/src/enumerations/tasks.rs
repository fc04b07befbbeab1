//! Tasks, and work that goes from one thread to another.

use super::{enumerations, flags};

enumerations! {
    /// How a task is waited for.
    TaskWaitBehavior: u32 {
        /// A thread stands still.
        1 Synchronous,
        /// With `await`.
        2 Asynchronous,
    }

    /// How an operation ended.
    AsyncCausalityStatus: u32 { 0 Started, 1 Completed, 2 Canceled, 3 Error }

    /// How operations depend on each other.
    CausalityRelation: u32 { 0 AssignDelegate, 1 Join, 2 Choice, 3 Cancel, 4 Error }

    /// What is done for an operation.
    CausalitySynchronousWork: u32 { 0 CompletionNotification, 1 ProgressNotification, 2 Execution }

    /// What goes from one thread to another. Programs have kinds of their own from 64 on.
    ThreadTransferKind: u32 { 1 Timer, 2 AsyncIO, 3 WinRTDispatch }
}

flags! {
    /// How a task was made. See `System.Threading.Tasks.TaskCreationOptions`; the upper ones are of the library itself.
    TaskCreationOptions: u32 {
        0x1 PreferFairness,
        0x2 LongRunning,
        0x4 AttachedToParent,
        0x8 DenyChildAttach,
        0x10 HideScheduler,
        0x40 RunContinuationsAsynchronously,
        0x200 ContinuationTask,
        0x400 PromiseTask,
        0x1000 LazyCancellation,
        0x2000 QueuedByRuntime,
    }
}
