//! The head of a trace: its clock and the process it comes from.

use crate::cursor::{Cursor, Stop};

/// What a trace says about itself before its first event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceInfo {
    /// Version of the format it was read from.
    pub version: u32,
    /// Start of the session in nanoseconds since 1970-01-01 UTC. Exact to the millisecond only.
    pub start_unix_nanos: i64,
    /// The monotonic clock at the start of the session, in ticks.
    pub start_ticks: i64,
    /// Ticks of the monotonic clock per second; positive.
    pub ticks_per_second: i64,
    /// Bytes of a pointer in the traced process: 4 or 8.
    pub pointer_size: u8,
    /// The traced process's id, in its own process-id namespace. 0 in version 6 when the trace is of several processes.
    pub process_id: u32,
    /// Processors the traced process may use. 0 in version 6 when not said.
    pub processors: u32,
    /// Expected time between CPU samples in nanoseconds. 0 in version 6 when not said.
    pub sampling_interval_nanos: u32,
}

/// What version 6 says of the trace in words of its own: names and values, in stream order.
pub(crate) type Properties = Vec<(String, String)>;

/// Properties that earlier versions have fields for.
pub(crate) mod property {
    pub(crate) const PROCESS_ID: &str = "ProcessId";
    pub(crate) const PROCESSORS: &str = "HardwareThreadCount";
    pub(crate) const SAMPLING_INTERVAL: &str = "ExpectedCPUSamplingRate";
    pub(crate) const ALL: [&str; 3] = [PROCESS_ID, PROCESSORS, SAMPLING_INTERVAL];
}

/// Properties of one trace; lists with more are not read.
const MAX_PROPERTIES: u32 = 1 << 16;

const NANOS_PER_SECOND: i128 = 1_000_000_000;
pub(crate) const MILLIS_PER_DAY: i64 = 86_400_000;

impl TraceInfo {
    /// The head of a trace of one's own, of a process with 64-bit pointers.
    ///
    /// `start_unix_nanos` and `start_ticks` are the same instant, by the wall clock in nanoseconds since 1970-01-01 UTC and by
    /// a monotonic clock of `ticks_per_second`, which must be positive. What more there is to say is set in the fields of the
    /// result.
    #[must_use]
    pub fn new(start_unix_nanos: i64, start_ticks: i64, ticks_per_second: i64) -> Self {
        Self {
            version: 4,
            start_unix_nanos,
            start_ticks,
            ticks_per_second,
            pointer_size: 8,
            process_id: 0,
            processors: 0,
            sampling_interval_nanos: 0,
        }
    }

    /// Bytes of the record in a stream.
    pub(crate) const SIZE: usize = 48;

    /// Reads the record of NetTrace 4 and netperf 3.
    pub(crate) fn read(version: u32, cursor: &mut Cursor<'_>) -> Result<Self, Stop> {
        let record = cursor.array::<{ Self::SIZE }>()?;
        let mut cursor = Cursor::new(&record);
        let mut trace = Self::read_clock(version, &mut cursor)?;
        trace.process_id = cursor.u32()?;
        trace.processors = cursor.u32()?;
        trace.sampling_interval_nanos = cursor.u32()?;
        Ok(trace)
    }

    /// Reads the data of a trace block of NetTrace 6. Bytes after it are left.
    pub(crate) fn read_v6(version: u32, cursor: &mut Cursor<'_>) -> Result<(Self, Properties), Stop> {
        let mut trace = Self::read_clock(version, cursor)?;
        let count = u32::try_from(cursor.i32()?)
            .map_err(|_| Stop::Malformed("the number of the trace's properties is negative"))?;
        if count > MAX_PROPERTIES {
            return Err(Stop::Malformed("the trace has too many properties"));
        }
        let mut properties = Properties::new();
        for _ in 0..count {
            let key = cursor.utf8()?;
            let value = cursor.utf8()?;
            let number = value.trim().parse().unwrap_or(0);
            match key.as_ref() {
                property::PROCESS_ID => trace.process_id = number,
                property::PROCESSORS => trace.processors = number,
                property::SAMPLING_INTERVAL => trace.sampling_interval_nanos = number,
                _ => {}
            }
            properties.push((key.into_owned(), value.into_owned()));
        }
        Ok((trace, properties))
    }

    /// Reads what all versions begin with: the start, the clock and the pointer size.
    fn read_clock(version: u32, cursor: &mut Cursor<'_>) -> Result<Self, Stop> {
        let start_unix_nanos = system_time_nanos(cursor)?;
        let start_ticks = cursor.i64()?;
        let ticks_per_second = cursor.i64()?;
        let pointer_size = cursor.i32()?;
        if ticks_per_second <= 0 {
            return Err(Stop::Malformed("the clock's frequency is not positive"));
        }
        let pointer_size = match pointer_size {
            4 => 4,
            8 => 8,
            _ => return Err(Stop::Malformed("the pointer size is neither 4 nor 8")),
        };
        Ok(Self {
            version,
            start_unix_nanos,
            start_ticks,
            ticks_per_second,
            pointer_size,
            process_id: 0,
            processors: 0,
            sampling_interval_nanos: 0,
        })
    }

    /// Nanoseconds from the start of the session to `ticks`; negative for times before it. Saturates.
    #[must_use]
    pub fn relative_nanos(&self, ticks: i64) -> i64 {
        let ticks = i128::from(ticks) - i128::from(self.start_ticks);
        // The frequency was checked to be positive; the product is below 2^95.
        let nanos = ticks * NANOS_PER_SECOND / i128::from(self.ticks_per_second.max(1));
        saturating_i64(nanos)
    }

    /// `ticks` as nanoseconds since 1970-01-01 UTC. Saturates. As exact as [`start_unix_nanos`](Self::start_unix_nanos).
    #[must_use]
    pub fn unix_nanos(&self, ticks: i64) -> i64 {
        self.start_unix_nanos.saturating_add(self.relative_nanos(ticks))
    }
}

fn saturating_i64(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

/// A Windows SYSTEMTIME in UTC as nanoseconds since 1970: eight u16 (year, month, day of week, day, hour, minute, second,
/// milliseconds). The day of week says nothing new and is ignored.
fn system_time_nanos(cursor: &mut Cursor<'_>) -> Result<i64, Stop> {
    let mut next = || cursor.u16().map(i64::from);
    let (year, month, _, day) = (next()?, next()?, next()?, next()?);
    let (hour, minute, second, millis) = (next()?, next()?, next()?, next()?);
    // 1601 is where SYSTEMTIME begins; past 2262 nanoseconds leave 64 bits.
    let valid = (1601..=2261).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second < 61
        && millis < 1000;
    if !valid {
        return Err(Stop::Malformed("the start time is not a date"));
    }
    let millis = days_since_1970(year, month, day) * MILLIS_PER_DAY
        + ((hour * 60 + minute) * 60 + second) * 1000
        + millis;
    Ok(saturating_i64(i128::from(millis) * 1_000_000))
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, counting years from March so that leap days come last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}
