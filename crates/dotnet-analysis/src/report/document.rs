//! What a report is made of, whoever shows it: text in a terminal, a page.

/// A report.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    /// What it is about: `Garbage collections`.
    pub title: String,
    /// The answer in a sentence or two: the first thing to read.
    pub summary: String,
    /// What to know about the figures: what is sampled, lost, estimated, what the trace's start and end cut off.
    pub notes: Vec<String>,
    /// In order of importance.
    pub sections: Vec<Section>,
}

/// A part of a report with a heading.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// What is in it.
    pub parts: Vec<Part>,
}

impl Section {
    /// A section with a table. `of` is how many rows there would be. Columns without any value are left out.
    #[must_use]
    pub fn of_table(title: impl Into<String>, columns: &[&str], rows: Vec<Vec<Cell>>, of: usize) -> Self {
        let left_out = of.saturating_sub(rows.len()) as u64;
        let has_values =
            |at: usize| rows.iter().any(|row| row.get(at).is_some_and(|cell| *cell != Cell::Empty));
        let used: Vec<bool> = (0..columns.len()).map(|at| rows.is_empty() || has_values(at)).collect();
        let columns =
            columns.iter().zip(&used).filter(|(_, used)| **used).map(|(name, _)| (*name).to_owned());
        let columns = columns.collect();
        let keep = |row: Vec<Cell>| {
            row.into_iter().zip(&used).filter(|(_, used)| **used).map(|(cell, _)| cell).collect()
        };
        let rows = rows.into_iter().map(keep).collect();
        Self { title: title.into(), parts: vec![Part::Table(Table { columns, rows, left_out })] }
    }

    /// A section with lines over time: names, and pairs of seconds and values.
    #[must_use]
    pub fn of_lines(title: impl Into<String>, unit: Unit, lines: Vec<(&str, Vec<(f64, f64)>)>) -> Self {
        let title = title.into();
        let series = lines.into_iter().map(|(name, values)| Series {
            name: name.to_owned(),
            labels: Vec::new(),
            values,
        });
        let chart = Chart {
            title: title.clone(),
            x: "seconds".to_owned(),
            unit,
            kind: ChartKind::Lines,
            series: series.collect(),
        };
        Self { title, parts: vec![Part::Chart(chart)] }
    }
}

/// What a section is made of.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// A paragraph.
    Text(String),
    /// Names and values.
    Facts(Vec<(String, Cell)>),
    /// A table.
    Table(Table),
    /// A chart; shown on pages only.
    Chart(Chart),
    /// A tree whose nodes have figures, such as a call tree.
    Tree(Tree),
    /// A picture of our own making, as an `<svg>` element; shown on pages only. It goes into the page as it is.
    Picture(String),
}

/// A table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Headings of the columns.
    pub columns: Vec<String>,
    /// Rows, with as many cells as there are columns.
    pub rows: Vec<Vec<Cell>>,
    /// How many rows were left out at the end.
    pub left_out: u64,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing is known.
    Empty,
    /// Words.
    Text(String),
    /// A number of things.
    Count(u64),
    /// Bytes.
    Bytes(u64),
    /// Nanoseconds.
    Nanos(i64),
    /// Percent: 12.5 is 12.5 %.
    Percent(f64),
    /// Any number.
    Number(f64),
}

/// A chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// What the horizontal axis counts: seconds from the start of the trace for `Points` and `Lines`.
    pub x: String,
    /// The unit of the values.
    pub unit: Unit,
    /// How values are drawn.
    pub kind: ChartKind,
    /// What is drawn.
    pub series: Vec<Series>,
}

/// Units of charts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Bytes.
    Bytes,
    /// Nanoseconds.
    Nanos,
    /// Percent.
    Percent,
}

/// Kinds of charts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChartKind {
    /// Lines over time.
    Lines,
    /// One mark per value, over time.
    Points,
    /// Bars side by side; `x` of the values is the number of the bar, its name in `labels`.
    Bars,
}

/// Values with a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// Names of bars; empty for other kinds.
    pub labels: Vec<String>,
    /// Pairs of x and y.
    pub values: Vec<(f64, f64)>,
}

/// A tree with figures.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tree {
    /// Headings of the figures.
    pub columns: Vec<String>,
    /// Nodes, each before its children.
    pub nodes: Vec<TreeNode>,
}

/// A node of a tree.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeNode {
    /// 0 for a root.
    pub depth: usize,
    /// What it is called.
    pub name: String,
    /// Figures, as many as there are columns.
    pub cells: Vec<Cell>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_without_values_are_left_out() {
        let rows = vec![vec![Cell::Count(1), Cell::Empty], vec![Cell::Empty, Cell::Empty]];
        let section = Section::of_table("Things", &["Count", "Name"], rows, 5);
        let [Part::Table(table)] = section.parts.as_slice() else { panic!("{section:?}") };
        assert_eq!((table.columns.as_slice(), table.left_out), (["Count".to_owned()].as_slice(), 3));
        assert_eq!(table.rows, [[Cell::Count(1)], [Cell::Empty]]);
    }
}
