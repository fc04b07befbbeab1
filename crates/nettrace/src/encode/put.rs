//! Numbers and text as the format has them, at the end of bytes.

use uuid::Uuid;

/// Appends in little-endian order.
pub(super) trait Put {
    fn put(&mut self, bytes: &[u8]);

    fn put_u8(&mut self, value: u8) {
        self.put(&[value]);
    }

    fn put_u16(&mut self, value: u16) {
        self.put(&value.to_le_bytes());
    }

    fn put_u32(&mut self, value: u32) {
        self.put(&value.to_le_bytes());
    }

    fn put_i32(&mut self, value: i32) {
        self.put(&value.to_le_bytes());
    }

    fn put_u64(&mut self, value: u64) {
        self.put(&value.to_le_bytes());
    }

    fn put_i64(&mut self, value: i64) {
        self.put(&value.to_le_bytes());
    }

    /// A GUID: its first three parts are little-endian.
    fn put_guid(&mut self, value: &Uuid) {
        self.put(&value.to_bytes_le());
    }

    /// LEB128.
    #[inline]
    fn put_var(&mut self, mut value: u64) {
        while value >= 0x80 {
            let [low, ..] = value.to_le_bytes();
            self.put_u8(low | 0x80);
            value >>= 7;
        }
        let [low, ..] = value.to_le_bytes();
        self.put_u8(low);
    }

    /// Zigzag over LEB128 (NetTrace 6, field types).
    fn put_var_i64(&mut self, value: i64) {
        self.put_var(((value << 1) ^ (value >> 63)).cast_unsigned());
    }

    /// UTF-8 behind its length in bytes (NetTrace 6, strings).
    fn put_utf8(&mut self, text: &str) {
        self.put_var(text.len() as u64);
        self.put(text.as_bytes());
    }

    /// UTF-16 with a terminating zero. `text` must have no zero within.
    fn put_utf16_z(&mut self, text: &str) {
        text.encode_utf16().for_each(|unit| self.put_u16(unit));
        self.put_u16(0);
    }
}

impl Put for Vec<u8> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    #[inline]
    fn put_u8(&mut self, value: u8) {
        self.push(value);
    }
}
