//! A bounded reader over a payload and its counterpart for writing.
//!
//! Every read says which field it is for, so that a malformed message is reported by name and offset. Counts
//! that come from the wire are checked against what is left before anything is allocated for them.

use uuid::Uuid;

use super::{DecodeError, Malformed};

/// Reads little-endian fields from a payload, front to back.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(payload: &'a [u8]) -> Cursor<'a> {
        Cursor { rest: payload, offset: 0 }
    }

    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn error(&self, field: &'static str, problem: Malformed) -> DecodeError {
        DecodeError { field, offset: self.offset, problem }
    }

    /// The next `count` bytes.
    pub(crate) fn bytes(&mut self, field: &'static str, count: usize) -> Result<&'a [u8], DecodeError> {
        let Some((taken, rest)) = self.rest.split_at_checked(count) else {
            return Err(self.error(field, Malformed::Truncated { needed: count, left: self.rest.len() }));
        };
        self.rest = rest;
        self.offset += count;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], DecodeError> {
        let Some((taken, rest)) = self.rest.split_first_chunk::<N>() else {
            return Err(self.error(field, Malformed::Truncated { needed: N, left: self.rest.len() }));
        };
        self.rest = rest;
        self.offset += N;
        Ok(*taken)
    }

    pub(crate) fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        self.array::<1>(field).map(u8::from_le_bytes)
    }

    pub(crate) fn u16(&mut self, field: &'static str) -> Result<u16, DecodeError> {
        self.array(field).map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        self.array(field).map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self, field: &'static str) -> Result<u64, DecodeError> {
        self.array(field).map(u64::from_le_bytes)
    }

    pub(crate) fn i32(&mut self, field: &'static str) -> Result<i32, DecodeError> {
        self.array(field).map(i32::from_le_bytes)
    }

    pub(crate) fn guid(&mut self, field: &'static str) -> Result<Uuid, DecodeError> {
        self.array(field).map(Uuid::from_bytes_le)
    }

    /// A boolean of one byte: any value but zero is true, as in the runtime.
    pub(crate) fn flag(&mut self, field: &'static str) -> Result<bool, DecodeError> {
        self.u8(field).map(|byte| byte != 0)
    }

    /// The count in front of an array whose items take at least `item_size` bytes each.
    pub(crate) fn count(&mut self, field: &'static str, item_size: usize) -> Result<usize, DecodeError> {
        let before = self.clone();
        let count = self.u32(field)? as usize;
        match count.checked_mul(item_size) {
            Some(needed) if needed <= self.rest.len() => Ok(count),
            _ => Err(before.error(field, Malformed::Count { count, left: self.rest.len() })),
        }
    }

    /// A string: `None` where the wire says null. Unpaired surrogates become U+FFFD, since what a process
    /// says about itself must be shown even when it is not text.
    pub(crate) fn string(&mut self, field: &'static str) -> Result<Option<String>, DecodeError> {
        let count = self.count(field, 2)?;
        let Some(units) = count.checked_sub(1) else { return Ok(None) };
        let bytes = self.bytes(field, units * 2)?;
        let (pairs, _) = bytes.as_chunks::<2>();
        let text = char::decode_utf16(pairs.iter().map(|pair| u16::from_le_bytes(*pair)))
            .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        if self.u16(field)? != 0 {
            return Err(self.error(field, Malformed::Unterminated));
        }
        Ok(Some(text))
    }

    /// A string for which null and empty mean the same.
    pub(crate) fn text(&mut self, field: &'static str) -> Result<String, DecodeError> {
        self.string(field).map(Option::unwrap_or_default)
    }

    /// Fails when bytes are left over.
    pub(crate) fn end(&self) -> Result<(), DecodeError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.error("end of message", Malformed::Trailing { surplus: self.rest.len() }))
        }
    }
}

/// Writes the fields of a payload.
#[derive(Debug, Default)]
pub(crate) struct Payload {
    pub(crate) bytes: Vec<u8>,
}

impl Payload {
    pub(crate) fn u8(&mut self, value: u8) -> &mut Payload {
        self.bytes.push(value);
        self
    }

    pub(crate) fn u16(&mut self, value: u16) -> &mut Payload {
        self.bytes.extend(value.to_le_bytes());
        self
    }

    pub(crate) fn u32(&mut self, value: u32) -> &mut Payload {
        self.bytes.extend(value.to_le_bytes());
        self
    }

    pub(crate) fn i32(&mut self, value: i32) -> &mut Payload {
        self.bytes.extend(value.to_le_bytes());
        self
    }

    pub(crate) fn u64(&mut self, value: u64) -> &mut Payload {
        self.bytes.extend(value.to_le_bytes());
        self
    }

    pub(crate) fn guid(&mut self, value: Uuid) -> &mut Payload {
        self.bytes.extend(value.to_bytes_le());
        self
    }

    pub(crate) fn flag(&mut self, value: bool) -> &mut Payload {
        self.u8(u8::from(value))
    }

    /// A count. One that does not fit 32 bits belongs to a message that cannot be framed either, so it is
    /// written saturated and the frame refuses the message by its size.
    pub(crate) fn count(&mut self, count: usize) -> &mut Payload {
        self.u32(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// A string with its terminator; never the null form, on which the stock tools' reader fails.
    pub(crate) fn string(&mut self, text: &str) -> &mut Payload {
        self.count(text.encode_utf16().count() + 1);
        for unit in text.encode_utf16() {
            self.u16(unit);
        }
        self.u16(0)
    }

    /// A string that is null when there is none.
    pub(crate) fn optional(&mut self, text: Option<&str>) -> &mut Payload {
        match text {
            Some(text) => self.string(text),
            None => self.u32(0),
        }
    }

    pub(crate) fn ids(&mut self, ids: &[u32]) -> &mut Payload {
        self.count(ids.len());
        for id in ids {
            self.u32(*id);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_must_end_in_nul() {
        let mut payload = Payload::default();
        payload.u32(2).u16(u16::from(b'a')).u16(u16::from(b'b'));
        let error = Cursor::new(&payload.bytes).string("name").unwrap_err();
        assert_eq!(error.problem, Malformed::Unterminated);
        assert_eq!(error.field, "name");
    }

    #[test]
    fn null_and_empty_strings_differ() {
        let mut payload = Payload::default();
        payload.optional(None).string("");
        let mut cursor = Cursor::new(&payload.bytes);
        assert_eq!(cursor.string("first"), Ok(None));
        assert_eq!(cursor.string("second"), Ok(Some(String::new())));
        assert_eq!(cursor.end(), Ok(()));
    }

    #[test]
    fn a_count_beyond_the_payload_is_refused_before_it_is_used() {
        let mut payload = Payload::default();
        payload.u32(u32::MAX).u32(0);
        let error = Cursor::new(&payload.bytes).count("providers", 16).unwrap_err();
        assert_eq!(error.offset, 0);
        assert_eq!(error.problem, Malformed::Count { count: u32::MAX as usize, left: 4 });
    }

    #[test]
    fn text_that_is_not_utf16_is_still_shown() {
        let mut payload = Payload::default();
        payload.u32(3).u16(0xD800).u16(u16::from(b'x')).u16(0);
        assert_eq!(Cursor::new(&payload.bytes).text("name").unwrap(), "\u{FFFD}x");
    }
}
