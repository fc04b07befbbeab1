//! Figures by the name of a type.

use nettrace::Utf16;

use crate::texts::{TextId, Texts};

/// Types that are told apart; those beyond have one value together.
const MAX_TYPES: usize = 1 << 16;

/// A value for each type. Nothing is allocated for types that are known.
#[derive(Debug)]
pub(crate) struct ByType<V> {
    names: Texts,
    /// By [`TextId::index`].
    values: Vec<V>,
}

impl<V> Default for ByType<V> {
    fn default() -> Self {
        Self { names: Texts::new(MAX_TYPES), values: Vec::new() }
    }
}

impl<V: Default> ByType<V> {
    /// The id of a type.
    #[inline]
    pub(crate) fn id(&mut self, name: Utf16<'_>) -> TextId {
        self.names.keep(name)
    }

    /// The value of a type.
    #[inline]
    pub(crate) fn of(&mut self, id: TextId) -> Option<&mut V> {
        if self.values.len() <= id.index() {
            self.values.resize_with(id.index() + 1, V::default);
        }
        self.values.get_mut(id.index())
    }

    /// Types with their values, in no order. Those that no value was asked for are left out, or have the default.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.names.iter().zip(&self.values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_values() {
        let mut counts: ByType<u64> = ByType::default();
        for name in [&b"a\0"[..], b"b\0", b"a\0"] {
            let id = counts.id(Utf16::from_bytes(name));
            *counts.of(id).unwrap() += 1;
        }
        let found: Vec<_> = counts.iter().filter(|(_, count)| **count > 0).collect();
        assert_eq!(found, [("a", &2), ("b", &1)]);
    }
}
