//! Heap dumps: types, objects, references, roots; and handles.
//!
//! Rows come in bulks. `Index` counts the events of one kind in a dump, so that lost ones show.

use super::table::{events, group};
use crate::enumerations::{
    GCHandleKind, GCRootCCWFlags, GCRootFlags, GCRootKind, GCRootRCWFlags, GCRootStaticVarFlags, TypeFlags,
};

group! {
    /// A type. `TypeID` is what objects refer to; without a name, `TypeNameID` is its metadata token.
    BulkTypeValue {
        TypeID: u64,
        ModuleID: u64,
        TypeNameID: u32,
        Flags: u32 as TypeFlags,
        CorElementType: u8,
        Name: utf16,
        TypeParameterCount: count32,
        TypeParameters: [u64],
    }
}

group! {
    /// A root and what it keeps alive.
    RootEdge { RootedNodeAddress: ptr, GCRootKind: u8 as GCRootKind, GCRootFlag: u32 as GCRootFlags, GCRootID: ptr }
}

group! {
    /// An entry of a `ConditionalWeakTable`: the key keeps the value alive.
    WeakTableEdge { GCKeyNodeID: ptr, GCValueNodeID: ptr, GCRootID: ptr }
}

group! {
    /// An object. Its references are the next `EdgeCount` of the dump.
    Node { Address: ptr, Size: u64, TypeID: u64, EdgeCount: u64 }
}

group! {
    /// A reference to an object.
    Edge { Value: ptr, ReferencingFieldID: u32 }
}

group! {
    /// Objects that stayed where they were.
    SurvivingRange { RangeBase: ptr, RangeLength: u64 }
}

group! {
    /// Objects that moved together.
    MovedRange { OldRangeBase: ptr, NewRangeBase: ptr, RangeLength: u64 }
}

group! {
    /// An object that COM keeps alive.
    RootCcw {
        GCRootID: u64,
        ObjectID: u64,
        TypeID: u64,
        IUnknown: u64,
        RefCount: u32,
        PeggedRefCount: u32,
        Flags: u32 as GCRootCCWFlags,
    }
}

group! {
    /// An object that wraps one of COM.
    Rcw { ObjectID: u64, TypeID: u64, IUnknown: u64, VTable: u64, RefCount: u32, Flags: u32 as GCRootRCWFlags }
}

group! {
    /// A static field and what it keeps alive.
    RootStaticVar { GCRootID: u64, ObjectID: u64, TypeID: u64, Flags: u32 as GCRootStaticVarFlags, FieldName: utf16 }
}

events! {
    EVENTS, visit:

    15 BulkType "Type/BulkType" { Count: count32, ClrInstanceID: u16, Values: [BulkTypeValue] }
    16 GCBulkRootEdge "GC/BulkRootEdge" { Index: u32, Count: count32, ClrInstanceID: u16, Values: [RootEdge] }
    17 GCBulkRootConditionalWeakTableElementEdge "GC/BulkRootConditionalWeakTableElementEdge" {
        Index: u32,
        Count: count32,
        ClrInstanceID: u16,
        Values: [WeakTableEdge],
    }
    18 GCBulkNode "GC/BulkNode" { Index: u32, Count: count32, ClrInstanceID: u16, Values: [Node] }
    19 GCBulkEdge "GC/BulkEdge" { Index: u32, Count: count32, ClrInstanceID: u16, Values: [Edge] }
    21 GCBulkSurvivingObjectRanges "GC/BulkSurvivingObjectRanges" {
        Index: u32,
        Count: count32,
        ClrInstanceID: u16,
        Values: [SurvivingRange],
    }
    22 GCBulkMovedObjectRanges "GC/BulkMovedObjectRanges" {
        Index: u32,
        Count: count32,
        ClrInstanceID: u16,
        Values: [MovedRange],
    }
    29 FinalizeObject "GC/FinalizeObject" { TypeID: ptr, ObjectID: ptr, ClrInstanceID: u16 }
    30 SetGCHandle "GC/SetGCHandle" {
        HandleID: ptr,
        ObjectID: ptr,
        Kind: u32 as GCHandleKind,
        Generation: u32,
        AppDomainID: u64,
        ClrInstanceID: u16,
    }
    31 DestroyGCHandle "GC/DestoryGCHandle" { HandleID: ptr, ClrInstanceID: u16 }
    36 GCBulkRootCCW "GC/BulkRootCCW" { Count: count32, ClrInstanceID: u16, Values: [RootCcw] }
    37 GCBulkRCW "GC/BulkRCW" { Count: count32, ClrInstanceID: u16, Values: [Rcw] }
    38 GCBulkRootStaticVar "GC/BulkRootStaticVar" {
        Count: count32,
        AppDomainID: u64,
        ClrInstanceID: u16,
        Values: [RootStaticVar],
    }
}
