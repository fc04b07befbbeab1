//! The names of the runtime's own events. A runtime sends them without names (NetTrace format, native runtime events),
//! so a name that a user gives is looked up here. The names are those that PerfView and dotnet-trace show.

/// The provider these ids belong to.
pub(super) const PROVIDER: &str = "Microsoft-Windows-DotNETRuntime";

/// The id of the event of that name, in any case; `GC/Start` and `GCStart` are the same.
pub(super) fn event_id(name: &str) -> Option<u32> {
    let found = EVENTS.iter().find(|(_, known)| same_name(known, name));
    found.map(|(id, _)| *id)
}

/// Whether two event names are the same but for case and the slash between task and opcode.
pub(super) fn same_name(a: &str, b: &str) -> bool {
    let letters = |name: &str| -> String { name.chars().filter(|c| *c != '/').collect() };
    letters(a).eq_ignore_ascii_case(&letters(b))
}

/// Events one may wait for, by id.
const EVENTS: [(u32, &str); 56] = [
    (1, "GC/Start"),
    (2, "GC/Stop"),
    (3, "GC/RestartEEStop"),
    (4, "GC/HeapStats"),
    (5, "GC/CreateSegment"),
    (6, "GC/FreeSegment"),
    (7, "GC/RestartEEStart"),
    (8, "GC/SuspendEEStop"),
    (9, "GC/SuspendEEStart"),
    (10, "GC/AllocationTick"),
    (13, "GC/FinalizersStop"),
    (14, "GC/FinalizersStart"),
    (29, "GC/FinalizeObject"),
    (33, "GC/PinObjectAtGCTime"),
    (35, "GC/Triggered"),
    (50, "ThreadPoolWorkerThread/Start"),
    (51, "ThreadPoolWorkerThread/Stop"),
    (54, "ThreadPoolWorkerThreadAdjustment/Sample"),
    (55, "ThreadPoolWorkerThreadAdjustment/Adjustment"),
    (56, "ThreadPoolWorkerThreadAdjustment/Stats"),
    (57, "ThreadPoolWorkerThread/Wait"),
    (61, "ThreadPool/Enqueue"),
    (62, "ThreadPool/Dequeue"),
    (70, "Thread/Creating"),
    (71, "Thread/Running"),
    (73, "TypeLoad/Start"),
    (74, "TypeLoad/Stop"),
    (80, "Exception/Start"),
    (81, "Contention/Start"),
    (85, "AppDomainResourceManagement/ThreadCreated"),
    (86, "AppDomainResourceManagement/ThreadTerminated"),
    (90, "Contention/LockCreated"),
    (91, "Contention/Stop"),
    (141, "Method/Load"),
    (142, "Method/Unload"),
    (143, "Method/LoadVerbose"),
    (144, "Method/UnloadVerbose"),
    (145, "Method/JittingStarted"),
    (152, "Loader/ModuleLoad"),
    (153, "Loader/ModuleUnload"),
    (154, "Loader/AssemblyLoad"),
    (155, "Loader/AssemblyUnload"),
    (202, "GC/MarkWithType"),
    (204, "GC/PerHeapHistory"),
    (205, "GC/GlobalHeapHistory"),
    (250, "ExceptionCatch/Start"),
    (251, "ExceptionCatch/Stop"),
    (252, "ExceptionFinally/Start"),
    (253, "ExceptionFinally/Stop"),
    (254, "ExceptionFilter/Start"),
    (255, "ExceptionFilter/Stop"),
    (256, "Exception/Stop"),
    (290, "AssemblyLoader/Start"),
    (291, "AssemblyLoader/Stop"),
    (301, "WaitHandleWait/Start"),
    (303, "AllocationSampling/AllocationSampled"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_with_and_without_the_slash() {
        assert_eq!(event_id("GC/Start"), Some(1));
        assert_eq!(event_id("gcstart"), Some(1));
        assert_eq!(event_id("Method/JittingStarted"), Some(145));
        assert_eq!(event_id("nothing"), None);
    }

    #[test]
    fn the_table_is_sorted_and_without_doubles() {
        assert!(EVENTS.is_sorted_by(|a, b| a.0 < b.0));
        for (id, name) in EVENTS {
            assert_eq!(event_id(name), Some(id), "{name}");
        }
    }
}
