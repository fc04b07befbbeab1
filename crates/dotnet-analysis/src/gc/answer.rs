//! What there is to say about the collections of a trace, as JSON. Its members are promises.

use serde::Serialize;

/// Collections. Sizes are in bytes, times in nanoseconds; those at which something happened are relative to the start of the
/// trace.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GcReport {
    /// In the order they began.
    pub collections: Vec<CollectionReport>,
    /// Of all collections.
    pub totals: TotalsReport,
    /// By generation; those of generation 2 apart by how they ran. Without those that there were none of.
    pub generations: Vec<ClassReport>,
    /// By reason, most first.
    pub reasons: Vec<ReasonReport>,
    /// What made all managed threads stand still, collections and others, by the runtime's reason; longest first.
    pub suspensions: Vec<SuspensionReport>,
    /// What asked for collections, most first: also requests that another collection was already running for.
    pub triggers: Vec<TriggerReport>,
    /// From where collections were asked for, most first; only of traces that have stacks.
    pub triggered_by: Vec<CallerReport>,
    /// Types of objects that were seen pinned, most bytes first; only of traces of level verbose.
    pub pinned_types: Vec<PinnedTypeReport>,
    /// Segments or regions that the heap got and gave back.
    pub segments: SegmentsReport,
    /// What is known about the figures.
    pub notes: Vec<String>,
}

/// A collection.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CollectionReport {
    /// The runtime's number, from 1.
    pub number: u32,
    /// The oldest generation that was collected.
    pub generation: u32,
    /// Why, such as `AllocSmall`.
    pub reason: String,
    /// `NonConcurrentGC`, `BackgroundGC`, or `ForegroundGC` for one during a collection in the background.
    #[serde(rename = "type")]
    pub kind: String,
    /// When its work began, after the threads stood.
    pub start_ns: i64,
    /// From there to its end; `null` when that was not seen.
    pub duration_ns: Option<i64>,
    /// When the threads began to be stopped for it.
    pub pause_start_ns: i64,
    /// How long they were kept from running for it.
    pub pause_ns: i64,
    /// Of that, until they stood.
    pub suspension_ns: i64,
    /// The parts of the pause: one, or several of a collection in the background.
    pub pauses: Vec<PauseReport>,
    /// Whether all of it is in the trace. If not, the pause is what was seen of it.
    pub complete: bool,
    /// Bytes that were found alive in what was collected.
    pub promoted_bytes: Option<u64>,
    /// The heap before it.
    pub heap_before_bytes: Option<u64>,
    /// The heap after it, with the free space between objects.
    pub heap_after_bytes: Option<u64>,
    /// How much of the heap after it is free space between objects.
    pub fragmentation_percent: Option<f64>,
    /// About how much was allocated since the collection before.
    pub allocated_bytes: Option<u64>,
    /// By generation: 0, 1, 2, then 3 for large objects and 4 for pinned ones.
    pub generations: Vec<GenerationReport>,
    /// Bytes that were found alive, by what was seen to refer to them first.
    pub promoted_by_root: Vec<RootReport>,
    /// Objects that may not be moved.
    pub pinned_objects: Option<u32>,
    /// Handles of the runtime: `GCHandle` and its own.
    pub gc_handles: Option<u32>,
    /// Sync blocks in use, which locks and hash codes take.
    pub sync_blocks: Option<u32>,
    /// Objects that became ready to be finalized: count.
    pub finalization_promoted_count: Option<u64>,
    /// And bytes that they keep alive.
    pub finalization_promoted_bytes: Option<u64>,
    /// Finalizers that ran after it.
    pub finalizers_run: u64,
    /// The time they took.
    pub finalizers_ns: i64,
    /// What it did: `Concurrent`, `Compaction`, `Promotion`, `Demotion`, `CardBundles`.
    pub mechanisms: Vec<&'static str>,
    /// Why it compacted the heap, in the collector's terms.
    pub compact_reasons: Vec<&'static str>,
    /// How the young generations got more space.
    pub expand_reasons: Vec<&'static str>,
    /// Why that generation.
    pub condemned_reasons: Vec<&'static str>,
    /// The program's latency mode: `Batch`, `Interactive`, ...
    pub pause_mode: Option<String>,
    /// How much of the machine's or the container's memory is in use.
    pub memory_load_percent: Option<u32>,
    /// How much of what was promoted found a place in gaps that were tried.
    pub free_list_efficiency_percent: Option<f64>,
    /// Phases that the runtime timed, with their nanoseconds.
    pub phases: Vec<PhaseReport>,
    /// Milestones of a collection in the background; only of traces with events of the private provider.
    pub milestones: Vec<MilestoneReport>,
    /// Heaps, one per core of a server's collector.
    pub heaps: Vec<HeapReport>,
}

/// Time in which all managed threads were kept from running.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PauseReport {
    /// When they began to be stopped.
    pub start_ns: i64,
    /// Until they ran again.
    pub duration_ns: i64,
    /// Of that, until they stood.
    pub suspension_ns: i64,
    /// Of that, from when they were let go.
    pub restart_ns: i64,
}

/// A generation at one collection.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GenerationReport {
    /// 0, 1, 2, 3 for large objects, 4 for pinned ones.
    pub generation: usize,
    /// Its size before.
    pub before_bytes: u64,
    /// Its size after.
    pub after_bytes: Option<u64>,
    /// Bytes that were found alive in it.
    pub promoted_bytes: Option<u64>,
    /// Free space between its objects, after.
    pub free_bytes: Option<u64>,
    /// How much of it that is.
    pub fragmentation_percent: Option<f64>,
    /// Survivors that could not be moved.
    pub pinned_survived_bytes: u64,
    /// How much of its objects survived; `null` when it was not collected.
    pub survival_percent: Option<f64>,
    /// What may be allocated in it until it is collected again.
    pub budget_bytes: u64,
}

/// Bytes found from a kind of root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RootReport {
    /// The kind: `stack`, `handles`, `older_generation`, ...
    pub root: &'static str,
    /// Bytes.
    pub bytes: u64,
}

/// A phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PhaseReport {
    /// `mark_roots`, `plan`, `compact`, ...
    pub phase: &'static str,
    /// How long it took; the runtime says microseconds.
    pub duration_ns: i64,
}

/// When a collection in the background came to a point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MilestoneReport {
    /// The point.
    pub milestone: &'static str,
    /// When.
    pub at_ns: i64,
}

/// A heap of a server's collector at one collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HeapReport {
    /// Its number.
    pub heap: u32,
    /// Its size before.
    pub before_bytes: u64,
    /// The size after of those of its generations that were touched.
    pub touched_after_bytes: u64,
    /// Survivors.
    pub survived_bytes: u64,
    /// Survivors that could not be moved.
    pub pinned_survived_bytes: u64,
}

/// Sums.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct TotalsReport {
    /// Collections.
    pub count: u64,
    /// Those that are not in the trace as a whole.
    pub incomplete: u64,
    /// Those that are counted here, and not listed since there were too many.
    pub not_listed: u64,
    /// All pauses of collections.
    pub pause_ns: i64,
    /// The longest pause of a collection.
    pub max_pause_ns: i64,
    /// The mean pause of a collection; `null` without any.
    pub mean_pause_ns: Option<i64>,
    /// Pauses that so many percent of the collections did not exceed.
    pub pause_percentiles_ns: PercentilesReport,
    /// Of the pauses, the time until threads stood.
    pub suspension_ns: i64,
    /// Of the pauses, the time until they ran again, which `GC.GetTotalPauseDuration` leaves out.
    pub restart_ns: i64,
    /// How much of the observed time collections paused.
    pub percent_time_in_gc: f64,
    /// From the start of the trace to its last event before the rundown.
    pub observed_ns: i64,
    /// Time in which managed threads were kept from running for whatever reason; overlapping ones count once.
    pub stopped_ns: i64,
    /// Bytes that were found alive.
    pub promoted_bytes: u64,
    /// About how much was allocated, from the first collection to the last.
    pub allocated_bytes: u64,
    /// Collections that the program asked for.
    pub induced: u64,
    /// Collections that large objects were the reason for.
    pub large_object_triggered: u64,
    /// Collections that compacted.
    pub compacting: u64,
    /// Finalizers that ran.
    pub finalizers_run: u64,
    /// The time they took.
    pub finalizers_ns: i64,
    /// The heap after the last collection.
    pub last_heap_after_bytes: Option<u64>,
    /// The largest heap before a collection.
    pub max_heap_before_bytes: Option<u64>,
    /// Free space in the heap after the last collection.
    pub last_fragmentation_percent: Option<f64>,
    /// Heaps of the collector; more than one for a server's.
    pub heaps: Option<i32>,
}

/// Percentiles by the nearest rank, of the collections that are listed; `null` without any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct PercentilesReport {
    /// Half.
    pub p50: Option<i64>,
    /// Nine of ten.
    pub p90: Option<i64>,
    /// 95 of a hundred.
    pub p95: Option<i64>,
    /// 99 of a hundred.
    pub p99: Option<i64>,
}

/// The collections of a generation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ClassReport {
    /// The generation.
    pub generation: u32,
    /// Whether they ran in the background.
    pub background: bool,
    /// How many.
    pub count: u64,
    /// Their pauses.
    pub pause_ns: i64,
    /// The longest.
    pub max_pause_ns: i64,
    /// The mean.
    pub mean_pause_ns: i64,
    /// Percentiles.
    pub pause_percentiles_ns: PercentilesReport,
    /// Of the pauses, the time until threads stood.
    pub suspension_ns: i64,
    /// Bytes that were found alive.
    pub promoted_bytes: u64,
    #[serde(skip)]
    pub(super) name: &'static str,
}

/// The collections of a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReasonReport {
    /// The reason.
    pub reason: String,
    /// How many.
    pub count: u64,
    /// Their pauses.
    pub pause_ns: i64,
}

/// The suspensions of a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SuspensionReport {
    /// The reason: `SuspendForGC`, `SuspendOther`, ...
    pub reason: String,
    /// How many.
    pub count: u64,
    /// From the wish to stop until all threads ran again.
    pub duration_ns: i64,
    /// The longest.
    pub max_ns: i64,
    /// Of the duration, the time until threads stood.
    pub suspension_ns: i64,
}

/// Requests for collections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TriggerReport {
    /// The reason.
    pub reason: String,
    /// How many.
    pub count: u64,
}

/// Where collections were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CallerReport {
    /// The reason.
    pub reason: String,
    /// How many.
    pub count: u64,
    /// The call stack, innermost method first.
    pub stack: Vec<String>,
}

/// Pinned objects of a type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PinnedTypeReport {
    /// The type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// How often one was seen at a collection.
    pub count: u64,
    /// Their sizes.
    pub bytes: u64,
}

/// Segments or regions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SegmentsReport {
    /// That the heap got.
    pub created: u64,
    /// Their size.
    pub created_bytes: u64,
    /// That it gave back.
    pub freed: u64,
}
