//! Sessions that write to the kernel's `user_events` instead of a stream (Linux 6.4, .NET 10).
//!
//! Only the messages: after the request the tool passes an open `user_events_data` file over the connection.

use std::collections::HashSet;

use super::InvalidRequest;
use super::collect::{decode_filter, decode_ids, decode_providers, encode_filter, encode_provider};
use super::invalid::no_nul;
use super::session::{Provider, Rundown, provider_count};
use crate::message::DecodeError;
use crate::message::cursor::{Cursor, Payload};

/// A session into `user_events`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserEventsRequest {
    /// What follows at the end of the session.
    pub rundown: Rundown,
    /// The event sources and the tracepoints their events go to.
    pub providers: Vec<UserEventsProvider>,
}

/// An event source and the tracepoints its events go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserEventsProvider {
    /// The event source.
    pub provider: Provider,
    /// Where its events go.
    pub tracepoints: Tracepoints,
}

/// The tracepoints of an event source: a default, or sets, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tracepoints {
    /// For events that are in no set.
    pub default: Option<String>,
    /// Events with a tracepoint of their own.
    pub sets: Vec<TracepointSet>,
}

/// The events of one tracepoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracepointSet {
    /// The name of the tracepoint.
    pub name: String,
    /// Its events; at least one, and each in one set only.
    pub event_ids: Vec<u32>,
}

impl UserEventsRequest {
    /// Checks what a runtime would refuse.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn validate(&self) -> Result<(), InvalidRequest> {
        provider_count(self.providers.len())?;
        for (index, UserEventsProvider { provider, tracepoints }) in self.providers.iter().enumerate() {
            provider.validate(index)?;
            tracepoints.validate(&provider.name)?;
        }
        Ok(())
    }

    pub(crate) fn encode(&self, payload: &mut Payload) {
        payload.u64(self.rundown.as_keywords()).count(self.providers.len());
        for UserEventsProvider { provider, tracepoints } in &self.providers {
            encode_provider(provider, payload);
            encode_filter(&provider.filter, payload);
            payload.optional(tracepoints.default.as_deref()).count(tracepoints.sets.len());
            for set in &tracepoints.sets {
                payload.string(&set.name).ids(&set.event_ids);
            }
        }
    }

    pub(crate) fn decode(cursor: &mut Cursor<'_>) -> Result<UserEventsRequest, DecodeError> {
        let start = cursor.clone();
        let rundown = Rundown::from_keywords(cursor.u64("rundown keywords")?);
        let mut tracepoints = Vec::new();
        let providers = decode_providers(cursor, |provider, cursor| {
            provider.filter = decode_filter(cursor)?;
            tracepoints.push(Tracepoints::decode(cursor)?);
            Ok(())
        })?;
        let providers = providers
            .into_iter()
            .zip(tracepoints)
            .map(|(provider, tracepoints)| UserEventsProvider { provider, tracepoints })
            .collect();
        let request = UserEventsRequest { rundown, providers };
        request.validate().map_err(|invalid| start.error("session", invalid.into()))?;
        Ok(request)
    }
}

impl Tracepoints {
    fn validate(&self, provider: &str) -> Result<(), InvalidRequest> {
        let wrong = |reason| InvalidRequest::Tracepoints { provider: provider.to_owned(), reason };
        if self.default.as_deref().unwrap_or_default().is_empty() && self.sets.is_empty() {
            return Err(wrong("there is none"));
        }
        if let Some(default) = &self.default {
            no_nul("the name of a tracepoint", default)?;
        }
        let mut seen = HashSet::new();
        for set in &self.sets {
            no_nul("the name of a tracepoint", &set.name)?;
            if set.name.is_empty() {
                return Err(wrong("one has no name"));
            }
            if set.event_ids.is_empty() {
                return Err(wrong("one has no events"));
            }
            if !set.event_ids.iter().all(|id| seen.insert(*id)) {
                return Err(wrong("an event belongs to two"));
            }
        }
        Ok(())
    }

    fn decode(cursor: &mut Cursor<'_>) -> Result<Tracepoints, DecodeError> {
        let default = cursor.string("default tracepoint")?;
        let count = cursor.count("tracepoint sets", 8)?;
        let mut sets = Vec::with_capacity(count);
        for _ in 0..count {
            let name = cursor.text("tracepoint name")?;
            sets.push(TracepointSet { name, event_ids: decode_ids("tracepoint events", cursor)? });
        }
        Ok(Tracepoints { default, sets })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracepoints(default: Option<&str>, sets: &[(&str, &[u32])]) -> Tracepoints {
        Tracepoints {
            default: default.map(str::to_owned),
            sets: sets
                .iter()
                .map(|(name, ids)| TracepointSet { name: (*name).to_owned(), event_ids: ids.to_vec() })
                .collect(),
        }
    }

    #[test]
    fn tracepoints_are_checked() {
        assert!(tracepoints(Some("t"), &[]).validate("p").is_ok());
        assert!(tracepoints(None, &[("t", &[1, 2]), ("u", &[3])]).validate("p").is_ok());
        assert!(tracepoints(None, &[]).validate("p").is_err());
        assert!(tracepoints(Some(""), &[]).validate("p").is_err());
        assert!(tracepoints(Some("t"), &[("u", &[])]).validate("p").is_err());
        assert!(tracepoints(Some("t"), &[("", &[1])]).validate("p").is_err());
        assert!(tracepoints(None, &[("t", &[1]), ("u", &[1])]).validate("p").is_err());
    }
}
