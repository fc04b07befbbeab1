//! The monitor's screen: draws a [`View`], decides nothing.

use std::fmt::Write as _;
use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize as _};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::table::{CellView, Row};
use crate::text::clipped;

/// Everything there is to see.
#[derive(Debug)]
pub(crate) struct View<'a> {
    /// What is being watched, such as `web (pid 12), .NET 9.0.5`.
    pub(crate) title: &'a str,
    pub(crate) status: Status,
    pub(crate) elapsed: Duration,
    /// The newest thing to know besides values.
    pub(crate) notice: Option<&'a str>,
    pub(crate) rows: Vec<Row<'a>>,
    /// How many rows are scrolled out at the top.
    pub(crate) offset: usize,
    pub(crate) filter: &'a str,
    /// Whether keys go to the filter.
    pub(crate) is_typing: bool,
    /// Whether to show the change since the value before.
    pub(crate) shows_deltas: bool,
}

/// What the monitor is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Nothing has come yet.
    Waiting,
    Running,
    Paused,
}

/// Where the columns of the table begin, and how wide they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Columns {
    name: usize,
    value: usize,
    unit: usize,
    delta: usize,
    spark: usize,
}

const TITLE_STYLE: Style = Style::new().add_modifier(Modifier::BOLD);
const HEADING_STYLE: Style = Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD);
const DIM_STYLE: Style = Style::new().fg(Color::DarkGray);

/// How many table rows fit into a screen of that height.
pub(crate) fn page_height(screen_height: u16) -> usize {
    // Title, notice, column heads, keys.
    usize::from(screen_height.saturating_sub(4)).max(1)
}

/// Draws the view over the whole frame.
pub(crate) fn draw(frame: &mut Frame<'_>, view: &View<'_>) {
    let [title, notice, heads, body, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());

    frame.render_widget(Paragraph::new(title_line(view, usize::from(title.width))), title);
    if let Some(text) = view.notice {
        frame.render_widget(Paragraph::new(clipped(text, usize::from(notice.width))).yellow(), notice);
    }
    let columns = Columns::fit(&view.rows, usize::from(body.width), view.shows_deltas);
    frame.render_widget(Paragraph::new(columns.heads()), heads);
    draw_body(frame, view, columns, body);
    frame.render_widget(Paragraph::new(keys_line(view, body)), keys);
}

fn draw_body(frame: &mut Frame<'_>, view: &View<'_>, columns: Columns, area: Rect) {
    if view.rows.is_empty() {
        let text = match (view.status, view.filter) {
            (Status::Waiting, _) => "Waiting for the first values (up to one refresh interval)...",
            (_, "") => "No counters.",
            _ => "No counter matches the filter.",
        };
        frame.render_widget(Paragraph::new(text).style(DIM_STYLE), area);
        return;
    }
    let lines = view.rows.iter().skip(view.offset).take(usize::from(area.height));
    let lines: Vec<Line<'_>> = lines.map(|row| columns.line(row)).collect();
    frame.render_widget(Paragraph::new(lines), area);
}

fn title_line(view: &View<'_>, width: usize) -> Line<'static> {
    let (status, color) = match view.status {
        Status::Waiting => ("Waiting", Color::Yellow),
        Status::Running => ("Running", Color::Green),
        Status::Paused => ("Paused", Color::Yellow),
    };
    let seconds = view.elapsed.as_secs();
    let time = format!("  {:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    let left = clipped(view.title, width.saturating_sub(status.len() + time.len() + 1)).into_owned();
    let gap = width.saturating_sub(left.chars().count() + status.len() + time.len());
    Line::from(vec![
        Span::styled(left, TITLE_STYLE),
        Span::raw(" ".repeat(gap)),
        Span::styled(status, Style::new().fg(color).add_modifier(Modifier::BOLD)),
        Span::raw(time),
    ])
}

fn keys_line(view: &View<'_>, body: Rect) -> Line<'static> {
    if view.is_typing {
        return Line::from(vec![
            Span::styled("filter: ", HEADING_STYLE),
            Span::raw(format!("{}_", view.filter)),
            Span::styled("   Enter keep  Esc clear", DIM_STYLE),
        ]);
    }
    let mut keys = String::from("q quit  p pause  r resume  / filter");
    let (total, height) = (view.rows.len(), usize::from(body.height));
    if total > height {
        let last = (view.offset + height).min(total);
        let _ = write!(keys, "  ↑↓ scroll  {}-{last} of {total}", view.offset + 1);
    }
    let mut spans = vec![Span::styled(keys, DIM_STYLE)];
    if !view.filter.is_empty() {
        spans.push(Span::styled(format!("  [{}]", view.filter), HEADING_STYLE));
    }
    Line::from(spans)
}

impl Columns {
    /// Widths for these rows: names as long as they are, if that leaves a sparkline worth looking at.
    fn fit(rows: &[Row<'_>], width: usize, shows_deltas: bool) -> Self {
        const MIN_NAME: usize = 24;
        const MIN_SPARK: usize = 15;
        const MAX_SPARK: usize = 60;
        let longest = |part: fn(&CellView<'_>) -> usize, least: usize| {
            rows.iter().filter_map(|row| row.cell.as_ref()).map(part).max().unwrap_or(0).max(least)
        };
        let value = longest(|cell| cell.value.number.chars().count(), 5);
        let unit = longest(|cell| cell.value.unit.chars().count(), 4).min(14);
        let delta = if shows_deltas {
            longest(|cell| cell.delta.as_ref().map_or(0, |delta| delta.chars().count()), 6)
        } else {
            0
        };
        let delta_gap = if shows_deltas { 2 } else { 0 };
        let figures = 2 + value + 1 + unit + delta_gap + delta + 2;
        // Headings have the whole line to themselves.
        let names = rows.iter().filter(|row| row.cell.is_some());
        let names = names.map(|row| usize::from(row.depth) * 2 + row.label.chars().count());
        let name = names.max().unwrap_or(0).max(MIN_NAME);
        let name = name.min(width.saturating_sub(figures + MIN_SPARK)).max(MIN_NAME);
        let spark = width.saturating_sub(name + figures).min(MAX_SPARK);
        Self { name, value, unit, delta, spark }
    }

    fn heads(self) -> Line<'static> {
        let Self { name, value, unit, delta, spark } = self;
        let mut text = format!("{:<name$}  {:>value$} {:<unit$}", "Name", "Value", "Unit");
        if delta > 0 {
            let _ = write!(text, "  {:>delta$}", "Change");
        }
        if spark > 0 {
            let _ = write!(text, "  {:>spark$}", clipped("Last minute", spark));
        }
        Line::styled(text, Style::new().add_modifier(Modifier::UNDERLINED))
    }

    fn line(self, row: &Row<'_>) -> Line<'static> {
        let Self { name, value, unit, delta, spark } = self;
        let indent = usize::from(row.depth) * 2;
        let room = if row.cell.is_some() { name } else { name + value + unit + spark };
        let label = clipped(&row.label, room.saturating_sub(indent));
        let label = format!("{:indent$}{label}", "");
        let Some(cell) = &row.cell else {
            let style = if row.depth == 0 { HEADING_STYLE } else { Style::new() };
            return Line::styled(label, style);
        };
        let mut spans = vec![
            Span::raw(format!("{label:<name$}  ")),
            Span::styled(format!("{:>value$}", cell.value.number), TITLE_STYLE),
            Span::styled(format!(" {:<unit$}", clipped(&cell.value.unit, unit)), DIM_STYLE),
        ];
        if delta > 0 {
            let change = cell.delta.as_deref().unwrap_or_default();
            spans.push(Span::raw(format!("  {change:>delta$}")));
        }
        // At the right end, where the newest value belongs, however short the history is.
        spans.push(Span::styled(
            format!("  {:>spark$}", cell.sparkline(spark)),
            Style::new().fg(Color::Green),
        ));
        Line::from(spans)
    }
}
