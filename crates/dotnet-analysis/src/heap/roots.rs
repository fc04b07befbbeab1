//! What keeps objects alive from outside the heap.

use std::fmt;

use dotnet_events::enumerations::{GCRootFlags, GCRootKind};
use serde::Serialize;

/// Why an object is kept alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RootKind {
    /// A static field.
    Static,
    /// A static field of one thread.
    ThreadStatic,
    /// A local variable, or a register.
    Stack,
    /// A handle that pins the object.
    PinnedHandle,
    /// A strong handle; static fields without names are kept by such too.
    Handle,
    /// A handle of a COM object.
    Com,
    /// The finalizer has still to run.
    FinalizerQueue,
    /// A collection of a younger generation found it in an older one.
    Older,
    /// Any other.
    Other,
}

impl RootKind {
    /// All kinds, those that say most first.
    pub const ALL: [Self; 9] = [
        Self::Static,
        Self::ThreadStatic,
        Self::Stack,
        Self::PinnedHandle,
        Self::Handle,
        Self::Com,
        Self::FinalizerQueue,
        Self::Older,
        Self::Other,
    ];

    /// The kind of a `GCBulkRootEdge`'s row by its kind and flags (`ipc-and-tools.md` B.4.3); `None` for a weak one, which
    /// keeps nothing alive.
    pub(crate) fn of_event(kind: GCRootKind, flags: GCRootFlags) -> Option<Self> {
        if flags.contains(GCRootFlags::WeakRef) {
            return None;
        }
        Some(match kind {
            GCRootKind::Stack => Self::Stack,
            GCRootKind::Finalizer => Self::FinalizerQueue,
            GCRootKind::Handle if flags.contains(GCRootFlags::Pinning) => Self::PinnedHandle,
            GCRootKind::Handle if flags.contains(GCRootFlags::RefCounted) => Self::Com,
            GCRootKind::Handle => Self::Handle,
            GCRootKind::Older => Self::Older,
            _ => Self::Other,
        })
    }

    /// For people.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Static => "static field",
            Self::ThreadStatic => "thread-static field",
            Self::Stack => "stack",
            Self::PinnedHandle => "pinning handle",
            Self::Handle => "strong handle",
            Self::Com => "COM object",
            Self::FinalizerQueue => "finalizer queue",
            Self::Older => "older generation",
            Self::Other => "other root",
        }
    }
}

impl fmt::Display for RootKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text())
    }
}

/// A root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Index of the object it keeps alive.
    pub node: u32,
    /// Why.
    pub kind: RootKind,
    /// The name of a static field. The runtime tells the type of the object in it, not the type that has the field.
    pub field: Option<Box<str>>,
}

impl Root {
    /// What to call it: the field, or the kind.
    #[must_use]
    pub fn text(&self) -> String {
        match &self.field {
            Some(field) => format!("{} {field}", self.kind),
            None => self.kind.to_string(),
        }
    }
}
