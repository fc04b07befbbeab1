//! The head of a trace: NetTrace 4, trace object, and NetTrace 6, trace block.

use crate::encode::put::Put;
use crate::encode::{EncodeError, Version};
use crate::trace_info::{MILLIS_PER_DAY, Properties, TraceInfo, property};

/// The last year that readers, whose times are nanoseconds since 1970 in 64 bits, can have.
const MAX_YEAR: i64 = 2261;

/// Refuses a head that could not be read.
pub(super) fn check(trace: &TraceInfo) -> Result<(), EncodeError> {
    let reason = if trace.ticks_per_second <= 0 {
        "the clock's frequency is not positive"
    } else if !matches!(trace.pointer_size, 4 | 8) {
        "the pointer size is neither 4 nor 8"
    } else if Date::of_day(day(trace.start_unix_nanos)).year > MAX_YEAR {
        "the start is too late for the format"
    } else {
        return Ok(());
    };
    Err(EncodeError::InvalidTrace { reason })
}

pub(super) fn write(version: Version, trace: &TraceInfo, properties: &Properties, out: &mut Vec<u8>) {
    write_system_time(trace.start_unix_nanos, out);
    out.put_i64(trace.start_ticks);
    out.put_i64(trace.ticks_per_second);
    out.put_u32(trace.pointer_size.into());
    let known = [
        (property::PROCESS_ID, trace.process_id),
        (property::PROCESSORS, trace.processors),
        (property::SAMPLING_INTERVAL, trace.sampling_interval_nanos),
    ];
    if version == Version::V4 {
        for (_, value) in known {
            out.put_u32(value);
        }
        return;
    }
    // What was given in words counts. Zero is what readers assume.
    let said = |name: &str| properties.iter().any(|(key, _)| key == name);
    let added: Vec<_> = known.iter().filter(|(name, value)| *value != 0 && !said(name)).collect();
    out.put_u32(u32::try_from(properties.len() + added.len()).unwrap_or(u32::MAX));
    for (name, value) in added {
        out.put_utf8(name);
        out.put_utf8(&value.to_string());
    }
    for (name, value) in properties {
        out.put_utf8(name);
        out.put_utf8(value);
    }
}

fn millis(unix_nanos: i64) -> i64 {
    unix_nanos.div_euclid(1_000_000)
}

fn day(unix_nanos: i64) -> i64 {
    millis(unix_nanos).div_euclid(MILLIS_PER_DAY)
}

/// A Windows SYSTEMTIME in UTC: eight u16 (year, month, day of week from Sunday, day, hour, minute, second, milliseconds).
fn write_system_time(unix_nanos: i64, out: &mut Vec<u8>) {
    let day = day(unix_nanos);
    let millis = millis(unix_nanos).rem_euclid(MILLIS_PER_DAY);
    let date = Date::of_day(day);
    // 1970-01-01 was a Thursday.
    let weekday = (day + 4).rem_euclid(7);
    let (hour, minute) = (millis / 3_600_000, millis / 60_000 % 60);
    let parts = [date.year, date.month, weekday, date.day, hour, minute, millis / 1000 % 60, millis % 1000];
    for part in parts {
        out.put_u16(u16::try_from(part).unwrap_or(0));
    }
}

/// A date of the Gregorian calendar.
struct Date {
    year: i64,
    month: i64,
    day: i64,
}

impl Date {
    /// The date so many days after 1970-01-01, counting years from March so that leap days come last.
    fn of_day(day: i64) -> Self {
        let day = day + 719_468;
        let era = day.div_euclid(146_097);
        let day_of_era = day.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let year = era * 400 + year_of_era + i64::from(month >= 10);
        Self { year, month: (month + 2) % 12 + 1, day }
    }
}
