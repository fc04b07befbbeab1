//! The events of heap dumps in a stream, and the heap they tell of.

use dotnet_events::enumerations::GCType;
use dotnet_events::runtime::gc::{GCEnd, GCHeapStats, GCRestartEEEnd, GCStart, GCSuspendEEBegin};
use dotnet_events::runtime::heap::{
    BulkType, GCBulkEdge, GCBulkNode, GCBulkRootCCW, GCBulkRootConditionalWeakTableElementEdge,
    GCBulkRootEdge, GCBulkRootStaticVar,
};
use dotnet_events::runtime::{loader, rundown};
use dotnet_events::{Source, Sources};
use nettrace::{Event, Sink, TraceInfo};

use super::building::{Building, Built, RawRoot};
use super::graph::{About, Heap};
use super::roots::Root;
use super::types::TypeTable;
use crate::fold::{Context, Fold};

/// Reads the heap dump of a stream; of several, the last that is complete.
///
/// A runtime tells of its heap within a blocking collection of generation 2 (`ipc-and-tools.md` B.4.4). What is needed:
/// `Microsoft-Windows-DotNETRuntime` with the keywords GC, type, heap dump, heap collect, heap and type names, and
/// the rundown of modules if types shall have theirs.
#[derive(Debug, Default)]
pub struct HeapDump {
    types: TypeTable,
    sources: Sources,
    trace: Option<TraceInfo>,
    collection: Option<Collection>,
    found: Option<(Collection, Built)>,
    /// Dumps that were complete.
    complete: u32,
    collections: u64,
    /// When managed threads were last asked to stop.
    suspended: Option<i64>,
    last_ticks: Option<i64>,
    unreadable: u64,
}

/// A collection that may tell of the heap.
#[derive(Debug)]
struct Collection {
    number: u32,
    /// Time of its start.
    timestamp: i64,
    /// Its objects; `None` when they have been put together.
    building: Option<Box<Building>>,
    generation_bytes: Option<[u64; 5]>,
    /// When managed threads were asked to stop, and when they went on.
    suspended: Option<i64>,
    resumed: Option<i64>,
}

/// How far the dump of a stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// Collections of any kind have been seen to start, that many; none tells of the heap yet.
    Waiting {
        /// That many.
        collections: u64,
    },
    /// A collection is telling of the heap.
    Telling {
        /// Objects so far.
        objects: usize,
        /// Lost events so far.
        lost_events: u64,
    },
    /// A dump is complete.
    Complete {
        /// Objects.
        objects: usize,
        /// Lost events.
        lost_events: u64,
    },
}

impl HeapDump {
    /// For a stream of which nothing has been read yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How far it is. Once it is complete it stays so, until another collection tells of the heap.
    #[must_use]
    pub fn progress(&self) -> Progress {
        match (self.building(), &self.found) {
            (Some(building), _) if !building.is_empty() => {
                Progress::Telling { objects: building.objects(), lost_events: building.lost_events() }
            }
            (_, Some((_, built))) => {
                let losses = &built.losses;
                let lost_events = losses.object_events + losses.reference_events + losses.root_events;
                Progress::Complete { objects: built.graph.len(), lost_events }
            }
            _ => Progress::Waiting { collections: self.collections },
        }
    }

    /// When the last event happened, in ticks of the trace's clock; `None` without events.
    #[must_use]
    pub fn last_ticks(&self) -> Option<i64> {
        self.last_ticks
    }

    /// How many complete dumps there were. The last is what there is.
    #[must_use]
    pub fn complete_dumps(&self) -> u32 {
        self.complete
    }

    /// The heap, once all events have been read: names come last. `None` without a dump. A dump that was cut off counts
    /// where there is none that is complete.
    #[must_use]
    pub fn into_heap(mut self) -> Option<Heap> {
        if self.found.is_none() {
            self.end_collection(true);
        }
        let (collection, built) = self.found?;
        let types = self.types.named(&built.type_ids);
        let trace = self.trace;
        let taken = trace.map_or(0, |trace| trace.unix_nanos(collection.timestamp));
        let mut losses = built.losses;
        losses.object_events += self.unreadable;
        let about = About {
            process_id: trace.map_or(0, |trace| trace.process_id),
            pointer_size: trace.map_or(0, |trace| trace.pointer_size),
            process_name: String::new(),
            taken_unix_ns: taken,
            collection: Some(collection.number),
            pause_ns: collection.pause_nanos(trace.as_ref()),
            generation_bytes: collection.generation_bytes,
            losses,
        };
        let roots = built.roots.into_iter().map(Root::from).collect();
        Some(Heap { graph: built.graph, types, roots, about })
    }

    fn event_of(&mut self, event: &Event<'_>, source: Source) {
        self.last_ticks = self.last_ticks.max(Some(event.timestamp));
        let read = match source {
            Source::Runtime => self.runtime_event(event),
            Source::Rundown => self.rundown_event(event),
            _ => Ok(()),
        };
        self.unreadable += u64::from(read.is_err());
    }

    fn building(&self) -> Option<&Building> {
        self.collection.as_ref()?.building.as_deref()
    }

    fn building_mut(&mut self) -> Option<&mut Building> {
        self.collection.as_mut()?.building.as_deref_mut()
    }

    fn start_collection(&mut self, event: &Event<'_>, start: &GCStart<'_>) {
        self.collections += 1;
        let is_full = start.Depth.is_some_and(|depth| depth >= 2);
        let tells = is_full && start.Type == Some(GCType::NonConcurrentGC);
        if tells {
            self.collection = Some(Collection {
                number: start.Count,
                timestamp: event.timestamp,
                building: Some(Box::new(Building::new(event.trace.pointer_size))),
                generation_bytes: None,
                suspended: self.suspended,
                resumed: None,
            });
        }
    }

    fn end_collection(&mut self, cut_off: bool) {
        let Some(collection) = &mut self.collection else { return };
        let Some(building) = collection.building.take() else { return };
        if building.is_empty() {
            self.collection = None;
            return;
        }
        let built = building.finish(cut_off);
        self.complete += u32::from(!cut_off);
        if let Some(collection) = self.collection.take() {
            self.found = Some((collection, built));
        }
    }

    fn runtime_event(&mut self, event: &Event<'_>) -> Result<(), dotnet_events::EventError> {
        match event.metadata.event_id {
            GCBulkNode::ID => {
                let bulk = GCBulkNode::decode(event)?;
                if let Some(building) = self.building_mut() {
                    building.nodes(&bulk);
                }
            }
            GCBulkEdge::ID => {
                let bulk = GCBulkEdge::decode(event)?;
                if let Some(building) = self.building_mut() {
                    building.edges(&bulk);
                }
            }
            BulkType::ID => self.types.add(&BulkType::decode(event)?),
            GCBulkRootEdge::ID => {
                let bulk = GCBulkRootEdge::decode(event)?;
                if let Some(building) = self.building_mut() {
                    building.root_edges(&bulk);
                }
            }
            GCBulkRootStaticVar::ID => {
                let bulk = GCBulkRootStaticVar::decode(event)?;
                if let Some(building) = self.building_mut() {
                    building.static_fields(&bulk);
                }
            }
            GCBulkRootConditionalWeakTableElementEdge::ID => {
                let bulk = GCBulkRootConditionalWeakTableElementEdge::decode(event)?;
                if let Some(building) = self.building_mut() {
                    building.dependents(&bulk);
                }
            }
            GCBulkRootCCW::ID => {
                let bulk = GCBulkRootCCW::decode(event)?;
                if let Some(building) = self.building_mut() {
                    building.com_objects(&bulk);
                }
            }
            GCStart::ID => self.start_collection(event, &GCStart::decode(event)?),
            GCEnd::ID => {
                let end = GCEnd::decode(event)?;
                if self.collection.as_ref().is_some_and(|collection| collection.number == end.Count) {
                    self.end_collection(false);
                }
            }
            GCSuspendEEBegin::ID => self.suspended = Some(event.timestamp),
            GCRestartEEEnd::ID => {
                if let (Some((collection, _)), None) = (&mut self.found, &self.collection) {
                    collection.resumed.get_or_insert(event.timestamp);
                }
            }
            GCHeapStats::ID => self.heap_statistics(&GCHeapStats::decode(event)?),
            loader::ModuleLoad::ID => {
                let load = loader::ModuleLoad::decode(event)?;
                self.module(&load.module);
            }
            _ => {}
        }
        Ok(())
    }

    /// The runtime tells sizes right after the end of a collection.
    fn heap_statistics(&mut self, statistics: &GCHeapStats<'_>) {
        if let Some((collection, _)) = &mut self.found
            && self.collection.is_none()
            && collection.generation_bytes.is_none()
        {
            collection.generation_bytes = Some([
                statistics.GenerationSize0,
                statistics.GenerationSize1,
                statistics.GenerationSize2,
                statistics.GenerationSize3,
                statistics.GenerationSize4.unwrap_or(0),
            ]);
        }
    }

    fn rundown_event(&mut self, event: &Event<'_>) -> Result<(), dotnet_events::EventError> {
        match event.metadata.event_id {
            rundown::ModuleDCStart::ID => self.module(&rundown::ModuleDCStart::decode(event)?.module),
            rundown::ModuleDCEnd::ID => self.module(&rundown::ModuleDCEnd::decode(event)?.module),
            _ => {}
        }
        Ok(())
    }

    fn module(&mut self, module: &dotnet_events::runtime::groups::Module<'_>) {
        let (il, native) = (module.ModuleILPath.to_string(), module.ModuleNativePath.to_string());
        self.types.add_module(module.ModuleID, &il, &native);
    }
}

impl Collection {
    fn pause_nanos(&self, trace: Option<&TraceInfo>) -> Option<i64> {
        let trace = trace?;
        Some(trace.relative_nanos(self.resumed?).saturating_sub(trace.relative_nanos(self.suspended?)))
    }
}

impl Fold for HeapDump {
    fn uses_code(&self) -> bool {
        false
    }

    fn event(&mut self, event: &Event<'_>, context: &mut Context<'_>) {
        self.event_of(event, context.source);
    }

    fn trace(&mut self, trace: &TraceInfo) {
        self.trace = Some(*trace);
    }
}

/// By itself, for whoever asks for the progress in between.
impl Sink for HeapDump {
    fn event(&mut self, event: &Event<'_>) {
        let source = self.sources.of(event);
        self.event_of(event, source);
    }

    fn trace(&mut self, trace: &TraceInfo) {
        self.trace = Some(*trace);
    }
}

impl From<RawRoot> for Root {
    fn from(root: RawRoot) -> Self {
        // Numbers of objects have 32 bits.
        Self { node: u32::try_from(root.object).unwrap_or(u32::MAX), kind: root.kind, field: root.field }
    }
}
