//! How durations are spread: percentiles from a bounded number of counters.

use serde::Serialize;

/// Bits of a duration that are kept behind its first: two durations in one counter differ by less than 1/64 of their value.
const PRECISION: u32 = 6;

/// Durations, counted by size.
#[derive(Debug, Clone, Default)]
pub(crate) struct Distribution {
    /// Up to `2^PRECISION` nanoseconds one counter each; from there on `2^PRECISION` to every power of two. At most 3,776.
    counters: Vec<u64>,
    count: u64,
    sum: u64,
    max: u64,
}

/// What there is to say about many durations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Durations {
    /// How many.
    pub count: u64,
    /// Their sum in nanoseconds.
    pub total_ns: u64,
    /// Their mean in nanoseconds.
    pub mean_ns: u64,
    /// Half of them are shorter, in nanoseconds. Percentiles are exact to 1.6 %.
    pub p50_ns: u64,
    /// Nine of ten are shorter.
    pub p90_ns: u64,
    /// 99 of a hundred are shorter.
    pub p99_ns: u64,
    /// The longest.
    pub max_ns: u64,
}

impl Distribution {
    /// Counts a duration. What is negative, since clocks are not perfect, counts as 0.
    pub(crate) fn record(&mut self, nanos: i64) {
        let nanos = u64::try_from(nanos).unwrap_or(0);
        self.count += 1;
        self.sum = self.sum.saturating_add(nanos);
        self.max = self.max.max(nanos);
        let index = index_of(nanos);
        if self.counters.len() <= index {
            self.counters.resize(index + 1, 0);
        }
        if let Some(counter) = self.counters.get_mut(index) {
            *counter += 1;
        }
    }

    pub(crate) fn summary(&self) -> Durations {
        Durations {
            count: self.count,
            total_ns: self.sum,
            mean_ns: self.sum.checked_div(self.count).unwrap_or(0),
            p50_ns: self.percentile(50),
            p90_ns: self.percentile(90),
            p99_ns: self.percentile(99),
            max_ns: self.max,
        }
    }

    /// The longest duration of the counter that the percentile is in.
    fn percentile(&self, percent: u64) -> u64 {
        let wanted = (u128::from(self.count) * u128::from(percent)).div_ceil(100);
        let mut seen = 0u128;
        let found = self.counters.iter().position(|count| {
            seen += u128::from(*count);
            seen >= wanted
        });
        found.map_or(0, |index| longest_of(index).min(self.max))
    }
}

fn index_of(nanos: u64) -> usize {
    let shift = (u64::BITS - nanos.leading_zeros()).saturating_sub(PRECISION + 1);
    // The leading bit of what is left counts for a power of two itself.
    ((shift << PRECISION) as usize) + (nanos >> shift) as usize
}

fn longest_of(index: usize) -> u64 {
    let powers = 1usize << PRECISION;
    let shift = (index / powers).saturating_sub(1);
    let first = (index - shift * powers) as u64;
    (((u128::from(first) + 1) << shift) - 1).try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_is_in_a_counter_no_wider_than_promised() {
        for nanos in (0..64).flat_map(|bit| [(1u64 << bit) - 1, 1 << bit, (1 << bit) + 1]).chain([u64::MAX]) {
            let longest = longest_of(index_of(nanos));
            assert!(longest >= nanos, "{nanos} {longest}");
            assert!(longest - nanos <= nanos >> PRECISION, "{nanos} {longest}");
            assert_eq!(index_of(longest), index_of(nanos));
        }
    }

    #[test]
    fn percentiles_are_those_of_the_values() {
        let mut durations = Distribution::default();
        assert_eq!(durations.summary(), Durations::default());
        for nanos in (1..=100).map(|n| n * 1_000) {
            durations.record(nanos);
        }
        durations.record(-5);
        let summary = durations.summary();
        assert_eq!((summary.count, summary.total_ns, summary.max_ns), (101, 5_050_000, 100_000));
        for (found, wanted) in [(summary.p50_ns, 50_000), (summary.p90_ns, 90_000), (summary.p99_ns, 99_000)]
        {
            assert!((wanted..wanted + wanted / 50).contains(&found), "{found} {wanted}");
        }
    }
}
