//! Ids of activities that spell their place: `//1/5/2` is the second below the fifth of the first application domain.

use std::fmt;

use nettrace::Uuid;

/// The bytes that hold the numbers; a checksum fills the rest.
const LENGTH: usize = 12;
/// Added to the checksum (*eventpipe-internals* B.5).
const SALT: u32 = 0x599d_99ad;
/// Nibbles up to this are numbers themselves; 0 ends the path.
const LAST_NUMBER: u8 = 0xa;
/// Another nibble follows: the number is one that stands for the rest of a path that was too long.
const OVERFLOW: u8 = 0xb;
/// From this on a nibble says how many bytes the number has, less one.
const ONE_BYTE: u8 = 0xc;

/// The place of an activity, outermost first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ActivityPath(Vec<u32>);

impl ActivityPath {
    /// The place that an id spells, in the process of that id; `None` for ids that were made otherwise.
    ///
    /// The process id is needed since the checksum has it in; where it is not known (0), the checksum is not looked at.
    #[must_use]
    pub fn of(activity: Uuid, process_id: u32) -> Option<Self> {
        let bytes = activity.to_bytes_le();
        let (words, _) = bytes.as_chunks::<4>();
        let [first, second, third, checksum] = words else { return None };
        let sum = [first, second, third]
            .iter()
            .fold(SALT, |sum, word| sum.wrapping_add(u32::from_le_bytes(**word)));
        if process_id != 0 && sum ^ process_id != u32::from_le_bytes(*checksum) {
            return None;
        }
        let numbers = numbers(bytes.get(..LENGTH)?)?;
        (!numbers.is_empty()).then_some(Self(numbers))
    }

    /// The numbers, outermost first.
    #[must_use]
    pub fn numbers(&self) -> &[u32] {
        &self.0
    }
}

impl fmt::Display for ActivityPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("/")?;
        self.0.iter().try_for_each(|number| write!(f, "/{number}"))
    }
}

fn numbers(bytes: &[u8]) -> Option<Vec<u32>> {
    let mut numbers = Vec::new();
    // In nibbles, the upper one of a byte first.
    let nibble =
        |at: usize| bytes.get(at / 2).map(|byte| if at.is_multiple_of(2) { byte >> 4 } else { byte & 0xf });
    let mut at = 0;
    while let Some(mut code) = nibble(at).filter(|code| *code != 0) {
        if code <= LAST_NUMBER {
            numbers.push(code.into());
            at += 1;
            continue;
        }
        if code == OVERFLOW {
            at += 1;
            code = nibble(at).filter(|code| *code >= ONE_BYTE)?;
        }
        // Behind it come whole bytes; a lower nibble that is left over is the highest part of the number.
        let high = if at.is_multiple_of(2) { nibble(at + 1)? } else { 0 };
        let start = at / 2 + 1;
        let end = start + usize::from(code - ONE_BYTE) + 1;
        let value = bytes.get(start..end)?;
        numbers.push(value.iter().rev().fold(u32::from(high), |number, byte| number << 8 | u32::from(*byte)));
        at = end * 2;
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_a_real_process() {
        for (id, expected) in [
            ("00000011-0000-0000-0000-00006cfa9d59", "//1/1"),
            ("00001012-0000-0000-0000-00006dca9d59", "//1/2/1"),
            ("00002114-0000-0000-0000-000013d99d59", "//1/4/2/1"),
            ("00000b1c-0000-0000-0000-00001bc79d59", "//1/11"),
            ("00110c1c-0000-0000-0000-00001bc6ae59", "//1/12/1/1"),
        ] {
            let activity: Uuid = id.parse().unwrap();
            assert_eq!(ActivityPath::of(activity, 0).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn the_checksum_tells_paths_from_other_ids() {
        let mut bytes = [0; 16];
        bytes[0] = 0x15;
        let sum = 0x15u32.wrapping_add(SALT) ^ 0x10e1;
        bytes[12..].copy_from_slice(&sum.to_le_bytes());
        let activity = Uuid::from_bytes_le(bytes);
        assert_eq!(ActivityPath::of(activity, 0x10e1).unwrap().numbers(), [1, 5]);
        assert_eq!(ActivityPath::of(activity, 0x10e2), None);
        assert_eq!(ActivityPath::of(Uuid::nil(), 0), None);
    }

    #[test]
    fn large_numbers_and_paths_that_were_too_long() {
        // A number of 12 bits begins in the spare nibble; one of two bytes; one that stands for more.
        assert_eq!(numbers(&[0xc3, 0x21, 0x10]), Some(vec![0x321, 1]));
        assert_eq!(numbers(&[0x1d, 0x34, 0x12, 0x20]), Some(vec![1, 0x1234, 2]));
        assert_eq!(numbers(&[0x1b, 0xc0, 0x99]), Some(vec![1, 0x99]));
        // Nonsense.
        assert_eq!(numbers(&[0xb1, 0]), None);
        assert_eq!(numbers(&[0x1f, 1, 2]), None);
    }
}
