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
        let first = self.u8()?;
        if first < 0x80 {
            return Ok(u32::from(first));
        }
        self.var_u32_rest(first)
    }

    fn var_u32_rest(&mut self, first: u8) -> Result<u32, Stop> {
        let mut value = u32::from(first & 0x7f);
        for shift in [7, 14, 21, 28] {
            let byte = self.u8()?;
            if shift == 28 && byte & 0x70 != 0 {
                return Err(Stop::Malformed("a 32-bit variable-length number has more than 32 bits"));
            }
            value |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Stop::Malformed("a 32-bit variable-length number is longer than 5 bytes"))
    }

    /// An unsigned LEB128 number of at most 10 bytes. Trailing zero groups are accepted.
    #[inline]
    pub(crate) fn var_u64(&mut self) -> Result<u64, Stop> {
        let first = self.u8()?;
        if first < 0x80 {
            return Ok(u64::from(first));
        }
        self.var_u64_rest(first)
    }

    #[inline]
    fn var_u64_rest(&mut self, first: u8) -> Result<u64, Stop> {
        let mut value = u64::from(first & 0x7f);
        for shift in [7, 14, 21, 28, 35, 42, 49, 56, 63] {
            let byte = self.u8()?;
            if shift == 63 && byte & 0x7e != 0 {
                return Err(Stop::Malformed("a 64-bit variable-length number has more than 64 bits"));
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Stop::Malformed("a 64-bit variable-length number is longer than 10 bytes"))
    }

    /// As [`Self::var_u64`], for numbers whose length changes from one to the next, such as differences of time: up to four
    /// bytes are read without a branch that depends on how many there are, since the processor would often guess wrong.
    #[inline]
    pub(crate) fn var_u64_of_any_length(&mut self) -> Result<u64, Stop> {
        if let Some(word) = self.rest.first_chunk::<4>() {
            let word = u32::from_le_bytes(*word);
            // The high bit of each byte that ends a number.
            let ends = !word & 0x8080_8080;
            if ends != 0 {
                // All bits up to the lowest of those.
                let number = word & (ends ^ (ends - 1));
                let value = number & 0x7f
                    | (number & 0x7f00) >> 1
                    | (number & 0x7f_0000) >> 2
                    | (number & 0x7f00_0000) >> 3;
                let length = ends.trailing_zeros() as usize / 8 + 1;
                if let Some(rest) = self.rest.get(length..) {
                    self.rest = rest;
                    return Ok(u64::from(value));
                }
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
