//! The JIT: which methods it compiles, what that takes, and what comes of it (nettrace.md D.6).
//!
//! Compiling a method begins and ends on the same thread. The first code of a method is compiled while its caller waits: that
//! is in the foreground, and so is code that replaces a running loop. Better code comes from a thread in the background.
//!
//! | file | |
//! |---|---|
//! | `compiling` | methods being compiled, by thread |
//! | `slowest` | the methods that took longest |
//! | `inlining` | calls that became part of their callers, and why others did not |
//! | `tiering` | when better code is made |
//! | [`answer`] | what is said in the end |
//! | `document` | the same for people |

pub mod answer;
mod compiling;
mod document;
mod inlining;
mod slowest;
mod tiering;

use std::collections::BTreeMap;

use dotnet_events::enumerations::{MethodFlags, OptimizationTier};
use dotnet_events::runtime::groups::{Method, MethodName};
use dotnet_events::runtime::methods::{
    MethodJitMemoryAllocatedForCode, MethodJittingStarted, MethodLoad, MethodLoadVerbose, MethodUnload,
    MethodUnloadVerbose, R2RGetEntryPoint,
};
use dotnet_events::{EventError, Source, providers};
use nettrace::Event;
use serde::Serialize;

pub use self::answer::JitAnswer;
use self::compiling::Compiling;
use self::inlining::Inlining;
use self::slowest::Slowest;
use self::tiering::Tiering;
use crate::bounded::Bounded;
use crate::distribution::Distribution;
use crate::fold::{Context, Fold};
use crate::report::needs::{Needs, Provider};
use crate::report::{Facts, Question};
use crate::symbols::Code;
use crate::timeline::Timeline;

/// Groups of methods told apart.
const MAX_GROUPS: usize = 16_384;
/// The shortest interval of figures over time.
const INTERVAL: i64 = 1_000_000_000;

/// The runtime's keywords: JIT; tiered compilation; ready-to-run entry points.
const JIT_KEYWORD: u64 = 0x10;
const COMPILATION_KEYWORD: u64 = 0x10_0000_0000;
const COMPILATION_DIAGNOSTIC_KEYWORD: u64 = 0x20_0000_0000;

/// Extent of the cold part of a method that was split in two.
const COLD: u32 = 1;

/// Follows the JIT.
///
/// It needs the events of a thread in order, not those of all threads.
#[derive(Debug, Default)]
pub struct Jit {
    total: Compiled,
    foreground: Compiled,
    background: Compiled,
    by_tier: BTreeMap<OptimizationTier, Compiled>,
    groups: Groups,
    kinds: Kinds,
    compiling: Compiling,
    /// Ended without a beginning, so neither IL nor time is known.
    without_beginning: u64,
    durations: Distribution,
    slowest: Slowest,
    memory: Memory,
    inlining: Inlining,
    tiering: Tiering,
    ready_to_run_entry_points: u64,
    unloaded: u64,
    over_time: OverTime,
    unreadable: u64,
}

/// Methods that were compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Compiled {
    /// How many. A method counts each time it is compiled.
    pub methods: u64,
    /// Their IL in bytes, where the beginning of compiling was seen.
    pub il_bytes: u64,
    /// Their native code in bytes.
    pub native_bytes: u64,
    /// Time from beginning to end, in nanoseconds: it passed, whether the thread ran or not.
    pub time_ns: u64,
}

/// Kinds of methods among those compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Kinds {
    /// Made at run time: `DynamicMethod`s, compiled expressions, stubs.
    pub dynamic: u64,
    /// Generic.
    pub generic: u64,
    /// Had ready-to-run code that was refused.
    pub ready_to_run_rejected: u64,
    /// Had precompiled code that a profiler refused.
    pub profiler_rejected: u64,
    /// Compiled again, in whatever tier.
    pub compiled_again: u64,
}

/// Memory that the JIT asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Memory {
    /// For code, in bytes.
    pub hot_code_bytes: u64,
    /// For constants, in bytes.
    pub read_only_data_bytes: u64,
    /// Given, in bytes: with headers and alignment.
    pub allocated_bytes: u64,
}

#[derive(Debug)]
struct Groups(Bounded<String, Group>);

/// Methods that belong together.
#[derive(Debug, Default)]
struct Group {
    compiled: Compiled,
    is_dynamic: bool,
}

impl Default for Groups {
    fn default() -> Self {
        Self(Bounded::new(MAX_GROUPS))
    }
}

#[derive(Debug)]
struct OverTime {
    methods: Timeline,
    foreground_nanos: Timeline,
    background_nanos: Timeline,
}

impl Default for OverTime {
    fn default() -> Self {
        let sums = || Timeline::of_sums(INTERVAL);
        Self { methods: sums(), foreground_nanos: sums(), background_nanos: sums() }
    }
}

impl Fold for Jit {
    fn uses_code(&self) -> bool {
        false
    }

    fn event(&mut self, event: &Event<'_>, context: &mut Context<'_>) {
        if context.source == Source::Runtime && self.take(event).is_err() {
            self.unreadable += 1;
        }
    }
}

impl Jit {
    fn take(&mut self, event: &Event<'_>) -> Result<(), EventError> {
        match event.metadata.event_id {
            MethodJittingStarted::ID => {
                let started = MethodJittingStarted::decode(event)?;
                let il_bytes = started.MethodILSize;
                self.compiling.began(event.thread_id, started.MethodID, il_bytes, event.relative_nanos());
            }
            MethodLoadVerbose::ID => {
                let load = MethodLoadVerbose::decode(event)?;
                self.loaded(event, &load.method, load.ReJITID, Some(&load.method_name));
            }
            MethodLoad::ID => {
                let load = MethodLoad::decode(event)?;
                self.loaded(event, &load.method, load.ReJITID, None);
            }
            MethodUnload::ID | MethodUnloadVerbose::ID => self.unloaded += 1,
            MethodJitMemoryAllocatedForCode::ID => {
                let allocated = MethodJitMemoryAllocatedForCode::decode(event)?;
                let memory = &mut self.memory;
                for (sum, bytes) in [
                    (&mut memory.hot_code_bytes, allocated.JitHotCodeRequestSize),
                    (&mut memory.read_only_data_bytes, allocated.JitRODataRequestSize),
                    (&mut memory.allocated_bytes, allocated.AllocatedSizeForJitCode),
                ] {
                    *sum = sum.saturating_add(bytes);
                }
            }
            R2RGetEntryPoint::ID => self.ready_to_run_entry_points += 1,
            _ => {
                self.inlining.take(event)?;
                self.tiering.take(event)?;
            }
        }
        Ok(())
    }

    fn loaded(
        &mut self,
        event: &Event<'_>,
        method: &Method<'_>,
        rejit_id: Option<u64>,
        name: Option<&MethodName<'_>>,
    ) {
        let flags = method.MethodFlags;
        if !flags.contains(MethodFlags::Jitted) {
            return;
        }
        let native_bytes = u64::from(method.MethodSize);
        if flags.extent() == COLD {
            self.total.native_bytes += native_bytes;
            return;
        }
        let now = event.relative_nanos();
        let begun = self.compiling.ended(event.thread_id, method.MethodID);
        self.without_beginning += u64::from(begun.is_none());
        let nanos = begun.map_or(0, |begun| u64::try_from(now.saturating_sub(begun.since)).unwrap_or(0));
        let il_bytes = begun.map_or(0, |begun| u64::from(begun.il_bytes));
        let compiled = Compiled { methods: 1, il_bytes, native_bytes, time_ns: nanos };
        let tier = flags.tier();
        let rejit_id = rejit_id.unwrap_or(0);
        // A loop that goes on in other code is waited for as well (nettrace.md D.6).
        let is_foreground = rejit_id == 0 || tier == OptimizationTier::OptimizedTier1OSR;
        self.total.add(compiled);
        if is_foreground { &mut self.foreground } else { &mut self.background }.add(compiled);
        self.by_tier.entry(tier).or_default().add(compiled);
        self.kinds.add(flags, rejit_id);
        self.over_time.methods.add(now, 1);
        if begun.is_some() {
            self.durations.record(i64::try_from(nanos).unwrap_or(i64::MAX));
            let nanos_over_time = match is_foreground {
                true => &mut self.over_time.foreground_nanos,
                false => &mut self.over_time.background_nanos,
            };
            nanos_over_time.add(now, nanos);
        }
        if let Some(name) = name {
            let is_dynamic = flags.contains(MethodFlags::Dynamic);
            let group = || Group { is_dynamic, ..Group::default() };
            if let Some(group) = self.groups.0.entry(slowest::group(name, flags), group) {
                group.compiled.add(compiled);
            }
            self.slowest.add(nanos, || slowest::Slow {
                name: slowest::full_name(name),
                tier,
                is_foreground,
                at: now,
                compiled,
            });
        }
    }
}

impl Compiled {
    fn add(&mut self, other: Self) {
        self.methods += other.methods;
        self.il_bytes += other.il_bytes;
        self.native_bytes += other.native_bytes;
        self.time_ns = self.time_ns.saturating_add(other.time_ns);
    }
}

impl Kinds {
    fn add(&mut self, flags: MethodFlags, rejit_id: u64) {
        for (flag, count) in [
            (MethodFlags::Dynamic, &mut self.dynamic),
            (MethodFlags::Generic, &mut self.generic),
            (MethodFlags::ReadyToRunRejectedPrecompiledCode, &mut self.ready_to_run_rejected),
            (MethodFlags::ProfilerRejectedPrecompiledCode, &mut self.profiler_rejected),
        ] {
            *count += u64::from(flags.contains(flag));
        }
        self.compiled_again += u64::from(rejit_id != 0);
    }
}

impl Question for Jit {
    /// Verbose, level 5: below it the beginning of compiling is not told, and so neither IL nor time. Inlining, keyword 0x1000,
    /// would be ten events for each method; it is shown when a trace has it.
    const NEEDS: Needs = Needs {
        providers: &[Provider {
            name: providers::RUNTIME,
            keywords: JIT_KEYWORD | COMPILATION_KEYWORD | COMPILATION_DIAGNOSTIC_KEYWORD,
            level: 5,
            arguments: &[],
        }],
        stacks: false,
        rundown: 0,
    };
    const IN_TIME_ORDER: bool = false;
    type Answer = JitAnswer;

    fn answer(&self, facts: &Facts, _code: &Code) -> JitAnswer {
        answer::of(self, facts)
    }
}
