//! Folded stacks: a line per stack, outermost frame first, frames with `;` between them, then how many samples it has.
//!
//! This is what `flamegraph.pl` and its many relatives read. Stacks come in the order they were first seen in.

use std::io::{self, Write};

use crate::formats::view::{Selection, View, thread_name};
use crate::profile::Profile;

/// Writes the chosen samples. With `by_thread` the thread is the outermost frame.
///
/// # Errors
///
/// Those of `out`.
pub fn write_folded(
    profile: &Profile,
    selection: &Selection,
    by_thread: bool,
    out: &mut impl Write,
) -> io::Result<()> {
    let view = View::new(profile, selection);
    let names: Vec<String> = view.frames().map(|frame| one_word(&frame.full_name())).collect();
    let mut counts = vec![0u64; view.nodes().len()];
    for thread in view.threads() {
        for run in view.runs(thread) {
            if let Some(count) = counts.get_mut(run.leaf.0 as usize) {
                *count += run.count;
            }
        }
        if by_thread {
            write_stacks(&view, &names, &counts, Some(&one_word(&thread_name(thread))), out)?;
            counts.fill(0);
        }
    }
    if !by_thread {
        write_stacks(&view, &names, &counts, None, out)?;
    }
    Ok(())
}

fn write_stacks(
    view: &View<'_>,
    names: &[String],
    counts: &[u64],
    root: Option<&str>,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut path: Vec<&str> = Vec::new();
    for (leaf, count) in view.ids().zip(counts).filter(|(_, count)| **count > 0) {
        path.clear();
        path.extend(view.path(leaf).map(|(_, frame)| names.get(frame.0 as usize).map_or("", String::as_str)));
        path.extend(root);
        for (index, name) in path.iter().rev().enumerate() {
            if index > 0 {
                out.write_all(b";")?;
            }
            out.write_all(name.as_bytes())?;
        }
        writeln!(out, " {count}")?;
    }
    Ok(())
}

/// Without what would end a frame or a line.
fn one_word(name: &str) -> String {
    name.chars()
        .map(|character| match character {
            ';' => ':',
            character if character.is_control() => ' ',
            character => character,
        })
        .collect()
}
