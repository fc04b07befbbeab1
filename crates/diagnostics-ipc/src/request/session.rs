//! What a session should deliver.

use std::fmt;

use super::InvalidRequest;
use super::collect::CollectVersion;
use super::invalid::no_nul;

/// The most providers one session can name.
pub const MAX_PROVIDERS: usize = 1000;

/// The most sessions a process can have at once, shared by all tools.
pub const MAX_SESSIONS: usize = 64;

/// What a runtime sends at the end of a session unless told otherwise: enough to name every managed method.
pub const DEFAULT_RUNDOWN_KEYWORDS: u64 = 0x8002_0139;

/// The keywords the stock tools give a provider that was named without any.
pub const DEFAULT_PROVIDER_KEYWORDS: u64 = 0xF000_0000_0000;

/// How much an event source should say. Each level includes those above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u32)]
pub enum EventLevel {
    /// Only events that are always on, such as `EventCounters`.
    LogAlways = 0,
    /// Critical errors.
    Critical = 1,
    /// Errors.
    Error = 2,
    /// Warnings.
    Warning = 3,
    /// Information.
    #[default]
    Informational = 4,
    /// Everything.
    Verbose = 5,
}

impl EventLevel {
    /// Every level, in order.
    pub const ALL: [EventLevel; 6] = [
        EventLevel::LogAlways,
        EventLevel::Critical,
        EventLevel::Error,
        EventLevel::Warning,
        EventLevel::Informational,
        EventLevel::Verbose,
    ];
}

impl TryFrom<u32> for EventLevel {
    type Error = InvalidRequest;

    fn try_from(value: u32) -> Result<EventLevel, InvalidRequest> {
        EventLevel::ALL
            .into_iter()
            .find(|level| *level as u32 == value)
            .ok_or(InvalidRequest::UnknownLevel { value })
    }
}

/// Which events of a provider pass, after keywords and level. Needs .NET 10.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventFilter {
    /// All but these event ids. With none: all.
    Deny(Vec<u32>),
    /// Only these event ids.
    Allow(Vec<u32>),
}

impl EventFilter {
    /// Whether the filter holds nothing back.
    #[must_use]
    pub fn passes_all(&self) -> bool {
        matches!(self, EventFilter::Deny(ids) if ids.is_empty())
    }
}

impl Default for EventFilter {
    fn default() -> EventFilter {
        EventFilter::Deny(Vec::new())
    }
}

/// An event source and how much of it a session wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provider {
    /// The name of the event source, such as `System.Runtime`.
    pub name: String,
    /// Which areas of the source: a bit mask that each source defines.
    pub keywords: u64,
    /// How much it should say.
    pub level: EventLevel,
    /// What the source is told, as `key=value;key=value`. Empty for nothing.
    pub arguments: String,
    /// Which event ids pass.
    pub filter: EventFilter,
}

impl Provider {
    /// A provider at level informational, without keywords and arguments.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Provider {
        Provider { name: name.into(), ..Provider::default() }
    }

    /// The `EventCounters` of a source, once every `interval_seconds` (at least 1).
    ///
    /// At level critical, since counters are always on while a higher level would also turn on those ordinary
    /// events of the source that have no keyword.
    ///
    /// A session that can be idle should carry such a provider (`System.Runtime` exists everywhere): a runtime
    /// notices that its client is gone only when it next writes to it.
    #[must_use]
    pub fn counters(name: impl Into<String>, interval_seconds: u32) -> Provider {
        Provider::new(name)
            .level(EventLevel::Critical)
            .argument("EventCounterIntervalSec", &interval_seconds.max(1).to_string())
    }

    /// The same with these keywords.
    #[must_use]
    pub fn keywords(mut self, keywords: u64) -> Provider {
        self.keywords = keywords;
        self
    }

    /// The same at this level.
    #[must_use]
    pub fn level(mut self, level: EventLevel) -> Provider {
        self.level = level;
        self
    }

    /// The same with one more argument. Keys and values that contain `;` or `=` are quoted.
    #[must_use]
    pub fn argument(mut self, key: &str, value: &str) -> Provider {
        if !self.arguments.is_empty() {
            self.arguments.push(';');
        }
        push_quoted(&mut self.arguments, key);
        self.arguments.push('=');
        push_quoted(&mut self.arguments, value);
        self
    }

    /// The same with an event filter.
    #[must_use]
    pub fn filter(mut self, filter: EventFilter) -> Provider {
        self.filter = filter;
        self
    }

    pub(crate) fn validate(&self, index: usize) -> Result<(), InvalidRequest> {
        if self.name.is_empty() {
            return Err(InvalidRequest::EmptyProviderName { index });
        }
        no_nul("the name of a provider", &self.name)?;
        no_nul("the arguments of a provider", &self.arguments)
    }
}

fn push_quoted(text: &mut String, part: &str) {
    if part.contains([';', '=']) {
        text.push('"');
        text.push_str(part);
        text.push('"');
    } else {
        text.push_str(part);
    }
}

/// Whether a runtime sends the names and addresses of everything loaded when the session ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rundown {
    /// What runtimes send unless told otherwise ([`DEFAULT_RUNDOWN_KEYWORDS`]).
    #[default]
    Default,
    /// Nothing. Right for whatever does not look at code addresses.
    None,
    /// Only these areas of `Microsoft-Windows-DotNETRuntimeRundown`. Needs .NET 9.
    Keywords(u64),
}

impl Rundown {
    /// The keywords as the wire has them: 0 for none.
    #[must_use]
    pub fn as_keywords(self) -> u64 {
        match self {
            Rundown::Default => DEFAULT_RUNDOWN_KEYWORDS,
            Rundown::None => 0,
            Rundown::Keywords(keywords) => keywords,
        }
    }

    /// The rundown that keywords on the wire stand for.
    #[must_use]
    pub fn from_keywords(keywords: u64) -> Rundown {
        match keywords {
            0 => Rundown::None,
            DEFAULT_RUNDOWN_KEYWORDS => Rundown::Default,
            other => Rundown::Keywords(other),
        }
    }

    /// Whether it is one of the two that a yes or no can express.
    pub(crate) fn as_flag(self) -> Option<bool> {
        match Rundown::from_keywords(self.as_keywords()) {
            Rundown::Default => Some(true),
            Rundown::None => Some(false),
            Rundown::Keywords(_) => None,
        }
    }
}

/// What a runtime does with events while the session's buffer is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Buffering {
    /// Drops the newest and counts them.
    #[default]
    Drop,
    /// Makes the writers wait. A reader that stops reading then stops the process, so only with a reader that
    /// cannot. Needs .NET 11.
    Block,
}

/// A session to ask for.
///
/// ```
/// use diagnostics_ipc::request::{Provider, Rundown, SessionRequest};
///
/// let request = SessionRequest::new([Provider::counters("System.Runtime", 1)]).buffer_mb(4).without_stacks();
/// assert_eq!(request.rundown, Rundown::None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRequest {
    /// The most the runtime may use to buffer events, in MB; at least 1. Allocated as needed.
    pub buffer_mb: u32,
    /// The event sources; 1 to [`MAX_PROVIDERS`].
    pub providers: Vec<Provider>,
    /// What follows at the end of the session.
    pub rundown: Rundown,
    /// Whether each event carries its call stack. Turning it off needs .NET 8 or 9.
    pub stacks: bool,
    /// What happens while the buffer is full.
    pub buffering: Buffering,
}

impl SessionRequest {
    /// The buffer of [`SessionRequest::new`] in MB. The stock tools ask for 256, which is not ours to take
    /// inside somebody's production process.
    pub const DEFAULT_BUFFER_MB: u32 = 16;

    /// A session with stacks, without rundown, and a buffer of [`SessionRequest::DEFAULT_BUFFER_MB`].
    #[must_use]
    pub fn new(providers: impl IntoIterator<Item = Provider>) -> SessionRequest {
        SessionRequest {
            buffer_mb: Self::DEFAULT_BUFFER_MB,
            providers: providers.into_iter().collect(),
            rundown: Rundown::None,
            stacks: true,
            buffering: Buffering::Drop,
        }
    }

    /// The same with this buffer, in MB.
    #[must_use]
    pub fn buffer_mb(mut self, megabytes: u32) -> SessionRequest {
        self.buffer_mb = megabytes;
        self
    }

    /// The same with this rundown.
    #[must_use]
    pub fn rundown(mut self, rundown: Rundown) -> SessionRequest {
        self.rundown = rundown;
        self
    }

    /// The same without call stacks.
    #[must_use]
    pub fn without_stacks(mut self) -> SessionRequest {
        self.stacks = false;
        self
    }

    /// Checks everything that a runtime would not survive or would refuse.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn validate(&self) -> Result<(), InvalidRequest> {
        if self.buffer_mb == 0 {
            return Err(InvalidRequest::EmptyBuffer);
        }
        provider_count(self.providers.len())?;
        self.providers.iter().enumerate().try_for_each(|(index, provider)| provider.validate(index))
    }

    /// The features of the request that not every runtime has.
    pub(crate) fn features(&self) -> impl Iterator<Item = SessionFeature> + '_ {
        SessionFeature::ALL.into_iter().filter(|feature| feature.is_in(self))
    }

    /// The lowest command that can express the request.
    #[must_use]
    pub fn lowest_version(&self) -> CollectVersion {
        self.features().map(SessionFeature::needs).max().unwrap_or(CollectVersion::V1)
    }
}

pub(crate) fn provider_count(count: usize) -> Result<(), InvalidRequest> {
    match count {
        0 => Err(InvalidRequest::NoProviders),
        1..=MAX_PROVIDERS => Ok(()),
        _ => Err(InvalidRequest::TooManyProviders { count }),
    }
}

/// Something a session can ask for that not every runtime can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionFeature {
    /// No rundown at the end. Before .NET Core 3.1 there always is one.
    NoRundown,
    /// Events without call stacks. Where it is not honoured, events have stacks.
    NoStacks,
    /// Chosen rundown keywords. Where it is not honoured, the default rundown comes.
    RundownKeywords,
    /// Event filters. Where they are not honoured, all events of keyword and level come.
    EventFilters,
    /// Blocking writers. Where it is not honoured, events are dropped while the buffer is full.
    Blocking,
}

impl SessionFeature {
    const ALL: [SessionFeature; 5] = [
        SessionFeature::NoRundown,
        SessionFeature::NoStacks,
        SessionFeature::RundownKeywords,
        SessionFeature::EventFilters,
        SessionFeature::Blocking,
    ];

    /// The first command that can express it.
    #[must_use]
    pub fn needs(self) -> CollectVersion {
        match self {
            SessionFeature::NoRundown => CollectVersion::V2,
            SessionFeature::NoStacks => CollectVersion::V3,
            SessionFeature::RundownKeywords => CollectVersion::V4,
            SessionFeature::EventFilters => CollectVersion::V5,
            SessionFeature::Blocking => CollectVersion::V6,
        }
    }

    fn is_in(self, request: &SessionRequest) -> bool {
        match self {
            SessionFeature::NoRundown => request.rundown.as_flag() == Some(false),
            SessionFeature::NoStacks => !request.stacks,
            SessionFeature::RundownKeywords => request.rundown.as_flag().is_none(),
            SessionFeature::EventFilters => {
                request.providers.iter().any(|provider| !provider.filter.passes_all())
            }
            SessionFeature::Blocking => request.buffering == Buffering::Block,
        }
    }

    /// Takes the feature out of a request, leaving what older runtimes do.
    pub(crate) fn remove_from(self, request: &mut SessionRequest) {
        match self {
            SessionFeature::NoRundown | SessionFeature::RundownKeywords => request.rundown = Rundown::Default,
            SessionFeature::NoStacks => request.stacks = true,
            SessionFeature::EventFilters => {
                for provider in &mut request.providers {
                    provider.filter = EventFilter::default();
                }
            }
            SessionFeature::Blocking => request.buffering = Buffering::Drop,
        }
    }
}

impl fmt::Display for SessionFeature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            SessionFeature::NoRundown => "a session without rundown",
            SessionFeature::NoStacks => "events without stacks",
            SessionFeature::RundownKeywords => "chosen rundown keywords",
            SessionFeature::EventFilters => "event filters",
            SessionFeature::Blocking => "blocking writers",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_with_separators_are_quoted() {
        let provider = Provider::new("X").argument("Metrics", "a\\b,c").argument("k;1", "a=b");
        assert_eq!(provider.arguments, "Metrics=a\\b,c;\"k;1\"=\"a=b\"");
    }

    #[test]
    fn what_kills_a_runtime_is_refused() {
        let good = SessionRequest::new([Provider::new("A")]);
        assert_eq!(good.validate(), Ok(()));
        assert_eq!(good.clone().buffer_mb(0).validate(), Err(InvalidRequest::EmptyBuffer));
        assert_eq!(SessionRequest::new([]).validate(), Err(InvalidRequest::NoProviders));
        let many = |count| SessionRequest::new(std::iter::repeat_n(Provider::new("A"), count));
        assert_eq!(many(1000).validate(), Ok(()));
        assert_eq!(many(1001).validate(), Err(InvalidRequest::TooManyProviders { count: 1001 }));
        assert_eq!(
            SessionRequest::new([Provider::new("A"), Provider::new("")]).validate(),
            Err(InvalidRequest::EmptyProviderName { index: 1 })
        );
        assert!(matches!(
            SessionRequest::new([Provider::new("A\0B")]).validate(),
            Err(InvalidRequest::InteriorNul { .. })
        ));
        assert_eq!(EventLevel::try_from(6), Err(InvalidRequest::UnknownLevel { value: 6 }));
        assert_eq!(EventLevel::try_from(5), Ok(EventLevel::Verbose));
    }

    #[test]
    fn each_feature_raises_the_command() {
        let plain = SessionRequest::new([Provider::new("A")]);
        assert_eq!(plain.clone().rundown(Rundown::Default).lowest_version(), CollectVersion::V1);
        assert_eq!(plain.lowest_version(), CollectVersion::V2);
        assert_eq!(plain.clone().without_stacks().lowest_version(), CollectVersion::V3);
        assert_eq!(plain.clone().rundown(Rundown::Keywords(1)).lowest_version(), CollectVersion::V4);
        assert_eq!(
            plain.clone().rundown(Rundown::Keywords(DEFAULT_RUNDOWN_KEYWORDS)).lowest_version(),
            CollectVersion::V1
        );
        let mut filtered = plain.clone();
        filtered.providers = vec![Provider::new("A").filter(EventFilter::Allow(vec![]))];
        assert_eq!(filtered.lowest_version(), CollectVersion::V5);
        let blocking = SessionRequest { buffering: Buffering::Block, ..plain };
        assert_eq!(blocking.lowest_version(), CollectVersion::V6);
    }
}
