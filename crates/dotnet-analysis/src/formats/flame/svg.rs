//! The picture.
//!
//! Every box is an `<svg>` element with its place in percent: it clips the text it holds and follows the width of the window,
//! both without a script.

use std::io::{self, Write};

use super::FlameGraph;
use super::layout::{Layout, Place, layout, shares};
use super::palette::{self, CHANGES, KINDS, Meaning};

use crate::formats::names::short;
use crate::formats::xml::Text;
use crate::report::document::Cell;

const STYLE: &str = include_str!("flame.css");
const SCRIPT: &str = include_str!("flame.js");
/// Pixels from one row of boxes to the next.
const ROW: usize = 18;
/// Pixels from one line of text to the next.
const LINE: usize = 17;
/// A letter of the legend is about as wide, in pixels.
const LETTER: usize = 7;

/// Where a picture is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    /// A file of its own.
    File,
    /// An HTML page.
    Page,
}

pub(super) fn write(graph: &FlameGraph, frame: Frame, out: &mut impl Write) -> io::Result<()> {
    let layout = layout(&graph.tree);
    let notes = notes(graph, &layout);
    let legend_at = 28 + notes.len() * LINE;
    let details_at = legend_at + LINE + 13;
    let top = details_at + 8;
    let height = top + layout.depth.max(1) * ROW + 8;
    let class = match frame {
        Frame::File => "pipescope-flame",
        Frame::Page => "pipescope-flame in-page",
    };
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"{class}\" width=\"100%\" height=\"{height}\" role=\"img\" \
         aria-label=\"Flame graph: {}\">",
        Text(&graph.title)
    )?;
    writeln!(out, "<style>{STYLE}</style>")?;
    writeln!(out, "<text class=\"heading\" x=\"8\" y=\"22\">{}</text>", Text(&graph.title))?;
    for (index, note) in notes.iter().enumerate() {
        let y = 22 + (index + 1) * LINE;
        writeln!(out, "<text class=\"note\" x=\"8\" y=\"{y}\">{}</text>", Text(note))?;
    }
    legend(if graph.is_comparison { &CHANGES } else { &KINDS }, legend_at, out)?;
    writeln!(out, "<text class=\"details\" x=\"8\" y=\"{details_at}\"></text>")?;
    writeln!(out, "<svg class=\"boxes\" y=\"{top}\" width=\"100%\">")?;
    let largest = largest_change(graph);
    for place in &layout.places {
        write_box(graph, place, largest, out)?;
    }
    writeln!(out, "</svg>\n<script><![CDATA[\n{SCRIPT}]]></script>\n</svg>")
}

fn notes(graph: &FlameGraph, layout: &Layout) -> Vec<String> {
    let mut notes = graph.notes.clone();
    if graph.is_empty() {
        notes.push("There are no samples to be shown.".to_owned());
    }
    if layout.left_out > 0 {
        notes.push(format!(
            "{} boxes are too narrow to be drawn; the widest of them has {:.3} %.",
            Cell::Count(layout.left_out as u64),
            layout.widest_left_out * 100.0
        ));
    }
    notes
}

fn legend(meanings: &[Meaning], top: usize, out: &mut impl Write) -> io::Result<()> {
    let mut x = 8;
    for Meaning { class, text } in meanings {
        let text_at = x + 16;
        writeln!(
            out,
            "<g class=\"{class}\"><rect x=\"{x}\" y=\"{top}\" width=\"12\" height=\"12\"/>\
             <text x=\"{text_at}\" y=\"{}\">{text}</text></g>",
            top + 11
        )?;
        x = text_at + text.len() * LETTER + 12;
    }
    Ok(())
}

fn write_box(graph: &FlameGraph, place: &Place, largest: f64, out: &mut impl Write) -> io::Result<()> {
    let tree = &graph.tree;
    let Some(node) = tree.nodes.get(place.node) else { return Ok(()) };
    let Some(label) = tree.labels.get(node.label) else { return Ok(()) };
    let [before, after] = shares(tree, node);
    let class = match graph.is_comparison {
        true => palette::change(after - before, largest),
        false => palette::kind(label),
    };
    write!(
        out,
        "<svg class=\"{class}\" x=\"{}%\" y=\"{}\" width=\"{}%\" height=\"{}\"><title>",
        Percent(place.left),
        place.depth * ROW,
        Percent(place.width),
        ROW - 1,
    )?;
    if !label.module.is_empty() {
        write!(out, "{}!", Text(&label.module))?;
    }
    writeln!(out, "{}", Text(&label.name))?;
    let [first, second] = node.total;
    if graph.is_comparison {
        write!(
            out,
            "{:+.2} %: {:.2} % before, {:.2} % after\n{} samples before, {} after",
            (after - before) * 100.0,
            before * 100.0,
            after * 100.0,
            Cell::Count(first.samples),
            Cell::Count(second.samples)
        )?;
    } else {
        write!(
            out,
            "{:.2} %, {} samples, {}",
            before * 100.0,
            Cell::Count(first.samples),
            Cell::Nanos(first.nanos)
        )?;
        let [own, _] = node.own;
        if own.samples > 0 && own != first {
            write!(out, "\nin itself {} samples, {}", Cell::Count(own.samples), Cell::Nanos(own.nanos))?;
        }
    }
    writeln!(
        out,
        "</title><rect width=\"100%\" height=\"100%\"/><text x=\"3\" y=\"13\">{}</text></svg>",
        Text(if label.category.is_some() { short(&label.name) } else { &label.name })
    )
}

/// The largest change of a share there is.
fn largest_change(graph: &FlameGraph) -> f64 {
    let changes = graph.tree.nodes.iter().map(|node| {
        let [before, after] = shares(&graph.tree, node);
        (after - before).abs()
    });
    changes.fold(0.0, f64::max)
}

/// A share of 1 in percent, exact enough to be zoomed into.
struct Percent(f64);

impl std::fmt::Display for Percent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{:.5}", self.0 * 100.0);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}
