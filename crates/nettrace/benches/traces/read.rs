//! Reading on one thread.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use nettrace::{Decoder, Event, Reader, Sink, Value};

/// The size of pieces: what a read from a socket or file gives.
pub(crate) const PIECE: usize = 64 << 10;

/// What every event begins with, folded into one number.
#[derive(Default)]
pub(crate) struct Heads(u64);

impl Sink for Heads {
    fn event(&mut self, event: &Event<'_>) {
        self.0 = self.0.wrapping_add(event.timestamp as u64 ^ u64::from(event.metadata.id));
    }
}

/// The heads of all events of a trace in memory.
pub(crate) fn heads(bytes: &[u8]) -> Heads {
    read_heads(&mut Reader::new(bytes))
}

pub(crate) fn read_heads(reader: &mut Reader<'_>) -> Heads {
    let mut heads = Heads::default();
    reader.read(&mut heads).expect("the trace is whole");
    heads
}

/// The heads of all events of a trace that comes in pieces.
pub(crate) fn heads_pushed(bytes: &[u8]) -> Heads {
    let mut heads = Heads::default();
    push(Decoder::new(), bytes, &mut heads);
    heads
}

/// Pushes a trace in pieces.
pub(crate) fn push(mut decoder: Decoder, bytes: &[u8], sink: &mut impl Sink) {
    for piece in bytes.chunks(PIECE) {
        decoder.push(piece, sink).expect("the trace is sound");
    }
    decoder.finish(sink).expect("the trace is whole");
}

/// From opening the file to its last event: the file is in the system's cache, and copied out of it piece by piece.
pub(crate) fn heads_from_file(path: &Path) -> Heads {
    let mut file = File::open(path).expect("the trace was read before");
    let mut heads = Heads::default();
    let mut decoder = Decoder::new();
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece).expect("the trace was read before") {
            0 => break,
            length => decoder.push(&piece[..length], &mut heads).expect("the trace is sound"),
        }
    }
    decoder.finish(&mut heads).expect("the trace is whole");
    heads
}

/// The sum of all addresses of all events' stacks.
pub(crate) fn stacks(bytes: &[u8]) -> u64 {
    let mut sum = 0_u64;
    let mut sink = |event: &Event<'_>| {
        for address in event.stack.addresses() {
            sum = sum.wrapping_add(address);
        }
    };
    Reader::new(bytes).read(&mut sink).expect("the trace is whole");
    sum
}

/// Every field of the events that describe their own payloads.
pub(crate) fn fields(bytes: &[u8]) -> usize {
    let mut sum = 0_usize;
    let mut sink = |event: &Event<'_>| {
        for (_, value) in event.values() {
            sum = sum.wrapping_add(value.map_or(0, |value| touch(&value)));
        }
    };
    Reader::new(bytes).read(&mut sink).expect("the trace is whole");
    sum
}

/// Looks at a value, nested ones included.
fn touch(value: &Value<'_>) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Struct(inner) => inner.values().map(|(_, value)| value.map_or(0, |value| touch(&value))).sum(),
        Value::Array(array) => array.values().map(|value| value.map_or(0, |value| touch(&value))).sum(),
        other => other.as_u64().map_or(1, |number| number as usize & 1),
    }
}
