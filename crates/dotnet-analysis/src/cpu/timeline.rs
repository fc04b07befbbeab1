//! Samples over time: what profile formats are made of.

use nettrace::{Event, TraceInfo};

use super::sampler::{Run, Runs, Sampler};
use super::stack_tree::StackTree;
use crate::fold::{Context, Fold};
use crate::profile::{Profile, Samples, ThreadSamples};
use crate::stacks::StackId;
use crate::symbols::Code;

/// The samples of the runtime's sampler over time. Equal ones in a row are kept as one.
#[derive(Debug, Default)]
pub struct Timeline {
    sampler: Sampler,
    kept: Kept,
    trace: Option<TraceInfo>,
    /// Time of the last event, in ticks.
    last: i64,
}

#[derive(Debug, Default)]
struct Kept {
    runs: Vec<Run>,
    /// Samples that were left out since there are too many runs.
    left_out: u64,
}

/// Runs kept. At 40 bytes each they are what takes memory.
const MAX_RUNS: usize = 1 << 26;

impl Runs for Kept {
    #[inline]
    fn run(&mut self, run: Run) {
        if self.runs.len() < MAX_RUNS {
            self.runs.push(run);
        } else {
            self.left_out += u64::from(run.count);
        }
    }
}

impl Fold for Timeline {
    #[inline]
    fn event(&mut self, event: &Event<'_>, context: &mut Context<'_>) {
        self.last = self.last.max(event.timestamp);
        self.sampler.event(event, context, &mut self.kept);
    }

    fn trace(&mut self, trace: &TraceInfo) {
        self.trace = Some(*trace);
        self.last = trace.start_ticks;
    }
}

impl Timeline {
    /// The profile of what was seen so far, called by the name of the process or the file.
    #[must_use]
    pub fn profile(&self, name: &str, code: &Code) -> Profile {
        let Some(trace) = &self.trace else { return Profile { name: name.to_owned(), ..Profile::default() } };
        let mut threads: Vec<ThreadSamples> = self
            .sampler
            .threads()
            .map(|(thread_id, name)| ThreadSamples {
                thread_id,
                name: name.map(str::to_owned),
                samples: Vec::new(),
            })
            .collect();
        let mut tree = StackTree::new(code);
        let open = self.sampler.open_runs();
        for run in self.kept.runs.iter().copied().chain(open) {
            let at_nanos = trace.relative_nanos(run.at);
            let samples = Samples {
                at_nanos,
                duration_nanos: trace.relative_nanos(run.until).saturating_sub(at_nanos),
                count: run.count,
                stack: Some(run.stack)
                    .filter(|stack| *stack != StackId::EMPTY)
                    .and_then(|stack| tree.node(stack)),
                state: run.state,
            };
            if let Some(thread) = threads.get_mut(run.thread as usize) {
                thread.samples.push(samples);
            }
        }
        Profile {
            name: name.to_owned(),
            process_id: trace.process_id,
            start_unix_nanos: trace.start_unix_nanos,
            duration_nanos: trace.relative_nanos(self.last),
            nodes: tree.into_nodes(),
            frames: code.all_frames().to_vec(),
            threads,
        }
    }

    /// Samples that are not in the profile since there were too many: of threads beyond a million, or of runs beyond 67
    /// million.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.sampler.left_out() + self.kept.left_out
    }
}
