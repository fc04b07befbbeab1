//! The format of pprof (`profile.proto` of <https://github.com/google/pprof>), gzip-compressed as its tools want it.
//!
//! Each thread's samples of a stack are one, with the labels `thread`, `thread_id` and `state` (`running`, `native` or
//! `waiting`).
//! Values are samples and the time that passed, which is what `pprof` calls wall time: it is not CPU time. Modules are
//! mappings without addresses.

use std::collections::HashMap;
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::formats::activity::Activity;
use crate::formats::names::comes_with_dotnet;
use crate::formats::protobuf::Message;
use crate::formats::view::{Category, Selection, ShownFrame, View, thread_name};
use crate::profile::{NodeId, Profile, ThreadSamples};

/// Writes the chosen samples.
///
/// # Errors
///
/// Those of `out`.
pub fn write_pprof(profile: &Profile, selection: &Selection, out: &mut impl Write) -> io::Result<()> {
    let view = View::new(profile, selection);
    let mut writer = Writer {
        out: GzEncoder::new(out, Compression::default()),
        strings: Strings::default(),
        field: Message::default(),
    };
    // The first string is the empty one.
    writer.strings.id("");
    let used = writer.samples(&view)?;
    writer.locations(&view, &used)?;
    writer.rest(profile, &view)?;
    writer.out.finish().map(|_| ())
}

/// The strings of a profile, each once.
#[derive(Debug, Default)]
struct Strings {
    ids: HashMap<String, i64>,
    all: Vec<String>,
}

impl Strings {
    fn id(&mut self, text: &str) -> i64 {
        if let Some(known) = self.ids.get(text) {
            return *known;
        }
        let id = self.all.len() as i64;
        self.ids.insert(text.to_owned(), id);
        self.all.push(text.to_owned());
        id
    }
}

/// Samples and nanoseconds of a stack, by activities.
type Weights = [(u64, i64); Activity::ALL.len()];

struct Writer<W: Write> {
    out: W,
    strings: Strings,
    /// A field of the profile, reused.
    field: Message,
}

impl<W: Write> Writer<W> {
    /// Writes a field of the profile itself.
    fn emit(&mut self, fill: impl FnOnce(&mut Message)) -> io::Result<()> {
        self.field.clear();
        fill(&mut self.field);
        self.out.write_all(self.field.bytes())
    }

    /// Writes the samples; gives the frames that are in them, by their ids.
    fn samples(&mut self, view: &View<'_>) -> io::Result<Vec<bool>> {
        let mut used = vec![false; view.frames().len()];
        let mut weights: Vec<Weights> = vec![Weights::default(); view.nodes().len()];
        let mut seen: Vec<NodeId> = Vec::new();
        for thread in view.threads() {
            for run in view.runs(thread) {
                let Some(weight) = weights.get_mut(run.leaf.0 as usize) else { continue };
                if *weight == Weights::default() {
                    seen.push(run.leaf);
                }
                for (activity, (samples, nanos)) in Activity::ALL.into_iter().zip(weight) {
                    if activity == run.activity {
                        *samples += run.count;
                        *nanos = nanos.saturating_add(run.duration_nanos);
                    }
                }
            }
            let labels = self.thread_labels(thread);
            for leaf in seen.drain(..) {
                let Some(weight) = weights.get_mut(leaf.0 as usize).map(std::mem::take) else { continue };
                for (_, frame) in view.path(leaf) {
                    used.get_mut(frame.0 as usize).into_iter().for_each(|used| *used = true);
                }
                for (activity, (samples, nanos)) in Activity::ALL.into_iter().zip(weight) {
                    if samples > 0 {
                        self.sample(view, leaf, (samples, nanos), &labels, activity.name())?;
                    }
                }
            }
        }
        Ok(used)
    }

    fn thread_labels(&mut self, thread: &ThreadSamples) -> [Message; 2] {
        let mut name = Message::default();
        name.signed(1, self.strings.id("thread"));
        name.signed(2, self.strings.id(&thread_name(thread)));
        let mut id = Message::default();
        id.signed(1, self.strings.id("thread_id"));
        id.signed(3, thread.thread_id.cast_signed());
        [name, id]
    }

    fn sample(
        &mut self,
        view: &View<'_>,
        leaf: NodeId,
        (samples, nanos): (u64, i64),
        labels: &[Message],
        state: &str,
    ) -> io::Result<()> {
        let mut state_label = Message::default();
        state_label.signed(1, self.strings.id("state"));
        state_label.signed(2, self.strings.id(state));
        let mut sample = Message::default();
        // The leaf comes first here too.
        sample.packed(1, view.path(leaf).map(|(_, frame)| u64::from(frame.0) + 1));
        sample.packed(2, [samples, nanos.cast_unsigned()].into_iter());
        for label in labels.iter().chain([&state_label]) {
            sample.message(3, label);
        }
        self.emit(|profile| profile.message(2, &sample))
    }

    /// Modules, and a location and a function for each frame.
    fn locations(&mut self, view: &View<'_>, used: &[bool]) -> io::Result<()> {
        let frames =
            || view.frames().zip(1u64..).zip(used).filter(|(_, used)| **used).map(|(frame, _)| frame);
        // The first one is taken for the program.
        let mut modules: Vec<ShownFrame<'_>> = frames().map(|(frame, _)| frame).collect();
        modules.retain(|frame| !frame.module.is_empty());
        modules.sort_by_key(|frame| {
            (comes_with_dotnet(frame.module) || frame.category != Category::Managed, frame.module)
        });
        let mut mappings: HashMap<&str, u64> = HashMap::new();
        for frame in modules {
            let id = mappings.len() as u64 + 1;
            if mappings.contains_key(frame.module) {
                continue;
            }
            mappings.insert(frame.module, id);
            let mut mapping = Message::default();
            mapping.unsigned(1, id);
            mapping.signed(5, self.strings.id(frame.module));
            // Has functions: nobody needs to look for symbols.
            mapping.unsigned(7, 1);
            self.emit(|profile| profile.message(3, &mapping))?;
        }
        for (frame, id) in frames() {
            let mut line = Message::default();
            line.unsigned(1, id);
            let mut location = Message::default();
            location.unsigned(1, id);
            location.unsigned(2, mappings.get(frame.module).copied().unwrap_or_default());
            location.message(4, &line);
            let mut function = Message::default();
            function.unsigned(1, id);
            let name = self.strings.id(frame.name);
            function.signed(2, name);
            function.signed(3, name);
            self.emit(|profile| {
                profile.message(4, &location);
                profile.message(5, &function);
            })?;
        }
        Ok(())
    }

    fn rest(&mut self, profile: &Profile, view: &View<'_>) -> io::Result<()> {
        let mut value_type = |kind: &str, unit: &str| {
            let mut value = Message::default();
            value.signed(1, self.strings.id(kind));
            value.signed(2, self.strings.id(unit));
            value
        };
        let (samples, wall) = (value_type("samples", "count"), value_type("wall", "nanoseconds"));
        let default = self.strings.id("wall");
        let comments = [
            self.strings.id(&profile.name),
            self.strings.id("time that passed, running or waiting: not CPU time"),
        ];
        let period = view.interval_nanos().unwrap_or_default();
        self.emit(|out| {
            out.message(1, &samples);
            out.message(1, &wall);
            out.signed(9, profile.start_unix_nanos);
            out.signed(10, profile.duration_nanos);
            out.message(11, &wall);
            out.signed(12, period);
            out.packed(13, comments.iter().map(|id| id.cast_unsigned()));
            out.signed(14, default);
        })?;
        let strings = std::mem::take(&mut self.strings.all);
        strings.iter().try_for_each(|text| self.emit(|profile| profile.text(6, text)))
    }
}
