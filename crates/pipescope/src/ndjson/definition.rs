//! What all events of one definition have in common, made once.

use dotnet_events::names;
use nettrace::{Event, Fields, Metadata};

use super::keys::Keys;
use super::text::{push, push_key};

/// Definitions that are kept; runtimes write a few hundred. What lies beyond is made anew for every event.
const KEPT: usize = 1 << 14;

/// Bytes of text that are kept, about. Beyond it all are made anew.
const KEPT_BYTES: usize = 64 << 20;

/// What is known of a definition.
#[derive(Debug)]
pub(super) struct Definition {
    /// The members that say what an event is, from `provider` to `opcode`; `None` where each event has its own.
    what: Option<Vec<u8>>,
    /// Keys of the fields.
    pub(super) keys: Keys,
}

/// The definitions of a stream, found by [`Metadata::index`].
#[derive(Debug, Default)]
pub(super) struct Definitions {
    kept: Vec<Option<Box<Definition>>>,
    /// Bytes of text of those.
    bytes: usize,
    /// One that is not kept.
    passing: Option<Box<Definition>>,
}

impl Definitions {
    /// That of an event with these fields.
    pub(super) fn of(&mut self, event: &Event<'_>, fields: &Fields) -> &Definition {
        let index = event.metadata.index as usize;
        // Labels may say another version, and that may have other fields.
        let is_as_defined = event.labels().is_empty() || event.version() == event.metadata.version;
        if !is_as_defined || index >= KEPT {
            return self.passing.insert(Box::new(Definition::new(event.metadata, fields)));
        }
        if self.bytes > KEPT_BYTES {
            *self = Self::default();
        }
        if self.kept.len() <= index {
            self.kept.resize_with(index + 1, || None);
        }
        self.kept[index].get_or_insert_with(|| {
            let definition = Definition::new(event.metadata, fields);
            self.bytes += definition.what.as_ref().map_or(0, Vec::len) + definition.keys.bytes();
            Box::new(definition)
        })
    }
}

impl Definition {
    fn new(metadata: &Metadata, fields: &Fields) -> Self {
        let what = (!names::is_named_by_payload(metadata)).then(|| {
            let (name, opcode) = (names::display_name(metadata), metadata.opcode.unwrap_or(0));
            what(metadata, &name, metadata.version, metadata.level, metadata.keywords, opcode)
        });
        Self { what, keys: Keys::new(fields) }
    }

    /// The members that say what the event is, each with a comma before it.
    pub(super) fn push_what(&self, out: &mut Vec<u8>, event: &Event<'_>) {
        match &self.what {
            // Labels may say otherwise than the definition.
            Some(what) if event.labels().is_empty() => out.extend_from_slice(what),
            _ => {
                let (level, keywords, opcode) = (event.level(), event.keywords(), event.opcode());
                let name = names::event_name(event);
                out.extend(what(event.metadata, &name, event.version(), level, keywords, opcode));
            }
        }
    }
}

fn what(metadata: &Metadata, name: &str, version: u32, level: u8, keywords: u64, opcode: u8) -> Vec<u8> {
    let mut out = Vec::new();
    push_key(&mut out, "provider");
    push(&mut out, metadata.provider.as_str());
    push_key(&mut out, "id");
    push(&mut out, &metadata.event_id);
    push_key(&mut out, "version");
    push(&mut out, &version);
    push_key(&mut out, "name");
    push(&mut out, name);
    push_key(&mut out, "level");
    push(&mut out, &level);
    push_key(&mut out, "keywords");
    push(&mut out, &keywords);
    push_key(&mut out, "opcode");
    push(&mut out, &opcode);
    out
}
