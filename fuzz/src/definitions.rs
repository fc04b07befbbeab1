//! Definitions of events, and the values of any payload by them.

use nettrace::{Decoder, Event, Metadata, Sink};

use crate::choices::Choices;
use crate::description::{self, Described, Form};
use crate::stream::{Bytes, Definition, Stream};
use crate::stream6::{Event6, Row, Stream6, bytes};
use crate::values::check_fields;

/// Values looked at per event, so that a small input cannot ask for a long walk.
const MAX_VALUES: usize = 10_000;

/// A description of fields, then a payload.
pub fn field_access(data: &[u8]) {
    let mut choices = Choices::new(data);
    let fields = choices.sized(2);
    let definition = Definition::new(1, "Provider", 1).raw_fields(fields);
    with_event(&definition, choices.rest(), |event| check_fields(event.fields(), MAX_VALUES));
}

/// A definition in any form, legible or not, then a payload.
///
/// Fields that are described as the format says must be found, whatever follows them. Any payload may be read by them.
pub fn metadata(data: &[u8]) {
    let mut choices = Choices::new(data);
    let how = choices.byte();
    match how % 5 {
        0 => described_in_4(&mut choices, how, Form::Old),
        1 => described_in_4(&mut choices, how, Form::New),
        2 => described_in_6(&mut choices, how),
        3 => {
            // Everything behind the id.
            let blob = [&[1, 0, 0, 0], choices.sized(2)].concat();
            check(&stream_4(&blob, choices.rest()), None);
        }
        _ => {
            let row = Row(Bytes([&[1], choices.sized(2)].concat()));
            check(&stream_6(&row, choices.rest()), None);
        }
    }
}

/// Bit of the choice by which something unknown stands where later versions may add something.
const EXTRA: u8 = 0x80;
/// Bit of the choice by which any bytes come behind what is known.
const TAIL: u8 = 0x40;

fn described_in_4(choices: &mut Choices<'_>, how: u8, form: Form) {
    let described = description::fields(choices, form, 0);
    let extra = if how & EXTRA != 0 && form == Form::New { &[0xee; 3][..] } else { &[] };
    let list = description::write(&described, form, extra);
    let mut definition = Definition::new(1, "Provider", 1).name("Event");
    definition = match form {
        Form::New => definition.tag(77, &[1, 2, 3]).tag(2, &[&list, extra].concat()),
        _ => definition.raw_fields(&list),
    };
    let mut blob = definition.tag(1, &[9, 8]).blob();
    if how & TAIL != 0 {
        blob.extend(any_tag(choices));
    }
    check(&stream_4(&blob, choices.rest()), Some(&described));
}

/// Something of unknown kind, which may be cut short.
fn any_tag(choices: &mut Choices<'_>) -> Vec<u8> {
    let missing = i32::from(choices.byte());
    let kind = 3 + choices.byte() % 250;
    let data = choices.sized(1);
    bytes(|out| {
        out.i32(data.len() as i32 + missing).u8(kind).raw(data);
    })
}

fn described_in_6(choices: &mut Choices<'_>, how: u8) {
    let described = description::fields(choices, Form::Six, 0);
    let extra = if how & EXTRA != 0 { &[0xee; 3][..] } else { &[] };
    let list = description::write(&described, Form::Six, extra);
    let mut row = Row::new(1, "Provider", 1, "Event");
    row.0.raw(&list);
    if how & TAIL != 0 {
        row.0.raw(choices.sized(1));
    }
    check(&stream_6(&row, choices.rest()), Some(&described));
}

fn stream_4(blob: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut stream = Stream::new();
    stream.define_blob(blob);
    stream.events(|block| block.event(1).sequence(1).payload(payload));
    stream.end()
}

fn stream_6(row: &Row, payload: &[u8]) -> Vec<u8> {
    let mut stream = Stream6::new();
    stream.metadata(std::slice::from_ref(row)).thread(0, 1, 1);
    stream.events(true, &[Event6::on(0, 1, 1).payload(payload)]);
    stream.end()
}

/// Calls `check` with the only event of a stream.
pub(crate) fn with_event(definition: &Definition, payload: &[u8], mut check: impl FnMut(&Event<'_>)) {
    let stream = stream_4(&definition.blob(), payload);
    let mut events = 0;
    let mut decoder = Decoder::new();
    let mut sink = |event: &Event<'_>| {
        events += 1;
        check(event);
    };
    decoder.push(&stream, &mut sink).expect("the stream is sound around the fields and the payload");
    decoder.finish(&mut sink).expect("the stream has an end");
    assert_eq!(events, 1);
}

/// Looks at a definition and at its event.
struct Look<'a> {
    described: Option<&'a [Described]>,
    definitions: u32,
    events: u32,
}

impl Sink for Look<'_> {
    fn metadata(&mut self, metadata: &Metadata) {
        self.definitions += 1;
        assert_eq!(metadata.index + 1, self.definitions);
        assert!(!metadata.fields_unreadable || metadata.fields.is_empty());
        if let Some(described) = self.described {
            assert!(description::is_understood(&metadata.fields, described), "{metadata:?}");
        }
    }

    fn event(&mut self, event: &Event<'_>) {
        self.events += 1;
        check_fields(event.fields(), MAX_VALUES);
    }
}

fn check(stream: &[u8], described: Option<&[Described]>) {
    let mut look = Look { described, definitions: 0, events: 0 };
    let mut decoder = Decoder::new();
    let result = decoder.push(stream, &mut look).and_then(|()| decoder.finish(&mut look));
    if described.is_some() {
        assert_eq!(result, Ok(()));
        assert_eq!((look.definitions, look.events), (1, 1));
    }
    match result {
        Ok(()) => assert_eq!(look.events + decoder.statistics().undefined_events as u32, 1),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
