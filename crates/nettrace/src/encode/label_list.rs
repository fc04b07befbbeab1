//! A list of labels, as version 6 has them beside the payload.

use uuid::Uuid;

use crate::encode::put::Put;
use crate::labels::{Label, kind};

/// Writes a list, the last label marked as such. Nothing for none.
pub(super) fn write<'a>(
    activity: &Uuid,
    related_activity: &Uuid,
    labels: impl Iterator<Item = Label<'a>>,
    out: &mut Vec<u8>,
) {
    let mut last = None;
    let activity = Some(Label::ActivityId(*activity)).filter(|_| !activity.is_nil());
    let related = Some(Label::RelatedActivityId(*related_activity)).filter(|_| !related_activity.is_nil());
    for label in activity.into_iter().chain(related).chain(labels) {
        last = Some(out.len());
        write_label(&label, out);
    }
    if let Some(kind) = last.and_then(|last| out.get_mut(last)) {
        *kind |= kind::LAST;
    }
}

fn write_label(label: &Label<'_>, out: &mut Vec<u8>) {
    match *label {
        Label::ActivityId(id) => {
            out.put_u8(kind::ACTIVITY_ID);
            out.put_guid(&id);
        }
        Label::RelatedActivityId(id) => {
            out.put_u8(kind::RELATED_ACTIVITY_ID);
            out.put_guid(&id);
        }
        Label::TraceId(id) => {
            out.put_u8(kind::TRACE_ID);
            out.put(&id);
        }
        Label::SpanId(id) => {
            out.put_u8(kind::SPAN_ID);
            out.put_u64(id);
        }
        Label::Text { key, value } => {
            out.put_u8(kind::TEXT);
            out.put_utf8(key);
            out.put_utf8(value);
        }
        Label::Integer { key, value } => {
            out.put_u8(kind::INTEGER);
            out.put_utf8(key);
            out.put_var_i64(value);
        }
        Label::Opcode(opcode) => out.put(&[kind::OPCODE, opcode]),
        Label::Keywords(keywords) => {
            out.put_u8(kind::KEYWORDS);
            out.put_u64(keywords);
        }
        Label::Level(level) => out.put(&[kind::LEVEL, level]),
        Label::Version(version) => out.put(&[kind::VERSION, version]),
    }
}
