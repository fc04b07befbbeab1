//! Charts.
//!
//! The plot is SVG that is stretched to whatever width the page has; strokes keep their width, and what is to be read are
//! ordinary elements beside it, so that it is legible on a telephone too. A script adds the figures at the pointer, and zoom.

use std::fmt::{self, Write};

use super::axis::{Axis, seconds};
use super::escaped::Escaped;
use super::thin::thinned;
use crate::report::document::{Chart, ChartKind, Series};

/// Units of a plot's own coordinates, in both directions.
const SIZE: f64 = 1000.0;
/// Series of a chart; there are not more colours that can be told apart.
const MAX_SERIES: usize = 8;
/// Bars of a chart.
const MAX_BARS: usize = 60;

pub(super) fn write(chart: &Chart, out: &mut String) -> fmt::Result {
    match chart.kind {
        ChartKind::Lines | ChartKind::Points => write_plot(chart, out),
        ChartKind::Bars => write_bars(chart, out),
    }
}

fn write_plot(chart: &Chart, out: &mut String) -> fmt::Result {
    let series: Vec<(&Series, Vec<(f64, f64)>)> =
        chart.series.iter().take(MAX_SERIES).map(|series| (series, thinned(&series.values))).collect();
    let points = || series.iter().flat_map(|(_, values)| values.iter().copied());
    let x = Axis::of_time(points().map(|(x, _)| x));
    let y = Axis::of_values(points().map(|(_, y)| y));
    let (kind, unit) = (chart.kind.name(), chart.unit.name());
    write!(
        out,
        "<figure class=\"chart\" data-kind=\"{kind}\" data-unit=\"{unit}\" data-x=\"{} {}\" data-y=\"{} {}\">\
         <figcaption>{}</figcaption>",
        x.low,
        x.high,
        y.low,
        y.high,
        Escaped(&chart.title)
    )?;
    write_legend(chart, out)?;
    out.push_str("<div class=\"frame\"><div class=\"y\" aria-hidden=\"true\">");
    for tick in &y.ticks {
        write!(
            out,
            "<span style=\"bottom:{:.2}%\">{}</span>",
            y.place(*tick) * 100.0,
            if *tick == 0.0 { "0".to_owned() } else { chart.unit.cell(*tick).to_string() }
        )?;
    }
    // Lines and labels of one tick have one place.
    write!(
        out,
        "</div><div class=\"plot\"><svg viewBox=\"0 0 {SIZE} {SIZE}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{}\">\
         <path class=\"grid\" d=\"",
        Escaped(&chart.title)
    )?;
    for tick in &y.ticks {
        write!(out, "M0 {:.1}H{SIZE}", (1.0 - y.place(*tick)) * SIZE)?;
    }
    out.push_str("\"/>");
    for (index, (series, values)) in series.iter().enumerate() {
        write!(out, "<path class=\"mark s{index}\" data-name=\"{}\" d=\"", Escaped(&series.name))?;
        for (at, (px, py)) in values.iter().enumerate() {
            let (px, py) = (x.place(*px) * SIZE, (1.0 - y.place(*py)) * SIZE);
            match (chart.kind, at) {
                (ChartKind::Lines, 1..) => write!(out, "L{px:.2} {py:.2}")?,
                // A line of no length has a round end, which is a dot.
                (ChartKind::Points, _) => write!(out, "M{px:.2} {py:.2}h0")?,
                _ => write!(out, "M{px:.2} {py:.2}")?,
            }
        }
        // A single value would be a line of no length without a dot's round end.
        if values.len() == 1 && chart.kind == ChartKind::Lines {
            out.push_str("h0");
        }
        out.push_str("\"/>");
    }
    out.push_str("</svg><div class=\"x\" aria-hidden=\"true\">");
    for tick in &x.ticks {
        write!(
            out,
            "<span style=\"left:{:.2}%\">{}</span>",
            x.place(*tick) * 100.0,
            seconds(*tick, x.high - x.low)
        )?;
    }
    out.push_str("</div></div></div></figure>\n");
    Ok(())
}

fn write_legend(chart: &Chart, out: &mut String) -> fmt::Result {
    if chart.series.len() < 2 {
        return Ok(());
    }
    out.push_str("<ul class=\"legend\">");
    for (index, series) in chart.series.iter().take(MAX_SERIES).enumerate() {
        write!(out, "<li class=\"s{index}\">{}</li>", Escaped(&series.name))?;
    }
    match chart.series.len() - chart.series.len().min(MAX_SERIES) {
        0 => {}
        more => write!(out, "<li>and {more} more</li>")?,
    }
    out.push_str("</ul>");
    Ok(())
}

/// Rows of a name, a bar for each series, and its value: names may be long.
fn write_bars(chart: &Chart, out: &mut String) -> fmt::Result {
    write!(
        out,
        "<figure class=\"chart bars\" data-kind=\"bars\"><figcaption>{}</figcaption>",
        Escaped(&chart.title)
    )?;
    write_legend(chart, out)?;
    let series = chart.series.get(..chart.series.len().min(MAX_SERIES)).unwrap_or_default();
    let values = || series.iter().flat_map(|series| &series.values).map(|(_, value)| *value);
    let axis = Axis::of_values(values());
    let count = series.iter().map(|series| series.values.len()).max().unwrap_or(0);
    out.push_str("<div class=\"rows\">");
    for bar in 0..count.min(MAX_BARS) {
        let label = series.iter().find_map(|series| series.labels.get(bar)).map_or("", String::as_str);
        write!(out, "<div class=\"label\" title=\"{0}\">{0}</div><div class=\"bar\">", Escaped(label))?;
        for (index, series) in series.iter().enumerate() {
            let Some((_, value)) = series.values.get(bar) else { continue };
            let (zero, end) = (axis.place(0.0) * 100.0, axis.place(*value) * 100.0);
            write!(
                out,
                "<div><i class=\"mark s{index}\" style=\"margin-left:{:.2}%;width:{:.2}%\"></i><span>{}</span></div>",
                zero.min(end),
                (end - zero).abs(),
                chart.unit.cell(*value)
            )?;
        }
        out.push_str("</div>");
    }
    out.push_str("</div>");
    if count > MAX_BARS {
        write!(out, "<p class=\"more\">... and {} more</p>", count - MAX_BARS)?;
    }
    out.push_str("</figure>\n");
    Ok(())
}

impl ChartKind {
    fn name(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Points => "points",
            Self::Bars => "bars",
        }
    }
}
