//! Events that have structures: the runtime's own and those of .NET's event sources.

use dotnet_events::{EventError, Layouts, Sources, event_sources, providers};
use nettrace::{Decoder, Event};

use crate::choices::Choices;
use crate::stream::{Definition, Stream, TraceHead, V2Field};

const PROVIDERS: &[&str] = &[
    providers::RUNTIME,
    providers::RUNTIME_RUNDOWN,
    providers::RUNTIME_PRIVATE,
    providers::RUNTIME_STRESS,
    providers::SAMPLE_PROFILER,
    providers::EVENT_PIPE,
    providers::HTTP,
    providers::NAME_RESOLUTION,
    providers::SECURITY,
    providers::SOCKETS,
    providers::KESTREL,
    providers::HOSTING,
    providers::DEPENDENCY_INJECTION,
    providers::FRAMEWORK,
    providers::TASKS,
    providers::DIAGNOSTIC_SOURCE,
];

/// Names of events, and none.
const NAMES: &[&str] = &[
    "",
    "RequestStart",
    "RequestStop",
    "RequestLeftQueue",
    "ConnectionEstablished",
    "ResolutionStart",
    "HandshakeStart",
    "HandshakeFailed",
    "ConnectFailed",
    "CallSiteBuilt",
    "ThreadTransferSend",
    "TaskScheduled",
    "TaskCompleted",
    "SetActivityId",
    "Event",
    "ActivityStart",
];

/// Names of fields that the structures look for, and one they do not.
const FIELDS: &[&str] = &[
    "scheme",
    "host",
    "port",
    "pathAndQuery",
    "versionMajor",
    "versionMinor",
    "versionPolicy",
    "statusCode",
    "timeOnQueueMilliseconds",
    "connectionId",
    "isServer",
    "targetHost",
    "TaskID",
    "NewId",
    "SourceName",
    "other",
];

/// Type codes of definitions: booleans, bytes, integers, floating point numbers, GUIDs, text.
const CODES: &[i32] = &[3, 6, 9, 10, 11, 12, 13, 14, 17, 18];

/// Fields of a definition at most.
const MAX_FIELDS: u8 = 9;

/// An event of any provider, id, version and name, with any declared fields or none and any payload: its structure is read to
/// the last element of its arrays, whatever counts the payload claims, or is an error that says of which event.
///
/// The first bytes are the provider, the id (two bytes), the version, the name, the size of pointers and the number of fields,
/// then a name and a type for each field; the payload follows.
pub fn typed_events(data: &[u8]) {
    let mut choices = Choices::new(data);
    let provider = choices.of(PROVIDERS);
    let id = u16::from_le_bytes([choices.byte(), choices.byte() & 1]);
    let version = choices.byte() % 8;
    let name = choices.of(NAMES);
    let how = choices.byte();
    let pointer_size = if how & 1 != 0 { 4 } else { 8 };
    let fields: Vec<(&str, i32)> =
        (0..choices.byte() % (MAX_FIELDS + 1)).map(|_| (choices.of(FIELDS), choices.of(CODES))).collect();
    let mut definition = Definition::new(1, provider, id.into()).name(name).version(version.into());
    if !fields.is_empty() {
        definition = if how & 2 != 0 {
            let fields: Vec<V2Field> = fields.iter().map(|(name, code)| V2Field::new(name, *code)).collect();
            definition.parameters(&fields)
        } else {
            definition.fields(&fields)
        };
    }
    let mut stream = Stream::with_head(TraceHead { pointer_size, ..TraceHead::default() });
    stream.define_blob(&definition.blob());
    stream.events(|block| {
        block.event(1).sequence(1).payload(choices.rest());
        block.event(1).payload(&[]);
    });
    let mut sources = Sources::new();
    let mut events = 0;
    let mut sink = |event: &Event<'_>| {
        events += 1;
        // Prints every element of every array.
        match dotnet_events::debug(event) {
            Some(Ok(text)) => assert!(!text.is_empty()),
            Some(Err(error)) => check(&error, event.payload.len()),
            None => {}
        }
        assert_eq!(sources.of(event), Sources::new().of(event));
        let _ = event_sources::diagnostic_source::decode(event);
        let _ = Layouts::new().fields(event);
    };
    let mut decoder = Decoder::new();
    decoder.push(&stream.end(), &mut sink).expect("the stream is sound around the payload");
    decoder.finish(&mut sink).expect("the stream has an end");
    assert_eq!(events, 2);
}

fn check(error: &EventError, payload: usize) {
    match error {
        EventError::TooShort { length, .. } => assert_eq!(*length, payload),
        error => assert!(!error.to_string().is_empty()),
    }
}
