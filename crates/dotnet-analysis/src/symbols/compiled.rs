//! How code came to be.

use dotnet_events::enumerations::{MethodFlags, OptimizationTier};
use serde::Serialize;

/// How code came to be: ahead of time, or by the JIT at one of its tiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Compiled {
    /// Ahead of time, when the assembly was built (`ReadyToRun`); good, but not optimized across assemblies.
    ReadyToRun,
    /// By the JIT, quickly and not optimized, since the method was new: tier 0.
    QuickJitted,
    /// The same, and it counts what is done, for the next tier.
    QuickJittedInstrumented,
    /// Optimized, and it counts what is done, for the next tier.
    Tier1Instrumented,
    /// Optimized after it was called often: tier 1.
    Tier1,
    /// Optimized while a loop of it was running (on-stack replacement).
    Tier1OSR,
    /// Optimized at once: the method asks for it, or tiers are off.
    Optimized,
    /// Not optimized on purpose: for a debugger, or the method asks for it.
    MinOptJitted,
    /// By the JIT, at a tier that is not told: runtimes before .NET Core 3.0.
    Jitted,
}

impl Compiled {
    /// What the runtime says with the flags of a method. What was not compiled by the JIT is ready-to-run code, whatever the
    /// tier (nettrace.md E.3).
    #[must_use]
    pub fn of_flags(flags: MethodFlags) -> Self {
        if !flags.contains(MethodFlags::Jitted) {
            return Self::ReadyToRun;
        }
        match flags.tier() {
            OptimizationTier::MinOptJitted => Self::MinOptJitted,
            OptimizationTier::Optimized => Self::Optimized,
            OptimizationTier::QuickJitted => Self::QuickJitted,
            OptimizationTier::OptimizedTier1 => Self::Tier1,
            OptimizationTier::OptimizedTier1OSR => Self::Tier1OSR,
            OptimizationTier::QuickJittedInstrumented => Self::QuickJittedInstrumented,
            OptimizationTier::OptimizedTier1Instrumented => Self::Tier1Instrumented,
            _ => Self::Jitted,
        }
    }

    /// In a few words.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::ReadyToRun => "ahead of time (ReadyToRun)",
            Self::QuickJitted => "quickly, not optimized (tier 0)",
            Self::QuickJittedInstrumented => "quickly, not optimized, counting (tier 0)",
            Self::Tier1Instrumented => "optimized, counting (tier 1)",
            Self::Tier1 => "optimized (tier 1)",
            Self::Tier1OSR => "optimized while it ran (on-stack replacement)",
            Self::Optimized => "optimized at once",
            Self::MinOptJitted => "not optimized, on purpose",
            Self::Jitted => "by the JIT, at a tier that is not told",
        }
    }
}
