//! Text in a page.

use std::fmt;

use crate::formats::Text;
use crate::report::printable::printable;

/// Text between tags or in an attribute with double quotes, whatever a process calls its types.
pub(super) struct Escaped<'t>(pub(super) &'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Text(&printable(self.0)))
    }
}

/// JSON in a `<script>` element, which ends at `</script` whatever it stands in.
pub(super) struct Json<'t>(pub(super) &'t str);

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some((before, after)) = rest.split_once('<') {
            f.write_str(before)?;
            f.write_str("\\u003c")?;
            rest = after;
        }
        f.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_names_and_no_markup() {
        let hostile = "</td><script>alert(\"1\")</script>\u{202e}";
        let text = Escaped(hostile).to_string();
        assert_eq!(text, "&lt;/td&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;\u{fffd}");
        assert_eq!(Json("{\"a\":\"</script><!--\"}").to_string(), "{\"a\":\"\\u003c/script>\\u003c!--\"}");
    }
}
