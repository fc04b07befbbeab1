//! Code and its tiers.

use super::{enumerations, flags};

enumerations! {
    /// How code of a method was made; part of its [flags](MethodFlags).
    OptimizationTier: u8 {
        /// Code without tiers, and runtimes that do not say it: those before .NET Core 3.0.
        0 Unspecified = "Unknown",
        /// Optimisation is switched off.
        1 MinOptJitted,
        /// Optimised at once.
        2 Optimized,
        /// Compiled quickly, to be replaced if it is called often.
        3 QuickJitted,
        /// Compiled again since it was called often.
        4 OptimizedTier1,
        /// Compiled again while it ran, since it has a loop that does not end soon.
        5 OptimizedTier1OSR,
        /// As `QuickJitted`, and it counts what it does.
        6 QuickJittedInstrumented,
        7 OptimizedTier1Instrumented,
    }

    /// How a tail call was compiled.
    TailCallType: u32 {
        0xffff_ffff Unspecified = "Unknown",
        0 OptimizedTailCall,
        1 RecursiveLoop,
        2 HelperAssistedTailCall,
    }
}

flags! {
    /// What is said of code of a method; see also its [tier](MethodFlags::tier) and [extent](MethodFlags::extent).
    MethodFlags: u32 {
        /// Made at run time, such as `DynamicMethod`s and stubs: it has no module.
        0x1 Dynamic,
        0x2 Generic,
        0x4 HasSharedGenericCode,
        0x8 Jitted,
        0x10 JitHelper,
        0x20 ProfilerRejectedPrecompiledCode,
        0x40 ReadyToRunRejectedPrecompiledCode,
    }

    /// What tiered compilation does.
    TieredCompilationFlags: u32 { 0x1 QuickJit, 0x2 QuickJitForLoops, 0x4 TieredPGO, 0x8 ReadyToRun }
}

/// Where the tier and the extent are among the flags.
const TIER_SHIFT: u32 = 7;
const TIER_MASK: u32 = 0x7;
const EXTENT_SHIFT: u32 = 28;

impl MethodFlags {
    /// How the code was made.
    #[must_use]
    pub fn tier(self) -> OptimizationTier {
        u8::try_from(self.bits >> TIER_SHIFT & TIER_MASK)
            .map_or(OptimizationTier::Unspecified, OptimizationTier::from)
    }

    /// Which part of the method it is: 0 the hot one, or all; 1 the cold one.
    #[must_use]
    pub const fn extent(self) -> u32 {
        self.bits >> EXTENT_SHIFT
    }
}
