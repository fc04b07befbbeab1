//! What objects are: four bytes each.
//!
//! Of most types all objects have one size, and arrays and strings come in few sizes. So an object is kept as the number of
//! a shape, a type and a size together.

use std::collections::HashMap;

/// A type and a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Shape {
    /// Index of the type.
    pub(crate) kind: u32,
    /// Bytes.
    pub(crate) size: u64,
}

/// Gives out numbers for types and for shapes.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    list: Vec<Shape>,
    /// Ids of types, by index.
    type_ids: Vec<u64>,
    types: HashMap<u64, u32>,
    found: HashMap<(u64, u64), u32>,
    /// The latest of each hash: type id, size, and number.
    recent: Vec<(u64, u64, u32)>,
}

/// How many shapes are found without a hash map. A power of two.
const RECENT: usize = 4096;
/// No shape has that number.
const NONE: u32 = u32::MAX;

impl Shapes {
    /// The number of that shape.
    #[inline]
    pub(crate) fn of(&mut self, type_id: u64, size: u64) -> u32 {
        // Type ids are addresses; multiplying spreads both over the upper bits.
        let mixed = (type_id ^ size.rotate_left(40)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let slot = (mixed >> 52) as usize;
        match self.recent.get(slot) {
            Some((id, bytes, number)) if *id == type_id && *bytes == size && *number != NONE => *number,
            _ => self.find(type_id, size, slot),
        }
    }

    fn find(&mut self, type_id: u64, size: u64, slot: usize) -> u32 {
        if self.recent.is_empty() {
            self.recent = vec![(0, 0, NONE); RECENT];
        }
        let number = match self.found.get(&(type_id, size)) {
            Some(number) => *number,
            None => {
                let kind = self.kind(type_id);
                // There are no more shapes than objects, whose numbers are as wide.
                let number = u32::try_from(self.list.len()).unwrap_or(NONE);
                self.list.push(Shape { kind, size });
                self.found.insert((type_id, size), number);
                number
            }
        };
        if let Some(recent) = self.recent.get_mut(slot) {
            *recent = (type_id, size, number);
        }
        number
    }

    /// The index of the type with that id.
    pub(crate) fn kind(&mut self, type_id: u64) -> u32 {
        let next = u32::try_from(self.type_ids.len()).unwrap_or(u32::MAX);
        let type_ids = &mut self.type_ids;
        *self.types.entry(type_id).or_insert_with(|| {
            type_ids.push(type_id);
            next
        })
    }

    /// The shapes by number, and the ids of types by index.
    pub(crate) fn into_parts(self) -> (Vec<Shape>, Vec<u64>) {
        (self.list, self.type_ids)
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_numbered_once() {
        let mut shapes = Shapes::default();
        let mut expected = Vec::new();
        for round in 0..3 {
            for id in 0..200_u64 {
                for size in [0, 24, u64::MAX, 1 << 40] {
                    let number = shapes.of(id, size);
                    if round == 0 {
                        expected.push((id, size, number));
                    }
                    let first = expected.iter().find(|(i, s, _)| (*i, *s) == (id, size)).unwrap();
                    assert_eq!(number, first.2);
                }
            }
        }
        let (list, type_ids) = shapes.into_parts();
        assert_eq!((list.len(), type_ids.len()), (800, 200));
        for (id, size, number) in expected {
            let shape = list[number as usize];
            assert_eq!((type_ids[shape.kind as usize], shape.size), (id, size));
        }
    }
}
