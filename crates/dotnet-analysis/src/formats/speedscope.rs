//! The file format of speedscope (<https://www.speedscope.app>), `file-format-schema.json`: a profile of frames that begin and
//! end for every thread.
//!
//! Times are milliseconds from the start of the trace, to the microsecond, which keeps files small. The thread that ran managed
//! code most is the one that is shown first.

use std::io::{self, Write};

use crate::formats::activity::Activity;
use crate::formats::json::{Commas, Nanos, Text, Unit};
use crate::formats::spans::edges;
use crate::formats::view::{Selection, View, thread_name};
use crate::profile::{Profile, ThreadSamples};

/// Writes the chosen samples.
///
/// # Errors
///
/// Those of `out`.
pub fn write_speedscope(profile: &Profile, selection: &Selection, out: &mut impl Write) -> io::Result<()> {
    let view = View::new(profile, selection);
    write!(
        out,
        "{{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\"exporter\":\"pipescope\",\"name\":{},\
         \"shared\":{{\"frames\":[",
        Text(&profile.name)
    )?;
    let mut commas = Commas::default();
    for frame in view.frames() {
        write!(out, "{}{{\"name\":{}", commas.next(), Text(&frame.full_name()))?;
        if !frame.module.is_empty() {
            write!(out, ",\"file\":{}", Text(frame.module))?;
        }
        out.write_all(b"}")?;
    }
    out.write_all(b"]},\"profiles\":[")?;
    let mut commas = Commas::default();
    let with_time = view.threads().filter(|thread| view.runs(thread).any(|run| run.duration_nanos > 0));
    let mut busiest: Option<(u64, usize)> = None;
    for (index, thread) in with_time.enumerate() {
        out.write_all(commas.next().as_bytes())?;
        write_thread(&view, thread, out)?;
        let running = view.runs(thread).filter(|run| run.activity == Activity::Running);
        let samples = running.map(|run| run.count).sum();
        if busiest.is_none_or(|(most, _)| samples > most) {
            busiest = Some((samples, index));
        }
    }
    out.write_all(b"]")?;
    if let Some((_, index)) = busiest {
        write!(out, ",\"activeProfileIndex\":{index}")?;
    }
    out.write_all(b"}")
}

fn write_thread<'p>(view: &View<'p>, thread: &'p ThreadSamples, out: &mut impl Write) -> io::Result<()> {
    write!(
        out,
        "{{\"type\":\"evented\",\"name\":{},\"unit\":\"milliseconds\",\"events\":[",
        Text(&thread_name(thread))
    )?;
    let mut commas = Commas::default();
    let mut range: Option<(i64, i64)> = None;
    edges(view, thread, |edge| {
        range = Some((range.map_or(edge.at_nanos, |(start, _)| start), edge.at_nanos));
        write!(
            out,
            "{}{{\"type\":\"{}\",\"frame\":{},\"at\":{}}}",
            commas.next(),
            if edge.begins { 'O' } else { 'C' },
            edge.frame.0,
            time(edge.at_nanos)
        )
    })?;
    let (start, end) = range.unwrap_or_default();
    write!(out, "],\"startValue\":{},\"endValue\":{}}}", time(start), time(end))
}

/// To the microsecond: always the earlier one, so that times stay in order.
fn time(nanos: i64) -> Nanos {
    Nanos { nanos: nanos.div_euclid(1000) * 1000, unit: Unit::Milliseconds }
}
