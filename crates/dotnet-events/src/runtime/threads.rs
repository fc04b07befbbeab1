//! Threads, the thread pool, contention and waits.

use super::groups::Thread;
use super::table::{events, group};
use crate::enumerations::{ContentionFlags, ThreadAdjustmentReason, WaitHandleWaitSource};

group! {
    /// How many workers the pool has.
    Workers { ActiveWorkerThreadCount: u32, RetiredWorkerThreadCount: u32, ClrInstanceID: u16 }
}

events! {
    EVENTS, visit:

    40 WorkerThreadCreate "WorkerThreadCreation/Start" { WorkerThreadCount: u32, RetiredWorkerThreads: u32 }
    41 WorkerThreadTerminate "WorkerThreadCreation/Stop" { WorkerThreadCount: u32, RetiredWorkerThreads: u32 }
    42 WorkerThreadRetire "WorkerThreadRetirement/Start" { WorkerThreadCount: u32, RetiredWorkerThreads: u32 }
    43 WorkerThreadUnretire "WorkerThreadRetirement/Stop" { WorkerThreadCount: u32, RetiredWorkerThreads: u32 }
    44 IOThreadCreate "IOThreadCreation/Start" {
        IOThreadCount: u32,
        RetiredIOThreads: u32,
        ClrInstanceID: u16 since 1,
    }
    45 IOThreadTerminate "IOThreadCreation/Stop" {
        IOThreadCount: u32,
        RetiredIOThreads: u32,
        ClrInstanceID: u16 since 1,
    }
    46 IOThreadRetire "IOThreadRetirement/Start" {
        IOThreadCount: u32,
        RetiredIOThreads: u32,
        ClrInstanceID: u16 since 1,
    }
    47 IOThreadUnretire "IOThreadRetirement/Stop" {
        IOThreadCount: u32,
        RetiredIOThreads: u32,
        ClrInstanceID: u16 since 1,
    }
    48 ThreadpoolSuspensionSuspendThread "ThreadpoolSuspension/Start" { ClrThreadID: u32, CpuUtilization: u32 }
    49 ThreadpoolSuspensionResumeThread "ThreadpoolSuspension/Stop" { ClrThreadID: u32, CpuUtilization: u32 }
    50 ThreadPoolWorkerThreadStart "ThreadPoolWorkerThread/Start" { workers: {Workers} }
    51 ThreadPoolWorkerThreadStop "ThreadPoolWorkerThread/Stop" { workers: {Workers} }
    52 ThreadPoolWorkerThreadRetirementStart "ThreadPoolWorkerThreadRetirement/Start" { workers: {Workers} }
    53 ThreadPoolWorkerThreadRetirementStop "ThreadPoolWorkerThreadRetirement/Stop" { workers: {Workers} }
    54 ThreadPoolWorkerThreadAdjustmentSample "ThreadPoolWorkerThreadAdjustment/Sample" {
        Throughput: f64,
        ClrInstanceID: u16,
    }
    55 ThreadPoolWorkerThreadAdjustmentAdjustment "ThreadPoolWorkerThreadAdjustment/Adjustment" {
        AverageThroughput: f64,
        NewWorkerThreadCount: u32,
        Reason: u32 as ThreadAdjustmentReason,
        ClrInstanceID: u16,
    }
    56 ThreadPoolWorkerThreadAdjustmentStats "ThreadPoolWorkerThreadAdjustment/Stats" {
        Duration: f64,
        Throughput: f64,
        ThreadWave: f64,
        ThroughputWave: f64,
        ThroughputErrorEstimate: f64,
        AverageThroughputErrorEstimate: f64,
        ThroughputRatio: f64,
        Confidence: f64,
        NewControlSetting: f64,
        NewThreadWaveMagnitude: u16,
        ClrInstanceID: u16,
    }
    57 ThreadPoolWorkerThreadWait "ThreadPoolWorkerThread/Wait" { workers: {Workers} }
    58 YieldProcessorMeasurement "YieldProcessorMeasurement" {
        ClrInstanceID: u16,
        NsPerYield: f64,
        EstablishedNsPerYield: f64,
    }
    59 ThreadPoolMinMaxThreads "ThreadPoolMinMaxThreads" {
        MinWorkerThreads: u16,
        MaxWorkerThreads: u16,
        MinIOCompletionThreads: u16,
        MaxIOCompletionThreads: u16,
        ClrInstanceID: u16,
    }
    60 ThreadPoolWorkingThreadCount "ThreadPoolWorkingThreadCount/Start" { Count: u32, ClrInstanceID: u16 }
    61 ThreadPoolEnqueue "ThreadPool/Enqueue" { WorkID: ptr, ClrInstanceID: u16 }
    62 ThreadPoolDequeue "ThreadPool/Dequeue" { WorkID: ptr, ClrInstanceID: u16 }
    63 ThreadPoolIOEnqueue "ThreadPool/IOEnqueue" {
        NativeOverlapped: ptr,
        Overlapped: ptr,
        MultiDequeues: bool32,
        ClrInstanceID: u16,
    }
    64 ThreadPoolIODequeue "ThreadPool/IODequeue" { NativeOverlapped: ptr, Overlapped: ptr, ClrInstanceID: u16 }
    65 ThreadPoolIOPack "ThreadPool/IOPack" { NativeOverlapped: ptr, Overlapped: ptr, ClrInstanceID: u16 }
    70 ThreadCreating "Thread/Creating" { ID: ptr, ClrInstanceID: u16 }
    71 ThreadRunning "Thread/Running" { ID: ptr, ClrInstanceID: u16 }
    81 ContentionStart "Contention/Start" {
        ContentionFlags: u8 as ContentionFlags since 1,
        ClrInstanceID: u16 since 1,
        LockID: ptr since 2,
        AssociatedObjectID: ptr since 2,
        LockOwnerThreadID: u64 since 2,
    }
    83 AppDomainMemAllocated "AppDomainResourceManagement/MemAllocated" {
        AppDomainID: u64,
        Allocated: u64,
        ClrInstanceID: u16,
    }
    84 AppDomainMemSurvived "AppDomainResourceManagement/MemSurvived" {
        AppDomainID: u64,
        Survived: u64,
        ProcessSurvived: u64,
        ClrInstanceID: u16,
    }
    85 ThreadCreated "AppDomainResourceManagement/ThreadCreated" { thread: {Thread} }
    86 ThreadTerminated "AppDomainResourceManagement/ThreadTerminated" {
        ManagedThreadID: u64,
        AppDomainID: u64,
        ClrInstanceID: u16,
    }
    87 ThreadDomainEnter "AppDomainResourceManagement/DomainEnter" {
        ManagedThreadID: u64,
        AppDomainID: u64,
        ClrInstanceID: u16,
    }
    90 ContentionLockCreated "Contention/LockCreated" { LockID: ptr, AssociatedObjectID: ptr, ClrInstanceID: u16 }
    91 ContentionStop "Contention/Stop" { ContentionFlags: u8 as ContentionFlags, ClrInstanceID: u16, DurationNs: f64 since 1 }
    301 WaitHandleWaitStart "WaitHandleWait/Start" { WaitSource: u8 as WaitHandleWaitSource, AssociatedObjectID: ptr, ClrInstanceID: u16 }
    302 WaitHandleWaitStop "WaitHandleWait/Stop" { ClrInstanceID: u16 }
}
