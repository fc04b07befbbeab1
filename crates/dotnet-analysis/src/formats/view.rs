//! A profile as the formats show it: the samples that were chosen, and frames for what has no code.
//!
//! A sample of a thread outside of managed code gets one frame more, so that waiting is told from running in formats that know
//! nothing but stacks: [`WAITING`]. Where the stack itself ends in native code that is told already.

use std::collections::HashMap;

use crate::profile::{Frame, FrameId, FrameKind, Node, NodeId, Profile, Samples, ThreadSamples, ThreadState};

/// The frame of a thread that waits, or runs native code that the sampler does not see.
pub const WAITING: &str = "[waiting or native code]";
/// The frame of a sample without a stack.
pub const NO_STACK: &str = "[no stack]";
const NO_NAME: &str = "[unknown]";

/// What of a profile is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only the samples of threads in that state.
    pub only: Option<ThreadState>,
    /// Only these threads, by the operating system's ids; all of them where there is none.
    pub threads: Vec<u64>,
}

/// What a frame stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Managed code.
    Managed,
    /// Native code.
    Native,
    /// Code that nobody has a name for, and samples without a stack.
    Unknown,
    /// A thread that waits, or is in native code that the sampler does not see.
    Waiting,
}

impl Category {
    /// What files call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Managed => "managed",
            Self::Native => "native",
            Self::Unknown => "unknown",
            Self::Waiting => "waiting",
        }
    }
}

/// A frame to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ShownFrame<'p> {
    pub(crate) module: &'p str,
    pub(crate) name: &'p str,
    pub(crate) category: Category,
}

impl ShownFrame<'_> {
    /// `Module!Name`, or the name alone.
    pub(crate) fn full_name(&self) -> String {
        match self.module {
            "" => self.name.to_owned(),
            module => format!("{module}!{}", self.name),
        }
    }
}

impl<'p> From<&'p Frame> for ShownFrame<'p> {
    fn from(frame: &'p Frame) -> Self {
        let category = match frame.kind {
            FrameKind::Managed => Category::Managed,
            FrameKind::Native => Category::Native,
            FrameKind::Unknown => Category::Unknown,
        };
        Self { module: &frame.module, name: &frame.name, category }
    }
}

/// Samples in a row with the same stack and no gap between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) at_nanos: i64,
    pub(crate) duration_nanos: i64,
    pub(crate) count: u64,
    pub(crate) leaf: NodeId,
    pub(crate) state: ThreadState,
}

impl Run {
    pub(crate) fn end_nanos(&self) -> i64 {
        self.at_nanos.saturating_add(self.duration_nanos)
    }
}

/// A profile with a selection. Its frames are those of the profile and two more, its nodes are each once by caller and frame.
#[derive(Debug)]
pub(crate) struct View<'p> {
    pub(crate) profile: &'p Profile,
    selection: &'p Selection,
    nodes: Vec<Node>,
    found: HashMap<(Option<NodeId>, FrameId), NodeId>,
    /// By nodes of the profile: for samples in managed code, and outside of it.
    managed: Vec<NodeId>,
    external: Vec<Option<NodeId>>,
    /// For samples without a stack.
    without: [NodeId; 2],
}

impl<'p> View<'p> {
    pub(crate) fn new(profile: &'p Profile, selection: &'p Selection) -> Self {
        let mut view = Self {
            profile,
            selection,
            nodes: Vec::with_capacity(profile.nodes.len() + 2),
            found: HashMap::with_capacity(profile.nodes.len() + 2),
            managed: Vec::with_capacity(profile.nodes.len()),
            external: vec![None; profile.nodes.len()],
            without: [NodeId(0); 2],
        };
        for node in &profile.nodes {
            // A caller that does not come before would make a circle.
            let caller = node.caller.and_then(|caller| view.managed.get(caller.0 as usize).copied());
            let interned = view.intern(caller, node.frame);
            view.managed.push(interned);
        }
        view.without = [view.intern(None, view.no_stack()), view.intern(None, view.waiting())];
        let is_external = |samples: &&Samples| samples.state == ThreadState::External;
        for samples in profile.threads.iter().flat_map(|thread| &thread.samples).filter(is_external) {
            view.add_external(samples.stack);
        }
        view
    }

    fn add_external(&mut self, stack: Option<NodeId>) {
        let Some(index) = stack.map(|stack| stack.0 as usize) else { return };
        let (Some(leaf), Some(None)) = (self.managed.get(index).copied(), self.external.get(index)) else {
            return;
        };
        let is_native = self.frame_of(leaf).category == Category::Native;
        let external = if is_native { leaf } else { self.intern(Some(leaf), self.waiting()) };
        if let Some(place) = self.external.get_mut(index) {
            *place = Some(external);
        }
    }

    fn intern(&mut self, caller: Option<NodeId>, frame: FrameId) -> NodeId {
        let next = NodeId(self.nodes.len() as u32);
        *self.found.entry((caller, frame)).or_insert_with(|| {
            self.nodes.push(Node { caller, frame });
            next
        })
    }

    fn waiting(&self) -> FrameId {
        FrameId(self.profile.frames.len() as u32)
    }

    fn no_stack(&self) -> FrameId {
        FrameId(self.profile.frames.len() as u32 + 1)
    }

    /// All frames; [`FrameId`] is an index.
    pub(crate) fn frames(&self) -> impl ExactSizeIterator<Item = ShownFrame<'p>> {
        let profile = self.profile;
        (0..profile.frames.len() + 2).map(move |index| shown(profile, index))
    }

    pub(crate) fn frame(&self, frame: FrameId) -> ShownFrame<'p> {
        shown(self.profile, frame.0 as usize)
    }

    /// The leaf of a stack.
    pub(crate) fn frame_of(&self, node: NodeId) -> ShownFrame<'p> {
        self.node(node).map_or_else(|| shown(self.profile, usize::MAX), |node| self.frame(node.frame))
    }

    /// All nodes, callers before those they call; [`NodeId`] is an index.
    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Their ids.
    pub(crate) fn ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u32).map(NodeId)
    }

    pub(crate) fn node(&self, node: NodeId) -> Option<Node> {
        self.nodes.get(node.0 as usize).copied()
    }

    /// The node and its callers, leaf first.
    pub(crate) fn path(&self, leaf: NodeId) -> impl Iterator<Item = (NodeId, FrameId)> + '_ {
        let mut next = Some(leaf);
        std::iter::from_fn(move || {
            let id = next?;
            let node = self.node(id)?;
            next = node.caller;
            Some((id, node.frame))
        })
    }

    /// The threads that were chosen.
    pub(crate) fn threads(&self) -> impl Iterator<Item = &'p ThreadSamples> + '_ {
        let chosen = &self.selection.threads;
        self.profile
            .threads
            .iter()
            .filter(move |thread| chosen.is_empty() || chosen.contains(&thread.thread_id))
    }

    /// The samples of a thread that were chosen.
    pub(crate) fn runs(&self, thread: &'p ThreadSamples) -> impl Iterator<Item = Run> + '_ {
        let only = self.selection.only;
        let mut runs = thread
            .samples
            .iter()
            .filter(move |samples| only.is_none_or(|state| state == samples.state))
            .map(|samples| self.run(samples))
            .peekable();
        std::iter::from_fn(move || {
            let mut run = runs.next()?;
            while let Some(next) = runs.next_if(|next| {
                next.leaf == run.leaf && next.state == run.state && next.at_nanos == run.end_nanos()
            }) {
                run.duration_nanos = next.end_nanos().saturating_sub(run.at_nanos);
                run.count += next.count;
            }
            Some(run)
        })
    }

    /// The mean time from one sample of a thread to the next; `None` where no thread has two.
    pub(crate) fn interval_nanos(&self) -> Option<i64> {
        let samples =
            self.threads().flat_map(|thread| &thread.samples).filter(|samples| samples.duration_nanos > 0);
        let (nanos, count) = samples.fold((0i64, 0i64), |(nanos, count), samples| {
            (nanos.saturating_add(samples.duration_nanos), count.saturating_add(i64::from(samples.count)))
        });
        nanos.checked_div(count).filter(|interval| *interval > 0)
    }

    fn run(&self, samples: &Samples) -> Run {
        let [no_stack, waiting] = self.without;
        let index = samples.stack.map(|stack| stack.0 as usize);
        let leaf = match samples.state {
            ThreadState::Managed => {
                index.and_then(|index| self.managed.get(index).copied()).unwrap_or(no_stack)
            }
            ThreadState::External => {
                index.and_then(|index| self.external.get(index).copied().flatten()).unwrap_or(waiting)
            }
        };
        Run {
            at_nanos: samples.at_nanos,
            duration_nanos: samples.duration_nanos.max(0),
            count: u64::from(samples.count),
            leaf,
            state: samples.state,
        }
    }
}

fn shown(profile: &Profile, index: usize) -> ShownFrame<'_> {
    let special = |name, category| ShownFrame { module: "", name, category };
    match profile.frames.get(index) {
        Some(frame) => frame.into(),
        None if index == profile.frames.len() => special(WAITING, Category::Waiting),
        None if index == profile.frames.len() + 1 => special(NO_STACK, Category::Unknown),
        None => special(NO_NAME, Category::Unknown),
    }
}

/// What to call a thread.
pub(crate) fn thread_name(thread: &ThreadSamples) -> String {
    match thread.name.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => format!("{name} ({})", thread.thread_id),
        None => format!("Thread {}", thread.thread_id),
    }
}
