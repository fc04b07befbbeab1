//! Writing what a decoder reads.

use std::collections::HashMap;

use crate::encode::counterparts::Counterparts;
use crate::encode::encoder::{DefinitionId, Encoder};
use crate::encode::head::EventHead;
use crate::encode::sequence_point::PointHead;
use crate::encode::{EncodeError, EncoderOptions, EventRecord, Version};
use crate::event::{Event, Sink};
use crate::field::Fields;
use crate::header::NO_PROCESSOR;
use crate::labels::Label;
use crate::metadata::Metadata;
use crate::sequence::SequencePoint;
use crate::thread::Thread;
use crate::trace_info::{TraceInfo, property};

/// Writes anew what a [`Decoder`](crate::Decoder) reads, in the same or another version: push the decoder's bytes into it.
///
/// ```
/// use nettrace::{Decoder, EncoderOptions, Recoder, Version};
///
/// fn to_version_6(stream: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
///     let mut decoder = Decoder::new();
///     let mut recoder = Recoder::new(EncoderOptions::new(Version::V6));
///     let mut converted = Vec::new();
///     for bytes in stream.chunks(64 << 10) {
///         decoder.push(bytes, &mut recoder)?;
///         converted.extend_from_slice(recoder.output());
///         recoder.consume(recoder.output().len());
///     }
///     recoder.finish()?;
///     converted.extend_from_slice(recoder.output());
///     eprintln!("left out: {:?}", recoder.left_out());
///     Ok(converted)
/// }
/// # let mut encoder = nettrace::Encoder::new(Version::V4, &nettrace::TraceInfo::new(0, 0, 1000)).unwrap();
/// # assert!(to_version_6(&encoder.finish().unwrap()).unwrap().starts_with(b"Nettrace\0\0\0\0\x06"));
/// ```
///
/// Everything stays as it is and in the order of the stream, with these exceptions:
///
/// - Ids of stacks and lists of labels are given anew; so are ids of definitions that redefine others, and indices of threads
///   that come from version 4.
/// - Between versions 4 and 6 sequence numbers are made anew so that readers find the same losses. They stay as they are when
///   each thread's begin with 1 and only grow, which those of runtimes do. Events of netperf are numbered.
/// - Sequence points are those of the stream that is read, but netperf has none, and what threads of version 6 lost at their
///   end needs one in version 4. That a sequence point of version 6 forgets threads or definitions is not said in version 4,
///   and need not be.
/// - What cannot be said in the version that is written is [left out and counted](LeftOut).
#[derive(Debug)]
pub struct Recoder {
    options: EncoderOptions,
    encoder: Option<Encoder>,
    /// Ids of definitions in the stream that is read, and in the one that is written.
    ids: DefinitionIds,
    /// Where threads are called otherwise; none when both are of version 4, or what is read is netperf.
    counterparts: Option<Counterparts>,
    /// Whether the events that are read have numbers.
    numbered: bool,
    left_out: LeftOut,
    /// The first thing that could not be written; nothing is written after it.
    error: Option<EncodeError>,
    finished: bool,
    in_time_order: bool,
}

/// What a [`Recoder`] left out because the version that it writes cannot say it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut {
    /// Properties of the trace.
    pub properties: u64,
    /// Definitions of which the provider's GUID, the message template, the description or attributes are missing.
    pub definitions: u64,
    /// Definitions that have no fields now, because types are among them that version 4 does not have, or because they could
    /// not be read. Their events' payloads are complete.
    pub fields: u64,
    /// Labels of events but for the two activities, those that override what the definition says included.
    pub labels: u64,
    /// Threads of which name, other process or properties are missing.
    pub threads: u64,
    /// Threads of version 6 without an id, or with one that another has at the same time. They have an id that is made up.
    pub thread_ids: u64,
    /// Events that a thread lost before its first event.
    pub lost_events: u64,
}

impl Recoder {
    /// A recoder that writes so. Of the options, [`sequence_point_bytes`](EncoderOptions::sequence_point_bytes) is for
    /// netperf only: other streams have sequence points of their own.
    #[must_use]
    pub fn new(options: EncoderOptions) -> Self {
        Self {
            options,
            encoder: None,
            ids: DefinitionIds::default(),
            counterparts: None,
            numbered: false,
            left_out: LeftOut::default(),
            error: None,
            finished: false,
            in_time_order: false,
        }
    }

    /// The same recoder, for events that come in time order, as [`Decoder::in_time_order`](crate::Decoder::in_time_order)
    /// delivers them: it writes each as [sorted](Event::sorted). Otherwise events that change places with those of other
    /// threads take a block for each change.
    #[must_use]
    pub fn in_time_order(mut self) -> Self {
        self.in_time_order = true;
        self
    }

    /// Writes everything so far to the output.
    ///
    /// # Errors
    ///
    /// The first thing that could not be written, if there was one.
    pub fn flush(&mut self) -> Result<(), EncodeError> {
        self.attempt(|recoder| recoder.encoder.as_mut().map_or(Ok(()), Encoder::flush));
        self.error.clone().map_or(Ok(()), Err)
    }

    /// Ends the stream; the output is complete then. What is sent after that is not written. The stream is ended properly also when what was read was cut
    /// off, or when something could not be written.
    ///
    /// # Errors
    ///
    /// The first thing that could not be written, if there was one; [`EncodeError::NoTrace`] when nothing was read.
    pub fn finish(&mut self) -> Result<(), EncodeError> {
        self.attempt(Self::tell_untold);
        let ended = match &mut self.encoder {
            _ if self.finished => Ok(()),
            None => Err(EncodeError::NoTrace),
            Some(encoder) if self.numbered => encoder.stream.end(),
            Some(encoder) => encoder.end(),
        };
        self.finished = true;
        self.error.clone().map_or(ended, Err)
    }

    /// What was written and has not been consumed.
    #[must_use]
    pub fn output(&self) -> &[u8] {
        self.encoder.as_ref().map_or(&[], Encoder::output)
    }

    /// Says that the first `count` bytes of the output went where they belong. The room they took is used again.
    pub fn consume(&mut self, count: usize) {
        if let Some(encoder) = &mut self.encoder {
            encoder.consume(count);
        }
    }

    /// What was left out so far.
    #[must_use]
    pub fn left_out(&self) -> LeftOut {
        self.left_out
    }

    /// Writes something, unless something before it could not be written.
    fn attempt(&mut self, write: impl FnOnce(&mut Self) -> Result<(), EncodeError>) {
        if self.error.is_none() && !self.finished {
            self.error = write(self).err();
        }
    }

    /// What threads lost at their end is told by a last sequence point if by no other.
    fn tell_untold(&mut self) -> Result<(), EncodeError> {
        let (Some(encoder), Some(counterparts)) = (&mut self.encoder, &mut self.counterparts) else {
            return Ok(());
        };
        let threads = counterparts.untold();
        if threads.is_empty() {
            return Ok(());
        }
        let point = PointHead { timestamp: encoder.stream.latest(), ..PointHead::default() };
        encoder.stream.sequence_point(point, threads.into_iter())
    }

    fn write_definition(&mut self, metadata: &Metadata) -> Result<(), EncodeError> {
        let Some(encoder) = &mut self.encoder else { return Ok(()) };
        self.left_out.fields += u64::from(metadata.fields_unreadable);
        let id = match encoder.define(metadata) {
            Err(EncodeError::NotInVersion { version: Version::V4, .. }) => {
                let plain = self.left_out.without_what_is_new(metadata);
                encoder.define(&plain)?
            }
            defined => defined?,
        };
        self.ids.insert(metadata.id, id);
        Ok(())
    }

    fn write_event(&mut self, event: &Event<'_>) -> Result<(), EncodeError> {
        let Some(encoder) = &mut self.encoder else { return Ok(()) };
        let Some(definition) = self.ids.get(event.metadata.id) else {
            return Err(EncodeError::UndefinedEvent);
        };
        // A stack without frames is written as the stream has it: as one, or as none.
        let stack = event.stack.as_bytes();
        let stack = Some(stack).filter(|stack| !stack.is_empty() || event.stack.id() != 0);
        if !self.numbered {
            let record = EventRecord {
                timestamp: event.timestamp,
                thread_id: event.thread_id,
                activity_id: event.activity_id,
                related_activity_id: event.related_activity_id,
                sorted: event.sorted || self.in_time_order,
                payload: event.payload,
                ..EventRecord::default()
            };
            return encoder.record(definition, &record, stack);
        }
        let mut head = EventHead {
            metadata_id: definition.0,
            sequence: event.sequence_number,
            capture_thread: event.capture_thread_id,
            processor: event.processor.unwrap_or(NO_PROCESSOR),
            thread: event.thread_id,
            timestamp: event.timestamp,
            activity: event.activity_id,
            related_activity: event.related_activity_id,
            sorted: event.sorted || self.in_time_order,
            ..EventHead::default()
        };
        if let Some(counterparts) = &mut self.counterparts {
            let (thread, capture_thread) = event.thread_keys();
            let stream = &mut encoder.stream;
            let capture = counterparts.get(capture_thread, stream, &mut self.left_out)?;
            head.sequence = capture.event(event.sequence_number, &mut self.left_out);
            head.capture_thread = capture.written;
            head.thread = if thread == capture_thread {
                head.capture_thread
            } else {
                counterparts.get(thread, stream, &mut self.left_out)?.written
            };
        }
        let labels = event.labels();
        if encoder.stream.version() == Version::V4 {
            self.left_out.labels += labels.iter().filter(|label| !is_activity(label)).count() as u64;
            return encoder.stream.event(head, stack, std::iter::empty(), event.payload);
        }
        if !labels.is_empty() {
            // The activities are among them.
            (head.activity, head.related_activity) = Default::default();
        }
        encoder.stream.event(head, stack, labels.iter(), event.payload)
    }

    fn write_sequence_point(&mut self, point: &SequencePoint<'_>) -> Result<(), EncodeError> {
        let Some(encoder) = &mut self.encoder else { return Ok(()) };
        let head = PointHead {
            timestamp: point.timestamp,
            forgets_threads: point.forgets_threads,
            forgets_metadata: point.forgets_metadata && encoder.stream.version() == Version::V6,
        };
        if let Some(counterparts) = &mut self.counterparts {
            let stream = &mut encoder.stream;
            let threads = counterparts.sequence_point(point.threads(), stream, &mut self.left_out)?;
            stream.sequence_point(head, threads.into_iter())?;
            if point.forgets_threads {
                counterparts.end_all();
            }
        } else {
            encoder.stream.sequence_point(head, point.threads())?;
        }
        if point.forgets_metadata {
            self.ids = DefinitionIds::default();
        }
        Ok(())
    }
}

fn is_activity(label: &Label<'_>) -> bool {
    matches!(label, Label::ActivityId(_) | Label::RelatedActivityId(_))
}

impl LeftOut {
    /// A definition as version 4 can say it.
    fn without_what_is_new(&mut self, metadata: &Metadata) -> Metadata {
        let mut plain = metadata.clone();
        plain.provider_guid = None;
        plain.message_template = None;
        plain.description = None;
        plain.attributes.clear();
        self.definitions += u64::from(plain != *metadata);
        if !super::definition::has_fields_of_version_4(metadata) {
            self.fields += 1;
            plain.fields = Fields::default();
        }
        plain
    }
}

impl Sink for Recoder {
    fn event(&mut self, event: &Event<'_>) {
        self.attempt(|recoder| recoder.write_event(event));
    }

    fn trace(&mut self, trace: &TraceInfo) {
        self.attempt(|recoder| {
            let version = recoder.options.version;
            recoder.numbered = trace.version > 3;
            recoder.counterparts = match (trace.version, version) {
                (4, Version::V4) | (..4, _) => None,
                (4, _) => Some(Counterparts::new(Version::V4, version)),
                _ => Some(Counterparts::new(Version::V6, version)),
            };
            recoder.encoder = Some(Encoder::with_options(recoder.options, trace)?);
            Ok(())
        });
    }

    fn trace_property(&mut self, name: &str, value: &str) {
        self.attempt(|recoder| match &mut recoder.encoder {
            Some(encoder) if recoder.options.version == Version::V6 => encoder.property(name, value),
            _ => {
                recoder.left_out.properties += u64::from(!property::ALL.contains(&name));
                Ok(())
            }
        });
    }

    fn thread(&mut self, thread: &Thread) {
        self.attempt(|recoder| match (&mut recoder.encoder, &mut recoder.counterparts) {
            (Some(encoder), Some(counterparts)) => {
                counterparts.define(thread, &mut encoder.stream, &mut recoder.left_out)
            }
            _ => Ok(()),
        });
    }

    fn thread_removed(&mut self, index: u64, last_sequence_number: u32) {
        self.attempt(|recoder| match (&mut recoder.encoder, &mut recoder.counterparts) {
            (Some(encoder), Some(counterparts)) => {
                counterparts.end(index, last_sequence_number, &mut encoder.stream, &mut recoder.left_out)
            }
            _ => Ok(()),
        });
    }

    fn metadata(&mut self, metadata: &Metadata) {
        self.attempt(|recoder| recoder.write_definition(metadata));
    }

    fn sequence_point(&mut self, point: &SequencePoint<'_>) {
        self.attempt(|recoder| recoder.write_sequence_point(point));
    }
}

/// Ids up to here are found by indexing; runtimes count from 1.
const DENSE_IDS: usize = 1 << 16;

/// Ids of definitions in the stream that is written, by those in the one that is read.
#[derive(Debug, Default)]
struct DefinitionIds {
    dense: Vec<Option<DefinitionId>>,
    sparse: HashMap<u32, DefinitionId>,
}

impl DefinitionIds {
    #[inline]
    fn get(&self, read: u32) -> Option<DefinitionId> {
        let index = read as usize;
        if index < DENSE_IDS { *self.dense.get(index)? } else { self.sparse.get(&read).copied() }
    }

    fn insert(&mut self, read: u32, written: DefinitionId) {
        let index = read as usize;
        if index >= DENSE_IDS {
            self.sparse.insert(read, written);
            return;
        }
        if self.dense.len() <= index {
            self.dense.resize(index + 1, None);
        }
        if let Some(slot) = self.dense.get_mut(index) {
            *slot = Some(written);
        }
    }
}
