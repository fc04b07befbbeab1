//! Parts of sentences.

use super::document::Cell;

/// A number of things: `1 exception`, `21,527 exceptions`. For nouns that take an s.
#[must_use]
pub fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", Cell::Count(number), if number == 1 { "" } else { "s" })
}

/// A duration; longer ones than there can be are the longest there can be.
#[must_use]
pub fn nanos(nanos: u64) -> Cell {
    Cell::Nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
}

/// A method in a sentence: without its parameters, `Shop.Ledger.Post()` or `Shop.Ledger.Post(…)`.
#[must_use]
pub fn method(name: &str) -> String {
    match name.split_once('(') {
        Some((name, parameters)) if parameters != ")" => format!("{name}(…)"),
        _ => name.to_owned(),
    }
}

/// A part of a whole; 0 % of nothing.
#[must_use]
pub fn share(part: u64, whole: u64) -> Cell {
    Cell::Percent(if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 })
}

/// A number of things in so many nanoseconds, a second.
#[must_use]
pub fn per_second(number: u64, nanos: i64) -> Cell {
    Cell::Number(number as f64 * 1e9 / nanos.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_plural() {
        assert_eq!(counted(1, "exception"), "1 exception");
        assert_eq!(counted(21_527, "exception"), "21,527 exceptions");
    }

    #[test]
    fn methods_are_short() {
        assert_eq!(method("Shop.Ledger.Post(int32,class System.String)"), "Shop.Ledger.Post(…)");
        assert_eq!(method("Shop.Ledger.Post()"), "Shop.Ledger.Post()");
        assert_eq!(method("0x7f00"), "0x7f00");
    }

    #[test]
    fn nothing_is_no_part_of_nothing() {
        assert_eq!(share(0, 0), Cell::Percent(0.0));
        assert_eq!(share(1, 8), Cell::Percent(12.5));
        assert_eq!(per_second(3, 2_000_000_000), Cell::Number(1.5));
    }
}
