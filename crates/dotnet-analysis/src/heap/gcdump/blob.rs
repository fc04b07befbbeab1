//! Numbers of one to five bytes: signed, the high groups of seven bits first, the eighth bit on all but the last.

/// Appends a number in the fewest bytes.
pub(super) fn push(bytes: &mut Vec<u8>, value: i32) {
    let length = (1..5).find(|length| {
        let unused = 32 - 7 * length;
        (value << unused) >> unused == value
    });
    let length = length.unwrap_or(5);
    for group in (0..length).rev() {
        let more = if group > 0 { 0x80 } else { 0 };
        // The top group of five has four bits of the number, and its sign.
        bytes.push(((value >> (7 * group)) & 0x7f) as u8 | more);
    }
}

/// Takes a number from the front.
pub(super) fn take(bytes: &mut &[u8]) -> Option<i32> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    // The first byte has the sign.
    let mut value = i32::from(*first) << 25 >> 25;
    let mut byte = *first;
    for _ in 0..4 {
        if byte & 0x80 == 0 {
            return Some(value);
        }
        let (next, rest) = bytes.split_first()?;
        *bytes = rest;
        byte = *next;
        value = (value << 7) | i32::from(byte & 0x7f);
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for (value, expected) in [
            (0, vec![0]),
            (1, vec![1]),
            (63, vec![0x3f]),
            (64, vec![0x80, 0x40]),
            (-1, vec![0x7f]),
            (-64, vec![0x40]),
            (-65, vec![0xff, 0x3f]),
            (8191, vec![0xbf, 0x7f]),
            (8192, vec![0x80, 0xc0, 0]),
            (1 << 27, vec![0x80, 0xc0, 0x80, 0x80, 0]),
            (i32::MAX, vec![0x87, 0xff, 0xff, 0xff, 0x7f]),
            (i32::MIN, vec![0xf8, 0x80, 0x80, 0x80, 0]),
        ] {
            let mut bytes = Vec::new();
            push(&mut bytes, value);
            assert_eq!(bytes, expected, "{value}");
            let mut rest = bytes.as_slice();
            assert_eq!(take(&mut rest), Some(value));
            assert!(rest.is_empty());
        }
        assert_eq!(take(&mut [].as_slice()), None);
        assert_eq!(take(&mut [0x80].as_slice()), None);
    }
}
