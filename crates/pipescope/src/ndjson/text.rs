//! JSON text, written straight into a buffer.

use nettrace::{Utf16, Uuid};
use serde::Serialize;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// A number, boolean or text. A number that is not finite is `null`.
pub(super) fn push(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    // Serializing plain data to memory cannot fail.
    let _ = serde_json::to_writer(out, value);
}

/// A comma, and the key of a member with its colon.
pub(super) fn push_key(out: &mut Vec<u8>, key: &'static str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\":");
}

/// UTF-16 as text. An unpaired surrogate becomes U+FFFD.
pub(super) fn push_utf16(out: &mut Vec<u8>, text: Utf16<'_>) {
    out.push(b'"');
    out.reserve(text.len());
    let mut rest = text.as_bytes();
    // Nearly all text is ASCII, which needs no decoding.
    while let [unit @ 0x20..=0x7f, 0, after @ ..] = rest {
        if matches!(unit, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*unit);
        rest = after;
    }
    for character in Utf16::from_bytes(rest).chars() {
        push_char(out, character);
    }
    out.push(b'"');
}

/// UTF-8 as text. What is none becomes U+FFFD.
pub(super) fn push_utf8(out: &mut Vec<u8>, text: &[u8]) {
    push(out, String::from_utf8_lossy(text).as_ref());
}

/// One character inside of a text.
fn push_char(out: &mut Vec<u8>, character: char) {
    match character {
        '"' | '\\' => out.extend_from_slice(&[b'\\', character as u8]),
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        '\0'..='\x1f' => {
            out.extend_from_slice(b"\\u00");
            push_hex_byte(out, character as u8);
        }
        _ => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

/// Bytes as text of two hexadecimal digits each.
pub(super) fn push_hex(out: &mut Vec<u8>, bytes: impl IntoIterator<Item = u8>) {
    out.push(b'"');
    for byte in bytes {
        push_hex_byte(out, byte);
    }
    out.push(b'"');
}

fn push_hex_byte(out: &mut Vec<u8>, byte: u8) {
    out.extend([byte >> 4, byte & 15].map(|digit| HEX[usize::from(digit)]));
}

/// An address as text, such as `"0x7f3a0010"`.
pub(super) fn push_address(out: &mut Vec<u8>, address: u64) {
    out.extend_from_slice(b"\"0x");
    let digits = (u64::BITS - (address | 1).leading_zeros()).div_ceil(4);
    for digit in (0..digits).rev() {
        out.push(HEX[(address >> (4 * digit)) as usize & 15]);
    }
    out.push(b'"');
}

/// A GUID as text.
pub(super) fn push_guid(out: &mut Vec<u8>, guid: Uuid) {
    out.push(b'"');
    out.extend_from_slice(guid.hyphenated().encode_lower(&mut Uuid::encode_buffer()).as_bytes());
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(write: impl FnOnce(&mut Vec<u8>), expected: &str) {
        let mut out = Vec::new();
        write(&mut out);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn text_is_what_a_parser_reads_back() {
        let all: String = ('\0'..='\u{2ff}').chain("\u{fffd}\u{2028}\u{1f600}x\"\\".chars()).collect();
        for text in ["", "plain", "a\"b\\c", "tab\there", "Grüße", "\u{1f600}\u{7f}", &all] {
            let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let mut out = Vec::new();
            push_utf16(&mut out, Utf16::from_bytes(&units));
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
        check(|out| push_utf16(out, Utf16::from_bytes(&[0x00, 0xd8, b'x', 0])), "\"\u{fffd}x\"");
        check(|out| push_utf8(out, b"a\xff\"b"), "\"a\u{fffd}\\\"b\"");
    }

    #[test]
    fn numbers_that_are_none_are_null() {
        check(|out| push(out, &f64::NAN), "null");
        check(|out| push(out, &f32::NEG_INFINITY), "null");
        check(|out| push(out, &0.1f32), "0.1");
        check(|out| push(out, &u64::MAX), "18446744073709551615");
        check(|out| push(out, &i64::MIN), "-9223372036854775808");
    }

    #[test]
    fn bytes_and_addresses_are_hexadecimal() {
        check(|out| push_hex(out, [0, 0x7f, 0xab]), "\"007fab\"");
        check(|out| push_address(out, 0), "\"0x0\"");
        check(|out| push_address(out, 0x1_0000_abcd), "\"0x10000abcd\"");
        check(|out| push_address(out, u64::MAX), "\"0xffffffffffffffff\"");
        check(|out| push_guid(out, Uuid::from_u128(0xab << 120)), "\"ab000000-0000-0000-0000-000000000000\"");
    }
}
