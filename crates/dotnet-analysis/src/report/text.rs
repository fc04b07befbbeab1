//! A document as text for a terminal.
//!
//! The first screen has the answer: title, summary, where the figures come from, the most important section. What has to be
//! known about the figures comes after them, but for losses, which are said at once.

use std::fmt::Write as _;

use super::document::{Cell, Document, Part, Section, Table, Tree};
use super::facts::Facts;
use super::printable::printable;

/// Rows of a table, and nodes of a tree. What comes after them is in the JSON.
const MAX_ROWS: usize = 25;
const MAX_NODES: usize = 60;

/// Columns between two cells.
const GAP: usize = 2;

/// What a column of words has at least, however narrow the terminal is.
const LEAST_WORDS: usize = 16;

/// The document in lines of at most so many columns, where its words allow it.
#[must_use]
pub fn render(document: &Document, facts: Option<&Facts>, columns: usize) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}", printable(&document.title).to_uppercase());
    for line in wrapped(&document.summary, columns) {
        let _ = writeln!(text, "{line}");
    }
    for line in facts.map_or_else(Vec::new, |facts| wrapped(&about(facts), columns)) {
        let _ = writeln!(text, "{line}");
    }
    for section in &document.sections {
        push_section(&mut text, section, columns);
    }
    if !document.notes.is_empty() {
        text.push_str("\nNotes\n");
        for note in &document.notes {
            push_item(&mut text, note, columns);
        }
    }
    text
}

/// Where the figures come from, in a line.
fn about(facts: &Facts) -> String {
    let process = match facts.process_id {
        0 => String::new(),
        id => format!("process {id}, "),
    };
    let lost = match facts.lost {
        0 => "none lost".to_owned(),
        lost => format!("and {} LOST, so figures are too low", Cell::Count(lost)),
    };
    let cut = match &facts.problem {
        None => String::new(),
        Some(problem) => format!(" Only a part: {problem}."),
    };
    format!(
        "From {process}{} of events: {}, {lost}.{cut}",
        Cell::Nanos(facts.duration_ns),
        Cell::Count(facts.events)
    )
}

fn push_section(text: &mut String, section: &Section, columns: usize) {
    // Charts are on pages only: a section of nothing else would be a heading without anything.
    if section.parts.iter().all(|part| matches!(part, Part::Chart(_) | Part::Picture(_))) {
        return;
    }
    let _ = writeln!(text, "\n{}", printable(&section.title));
    for part in &section.parts {
        match part {
            Part::Text(words) => {
                for line in wrapped(words, columns) {
                    let _ = writeln!(text, "{line}");
                }
            }
            Part::Facts(facts) => push_facts(text, facts, columns),
            Part::Table(table) => push_table(text, table, columns),
            Part::Tree(tree) => push_tree(text, tree, columns),
            Part::Chart(_) | Part::Picture(_) => {}
        }
    }
}

fn push_facts(text: &mut String, facts: &[(String, Cell)], columns: usize) {
    let widest = facts.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    for (name, value) in facts {
        let value = shortened(&printable(&value.to_string()), columns.saturating_sub(widest + 2 * GAP));
        let _ = writeln!(text, "  {}{}  {value}", printable(name), spaces(widest - width(name)));
    }
}

fn push_table(text: &mut String, table: &Table, columns: usize) {
    if table.rows.is_empty() {
        text.push_str("  none\n");
        return;
    }
    let shown: Vec<&Vec<Cell>> = table.rows.iter().take(MAX_ROWS).collect();
    let is_words: Vec<bool> = (0..table.columns.len())
        .map(|at| shown.iter().any(|row| row.get(at).is_some_and(Cell::is_text)))
        .collect();
    let heads: Vec<String> = table.columns.iter().map(|head| printable(head).into_owned()).collect();
    let cells: Vec<Vec<String>> = shown
        .iter()
        .map(|row| {
            row.iter().take(heads.len()).map(|cell| printable(&cell.to_string()).into_owned()).collect()
        })
        .collect();
    let widths = fitted(&heads, &cells, &is_words, columns);
    for row in std::iter::once(&heads).chain(&cells) {
        let mut line = String::new();
        for ((cell, width_of), is_words) in row.iter().zip(&widths).zip(&is_words) {
            line.push_str(&spaces(GAP));
            let cell = shortened(cell, *width_of);
            let padding = spaces(width_of.saturating_sub(width(&cell)));
            if *is_words {
                line.push_str(&cell);
                line.push_str(&padding);
            } else {
                line.push_str(&padding);
                line.push_str(&cell);
            }
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let more = table.left_out.saturating_add((table.rows.len() - shown.len()) as u64);
    if more > 0 {
        let _ = writeln!(text, "  ... and {} more", Cell::Count(more));
    }
}

/// The widths of columns: as wide as their cells, but words are cut so that the line fits, the widest first.
fn fitted(heads: &[String], cells: &[Vec<String>], is_words: &[bool], columns: usize) -> Vec<usize> {
    let mut widths: Vec<usize> = heads.iter().map(|head| width(head)).collect();
    for row in cells {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(width(cell));
        }
    }
    let mut surplus = widths.iter().map(|width| width + GAP).sum::<usize>().saturating_sub(columns);
    while surplus > 0 {
        let words = || widths.iter().zip(is_words).enumerate().filter(|(_, (_, is_words))| **is_words);
        let Some((at, widest)) = words().map(|(at, (width, _))| (at, *width)).max_by_key(|(_, width)| *width)
        else {
            break;
        };
        let next = words().filter(|(other, _)| *other != at).map(|(_, (width, _))| *width).max().unwrap_or(0);
        // Down to the second widest, then those two in turn.
        let cut = surplus.min((widest - next.min(widest)).max(1)).min(widest.saturating_sub(LEAST_WORDS));
        if cut == 0 {
            break;
        }
        if let Some(width) = widths.get_mut(at) {
            *width -= cut;
        }
        surplus -= cut;
    }
    widths
}

/// Figures first, then the names, further to the right the deeper they are.
fn push_tree(text: &mut String, tree: &Tree, columns: usize) {
    let shown: Vec<_> = tree.nodes.iter().take(MAX_NODES).collect();
    let cells: Vec<Vec<String>> = shown
        .iter()
        .map(|node| node.cells.iter().map(|cell| printable(&cell.to_string()).into_owned()).collect())
        .collect();
    let heads: Vec<String> = tree.columns.iter().map(|head| printable(head).into_owned()).collect();
    let widths = fitted(&heads, &cells, &vec![false; heads.len()], columns);
    let figures = |row: &[String]| {
        let mut line = String::new();
        for (cell, wide) in row.iter().zip(&widths) {
            line.push_str(&spaces(GAP + wide.saturating_sub(width(cell))));
            line.push_str(cell);
        }
        line
    };
    let _ = writeln!(text, "{}", figures(&heads));
    for (node, row) in shown.iter().zip(&cells) {
        let mut line = figures(row);
        // A deep tree does not leave the screen.
        let depth = node.depth.min(columns / 4);
        line.push_str(&spaces(GAP + depth));
        let left = columns.saturating_sub(width(&line)).max(LEAST_WORDS);
        line.push_str(&shortened(&printable(&node.name), left));
        let _ = writeln!(text, "{line}");
    }
    let more = tree.nodes.len() - shown.len();
    if more > 0 {
        let _ = writeln!(text, "  ... and {} more", Cell::Count(more as u64));
    }
}

fn push_item(text: &mut String, words: &str, columns: usize) {
    for (index, line) in wrapped(words, columns.saturating_sub(2)).iter().enumerate() {
        let start = if index == 0 { "- " } else { "  " };
        let _ = writeln!(text, "{start}{line}");
    }
}

/// The words in lines. A word that is longer than a line has one for itself.
fn wrapped(words: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in printable(words).split_whitespace() {
        if !line.is_empty() && width(&line) + 1 + width(word) > columns {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// A name in at most so many columns. What tells one method from another is kept longest: its arguments go first, then the
/// beginning of its namespace.
fn shortened(name: &str, columns: usize) -> String {
    if width(name) <= columns {
        return name.to_owned();
    }
    let short = match (name.find('('), name.ends_with(')')) {
        (Some(at), true) if at > 0 => format!("{}(…)", name.get(..at).unwrap_or_default()),
        _ => name.to_owned(),
    };
    let length = width(&short);
    if length <= columns {
        return short;
    }
    if columns == 0 {
        return String::new();
    }
    std::iter::once('…').chain(short.chars().skip(length - (columns - 1))).collect()
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn spaces(count: usize) -> String {
    " ".repeat(count)
}
