//! Pauses and the heap over time.

use super::answer::{CollectionReport, GcReport};
use super::findings;
use crate::report::document::{Chart, ChartKind, Part, Series, Unit};

/// Points of a series. Of more, the highest of neighbours stand for all.
const MAX_POINTS: usize = 2000;

const NANOS_PER_SECOND: f64 = 1e9;

pub(super) fn of(report: &GcReport) -> Vec<Part> {
    if report.collections.is_empty() {
        return Vec::new();
    }
    let x = "seconds from the start of the trace".to_owned();
    let pauses = Chart {
        title: "Pauses".to_owned(),
        x: x.clone(),
        unit: Unit::Nanos,
        kind: ChartKind::Points,
        series: pauses(report),
    };
    let heap = Chart {
        title: "Heap after collections, by generation".to_owned(),
        x,
        unit: Unit::Bytes,
        kind: ChartKind::Lines,
        series: heap(report),
    };
    [pauses, heap].into_iter().filter(|chart| !chart.series.is_empty()).map(Part::Chart).collect()
}

fn pauses(report: &GcReport) -> Vec<Series> {
    let classes = report.generations.iter();
    let series = classes.map(|class| {
        let is_in = |collection: &&CollectionReport| {
            collection.generation == class.generation
                && (collection.kind == "BackgroundGC") == class.background
        };
        let points = report
            .collections
            .iter()
            .filter(is_in)
            .map(|collection| (seconds(collection.pause_start_ns), collection.pause_ns as f64));
        Series { name: class.name.to_owned(), labels: Vec::new(), values: thinned(points) }
    });
    series.collect()
}

fn heap(report: &GcReport) -> Vec<Series> {
    let Some(described) = report.collections.iter().find(|collection| collection.heap_after_bytes.is_some())
    else {
        return Vec::new();
    };
    let series = described.generations.iter().map(|generation| {
        let points = report.collections.iter().filter_map(|collection| {
            let after = collection.generations.get(generation.generation)?.after_bytes?;
            Some((seconds(collection.start_ns), after as f64))
        });
        Series { name: findings::generation_name(generation), labels: Vec::new(), values: thinned(points) }
    });
    series.filter(|series| series.values.iter().any(|(_, bytes)| *bytes > 0.0)).collect()
}

fn seconds(nanos: i64) -> f64 {
    nanos as f64 / NANOS_PER_SECOND
}

/// Of as many neighbours as need be, the highest.
fn thinned(points: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let points: Vec<_> = points.collect();
    let neighbours = points.len().div_ceil(MAX_POINTS).max(1);
    let highest = |points: &[(f64, f64)]| points.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1));
    points.chunks(neighbours).filter_map(highest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_of_many_points_are_kept() {
        let thinned = thinned((0..10_000).map(|i| (f64::from(i), f64::from(i % 1000))));
        assert_eq!(thinned.len(), MAX_POINTS);
        assert_eq!(thinned.iter().filter(|(_, y)| *y > 998.5).count(), 10);
    }
}
