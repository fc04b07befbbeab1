//! Everything that a stream gives, to be compared: however it is read, it must be the same.

use std::hash::{DefaultHasher, Hash, Hasher};

use nettrace::{
    Decoder, Error, Event, Label, Limits, Metadata, Reader, SequencePoint, Sink, Statistics, Thread,
    Tolerance, TraceInfo,
};

use crate::allocator::most_held;
use crate::values::walk;

/// Values looked at per event, and addresses per stack, so that a small input cannot ask for a long walk.
const MAX_VALUES: usize = 100;

/// Bytes that a decoder with [`small_limits`] may hold beside what was pushed: two tables of 65,536 pointers, both moving
/// to larger places, and what the limits say.
const MAX_HELD: i64 = 4 << 20;

pub(crate) const TOLERANCES: [Tolerance; 3] = [Tolerance::Strict, Tolerance::Oddities, Tolerance::Damage];

/// What a stream gave.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) statistics: Statistics,
    pub(crate) error: Option<Error>,
    damage: Option<Error>,
    complete: bool,
    /// Over everything that was delivered.
    digest: u64,
}

impl Outcome {
    fn of(decoder: &Decoder, result: Result<(), Error>, mut digest: Digest) -> Self {
        let mut lost: Vec<_> = decoder.lost_by_thread().collect();
        lost.sort_unstable();
        lost.hash(&mut digest.hasher);
        decoder.trace_properties().hash(&mut digest.hasher);
        let mut statistics = decoder.statistics();
        if result.is_err() {
            // Pushing stops at the error, which leaves more or less of the stream out.
            statistics.bytes = 0;
        }
        Self {
            statistics,
            error: result.err(),
            damage: decoder.damage().cloned(),
            complete: decoder.is_complete(),
            digest: digest.hasher.finish(),
        }
    }

    /// What must be true of any stream of that many bytes.
    pub(crate) fn check(&self, length: usize) {
        let length = length as u64;
        let statistics = &self.statistics;
        assert!(statistics.payload_bytes <= length);
        // The shortest event takes two bytes.
        assert!(statistics.events + statistics.undefined_events <= length / 2);
        for error in [&self.error, &self.damage].into_iter().flatten() {
            assert!(error.offset <= length);
            assert!(!error.to_string().is_empty());
        }
        assert_eq!(self.damage.is_some(), statistics.damaged_blocks > 0);
        assert_eq!(self.complete, self.error.is_none());
    }
}

/// Limits that small inputs meet.
pub(crate) fn small_limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_item_bytes = 4096;
    limits.max_metadata = 16;
    limits.max_metadata_bytes = 16 << 10;
    limits.max_threads = 8;
    limits.max_stacks = 64;
    limits.max_stack_bytes = 4096;
    limits.max_label_bytes = 4096;
    limits.max_thread_bytes = 4096;
    limits
}

pub(crate) fn decoder(limits: Limits, tolerance: Tolerance) -> Decoder {
    Decoder::with_limits(limits).tolerate(tolerance)
}

/// Pushes the stream to its end in pieces of the given sizes, over and over; as a whole when there are none.
pub(crate) fn push_in_pieces(
    decoder: &mut Decoder,
    stream: &[u8],
    pieces: &[u8],
    sink: &mut impl Sink,
) -> Result<(), Error> {
    let mut rest = stream;
    let mut sizes = pieces.iter().cycle();
    let mut result = Ok(());
    while !rest.is_empty() && result.is_ok() {
        let size = sizes.next().map_or(rest.len(), |size| usize::from(*size) + 1);
        let (piece, behind) = rest.split_at(size.min(rest.len()));
        result = decoder.push(piece, sink);
        rest = behind;
    }
    let finished = decoder.finish(sink);
    assert!(result.is_ok() || result == finished, "an error must stay");
    finished
}

/// The stream, pushed in pieces.
pub(crate) fn pushed(stream: &[u8], pieces: &[u8], limits: Limits, tolerance: Tolerance) -> Outcome {
    let mut outcome = None;
    let held = most_held(|| {
        let mut decoder = decoder(limits, tolerance);
        let mut digest = Digest::default();
        let finished = push_in_pieces(&mut decoder, stream, pieces, &mut digest);
        outcome = Some(Outcome::of(&decoder, finished, digest));
    });
    let copied = 2 * stream.len() as i64;
    assert!(limits == Limits::default() || held <= MAX_HELD + copied, "{held} bytes held");
    outcome.expect("it was made")
}

/// The stream, read where it is.
pub(crate) fn read(stream: &[u8], limits: Limits, tolerance: Tolerance) -> Outcome {
    let mut reader = Reader::with_decoder(stream, decoder(limits, tolerance));
    let mut digest = Digest::default();
    let result = reader.read(&mut digest);
    assert!(reader.position() <= stream.len());
    Outcome::of(reader.decoder(), result, digest)
}

/// The stream, read where it is, block by block. After `look_after` blocks it must have given what its part up to there
/// gives when it is pushed.
pub(crate) fn read_by_block(stream: &[u8], look_after: u8, limits: Limits, tolerance: Tolerance) -> Outcome {
    let mut reader = Reader::with_decoder(stream, decoder(limits, tolerance));
    let mut digest = Digest::default();
    let mut blocks = 0u64;
    let result = loop {
        let before = reader.position();
        match reader.read_block(&mut digest) {
            Ok(Some(_)) => assert!(reader.position() > before, "a block has bytes"),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
        blocks += 1;
        assert_eq!(reader.decoder().statistics().blocks + trace_objects(reader.decoder()), blocks);
        if blocks == u64::from(look_after) {
            let mut prefix = decoder(limits, tolerance);
            let mut prefix_digest = Digest::default();
            let pushed = stream.get(..reader.position()).unwrap_or_default();
            prefix.push(pushed, &mut prefix_digest).expect("it was read before");
            assert_eq!(prefix_digest.hasher.finish(), digest.hasher.finish(), "after {blocks} blocks");
        }
    };
    assert_eq!(reader.read_block(&mut digest).is_err(), result.is_err(), "the end stays");
    Outcome::of(reader.decoder(), result, digest)
}

/// The stream, split into parts that are read one after the other, up to the first that is at fault, and joined. Threads
/// must not be so many that `limits` makes a decoder forget some.
pub(crate) fn read_in_parts(stream: &[u8], parts: usize, limits: Limits, tolerance: Tolerance) -> Outcome {
    let mut digest = Digest::default();
    let mut result = Ok(());
    let mut whole: Option<Reader<'_>> = None;
    for mut part in Reader::with_decoder(stream, decoder(limits, tolerance)).split(parts) {
        result = part.read(&mut digest);
        whole = Some(match whole {
            Some(whole) => whole.join(part),
            None => part,
        });
        if result.is_err() {
            break;
        }
    }
    Outcome::of(whole.expect("there is a part").decoder(), result, digest)
}

/// Before version 6 the head of a trace is not a block, but counts as one when reading stops after it.
fn trace_objects(decoder: &Decoder) -> u64 {
    decoder.trace().map_or(0, |trace| u64::from(trace.version < 6))
}

/// A hash over everything that is delivered.
#[derive(Default)]
struct Digest {
    hasher: DefaultHasher,
}

impl Sink for Digest {
    fn event(&mut self, event: &Event<'_>) {
        let hasher = &mut self.hasher;
        (event.metadata.index, event.timestamp, event.unix_nanos(), event.sorted).hash(hasher);
        (event.thread_id, event.capture_thread_id, event.processor).hash(hasher);
        (event.sequence_number, event.activity_id, event.related_activity_id).hash(hasher);
        (event.opcode(), event.keywords(), event.level(), event.version()).hash(hasher);
        (event.stack.id(), event.stack.len(), event.payload).hash(hasher);
        (event.process_id(), event.thread().map(|thread| thread.index)).hash(hasher);
        event.stack.addresses().take(MAX_VALUES).for_each(|address| address.hash(hasher));
        event.labels().iter().take(MAX_VALUES).for_each(|label| hash_label(label, hasher));
        walk(event.fields(), &mut { MAX_VALUES }, hasher);
    }

    fn trace(&mut self, trace: &TraceInfo) {
        (trace.version, trace.start_unix_nanos, trace.process_id, trace.pointer_size).hash(&mut self.hasher);
    }

    fn trace_property(&mut self, name: &str, value: &str) {
        (name, value).hash(&mut self.hasher);
    }

    fn thread(&mut self, thread: &Thread) {
        (thread.index, &thread.name, thread.process_id, thread.thread_id).hash(&mut self.hasher);
        thread.properties.hash(&mut self.hasher);
    }

    fn thread_removed(&mut self, index: u64, last_sequence_number: u32) {
        (index, last_sequence_number).hash(&mut self.hasher);
    }

    fn metadata(&mut self, metadata: &Metadata) {
        (metadata.id, metadata.index, metadata.fingerprint, metadata.fields.len()).hash(&mut self.hasher);
        (&metadata.attributes, metadata.fields_unreadable, metadata.opcode).hash(&mut self.hasher);
    }

    fn sequence_point(&mut self, point: &SequencePoint<'_>) {
        (point.timestamp, point.forgets_threads, point.forgets_metadata).hash(&mut self.hasher);
        assert_eq!(point.threads().len(), point.threads().count());
        point.threads().for_each(|thread| thread.hash(&mut self.hasher));
    }
}

fn hash_label(label: Label<'_>, hasher: &mut DefaultHasher) {
    match label {
        Label::Text { key, value } => (key, value).hash(hasher),
        Label::Integer { key, value } => (key, value).hash(hasher),
        other => format!("{other:?}").hash(hasher),
    }
}
