//! What has changed between two dumps.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::graph::Heap;
use crate::report::Answer;
use crate::report::document::{Cell, Document, Part, Section, Table};

/// Objects of a type in two dumps. Types are the same when name and module are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct TypeChange {
    /// The type.
    #[serde(rename = "type")]
    pub name: String,
    /// File name of its module; empty when not known.
    pub module: String,
    /// Objects in the first.
    pub count_before: u64,
    /// Objects in the second.
    pub count_after: u64,
    /// Their own bytes in the first.
    pub bytes_before: u64,
    /// Their own bytes in the second.
    pub bytes_after: u64,
}

impl TypeChange {
    /// How many bytes more there are in the second.
    #[must_use]
    pub fn bytes_growth(&self) -> i64 {
        self.bytes_after.cast_signed().wrapping_sub(self.bytes_before.cast_signed())
    }

    /// How many objects more there are in the second.
    #[must_use]
    pub fn count_growth(&self) -> i64 {
        self.count_after.cast_signed().wrapping_sub(self.count_before.cast_signed())
    }
}

/// The types whose objects are more or fewer, or larger or smaller, in `after` than in `before`: those that grew most first.
#[must_use]
pub fn diff(before: &Heap, after: &Heap) -> Vec<TypeChange> {
    let mut changes: HashMap<(&str, &str), TypeChange> = HashMap::new();
    for (heap, is_after) in [(before, false), (after, true)] {
        for (kind, (count, bytes)) in heap.types().iter().zip(totals(heap)) {
            let change = changes.entry((&kind.name, &kind.module)).or_default();
            let (of_count, of_bytes) = match is_after {
                true => (&mut change.count_after, &mut change.bytes_after),
                false => (&mut change.count_before, &mut change.bytes_before),
            };
            *of_count += count;
            *of_bytes = u64::saturating_add(*of_bytes, bytes);
        }
    }
    let named = |((name, module), change): ((&str, &str), TypeChange)| TypeChange {
        name: name.to_owned(),
        module: module.to_owned(),
        ..change
    };
    let mut changes: Vec<TypeChange> = changes.into_iter().map(named).collect();
    changes.retain(|change| change.bytes_growth() != 0 || change.count_growth() != 0);
    changes.sort_by(|a, b| {
        (b.bytes_growth(), b.count_growth(), &a.name, &a.module).cmp(&(
            a.bytes_growth(),
            a.count_growth(),
            &b.name,
            &b.module,
        ))
    });
    changes
}

/// Objects and bytes by type.
fn totals(heap: &Heap) -> Vec<(u64, u64)> {
    let mut totals = vec![(0, 0); heap.types().len()];
    for node in heap.nodes() {
        if let Some((count, bytes)) = totals.get_mut(heap.type_of(node) as usize) {
            *count += 1;
            *bytes = u64::saturating_add(*bytes, heap.size(node));
        }
    }
    totals
}

/// What has changed between two dumps, as a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HeapDiffAnswer {
    /// Objects in the first.
    pub objects_before: u64,
    /// Objects in the second.
    pub objects_after: u64,
    /// Their bytes in the first.
    pub bytes_before: u64,
    /// Their bytes in the second.
    pub bytes_after: u64,
    /// Types that changed, those that grew most first.
    pub by_type: Vec<TypeChange>,
}

/// Rows of the table for people.
const ROWS: usize = 20;

impl HeapDiffAnswer {
    /// Compares two dumps.
    #[must_use]
    pub fn new(before: &Heap, after: &Heap) -> Self {
        Self {
            objects_before: before.len() as u64,
            objects_after: after.len() as u64,
            bytes_before: before.bytes(),
            bytes_after: after.bytes(),
            by_type: diff(before, after),
        }
    }
}

impl Answer for HeapDiffAnswer {
    fn document(&self) -> Document {
        let grown = |before: u64, after: u64| if after < before { "fewer" } else { "more" };
        let mut summary = format!(
            "{} {} objects and {} {} bytes: {} after {}.",
            Cell::Count(self.objects_after.abs_diff(self.objects_before)),
            grown(self.objects_before, self.objects_after),
            Cell::Bytes(self.bytes_after.abs_diff(self.bytes_before)),
            grown(self.bytes_before, self.bytes_after),
            Cell::Bytes(self.bytes_after),
            Cell::Bytes(self.bytes_before)
        );
        if let Some(first) = self.by_type.first().filter(|first| first.bytes_growth() > 0) {
            let more = Cell::Count(first.count_growth().unsigned_abs());
            let direction = grown(first.count_before, first.count_after);
            let _ = write!(summary, " Most of it is {more} {direction} objects of {}.", first.name);
        }
        let row = |change: &TypeChange| {
            vec![
                Cell::Text(change.name.clone()),
                Cell::Text(signed(change.bytes_growth(), &Cell::Bytes(change.bytes_growth().unsigned_abs()))),
                Cell::Text(signed(change.count_growth(), &Cell::Count(change.count_growth().unsigned_abs()))),
                Cell::Bytes(change.bytes_after),
                Cell::Count(change.count_after),
                Cell::Text(change.module.clone()),
            ]
        };
        let table = Table {
            columns: ["Type", "Bytes more", "Objects more", "Bytes now", "Objects now", "Module"]
                .map(str::to_owned)
                .to_vec(),
            rows: self.by_type.iter().take(ROWS).map(row).collect(),
            left_out: self.by_type.len().saturating_sub(ROWS) as u64,
        };
        let note =
            "Types are the same when their names and modules are; nested types of one name count as one.";
        Document {
            title: "Heaps compared".to_owned(),
            summary,
            notes: vec![note.to_owned()],
            sections: vec![Section { title: "By type".to_owned(), parts: vec![Part::Table(table)] }],
        }
    }
}

fn signed(growth: i64, cell: &Cell) -> String {
    let sign = if growth < 0 { '-' } else { '+' };
    format!("{sign}{cell}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_that_grew_most_come_first() {
        let before = Heap::of(&[8, 8, 16, 32], &[], &[]);
        let after = Heap::of(&[8, 16, 16, 32, 64], &[], &[]);
        let changes = diff(&before, &after);
        let rows: Vec<(&str, i64, i64)> =
            changes.iter().map(|c| (c.name.as_str(), c.count_growth(), c.bytes_growth())).collect();
        assert_eq!(rows, [("Type64", 1, 64), ("Type16", 1, 16), ("Type8", -1, -8)]);
        assert_eq!(diff(&after, &after), []);
    }
}
