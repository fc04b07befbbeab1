//! What is said of the JIT in the end.

use std::cmp::Reverse;

use serde::Serialize;

use super::inlining::Outcomes as Counted;
use super::{Compiled, Jit, Kinds, Memory, document};
use crate::distribution::Durations;
use crate::report::document::Document;
use crate::report::{Answer, Facts};
use crate::timeline::{OverTime, Timeline};

/// Groups and methods listed. All count in the totals.
const MAX_LISTED: usize = 1_000;

/// What the JIT did.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct JitAnswer {
    /// Methods compiled, IL, native code, time.
    #[serde(flatten)]
    pub total: Compiled,
    /// From the start of the trace to its last event.
    pub trace_ns: i64,
    /// Those that somebody waited for.
    pub foreground: Compiled,
    /// Better code for methods that are called often.
    pub background: Compiled,
    /// Code by how it was made.
    pub by_tier: Vec<Tier>,
    /// By type; those made at run time by their names without the numbers at the end. By time.
    pub by_group: Vec<Group>,
    /// Longest first.
    pub slowest: Vec<CompiledMethod>,
    /// Time to compile a method.
    pub durations: Durations,
    /// Kinds of methods.
    pub kinds: Kinds,
    /// Began to be compiled, and did not end in the trace, or failed.
    pub not_ended: u64,
    /// Whose beginning was not seen, so that IL and time are not known.
    pub without_beginning: u64,
    /// Code that was unloaded.
    pub unloaded: u64,
    /// Entry points of ready-to-run code that were looked up: methods that needed no JIT, yet.
    pub ready_to_run_entry_points: u64,
    /// Memory that the JIT asked for.
    pub memory: Memory,
    /// Calls that became part of their callers; nothing when the session did not ask.
    pub inlining: Outcomes,
    /// Tail calls; nothing when the session did not ask.
    pub tail_calls: Outcomes,
    /// Tiered compilation.
    pub tiering: Tiering,
    /// Methods compiled over time.
    pub methods_over_time: OverTime,
    /// Nanoseconds in the foreground over time, by the end of compiling.
    pub foreground_over_time: OverTime,
    /// Nanoseconds in the background over time.
    pub background_over_time: OverTime,
    /// Events that could not be read.
    pub unreadable: u64,
    /// What to know about the figures, in words.
    pub notes: Vec<String>,
}

/// Code made in one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Tier {
    /// As `TraceEvent` calls it: `QuickJitted`, `OptimizedTier1`, ...
    pub tier: String,
    /// What was compiled.
    #[serde(flatten)]
    pub compiled: Compiled,
}

/// Methods that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Group {
    /// A type, or the name of methods made at run time, with `*` for a number.
    pub name: String,
    /// Whether they were made at run time.
    pub dynamic: bool,
    /// What was compiled.
    #[serde(flatten)]
    pub compiled: Compiled,
}

/// A method that was compiled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CompiledMethod {
    /// `Namespace.Type.Method(signature)`.
    pub method: String,
    /// How it was made.
    pub tier: String,
    /// Whether somebody waited for it.
    pub foreground: bool,
    /// When its code was there, in nanoseconds from the start of the trace.
    pub at_ns: i64,
    /// Its IL in bytes.
    pub il_bytes: u64,
    /// Its native code in bytes.
    pub native_bytes: u64,
    /// Time from beginning to end, in nanoseconds.
    pub time_ns: u64,
}

/// Successes and failures.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Outcomes {
    /// Successes.
    pub succeeded: u64,
    /// Failures.
    pub failed: u64,
    /// Why they failed, most frequent first.
    pub reasons: Vec<Reason>,
}

/// Why something failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Reason {
    /// In the JIT's own words.
    pub reason: String,
    /// How often.
    pub count: u64,
}

/// Tiered compilation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Tiering {
    /// What is switched on; `None` where the session did not ask, or began later.
    pub settings: Option<String>,
    /// How often better code was put off, since new methods came.
    pub pauses: u64,
    /// How often that ended.
    pub resumes: u64,
    /// Runs in the background.
    pub runs: u64,
    /// Time in them, in nanoseconds.
    pub run_ns: u64,
    /// Methods compiled in them.
    pub run_methods: u64,
    /// The most methods that ever waited for better code.
    pub max_pending: u64,
}

pub(super) fn of(jit: &Jit, facts: &Facts) -> JitAnswer {
    let over_time = |timeline: &Timeline| timeline.over_time(facts.duration_ns);
    let mut answer = JitAnswer {
        total: jit.total,
        trace_ns: facts.duration_ns,
        foreground: jit.foreground,
        background: jit.background,
        by_tier: tiers(jit),
        by_group: groups(jit),
        slowest: slowest(jit),
        durations: jit.durations.summary(),
        kinds: jit.kinds,
        not_ended: jit.compiling.not_ended(),
        without_beginning: jit.without_beginning,
        unloaded: jit.unloaded,
        ready_to_run_entry_points: jit.ready_to_run_entry_points,
        memory: jit.memory,
        inlining: outcomes(&jit.inlining.inlined),
        tail_calls: outcomes(&jit.inlining.tail_calls),
        tiering: Tiering {
            settings: jit.tiering.settings.map(|settings| settings.to_string()),
            pauses: jit.tiering.pauses,
            resumes: jit.tiering.resumes,
            runs: jit.tiering.runs,
            run_ns: jit.tiering.run_nanos,
            run_methods: jit.tiering.run_methods,
            max_pending: jit.tiering.max_pending,
        },
        methods_over_time: over_time(&jit.over_time.methods),
        foreground_over_time: over_time(&jit.over_time.foreground_nanos),
        background_over_time: over_time(&jit.over_time.background_nanos),
        unreadable: jit.unreadable,
        notes: Vec::new(),
    };
    answer.notes = document::notes(&answer);
    answer
}

fn tiers(jit: &Jit) -> Vec<Tier> {
    let tiers = jit.by_tier.iter();
    let mut tiers: Vec<_> =
        tiers.map(|(tier, compiled)| Tier { tier: tier.to_string(), compiled: *compiled }).collect();
    tiers.sort_by(|a, b| (b.compiled.time_ns, &a.tier).cmp(&(a.compiled.time_ns, &b.tier)));
    tiers
}

fn groups(jit: &Jit) -> Vec<Group> {
    let groups = jit.groups.0.iter();
    let mut groups: Vec<_> = groups
        .map(|(name, group)| Group {
            name: name.clone(),
            dynamic: group.is_dynamic,
            compiled: group.compiled,
        })
        .collect();
    let key = |group: &Group| (Reverse(group.compiled.time_ns), Reverse(group.compiled.methods));
    groups.sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name)));
    groups.truncate(MAX_LISTED);
    groups
}

fn slowest(jit: &Jit) -> Vec<CompiledMethod> {
    let slowest = jit.slowest.sorted().into_iter().map(|slow| CompiledMethod {
        method: slow.name,
        tier: slow.tier.to_string(),
        foreground: slow.is_foreground,
        at_ns: slow.at,
        il_bytes: slow.compiled.il_bytes,
        native_bytes: slow.compiled.native_bytes,
        time_ns: slow.compiled.time_ns,
    });
    slowest.take(MAX_LISTED).collect()
}

fn outcomes(counted: &Counted) -> Outcomes {
    let reasons = counted.reasons.iter();
    let mut reasons: Vec<_> =
        reasons.map(|(reason, count)| Reason { reason: reason.clone(), count: *count }).collect();
    reasons.sort_by(|a, b| (b.count, &a.reason).cmp(&(a.count, &b.reason)));
    Outcomes { succeeded: counted.succeeded, failed: counted.failed, reasons }
}

impl Answer for JitAnswer {
    fn document(&self) -> Document {
        document::of(self)
    }
}
