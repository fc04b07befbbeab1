//! Flame graphs: all stacks in one picture, a box for each frame, as wide as it was seen.
//!
//! The picture is SVG that needs nothing else: it can be opened in a browser, sent to a colleague, put into a page. It is
//! whole without a script; with one it can be zoomed, searched and walked through with the keys. Callers are above those they
//! call, the heaviest is on the left.
//!
//! | file | |
//! |---|---|
//! | `tree` | stacks merged, with weights |
//! | `layout` | where the boxes are |
//! | `palette`, `flame.css` | colours |
//! | `svg` | the picture |
//! | `flame.js` | zoom, search, keys |

mod layout;
mod palette;
mod svg;
mod tree;

use std::io::{self, Write};

use self::svg::Frame;
use self::tree::CallTree;

use crate::formats::view::{Selection, View};
use crate::profile::Profile;
use crate::report::document::Cell;

/// A flame graph of one profile, or of the difference between two.
///
/// ```
/// use dotnet_analysis::formats::{FlameGraph, Selection};
/// use dotnet_analysis::profile::Profile;
///
/// let profile = Profile { name: "shop".to_owned(), ..Profile::default() };
/// let mut file = Vec::new();
/// FlameGraph::of(&profile, &Selection::default(), false).write_svg(&mut file)?;
/// assert!(file.starts_with(b"<?xml"));
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct FlameGraph {
    tree: CallTree,
    title: String,
    notes: Vec<String>,
    is_comparison: bool,
}

impl FlameGraph {
    /// Of the chosen samples of a profile. With `by_thread` each thread has a box, its stacks below it.
    #[must_use]
    pub fn of(profile: &Profile, selection: &Selection, by_thread: bool) -> Self {
        let mut tree = CallTree::default();
        tree.add(&View::new(profile, selection), 0, by_thread);
        let [all, _] = tree.all;
        let amount = format!(
            "{} samples, {} of thread time. {}",
            Cell::Count(all.samples),
            Cell::Nanos(all.nanos),
            measured(selection)
        );
        Self { tree, title: profile.name.clone(), notes: vec![amount], is_comparison: false }
    }

    /// Of two profiles: what is seen more in the second is red, what is seen less is blue. A box is as wide as the mean of its
    /// shares in both, so that what is only in one of them is there.
    #[must_use]
    pub fn difference(before: &Profile, after: &Profile, selection: &Selection, by_thread: bool) -> Self {
        let mut tree = CallTree::default();
        tree.add(&View::new(before, selection), 0, by_thread);
        tree.add(&View::new(after, selection), 1, by_thread);
        let [all_before, all_after] = tree.all;
        let amounts = format!(
            "Before: {} samples; after: {}. Widths are the mean of both shares. {}",
            Cell::Count(all_before.samples),
            Cell::Count(all_after.samples),
            measured(selection)
        );
        let title = match before.name == after.name {
            true => format!("{}: before and after", after.name),
            false => format!("{} compared with {}", after.name, before.name),
        };
        Self { tree, title, notes: vec![amounts], is_comparison: true }
    }

    /// Adds a line below the title: what else should be known of the figures.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Whether there is nothing to be seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tree.nodes.is_empty()
    }

    /// Writes a file of its own.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn write_svg(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        svg::write(self, Frame::File, out)
    }

    /// Writes an `<svg>` element to be put into an HTML page, where it is as wide as it may be. A page may have several.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn write_in_page(&self, out: &mut impl Write) -> io::Result<()> {
        svg::write(self, Frame::Page, out)
    }
}

/// What the samples measure.
fn measured(selection: &Selection) -> String {
    let only: Vec<&str> = selection.only.iter().map(|activity| activity.name()).collect();
    match only.as_slice() {
        [] => "Time that passed, running or waiting: not CPU time.".to_owned(),
        names => format!(
            "Only samples of threads that were {}: not CPU time.",
            names.join(" or ").replace("native", "in native code")
        ),
    }
}
