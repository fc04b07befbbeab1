//! The trace event format of Chrome, as JSON: what Perfetto (<https://ui.perfetto.dev>) and `chrome://tracing` open.
//!
//! Frames are slices (`B` and `E`) of their threads; times are microseconds with three decimals. Each thread's events are in
//! time order. Modules and kinds of code are the slices' categories.

use std::io::{self, Write};

use crate::formats::json::{Commas, Nanos, Text, Unit};
use crate::formats::spans::edges;
use crate::formats::view::{Selection, View, thread_name};
use crate::profile::Profile;

/// Writes the chosen samples.
///
/// # Errors
///
/// Those of `out`.
pub fn write_chrome(profile: &Profile, selection: &Selection, out: &mut impl Write) -> io::Result<()> {
    let view = View::new(profile, selection);
    let pid = profile.process_id;
    let begins: Vec<String> = view
        .frames()
        .map(|frame| format!("\"name\":{},\"cat\":{}", Text(&frame.full_name()), Text(frame.category.name())))
        .collect();
    write!(
        out,
        "{{\"displayTimeUnit\":\"ms\",\"otherData\":{{\"exporter\":\"pipescope\",\"name\":{}}},",
        Text(&profile.name)
    )?;
    write!(
        out,
        "\"traceEvents\":[{{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":{pid},\"args\":{{\"name\":{}}}}}",
        Text(&profile.name)
    )?;
    let mut commas = Commas::default();
    commas.next();
    for (index, thread) in view.threads().enumerate() {
        let tid = thread.thread_id;
        write!(
            out,
            "{}\n{{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":{pid},\"tid\":{tid},\"args\":{{\"name\":{}}}}},\n\
             {{\"ph\":\"M\",\"name\":\"thread_sort_index\",\"pid\":{pid},\"tid\":{tid},\"args\":{{\"sort_index\":{index}}}}}",
            commas.next(),
            Text(&thread_name(thread))
        )?;
        edges(&view, thread, |edge| {
            let ts = Nanos { nanos: edge.at_nanos, unit: Unit::Microseconds };
            let (phase, name) = match begins.get(edge.frame.0 as usize) {
                Some(name) if edge.begins => ("B", name.as_str()),
                _ => ("E", ""),
            };
            let comma = if name.is_empty() { "" } else { "," };
            write!(out, ",\n{{\"ph\":\"{phase}\",\"pid\":{pid},\"tid\":{tid},\"ts\":{ts}{comma}{name}}}")
        })?;
    }
    out.write_all(b"\n]}")
}
