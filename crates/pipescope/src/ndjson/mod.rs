//! Events as lines of JSON (NDJSON): one object per event.
//!
//! What is in an object, and in which order, is written in `docs/traces.md`, word for word as users rely on it.
//!
//! | file | what it writes |
//! |---|---|
//! | this | an event |
//! | `definition` | what all events of a definition have in common, made once |
//! | `keys` | keys of objects, each of them once |
//! | `value` | values of payloads |
//! | `time`, `text` | times; JSON text in general |

mod definition;
mod keys;
mod text;
mod time;
mod value;

use std::io::{self, Write};

use dotnet_events::Layouts;
use nettrace::{Event, Label, Sink, Struct};

use self::definition::Definitions;
use self::keys::{Keys, UniqueNames};
use self::text::{push, push_address, push_guid, push_hex, push_key};
use self::time::TimeText;
use self::value::push_fields;

/// Lines are passed on when there are so many bytes of them.
const BATCH: usize = 256 << 10;

/// Room for lines that is kept; a rare long line does not hold on to its memory.
const KEEP: usize = 2 * BATCH;

/// Writes every event it is given as a line.
#[derive(Debug)]
pub(crate) struct EventLines<W> {
    out: W,
    lines: Vec<u8>,
    layouts: Layouts,
    definitions: Definitions,
    time: TimeText,
    with_stacks: bool,
    /// Why nothing is written any more.
    error: Option<io::Error>,
}

impl<W: Write> EventLines<W> {
    /// Writes to `out`, which needs no buffer of its own.
    pub(crate) fn new(out: W, with_stacks: bool) -> Self {
        Self {
            out,
            lines: Vec::with_capacity(KEEP),
            layouts: Layouts::new(),
            definitions: Definitions::default(),
            time: TimeText::new(),
            with_stacks,
            error: None,
        }
    }

    /// Where the lines went. Those that were not flushed are lost.
    pub(crate) fn into_out(self) -> W {
        self.out
    }

    /// Passes on all lines.
    ///
    /// # Errors
    ///
    /// When it cannot be written; lines that come later are dropped then.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.pass_on();
        self.error.take().map_or(Ok(()), |error| {
            // Not to be written any more either, and said once more if asked again.
            self.error = Some(error.kind().into());
            Err(error)
        })
    }

    fn pass_on(&mut self) {
        if self.error.is_none() {
            self.error = self.out.write_all(&self.lines).err();
        }
        self.lines.clear();
        self.lines.shrink_to(KEEP);
    }

    fn push_line(&mut self, event: &Event<'_>) {
        let out = &mut self.lines;
        let fields = self.layouts.fields(event);
        let definition = self.definitions.of(event, fields.fields());
        out.extend_from_slice(b"{\"time\":");
        self.time.push_unix_nanos(out, event.unix_nanos());
        push_key(out, "relative_ns");
        push(out, &event.relative_nanos());
        definition.push_what(out, event);
        push_threads(out, event);
        if let Some(processor) = event.processor {
            push_key(out, "processor");
            push(out, &processor);
        }
        for (key, activity) in
            [("activity_id", event.activity_id), ("related_activity_id", event.related_activity_id)]
        {
            if !activity.is_nil() {
                push_key(out, key);
                push_guid(out, activity);
            }
        }
        if !event.labels().is_empty() {
            push_labels(out, event);
        }
        push_payload(out, event.payload, &fields, &definition.keys);
        if self.with_stacks && !event.stack.is_empty() {
            push_key(out, "stack");
            out.push(b'[');
            for (index, address) in event.stack.addresses().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                push_address(out, address);
            }
            out.push(b']');
        }
        out.extend_from_slice(b"}\n");
    }
}

impl<W: Write> Sink for EventLines<W> {
    fn event(&mut self, event: &Event<'_>) {
        if self.error.is_some() {
            return;
        }
        self.push_line(event);
        if self.lines.len() >= BATCH {
            self.pass_on();
        }
    }
}

fn push_threads(out: &mut Vec<u8>, event: &Event<'_>) {
    let thread = event.thread();
    if let Some(process_id) = thread.and_then(|thread| thread.process_id) {
        push_key(out, "process_id");
        push(out, &process_id);
    }
    push_key(out, "thread_id");
    push(out, &event.thread_id);
    if let Some(name) = thread.and_then(|thread| thread.name.as_deref()) {
        push_key(out, "thread_name");
        push(out, name);
    }
    if event.capture_thread_id != event.thread_id {
        push_key(out, "capture_thread_id");
        push(out, &event.capture_thread_id);
    }
}

fn push_labels(out: &mut Vec<u8>, event: &Event<'_>) {
    let labels = event.labels();
    if let Some(id) = labels.trace_id() {
        push_key(out, "trace_id");
        push_hex(out, id);
    }
    if let Some(id) = labels.span_id() {
        push_key(out, "span_id");
        push_hex(out, id.to_be_bytes());
    }
    let mut names = UniqueNames::default();
    let mut is_first = true;
    for label in labels.iter() {
        let (key, text, number) = match label {
            Label::Text { key, value } => (key, value, None),
            Label::Integer { key, value } => (key, "", Some(value)),
            // The others have members of their own.
            _ => continue,
        };
        if std::mem::take(&mut is_first) {
            push_key(out, "labels");
            out.push(b'{');
        } else {
            out.push(b',');
        }
        out.extend_from_slice(&names.key(key));
        match number {
            Some(number) => push(out, &number),
            None => push(out, text),
        }
    }
    if !is_first {
        out.push(b'}');
    }
}

fn push_payload(out: &mut Vec<u8>, payload: &[u8], fields: &Struct<'_>, keys: &Keys) {
    if fields.fields().is_empty() && !payload.is_empty() {
        push_key(out, "payload");
        push_hex(out, payload.iter().copied());
        return;
    }
    push_key(out, "fields");
    if let Err(unreadable) = push_fields(out, fields, keys) {
        push_key(out, "field_error");
        push(out, &unreadable.to_string());
        push_key(out, "payload");
        push_hex(out, payload.iter().copied());
    }
}
