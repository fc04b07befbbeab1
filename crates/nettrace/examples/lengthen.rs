//! Writes a trace so many times over, one pass behind the other in time: `lengthen FILE TIMES > LONGER`.
//!
//! Makes large traces for measurements out of small ones, and shows how what a decoder reads is changed and written.

use std::collections::HashMap;
use std::error::Error;
use std::fs::File;
use std::io::{self, Read as _, Write as _};

use nettrace::{
    Decoder, DefinitionId, EncodeError, Encoder, EncoderOptions, Event, EventRecord, SequencePoint, Sink,
    TraceInfo,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(times)) = (arguments.next(), arguments.next()) else {
        return Err("usage: lengthen FILE TIMES > LONGER".into());
    };
    let times: u32 = times.parse()?;
    let mut out = io::stdout().lock();
    let mut longer = Longer::default();
    let mut bytes = vec![0; 64 << 10];
    for _ in 0..times {
        let mut file = File::open(&path)?;
        let mut decoder = Decoder::new();
        loop {
            let length = file.read(&mut bytes)?;
            if length == 0 {
                break;
            }
            decoder.push(&bytes[..length], &mut longer)?;
            longer.write_to(&mut out)?;
        }
        decoder.finish(&mut longer)?;
        longer.next_pass();
    }
    longer.write_to(&mut out)?;
    if let Some(encoder) = longer.encoder {
        out.write_all(&encoder.finish()?)?;
    }
    Ok(())
}

/// Writes all events that it is told, later by what earlier passes took.
#[derive(Default)]
struct Longer {
    encoder: Option<Encoder>,
    /// By [`nettrace::Metadata::index`], which is the same in each pass.
    definitions: HashMap<u32, DefinitionId>,
    /// When the trace began, the latest time written, and what is added to times, in ticks.
    start: i64,
    latest: i64,
    shift: i64,
    error: Option<EncodeError>,
}

impl Longer {
    fn next_pass(&mut self) {
        self.shift = self.latest - self.start;
    }

    fn write_to(&mut self, out: &mut impl io::Write) -> Result<(), Box<dyn Error>> {
        if let Some(error) = self.error.take() {
            return Err(error.into());
        }
        if let Some(encoder) = &mut self.encoder {
            out.write_all(encoder.output())?;
            encoder.consume(encoder.output().len());
        }
        Ok(())
    }

    fn write_event(&mut self, event: &Event<'_>) -> Result<(), EncodeError> {
        let Some(encoder) = &mut self.encoder else { return Ok(()) };
        let definition = match self.definitions.get(&event.metadata.index) {
            Some(definition) => *definition,
            None => {
                let definition = encoder.define(event.metadata)?;
                self.definitions.insert(event.metadata.index, definition);
                definition
            }
        };
        let timestamp = event.timestamp + self.shift;
        self.latest = self.latest.max(timestamp);
        let record = EventRecord {
            timestamp,
            thread_id: event.thread_id,
            capture_thread_id: Some(event.capture_thread_id),
            processor: event.processor,
            stack: event.stack.as_bytes(),
            activity_id: event.activity_id,
            related_activity_id: event.related_activity_id,
            sorted: event.sorted,
            payload: event.payload,
            ..EventRecord::default()
        };
        encoder.event(definition, &record)
    }
}

impl Sink for Longer {
    fn trace(&mut self, trace: &TraceInfo) {
        if self.encoder.is_none() {
            // Sequence points are those of the trace that is read.
            let mut options = EncoderOptions::default();
            options.sequence_point_bytes = None;
            match Encoder::with_options(options, trace) {
                Ok(encoder) => self.encoder = Some(encoder),
                Err(error) => self.error = Some(error),
            }
            self.start = trace.start_ticks;
        }
    }

    fn event(&mut self, event: &Event<'_>) {
        if self.error.is_none() {
            self.error = self.write_event(event).err();
        }
    }

    fn sequence_point(&mut self, point: &SequencePoint<'_>) {
        if let (Some(encoder), None) = (&mut self.encoder, &self.error) {
            self.error = encoder.sequence_point(point.timestamp + self.shift).err();
        }
    }
}
