//! Metric families and their text form (Prometheus exposition formats, "Text-based format", version 0.0.4).

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The type line of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FamilyKind {
    Counter,
    Gauge,
    Summary,
    /// Processes disagree about the type.
    Untyped,
}

/// Labels in the order they were added, already escaped: `process="shop",route="/"`.
#[derive(Debug, Clone, Default)]
pub(super) struct Labels {
    text: String,
    names: Vec<String>,
}

impl Labels {
    /// Adds one label. A name that is taken (two tags that differ only in punctuation) keeps its first value.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.push(name, value);
        self
    }

    pub(super) fn push(&mut self, name: &str, value: &str) {
        let name = label_name(name);
        if self.names.contains(&name) {
            return;
        }
        if !self.text.is_empty() {
            self.text.push(',');
        }
        let _ = write!(self.text, "{name}=\"{}\"", Escaped(value));
        self.names.push(name);
    }

    fn quantile(&self, quantile: f64) -> String {
        let comma = if self.text.is_empty() { "" } else { "," };
        format!("{}{comma}quantile=\"{quantile}\"", self.text)
    }
}

/// A label name: letters, digits and underscores, not beginning with a digit.
pub(super) fn label_name(text: &str) -> String {
    let mut name: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert(0, '_');
    }
    name
}

/// A label value with backslash, quote and newline escaped.
struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for c in self.0.chars() {
            match c {
                '\\' => f.write_str("\\\\")?,
                '"' => f.write_str("\\\"")?,
                '\n' => f.write_str("\\n")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// Families by name, each with its samples together, as the format demands.
#[derive(Debug, Default)]
pub(super) struct Families {
    families: BTreeMap<String, Family>,
}

#[derive(Debug)]
struct Family {
    kind: FamilyKind,
    help: String,
    samples: Vec<Sample>,
}

#[derive(Debug)]
struct Sample {
    /// What follows the family's name: nothing, `_sum`, `_count`.
    suffix: &'static str,
    labels: String,
    value: f64,
}

impl Families {
    /// Adds a sample of a counter or gauge.
    pub(super) fn add(&mut self, name: &str, kind: FamilyKind, help: &str, labels: &Labels, value: f64) {
        self.family(name, kind, help).push("", labels.text.clone(), value);
    }

    /// Adds a summary: its quantiles, and sum and count where they are known.
    pub(super) fn add_summary(
        &mut self,
        name: &str,
        help: &str,
        labels: &Labels,
        quantiles: &[(f64, f64)],
        sum_and_count: Option<(f64, u64)>,
    ) {
        let family = self.family(name, FamilyKind::Summary, help);
        for (quantile, value) in quantiles {
            family.push("", labels.quantile(*quantile), *value);
        }
        if let Some((sum, count)) = sum_and_count {
            family.push("_sum", labels.text.clone(), sum);
            family.push("_count", labels.text.clone(), count as f64);
        }
    }

    fn family(&mut self, name: &str, kind: FamilyKind, help: &str) -> &mut Family {
        let family = self.families.entry(name.to_owned()).or_insert_with(|| Family {
            kind,
            help: help.to_owned(),
            samples: Vec::new(),
        });
        if family.kind != kind {
            family.kind = FamilyKind::Untyped;
        }
        family
    }

    /// The page.
    pub(super) fn text(&self) -> String {
        let mut text = String::with_capacity(16 * 1024);
        for (name, family) in &self.families {
            if family.samples.is_empty() {
                continue;
            }
            let help = family.help.replace('\\', "\\\\").replace('\n', "\\n");
            let help = if help.is_empty() { name } else { &help };
            let kind = match family.kind {
                FamilyKind::Counter => "counter",
                FamilyKind::Gauge => "gauge",
                FamilyKind::Summary => "summary",
                FamilyKind::Untyped => "untyped",
            };
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for sample in &family.samples {
                let _ = write!(text, "{name}{}", sample.suffix);
                if !sample.labels.is_empty() {
                    let _ = write!(text, "{{{}}}", sample.labels);
                }
                let _ = writeln!(text, " {}", Number(sample.value));
            }
        }
        text
    }
}

impl Family {
    /// Two series that end up with the same name and labels would fail the whole scrape: the first one stays.
    fn push(&mut self, suffix: &'static str, labels: String, value: f64) {
        if !self.samples.iter().any(|sample| sample.suffix == suffix && sample.labels == labels) {
            self.samples.push(Sample { suffix, labels, value });
        }
    }
}

/// A value as the format spells it.
struct Number(f64);

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            value if value.is_nan() => f.write_str("NaN"),
            f64::INFINITY => f.write_str("+Inf"),
            f64::NEG_INFINITY => f.write_str("-Inf"),
            value => write!(f, "{value}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_labels_are_escaped_and_named_validly() {
        let mut families = Families::default();
        let labels = Labels::default().with("process", "a\"b\\c\nd").with("1 x", "y").with("1_x", "again");
        families.add("f", FamilyKind::Gauge, "line\nbreak", &labels, f64::INFINITY);
        assert_eq!(
            families.text(),
            "# HELP f line\\nbreak\n# TYPE f gauge\nf{process=\"a\\\"b\\\\c\\nd\",_1_x=\"y\"} +Inf\n"
        );
    }

    #[test]
    fn samples_of_a_family_stay_together_and_are_not_repeated() {
        let mut families = Families::default();
        let one = Labels::default().with("process", "one");
        families.add("b_total", FamilyKind::Counter, "B", &one, 1.0);
        families.add("a", FamilyKind::Gauge, "A", &one, 2.5);
        families.add("b_total", FamilyKind::Counter, "B", &Labels::default().with("process", "two"), 3.0);
        families.add("b_total", FamilyKind::Counter, "B", &one, 9.0);
        families.add_summary("s", "", &one, &[(0.5, 1.0)], Some((2.0, 3)));
        assert_eq!(
            families.text(),
            "# HELP a A\n# TYPE a gauge\na{process=\"one\"} 2.5\n\
             # HELP b_total B\n# TYPE b_total counter\nb_total{process=\"one\"} 1\nb_total{process=\"two\"} 3\n\
             # HELP s s\n# TYPE s summary\ns{process=\"one\",quantile=\"0.5\"} 1\ns_sum{process=\"one\"} 2\ns_count{process=\"one\"} 3\n"
        );
    }
}
