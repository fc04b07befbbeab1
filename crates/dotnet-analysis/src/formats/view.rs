//! A profile as the formats show it: the samples that were chosen, and frames for what has no code.
//!
//! A sample of a thread that waits, or is in native code, gets one frame more, so that running is told from both in formats
//! that know nothing but stacks: [`WAITING`], [`NATIVE`]. Where a stack ends in native code, that is told already.

use std::collections::HashMap;

use super::activity::{Activity, activities};
use crate::profile::{Frame, FrameId, FrameKind, Node, NodeId, Profile, Samples, ThreadSamples, ThreadState};

/// The frame of a thread that waits.
pub const WAITING: &str = "[waiting]";
/// The frame of a thread in native code that the sampler does not see, where it may run or wait.
pub const NATIVE: &str = "[native code]";
/// The frame of a sample without a stack.
pub const NO_STACK: &str = "[no stack]";
const NO_NAME: &str = "[unknown]";

/// What of a profile is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only the samples of threads that did one of these; all of them where there is none.
    pub only: Vec<Activity>,
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
    /// A thread that waits.
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
    pub(crate) activity: Activity,
}

impl Run {
    pub(crate) fn end_nanos(&self) -> i64 {
        self.at_nanos.saturating_add(self.duration_nanos)
    }
}

/// A profile with a selection. Its frames are those of the profile and three more, its nodes are each once by caller and
/// frame.
#[derive(Debug)]
pub(crate) struct View<'p> {
    pub(crate) profile: &'p Profile,
    selection: &'p Selection,
    nodes: Vec<Node>,
    found: HashMap<(Option<NodeId>, FrameId), NodeId>,
    /// By nodes of the profile: what samples that end there are, in managed code and outside of it as the sampler has it.
    leafs: Vec<[Option<Leaf>; 2]>,
    /// For samples without a stack.
    without: NodeId,
}

/// What a sample is shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Leaf {
    node: NodeId,
    activity: Activity,
}

impl<'p> View<'p> {
    pub(crate) fn new(profile: &'p Profile, selection: &'p Selection) -> Self {
        let mut view = Self {
            profile,
            selection,
            nodes: Vec::with_capacity(profile.nodes.len() + 1),
            found: HashMap::with_capacity(profile.nodes.len() + 1),
            leafs: Vec::new(),
            without: NodeId(0),
        };
        let mut interned: Vec<NodeId> = Vec::with_capacity(profile.nodes.len());
        for node in &profile.nodes {
            // A caller that does not come before would make a circle.
            let caller = node.caller.and_then(|caller| interned.get(caller.0 as usize).copied());
            interned.push(view.intern(caller, node.frame));
        }
        view.without = view.intern(None, view.special(NO_STACK_AT));
        view.leafs = activities(profile)
            .into_iter()
            .zip(interned)
            .map(|(states, node)| {
                states.map(|activity| {
                    activity.map(|activity| Leaf { node: view.leaf(node, activity), activity })
                })
            })
            .collect();
        view
    }

    /// The node for samples that end in another one.
    fn leaf(&mut self, node: NodeId, activity: Activity) -> NodeId {
        let is_native = self.frame_of(node).category == Category::Native;
        match activity {
            Activity::Waiting => self.intern(Some(node), self.special(WAITING_AT)),
            Activity::Native if !is_native => self.intern(Some(node), self.special(NATIVE_AT)),
            _ => node,
        }
    }

    fn intern(&mut self, caller: Option<NodeId>, frame: FrameId) -> NodeId {
        let next = NodeId(self.nodes.len() as u32);
        *self.found.entry((caller, frame)).or_insert_with(|| {
            self.nodes.push(Node { caller, frame });
            next
        })
    }

    /// A frame behind those of the profile.
    fn special(&self, index: usize) -> FrameId {
        FrameId((self.profile.frames.len() + index) as u32)
    }

    /// All frames; [`FrameId`] is an index.
    pub(crate) fn frames(&self) -> impl ExactSizeIterator<Item = ShownFrame<'p>> {
        let profile = self.profile;
        (0..profile.frames.len() + SPECIAL.len()).map(move |index| shown(profile, index))
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

    /// The stack that was sampled, without the frame that says what the thread was doing.
    pub(crate) fn sampled(&self, leaf: NodeId) -> NodeId {
        let is_added = |node: &Node| node.frame.0 as usize >= self.profile.frames.len();
        self.node(leaf).filter(is_added).and_then(|node| node.caller).unwrap_or(leaf)
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
        let only = &self.selection.only;
        let mut runs = thread
            .samples
            .iter()
            .map(|samples| self.run(samples))
            .filter(move |run| only.is_empty() || only.contains(&run.activity))
            .peekable();
        std::iter::from_fn(move || {
            let mut run = runs.next()?;
            while let Some(next) = runs.next_if(|next| {
                next.leaf == run.leaf && next.activity == run.activity && next.at_nanos == run.end_nanos()
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
        let states = samples.stack.and_then(|stack| self.leafs.get(stack.0 as usize));
        let (leaf, activity) = match samples.state {
            ThreadState::Managed => (states.and_then(|[managed, _]| *managed), Activity::Running),
            ThreadState::External => (states.and_then(|[_, external]| *external), Activity::Native),
        };
        let Leaf { node, activity } = leaf.unwrap_or(Leaf { node: self.without, activity });
        Run {
            at_nanos: samples.at_nanos,
            duration_nanos: samples.duration_nanos.max(0),
            count: u64::from(samples.count),
            leaf: node,
            activity,
        }
    }
}

/// Frames behind those of a profile.
const SPECIAL: [(&str, Category); 3] =
    [(WAITING, Category::Waiting), (NATIVE, Category::Native), (NO_STACK, Category::Unknown)];
const WAITING_AT: usize = 0;
const NATIVE_AT: usize = 1;
const NO_STACK_AT: usize = 2;

fn shown(profile: &Profile, index: usize) -> ShownFrame<'_> {
    if let Some(frame) = profile.frames.get(index) {
        return frame.into();
    }
    let special = index.checked_sub(profile.frames.len()).and_then(|index| SPECIAL.get(index));
    let (name, category) = special.copied().unwrap_or((NO_NAME, Category::Unknown));
    ShownFrame { module: "", name, category }
}

/// What to call a thread.
pub(crate) fn thread_name(thread: &ThreadSamples) -> String {
    match thread.name.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => format!("{name} ({})", thread.thread_id),
        None => format!("Thread {}", thread.thread_id),
    }
}
