//! Times as text.

use jiff::Timestamp;

const NANOS_PER_SECOND: i64 = 1_000_000_000;
/// From 1601-01-01, where FILETIMEs begin, to 1970-01-01.
const FILE_TIME_EPOCH_SECONDS: i64 = 11_644_473_600;
const FILE_TIME_STEPS_PER_SECOND: i64 = 10_000_000;

/// Writes times as RFC 3339 in UTC, to the nanosecond and always as long, so that text sorts as time does.
///
/// Events of a trace are close together: the text of a second is made once for all of them.
#[derive(Debug)]
pub(super) struct TimeText {
    second: i64,
    /// Everything up to the decimal point, of the second last written.
    text: String,
}

impl TimeText {
    pub(super) fn new() -> Self {
        Self { second: 0, text: "1970-01-01T00:00:00".to_owned() }
    }

    /// A time in nanoseconds since 1970-01-01 UTC, with quotes.
    pub(super) fn push_unix_nanos(&mut self, out: &mut Vec<u8>, nanos: i64) {
        let (second, nanos) = (nanos.div_euclid(NANOS_PER_SECOND), nanos.rem_euclid(NANOS_PER_SECOND));
        if second != self.second {
            // 64 bits of nanoseconds are a few centuries, all of which have a date.
            let time = Timestamp::from_second(second).unwrap_or_default();
            self.text = date_and_time(time);
            self.second = second;
        }
        push_time(out, &self.text, nanos);
    }
}

/// A FILETIME, with quotes. One before 1601 or beyond the year 9999 is a number.
pub(super) fn push_file_time(out: &mut Vec<u8>, file_time: i64) {
    let second = file_time / FILE_TIME_STEPS_PER_SECOND - FILE_TIME_EPOCH_SECONDS;
    match Timestamp::from_second(second) {
        Ok(time) if file_time >= 0 => {
            let nanos = file_time % FILE_TIME_STEPS_PER_SECOND * 100;
            push_time(out, &date_and_time(time), nanos);
        }
        _ => super::text::push(out, &file_time),
    }
}

fn date_and_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

fn push_time(out: &mut Vec<u8>, date_and_time: &str, nanos: i64) {
    out.push(b'"');
    out.extend_from_slice(date_and_time.as_bytes());
    let mut digits = *b".000000000Z\"";
    let mut rest = nanos;
    for digit in digits[1..=9].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&digits);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_that_other_readers_see() {
        let mut time = TimeText::new();
        for nanos in [0, 1, -1, 999_999_999, 1_792_000_000_123_456_789, i64::MIN, i64::MAX, 5] {
            let mut out = Vec::new();
            time.push_unix_nanos(&mut out, nanos);
            let text: String = serde_json::from_slice(&out).unwrap();
            assert_eq!(text.len(), "2026-11-20T21:05:13.123456789Z".len(), "{text}");
            assert_eq!(text.parse::<Timestamp>().unwrap().as_nanosecond(), i128::from(nanos), "{text}");
        }
    }

    #[test]
    fn file_times_have_dates_or_are_numbers() {
        for (file_time, expected) in [
            (0, "\"1601-01-01T00:00:00.000000000Z\""),
            (116_444_736_000_000_001, "\"1970-01-01T00:00:00.000000100Z\""),
            (-1, "-1"),
            (i64::MAX, "9223372036854775807"),
        ] {
            let mut out = Vec::new();
            push_file_time(&mut out, file_time);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
