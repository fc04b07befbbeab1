//! Threads, thread pool, contention, exceptions, samples, the runtime.

use super::{enumerations, flags};

enumerations! {
    /// Why the number of workers of the thread pool was changed.
    ThreadAdjustmentReason: u32 {
        0 Warmup,
        1 Initializing,
        2 RandomMove,
        3 ClimbingMove,
        4 ChangePoint,
        5 Stabilizing,
        /// Work waited while no worker took any: one more is added, slowly.
        6 Starvation,
        7 ThreadTimedOut,
        /// Workers wait for tasks in a way the pool notices, so more are added.
        8 CooperativeBlocking,
    }

    /// Whose lock is contended.
    ContentionFlags: u8 { 0 Managed, 1 Native }

    /// What a thread waits with.
    WaitHandleWaitSource: u8 { 0 Unspecified = "Unknown", 1 MonitorWait }

    /// What a thread was doing when it was sampled.
    ThreadSampleType: u32 {
        0 Error,
        /// It was outside of managed code: waiting, in the runtime, in a native library.
        1 External,
        /// It ran managed code.
        2 Managed,
    }

    /// Which kind of .NET it is.
    RuntimeSku: u16 { 1 DesktopClr, 2 CoreClr, 4 Mono }

    /// How the runtime was started.
    StartupMode: u8 { 1 ManagedExe, 2 HostedClr, 4 IjwDll, 8 ComActivated, 0x10 Other }
}

flags! {
    /// What is said of a thread.
    ThreadFlags: u32 { 0x1 GCSpecial, 0x2 Finalizer, 0x4 ThreadPoolWorker }

    /// What is said of an exception that is thrown.
    ExceptionThrownFlags: u16 {
        0x1 HasInnerException,
        /// Thrown while another one is handled.
        0x2 Nested,
        /// Thrown again, with `throw;`.
        0x4 ReThrown,
        0x8 CorruptedState,
        0x10 CLSCompliant,
    }

    /// How the runtime was set up.
    StartupFlags: u32 {
        0x1 CONCURRENT_GC,
        0x2 LOADER_OPTIMIZATION_SINGLE_DOMAIN,
        0x4 LOADER_OPTIMIZATION_MULTI_DOMAIN,
        0x10 LOADER_SAFEMODE,
        0x100 LOADER_SETPREFERENCE,
        0x1000 SERVER_GC,
        0x2000 HOARD_GC_VM,
        0x4000 SINGLE_VERSION_HOSTING_INTERFACE,
        0x1_0000 LEGACY_IMPERSONATION,
        0x2_0000 DISABLE_COMMITTHREADSTACK,
        0x4_0000 ALWAYSFLOW_IMPERSONATION,
        0x8_0000 TRIM_GC_COMMIT,
        0x10_0000 ETW,
        0x20_0000 SERVER_BUILD,
        0x40_0000 ARM,
    }
}
