//! The file format of speedscope (<https://www.speedscope.app>), `file-format-schema.json`: a profile over time for every
//! thread. The thread that ran managed code most is the one that is shown first.
//!
//! The format knows two kinds of profiles, which speedscope shows alike: `evented`, frames that begin and end, and `sampled`,
//! stacks one after the other with how long each lasted. What is shorter depends on the program. Where deep stacks change at
//! their ends only, that is the events of the few frames that change; where most of a stack changes, as with recursions that
//! return and begin anew, it is the stacks, since an event takes a good thirty bytes and a frame of a stack a few. So each
//! thread is written in the kind that is shorter for it.
//!
//! Times are whole microseconds from the start of the trace. A stack without frames is time for which there is no sample.

use std::io::{self, Write};

use crate::formats::activity::Activity;
use crate::formats::json::{Commas, Text};
use crate::formats::spans::edges;
use crate::formats::view::{Run, Selection, View, thread_name};
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
    let with_time = view.threads().filter(|thread| lasting(&view, thread).next().is_some());
    let mut busiest: Option<(u64, usize)> = None;
    for (index, thread) in with_time.enumerate() {
        out.write_all(commas.next().as_bytes())?;
        match Kind::shorter(&view, thread)? {
            Kind::Evented => write_evented(&view, thread, out),
            Kind::Sampled => write_sampled(&view, thread, out),
        }?;
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

/// The runs of a thread that have a duration.
fn lasting<'v>(view: &'v View<'v>, thread: &'v ThreadSamples) -> impl Iterator<Item = Run> + 'v {
    view.runs(thread).filter(|run| run.duration_nanos > 0)
}

/// Kinds of profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Evented,
    Sampled,
}

/// What an event takes beside its numbers, and a stack beside its frames and its weight: brackets, names and commas.
const EVENT_BYTES: u64 = r#"{"type":"O","frame":,"at":},"#.len() as u64;
const STACK_BYTES: u64 = "[],,".len() as u64;

impl Kind {
    /// The one that takes fewer bytes for a thread, but for the times: they are about as long in both.
    fn shorter<'p>(view: &View<'p>, thread: &'p ThreadSamples) -> io::Result<Self> {
        let mut evented = 0;
        edges(view, thread, |edge| {
            evented += EVENT_BYTES + digits(edge.frame.0) + digits(micros(edge.at_nanos));
            Ok(())
        })?;
        let mut sampled = 0;
        for run in lasting(view, thread) {
            let frames: u64 = view.path(run.leaf).map(|(_, frame)| digits(frame.0) + 1).sum();
            sampled += STACK_BYTES + frames + digits(micros(run.duration_nanos));
            if sampled >= evented {
                return Ok(Self::Evented);
            }
        }
        Ok(Self::Sampled)
    }
}

/// Of a number that is not negative.
fn digits(number: impl TryInto<u64>) -> u64 {
    u64::from(number.try_into().unwrap_or(0).checked_ilog10().unwrap_or(0)) + 1
}

fn write_evented<'p>(view: &View<'p>, thread: &'p ThreadSamples, out: &mut impl Write) -> io::Result<()> {
    begin("evented", thread, out)?;
    out.write_all(b",\"events\":[")?;
    let mut commas = Commas::default();
    let mut range: Option<(i64, i64)> = None;
    edges(view, thread, |edge| {
        let at = micros(edge.at_nanos);
        range = Some((range.map_or(at, |(start, _)| start), at));
        let kind = if edge.begins { 'O' } else { 'C' };
        write!(out, "{}{{\"type\":\"{kind}\",\"frame\":{},\"at\":{at}}}", commas.next(), edge.frame.0)
    })?;
    let (start, end) = range.unwrap_or_default();
    write!(out, "],\"startValue\":{start},\"endValue\":{end}}}")
}

fn write_sampled<'p>(view: &View<'p>, thread: &'p ThreadSamples, out: &mut impl Write) -> io::Result<()> {
    begin("sampled", thread, out)?;
    out.write_all(b",\"samples\":[")?;
    let mut commas = Commas::default();
    let mut stack: Vec<u32> = Vec::new();
    let mut range: Option<(i64, i64)> = None;
    stretches(view, thread, |stretch| {
        range = Some((range.map_or(stretch.start, |(start, _)| start), stretch.end));
        stack.clear();
        stack.extend(stretch.run.into_iter().flat_map(|run| view.path(run.leaf)).map(|(_, frame)| frame.0));
        write!(out, "{}[", commas.next())?;
        let mut commas = Commas::default();
        for frame in stack.iter().rev() {
            write!(out, "{}{frame}", commas.next())?;
        }
        out.write_all(b"]")
    })?;
    out.write_all(b"],\"weights\":[")?;
    let mut commas = Commas::default();
    stretches(view, thread, |stretch| write!(out, "{}{}", commas.next(), stretch.end - stretch.start))?;
    let (start, end) = range.unwrap_or_default();
    write!(out, "],\"startValue\":{start},\"endValue\":{end}}}")
}

fn begin(kind: &str, thread: &ThreadSamples, out: &mut impl Write) -> io::Result<()> {
    let name = thread_name(thread);
    write!(out, "{{\"type\":\"{kind}\",\"name\":{},\"unit\":\"microseconds\"", Text(&name))
}

/// A time with one stack, or with none known, in microseconds.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    start: i64,
    end: i64,
    run: Option<Run>,
}

/// Calls `each` with what was sampled and with the gaps, each beginning where the one before ends. What lasts less than a
/// microsecond may have no place.
fn stretches<'p>(
    view: &View<'p>,
    thread: &'p ThreadSamples,
    mut each: impl FnMut(Stretch) -> io::Result<()>,
) -> io::Result<()> {
    let mut now: Option<i64> = None;
    for run in lasting(view, thread) {
        // Samples are in order; should they not be, what is written still is.
        let start = now.map_or(run.at_nanos, |now| now.max(run.at_nanos));
        let end = start.max(run.end_nanos());
        let gap = Stretch { start: micros(now.unwrap_or(start)), end: micros(start), run: None };
        let sampled = Stretch { start: micros(start), end: micros(end), run: Some(run) };
        for stretch in [gap, sampled] {
            if stretch.end > stretch.start {
                each(stretch)?;
            }
        }
        now = Some(end);
    }
    Ok(())
}

/// Always the earlier one, so that times stay in order.
fn micros(nanos: i64) -> i64 {
    nanos.div_euclid(1000)
}
