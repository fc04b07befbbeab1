//! Text and numbers in JSON.

use std::fmt::{self, Write as _};

/// A string with its quotes.
pub(crate) struct Text<'t>(pub(crate) &'t str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for part in self.0.split_inclusive(needs_escape) {
            let mut plain = part.chars();
            match plain.next_back().filter(|last| needs_escape(*last)) {
                None => f.write_str(part)?,
                Some(special) => {
                    f.write_str(plain.as_str())?;
                    match special {
                        '"' => f.write_str("\\\"")?,
                        '\\' => f.write_str("\\\\")?,
                        '\n' => f.write_str("\\n")?,
                        other => write!(f, "\\u{:04x}", u32::from(other))?,
                    }
                }
            }
        }
        f.write_char('"')
    }
}

/// RFC 8259, section 7.
fn needs_escape(character: char) -> bool {
    matches!(character, '"' | '\\' | '\0'..'\u{20}')
}

/// Nanoseconds in a unit that has this many of them, exactly: `1234.5`.
pub(crate) struct Nanos {
    pub(crate) nanos: i64,
    pub(crate) unit: Unit,
}

/// Units of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Microseconds,
    Milliseconds,
}

impl fmt::Display for Nanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, digits) = match self.unit {
            Unit::Microseconds => (1_000, 3),
            Unit::Milliseconds => (1_000_000, 6),
        };
        let sign = if self.nanos < 0 { "-" } else { "" };
        let (whole, mut rest) = (self.nanos.unsigned_abs() / unit, self.nanos.unsigned_abs() % unit);
        write!(f, "{sign}{whole}")?;
        if rest == 0 {
            return Ok(());
        }
        let mut digits: usize = digits;
        while rest.is_multiple_of(10) {
            rest /= 10;
            digits -= 1;
        }
        write!(f, ".{rest:0digits$}")
    }
}

/// Puts commas between the items of a list.
#[derive(Debug, Default)]
pub(crate) struct Commas {
    is_begun: bool,
}

impl Commas {
    /// What comes before the next item.
    pub(crate) fn next(&mut self) -> &'static str {
        if std::mem::replace(&mut self.is_begun, true) { "," } else { "" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_back() {
        for text in ["", "plain", "a\"b\\c\nd\u{1}\0\u{7f}ü😀", "\"", "ends\n"] {
            let read: String = serde_json::from_str(&Text(text).to_string()).unwrap();
            assert_eq!(read, text);
        }
    }

    #[test]
    fn times_are_exact_and_short() {
        let micros = |nanos| Nanos { nanos, unit: Unit::Microseconds }.to_string();
        let millis = |nanos| Nanos { nanos, unit: Unit::Milliseconds }.to_string();
        assert_eq!([0, 1, 1500, 2_000_000, -20].map(micros), ["0", "0.001", "1.5", "2000", "-0.02"]);
        assert_eq!([0, 1, 1500, 2_000_000, -20].map(millis), ["0", "0.000001", "0.0015", "2", "-0.00002"]);
        assert_eq!(micros(i64::MIN), "-9223372036854775.808");
    }
}
