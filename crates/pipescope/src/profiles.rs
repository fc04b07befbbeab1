//! Samples of a trace, written for other tools.

use std::io::{self, Write};
use std::path::Path;

use dotnet_analysis::Analysis;
use dotnet_analysis::cpu::Timeline;
use dotnet_analysis::formats::{
    FlameGraph, Selection, write_chrome, write_csv, write_firefox, write_folded, write_pprof,
    write_speedscope,
};
use dotnet_analysis::profile::Profile;
use flate2::Compression;
use flate2::write::GzEncoder;
use nettrace::{Decoder, Tolerance};

use crate::exit::Failure;
use crate::trace_input::{Ending, TraceInput, oddities};

/// Formats of profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProfileFormat {
    Speedscope,
    Chrome,
    Firefox,
    Pprof,
    Folded,
    Svg,
    Csv,
}

/// The samples of a trace, and what is to be known about them.
#[derive(Debug)]
pub(crate) struct TraceProfile {
    pub(crate) profile: Profile,
    /// What makes the figures less than the whole truth, a line each.
    pub(crate) notes: Vec<String>,
    pub(crate) ending: Ending,
}

impl TraceProfile {
    /// Reads a trace to its end, or to where it is cut off.
    ///
    /// # Errors
    ///
    /// When there is no trace to be had at all.
    pub(crate) fn read(input: TraceInput) -> Result<Self, Failure> {
        let name = Path::new(input.shown()).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let name = name.unwrap_or_else(|| input.shown().to_owned());
        let mut decoder = Decoder::new().tolerate(Tolerance::Damage);
        let mut timeline = Timeline::default();
        let mut analysis = Analysis::new().with(&mut timeline);
        let ending = input.read(&mut decoder, &mut analysis, |_| Ok(()))?;
        let code = analysis.into_code();
        let profile = timeline.profile(&name, &code);
        let mut notes = oddities(&decoder);
        let lost = decoder.statistics().lost_events;
        if lost > 0 {
            notes.push(format!("{lost} events were dropped by the runtime; samples may be among them"));
        }
        if timeline.left_out() > 0 {
            notes.push(format!("{} samples are left out because there are too many", timeline.left_out()));
        }
        if profile.threads.is_empty() {
            notes.push(
                "there are no samples in it: they are in traces taken with the profile dotnet-sampled-thread-time"
                    .to_owned(),
            );
        } else if profile.frames.iter().all(|frame| frame.module.is_empty()) {
            notes.push(
                "methods have no names: the trace has no rundown, which is sent when a session is stopped"
                    .to_owned(),
            );
        }
        Ok(Self { profile, notes, ending })
    }
}

/// What is written, and how.
#[derive(Debug)]
pub(crate) struct ProfileWriter<'t> {
    pub(crate) format: ProfileFormat,
    pub(crate) selection: Selection,
    /// Whether threads are told apart where stacks are added up.
    pub(crate) by_thread: bool,
    /// A flame graph shows the difference to this one.
    pub(crate) baseline: Option<&'t TraceProfile>,
}

impl ProfileWriter<'_> {
    /// Writes all samples in that format.
    pub(crate) fn of(format: ProfileFormat) -> Self {
        Self { format, selection: Selection::default(), by_thread: false, baseline: None }
    }

    /// Writes a profile.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub(crate) fn write<W: Write>(&self, trace: &TraceProfile, mut out: W) -> io::Result<W> {
        let (profile, selection, to) = (&trace.profile, &self.selection, &mut out);
        match self.format {
            ProfileFormat::Speedscope => write_speedscope(profile, selection, to),
            ProfileFormat::Chrome => write_chrome(profile, selection, to),
            ProfileFormat::Firefox => write_firefox(profile, selection, to),
            ProfileFormat::Pprof => write_pprof(profile, selection, to),
            ProfileFormat::Folded => write_folded(profile, selection, self.by_thread, to),
            ProfileFormat::Csv => write_csv(profile, selection, to),
            ProfileFormat::Svg => self.flame_graph(trace).write_svg(to),
        }?;
        Ok(out)
    }

    /// Writes a profile, compressed by gzip.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub(crate) fn write_compressed<W: Write>(&self, trace: &TraceProfile, out: W) -> io::Result<W> {
        self.write(trace, GzEncoder::new(out, Compression::fast()))?.finish()
    }

    fn flame_graph(&self, trace: &TraceProfile) -> FlameGraph {
        let mut graph = match self.baseline {
            None => FlameGraph::of(&trace.profile, &self.selection, self.by_thread),
            Some(before) => {
                FlameGraph::difference(&before.profile, &trace.profile, &self.selection, self.by_thread)
            }
        };
        // A picture is passed on without what was on standard error.
        for (of, trace) in self.baseline.map(|before| ("before: ", before)).into_iter().chain([("", trace)]) {
            if let Ending::Broken(error) = &trace.ending {
                graph = graph.note(format!("Note: {of}the trace is not complete: {error}."));
            }
            for note in &trace.notes {
                graph = graph.note(format!("Note: {of}{note}."));
            }
        }
        graph
    }
}
