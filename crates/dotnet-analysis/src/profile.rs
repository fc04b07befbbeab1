//! Samples over time, with frames that have names: what call trees, flame graphs and profile formats are made of.
//!
//! The runtime's sampler stops all managed threads about a thousand times a second and notes what each is doing, whether it
//! runs or waits. So what is measured is time that passed, not CPU time. A sample counts from its time to the thread's next.

/// A profile of a process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// What to call it: the process, or the file.
    pub name: String,
    /// Id of the process; 0 when not known.
    pub process_id: u32,
    /// Start of the trace in nanoseconds since 1970-01-01 UTC. All times below are relative to it.
    pub start_unix_nanos: i64,
    /// From the start of the trace to its last event, in nanoseconds.
    pub duration_nanos: i64,
    /// Frames, each once. [`FrameId`] is an index.
    pub frames: Vec<Frame>,
    /// Stacks as a tree: callers come before those they call. [`NodeId`] is an index.
    pub nodes: Vec<Node>,
    /// Threads, by their first sample.
    pub threads: Vec<ThreadSamples>,
}

/// Index into [`Profile::frames`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameId(pub u32);

/// Index into [`Profile::nodes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// A method or function.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Frame {
    /// File name of its module without extension, such as `System.Private.CoreLib`; empty when not known.
    pub module: String,
    /// `Namespace.Type.Method(signature)`; an address such as `0x7f0012345678` when not known.
    pub name: String,
    /// What kind of code it is.
    pub kind: FrameKind,
}

impl Frame {
    /// The name without the signature: `Namespace.Type.Method`.
    #[must_use]
    pub fn method(&self) -> &str {
        self.name.split_once('(').map_or(&self.name, |(method, _)| method)
    }
}

/// What kind of code a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrameKind {
    /// Managed code.
    Managed,
    /// Code of the runtime or of a native library.
    Native,
    /// Code at an address that nobody has a name for.
    Unknown,
}

/// A stack: its leaf, and the stack of the leaf's caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Node {
    /// `None` for an outermost frame.
    pub caller: Option<NodeId>,
    /// The leaf.
    pub frame: FrameId,
}

/// The samples of a thread, in time order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadSamples {
    /// The operating system's id.
    pub thread_id: u64,
    /// Its name, where it is known.
    pub name: Option<String>,
    /// Its samples. Equal ones in a row are one.
    pub samples: Vec<Samples>,
}

/// Samples in a row that are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Samples {
    /// The time of the first, in nanoseconds from the start of the trace.
    pub at_nanos: i64,
    /// Until the next other sample of the thread, or until its last one, in nanoseconds. So it is 0 where the last of the
    /// thread's samples is alone.
    pub duration_nanos: i64,
    /// How many there were.
    pub count: u32,
    /// The stack; `None` when the sample had none.
    pub stack: Option<NodeId>,
    /// What the thread was doing.
    pub state: ThreadState,
}

/// What a thread was doing when it was sampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ThreadState {
    /// It ran managed code.
    Managed,
    /// It was outside of managed code: waiting, in the runtime, in a native library.
    External,
}
