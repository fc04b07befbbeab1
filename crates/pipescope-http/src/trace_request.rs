//! What a request for a trace asks of the runtime: profiles of the GET form, the configuration of the POST form.

use std::collections::BTreeMap;

use diagnostics_ipc::request::EventLevel;
use pipescope_engine::recording::{MONITOR_PROFILES, Profile, ProviderSpec, TraceChoice, TraceRequest};
use serde::Deserialize;

use crate::parameters::Parameters;
use crate::problem::Problem;

/// What dotnet-monitor takes when no profile is named.
const DEFAULT_PROFILES: &str = "Cpu,Http,Metrics,GcCollect";

/// The request of `?profile=A,B`.
pub(crate) fn of_profiles(parameters: &Parameters) -> Result<TraceRequest, Problem> {
    let profiles = parameters
        .text("profile")
        .unwrap_or(DEFAULT_PROFILES)
        .split(',')
        .map(|name| find_profile(name.trim()))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(TraceChoice::of_profiles(profiles).compose())
}

fn find_profile(name: &str) -> Result<&'static Profile, Problem> {
    Profile::find(MONITOR_PROFILES, name).ok_or_else(|| {
        let known: Vec<&str> = MONITOR_PROFILES.iter().map(|profile| profile.name).collect();
        Problem::bad_request(format!("'{name}' is not a profile. There are {}.", known.join(", ")))
    })
}

/// dotnet-monitor's `EventPipeConfiguration`.
#[derive(Debug, Deserialize)]
pub(crate) struct EventPipeConfiguration {
    providers: Vec<EventPipeProvider>,
    requestrundown: Option<bool>,
    buffersizeinmb: Option<u32>,
}

/// dotnet-monitor's `EventPipeProvider`.
#[derive(Debug, Deserialize)]
struct EventPipeProvider {
    name: String,
    keywords: Option<String>,
    eventlevel: Option<Level>,
    arguments: Option<BTreeMap<String, String>>,
}

/// A level by its name, in any case, or by its number.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Level {
    Number(u32),
    Name(String),
}

const BUFFER_MB: std::ops::RangeInclusive<u32> = 1..=1024;
const DEFAULT_BUFFER_MB: u32 = 256;

impl EventPipeConfiguration {
    pub(crate) fn request(self) -> Result<TraceRequest, Problem> {
        if self.providers.is_empty() {
            return Err(Problem::bad_request("providers is empty: name at least one."));
        }
        let buffer_mb = self.buffersizeinmb.unwrap_or(DEFAULT_BUFFER_MB);
        if !BUFFER_MB.contains(&buffer_mb) {
            return Err(Problem::bad_request(format!(
                "bufferSizeInMB is {buffer_mb}: it is a number from {} to {}.",
                BUFFER_MB.start(),
                BUFFER_MB.end()
            )));
        }
        let mut providers: Vec<ProviderSpec> = Vec::with_capacity(self.providers.len());
        for provider in self.providers {
            let new = provider.spec()?;
            if providers.iter().any(|known| known.is_named(&new.name)) {
                return Err(Problem::bad_request(format!(
                    "{} is named twice: join both into one.",
                    new.name
                )));
            }
            providers.push(new);
        }
        Ok(TraceChoice {
            providers,
            rundown: self.requestrundown.or(Some(true)),
            buffer_mb,
            ..TraceChoice::default()
        }
        .compose())
    }
}

impl EventPipeProvider {
    fn spec(self) -> Result<ProviderSpec, Problem> {
        if self.name.is_empty() {
            return Err(Problem::bad_request("A provider has no name."));
        }
        let keywords = match self.keywords.as_deref() {
            None | Some("") => u64::MAX,
            Some(text) => parse_keywords(text).ok_or_else(|| {
                Problem::bad_request(format!(
                    "keywords of {} is '{text}': it is a number of 64 bits, hexadecimal with 0x or decimal.",
                    self.name
                ))
            })?,
        };
        let level = match &self.eventlevel {
            None => EventLevel::Verbose,
            Some(level) => level.parse().ok_or_else(|| {
                let names = EventLevel::ALL.map(|level| format!("{level:?}"));
                Problem::bad_request(format!(
                    "eventLevel of {} is not one of {}.",
                    self.name,
                    names.join(", ")
                ))
            })?,
        };
        Ok(ProviderSpec {
            name: self.name,
            keywords,
            level,
            arguments: self.arguments.unwrap_or_default().into_iter().collect(),
        })
    }
}

impl Level {
    fn parse(&self) -> Option<EventLevel> {
        EventLevel::ALL.into_iter().find(|level| match self {
            Self::Number(number) => *number == *level as u32,
            Self::Name(name) => format!("{level:?}").eq_ignore_ascii_case(name),
        })
    }
}

fn parse_keywords(text: &str) -> Option<u64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diagnostics_ipc::request::Rundown;
    use serde_json::json;

    fn compose(body: serde_json::Value) -> Result<TraceRequest, Problem> {
        serde_json::from_value::<EventPipeConfiguration>(body).expect("the right shape").request()
    }

    #[test]
    fn a_configuration_becomes_providers_and_a_heartbeat() {
        let request = compose(json!({"providers": [
            {"name": "A", "keywords": "0x10", "eventlevel": "informational", "arguments": {"K": "V"}},
            {"name": "B", "keywords": "16", "eventlevel": 2},
            {"name": "C"},
        ]}))
        .unwrap();
        let specs: Vec<String> = request.providers.iter().map(|(spec, _)| spec.to_string()).collect();
        assert_eq!(
            specs,
            [
                "A:0x10:4:K=V",
                "B:0x10:2",
                "C:0xffffffffffffffff:5",
                "System.Runtime:0x0:1:EventCounterIntervalSec=5"
            ]
        );
        assert_eq!((request.buffer_mb, request.rundown), (256, Rundown::Default));

        let body = json!({"providers": [{"name": "A"}], "requestrundown": false, "buffersizeinmb": 1});
        let request = compose(body).unwrap();
        assert_eq!((request.buffer_mb, request.rundown), (1, Rundown::None));
    }

    #[test]
    fn what_is_out_of_range_is_refused() {
        for body in [
            json!({"providers": []}),
            json!({"providers": [{"name": ""}]}),
            json!({"providers": [{"name": "A", "keywords": "0xgg"}]}),
            json!({"providers": [{"name": "A", "keywords": "0x1ffffffffffffffff"}]}),
            json!({"providers": [{"name": "A", "eventlevel": "Loud"}]}),
            json!({"providers": [{"name": "A", "eventlevel": 6}]}),
            json!({"providers": [{"name": "A"}, {"name": "a"}]}),
            json!({"providers": [{"name": "A"}], "buffersizeinmb": 0}),
            json!({"providers": [{"name": "A"}], "buffersizeinmb": 1025}),
        ] {
            assert!(compose(body.clone()).is_err(), "{body}");
        }
    }

    #[test]
    fn profiles_are_found_in_any_case_and_joined() {
        let of = |query: &str| of_profiles(&Parameters::parse(query));
        assert_eq!(of("").unwrap().providers, of("profile=Cpu,Http,Metrics,GcCollect").unwrap().providers);
        assert!(of("profile=gccollect").unwrap().providers.iter().any(|(spec, _)| spec.keywords == 1));
        assert!(of("profile=Cpu,,Http").is_err());
        assert!(of("profile=Nothing").is_err());
    }
}
