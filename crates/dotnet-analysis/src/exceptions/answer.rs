//! What is said of exceptions in the end.

use std::cmp::Reverse;
use std::collections::HashMap;

use nettrace::Utf16;
use serde::Serialize;

use super::throw_site::throws_for_others;
use super::{Exceptions, HandlerKind, Tally, document, method_name};
use crate::distribution::Durations;
use crate::report::document::Document;
use crate::report::{Answer, Facts};
use crate::sites::Site;
use crate::symbols::Code;
use crate::texts::TextId;
use crate::timeline::OverTime;

/// Throw sites and handlers listed. All count in the totals.
const MAX_LISTED: usize = 1_000;

/// Exceptions.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ExceptionsAnswer {
    /// Exceptions thrown: as many as the runtime told of. `throw;` is one more, but for .NET 9 and later.
    pub total: u64,
    /// From the start of the trace to its last event.
    pub duration_ns: i64,
    /// Kinds of throws among them.
    pub kinds: Tally,
    /// `throw;` that are not in the total: .NET 9 and later do not tell them as throws.
    pub silent_rethrows: u64,
    /// Most frequent first.
    pub by_type: Vec<OfType>,
    /// Most frequent first.
    pub by_site: Vec<ThrowSite>,
    /// Who caught them, and what they ran through. Most frequent first. Empty when the session did not ask for that.
    pub handlers: Vec<Handler>,
    /// From the throw to the start of the `catch`, for those whose both were seen.
    pub throw_to_catch: Durations,
    /// In `catch` blocks, without the time in handlers that ran inside of them.
    pub in_catch: Durations,
    /// Thrown before the trace ended, and not yet caught then or not to be caught at all.
    pub not_caught: u64,
    /// Exceptions over time.
    pub over_time: OverTime,
    /// Throws and handlers that there was no room to tell apart: they count in the totals only.
    pub not_told_apart: u64,
    /// Throw sites and handlers that are not listed here, being rare.
    pub not_listed: u64,
    /// Events that could not be read.
    pub unreadable: u64,
    /// What to know about the figures, in words.
    pub notes: Vec<String>,
    #[serde(skip)]
    handlers_told: bool,
}

/// Exceptions of a type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OfType {
    /// Full name of the type.
    #[serde(rename = "type")]
    pub name: String,
    /// Thrown, and how.
    #[serde(flatten)]
    pub kinds: Tally,
    /// Whose `catch` was seen to begin.
    pub caught: u64,
    /// Time from throw to catch of those, in nanoseconds.
    pub throw_to_catch_ns: u64,
    /// The first different messages, cut to 300 characters.
    pub messages: Vec<String>,
}

/// Exceptions of a type that were thrown by a method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ThrowSite {
    /// Full name of the type.
    #[serde(rename = "type")]
    pub exception: String,
    /// The method that threw, past those that throw for others; an address where its name is not known, empty without a
    /// stack.
    pub method: String,
    /// Its module.
    pub module: String,
    /// The method of the program that led there, where the one that threw is of .NET itself.
    pub called_by: Option<String>,
    /// How many.
    pub count: u64,
    /// The first one's message.
    pub message: String,
    /// The most frequent stack, the method that threw first.
    pub stack: Vec<String>,
    /// How many of them had that stack.
    pub stack_count: u64,
    #[serde(skip)]
    is_named: bool,
}

impl ThrowSite {
    /// Whether the method has a name.
    pub(super) fn is_named(&self) -> bool {
        self.is_named
    }
}

/// A method's handlers of a kind, for a type of exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Handler {
    /// `Namespace.Type.Method(signature)`.
    pub method: String,
    /// Its module.
    pub module: String,
    /// `catch`, `finally` or `filter`.
    pub kind: HandlerKind,
    /// The type of the exception; `None` where its throw was not seen.
    #[serde(rename = "type")]
    pub exception: Option<String>,
    /// How often it ran.
    pub count: u64,
    /// How often its end was seen: one that is left by another exception has none.
    pub ended: u64,
    /// Time in it, of those that ended, in nanoseconds.
    pub duration_ns: u64,
    /// The longest.
    pub max_ns: u64,
}

pub(super) fn of(exceptions: &Exceptions, facts: &Facts, code: &Code) -> ExceptionsAnswer {
    let mut by_site = throw_sites(exceptions, code);
    let mut handlers = handlers(exceptions);
    let not_listed = [by_site.len(), handlers.len()].map(|length| length.saturating_sub(MAX_LISTED) as u64);
    by_site.truncate(MAX_LISTED);
    handlers.truncate(MAX_LISTED);
    let mut answer = ExceptionsAnswer {
        total: exceptions.total.count,
        duration_ns: facts.duration_ns,
        kinds: exceptions.total,
        silent_rethrows: exceptions.silent_rethrows,
        by_type: types(exceptions),
        by_site,
        handlers,
        throw_to_catch: exceptions.to_catch.summary(),
        in_catch: exceptions.in_catch.summary(),
        not_caught: exceptions.threads.values().map(|thread| thread.uncaught() as u64).sum(),
        over_time: exceptions.rate.over_time(facts.duration_ns),
        not_told_apart: exceptions.throws.refused() + exceptions.handlers.refused(),
        not_listed: not_listed.iter().sum(),
        unreadable: exceptions.unreadable,
        notes: Vec::new(),
        handlers_told: exceptions.handlers_told,
    };
    answer.notes = document::notes(&answer);
    answer
}

fn types(exceptions: &Exceptions) -> Vec<OfType> {
    let seen =
        exceptions.by_type.iter().zip(exceptions.types.iter()).filter(|(of_type, _)| of_type.tally.count > 0);
    let mut types: Vec<_> = seen
        .map(|(of_type, name)| OfType {
            name: name.to_owned(),
            kinds: of_type.tally,
            caught: of_type.caught,
            throw_to_catch_ns: of_type.nanos,
            messages: of_type.messages.iter().map(|message| shown(message)).collect(),
        })
        .collect();
    types.sort_by(|a, b| (b.kinds.count, &a.name).cmp(&(a.kinds.count, &b.name)));
    types
}

fn throw_sites(exceptions: &Exceptions, code: &Code) -> Vec<ThrowSite> {
    let mut sites: HashMap<(TextId, &str, Option<&str>), ThrowSite> = HashMap::new();
    // The same stacks first at any time, so that the same one is shown.
    let mut throws: Vec<_> = exceptions.throws.iter().collect();
    throws.sort_by_key(|((exception, stack), throws)| (Reverse(throws.count), *exception, *stack));
    for ((exception, stack), throws) in throws {
        let site = Site::of(code, *stack, throws_for_others);
        let caller = site.of_program().filter(|caller| *caller != site.method());
        let throw_site = sites.entry((*exception, site.method(), caller)).or_insert_with(|| ThrowSite {
            exception: exceptions.types.get(*exception).to_owned(),
            method: site.method().to_owned(),
            module: site.module().to_owned(),
            called_by: caller.map(str::to_owned),
            count: 0,
            message: shown(&throws.message),
            stack: site.methods(),
            stack_count: throws.count,
            is_named: site.is_named(),
        });
        throw_site.count += throws.count;
    }
    let mut sites: Vec<_> = sites.into_values().collect();
    sites.sort_by(|a, b| {
        (b.count, &a.exception, &a.method, &a.called_by).cmp(&(
            a.count,
            &b.exception,
            &b.method,
            &b.called_by,
        ))
    });
    sites
}

fn handlers(exceptions: &Exceptions) -> Vec<Handler> {
    let mut handlers: Vec<_> = exceptions
        .handlers
        .iter()
        .map(|(key, handled)| {
            let (module, method) = method_name::of(&handled.method);
            Handler {
                method,
                module,
                kind: key.kind,
                exception: key.exception.map(|exception| exceptions.types.get(exception).to_owned()),
                count: handled.count,
                ended: handled.ended,
                duration_ns: handled.nanos,
                max_ns: handled.max_nanos,
            }
        })
        .collect();
    handlers.sort_by(|a, b| {
        (a.kind, b.count, &a.method, &a.exception).cmp(&(b.kind, a.count, &b.method, &b.exception))
    });
    handlers
}

fn shown(message: &[u8]) -> String {
    Utf16::from_bytes(message).to_string()
}

impl ExceptionsAnswer {
    /// Whether the session told who catches.
    pub(super) fn handlers_told(&self) -> bool {
        self.handlers_told
    }
}

impl Answer for ExceptionsAnswer {
    fn document(&self) -> Document {
        document::of(self)
    }
}
