//! The methods that took longest, and what methods are grouped by.

use dotnet_events::enumerations::{MethodFlags, OptimizationTier};
use dotnet_events::runtime::groups::MethodName;

use super::Compiled;

/// Methods kept.
const MAX_KEPT: usize = 1_000;

/// A method that took long.
#[derive(Debug, Clone)]
pub(super) struct Slow {
    pub(super) name: String,
    pub(super) tier: OptimizationTier,
    pub(super) is_foreground: bool,
    /// When its code was there.
    pub(super) at: i64,
    pub(super) compiled: Compiled,
}

/// The methods that took longest.
#[derive(Debug, Default)]
pub(super) struct Slowest {
    /// Up to twice as many as are kept, so that they need not be sorted each time.
    slow: Vec<Slow>,
    /// Those that took less are not among them.
    least: u64,
}

impl Slowest {
    /// Takes a method if it is one of them.
    pub(super) fn add(&mut self, nanos: u64, make: impl FnOnce() -> Slow) {
        if nanos < self.least {
            return;
        }
        self.slow.push(make());
        if self.slow.len() >= 2 * MAX_KEPT {
            self.slow = self.sorted();
            self.least = self.slow.last().map_or(0, |slow| slow.compiled.time_ns);
        }
    }

    /// Longest first.
    pub(super) fn sorted(&self) -> Vec<Slow> {
        let mut slow = self.slow.clone();
        slow.sort_by(|a, b| (b.compiled.time_ns, a.at, &a.name).cmp(&(a.compiled.time_ns, b.at, &b.name)));
        slow.truncate(MAX_KEPT);
        slow
    }
}

/// `Namespace.Type.Method(signature)` (nettrace.md E.3).
pub(super) fn full_name(name: &MethodName<'_>) -> String {
    let signature = name.MethodSignature.chars().skip_while(|character| *character != '(');
    let mut full: String = name.MethodNamespace.chars().collect();
    if !full.is_empty() {
        full.push('.');
    }
    full.extend(name.MethodName.chars());
    full.extend(signature);
    full
}

/// What a method is grouped by: its type. Those made at run time have none; they are grouped by their name, without the
/// numbers at its end that keep them apart.
pub(super) fn group(name: &MethodName<'_>, flags: MethodFlags) -> String {
    let type_name = name.MethodNamespace.to_string();
    if !flags.contains(MethodFlags::Dynamic) {
        return type_name;
    }
    let method: String = name.MethodName.chars().collect();
    let alike = method.trim_end_matches(|character: char| character.is_ascii_digit());
    let numbered = if alike.len() < method.len() { "*" } else { "" };
    format!("{type_name}.{alike}{numbered}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slow(nanos: u64) -> Slow {
        Slow {
            name: nanos.to_string(),
            tier: OptimizationTier::QuickJitted,
            is_foreground: true,
            at: 0,
            compiled: Compiled { methods: 1, time_ns: nanos, ..Compiled::default() },
        }
    }

    #[test]
    fn the_slowest_are_kept() {
        let mut slowest = Slowest::default();
        for nanos in (0..10_000).map(|number| number * 7_919 % 10_007) {
            slowest.add(nanos, || slow(nanos));
        }
        let sorted = slowest.sorted();
        assert_eq!(sorted.len(), MAX_KEPT);
        let mut all: Vec<u64> = (0..10_000).map(|number| number * 7_919 % 10_007).collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        all.truncate(MAX_KEPT);
        assert_eq!(sorted.iter().map(|slow| slow.compiled.time_ns).collect::<Vec<_>>(), all);
    }
}
