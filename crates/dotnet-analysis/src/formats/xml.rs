//! Text in XML.

use std::fmt;

/// Text between tags or in an attribute with double quotes. Characters that XML has no way to write become U+FFFD.
pub(crate) struct Text<'t>(pub(crate) &'t str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some((at, special)) = rest.char_indices().find_map(|(at, c)| Some((at, (c, escape(c)?)))) {
            let (plain, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
            let (character, escaped) = special;
            f.write_str(plain)?;
            f.write_str(escaped)?;
            rest = from.get(character.len_utf8()..).unwrap_or_default();
        }
        f.write_str(rest)
    }
}

fn escape(character: char) -> Option<&'static str> {
    Some(match character {
        '<' => "&lt;",
        '>' => "&gt;",
        '&' => "&amp;",
        '"' => "&quot;",
        '\n' | '\t' => return None,
        // XML 1.0, production 2; and those it discourages.
        '\0'..'\u{20}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => "\u{fffd}",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_are_written_so_that_they_are_read_back() {
        let text = Text("a<b>&\"ü\u{1b}\0\u{ffff}\n</script>").to_string();
        assert_eq!(text, "a&lt;b&gt;&amp;&quot;ü\u{fffd}\u{fffd}\u{fffd}\n&lt;/script&gt;");
        assert_eq!(Text("").to_string(), "");
    }
}
