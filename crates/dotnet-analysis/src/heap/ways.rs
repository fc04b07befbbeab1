//! Why the objects of a type are alive: the ways that lead to them, each told once.

use std::collections::HashMap;

use super::graph::Heap;
use super::survey::Survey;

/// Objects of a type that are alive for the same reason: the shortest paths to them begin at the same root and lead over the
/// same types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Way {
    /// Types from the root's object on.
    pub(crate) steps: Vec<u32>,
    /// Steps left out in the middle.
    pub(crate) left_out: u64,
    /// Objects.
    pub(crate) count: u64,
    /// Their own bytes.
    pub(crate) bytes: u64,
    /// One of them.
    pub(crate) example: u32,
}

/// Objects that are looked at: of more, some that are evenly spread.
const MOST_OBJECTS: usize = 20_000;
/// Ways that are told.
const MOST_WAYS: usize = 20;
/// Steps of a way that are told: so many at its beginning, and so many at its end.
const STEPS_AT_EACH_END: usize = 10;

/// The ways to the objects of types of that name, most objects first. With many objects, of some that are evenly spread.
pub(crate) fn to_type(survey: &Survey<'_>, name: &str) -> Vec<Way> {
    let heap = survey.heap();
    let types = matching(heap, name);
    let is_wanted = |node: &u32| types.get(heap.type_of(*node) as usize).copied().unwrap_or(false);
    let count = heap.nodes().filter(is_wanted).count();
    let every = count.div_ceil(MOST_OBJECTS).max(1);
    let mut ways: HashMap<(Option<u32>, Vec<u32>, u64), Way> = HashMap::new();
    for node in heap.nodes().filter(is_wanted).step_by(every) {
        let path = survey.paths().to(node).unwrap_or_default();
        let (steps, left_out) = steps(heap, &path);
        let origin = path.first().copied();
        let way = ways.entry((origin, steps.clone(), left_out)).or_insert(Way {
            steps,
            left_out,
            count: 0,
            bytes: 0,
            example: node,
        });
        way.count += 1;
        way.bytes = way.bytes.saturating_add(heap.size(node));
    }
    let mut ways: Vec<Way> = ways.into_values().collect();
    for way in &mut ways {
        // Each stands for as many.
        way.count = way.count.saturating_mul(every as u64).min(count as u64);
        way.bytes = way.bytes.saturating_mul(every as u64);
    }
    ways.sort_by_key(|way| (std::cmp::Reverse(way.bytes), way.example));
    ways.truncate(MOST_WAYS);
    ways
}

/// Whether the objects of that name are so many that only some are looked at.
pub(crate) fn is_sampled(count: u64) -> bool {
    count > MOST_OBJECTS as u64
}

/// The types of a path, without the middle of a long one.
fn steps(heap: &Heap, path: &[u32]) -> (Vec<u32>, u64) {
    let types = |nodes: &[u32]| -> Vec<u32> { nodes.iter().map(|node| heap.type_of(*node)).collect() };
    match path.len().checked_sub(2 * STEPS_AT_EACH_END) {
        None | Some(0) => (types(path), 0),
        Some(left_out) => {
            let mut steps = types(path.get(..STEPS_AT_EACH_END).unwrap_or_default());
            steps.extend(types(path.get(STEPS_AT_EACH_END + left_out..).unwrap_or_default()));
            (steps, left_out as u64)
        }
    }
}

/// By type, whether it has that name: the whole of it, or else its last part, or else a part of any case.
fn matching(heap: &Heap, name: &str) -> Vec<bool> {
    let lower = name.to_lowercase();
    let last_part = |full: &str| {
        full.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with(['.', '+']))
    };
    let attempts: [&dyn Fn(&str) -> bool; 3] =
        [&|full| full == name, &last_part, &|full| full.to_lowercase().contains(&lower)];
    for fits in attempts {
        let found: Vec<bool> = heap.types().iter().map(|known| fits(&known.name)).collect();
        if found.contains(&true) {
            return found;
        }
    }
    Vec::new()
}
