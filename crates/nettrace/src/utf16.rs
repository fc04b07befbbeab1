//! Text as event payloads carry it: UTF-16, little-endian, borrowed and not aligned.

use std::fmt::{self, Write as _};
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// Borrowed UTF-16 (little-endian) text.
///
/// Nothing is converted until it is asked for: [`Display`](fmt::Display) (and so `to_string`) converts, comparisons with
/// `str` convert on the fly without allocating. Unpaired surrogates are shown as U+FFFD.
///
/// ```
/// let bytes = [b'O', 0, b'K', 0];
/// let text = nettrace::Utf16::from_bytes(&bytes);
/// assert_eq!(text, "OK");
/// assert_eq!(text.to_string(), "OK");
/// ```
#[derive(Clone, Copy, Default)]
pub struct Utf16<'a> {
    /// An even number of bytes.
    bytes: &'a [u8],
}

/// Longest text that [`Utf16::parse`] looks at.
const PARSE_MAX: usize = 64;

impl<'a> Utf16<'a> {
    /// The text in `bytes`, without a terminator. A last odd byte is left out.
    #[must_use]
    pub fn from_bytes(bytes: &'a [u8]) -> Self {
        let even = bytes.len() & !1;
        Self { bytes: bytes.get(..even).unwrap_or_default() }
    }

    /// Splits at the first zero unit: the text before it and the bytes after it. `None` when there is no zero unit.
    #[inline]
    #[must_use]
    pub fn split_terminated(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (text, rest) = bytes.split_at_checked(zero_unit(bytes)?)?;
        Some((Self { bytes: text }, rest.get(2..)?))
    }

    /// Splits at the first zero unit, or where `bytes` end when a writer left that out: the text before it and the bytes
    /// after it. `None` when there is not a single unit.
    #[inline]
    pub(crate) fn split_open(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        Self::split_terminated(bytes)
            .or_else(|| if bytes.len() < 2 { None } else { Some((Self::from_bytes(bytes), &[])) })
    }

    /// The bytes, little-endian, without a terminator.
    #[must_use]
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Number of UTF-16 code units.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len() / 2
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The code units.
    pub fn units(&self) -> impl Iterator<Item = u16> + Clone + use<'a> {
        self.bytes.chunks_exact(2).map(|unit| match unit {
            [low, high] => u16::from_le_bytes([*low, *high]),
            _ => 0,
        })
    }

    /// The characters; an unpaired surrogate becomes U+FFFD.
    pub fn chars(&self) -> impl Iterator<Item = char> + Clone + use<'a> {
        char::decode_utf16(self.units()).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// The parts between the occurrences of an ASCII character; the whole text when there are none.
    pub fn split(&self, separator: char) -> impl Iterator<Item = Self> + use<'a> {
        let mut rest = Some(*self);
        std::iter::from_fn(move || {
            let text = rest?;
            let Some((before, after)) = text.split_once(separator) else {
                rest = None;
                return Some(text);
            };
            rest = Some(after);
            Some(before)
        })
    }

    /// The parts before and after the first occurrence of an ASCII character, `None` when there is none.
    #[must_use]
    pub fn split_once(&self, separator: char) -> Option<(Self, Self)> {
        let separator = u16::try_from(u32::from(separator)).ok()?;
        let position = self.units().position(|unit| unit == separator)?;
        let (before, rest) = self.bytes.split_at_checked(position * 2)?;
        Some((Self { bytes: before }, Self { bytes: rest.get(2..)? }))
    }

    /// Parses ASCII text of at most 64 characters, such as a number, without allocating.
    ///
    /// `None` when the text is longer, not ASCII, or not a `T`.
    #[must_use]
    pub fn parse<T: FromStr>(&self) -> Option<T> {
        let mut buffer = [0u8; PARSE_MAX];
        let ascii = buffer.get_mut(..self.len())?;
        for (slot, unit) in ascii.iter_mut().zip(self.units()) {
            *slot = u8::try_from(unit).ok().filter(u8::is_ascii)?;
        }
        std::str::from_utf8(ascii).ok()?.parse().ok()
    }
}

/// Where in `bytes` the first unit that is zero begins.
///
/// Payloads are full of text, and going over it is most of the work of reading them: four units at a time.
#[inline]
fn zero_unit(bytes: &[u8]) -> Option<usize> {
    /// A one in each unit, and the highest bit of each.
    const ONES: u64 = 0x0001_0001_0001_0001;
    const HIGHEST: u64 = 0x8000_8000_8000_8000;
    let (words, tail) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // Taking one from a unit that is zero borrows, which sets its highest bit. Units above it may be wrong then.
        let zeros = word.wrapping_sub(ONES) & !word & HIGHEST;
        if zeros != 0 {
            return Some(index * 8 + zeros.trailing_zeros() as usize / 16 * 2);
        }
    }
    let tail_unit = tail.as_chunks::<2>().0.iter().position(|unit| *unit == [0, 0])?;
    Some(words.len() * 8 + tail_unit * 2)
}

impl fmt::Display for Utf16<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.width().is_some() || f.precision().is_some() {
            return f.pad(&self.chars().collect::<String>());
        }
        self.chars().try_for_each(|character| f.write_char(character))
    }
}

impl fmt::Debug for Utf16<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for character in self.chars() {
            write!(f, "{}", character.escape_debug())?;
        }
        f.write_char('"')
    }
}

impl PartialEq for Utf16<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Utf16<'_> {}

impl Hash for Utf16<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}

impl PartialEq<str> for Utf16<'_> {
    fn eq(&self, other: &str) -> bool {
        self.units().eq(other.encode_utf16())
    }
}

impl PartialEq<&str> for Utf16<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl PartialEq<String> for Utf16<'_> {
    fn eq(&self, other: &String) -> bool {
        *self == **other
    }
}

impl From<Utf16<'_>> for String {
    fn from(text: Utf16<'_>) -> Self {
        text.chars().collect()
    }
}
