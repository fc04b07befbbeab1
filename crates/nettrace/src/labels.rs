//! Labels: what an event of version 6 carries beside its payload, shared by events through lists with an index.
//!
//! Layout: NetTrace 6, label list block. Indices are void after a sequence point.

use std::ops::Range;

use uuid::Uuid;

use crate::cursor::{Cursor, Stop};
use crate::limits::Limits;

/// One label of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Label<'a> {
    /// The activity it belongs to.
    ActivityId(Uuid),
    /// The activity that caused that one.
    RelatedActivityId(Uuid),
    /// A W3C trace id.
    TraceId([u8; 16]),
    /// A W3C span id.
    SpanId(u64),
    /// A named text.
    Text {
        /// Its name.
        key: &'a str,
        /// The text.
        value: &'a str,
    },
    /// A named number.
    Integer {
        /// Its name.
        key: &'a str,
        /// The number.
        value: i64,
    },
    /// The operation code, instead of the definition's.
    Opcode(u8),
    /// The keywords, instead of the definition's.
    Keywords(u64),
    /// The level, instead of the definition's.
    Level(u8),
    /// The version, instead of the definition's.
    Version(u8),
}

/// The labels of an event, in stream order; the same kind may come several times. Streams before version 6 have none.
#[derive(Clone, Copy)]
pub struct Labels<'a> {
    list: Option<(&'a LabelTable, &'a List)>,
}

impl<'a> Labels<'a> {
    pub(crate) const NONE: Self = Self { list: None };

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_none()
    }

    /// The labels.
    pub fn iter(&self) -> impl Iterator<Item = Label<'a>> + Clone + use<'a> {
        let (table, labels) = match self.list {
            Some((table, list)) => (Some(table), table.labels(list)),
            None => (None, &[][..]),
        };
        labels.iter().filter_map(move |label| Some(table?.show(label)))
    }

    /// The text with that name; of several the last.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.iter().filter_map(|label| matching_text(label, name)).last()
    }

    /// The number with that name; of several the last.
    #[must_use]
    pub fn integer(&self, name: &str) -> Option<i64> {
        let matching = |label| match label {
            Label::Integer { key, value } if key == name => Some(value),
            _ => None,
        };
        self.iter().filter_map(matching).last()
    }

    /// The W3C trace id, if there is one.
    #[must_use]
    pub fn trace_id(&self) -> Option<[u8; 16]> {
        let id = |label| if let Label::TraceId(id) = label { Some(id) } else { None };
        self.iter().filter_map(id).last()
    }

    /// The W3C span id, if there is one.
    #[must_use]
    pub fn span_id(&self) -> Option<u64> {
        let id = |label| if let Label::SpanId(id) = label { Some(id) } else { None };
        self.iter().filter_map(id).last()
    }

    pub(crate) fn overrides(&self) -> Overrides {
        self.list.map(|(_, list)| list.overrides).unwrap_or_default()
    }

    pub(crate) fn activity(&self) -> Uuid {
        self.list.map(|(_, list)| list.activity).unwrap_or_default()
    }

    pub(crate) fn related_activity(&self) -> Uuid {
        self.list.map(|(_, list)| list.related_activity).unwrap_or_default()
    }
}

fn matching_text<'a>(label: Label<'a>, name: &str) -> Option<&'a str> {
    match label {
        Label::Text { key, value } if key == name => Some(value),
        _ => None,
    }
}

impl std::fmt::Debug for Labels<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// What counts instead of the definition.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Overrides {
    pub(crate) opcode: Option<u8>,
    pub(crate) keywords: Option<u64>,
    pub(crate) level: Option<u8>,
    pub(crate) version: Option<u8>,
}

/// Kinds of labels, without the bit that ends a list.
pub(crate) mod kind {
    pub(crate) const ACTIVITY_ID: u8 = 1;
    pub(crate) const RELATED_ACTIVITY_ID: u8 = 2;
    pub(crate) const TRACE_ID: u8 = 3;
    pub(crate) const SPAN_ID: u8 = 4;
    pub(crate) const TEXT: u8 = 5;
    pub(crate) const INTEGER: u8 = 6;
    pub(crate) const OPCODE: u8 = 7;
    pub(crate) const KEYWORDS: u8 = 8;
    pub(crate) const LEVEL: u8 = 9;
    pub(crate) const VERSION: u8 = 10;
    /// Set on the last label of a list.
    pub(crate) const LAST: u8 = 0x80;
}

/// The lists since the last sequence point.
#[derive(Debug, Default)]
pub(crate) struct LabelTable {
    labels: Vec<Stored>,
    text: String,
    lists: Vec<List>,
    /// Runs of consecutive indices, in stream order.
    runs: Vec<Run>,
}

/// A list, with what events ask for most taken out of it.
#[derive(Debug)]
pub(crate) struct List {
    labels: Range<u32>,
    activity: Uuid,
    related_activity: Uuid,
    overrides: Overrides,
}

#[derive(Debug)]
enum Stored {
    /// Without text.
    Plain(Label<'static>),
    /// Where the two texts end in the table's text; the first begins where the label before it ends.
    Text {
        start: u32,
        key_end: u32,
        end: u32,
    },
    Integer {
        start: u32,
        key_end: u32,
        value: i64,
    },
}

#[derive(Debug)]
struct Run {
    first: u32,
    lists: Range<u32>,
}

/// Runs kept; a lookup tries each of them.
const MAX_RUNS: usize = 64;

impl LabelTable {
    /// Forgets all lists, as a sequence point demands.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether there is a list with any of these indices.
    pub(crate) fn defines_any(&self, first: u32, count: u32) -> bool {
        self.runs.iter().any(|run| {
            let lists = run.lists.len() as u64;
            u64::from(run.first) < u64::from(first) + u64::from(count)
                && u64::from(first) < u64::from(run.first) + lists
        })
    }

    /// Begins lists with consecutive indices.
    pub(crate) fn begin_run(&mut self, first: u32) -> u64 {
        let mut dropped = 0;
        if self.runs.len() >= MAX_RUNS {
            dropped = self.runs.remove(0).lists.len() as u64;
        }
        let next = index(self.lists.len());
        self.runs.push(Run { first, lists: next..next });
        dropped
    }

    /// Reads the next list of the run. `false` when there was no room for it, nor is there for the rest of the run.
    pub(crate) fn read_list(&mut self, cursor: &mut Cursor<'_>, limits: &Limits) -> Result<bool, Stop> {
        let (labels, text) = (self.labels.len(), self.text.len());
        let mut list = List {
            labels: index(labels)..index(labels),
            activity: Uuid::nil(),
            related_activity: Uuid::nil(),
            overrides: Overrides::default(),
        };
        let mut fits = true;
        loop {
            let kind = cursor.u8()?;
            let stored = self.read_label(kind & !kind::LAST, cursor, &mut list)?;
            self.labels.push(stored);
            fits &= self.memory() <= limits.max_label_bytes as usize;
            if !fits {
                // Read on without keeping.
                self.labels.truncate(labels);
                self.text.truncate(text);
            }
            if kind & kind::LAST != 0 {
                break;
            }
        }
        let Some(run) = self.runs.last_mut().filter(|_| fits) else { return Ok(false) };
        list.labels.end = index(self.labels.len());
        run.lists.end += 1;
        self.lists.push(list);
        Ok(true)
    }

    fn read_label(&mut self, kind: u8, cursor: &mut Cursor<'_>, list: &mut List) -> Result<Stored, Stop> {
        let overrides = &mut list.overrides;
        Ok(Stored::Plain(match kind {
            kind::ACTIVITY_ID => {
                list.activity = cursor.guid()?;
                Label::ActivityId(list.activity)
            }
            kind::RELATED_ACTIVITY_ID => {
                list.related_activity = cursor.guid()?;
                Label::RelatedActivityId(list.related_activity)
            }
            kind::TRACE_ID => Label::TraceId(cursor.array()?),
            kind::SPAN_ID => Label::SpanId(cursor.u64()?),
            kind::TEXT => {
                let start = index(self.text.len());
                self.text.push_str(&cursor.utf8()?);
                let key_end = index(self.text.len());
                self.text.push_str(&cursor.utf8()?);
                return Ok(Stored::Text { start, key_end, end: index(self.text.len()) });
            }
            kind::INTEGER => {
                let start = index(self.text.len());
                self.text.push_str(&cursor.utf8()?);
                let key_end = index(self.text.len());
                return Ok(Stored::Integer { start, key_end, value: cursor.var_i64()? });
            }
            kind::OPCODE => Label::Opcode(*overrides.opcode.insert(cursor.u8()?)),
            kind::KEYWORDS => Label::Keywords(*overrides.keywords.insert(cursor.u64()?)),
            kind::LEVEL => Label::Level(*overrides.level.insert(cursor.u8()?)),
            kind::VERSION => Label::Version(*overrides.version.insert(cursor.u8()?)),
            _ => return Err(Stop::Malformed("a label is of unknown kind")),
        }))
    }

    /// The list with that index. Of several, the latest.
    #[inline]
    pub(crate) fn find(&self, list: u32) -> Option<Labels<'_>> {
        let found = self.runs.iter().rev().find_map(|run| {
            let offset = list.checked_sub(run.first).filter(|offset| (*offset as usize) < run.lists.len())?;
            self.lists.get((run.lists.start + offset) as usize)
        })?;
        Some(Labels { list: Some((self, found)) })
    }

    fn labels(&self, list: &List) -> &[Stored] {
        self.labels.get(list.labels.start as usize..list.labels.end as usize).unwrap_or_default()
    }

    fn show(&self, stored: &Stored) -> Label<'_> {
        let text = |range: Range<u32>| self.text.get(range.start as usize..range.end as usize).unwrap_or("");
        match *stored {
            Stored::Plain(label) => label,
            Stored::Text { start, key_end, end } => {
                Label::Text { key: text(start..key_end), value: text(key_end..end) }
            }
            Stored::Integer { start, key_end, value } => Label::Integer { key: text(start..key_end), value },
        }
    }

    fn memory(&self) -> usize {
        self.labels.len() * size_of::<Stored>() + self.text.len() + (self.lists.len() + 1) * size_of::<List>()
    }
}

/// Positions are 32 bits; `Limits::max_label_bytes` keeps them below that.
fn index(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
