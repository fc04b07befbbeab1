//! Messages in Protocol Buffers' encoding (<https://protobuf.dev/programming-guides/encoding>), as far as pprof needs it.

const VARINT: u64 = 0;
const LENGTH_DELIMITED: u64 = 2;

/// A message that is being written. Fields that are zero are left out, as proto3 has it.
#[derive(Debug, Default)]
pub(crate) struct Message {
    bytes: Vec<u8>,
}

impl Message {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    pub(crate) fn unsigned(&mut self, field: u64, value: u64) {
        if value != 0 {
            self.varint(field << 3 | VARINT);
            self.varint(value);
        }
    }

    /// `int64`: negative numbers take ten bytes.
    pub(crate) fn signed(&mut self, field: u64, value: i64) {
        self.unsigned(field, value.cast_unsigned());
    }

    pub(crate) fn text(&mut self, field: u64, text: &str) {
        self.delimited(field, text.as_bytes());
    }

    pub(crate) fn message(&mut self, field: u64, message: &Self) {
        self.delimited(field, &message.bytes);
    }

    /// A repeated field of numbers.
    pub(crate) fn packed(&mut self, field: u64, values: impl Iterator<Item = u64>) {
        let mut packed = Self::default();
        values.for_each(|value| packed.varint(value));
        if !packed.bytes.is_empty() {
            self.message(field, &packed);
        }
    }

    /// Also where it is empty: an item of a list is one.
    fn delimited(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | LENGTH_DELIMITED);
        self.varint(bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
    }

    fn varint(&mut self, mut value: u64) {
        while value > 0x7f {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }
}
