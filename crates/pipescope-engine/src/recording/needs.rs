//! From the needs of a question to what is asked of the runtime.

use diagnostics_ipc::request::{EventLevel, Rundown};
use dotnet_analysis::report::Needs;

use super::composition::{EnabledBy, TraceRequest};
use super::heartbeat;
use super::provider_spec::ProviderSpec;

/// The session's buffer in the target, MB: that of a trace. The target uses as much of it as the reader is behind.
const BUFFER_MB: u32 = 256;

impl TraceRequest {
    /// The request of a question: nothing beyond its needs, but for a heartbeat where one is wanted and none of its
    /// providers is one.
    ///
    /// A runtime that cannot be told the keywords of its rundown (before .NET 9) gives all of it.
    #[must_use]
    pub fn of_needs(needs: &Needs, heartbeat: bool) -> Self {
        let mut specs: Vec<ProviderSpec> = needs
            .providers
            .iter()
            .map(|provider| ProviderSpec {
                name: provider.name.to_owned(),
                keywords: provider.keywords,
                level: EventLevel::try_from(u32::from(provider.level)).unwrap_or(EventLevel::Verbose),
                arguments: provider
                    .arguments
                    .iter()
                    .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                    .collect(),
            })
            .collect();
        let asked = specs.len();
        if heartbeat {
            heartbeat::ensure(&mut specs);
        }
        let by = |index| if index < asked { EnabledBy::Question } else { EnabledBy::Heartbeat };
        let rundown = Rundown::from_keywords(needs.rundown);
        Self {
            providers: specs.into_iter().enumerate().map(|(index, spec)| (spec, by(index))).collect(),
            rundown,
            rundown_of_old_runtime: if rundown == Rundown::None { Rundown::None } else { Rundown::Default },
            stacks: needs.stacks,
            buffer_mb: BUFFER_MB,
            warnings: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use dotnet_analysis::report::needs::Provider;

    use super::*;

    const NEEDS: Needs = Needs {
        providers: &[Provider {
            name: "Microsoft-Windows-DotNETRuntime",
            keywords: 0x8000,
            level: 4,
            arguments: &[("a", "b;c")],
        }],
        stacks: false,
        rundown: 0x20,
    };

    #[test]
    fn a_question_asks_for_no_more_than_it_needs() {
        let session = TraceRequest::of_needs(&NEEDS, false).session(Some("9.0.5"));
        assert_eq!(session.providers.len(), 1);
        assert_eq!(session.providers[0].keywords, 0x8000);
        assert_eq!(session.providers[0].level, EventLevel::Informational);
        assert_eq!(session.providers[0].arguments, "a=\"b;c\"");
        assert_eq!((session.stacks, session.rundown), (false, Rundown::Keywords(0x20)));
    }

    #[test]
    fn a_quiet_question_gets_a_heartbeat() {
        let request = TraceRequest::of_needs(&NEEDS, true);
        let by: Vec<EnabledBy> = request.providers.iter().map(|(_, by)| *by).collect();
        assert_eq!(by, [EnabledBy::Question, EnabledBy::Heartbeat]);
        assert!(request.has_managed_providers());
        assert!(!TraceRequest::of_needs(&NEEDS, false).has_managed_providers());
    }

    #[test]
    fn old_runtimes_give_all_of_their_rundown_or_none() {
        let rundown = |needs: &Needs, version| TraceRequest::of_needs(needs, false).session(version).rundown;
        assert_eq!(rundown(&NEEDS, Some("8.0.1")), Rundown::Default);
        assert_eq!(rundown(&NEEDS, None), Rundown::Default);
        let without = Needs { rundown: 0, ..NEEDS };
        assert_eq!(rundown(&without, None), Rundown::None);
        assert_eq!(rundown(&without, Some("10.0.0")), Rundown::None);
    }
}
