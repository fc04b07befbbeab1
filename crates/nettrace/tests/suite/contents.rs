//! Everything that a stream says, in a form that does not depend on its version, so that two streams can be compared.
#![allow(dead_code, reason = "each of the test binaries that include this uses a part of it")]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};

use nettrace::{Decoder, Event, Fields, Label, Metadata, SequencePoint, Sink, Statistics, Thread, TraceInfo};

/// What is compared of a stream.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Contents {
    pub(crate) trace: Option<TraceInfo>,
    pub(crate) properties: Vec<(String, String)>,
    pub(crate) definitions: Vec<Metadata>,
    pub(crate) threads: Vec<Thread>,
    pub(crate) removed: Vec<(u64, u32)>,
    /// A hash of each.
    pub(crate) events: Vec<u64>,
    pub(crate) points: Vec<Point>,
    pub(crate) lost: u64,
    pub(crate) lost_by_thread: BTreeMap<u64, u64>,
    options: Options,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Point {
    /// The number of events before it.
    pub(crate) events: usize,
    timestamp: i64,
    threads: Vec<(u64, u32)>,
}

/// What to leave out.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Options {
    /// Numbers of events and threads' last numbers.
    pub(crate) numbers: bool,
    /// Ids of threads.
    pub(crate) thread_ids: bool,
    /// What only version 6 has.
    pub(crate) version_6: bool,
    /// What threads sequence points list.
    pub(crate) listed: bool,
    /// Ids of definitions.
    pub(crate) definition_ids: bool,
    /// Fields of definitions.
    pub(crate) fields: bool,
    /// How many events threads lost.
    pub(crate) lost: bool,
}

impl Contents {
    /// Decodes as much of a stream as there is. Says also whether it has an end.
    pub(crate) fn of(bytes: &[u8], leave_out: Options) -> (Self, Statistics, bool) {
        Self::read(Decoder::new(), bytes, leave_out)
    }

    pub(crate) fn read(mut decoder: Decoder, bytes: &[u8], leave_out: Options) -> (Self, Statistics, bool) {
        let mut contents = Self {
            trace: None,
            properties: Vec::new(),
            definitions: Vec::new(),
            threads: Vec::new(),
            removed: Vec::new(),
            events: Vec::new(),
            points: Vec::new(),
            lost: 0,
            lost_by_thread: BTreeMap::new(),
            options: leave_out,
        };
        let _ = decoder.push(bytes, &mut contents);
        let complete = decoder.is_complete();
        if !leave_out.lost {
            contents.lost = decoder.statistics().lost_events;
        }
        if !leave_out.lost && !leave_out.thread_ids {
            for (thread, lost) in decoder.lost_by_thread() {
                *contents.lost_by_thread.entry(thread).or_default() += lost;
            }
        }
        (contents, decoder.statistics(), complete)
    }

    /// Fails with the first difference.
    pub(crate) fn assert_same(&self, other: &Self, name: &str) {
        assert_eq!(self.trace, other.trace, "{name}");
        assert_eq!(self.properties, other.properties, "{name}");
        assert_list(&self.definitions, &other.definitions, name);
        assert_list(&self.threads, &other.threads, name);
        assert_list(&self.removed, &other.removed, name);
        assert_list(&self.points, &other.points, name);
        // Not a comparison of lists: the hashes would say nothing.
        let pairs = self.events.iter().zip(&other.events);
        assert_eq!(pairs.clone().position(|(left, right)| left != right), None, "{name}: an event differs");
        assert_eq!(self.events.len(), other.events.len(), "{name}");
        assert_eq!((self.lost, &self.lost_by_thread), (other.lost, &other.lost_by_thread), "{name}");
    }
}

fn assert_list<T: Debug + PartialEq>(left: &[T], right: &[T], name: &str) {
    for (left, right) in left.iter().zip(right) {
        assert_eq!(left, right, "{name}");
    }
    assert_eq!(left.len(), right.len(), "{name}");
}

impl Sink for Contents {
    fn event(&mut self, event: &Event<'_>) {
        let mut hasher = DefaultHasher::new();
        (event.metadata.index, event.timestamp, event.processor, event.sorted).hash(&mut hasher);
        (event.stack.as_bytes(), event.activity_id, event.related_activity_id).hash(&mut hasher);
        event.payload.hash(&mut hasher);
        if !self.options.numbers {
            event.sequence_number.hash(&mut hasher);
        }
        if !self.options.thread_ids {
            (event.thread_id, event.capture_thread_id).hash(&mut hasher);
        }
        if !self.options.version_6 {
            if !self.options.thread_ids {
                event.thread().map(|thread| thread.index).hash(&mut hasher);
            }
            for label in event.labels().iter() {
                hash_label(&label, &mut hasher);
            }
        }
        self.events.push(hasher.finish());
    }

    fn trace(&mut self, trace: &TraceInfo) {
        // The version is compared by the tests that care.
        let mut trace = *trace;
        trace.version = 0;
        self.trace = Some(trace);
    }

    fn trace_property(&mut self, name: &str, value: &str) {
        if !self.options.version_6 {
            self.properties.push((name.to_owned(), value.to_owned()));
        }
    }

    fn thread(&mut self, thread: &Thread) {
        if !self.options.version_6 {
            self.threads.push(thread.clone());
        }
    }

    fn thread_removed(&mut self, index: u64, last: u32) {
        if !self.options.version_6 {
            self.removed.push((index, last));
        }
    }

    fn metadata(&mut self, metadata: &Metadata) {
        let mut metadata = metadata.clone();
        // It is over the bytes, which differ between versions.
        metadata.fingerprint = 0;
        if self.options.definition_ids {
            metadata.id = 0;
        }
        if self.options.fields {
            metadata.fields = Fields::default();
            metadata.fields_unreadable = false;
        }
        if self.options.version_6 {
            metadata.provider_guid = None;
            metadata.message_template = None;
            metadata.description = None;
            metadata.attributes.clear();
        }
        self.definitions.push(metadata);
    }

    fn sequence_point(&mut self, point: &SequencePoint<'_>) {
        let mut threads: Vec<_> = point.threads().collect();
        if self.options.listed {
            threads.clear();
        }
        self.points.push(Point { events: self.events.len(), timestamp: point.timestamp, threads });
    }
}

fn hash_label(label: &Label<'_>, hasher: &mut DefaultHasher) {
    match *label {
        Label::ActivityId(id) => (1, id).hash(hasher),
        Label::RelatedActivityId(id) => (2, id).hash(hasher),
        Label::TraceId(id) => (3, id).hash(hasher),
        Label::SpanId(id) => (4, id).hash(hasher),
        Label::Text { key, value } => (5, key, value).hash(hasher),
        Label::Integer { key, value } => (6, key, value).hash(hasher),
        Label::Opcode(opcode) => (7, opcode).hash(hasher),
        Label::Keywords(keywords) => (8, keywords).hash(hasher),
        Label::Level(level) => (9, level).hash(hasher),
        Label::Version(version) => (10, version).hash(hasher),
        other => panic!("{other:?} is new"),
    }
}
