//! The query of a request. Names are case-insensitive, as in dotnet-monitor.

use std::convert::Infallible;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::problem::Problem;

/// A query, decoded.
#[derive(Debug, Default)]
pub(crate) struct Parameters {
    pairs: Vec<(String, String)>,
}

impl Parameters {
    pub(crate) fn parse(query: &str) -> Self {
        Self { pairs: form_urlencoded::parse(query.as_bytes()).into_owned().collect() }
    }

    /// The first value of that name; an empty one counts as absent.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// The value of that name as a `T`; 400 with `expected` in words when it is none.
    pub(crate) fn parsed<T: FromStr>(&self, name: &str, expected: &str) -> Result<Option<T>, Problem> {
        self.text(name)
            .map(|text| {
                text.parse().map_err(|_| {
                    Problem::bad_request(format!(
                        "The value '{text}' is not valid for {name}: it is {expected}."
                    ))
                })
            })
            .transpose()
    }

    /// Refuses a parameter of dotnet-monitor that is not supported, rather than ignore what it asks for.
    pub(crate) fn refuse(&self, name: &str, why: &str) -> Result<(), Problem> {
        match self.text(name) {
            Some(_) => Err(Problem::bad_request(format!("{name} is not supported: {why}"))),
            None => Ok(()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Parameters {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_ignore_case_and_values_are_decoded() {
        let parameters = Parameters::parse("PID=12&name=a%20b+c&empty=&durationSeconds=x");
        assert_eq!(parameters.parsed::<u32>("pid", "a number").unwrap(), Some(12));
        assert_eq!(parameters.text("name"), Some("a b c"));
        assert_eq!(parameters.text("empty"), None);
        assert_eq!(parameters.parsed::<u32>("absent", "a number").unwrap(), None);
        assert!(parameters.parsed::<i64>("durationseconds", "a number").is_err());
    }
}
