//! A table of methods, as CSV (RFC 4180, with a line feed at the end of lines).
//!
//! | column | |
//! |---|---|
//! | `module` | file name without extension; empty when not known |
//! | `name` | `Namespace.Type.Method(signature)` |
//! | `kind` | `managed`, `native` or `unknown` |
//! | `exclusive`, `inclusive` | samples with the method as the leaf; with the method anywhere, counted once in each |
//! | `exclusive_running`, `inclusive_running` | those of them in which the thread ran managed code |
//! | `exclusive_waiting`, `inclusive_waiting` | those of them in which it waited; in the rest it was in native code |
//! | `exclusive_ns`, `inclusive_ns` | the time of the samples, in nanoseconds |
//!
//! The most exclusive comes first.

use std::cmp::Reverse;
use std::io::{self, Write};

use crate::formats::activity::Activity;
use crate::formats::view::{Selection, View};
use crate::profile::{NodeId, Profile};

const HEADER: &str = "module,name,kind,exclusive,inclusive,exclusive_running,inclusive_running,exclusive_waiting,inclusive_waiting,exclusive_ns,inclusive_ns";

/// How often something was seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Weight {
    samples: u64,
    running: u64,
    waiting: u64,
    nanos: i64,
}

impl Weight {
    fn add(&mut self, other: Self) {
        self.samples += other.samples;
        self.running += other.running;
        self.waiting += other.waiting;
        self.nanos = self.nanos.saturating_add(other.nanos);
    }
}

/// Writes a line for every method in the chosen samples.
///
/// # Errors
///
/// Those of `out`.
pub fn write_csv(profile: &Profile, selection: &Selection, out: &mut impl Write) -> io::Result<()> {
    let view = View::new(profile, selection);
    let own = own_weights(&view);
    let mut exclusive = vec![Weight::default(); view.frames().len()];
    for (node, weight) in view.nodes().iter().zip(&own) {
        if let Some(sum) = exclusive.get_mut(node.frame.0 as usize) {
            sum.add(*weight);
        }
    }
    let inclusive = inclusive(&view, own);
    let mut rows: Vec<_> = view.frames().zip(exclusive.iter().zip(&inclusive)).collect();
    rows.retain(|(_, (_, inclusive))| inclusive.samples > 0);
    rows.sort_by_key(|(frame, (exclusive, inclusive))| {
        (Reverse(exclusive.samples), Reverse(inclusive.samples), frame.module, frame.name)
    });
    writeln!(out, "{HEADER}")?;
    for (frame, (exclusive, inclusive)) in rows {
        write_field(frame.module, out)?;
        out.write_all(b",")?;
        write_field(frame.name, out)?;
        writeln!(
            out,
            ",{},{},{},{},{},{},{},{},{}",
            frame.category.name(),
            exclusive.samples,
            inclusive.samples,
            exclusive.running,
            inclusive.running,
            exclusive.waiting,
            inclusive.waiting,
            exclusive.nanos,
            inclusive.nanos
        )?;
    }
    Ok(())
}

/// By nodes, those that end there. What a thread waits in is the method that waits.
fn own_weights(view: &View<'_>) -> Vec<Weight> {
    let mut own = vec![Weight::default(); view.nodes().len()];
    for run in view.threads().flat_map(|thread| view.runs(thread)) {
        let Some(weight) = own.get_mut(view.sampled(run.leaf).0 as usize) else { continue };
        let those = |activity| if run.activity == activity { run.count } else { 0 };
        weight.add(Weight {
            samples: run.count,
            running: those(Activity::Running),
            waiting: those(Activity::Waiting),
            nanos: run.duration_nanos,
        });
    }
    own
}

/// By frames. A walk through the tree that knows which frames are above, so that recursion is not counted twice.
fn inclusive(view: &View<'_>, own: Vec<Weight>) -> Vec<Weight> {
    enum Step {
        Enter(NodeId),
        Leave(usize),
    }
    let mut total = own;
    let mut callees: Vec<Vec<NodeId>> = vec![Vec::new(); total.len()];
    let mut steps = Vec::new();
    let ids: Vec<NodeId> = view.ids().collect();
    for (id, node) in ids.into_iter().zip(view.nodes()).rev() {
        let weight = total.get(id.0 as usize).copied().unwrap_or_default();
        match node.caller {
            None => steps.push(Step::Enter(id)),
            Some(caller) => {
                if let Some(sum) = total.get_mut(caller.0 as usize) {
                    sum.add(weight);
                }
                if let Some(siblings) = callees.get_mut(caller.0 as usize) {
                    siblings.push(id);
                }
            }
        }
    }
    let mut by_frame = vec![Weight::default(); view.frames().len()];
    let mut above = vec![false; by_frame.len()];
    while let Some(step) = steps.pop() {
        match step {
            Step::Leave(frame) => above.get_mut(frame).into_iter().for_each(|above| *above = false),
            Step::Enter(id) => {
                let Some(frame) = view.node(id).map(|node| node.frame.0 as usize) else { continue };
                let (Some(sum), Some(is_above)) = (by_frame.get_mut(frame), above.get_mut(frame)) else {
                    continue;
                };
                if !*is_above {
                    sum.add(total.get(id.0 as usize).copied().unwrap_or_default());
                    *is_above = true;
                    steps.push(Step::Leave(frame));
                }
                steps.extend(callees.get(id.0 as usize).into_iter().flatten().copied().map(Step::Enter));
            }
        }
    }
    by_frame
}

fn write_field(text: &str, out: &mut impl Write) -> io::Result<()> {
    if text.contains(['"', ',', '\n', '\r']) {
        write!(out, "\"{}\"", text.replace('"', "\"\""))
    } else {
        out.write_all(text.as_bytes())
    }
}
