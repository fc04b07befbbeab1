//! Which counters are wanted: the grammar of dotnet-counters' `--counters` option.
//!
//! ```text
//! list     = entry *("," entry)
//! entry    = [prefix] provider [ "[" name *("," name) "]" ]
//! prefix   = "EventCounters\"          only EventCounters of that name, no meter
//! ```
//!
//! Blanks before a provider are skipped. The same provider twice is the union of both, and "all counters" absorbs
//! a list of names.

use std::fmt;
use std::str::FromStr;

/// The prefix that keeps a provider to its EventCounters.
const EVENT_COUNTERS_PREFIX: &str = "EventCounters\\";

/// One provider (or meter) of a selection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectedProvider {
    /// Name of the event source and of the meter, as the user spelled it first.
    pub name: String,
    /// Only these counters; empty means all.
    pub counters: Vec<String>,
    /// Whether a meter of the same name is wanted as well (and wins where both answer).
    pub meters: bool,
}

/// Which counters of which providers are wanted.
///
/// ```
/// use pipescope_engine::counters::CounterSelection;
///
/// let selection: CounterSelection = "System.Runtime[cpu-usage,working-set],My.Meter".parse().unwrap();
/// assert!(selection.wants("system.runtime", "cpu-usage"));
/// assert!(!selection.wants("System.Runtime", "alloc-rate"));
/// assert!(selection.wants("My.Meter", "anything"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterSelection {
    providers: Vec<SelectedProvider>,
}

/// Why a selection could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// An entry without a provider name, as in `A,,B`.
    #[error(
        "a provider name is missing in '{list}': write PROVIDER or PROVIDER[name,name], separated by commas"
    )]
    EmptyProvider {
        /// The text that was read.
        list: String,
    },
    /// `[` without `]`.
    #[error("the list of counters of '{provider}' has no closing bracket")]
    UnclosedBracket {
        /// The provider it follows.
        provider: String,
    },
    /// Something other than a comma after `]`.
    #[error("unexpected '{text}' after the bracket of '{provider}': only one list of counters, then a comma")]
    TextAfterBracket {
        /// The provider it follows.
        provider: String,
        /// The surplus text.
        text: String,
    },
    /// `X` and `EventCounters\X` together.
    #[error("'{provider}' is given with and without the prefix EventCounters\\: choose one")]
    MixedPrefix {
        /// The provider.
        provider: String,
    },
}

impl Default for CounterSelection {
    /// `System.Runtime`, as the stock tool has it.
    fn default() -> Self {
        Self { providers: vec![SelectedProvider::all("System.Runtime")] }
    }
}

impl SelectedProvider {
    fn all(name: &str) -> Self {
        Self { name: name.to_owned(), counters: Vec::new(), meters: true }
    }
}

impl CounterSelection {
    /// All counters and meters of the sources that the runtime and ASP.NET Core bring along.
    ///
    /// A source that a process does not use costs it nothing: naming it here only says that we would listen.
    #[must_use]
    pub fn built_in() -> Self {
        const NAMES: [&str; 10] = [
            "System.Runtime",
            "Microsoft.AspNetCore.Hosting",
            "Microsoft-AspNetCore-Server-Kestrel",
            "Microsoft.AspNetCore.Server.Kestrel",
            "Microsoft.AspNetCore.Http.Connections",
            "System.Net.Http",
            "System.Net.NameResolution",
            "System.Net.Security",
            "System.Net.Sockets",
            "Microsoft.AspNetCore.Routing",
        ];
        Self { providers: NAMES.iter().map(|name| SelectedProvider::all(name)).collect() }
    }

    /// The providers in the order given, each once.
    #[must_use]
    pub fn providers(&self) -> &[SelectedProvider] {
        &self.providers
    }

    /// Whether the counter or instrument `counter` of `provider` is part of this selection. Provider names ignore
    /// case, counter names do not (as the stock tool compares them).
    #[must_use]
    pub fn wants(&self, provider: &str, counter: &str) -> bool {
        self.find(provider)
            .is_some_and(|p| p.counters.is_empty() || p.counters.iter().any(|wanted| wanted == counter))
    }

    /// Joins another selection into this one.
    pub fn merge(&mut self, other: Self) -> Result<(), SelectionError> {
        other.providers.into_iter().try_for_each(|provider| self.add(provider))
    }

    fn find(&self, name: &str) -> Option<&SelectedProvider> {
        self.providers.iter().find(|p| p.name.eq_ignore_ascii_case(name))
    }

    fn add(&mut self, new: SelectedProvider) -> Result<(), SelectionError> {
        let Some(known) = self.providers.iter_mut().find(|p| p.name.eq_ignore_ascii_case(&new.name)) else {
            self.providers.push(new);
            return Ok(());
        };
        if known.meters != new.meters {
            return Err(SelectionError::MixedPrefix { provider: known.name.clone() });
        }
        if known.counters.is_empty() || new.counters.is_empty() {
            known.counters.clear();
        } else {
            for counter in new.counters {
                if !known.counters.contains(&counter) {
                    known.counters.push(counter);
                }
            }
        }
        Ok(())
    }
}

impl FromStr for CounterSelection {
    type Err = SelectionError;

    fn from_str(list: &str) -> Result<Self, Self::Err> {
        let mut selection = Self { providers: Vec::new() };
        let mut rest = list;
        loop {
            let (provider, after) = entry(rest, list)?;
            selection.add(provider)?;
            match after {
                Some(more) => rest = more,
                None => return Ok(selection),
            }
        }
    }
}

/// Reads one entry; returns what follows its comma, if there was one.
fn entry<'a>(text: &'a str, list: &str) -> Result<(SelectedProvider, Option<&'a str>), SelectionError> {
    let text = text.trim_start();
    let end = text.find([',', '[']).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let name = name.trim_end();
    let (name, meters) = match name.strip_prefix(EVENT_COUNTERS_PREFIX) {
        Some(bare) => (bare, false),
        None => (name, true),
    };
    if name.is_empty() {
        return Err(SelectionError::EmptyProvider { list: list.to_owned() });
    }
    let mut provider = SelectedProvider { name: name.to_owned(), counters: Vec::new(), meters };
    let Some(bracket) = rest.strip_prefix('[') else {
        return Ok((provider, rest.strip_prefix(',')));
    };
    let Some((names, after)) = bracket.split_once(']') else {
        return Err(SelectionError::UnclosedBracket { provider: provider.name });
    };
    provider.counters =
        names.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let after = after.trim_start();
    if after.is_empty() {
        return Ok((provider, None));
    }
    match after.strip_prefix(',') {
        Some(more) => Ok((provider, Some(more))),
        None => Err(SelectionError::TextAfterBracket { provider: provider.name, text: after.to_owned() }),
    }
}

impl fmt::Display for CounterSelection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, provider) in self.providers.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let prefix = if provider.meters { "" } else { EVENT_COUNTERS_PREFIX };
            write!(f, "{comma}{prefix}{}", provider.name)?;
            if !provider.counters.is_empty() {
                write!(f, "[{}]", provider.counters.join(","))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(list: &str, expected: &str) {
        let selection: CounterSelection = list.parse().unwrap_or_else(|e| panic!("{list}: {e}"));
        assert_eq!(selection.to_string(), expected, "{list}");
    }

    fn check_error(list: &str, expected: &str) {
        let error = list.parse::<CounterSelection>().expect_err(list).to_string();
        assert!(error.contains(expected), "{list}: {error}");
    }

    #[test]
    fn reads_what_the_stock_tool_reads() {
        check("MySource", "MySource");
        check("MySource[counter1,counter2,counter3]", "MySource[counter1,counter2,counter3]");
        check("MySource1, MySource2,  System.Runtime", "MySource1,MySource2,System.Runtime");
        check(
            "MySource1[mycounter1,mycounter2],MySource2[mycounter1],System.Runtime[cpu-usage,working-set]",
            "MySource1[mycounter1,mycounter2],MySource2[mycounter1],System.Runtime[cpu-usage,working-set]",
        );
        check("EventCounters\\System.Runtime[cpu-usage]", "EventCounters\\System.Runtime[cpu-usage]");
    }

    #[test]
    fn the_same_provider_twice_is_a_union() {
        check("A[x],a[y,x]", "A[x,y]");
        check("A[x],A", "A");
        check("A,A[x]", "A");
    }

    #[test]
    fn refuses_what_the_stock_tool_refuses() {
        check_error("System.Runtime[cpu-usage", "no closing bracket");
        check_error("System.Runtime[cpu-usage]hello", "unexpected 'hello'");
        check_error("System.Runtime,,X", "provider name is missing");
        check_error("", "provider name is missing");
        check_error("X,", "provider name is missing");
        check_error("System.Runtime[a][b]", "only one list");
        check_error("MySource,EventCounters\\MySource", "choose one");
    }

    #[test]
    fn wants_ignores_the_case_of_providers_only() {
        let selection: CounterSelection = "System.Runtime[cpu-usage]".parse().unwrap();
        assert!(selection.wants("SYSTEM.RUNTIME", "cpu-usage"));
        assert!(!selection.wants("System.Runtime", "CPU-usage"));
        assert!(!selection.wants("Other", "cpu-usage"));
    }
}
