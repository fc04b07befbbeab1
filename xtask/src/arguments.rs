//! Command lines of verbs: `--name VALUE`, `--flag`, and words.

use std::str::FromStr;

use anyhow::{Result, anyhow, bail};

/// What stands behind the verb, taken apart one option at a time.
pub(crate) struct Arguments(Vec<String>);

impl Arguments {
    pub(crate) fn new(words: Vec<String>) -> Arguments {
        Arguments(words)
    }

    /// Takes `name` and the value behind it. The first of several.
    pub(crate) fn option<T: FromStr>(&mut self, name: &str) -> Result<Option<T>> {
        let Some(at) = self.0.iter().position(|word| word == name) else { return Ok(None) };
        if at + 1 == self.0.len() {
            bail!("{name} needs a value");
        }
        let value = self.0.drain(at..at + 2).nth(1).unwrap_or_default();
        value.parse().map(Some).map_err(|_| anyhow!("{name} cannot be `{value}`"))
    }

    /// Takes a flag.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|word| word != name);
        self.0.len() < before
    }

    /// The words that are left.
    pub(crate) fn words(self) -> Result<Vec<String>> {
        match self.0.iter().find(|word| word.starts_with('-')) {
            Some(option) => bail!("no such option: {option}"),
            None => Ok(self.0),
        }
    }

    /// Nothing may be left.
    pub(crate) fn end(self) -> Result<()> {
        match self.words()?.first() {
            Some(word) => bail!("what is `{word}` for?"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_flags_and_words_are_told_apart() {
        let words = ["a", "--seconds", "5", "--release", "b"].map(String::from).to_vec();
        let mut arguments = Arguments::new(words);
        assert_eq!(arguments.option::<u64>("--seconds").unwrap(), Some(5));
        assert_eq!(arguments.option::<u64>("--seconds").unwrap(), None);
        assert!(arguments.flag("--release"));
        assert!(!arguments.flag("--release"));
        assert_eq!(arguments.words().unwrap(), ["a", "b"]);
    }

    #[test]
    fn what_is_left_over_is_an_error() {
        let arguments = |words: &[&str]| Arguments::new(words.iter().map(ToString::to_string).collect());
        assert!(arguments(&["--what"]).words().is_err());
        assert!(arguments(&["what"]).end().is_err());
        assert!(arguments(&["--seconds"]).option::<u64>("--seconds").is_err());
        assert!(arguments(&["--seconds", "x"]).option::<u64>("--seconds").is_err());
        assert!(arguments(&[]).end().is_ok());
    }
}
