//! From what a user chose to what is asked of the runtime.
//!
//! Precedence: `--providers` over profiles over `--clrevents`. A provider named explicitly is taken as it is named,
//! whatever a profile says of it; a provider that two profiles name is the union of both (the stock tool takes the
//! first and silently forgets the second, so that `dotnet-common,gc-verbose` samples no allocations there).

use diagnostics_ipc::request::{EventLevel, Provider, Rundown, SessionRequest};

use super::clr_events::CLR_PROVIDER;
use super::heartbeat;
use super::profiles::{DEFAULT_PROFILES, FILTER_AND_PAYLOAD_SPECS, Profile, ProfileProvider, TRACE_PROFILES};
use super::provider_spec::ProviderSpec;

/// What a user chose. The default is what `dotnet-trace collect` does when nothing is chosen.
#[derive(Debug, Clone)]
pub struct TraceChoice {
    /// Providers named one by one, as [`ProviderSpec::parse_list`] reads them: each provider once.
    pub providers: Vec<ProviderSpec>,
    /// Profiles in the order given.
    pub profiles: Vec<&'static Profile>,
    /// Keywords and level of [`CLR_PROVIDER`], as [`clr_event_keywords`](super::clr_event_keywords) reads the names.
    pub clr_events: Option<(u64, EventLevel)>,
    /// `Some(true)`: the default rundown on top of the profiles'; `Some(false)`: none.
    pub rundown: Option<bool>,
    /// The session's buffer in the target, MB, at least 1. The target uses as much of it as the reader is behind.
    pub buffer_mb: u32,
    /// Whether to add a provider that writes every few seconds where the chosen ones can be quiet. Without one, a
    /// client that is killed leaves its session in the target until the target next has an event for it.
    pub heartbeat: bool,
}

/// Where a provider of a trace comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnabledBy {
    /// `--providers`.
    Providers,
    /// A profile.
    Profile,
    /// `--clrevents`.
    ClrEvents,
    /// The question that is to be answered.
    Question,
    /// Nobody: it is there so that the runtime notices a client that vanished.
    Heartbeat,
}

impl EnabledBy {
    /// The option it stands for, as a table of providers shows it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            EnabledBy::Providers => "--providers",
            EnabledBy::Profile => "--profile",
            EnabledBy::ClrEvents => "--clrevents",
            EnabledBy::Question => "question",
            EnabledBy::Heartbeat => "heartbeat",
        }
    }
}

/// What a trace asks of the runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceRequest {
    /// The providers, and where each comes from.
    pub providers: Vec<(ProviderSpec, EnabledBy)>,
    /// The rundown at the end.
    pub rundown: Rundown,
    /// The rundown to ask of a runtime that cannot be told its keywords (before .NET 9).
    pub rundown_of_old_runtime: Rundown,
    /// Whether events carry their stacks.
    pub stacks: bool,
    /// The session's buffer in the target, MB.
    pub buffer_mb: u32,
    /// What the user should know about the choice: something was ignored, or will not work as it seems.
    pub warnings: Vec<String>,
}

impl Default for TraceChoice {
    fn default() -> Self {
        Self {
            providers: Vec::new(),
            profiles: Vec::new(),
            clr_events: None,
            rundown: None,
            buffer_mb: 256,
            heartbeat: true,
        }
    }
}

impl TraceChoice {
    /// The choice of these profiles and nothing else.
    #[must_use]
    pub fn of_profiles(profiles: impl IntoIterator<Item = &'static Profile>) -> Self {
        Self { profiles: profiles.into_iter().collect(), ..Self::default() }
    }

    /// Works out the request.
    #[must_use]
    pub fn compose(&self) -> TraceRequest {
        let by_guid = self.providers.iter().filter(|provider| provider.is_named_by_guid());
        let mut warnings: Vec<String> = by_guid
            .map(|provider| {
                format!(
                    "provider '{}' is a GUID: runtimes know providers by name, so this may enable nothing",
                    provider.name
                )
            })
            .collect();

        let nothing_chosen =
            self.providers.is_empty() && self.profiles.is_empty() && self.clr_events.is_none();
        let defaults = DEFAULT_PROFILES.iter().filter_map(|name| Profile::find(TRACE_PROFILES, name));
        let profiles: Vec<&Profile> = if nothing_chosen { defaults.collect() } else { self.profiles.clone() };

        let mut chosen: Vec<_> =
            self.providers.iter().map(|spec| (spec.clone(), EnabledBy::Providers)).collect();
        for provider in profiles.iter().flat_map(|profile| profile.providers) {
            add_of_profile(&mut chosen, provider);
        }
        if let Some((keywords, level)) = self.clr_events {
            match chosen.iter().find(|(spec, _)| spec.is_named(CLR_PROVIDER)) {
                Some((_, by)) => warnings.push(format!(
                    "--clrevents is ignored: {CLR_PROVIDER} is already enabled by {}",
                    by.as_str()
                )),
                None => chosen.push((clr(keywords, level), EnabledBy::ClrEvents)),
            }
        }
        if self.heartbeat {
            let (mut specs, mut by): (Vec<_>, Vec<_>) = chosen.into_iter().unzip();
            if heartbeat::ensure(&mut specs) {
                by.push(EnabledBy::Heartbeat);
            }
            chosen = specs.into_iter().zip(by).collect();
        }

        let (rundown, rundown_of_old_runtime) = self.rundown(&profiles);
        TraceRequest {
            providers: chosen,
            rundown,
            rundown_of_old_runtime,
            stacks: true,
            buffer_mb: self.buffer_mb,
            warnings,
        }
    }

    /// The rundown, and the one for runtimes that cannot choose: what the profiles need together.
    fn rundown(&self, profiles: &[&Profile]) -> (Rundown, Rundown) {
        let joined = |part: fn(&Profile) -> Rundown| {
            Rundown::from_keywords(profiles.iter().fold(0, |keywords, p| keywords | part(p).as_keywords()))
        };
        match self.rundown {
            Some(false) => (Rundown::None, Rundown::None),
            Some(true) => (
                Rundown::from_keywords(joined(|p| p.rundown).as_keywords() | Rundown::Default.as_keywords()),
                Rundown::Default,
            ),
            None if profiles.is_empty() => (Rundown::Default, Rundown::Default),
            None => (joined(|p| p.rundown), joined(|p| p.rundown_of_old_runtime)),
        }
    }
}

impl TraceRequest {
    /// Whether any provider, the heartbeat included, is an event source of managed code. A process that is just starting
    /// should not be asked for those (see [`settling`](crate::settling)).
    #[must_use]
    pub fn has_managed_providers(&self) -> bool {
        self.providers.iter().any(|(spec, _)| !spec.is_native())
    }

    /// The request for a session of a runtime of this version (`9.0.5`; `None` where it does not say).
    #[must_use]
    pub fn session(&self, runtime_version: Option<&str>) -> SessionRequest {
        let major = runtime_version.and_then(|version| version.split('.').next()?.parse::<u32>().ok());
        let rundown = match (self.rundown, major) {
            (Rundown::Keywords(_), None | Some(..9)) => self.rundown_of_old_runtime,
            (rundown, _) => rundown,
        };
        let providers = self.providers.iter().map(|(spec, _)| {
            let provider = Provider::new(&spec.name).keywords(spec.keywords).level(spec.level);
            spec.arguments.iter().fold(provider, |provider, (key, value)| provider.argument(key, value))
        });
        let session = SessionRequest::new(providers).buffer_mb(self.buffer_mb).rundown(rundown);
        if self.stacks { session } else { session.without_stacks() }
    }
}

fn clr(keywords: u64, level: EventLevel) -> ProviderSpec {
    ProviderSpec { name: CLR_PROVIDER.to_owned(), keywords, level, arguments: Vec::new() }
}

fn add_of_profile(chosen: &mut Vec<(ProviderSpec, EnabledBy)>, new: &ProfileProvider) {
    match chosen.iter_mut().find(|(spec, _)| spec.is_named(new.name)) {
        Some((_, EnabledBy::Providers)) => {}
        Some((known, _)) => {
            known.widen(new.keywords, new.level);
            for (key, value) in new.arguments {
                match known.arguments.iter_mut().find(|(known_key, _)| known_key == key) {
                    // Lines, one per event: both profiles' lines are wanted.
                    Some((_, lines)) if *key == FILTER_AND_PAYLOAD_SPECS && lines != value => {
                        lines.push_str("\r\n");
                        lines.push_str(value);
                    }
                    Some(_) => {}
                    None => known.arguments.push(((*key).to_owned(), (*value).to_owned())),
                }
            }
        }
        None => chosen.push((ProviderSpec::from(new), EnabledBy::Profile)),
    }
}

impl From<&ProfileProvider> for ProviderSpec {
    fn from(provider: &ProfileProvider) -> Self {
        let arguments =
            provider.arguments.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Self {
            name: provider.name.to_owned(),
            keywords: provider.keywords,
            level: provider.level,
            arguments: arguments.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::profiles::MONITOR_PROFILES;
    use super::super::{clr_event_keywords, parse_level};
    use super::*;

    /// What is chosen, as the command line has it.
    #[derive(Default)]
    struct Case {
        providers: &'static str,
        profiles: &'static str,
        clr_events: &'static str,
        level: &'static str,
        rundown: Option<bool>,
    }

    impl Case {
        fn compose(&self) -> TraceRequest {
            let given = |text: &'static str| (!text.is_empty()).then_some(text);
            let level = parse_level(self.level).unwrap_or(EventLevel::Informational);
            TraceChoice {
                providers: given(self.providers)
                    .map_or_else(Vec::new, |list| ProviderSpec::parse_list(list).unwrap()),
                profiles: self
                    .profiles
                    .split(',')
                    .filter(|name| !name.is_empty())
                    .map(|name| {
                        Profile::find(TRACE_PROFILES, name)
                            .or_else(|| Profile::find(MONITOR_PROFILES, name))
                            .unwrap_or_else(|| panic!("no profile {name}"))
                    })
                    .collect(),
                clr_events: given(self.clr_events).map(|names| (clr_event_keywords(names).unwrap(), level)),
                rundown: self.rundown,
                heartbeat: false,
                ..TraceChoice::default()
            }
            .compose()
        }
    }

    fn check(case: &Case, expected: &[&str]) -> TraceRequest {
        let request = case.compose();
        let rows: Vec<String> =
            request.providers.iter().map(|(spec, by)| format!("{spec} {}", by.as_str())).collect();
        assert_eq!(rows, expected);
        request
    }

    const COMMON: &str = "Microsoft-Windows-DotNETRuntime:0x100003801d:4 --profile";
    const SAMPLER: &str = "Microsoft-DotNETCore-SampleProfiler:0xf00000000000:4 --profile";

    #[test]
    fn nothing_chosen_is_common_and_sampler() {
        let request = check(&Case::default(), &[COMMON, SAMPLER]);
        assert_eq!(request.session(None).rundown, Rundown::Default);
        assert!(request.warnings.is_empty());
    }

    #[test]
    fn explicit_providers_beat_profiles_and_clr_events() {
        let case = Case {
            providers: "Microsoft-Windows-DotNETRuntime:0x40000000:Verbose",
            profiles: "dotnet-common",
            clr_events: "gc",
            ..Case::default()
        };
        let request = check(&case, &["Microsoft-Windows-DotNETRuntime:0x40000000:5 --providers"]);
        assert!(request.warnings[0].contains("--clrevents is ignored"), "{:?}", request.warnings);
    }

    #[test]
    fn profiles_beat_clr_events() {
        let case = Case {
            profiles: "dotnet-common,dotnet-sampled-thread-time",
            clr_events: "gc",
            level: "Verbose",
            ..Case::default()
        };
        assert_eq!(check(&case, &[COMMON, SAMPLER]).warnings.len(), 1);
    }

    #[test]
    fn clr_events_alone() {
        let case = Case { clr_events: "gc+jit", ..Case::default() };
        check(&case, &["Microsoft-Windows-DotNETRuntime:0x11:4 --clrevents"]);
        let case = Case { clr_events: "gc", level: "5", ..Case::default() };
        check(&case, &["Microsoft-Windows-DotNETRuntime:0x1:5 --clrevents"]);
    }

    #[test]
    fn profiles_that_name_the_same_provider_are_joined() {
        let case = Case { profiles: "dotnet-common,gc-verbose", ..Case::default() };
        check(&case, &["Microsoft-Windows-DotNETRuntime:0x100003801f:5 --profile"]);
        let case = Case { profiles: "database,Http", ..Case::default() };
        let request = case.compose();
        let (source, _) = request
            .providers
            .iter()
            .find(|(p, _)| p.name == "Microsoft-Diagnostics-DiagnosticSource")
            .unwrap();
        assert_eq!(source.arguments[0].1.lines().count(), 10, "the lines of both");
    }

    #[test]
    fn rundown_follows_profiles_and_option() {
        let rundown = |profiles, providers, rundown| {
            Case { providers, profiles, rundown, ..Case::default() }.compose().rundown
        };
        assert_eq!(rundown("gc-collect", "", None), Rundown::Keywords(0x1));
        assert_eq!(rundown("gc-collect,dotnet-common", "", None), Rundown::Default);
        assert_eq!(rundown("gc-collect", "", Some(true)), Rundown::Default);
        assert_eq!(rundown("dotnet-common", "", Some(false)), Rundown::None);
        assert_eq!(rundown("", "A", None), Rundown::Default);
        assert_eq!(rundown("", "A", Some(false)), Rundown::None);
    }

    #[test]
    fn old_runtimes_get_what_the_profile_can_do_with() {
        let session =
            |profiles, version| Case { profiles, ..Case::default() }.compose().session(version).rundown;
        assert_eq!(session("gc-collect", Some("9.0.5")), Rundown::Keywords(1));
        assert_eq!(session("gc-collect", Some("10.0.0-rc.1")), Rundown::Keywords(1));
        assert_eq!(session("gc-collect", Some("8.0.1")), Rundown::None);
        assert_eq!(session("gc-collect", None), Rundown::None);
        assert_eq!(session("gc-verbose", None), Rundown::Default);
    }

    #[test]
    fn the_session_carries_arguments_as_the_runtime_reads_them() {
        let case = Case { providers: "A:1:5:x=\"a;b\";y=c", rundown: Some(false), ..Case::default() };
        let session = case.compose().session(None);
        assert_eq!(session.providers[0].arguments, "x=\"a;b\";y=c");
        assert_eq!((session.buffer_mb, session.rundown, session.stacks), (256, Rundown::None, true));
    }

    #[test]
    fn a_trace_that_can_be_quiet_gets_a_heartbeat() {
        let providers = ProviderSpec::parse_list("A").unwrap();
        let mut choice = TraceChoice { providers, ..TraceChoice::default() };
        let by = |choice: &TraceChoice| -> Vec<EnabledBy> {
            choice.compose().providers.iter().map(|(_, by)| *by).collect()
        };
        assert_eq!(by(&choice), [EnabledBy::Providers, EnabledBy::Heartbeat]);
        choice.heartbeat = false;
        assert_eq!(by(&choice), [EnabledBy::Providers]);
        assert!(!TraceChoice::default().compose().has_managed_providers());
        assert_eq!(
            by(&TraceChoice::default()),
            [EnabledBy::Profile, EnabledBy::Profile],
            "the sampler beats"
        );
    }

    #[test]
    fn a_guid_as_name_is_a_warning() {
        let case = Case { providers: "e13c0d23-ccbc-4e12-931b-d9cc2eee27e4:1:4", ..Case::default() };
        assert!(case.compose().warnings[0].contains("is a GUID"));
    }
}
