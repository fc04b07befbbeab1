//! Durations as options take them.

use std::str::FromStr;
use std::time::Duration;

/// How long something may take at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Limit(
    /// `None` is no limit.
    pub(crate) Option<Duration>,
);

impl Limit {
    /// Waits until the time is over. Cancel-safe in the sense that a new wait begins anew.
    pub(crate) async fn over(self) {
        match self.0 {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    }
}

impl FromStr for Limit {
    type Err = &'static str;

    /// Reads `dd:hh:mm:ss` or `hh:mm:ss` (the forms of the stock tools), or numbers with units such as `90s`, `5m`,
    /// `1h30m`, `2d`. Zero means no limit, as in the stock tools.
    ///
    /// A bare number and `xx:yy` are refused: the stock tools take them as days and as hours and minutes, which
    /// hardly anybody means.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let seconds = if text.contains(':') { colons(text) } else { units(text) };
        match seconds {
            Some(0) => Ok(Self(None)),
            Some(seconds) => Ok(Self(Some(Duration::from_secs(seconds)))),
            None => Err("expected dd:hh:mm:ss, hh:mm:ss or a number with a unit, such as 30s, 5m or 1h30m"),
        }
    }
}

/// `dd:hh:mm:ss`, as the progress line shows a duration.
pub(crate) fn format_elapsed(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    format!("{days:02}:{hours:02}:{minutes:02}:{:02}", seconds % 60)
}

fn colons(text: &str) -> Option<u64> {
    let parts: Vec<u64> = text.split(':').map(number).collect::<Option<_>>()?;
    let (days, rest) = match parts.as_slice() {
        [days, rest @ ..] if rest.len() == 3 => (*days, rest),
        rest if rest.len() == 3 => (0, rest),
        _ => return None,
    };
    match rest {
        [hours @ 0..24, minutes @ 0..60, seconds @ 0..60] => {
            days.checked_mul(86_400)?.checked_add(hours * 3600 + minutes * 60 + seconds)
        }
        _ => None,
    }
}

fn units(text: &str) -> Option<u64> {
    const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];
    let mut rest = text.trim();
    let mut total: u64 = 0;
    if rest.is_empty() {
        return None;
    }
    // Each unit at most once, the large ones first: what is left over at the end is an error.
    for (unit, seconds) in UNITS {
        let Some((count, after)) = rest.split_once(unit) else { continue };
        total = total.checked_add(number(count)?.checked_mul(seconds)?)?;
        rest = after;
    }
    rest.is_empty().then_some(total)
}

fn number(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, seconds: u64) {
        let expected = (seconds > 0).then(|| Duration::from_secs(seconds));
        assert_eq!(text.parse(), Ok(Limit(expected)), "{text}");
    }

    #[test]
    fn reads_the_forms_of_the_stock_tools() {
        check("00:00:00:30", 30);
        check("01:02:03:04", 86_400 + 7200 + 180 + 4);
        check("00:00:30", 30);
        check("10:00:00", 36_000);
        check("00:00:00:00", 0);
    }

    #[test]
    fn reads_units() {
        check("30s", 30);
        check("5m", 300);
        check("1h30m", 5400);
        check("2d1s", 172_801);
    }

    #[test]
    fn refuses_what_could_mean_something_else() {
        for text in
            ["", "30", "1:30", "00:61:00", "24:00:00", "1:2:3:4:5", "5x", "5m1h", "m", "-1s", "1:+2:03", "s5"]
        {
            assert!(text.parse::<Limit>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_elapsed_time_reads_back() {
        let elapsed = Duration::from_secs(93_784);
        assert_eq!(format_elapsed(elapsed), "01:02:03:04");
        assert_eq!("01:02:03:04".parse(), Ok(Limit(Some(elapsed))));
    }
}
