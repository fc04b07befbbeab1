//! A document as one HTML page that needs nothing else: no network, no other file. It can be sent to a colleague, printed, and
//! read on a telephone; dark where its reader's system is. Without scripts everything is there, with them tables can be sorted
//! and searched, charts say their figures and can be zoomed, and the figures can be saved as JSON.
//!
//! | file | |
//! |---|---|
//! | `table` | tables, trees, lists of facts |
//! | `chart` | charts: SVG that follows the width of the page |
//! | `axis`, `thin` | ticks of their axes; fewer values where there are more than pixels |
//! | `escaped` | text in a page |
//! | `page.css`, `page.js` | looks, and what a page can do |

mod axis;
mod chart;
mod escaped;
mod table;
mod thin;

use std::fmt::{self, Write};

use self::escaped::{Escaped, Json};
use super::document::{Cell, Document, Part, Section};
use super::facts::Facts;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The most JSON that a page carries along, in bytes. A page with more would be slow to open.
const MAX_JSON: usize = 16 << 20;

/// What a page is made of.
#[derive(Debug, Clone, Copy)]
pub struct Page<'p> {
    /// What it says.
    pub document: &'p Document,
    /// Sections that only pages have; they come after the first one of the document, as do its sections that are charts alone.
    pub pictures: &'p [Section],
    /// The trace it is from, where it is from one.
    pub facts: Option<&'p Facts>,
    /// What it is about, names and values: the file, the process, the time.
    pub about: &'p [(String, String)],
    /// The figures as JSON, for readers who want to save them; empty for none.
    pub json: &'p str,
}

/// The page.
#[must_use]
pub fn render(page: &Page<'_>) -> String {
    let mut out = String::with_capacity(STYLE.len() + SCRIPT.len() + page.json.len() + (64 << 10));
    // Writing to a String cannot fail.
    let _ = write_page(page, &mut out);
    out
}

fn write_page(page: &Page<'_>, out: &mut String) -> fmt::Result {
    let Page { document, pictures, facts, about, json } = page;
    let subject = about.first().map_or("", |(_, value)| value);
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"generator\" content=\"pipescope {}\">\n\
         <title>{}{}{}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n{STYLE}</style>\n</head>\n<body>\n<header>",
        env!("CARGO_PKG_VERSION"),
        Escaped(&document.title),
        if subject.is_empty() { "" } else { ": " },
        Escaped(subject)
    )?;
    writeln!(out, "<h1>{}</h1>", Escaped(&document.title))?;
    writeln!(out, "<p class=\"summary\">{}</p>", Escaped(&document.summary))?;
    write_about(*facts, about, out)?;
    if let Some(facts) = facts {
        write_warnings(facts, out)?;
    }
    out.push_str("</header>\n<main>\n");
    // What a text cannot have comes early: the most important section, then pictures and charts.
    let (first, rest) =
        document.sections.split_first().map_or((None, &[][..]), |(one, rest)| (Some(one), rest));
    let is_chart = |part: &Part| matches!(part, Part::Chart(_) | Part::Picture(_));
    let is_seen = |section: &&Section| !section.parts.is_empty() && section.parts.iter().all(is_chart);
    let (seen, read): (Vec<&Section>, Vec<&Section>) = rest.iter().partition(is_seen);
    for section in first.into_iter().chain(*pictures).chain(seen).chain(read) {
        write_section(section, out)?;
    }
    if !document.notes.is_empty() {
        out.push_str("<section class=\"notes\"><h2>Notes</h2>\n<ul>\n");
        for note in &document.notes {
            writeln!(out, "<li>{}</li>", Escaped(note))?;
        }
        out.push_str("</ul>\n</section>\n");
    }
    writeln!(out, "</main>\n<footer><p>Made by pipescope {}.</p></footer>", env!("CARGO_PKG_VERSION"))?;
    if !json.is_empty() && json.len() <= MAX_JSON {
        writeln!(out, "<script type=\"application/json\" id=\"figures\">{}</script>", Json(json))?;
    }
    writeln!(out, "<script>\n{SCRIPT}</script>\n</body>\n</html>")
}

fn write_about(facts: Option<&Facts>, about: &[(String, String)], out: &mut String) -> fmt::Result {
    out.push_str("<dl class=\"about\">");
    for (name, value) in about {
        write!(out, "<div><dt>{}</dt><dd>{}</dd></div>", Escaped(name), Escaped(value))?;
    }
    let Some(facts) = facts else {
        out.push_str("</dl>\n");
        return Ok(());
    };
    let lost = match facts.lost {
        0 => "none lost".to_owned(),
        lost => format!("{} lost", Cell::Count(lost)),
    };
    writeln!(
        out,
        "<div><dt>Duration</dt><dd>{}</dd></div><div><dt>Events</dt><dd>{}, {lost}</dd></div></dl>",
        Cell::Nanos(facts.duration_ns),
        Cell::Count(facts.events)
    )
}

fn write_warnings(facts: &Facts, out: &mut String) -> fmt::Result {
    if facts.lost > 0 {
        writeln!(
            out,
            "<p class=\"warning\">The runtime dropped {} events, so figures are too low.</p>",
            Cell::Count(facts.lost)
        )?;
    }
    match &facts.problem {
        Some(problem) => writeln!(out, "<p class=\"warning\">Only a part: {}.</p>", Escaped(problem)),
        None => Ok(()),
    }
}

fn write_section(section: &Section, out: &mut String) -> fmt::Result {
    writeln!(out, "<section><h2>{}</h2>", Escaped(&section.title))?;
    let mut parts = section.parts.iter().peekable();
    while let Some(part) = parts.next() {
        match part {
            Part::Text(words) => writeln!(out, "<p>{}</p>", Escaped(words))?,
            Part::Facts(facts) => table::write_facts(facts, out)?,
            Part::Table(table) => table::write_table(table, out)?,
            Part::Tree(tree) => table::write_tree(tree, out)?,
            Part::Picture(svg) => writeln!(out, "<div class=\"picture\">{svg}</div>")?,
            Part::Chart(first) => {
                // Charts in a row share the width of the page.
                out.push_str("<div class=\"charts\">\n");
                chart::write(first, out)?;
                while let Some(Part::Chart(next)) = parts.next_if(|part| matches!(part, Part::Chart(_))) {
                    chart::write(next, out)?;
                }
                out.push_str("</div>\n");
            }
        }
    }
    out.push_str("</section>\n");
    Ok(())
}
