//! Tables, trees, and lists of facts.

use std::fmt::{self, Write};

use super::escaped::Escaped;
use crate::report::document::{Cell, Table, Tree, TreeNode};

/// Rows of a table on a page, and nodes of a tree.
const MAX_ROWS: usize = 2000;
const MAX_NODES: usize = 5000;
/// Depth of a tree on a page; browsers nest elements no deeper than 512.
const MAX_DEPTH: usize = 240;
/// Branches with at least this share of the whole are open from the beginning.
const OPEN_FROM: f64 = 0.1;

pub(super) fn write_facts(facts: &[(String, Cell)], out: &mut String) -> fmt::Result {
    out.push_str("<dl class=\"facts\">");
    for (name, value) in facts {
        write!(out, "<div><dt>{}</dt><dd>{}</dd></div>", Escaped(name), Escaped(&value.to_string()))?;
    }
    out.push_str("</dl>\n");
    Ok(())
}

pub(super) fn write_table(table: &Table, out: &mut String) -> fmt::Result {
    if table.rows.is_empty() {
        out.push_str("<p class=\"none\">None.</p>\n");
        return Ok(());
    }
    let looks: Vec<&str> = (0..table.columns.len()).map(|at| looks(table, at)).collect();
    out.push_str("<div class=\"scroll\"><table><thead><tr>");
    for (column, looks) in table.columns.iter().zip(&looks) {
        write!(out, "<th scope=\"col\"{looks}>{}</th>", Escaped(column))?;
    }
    out.push_str("</tr></thead><tbody>\n");
    for row in table.rows.iter().take(MAX_ROWS) {
        out.push_str("<tr>");
        for (cell, looks) in row.iter().zip(&looks) {
            write_cell(cell, looks, out)?;
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
    let more = table.left_out.saturating_add(table.rows.len().saturating_sub(MAX_ROWS) as u64);
    if more > 0 {
        writeln!(out, "<p class=\"more\">... and {} more</p>", Cell::Count(more))?;
    }
    Ok(())
}

/// The class of a column's cells: figures, long names, or neither.
fn looks(table: &Table, at: usize) -> &'static str {
    /// Names from here on need room where there is little.
    const LONG: usize = 24;
    let cells = || table.rows.iter().filter_map(|row| row.get(at));
    if !cells().any(Cell::is_text) {
        return " class=\"n\"";
    }
    let is_long = |cell: &Cell| matches!(cell, Cell::Text(words) if words.chars().count() > LONG);
    if cells().any(is_long) { " class=\"long\"" } else { "" }
}

/// A cell, with the number that it is sorted by. A share has a bar behind it.
fn write_cell(cell: &Cell, looks: &str, out: &mut String) -> fmt::Result {
    write!(out, "<td{looks}")?;
    if let Some(number) = cell.number() {
        write!(out, " data-v=\"{number}\"")?;
    }
    if let Cell::Percent(share @ 0.0..=100.0) = cell {
        write!(out, " style=\"--share:{share:.1}%\"")?;
    }
    write!(out, ">{}</td>", Escaped(&cell.to_string()))
}

/// Branches that open and close without a script.
pub(super) fn write_tree(tree: &Tree, out: &mut String) -> fmt::Result {
    out.push_str("<div class=\"tree\"><p class=\"head\">");
    for column in &tree.columns {
        write!(out, "<span class=\"n\">{}</span>", Escaped(column))?;
    }
    out.push_str("</p>\n");
    let whole = |node: &TreeNode| node.cells.first().and_then(Cell::number).unwrap_or(0.0);
    let all = tree.nodes.iter().filter(|node| node.depth == 0).map(whole).fold(0.0, f64::max);
    let shown = tree.nodes.get(..tree.nodes.len().min(MAX_NODES)).unwrap_or_default();
    let mut open = 0;
    for (index, node) in shown.iter().enumerate() {
        let depth = node.depth.min(MAX_DEPTH);
        while open > depth {
            out.push_str("</details>\n");
            open -= 1;
        }
        let has_children = shown.get(index + 1).is_some_and(|next| next.depth.min(MAX_DEPTH) > depth);
        if has_children {
            // What has no figures only says more about what it is under.
            let is_open = node.cells.is_empty() || whole(node) >= OPEN_FROM * all;
            write!(out, "<details{}><summary>", if is_open { " open" } else { "" })?;
            open += 1;
        } else {
            out.push_str("<p class=\"leaf\">");
        }
        for cell in &node.cells {
            write!(out, "<span class=\"n\">{}</span>", Escaped(&cell.to_string()))?;
        }
        for _ in node.cells.len()..tree.columns.len() {
            out.push_str("<span class=\"n\"></span>");
        }
        write!(
            out,
            "<span class=\"name\" style=\"--depth:{depth}\">{}</span>{}",
            Escaped(&node.name),
            if has_children { "</summary>" } else { "</p>\n" }
        )?;
    }
    for _ in 0..open {
        out.push_str("</details>\n");
    }
    out.push_str("</div>\n");
    match tree.nodes.len() - shown.len() {
        0 => Ok(()),
        more => writeln!(out, "<p class=\"more\">... and {} more</p>", Cell::Count(more as u64)),
    }
}
