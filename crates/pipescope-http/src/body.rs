//! JSON bodies of POST requests.
//!
//! dotnet-monitor reads property names in any case, and its own documentation writes them both ways. So all names are
//! brought to one case first, except those of free maps, whose names are data.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::problem::Problem;

/// A body read into a `T` whose fields are all lower case.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

/// Properties whose value is a map from names that are data.
const FREE_MAPS: [&str; 1] = ["arguments"];

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let Json(value) = Json::<Value>::from_request(request, state)
            .await
            .map_err(|rejection: JsonRejection| Problem::new(rejection.status(), rejection.body_text()))?;
        read(value).map(Body)
    }
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_json::from_value(lower_names(value))
        .map_err(|error| Problem::bad_request(format!("The body is not as expected: {error}.")))
}

/// `serde_json` bounds how deep values nest, and so this recursion.
fn lower_names(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .map(|(name, value)| {
                let name = name.to_ascii_lowercase();
                let value = if FREE_MAPS.contains(&name.as_str()) { value } else { lower_names(value) };
                (name, value)
            })
            .collect(),
        Value::Array(values) => values.into_iter().map(lower_names).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_lowered_except_in_free_maps() {
        let given =
            json!({"Providers": [{"eventLevel": "Verbose", "Arguments": {"FilterAndPayloadSpecs": "X"}}]});
        let read = lower_names(given);
        assert_eq!(
            read,
            json!({"providers": [{"eventlevel": "Verbose", "arguments": {"FilterAndPayloadSpecs": "X"}}]})
        );
    }
}
