//! What there is to say about allocations, as JSON. Its members are promises.

use serde::Serialize;

use crate::timeline::OverTime;

/// Allocations. Sizes are in bytes. All figures but counts of events are estimates, and say how far off they may be: the
/// standard error, which the truth is within two times out of three, and within twice of it 19 times out of 20.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AllocationsReport {
    /// Which events the figures are from: the best that there are.
    pub source: Source,
    /// Events.
    pub samples: u64,
    /// Bytes that were allocated.
    pub bytes: u64,
    /// The standard error of `bytes`.
    pub bytes_error: u64,
    /// Whether bytes are those of whole allocation buffers, used or not, as runtimes before .NET 6 count them: the truth may
    /// be far less.
    pub counts_buffers: bool,
    /// Objects that were allocated; `null` where the events do not tell sizes of objects.
    pub objects: Option<u64>,
    /// Bytes a second.
    pub bytes_per_second: u64,
    /// From the start of the trace to its last event before rundown, in nanoseconds.
    pub observed_ns: i64,
    /// By type, most bytes first.
    pub types: Vec<TypeReport>,
    /// By kind of heap.
    pub kinds: Vec<KindReport>,
    /// By method, most exclusive bytes first; only of traces that have stacks.
    pub methods: Vec<MethodReport>,
    /// Types and the call stacks that allocate them, most bytes first.
    pub sites: Vec<SiteReport>,
    /// Bytes over time.
    pub over_time: OverTime,
    /// All allocation ticks by type, as the events have them.
    pub ticks: Vec<TickReport>,
    /// What is known about the figures.
    pub notes: Vec<String>,
}

/// Events of allocations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// Sampled allocations of .NET 10 and later.
    SampledAllocations,
    /// Sampled objects, with their counts.
    SampledObjects,
    /// Allocation ticks: one for each 100 KB.
    AllocationTicks,
    /// There are none.
    None,
}

/// A type.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TypeReport {
    /// Its name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Events.
    pub samples: u64,
    /// Bytes.
    pub bytes: u64,
    /// Their standard error.
    pub bytes_error: u64,
    /// Of all bytes.
    pub percent: f64,
    /// Objects; `null` where the events do not tell sizes of objects.
    pub objects: Option<u64>,
    /// The standard error of `objects`.
    pub objects_error: Option<u64>,
}

/// A kind of heap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KindReport {
    /// `Small`, `Large` (from 85,000 bytes on) or `Pinned`.
    pub kind: String,
    /// Events.
    pub samples: u64,
    /// Bytes.
    pub bytes: u64,
}

/// A method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MethodReport {
    /// Its module.
    pub module: String,
    /// `Namespace.Type.Method(signature)`.
    pub name: String,
    /// Bytes that it allocated itself.
    pub exclusive_bytes: u64,
    /// Bytes that it and what it calls allocated.
    pub inclusive_bytes: u64,
    /// The type that most of its own bytes are of; `null` where it has none.
    pub top_type: Option<String>,
}

/// A type and where it is allocated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SiteReport {
    /// The type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Events.
    pub samples: u64,
    /// Bytes.
    pub bytes: u64,
    /// The call stack, innermost method first.
    pub stack: Vec<String>,
}

/// The allocation ticks of a type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TickReport {
    /// The type that was allocated at the tick.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Ticks.
    pub count: u64,
    /// Bytes since the ticks before, of whatever type.
    pub bytes: u64,
}
