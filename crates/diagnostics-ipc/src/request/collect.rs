//! The six forms of the command that starts a session, and which of them to try.

use super::InvalidRequest;
use super::session::{
    Buffering, EventFilter, EventLevel, Provider, Rundown, SessionFeature, SessionRequest, provider_count,
};
use super::user_events::UserEventsRequest;
use crate::message::cursor::{Cursor, Payload};
use crate::message::{Command, DecodeError, EncodeError, Malformed};

/// Which of the six commands starts a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CollectVersion {
    /// `CollectTracing`, .NET Core 3.0.
    V1,
    /// `CollectTracing2`, .NET Core 3.1: with or without rundown.
    V2,
    /// `CollectTracing3`, .NET 8: with or without stacks.
    V3,
    /// `CollectTracing4`, .NET 9: chosen rundown keywords.
    V4,
    /// `CollectTracing5`, .NET 10: event filters, `user_events`.
    V5,
    /// `CollectTracing6`, .NET 11: blocking writers.
    V6,
}

impl CollectVersion {
    /// All of them, oldest first.
    pub const ALL: [CollectVersion; 6] = [
        CollectVersion::V1,
        CollectVersion::V2,
        CollectVersion::V3,
        CollectVersion::V4,
        CollectVersion::V5,
        CollectVersion::V6,
    ];

    /// The command of this version.
    #[must_use]
    pub fn command(self) -> Command {
        match self {
            CollectVersion::V1 => Command::CollectTracing,
            CollectVersion::V2 => Command::CollectTracing2,
            CollectVersion::V3 => Command::CollectTracing3,
            CollectVersion::V4 => Command::CollectTracing4,
            CollectVersion::V5 => Command::CollectTracing5,
            CollectVersion::V6 => Command::CollectTracing6,
        }
    }
}

/// The format of a session's stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StreamFormat {
    /// The format of .NET Core 3.0, before `NetTrace`.
    NetPerf,
    /// `NetTrace`, what everything reads today.
    #[default]
    NetTrace,
}

/// A request to start a session, in one of the six forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CollectTracing {
    /// Into a stream on the same connection.
    Stream {
        /// The form to send.
        version: CollectVersion,
        /// The format of the stream.
        format: StreamFormat,
        /// What to deliver. Encoding fails when the form cannot express it.
        request: SessionRequest,
    },
    /// Into the `user_events` of the kernel.
    UserEvents {
        /// The form to send; the fifth or sixth.
        version: CollectVersion,
        /// What to deliver.
        request: UserEventsRequest,
    },
}

/// What a session writes to, as the fifth form has it.
const STREAMING: u32 = 0;
const USER_EVENTS: u32 = 1;

/// The smallest provider on the wire: keywords, level, and the counts of two strings, the last of which may be
/// left out.
const MIN_PROVIDER_SIZE: usize = 8 + 4 + 4;

impl CollectTracing {
    /// The command on the wire.
    #[must_use]
    pub fn command(&self) -> Command {
        match self {
            CollectTracing::Stream { version, .. } | CollectTracing::UserEvents { version, .. } => {
                version.command()
            }
        }
    }

    pub(crate) fn encode(&self, payload: &mut Payload) -> Result<(), EncodeError> {
        match self {
            CollectTracing::Stream { version, format, request } => {
                request.validate()?;
                if let Some(feature) = request.features().find(|feature| feature.needs() > *version) {
                    return Err(EncodeError::Inexpressible { command: version.command(), feature });
                }
                encode_stream(*version, *format, request, payload);
            }
            CollectTracing::UserEvents { version, request } => {
                if *version < CollectVersion::V5 {
                    let feature = SessionFeature::EventFilters;
                    return Err(EncodeError::Inexpressible { command: version.command(), feature });
                }
                request.validate()?;
                payload.u32(USER_EVENTS);
                request.encode(payload);
            }
        }
        Ok(())
    }

    pub(crate) fn decode(version: CollectVersion, cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        if version >= CollectVersion::V5 {
            let before = cursor.clone();
            match cursor.u32("session type")? {
                STREAMING => {}
                USER_EVENTS => {
                    let request = UserEventsRequest::decode(cursor)?;
                    return Ok(CollectTracing::UserEvents { version, request });
                }
                other => {
                    let problem = Malformed::OutOfRange { value: u64::from(other) };
                    return Err(before.error("session type", problem));
                }
            }
        }
        decode_stream(version, cursor)
    }
}

fn encode_stream(
    version: CollectVersion,
    format: StreamFormat,
    request: &SessionRequest,
    payload: &mut Payload,
) {
    if version >= CollectVersion::V5 {
        payload.u32(STREAMING);
    }
    payload.u32(request.buffer_mb).u32(match format {
        StreamFormat::NetPerf => 0,
        StreamFormat::NetTrace => 1,
    });
    match version {
        CollectVersion::V1 => {}
        CollectVersion::V2 | CollectVersion::V3 => {
            payload.flag(request.rundown.as_keywords() != 0);
        }
        CollectVersion::V4 | CollectVersion::V5 | CollectVersion::V6 => {
            payload.u64(request.rundown.as_keywords());
        }
    }
    if version >= CollectVersion::V3 {
        payload.flag(request.stacks);
    }
    payload.count(request.providers.len());
    for provider in &request.providers {
        encode_provider(provider, payload);
        if version >= CollectVersion::V5 {
            encode_filter(&provider.filter, payload);
        }
    }
    if version >= CollectVersion::V6 {
        payload.u32(match request.buffering {
            Buffering::Drop => 0,
            Buffering::Block => 1,
        });
    }
}

fn decode_stream(version: CollectVersion, cursor: &mut Cursor<'_>) -> Result<CollectTracing, DecodeError> {
    let start = cursor.clone();
    let buffer_mb = cursor.u32("buffer size")?;
    let format = match cursor.u32("stream format")? {
        0 => StreamFormat::NetPerf,
        1 => StreamFormat::NetTrace,
        value => return Err(start.error("stream format", InvalidRequest::UnknownFormat { value }.into())),
    };
    let rundown = match version {
        CollectVersion::V1 => Rundown::Default,
        CollectVersion::V2 | CollectVersion::V3 => match cursor.flag("rundown")? {
            true => Rundown::Default,
            false => Rundown::None,
        },
        CollectVersion::V4 | CollectVersion::V5 | CollectVersion::V6 => {
            Rundown::from_keywords(cursor.u64("rundown keywords")?)
        }
    };
    let stacks = version < CollectVersion::V3 || cursor.flag("stacks")?;
    let filtered = version >= CollectVersion::V5;
    let providers = decode_providers(cursor, |provider, cursor| {
        if filtered {
            provider.filter = decode_filter(cursor)?;
        }
        Ok(())
    })?;
    let buffering = if version >= CollectVersion::V6 {
        let before = cursor.clone();
        match cursor.u32("buffering mode")? {
            0 => Buffering::Drop,
            1 => Buffering::Block,
            other => {
                let problem = Malformed::OutOfRange { value: u64::from(other) };
                return Err(before.error("buffering mode", problem));
            }
        }
    } else {
        Buffering::Drop
    };
    let request = SessionRequest { buffer_mb, providers, rundown, stacks, buffering };
    request.validate().map_err(|invalid| start.error("session", invalid.into()))?;
    Ok(CollectTracing::Stream { version, format, request })
}

pub(crate) fn encode_provider(provider: &Provider, payload: &mut Payload) {
    payload.u64(provider.keywords).u32(provider.level as u32).string(&provider.name);
    payload.optional(Some(provider.arguments.as_str()).filter(|arguments| !arguments.is_empty()));
}

/// Reads the providers of a session; `tail` reads what follows each of them in newer forms.
pub(crate) fn decode_providers(
    cursor: &mut Cursor<'_>,
    mut tail: impl FnMut(&mut Provider, &mut Cursor<'_>) -> Result<(), DecodeError>,
) -> Result<Vec<Provider>, DecodeError> {
    let before = cursor.clone();
    let count = cursor.count("providers", MIN_PROVIDER_SIZE)?;
    provider_count(count).map_err(|invalid| before.error("providers", invalid.into()))?;
    let mut providers = Vec::with_capacity(count);
    for _ in 0..count {
        let keywords = cursor.u64("provider keywords")?;
        let before = cursor.clone();
        let level = EventLevel::try_from(cursor.u32("provider level")?)
            .map_err(|invalid| before.error("provider level", invalid.into()))?;
        let name = cursor.text("provider name")?;
        // Runtimes accept a message that ends before the arguments of its last provider.
        let arguments =
            if cursor.remaining() == 0 { String::new() } else { cursor.text("provider arguments")? };
        let mut provider = Provider { name, keywords, level, arguments, filter: EventFilter::default() };
        tail(&mut provider, cursor)?;
        providers.push(provider);
    }
    Ok(providers)
}

pub(crate) fn encode_filter(filter: &EventFilter, payload: &mut Payload) {
    match filter {
        EventFilter::Deny(ids) => payload.flag(false).ids(ids),
        EventFilter::Allow(ids) => payload.flag(true).ids(ids),
    };
}

pub(crate) fn decode_filter(cursor: &mut Cursor<'_>) -> Result<EventFilter, DecodeError> {
    let allow = cursor.flag("event filter")?;
    let ids = decode_ids("event filter ids", cursor)?;
    Ok(if allow { EventFilter::Allow(ids) } else { EventFilter::Deny(ids) })
}

pub(crate) fn decode_ids(field: &'static str, cursor: &mut Cursor<'_>) -> Result<Vec<u32>, DecodeError> {
    let count = cursor.count(field, 4)?;
    (0..count).map(|_| cursor.u32(field)).collect()
}

/// One of the ways to ask for a session, and what is lost by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectAttempt {
    /// The request to send.
    pub command: CollectTracing,
    /// What the original request wanted and this one does not ask for.
    pub not_honoured: Vec<SessionFeature>,
}

impl SessionRequest {
    /// The ways to ask for this session, best first.
    ///
    /// The first is the lowest command that expresses the whole request, so that the common requests need one
    /// attempt on any runtime. Each next one is for a runtime that answered the one before with
    /// [`ErrorCode::UNKNOWN_COMMAND`](crate::message::ErrorCode::UNKNOWN_COMMAND) and leaves out what only that
    /// command could express.
    #[must_use]
    pub fn attempts(&self) -> Vec<CollectAttempt> {
        let mut request = self.clone();
        let mut not_honoured = Vec::new();
        // The first form exists only for .NET Core 3.0, which is why even a plain request starts with the second.
        let mut version = request.lowest_version().max(CollectVersion::V2);
        let mut attempts = Vec::new();
        loop {
            let command =
                CollectTracing::Stream { version, format: StreamFormat::NetTrace, request: request.clone() };
            attempts.push(CollectAttempt { command, not_honoured: not_honoured.clone() });
            if version == CollectVersion::V1 {
                return attempts;
            }
            let lost: Vec<_> = request.features().filter(|feature| feature.needs() >= version).collect();
            for feature in &lost {
                feature.remove_from(&mut request);
            }
            not_honoured.extend(lost);
            let next = request.lowest_version();
            version = if version > CollectVersion::V2 { next.max(CollectVersion::V2) } else { next };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(request: &SessionRequest) -> Vec<(CollectVersion, Vec<SessionFeature>)> {
        let attempts = request.attempts().into_iter();
        attempts
            .map(|attempt| match attempt.command {
                CollectTracing::Stream { version, request, .. } => {
                    assert!(request.lowest_version() <= version, "every attempt can be encoded");
                    (version, attempt.not_honoured)
                }
                CollectTracing::UserEvents { .. } => panic!("a stream was asked for"),
            })
            .collect()
    }

    #[test]
    fn a_plain_request_works_everywhere_at_the_first_attempt() {
        let request = SessionRequest::new([Provider::new("A")]).rundown(Rundown::Default);
        assert_eq!(versions(&request), [(CollectVersion::V2, vec![]), (CollectVersion::V1, vec![])]);
    }

    #[test]
    fn stacks_stay_on_where_they_cannot_be_turned_off() {
        let request = SessionRequest::new([Provider::new("A")]).without_stacks();
        assert_eq!(
            versions(&request),
            [
                (CollectVersion::V3, vec![]),
                (CollectVersion::V2, vec![SessionFeature::NoStacks]),
                (CollectVersion::V1, vec![SessionFeature::NoStacks, SessionFeature::NoRundown]),
            ]
        );
    }

    #[test]
    fn everything_is_given_up_step_by_step() {
        let filtered = Provider::new("A").filter(EventFilter::Allow(vec![1]));
        let mut request = SessionRequest::new([filtered]).without_stacks().rundown(Rundown::Keywords(0x10));
        request.buffering = Buffering::Block;
        let steps: Vec<_> =
            versions(&request).into_iter().map(|(version, lost)| (version, lost.len())).collect();
        assert_eq!(
            steps,
            [
                (CollectVersion::V6, 0),
                (CollectVersion::V5, 1),
                (CollectVersion::V4, 2),
                (CollectVersion::V3, 3),
                (CollectVersion::V2, 4),
                (CollectVersion::V1, 4),
            ]
        );
    }

    #[test]
    fn a_form_that_cannot_express_the_request_is_refused() {
        let request = SessionRequest::new([Provider::new("A")]).without_stacks();
        let command =
            CollectTracing::Stream { version: CollectVersion::V2, format: StreamFormat::NetTrace, request };
        assert_eq!(
            command.encode(&mut Payload::default()),
            Err(EncodeError::Inexpressible {
                command: Command::CollectTracing2,
                feature: SessionFeature::NoStacks
            })
        );
    }
}
