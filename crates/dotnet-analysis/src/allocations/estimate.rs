//! From samples to all that was allocated.

/// The chance of a byte to be sampled by .NET 10: one in so many (`metrics.md` B.2).
const BYTES_PER_SAMPLE: f64 = 102_400.0;

/// What is known of allocations from samples.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Estimate {
    /// Events.
    pub(super) samples: u64,
    /// Bytes that they stand for.
    pub(super) bytes: f64,
    /// Objects that they stand for.
    pub(super) objects: f64,
    /// Variance of `bytes`, as far as a sample tells of it.
    variance: f64,
    /// Variance of `objects`.
    objects_variance: f64,
}

impl Estimate {
    /// Adds an object of which one byte was sampled.
    ///
    /// It is sampled with the probability `p = 1 - (1 - 1/102,400)^size`, so it stands for `size / p` bytes in `1 / p` objects:
    /// the estimate of Horvitz and Thompson, which has no bias and the variance `(1 - p) / p^2 * size^2`.
    pub(super) fn add_sampled(&mut self, size: u64) {
        let size = size as f64;
        let chance = -f64::exp_m1(size * f64::ln_1p(-1.0 / BYTES_PER_SAMPLE));
        if chance <= 0.0 {
            // Of an object without a size nothing can be sampled.
            return;
        }
        let spread = (1.0 - chance) / (chance * chance);
        self.samples += 1;
        self.bytes += size / chance;
        self.objects += 1.0 / chance;
        self.variance += spread * size * size;
        self.objects_variance += spread;
    }

    /// Adds a tick: so many bytes since the last, the last of them an object of that size, where it is told.
    ///
    /// The bytes are counted, so their sum is exact but for what comes before the first tick and after the last. What is
    /// estimated is the share of a type: each tick says whose the bytes were by one look. An object as large as the amount
    /// had a tick of its own, and nothing is estimated.
    pub(super) fn add_tick(&mut self, amount: u64, object_size: Option<u64>) {
        let bytes = amount as f64;
        self.samples += 1;
        self.bytes += bytes;
        let size = object_size.filter(|size| *size > 0).map(|size| size as f64);
        self.objects += size.map_or(0.0, |size| bytes / size);
        if size.is_none_or(|size| size < bytes) {
            self.variance += bytes * bytes;
            self.objects_variance += size.map_or(0.0, |size| (bytes / size).powi(2));
        }
    }

    /// Adds what was counted: nothing is estimated.
    pub(super) fn add_counted(&mut self, objects: u64, bytes: u64) {
        self.samples += 1;
        self.bytes += bytes as f64;
        self.objects += objects as f64;
    }

    /// Adds another.
    pub(super) fn add(&mut self, other: &Self) {
        self.samples += other.samples;
        self.bytes += other.bytes;
        self.objects += other.objects;
        self.variance += other.variance;
        self.objects_variance += other.objects_variance;
    }

    /// The standard error of `bytes`: two times out of three the truth is closer than that, 19 times out of 20 closer than
    /// twice that.
    pub(super) fn error(&self) -> f64 {
        self.variance.sqrt()
    }

    /// The standard error of `objects`.
    pub(super) fn objects_error(&self) -> f64 {
        self.objects_variance.sqrt()
    }

    /// A figure of bytes.
    pub(super) fn whole_bytes(&self) -> u64 {
        whole(self.bytes)
    }
}

/// A figure that is no number of things for sure, as one.
pub(super) fn whole(value: f64) -> u64 {
    // Saturates; what is no number is none.
    value.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_objects_stand_for_many_and_large_ones_for_themselves() {
        let mut small = Estimate::default();
        small.add_sampled(24);
        // 24 bytes of 102,400: about 4267 objects.
        assert!((small.objects - 4267.2).abs() < 0.5, "{small:?}");
        assert!((small.bytes - 102_412.0).abs() < 1.0, "{small:?}");
        assert!((small.error() / small.bytes - 1.0).abs() < 0.001);

        let mut large = Estimate::default();
        large.add_sampled(10_000_000);
        assert!((large.objects - 1.0).abs() < 1e-9 && large.error() < 1.0, "{large:?}");
    }

    #[test]
    fn estimates_are_right_on_average() {
        // Sampling by a fixed sequence of numbers that are spread evenly.
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        let mut estimate = Estimate::default();
        let (count, size) = (2_000_000, 1000);
        for _ in 0..count {
            let chance = 1.0 - (1.0 - 1.0 / BYTES_PER_SAMPLE).powi(size);
            if uniform() < chance {
                estimate.add_sampled(size as u64);
            }
        }
        let truth = f64::from(count) * f64::from(size);
        assert!((estimate.bytes - truth).abs() < 3.0 * estimate.error(), "{estimate:?}");
        assert!(estimate.error() < 0.01 * truth, "{estimate:?}");
        assert!((estimate.objects - f64::from(count)).abs() < 3.0 * estimate.objects_error(), "{estimate:?}");
    }

    #[test]
    fn a_tick_of_an_object_of_its_own_is_exact() {
        let mut ticks = Estimate::default();
        ticks.add_tick(1_048_600, Some(1_048_600));
        assert_eq!((ticks.whole_bytes(), whole(ticks.objects), whole(ticks.error())), (1_048_600, 1, 0));
        ticks.add_tick(102_400, Some(1024));
        assert_eq!(
            (ticks.whole_bytes(), whole(ticks.objects), whole(ticks.error())),
            (1_151_000, 101, 102_400)
        );
    }
}
