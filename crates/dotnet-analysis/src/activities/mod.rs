//! Activities as a tree: what began inside of what, how often, and how long it took.
//!
//! An event whose operation is *start* begins an activity and carries its id, and the id of the one around it as the related one;
//! the *stop* has the id too (*eventpipe-internals* B.5). Libraries say so over the bridge from `DiagnosticSource`, event
//! sources by themselves. The runtime gives out the ids while a session asks the task library for them (keyword 0x80).
//!
//! Activities of the same name inside of the same ones are one node. The time of an activity's own is what its inner ones leave:
//! where those run at the same time, none may be left.

mod answer;
mod path;

use std::collections::HashMap;

use dotnet_events::event_sources::diagnostic_source;
use dotnet_events::{Source, names, providers};
use nettrace::{Event, Metadata, TraceInfo, Uuid};

pub use self::answer::{ActivitiesAnswer, ActivityNode, SlowActivity};
pub use self::path::ActivityPath;
use crate::bounded::Bounded;
use crate::distribution::Distribution;
use crate::fold::{Context, Fold};
use crate::report::needs::Provider;
use crate::report::{Facts, Needs, Question};
use crate::requests::open::Open;
use crate::symbols::Code;

/// Activities under way at a time. The oldest is forgotten for the next.
const MAX_OPEN: usize = 1 << 16;
/// Names, and places in the tree, told apart.
const MAX_NAMES: usize = 1 << 12;
const MAX_NODES: usize = 1 << 14;
/// Definitions whose names are kept.
const MAX_DEFINITIONS: usize = 1 << 14;
/// How deep the tree is at most. What is deeper counts for the last level.
const MAX_DEPTH: usize = 64;
/// The slowest activities that are kept.
const MAX_SLOWEST: usize = 50;

/// Operations, as definitions have them.
const START: u8 = 1;
const STOP: u8 = 2;

/// Servers wait for connections all the time: that they do so tells nothing.
const ACCEPT: &str = "Accept";

/// A place in the tree, from 0.
type NodeId = usize;

/// Activities of one name inside of the same ones.
#[derive(Debug)]
struct Node {
    parent: Option<NodeId>,
    depth: usize,
    name: usize,
    started: u64,
    durations: Distribution,
    /// Of the activities directly inside.
    inner_nanos: u64,
}

/// An activity that has begun.
#[derive(Debug)]
struct Active {
    node: NodeId,
    start: i64,
}

/// What is known of a definition.
#[derive(Debug, Clone)]
enum Kind {
    Start(usize),
    /// The name is in the payload.
    BridgedStart,
    Stop,
    Other,
}

/// Activities.
#[derive(Debug)]
pub struct Activities {
    open: Open<Uuid, Active>,
    kinds: Bounded<u64, Kind>,
    names: Vec<String>,
    name_ids: HashMap<String, usize>,
    nodes: Vec<Node>,
    places: HashMap<(Option<NodeId>, usize), NodeId>,
    slowest: crate::requests::Slowest<(Uuid, NodeId, i64)>,
    process_id: u32,
    without_start: u64,
    without_id: u64,
    not_told_apart: u64,
}

impl Default for Activities {
    fn default() -> Self {
        Self {
            open: Open::new(MAX_OPEN),
            kinds: Bounded::new(MAX_DEFINITIONS),
            names: Vec::new(),
            name_ids: HashMap::new(),
            nodes: Vec::new(),
            places: HashMap::new(),
            slowest: crate::requests::Slowest::new(MAX_SLOWEST),
            process_id: 0,
            without_start: 0,
            without_id: 0,
            not_told_apart: 0,
        }
    }
}

impl Fold for Activities {
    fn event(&mut self, event: &Event<'_>, context: &mut Context<'_>) {
        // Events of the runtime have the activity that they happen in; the task library's are about tasks.
        let is_of_activities = !matches!(
            context.source,
            Source::Runtime
                | Source::Rundown
                | Source::Private
                | Source::Stress
                | Source::SampleProfiler
                | Source::EventPipe
                | Source::Tasks
        );
        if !is_of_activities {
            return;
        }
        let kind = match self.kinds.get(&event.metadata.fingerprint) {
            Some(kind) => kind.clone(),
            None => self.kind(event.metadata, context.source),
        };
        match kind {
            Kind::Start(name) => self.start(event, name),
            Kind::BridgedStart => {
                if let Some(Ok(bridged)) = diagnostic_source::decode(event) {
                    let name = self.name(format!("{}/{}", bridged.SourceName, bridged.EventName));
                    self.start(event, name);
                }
            }
            Kind::Stop => self.stop(event),
            Kind::Other => {}
        }
    }

    fn trace(&mut self, trace: &TraceInfo) {
        self.process_id = trace.process_id;
    }

    fn uses_code(&self) -> bool {
        false
    }
}

impl Activities {
    /// What the events of a definition are, found out once.
    #[cold]
    fn kind(&mut self, metadata: &Metadata, source: Source) -> Kind {
        let shown = names::display_name(metadata);
        let (task, operation) = shown.split_once('/').unwrap_or((&shown, ""));
        let opcode = metadata.opcode.filter(|opcode| *opcode != 0);
        let is = |number: u8, name: &str| opcode.map_or(operation == name, |opcode| opcode == number);
        let is_waiting = source == Source::Sockets && metadata.event_name.starts_with(ACCEPT);
        let kind = if is_waiting {
            Kind::Other
        } else if is(START, "Start") {
            if source == Source::DiagnosticSource {
                Kind::BridgedStart
            } else {
                Kind::Start(self.name(format!("{}/{task}", metadata.provider)))
            }
        } else if is(STOP, "Stop") {
            Kind::Stop
        } else {
            Kind::Other
        };
        self.kinds.entry(metadata.fingerprint, || kind.clone());
        kind
    }

    fn name(&mut self, name: String) -> usize {
        if let Some(known) = self.name_ids.get(&name) {
            return *known;
        }
        if self.names.len() >= MAX_NAMES {
            // The first serves for all that there is no room for.
            self.not_told_apart += 1;
            return 0;
        }
        let id = self.names.len();
        self.names.push(name.clone());
        self.name_ids.insert(name, id);
        id
    }

    fn start(&mut self, event: &Event<'_>, name: usize) {
        if event.activity_id.is_nil() {
            self.without_id += 1;
            return;
        }
        let parent = self.open.get_mut(&event.related_activity_id).map(|active| active.node);
        let Some(node) = self.place(parent, name) else {
            self.not_told_apart += 1;
            return;
        };
        if let Some(node) = self.nodes.get_mut(node) {
            node.started += 1;
        }
        self.open.begin(event.activity_id, Active { node, start: event.relative_nanos() });
    }

    fn stop(&mut self, event: &Event<'_>) {
        let Some(active) = self.open.end(&event.activity_id) else {
            self.without_start += u64::from(!event.activity_id.is_nil());
            return;
        };
        let nanos = event.relative_nanos() - active.start;
        let Some(node) = self.nodes.get_mut(active.node) else { return };
        node.durations.record(nanos);
        let parent = node.parent;
        if let Some(parent) = parent.and_then(|parent| self.nodes.get_mut(parent)) {
            parent.inner_nanos = parent.inner_nanos.saturating_add(u64::try_from(nanos).unwrap_or(0));
        }
        self.slowest.offer(nanos, || (event.activity_id, active.node, active.start));
    }

    /// The place of that name inside of that place; `None` when there is no room for it.
    fn place(&mut self, parent: Option<NodeId>, name: usize) -> Option<NodeId> {
        // Activities inside of themselves, over and over, stay at the last level.
        let parent = parent.map(|id| match self.nodes.get(id) {
            Some(node) if node.depth + 1 >= MAX_DEPTH => node.parent.unwrap_or(id),
            _ => id,
        });
        if let Some(known) = self.places.get(&(parent, name)) {
            return Some(*known);
        }
        if self.nodes.len() >= MAX_NODES {
            return None;
        }
        let depth = parent.and_then(|parent| self.nodes.get(parent)).map_or(0, |parent| parent.depth + 1);
        let id = self.nodes.len();
        self.nodes.push(Node {
            parent,
            depth,
            name,
            started: 0,
            durations: Distribution::default(),
            inner_nanos: 0,
        });
        self.places.insert((parent, name), id);
        Some(id)
    }
}

const fn source(name: &'static str, keywords: u64) -> Provider {
    Provider { name, keywords, level: 4, arguments: &[] }
}

impl Question for Activities {
    const NEEDS: Needs = Needs {
        providers: &[
            source(providers::TASKS, crate::requests::ACTIVITIES),
            source(providers::HTTP, crate::requests::PLAIN),
            source(providers::NAME_RESOLUTION, crate::requests::PLAIN),
            source(providers::SOCKETS, crate::requests::PLAIN),
            source(providers::SECURITY, crate::requests::PLAIN),
            source(providers::KESTREL, crate::requests::PLAIN),
            source(providers::HOSTING, crate::requests::PLAIN),
        ],
        stacks: false,
        rundown: 0,
    };

    type Answer = ActivitiesAnswer;

    fn answer(&self, facts: &Facts, _code: &Code) -> ActivitiesAnswer {
        answer::of(self, facts)
    }
}
