//! Which counters an answer of `/livemetrics` has.
//!
//! dotnet-monitor chooses EventCounters and instruments apart. A session knows providers, each with or without the
//! meter of its name, so it is opened for the union of both and what was not chosen is left out here.

use std::collections::BTreeMap;

use pipescope_engine::counters::{CounterSelection, Series, Source};

use super::EventMetricsConfiguration;
use crate::problem::Problem;

/// The EventCounters that dotnet-monitor takes unless it is told not to.
const DEFAULT_PROVIDERS: [&str; 3] =
    ["System.Runtime", "Microsoft.AspNetCore.Hosting", "Grpc.AspNetCore.Server"];

/// A session's selection, and what of it is wanted.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) selection: CounterSelection,
    /// `None` wants all that the session has.
    wanted: Option<Vec<Wanted>>,
}

#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    source: Source,
    provider: String,
    /// All if empty.
    names: Vec<String>,
}

impl Choice {
    pub(super) fn everything(selection: CounterSelection) -> Self {
        Self { selection, wanted: None }
    }

    pub(super) fn of(configuration: &EventMetricsConfiguration) -> Result<Self, Problem> {
        let defaults = configuration.includedefaultproviders.unwrap_or(true);
        let defaults = DEFAULT_PROVIDERS.iter().filter(|_| defaults).map(|name| Wanted {
            source: Source::EventCounter,
            provider: (*name).to_owned(),
            names: Vec::new(),
        });
        let providers = configuration.providers.iter().flatten().map(|provider| Wanted {
            source: Source::EventCounter,
            provider: provider.providername.clone(),
            names: provider.counternames.clone().unwrap_or_default(),
        });
        let meters = configuration.meters.iter().flatten().map(|meter| Wanted {
            source: Source::Meter,
            provider: meter.metername.clone(),
            names: meter.instrumentnames.clone().unwrap_or_default(),
        });
        let wanted: Vec<Wanted> = defaults.chain(providers).chain(meters).collect();
        let selection = selection(&wanted)?;
        Ok(Self { selection, wanted: Some(wanted) })
    }

    pub(super) fn wants(&self, series: &Series) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| {
            wanted.iter().any(|one| {
                one.source == series.source
                    && one.provider.eq_ignore_ascii_case(&series.provider)
                    && (one.names.is_empty() || one.names.contains(&series.name))
            })
        })
    }
}

/// Everything that is wanted, as the grammar of `--counters` has it.
fn selection(wanted: &[Wanted]) -> Result<CounterSelection, Problem> {
    let mut providers: BTreeMap<String, (bool, Option<Vec<&str>>)> = BTreeMap::new();
    for one in wanted {
        if one.provider.is_empty() || one.provider.contains([',', '[', ']', '\\']) {
            return Err(Problem::bad_request(format!(
                "'{}' is not the name of a provider or meter.",
                one.provider
            )));
        }
        if let Some(name) = one.names.iter().find(|name| name.is_empty() || name.contains([',', ']'])) {
            return Err(Problem::bad_request(format!(
                "'{name}' is not the name of a counter or instrument."
            )));
        }
        let key = one.provider.to_ascii_lowercase();
        let (meters, names) = providers.entry(key).or_insert((false, Some(Vec::new())));
        *meters |= one.source == Source::Meter;
        match names {
            Some(list) if !one.names.is_empty() => list.extend(one.names.iter().map(String::as_str)),
            _ => *names = None,
        }
    }
    if providers.is_empty() {
        return Err(Problem::bad_request(
            "Nothing is selected: name providers or meters, or include the defaults.",
        ));
    }
    let spelled = |key: &str| {
        wanted
            .iter()
            .map(|one| one.provider.as_str())
            .find(|name| name.eq_ignore_ascii_case(key))
            .unwrap_or_default()
    };
    let entries: Vec<String> = providers
        .iter()
        .map(|(key, (meters, names))| {
            let prefix = if *meters { "" } else { "EventCounters\\" };
            let list = names.as_ref().map(|names| format!("[{}]", names.join(","))).unwrap_or_default();
            format!("{prefix}{}{list}", spelled(key))
        })
        .collect();
    entries.join(",").parse().map_err(|error| Problem::bad_request(format!("{error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipescope_engine::counters::{SeriesId, SeriesKind};
    use serde_json::json;

    fn choice(body: serde_json::Value) -> Result<Choice, Problem> {
        Choice::of(&serde_json::from_value(body).expect("the right shape"))
    }

    fn series(source: Source, provider: &str, name: &str) -> Series {
        Series {
            id: SeriesId(0),
            source,
            provider: provider.into(),
            name: name.into(),
            display_name: String::new(),
            description: String::new(),
            unit: String::new(),
            kind: SeriesKind::Gauge,
            tags: String::new(),
            meter_tags: String::new(),
            instrument_tags: String::new(),
        }
    }

    #[test]
    fn defaults_are_event_counters_only() {
        let choice = choice(json!({})).unwrap();
        assert_eq!(
            choice.selection.to_string(),
            "EventCounters\\Grpc.AspNetCore.Server,EventCounters\\Microsoft.AspNetCore.Hosting,\
             EventCounters\\System.Runtime"
        );
        assert!(choice.wants(&series(Source::EventCounter, "System.Runtime", "cpu-usage")));
        assert!(!choice.wants(&series(Source::Meter, "System.Runtime", "dotnet.gc.collections")));
    }

    #[test]
    fn a_meter_beside_the_counters_of_its_name_shares_their_session() {
        let choice = choice(json!({
            "providers": [{"providername": "A", "counternames": ["x"]}],
            "meters": [{"metername": "a", "instrumentnames": ["y"]}],
            "includedefaultproviders": false,
        }))
        .unwrap();
        assert_eq!(choice.selection.to_string(), "A[x,y]");
        assert!(choice.wants(&series(Source::EventCounter, "A", "x")));
        assert!(choice.wants(&series(Source::Meter, "A", "y")));
        assert!(!choice.wants(&series(Source::Meter, "A", "x")));
        assert!(!choice.wants(&series(Source::EventCounter, "A", "y")));
    }

    #[test]
    fn all_counters_absorb_a_list() {
        let choice = choice(json!({
            "providers": [{"providername": "System.Runtime", "counternames": ["x"]}],
        }))
        .unwrap();
        assert!(choice.selection.wants("System.Runtime", "anything"));
    }

    #[test]
    fn nothing_and_nonsense_are_refused() {
        for body in [
            json!({"includedefaultproviders": false}),
            json!({"providers": [{"providername": ""}]}),
            json!({"providers": [{"providername": "A,B"}]}),
            json!({"meters": [{"metername": "A", "instrumentnames": ["a]b"]}]}),
        ] {
            assert!(choice(body.clone()).is_err(), "{body}");
        }
    }
}
