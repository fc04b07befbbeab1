//! Text from elsewhere on a terminal.

use std::borrow::Cow;

pub(crate) use dotnet_analysis::report::printable::printable;

/// The text in at most `width` characters, with an ellipsis where something is left out.
pub(crate) fn clipped(text: &str, width: usize) -> Cow<'_, str> {
    if text.chars().count() <= width {
        return Cow::Borrowed(text);
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    if width > 0 {
        short.push('…');
    }
    Cow::Owned(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(printable("web --name=\u{1b}[2J\n"), "web --name=\u{fffd}[2J\u{fffd}");
        assert!(matches!(printable("plain"), Cow::Borrowed("plain")));
    }

    #[test]
    fn clipped_text_says_so() {
        assert_eq!(clipped("abcdef", 6), "abcdef");
        assert_eq!(clipped("abcdef", 4), "abc…");
        assert_eq!(clipped("abcdef", 0), "");
    }
}
