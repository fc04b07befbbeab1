//! What events are called.
//!
//! People know events as a task and an operation: `GC/Start`, `Thread/Sample`. That is how PerfView shows them, and how the
//! public documentation writes about them. Streams rarely say it so: the runtime sends its own events without names, and
//! those of event sources are called `RequestStart` rather than `Request/Start`.

mod table;

use std::borrow::Cow;

use nettrace::{Event, Label, Metadata, Payload};

use crate::providers;
use crate::runtime;
use crate::runtime::table::EventSpec;

/// The id of the runtime's event whose payload says what it is.
const GC_DYNAMIC_EVENT: u32 = 39;

/// Kinds of that event which have names of their own.
const GC_DYNAMIC_EVENTS: &[(&str, &str)] = &[
    ("CommittedUsage", "GC/CommittedUsage"),
    ("HeapCountTuning", "GC/HeapCountTuning"),
    ("HeapCountSample", "GC/HeapCountSample"),
];

/// The id under which event sources send a description of all their events.
const MANIFEST_EVENT: u32 = 0xfffe;

/// Operations that have names, by opcode. See `System.Diagnostics.Tracing.EventOpcode`.
const OPCODES: &[(u8, &str)] = &[
    (START, "Start"),
    (STOP, "Stop"),
    (3, "DCStart"),
    (4, "DCStop"),
    (5, "Extension"),
    (6, "Reply"),
    (7, "Resume"),
    (8, "Suspend"),
    (9, "Send"),
    (240, "Receive"),
];

const START: u8 = 1;
const STOP: u8 = 2;

/// What the events of a definition are called, such as `GC/Start`.
///
/// The runtime's own events are looked up by provider and id. Others are called what the stream calls them, with the
/// operation behind a slash: a name that ends in `Start` or `Stop` is split there, unless the definition has another
/// opcode; an opcode without a name is shown as a number. Without a name in the stream it is `EventID(7)`.
///
/// ```
/// fn title(event: &nettrace::Event<'_>) -> String {
///     dotnet_events::names::display_name(event.metadata).into_owned()
/// }
/// # let _: &mut dyn nettrace::Sink = &mut |event: &nettrace::Event<'_>| drop(title(event));
/// ```
#[must_use]
pub fn display_name(metadata: &Metadata) -> Cow<'_, str> {
    if let Some(name) = table::name(&metadata.provider, metadata.event_id) {
        return Cow::Borrowed(name);
    }
    if metadata.event_name.is_empty() {
        return Cow::Owned(format!("EventID({})", metadata.event_id));
    }
    let name = metadata.event_name.as_str();
    let task = task(name, metadata.opcode.unwrap_or(0));
    let opcode = match metadata.opcode {
        None | Some(0) => implied_opcode(name),
        Some(opcode) => opcode,
    };
    if opcode == 0 {
        return Cow::Borrowed(name);
    }
    Cow::Owned(match opcode_name(opcode) {
        Some(operation) => format!("{task}/{operation}"),
        None => format!("{task}/{opcode}"),
    })
}

/// What one event is called: as its definition is, but for what the event itself says.
///
/// That is an opcode among its labels (NetTrace 6), and the name in the payload of the garbage collector's event of
/// changing meaning, `GCDynamicEvent`.
#[must_use]
pub fn event_name<'a>(event: &Event<'a>) -> Cow<'a, str> {
    let metadata = event.metadata;
    let opcode = event.labels().iter().fold(None, |opcode, label| match label {
        Label::Opcode(opcode) => Some(opcode),
        _ => opcode,
    });
    if let Some(opcode) = opcode {
        return relabelled(metadata, opcode);
    }
    if is_named_by_payload(metadata) {
        let kind = Payload::new(event.payload).utf16().ok();
        let known = kind.and_then(|kind| GC_DYNAMIC_EVENTS.iter().find(|(name, _)| kind == *name));
        if let Some((_, name)) = known {
            return Cow::Borrowed(name);
        }
    }
    display_name(metadata)
}

/// Whether the payload of each event says what it is called, so that [`display_name`] is not the last word.
#[must_use]
pub fn is_named_by_payload(metadata: &Metadata) -> bool {
    metadata.event_id == GC_DYNAMIC_EVENT && metadata.provider == providers::RUNTIME
}

/// The runtime's events of that name, as provider and id.
///
/// Names are those for people, or those of the runtime's manifest: `GC/Stop`, `GCEnd`. The case of letters does not matter,
/// nor does the slash.
///
/// ```
/// use dotnet_events::{names, providers};
///
/// assert_eq!(names::find("gcstart").collect::<Vec<_>>(), [(providers::RUNTIME, 1)]);
/// ```
pub fn find(name: &str) -> impl Iterator<Item = (&'static str, u32)> {
    let is_meant = move |event: &EventSpec| is_same(event.name, name) || is_same(event.symbol, name);
    runtime::all().filter(move |(_, event)| is_meant(event)).map(|(provider, event)| (provider, event.id))
}

/// Whether two names of events are the same but for the case of letters and the slash between task and operation.
#[must_use]
pub fn is_same(a: &str, b: &str) -> bool {
    letters(a).eq(letters(b))
}

fn letters(name: &str) -> impl Iterator<Item = u8> {
    name.bytes().filter(|byte| *byte != b'/').map(|byte| byte.to_ascii_lowercase())
}

/// The name with an opcode in place of that of the definition.
fn relabelled(metadata: &Metadata, opcode: u8) -> Cow<'_, str> {
    let known = table::name(&metadata.provider, metadata.event_id);
    let task = match known {
        Some(name) => name.split_once('/').map_or(name, |(task, _)| task),
        None if metadata.event_name.is_empty() => return display_name(metadata),
        None => task(&metadata.event_name, metadata.opcode.unwrap_or(0)),
    };
    if opcode == 0 {
        return Cow::Borrowed(task);
    }
    Cow::Owned(match opcode_name(opcode) {
        Some(operation) => format!("{task}/{operation}"),
        None => format!("{task}/Opcode({opcode})"),
    })
}

/// The opcode that a name's ending stands for, 0 when none.
fn implied_opcode(name: &str) -> u8 {
    [START, STOP].into_iter().find(|opcode| stem(name, *opcode).is_some()).unwrap_or(0)
}

/// The name without the ending that says the same as the opcode.
fn task(name: &str, opcode: u8) -> &str {
    let opcode = if opcode == 0 { implied_opcode(name) } else { opcode };
    stem(name, opcode).unwrap_or(name)
}

/// The name without `Start` or `Stop` in any case, if it ends in that of the opcode and something is left.
fn stem(name: &str, opcode: u8) -> Option<&str> {
    let ending = match opcode {
        START => "Start",
        STOP => "Stop",
        _ => return None,
    };
    let (stem, end) = name.split_at_checked(name.len().checked_sub(ending.len())?)?;
    (!stem.is_empty() && end.eq_ignore_ascii_case(ending)).then_some(stem)
}

fn opcode_name(opcode: u8) -> Option<&'static str> {
    OPCODES.iter().find(|(known, _)| *known == opcode).map(|(_, name)| *name)
}
