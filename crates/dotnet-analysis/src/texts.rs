//! Texts of events, each kept once.

use std::collections::HashMap;

use nettrace::Utf16;

/// A text that is kept by [`Texts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TextId(u32);

impl TextId {
    /// For all texts there is no room for.
    pub(crate) const OTHER: Self = Self(0);

    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Texts, each once. Looking one up that is known allocates nothing.
#[derive(Debug)]
pub(crate) struct Texts {
    found: HashMap<Box<[u8]>, TextId>,
    /// By [`TextId`], the first for [`TextId::OTHER`].
    shown: Vec<String>,
    limit: usize,
}

/// How a text is shown that there was no room for.
const OTHER: &str = "(others)";

impl Texts {
    /// For at most `limit` texts.
    pub(crate) fn new(limit: usize) -> Self {
        Self { found: HashMap::new(), shown: vec![OTHER.to_owned()], limit }
    }

    /// Keeps a text.
    pub(crate) fn keep(&mut self, text: Utf16<'_>) -> TextId {
        match self.found.get(text.as_bytes()) {
            Some(known) => *known,
            None => self.keep_new(text),
        }
    }

    #[cold]
    fn keep_new(&mut self, text: Utf16<'_>) -> TextId {
        let Some(id) = u32::try_from(self.shown.len()).ok().filter(|_| self.found.len() < self.limit) else {
            return TextId::OTHER;
        };
        self.found.insert(text.as_bytes().into(), TextId(id));
        self.shown.push(text.to_string());
        TextId(id)
    }

    /// All texts, by [`TextId::index`].
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.shown.iter().map(String::as_str)
    }

    pub(crate) fn get(&self, id: TextId) -> &str {
        self.shown.get(id.index()).map_or(OTHER, String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_kept_once_up_to_the_limit() {
        let mut texts = Texts::new(1);
        let a = texts.keep(Utf16::from_bytes(b"a\0"));
        assert_eq!(texts.keep(Utf16::from_bytes(b"a\0")), a);
        assert_eq!(texts.get(a), "a");
        assert_eq!(texts.keep(Utf16::from_bytes(b"b\0")), TextId::OTHER);
    }
}
