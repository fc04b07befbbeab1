//! The text form of a provider, as dotnet-trace's `--providers` takes it.
//!
//! ```text
//! list      = provider *("," provider)
//! provider  = name [":" keywords [":" level [":" arguments]]]
//! keywords  = hexadecimal, with or without 0x; 0 when left out
//! level     = number | logalways | critical | error | warning | informational | verbose; 4 when left out
//! arguments = key "=" value *(";" key "=" value)     a value may stand in double quotes
//! ```
//!
//! Only the first three colons separate. A comma inside double quotes belongs to a value. Escapes of arguments are
//! those of .NET regular expressions (`\n`, `\t`, `\x41`, `\u0041`, ...).

use std::fmt;
use std::str::FromStr;

use diagnostics_ipc::request::EventLevel;

use super::profiles::SAMPLE_PROFILER;

/// Level of a provider that names none.
const DEFAULT_LEVEL: EventLevel = EventLevel::Informational;

/// A provider to turn on: which of its events, and with what arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderSpec {
    /// Name of the provider, as it was spelled first.
    pub name: String,
    /// Bits of the groups of events that are wanted.
    pub keywords: u64,
    /// Level up to which events are wanted.
    pub level: EventLevel,
    /// Arguments of the provider, key and value, in the order given.
    pub arguments: Vec<(String, String)>,
}

/// Why the text form of providers could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderSpecError {
    /// Nothing before the first colon.
    #[error("'{text}' has no provider name: write Name[:keywords[:level[:key=value;key=value]]]")]
    NoName {
        /// The provider as it was given.
        text: String,
    },
    /// Keywords that are no hexadecimal number.
    #[error("'{text}' of provider '{provider}' is not a hexadecimal number of keywords")]
    Keywords {
        /// The provider's name.
        provider: String,
        /// The keywords as they were given.
        text: String,
    },
    /// More than 64 bits of keywords.
    #[error("keywords '{text}' of provider '{provider}' do not fit into 64 bits (they are hexadecimal)")]
    KeywordsTooLarge {
        /// The provider's name.
        provider: String,
        /// The keywords as they were given.
        text: String,
    },
    /// A level that is none.
    #[error("unknown level '{text}' of provider '{provider}': {LEVELS}")]
    Level {
        /// The provider's name.
        provider: String,
        /// The level as it was given.
        text: String,
    },
    /// An argument without key or without `=`.
    #[error("argument '{text}' of provider '{provider}' is not key=value")]
    Argument {
        /// The provider's name.
        provider: String,
        /// The argument as it was given.
        text: String,
    },
    /// An escape that is not finished or not known.
    #[error("the escape '{text}' in the arguments of provider '{provider}' is not complete")]
    Escape {
        /// The provider's name.
        provider: String,
        /// The escape as it was given.
        text: String,
    },
    /// A quote without its end.
    #[error("the arguments of provider '{provider}' have a quote without its end")]
    OpenQuote {
        /// The provider's name.
        provider: String,
    },
    /// The same provider twice, both times with arguments.
    #[error("provider '{provider}' is given twice with arguments: join them into one")]
    ArgumentsTwice {
        /// The provider's name.
        provider: String,
    },
}

const LEVELS: &str = "use 0 to 5 or one of logalways, critical, error, warning, informational, verbose";

impl ProviderSpec {
    /// Reads a comma-separated list. The same provider twice is one provider: keywords of both, the wider level.
    pub fn parse_list(list: &str) -> Result<Vec<Self>, ProviderSpecError> {
        let mut providers: Vec<Self> = Vec::new();
        for text in split_outside_quotes(list, ',') {
            let new: Self = text.trim().parse()?;
            let Some(known) = providers.iter_mut().find(|known| known.is_named(&new.name)) else {
                providers.push(new);
                continue;
            };
            if !known.arguments.is_empty() && !new.arguments.is_empty() {
                return Err(ProviderSpecError::ArgumentsTwice { provider: known.name.clone() });
            }
            known.widen(new.keywords, new.level);
            known.arguments.extend(new.arguments);
        }
        Ok(providers)
    }

    /// Whether this is the provider of that name. Provider names ignore case.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Whether the name is a GUID, which a runtime does not know providers by.
    #[must_use]
    pub fn is_named_by_guid(&self) -> bool {
        let hex = self.name.trim_start_matches('{').trim_end_matches('}');
        let parts: Vec<&str> = hex.split('-').collect();
        parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
            && parts.iter().all(|part| part.bytes().all(|b| b.is_ascii_hexdigit()))
    }

    /// Whether the runtime itself is the provider, and not an event source of managed code.
    #[must_use]
    pub fn is_native(&self) -> bool {
        let runtime = "Microsoft-Windows-DotNETRuntime";
        let starts_so =
            self.name.get(..runtime.len()).is_some_and(|start| start.eq_ignore_ascii_case(runtime));
        starts_so || self.is_named(SAMPLE_PROFILER)
    }

    /// Takes in the keywords and the level of another request for the same provider.
    pub(super) fn widen(&mut self, keywords: u64, level: EventLevel) {
        self.keywords |= keywords;
        self.level = wider(self.level, level);
    }
}

impl FromStr for ProviderSpec {
    type Err = ProviderSpecError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(4, ':');
        let mut next = || parts.next().unwrap_or_default().trim();
        let (name, keywords, level, arguments) = (next(), next(), next(), next());
        if name.is_empty() {
            return Err(ProviderSpecError::NoName { text: text.to_owned() });
        }
        Ok(Self {
            name: name.to_owned(),
            keywords: parse_keywords(name, keywords)?,
            level: if level.is_empty() {
                DEFAULT_LEVEL
            } else {
                parse_level(level).ok_or_else(|| ProviderSpecError::Level {
                    provider: name.to_owned(),
                    text: level.to_owned(),
                })?
            },
            arguments: parse_arguments(name, arguments)?,
        })
    }
}

impl fmt::Display for ProviderSpec {
    /// The form that reads back to the same: `Name:0xKEYWORDS:level:arguments`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{:#x}:{}", self.name, self.keywords, self.level as u32)?;
        let quote = |part: &str| if part.contains([';', '=', ',']) { "\"" } else { "" };
        for (index, (key, value)) in self.arguments.iter().enumerate() {
            let separator = if index == 0 { ':' } else { ';' };
            let (q, r) = (quote(key), quote(value));
            write!(f, "{separator}{q}{}{q}={r}{}{r}", escaped(key), escaped(value))?;
        }
        Ok(())
    }
}

/// Reads a level: a number (more than 5 is 5) or a name in any case.
#[must_use]
pub fn parse_level(text: &str) -> Option<EventLevel> {
    const NAMES: [(&str, EventLevel); 6] = [
        ("logalways", EventLevel::LogAlways),
        ("critical", EventLevel::Critical),
        ("error", EventLevel::Error),
        ("warning", EventLevel::Warning),
        ("informational", EventLevel::Informational),
        ("verbose", EventLevel::Verbose),
    ];
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // A number too long for usize is more than 5 as well.
        let index = text.parse().unwrap_or(usize::MAX).min(NAMES.len() - 1);
        return NAMES.get(index).map(|(_, level)| *level);
    }
    NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, level)| *level)
}

/// The level that lets through what either does. `LogAlways` beats all: the runtime takes 0 as no limit.
fn wider(a: EventLevel, b: EventLevel) -> EventLevel {
    match (a, b) {
        (EventLevel::LogAlways, _) | (_, EventLevel::LogAlways) => EventLevel::LogAlways,
        _ if (a as u32) < (b as u32) => b,
        _ => a,
    }
}

fn parse_keywords(provider: &str, text: &str) -> Result<u64, ProviderSpecError> {
    if text.is_empty() {
        return Ok(0);
    }
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let (provider, text) = (provider.to_owned(), text.to_owned());
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(ProviderSpecError::Keywords { provider, text });
    }
    u64::from_str_radix(digits, 16).map_err(|_| ProviderSpecError::KeywordsTooLarge { provider, text })
}

fn parse_arguments(provider: &str, text: &str) -> Result<Vec<(String, String)>, ProviderSpecError> {
    let text = unescape(text)
        .map_err(|escape| ProviderSpecError::Escape { provider: provider.to_owned(), text: escape })?;
    if text.matches('"').count() % 2 != 0 {
        return Err(ProviderSpecError::OpenQuote { provider: provider.to_owned() });
    }
    split_outside_quotes(&text, ';')
        .filter(|part| !part.trim().is_empty())
        .map(|part| {
            let unquoted = |text: &str| text.replace('"', "");
            let malformed =
                || ProviderSpecError::Argument { provider: provider.to_owned(), text: part.to_owned() };
            // Only the first separator counts: a value may contain more of them.
            let key = split_outside_quotes(part, '=').next().unwrap_or_default();
            let value = part.get(key.len() + 1..).ok_or_else(malformed)?;
            let key = unquoted(key.trim());
            if key.is_empty() { Err(malformed()) } else { Ok((key, unquoted(value))) }
        })
        .collect()
}

/// Splits at a separator wherever it does not stand between double quotes.
fn split_outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c| {
        quoted ^= c == '"';
        c == separator && !quoted
    })
}

/// Resolves the escapes of .NET regular expressions; the error is the escape that could not be read.
fn unescape(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let Some(kind) = rest.next() else { return Err("\\".to_owned()) };
        let code = match kind {
            'a' => 0x07,
            'b' => 0x08,
            'e' => 0x1B,
            'f' => 0x0C,
            'n' => 0x0A,
            'r' => 0x0D,
            't' => 0x09,
            'v' => 0x0B,
            'x' => hex(&mut rest, 2).ok_or_else(|| format!("\\{kind}"))?,
            'u' => hex(&mut rest, 4).ok_or_else(|| format!("\\{kind}"))?,
            'c' => match rest.next() {
                Some(letter) if letter.is_ascii_alphabetic() || "@[\\]^_".contains(letter) => {
                    u32::from(letter.to_ascii_uppercase()) - 0x40
                }
                _ => return Err("\\c".to_owned()),
            },
            literal => u32::from(literal),
        };
        out.push(char::from_u32(code).ok_or_else(|| format!("\\{kind}"))?);
    }
    Ok(out)
}

/// The opposite: what would be read as an escape, and line ends, which would tear a table.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\r', "\\r").replace('\n', "\\n")
}

fn hex(rest: &mut std::str::Chars<'_>, digits: usize) -> Option<u32> {
    let mut code = 0;
    for _ in 0..digits {
        code = code * 16 + rest.next()?.to_digit(16)?;
    }
    Some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, keywords: u64, level: u32, arguments: &[(&str, &str)]) {
        let spec: ProviderSpec = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
        let pairs: Vec<(&str, &str)> = spec.arguments.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(
            (spec.keywords, spec.level as u32, pairs.as_slice()),
            (keywords, level, arguments),
            "{text}"
        );
        assert_eq!(spec.to_string().parse(), Ok(spec), "{text} read back");
    }

    fn check_list(list: &str, expected: &[&str]) {
        let specs = ProviderSpec::parse_list(list).unwrap_or_else(|e| panic!("{list}: {e}"));
        let texts: Vec<String> = specs.iter().map(ToString::to_string).collect();
        assert_eq!(texts, expected, "{list}");
    }

    fn check_error(list: &str, expected: &str) {
        let error = ProviderSpec::parse_list(list).expect_err(list).to_string();
        assert!(error.contains(expected), "{list}: {error}");
    }

    #[test]
    fn reads_what_the_stock_tool_reads() {
        check(
            r#"VeryCoolProvider:0x1:5:FilterAndPayloadSpecs="QuotedValue""#,
            1,
            5,
            &[("FilterAndPayloadSpecs", "QuotedValue")],
        );
        check(
            r#"VeryCoolProvider:1:5:FilterAndPayloadSpecs="QuotedValue""#,
            1,
            5,
            &[("FilterAndPayloadSpecs", "QuotedValue")],
        );
        check(
            r#"VeryCoolProvider:::FilterAndPayloadSpecs="QuotedValue""#,
            0,
            4,
            &[("FilterAndPayloadSpecs", "QuotedValue")],
        );
        check("MyProvider:::A=B;C=D", 0, 4, &[("A", "B"), ("C", "D")]);
        check(r#"MyProvider:::A="B;C=D""#, 0, 4, &[("A", "B;C=D")]);
        check("ProviderOne:0x1:LogAlwayS", 1, 0, &[]);
        check("MyProvider:0x0:9", 0, 5, &[]);
        check("MyProvider", 0, 4, &[]);
        check("MyProvider:0xFFFFFFFFFFFFFFFF:verbose", u64::MAX, 5, &[]);
    }

    #[test]
    fn arguments_take_colons_escapes_and_further_equal_signs() {
        check("P:0:4:a=b:c", 0, 4, &[("a", "b:c")]);
        check("P:0:4:Filter=x=y", 0, 4, &[("Filter", "x=y")]);
        let spec: ProviderSpec = r#"P:0:4:a="1\r\n2\x41\u00e9\cJ";b=\\"#.parse().unwrap();
        let expected = [("a", "1\r\n2A\u{e9}\n"), ("b", "\\")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(spec.arguments, expected);
        assert_eq!(spec.to_string().parse(), Ok(spec));
    }

    #[test]
    fn joins_the_same_provider() {
        check_list("DupeProvider,DupeProvider:0xF:LogAlways", &["DupeProvider:0xf:0"]);
        check_list("D:0xF0:Informational,D:0xF:Verbose", &["D:0xff:5"]);
        check_list("MyProvider:0x1:Error,myprovider:0x2:Critical", &["MyProvider:0x3:2"]);
        check_list(r#"A:1:4:x="1,2", B"#, &[r#"A:0x1:4:x="1,2""#, "B:0x0:4"]);
        check_list("A:1:4:x=1,A:2", &["A:0x3:4:x=1"]);
    }

    #[test]
    fn refuses_what_the_stock_tool_refuses() {
        check_error(":::", "no provider name");
        check_error(":1:1", "no provider name");
        check_error("A,,B", "no provider name");
        check_error("", "no provider name");
        check_error("P:0x1:UnknownLevel", "unknown level 'UnknownLevel'");
        check_error("P:0x0:-1", "unknown level '-1'");
        check_error("P:0xFFFFFFFFFFFFFFFFF:5", "do not fit into 64 bits");
        check_error("P:18446744073709551615", "do not fit into 64 bits");
        check_error("P:gh::", "not a hexadecimal number");
        check_error("P:__:5", "not a hexadecimal number");
        check_error("P:0x:5", "not a hexadecimal number");
        check_error("P:::a=1,P:::b=2", "twice with arguments");
        check_error("P:::novalue", "is not key=value");
        check_error("P:::=v", "is not key=value");
        check_error(r#"P:::a="b"#, "quote without its end");
        check_error(r"P:::a=\u12", "escape '\\u'");
    }

    #[test]
    fn the_runtimes_own_providers_are_told_from_event_sources() {
        let is_native = |name: &str| name.parse::<ProviderSpec>().is_ok_and(|spec| spec.is_native());
        assert!(is_native("Microsoft-Windows-DotNETRuntime"));
        assert!(is_native("microsoft-windows-dotnetruntimeprivate"));
        assert!(is_native("Microsoft-DotNETCore-SampleProfiler"));
        assert!(!is_native("System.Runtime"));
    }

    #[test]
    fn a_guid_is_told_from_a_name() {
        let named = |name: &str| ProviderSpec {
            name: name.to_owned(),
            keywords: 0,
            level: EventLevel::Verbose,
            arguments: Vec::new(),
        };
        assert!(named("e13c0d23-ccbc-4e12-931b-d9cc2eee27e4").is_named_by_guid());
        assert!(named("{e13c0d23-ccbc-4e12-931b-d9cc2eee27e4}").is_named_by_guid());
        assert!(!named("Microsoft-Windows-DotNETRuntime").is_named_by_guid());
    }
}
