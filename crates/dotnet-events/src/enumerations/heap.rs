//! Roots, handles, types.

use super::{enumerations, flags};

enumerations! {
    /// What kind of root keeps an object alive.
    GCRootKind: u8 {
        0 Stack,
        /// The queue of finalizers.
        1 Finalizer,
        2 Handle,
        3 Older,
        4 SizedRef,
        5 Overflow,
        6 DependentHandle,
        7 NewFQ,
        8 Steal,
        9 BGC,
    }

    /// Kinds of handles.
    GCHandleKind: u32 {
        0 WeakShort,
        1 WeakLong,
        2 Strong,
        3 Pinned,
        4 Variable,
        5 RefCounted,
        6 Dependent,
        7 AsyncPinned,
        8 SizedRef,
    }
}

flags! {
    /// What is said of a root.
    GCRootFlags: u32 { 0x1 Pinning, 0x2 WeakRef, 0x4 Interior, 0x8 RefCounted }

    /// What is said of a static field.
    GCRootStaticVarFlags: u32 { 0x1 ThreadLocal }

    /// What is said of an object that COM keeps alive.
    GCRootCCWFlags: u32 { 0x1 Strong, 0x2 XAML, 0x4 Extends }

    /// What is said of an object that wraps one of COM.
    GCRootRCWFlags: u32 { 0x1 Duplicate, 0x2 XAML, 0x4 Extends }

    /// What is said of a type.
    TypeFlags: u32 {
        0x1 Delegate,
        0x2 Finalizable,
        0x4 ExternallyImplementedCOMObject,
        0x8 Array,
        0x10 ModuleBaseAddress,
    }
}

/// Where the rank of arrays is among the flags.
const RANK_SHIFT: u32 = 8;
const RANK_MASK: u32 = 0x3f;

impl TypeFlags {
    /// How many dimensions the arrays of this type have; 0 for the ordinary ones, which have one and start at 0, and for
    /// types that are no arrays.
    #[must_use]
    pub const fn array_rank(self) -> u32 {
        self.bits >> RANK_SHIFT & RANK_MASK
    }
}
