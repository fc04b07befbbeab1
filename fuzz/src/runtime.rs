//! The runtime's own events, whose fields are known from elsewhere.

use dotnet_events::{Layouts, names, providers};
use nettrace::{Decoder, Event};

use crate::choices::Choices;
use crate::stream::{Definition, Stream, TraceHead};
use crate::values::check_fields;

/// Values looked at per event, so that a small input cannot ask for a long walk.
const MAX_VALUES: usize = 10_000;

const PROVIDERS: &[&str] = &[
    providers::RUNTIME,
    providers::RUNTIME_RUNDOWN,
    providers::RUNTIME_PRIVATE,
    providers::SAMPLE_PROFILER,
    providers::EVENT_PIPE,
    providers::TASKS,
    "Microsoft-Diagnostics-DiagnosticSource",
    "Other",
];

const NAMES: &[&str] = &["", "Event", "Activity1Start", "RecursiveActivity1Stop", "GCStart"];

/// An event of any provider, id and version that does not describe itself, with any payload: its values are the same
/// however they are asked for.
///
/// The first five bytes are the provider, the id, the version, the name, and the size of pointers; the payload follows.
pub fn runtime_events(data: &[u8]) {
    let mut choices = Choices::new(data);
    let provider = choices.of(PROVIDERS);
    let (id, version) = (choices.byte(), choices.byte());
    let name = choices.of(NAMES);
    let how = choices.byte();
    // Most ids are below 256; some are not.
    let id = i32::from(id) + if how & 2 != 0 { 256 } else { 0 };
    let pointer_size = if how & 1 != 0 { 4 } else { 8 };
    let mut stream = Stream::with_head(TraceHead { pointer_size, ..TraceHead::default() });
    let definition = Definition::new(1, provider, id).name(name).version(version.into());
    stream.define_blob(&definition.blob());
    stream.events(|block| {
        block.event(1).sequence(1).payload(choices.rest());
        block.event(1).payload(&[]);
    });
    let mut layouts = Layouts::new();
    let mut events = 0;
    let mut sink = |event: &Event<'_>| {
        events += 1;
        let fields = layouts.fields(event);
        // What is kept of a definition must not change what is read by it.
        assert_eq!(fields.fields(), Layouts::new().fields(event).fields());
        check_fields(fields, MAX_VALUES);
        assert!(!names::event_name(event).is_empty());
    };
    let mut decoder = Decoder::new();
    decoder.push(&stream.end(), &mut sink).expect("the stream is sound around the payload");
    decoder.finish(&mut sink).expect("the stream has an end");
    assert_eq!(events, 2);
}
