//! Where the boxes of a flame graph are.

use super::tree::{CallNode, CallTree};

/// Boxes beyond these, the narrowest, are left out: a picture that a browser cannot show helps nobody.
const MAX_BOXES: usize = 4000;
/// Narrower ones are left out: a tenth of a pixel on a wide screen.
const MIN_SHARE: f64 = 0.000_05;

/// A box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    /// Index of the node.
    pub(super) node: usize,
    /// 0 for those of the outermost frames.
    pub(super) depth: usize,
    /// From the left, as a share of 1.
    pub(super) left: f64,
    /// As a share of 1.
    pub(super) width: f64,
}

/// A picture of a tree.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Layout {
    /// Each before those above it.
    pub(super) places: Vec<Place>,
    /// How many boxes are drawn on top of each other.
    pub(super) depth: usize,
    /// How many nodes have no box.
    pub(super) left_out: usize,
    /// The share of the widest of those.
    pub(super) widest_left_out: f64,
}

/// How wide a node is, as a share of 1: its share of the samples, or with two profiles the mean of its shares.
///
/// Shares add up, whatever they are shares of; so a box has room for those above it also in a comparison, and what is only in
/// one of the profiles has a box too.
pub(super) fn share(tree: &CallTree, node: &CallNode) -> f64 {
    let [before, after] = shares(tree, node);
    match (tree.all[0].samples, tree.all[1].samples) {
        (_, 0) => before,
        (0, _) => after,
        _ => f64::midpoint(before, after),
    }
}

/// The node's share in each of the profiles.
pub(super) fn shares(tree: &CallTree, node: &CallNode) -> [f64; 2] {
    let of = |samples: u64, all: u64| if all == 0 { 0.0 } else { samples as f64 / all as f64 };
    [of(node.total[0].samples, tree.all[0].samples), of(node.total[1].samples, tree.all[1].samples)]
}

/// Puts the heaviest first.
pub(super) fn layout(tree: &CallTree) -> Layout {
    let widths: Vec<f64> = tree.nodes.iter().map(|node| share(tree, node)).collect();
    let mut order: Vec<usize> = (0..tree.nodes.len()).collect();
    // Callers are as wide as those they call or wider, and come before them.
    order.sort_by(|a, b| width(&widths, *b).total_cmp(&width(&widths, *a)).then(a.cmp(b)));
    let kept = order.iter().take(MAX_BOXES).take_while(|node| width(&widths, **node) >= MIN_SHARE).count();
    let (drawn, rest) = order.split_at(kept);

    let mut children: Vec<Vec<usize>> = vec![Vec::new(); tree.nodes.len()];
    let mut roots = Vec::new();
    for node in drawn {
        match tree.nodes.get(*node).and_then(|node| node.caller).and_then(|caller| children.get_mut(caller)) {
            Some(siblings) => siblings.push(*node),
            None => roots.push(*node),
        }
    }
    let mut layout = Layout {
        left_out: rest.len(),
        widest_left_out: rest.first().map_or(0.0, |node| width(&widths, *node)),
        ..Layout::default()
    };
    let mut open = Vec::new();
    push_row(&mut open, &roots, &widths, 0, 0.0);
    while let Some(place) = open.pop() {
        layout.depth = layout.depth.max(place.depth + 1);
        let above = children.get(place.node).map(Vec::as_slice).unwrap_or_default();
        push_row(&mut open, above, &widths, place.depth + 1, place.left);
        layout.places.push(place);
    }
    layout
}

/// Boxes side by side, so that the first is taken first.
fn push_row(open: &mut Vec<Place>, row: &[usize], widths: &[f64], depth: usize, left: f64) {
    let start = open.len();
    let mut next = left;
    for node in row {
        let width = width(widths, *node);
        open.push(Place { node: *node, depth, left: next, width });
        next += width;
    }
    if let Some(row) = open.get_mut(start..) {
        row.reverse();
    }
}

fn width(widths: &[f64], node: usize) -> f64 {
    widths.get(node).copied().unwrap_or_default()
}
