//! The one reader of bytes: every length is checked here and nowhere else.

use std::borrow::Cow;

use uuid::Uuid;

use crate::utf16::Utf16;

/// Why a reader stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// At least this many more bytes are needed.
    Short(usize),
    /// The bytes contradict the format.
    Malformed(&'static str),
}

/// A position in borrowed bytes. Reading moves it forward; a failed read leaves it at or after the failed item's start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    #[inline]
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    #[inline]
    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    #[inline]
    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], Stop> {
        match self.rest.split_at_checked(count) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => Err(Stop::Short(count - self.rest.len())),
        }
    }

    #[inline]
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Stop> {
        match self.rest.split_first_chunk::<N>() {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(*taken)
            }
            None => Err(Stop::Short(N - self.rest.len())),
        }
    }

    #[inline]
    pub(crate) fn u8(&mut self) -> Result<u8, Stop> {
        match self.rest.split_first() {
            Some((&byte, rest)) => {
                self.rest = rest;
                Ok(byte)
            }
            None => Err(Stop::Short(1)),
        }
    }

    #[inline]
    pub(crate) fn u16(&mut self) -> Result<u16, Stop> {
        self.array().map(u16::from_le_bytes)
    }

    #[inline]
    pub(crate) fn u32(&mut self) -> Result<u32, Stop> {
        self.array().map(u32::from_le_bytes)
    }

    #[inline]
    pub(crate) fn i32(&mut self) -> Result<i32, Stop> {
        self.array().map(i32::from_le_bytes)
    }

    #[inline]
    pub(crate) fn u64(&mut self) -> Result<u64, Stop> {
        self.array().map(u64::from_le_bytes)
    }

    #[inline]
    pub(crate) fn i64(&mut self) -> Result<i64, Stop> {
        self.array().map(i64::from_le_bytes)
    }

    /// A GUID: its first three parts are little-endian.
    #[inline]
    pub(crate) fn guid(&mut self) -> Result<Uuid, Stop> {
        self.array().map(Uuid::from_bytes_le)
    }

    /// An unsigned LEB128 number of at most 5 bytes. Trailing zero groups are accepted.
    #[inline]
    pub(crate) fn var_u32(&mut self) -> Result<u32, Stop> {
        if let Some((&first, rest)) = self.rest.split_first()
            && first < 0x80
        {
            self.rest = rest;
            return Ok(u32::from(first));
        }
        let (value, rest) = long_var_u32(self.rest)?;
        self.rest = rest;
        Ok(value)
    }

    /// An unsigned LEB128 number of at most 10 bytes. Trailing zero groups are accepted.
    #[inline]
    pub(crate) fn var_u64(&mut self) -> Result<u64, Stop> {
        if let Some((&first, rest)) = self.rest.split_first()
            && first < 0x80
        {
            self.rest = rest;
            return Ok(u64::from(first));
        }
        let (value, rest) = long_var_u64(self.rest)?;
        self.rest = rest;
        Ok(value)
    }

    /// As [`Self::var_u64`], fast for numbers of up to three bytes too, above all when most are of the same length: then the
    /// processor guesses the branches right and need not wait for one number to know where the next begins.
    #[inline]
    pub(crate) fn var_u64_of_usual_length(&mut self) -> Result<u64, Stop> {
        if let Some(&word) = self.rest.first_chunk::<4>() {
            let word = u32::from_le_bytes(word);
            let short = if word & 0x80 == 0 {
                Some((word & 0x7f, 1))
            } else if word & 0x8000 == 0 {
                Some((word & 0x7f | (word & 0x7f00) >> 1, 2))
            } else if word & 0x80_0000 == 0 {
                Some((word & 0x7f | (word & 0x7f00) >> 1 | (word & 0x7f_0000) >> 2, 3))
            } else {
                None
            };
            if let Some((value, length)) = short
                && let Some(rest) = self.rest.get(length..)
            {
                self.rest = rest;
                return Ok(u64::from(value));
            }
        }
        self.var_u64()
    }

    /// A signed number of at most 10 bytes, zigzag over LEB128 (NetTrace 6, field types).
    pub(crate) fn var_i64(&mut self) -> Result<i64, Stop> {
        let value = self.var_u64()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// UTF-8 text behind its length in bytes (NetTrace 6, strings). What is not UTF-8 becomes U+FFFD.
    pub(crate) fn utf8(&mut self) -> Result<Cow<'a, str>, Stop> {
        let length = self.var_u32()? as usize;
        self.take(length).map(String::from_utf8_lossy)
    }

    /// UTF-16 text up to its terminating zero, which must be there.
    pub(crate) fn utf16_z(&mut self) -> Result<Utf16<'a>, Stop> {
        let (text, rest) = Utf16::split_terminated(self.rest).ok_or(Stop::Short(2))?;
        self.rest = rest;
        Ok(text)
    }

    /// UTF-16 text up to its terminating zero, or to the end when a writer left that out.
    #[inline]
    pub(crate) fn utf16_open(&mut self) -> Result<Utf16<'a>, Stop> {
        let (text, rest) = Utf16::split_open(self.rest).ok_or(Stop::Short(2))?;
        self.rest = rest;
        Ok(text)
    }
}

// The two below take and give bytes, not a cursor, so that the cursor of a loop can stay in registers.

/// A number of at most 5 bytes, and the bytes after it.
#[inline(never)]
fn long_var_u32(bytes: &[u8]) -> Result<(u32, &[u8]), Stop> {
    let mut value = 0;
    let mut rest = bytes;
    for shift in [0, 7, 14, 21, 28] {
        let (&byte, after) = rest.split_first().ok_or(Stop::Short(1))?;
        rest = after;
        if shift == 28 && byte & 0x70 != 0 {
            return Err(Stop::Malformed("a 32-bit variable-length number has more than 32 bits"));
        }
        value |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok((value, rest));
        }
    }
    Err(Stop::Malformed("a 32-bit variable-length number is longer than 5 bytes"))
}

/// A number of at most 10 bytes, and the bytes after it.
#[inline(never)]
fn long_var_u64(bytes: &[u8]) -> Result<(u64, &[u8]), Stop> {
    let mut value = 0;
    let mut rest = bytes;
    for shift in [0, 7, 14, 21, 28, 35, 42, 49, 56, 63] {
        let (&byte, after) = rest.split_first().ok_or(Stop::Short(1))?;
        rest = after;
        if shift == 63 && byte & 0x7e != 0 {
            return Err(Stop::Malformed("a 64-bit variable-length number has more than 64 bits"));
        }
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok((value, rest));
        }
    }
    Err(Stop::Malformed("a 64-bit variable-length number is longer than 10 bytes"))
}
