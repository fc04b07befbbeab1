//! Exceptions: what was thrown and where, how long it took to be caught, and by whom.
//!
//! | file | |
//! |---|---|
//! | `in_flight` | what a thread is throwing and handling |
//! | `method_name` | names of methods as the events of handlers have them |
//! | `throw_site` | methods that throw for others |
//! | [`answer`] | what is said in the end |
//! | `document` | the same for people |

pub mod answer;
mod document;
mod in_flight;
mod method_name;
mod throw_site;

use dotnet_events::Source;
use dotnet_events::enumerations::ExceptionThrownFlags;
use dotnet_events::runtime::exceptions::{
    ExceptionCatchStart, ExceptionCatchStop, ExceptionFilterStart, ExceptionFilterStop,
    ExceptionFinallyStart, ExceptionFinallyStop, ExceptionThrown, ExceptionThrownStop, Handler,
};
use dotnet_events::{EventError, providers};
use nettrace::{Event, Utf16};
use serde::Serialize;

pub use self::answer::ExceptionsAnswer;
use self::in_flight::{Ended, InFlight};
use crate::bounded::Bounded;
use crate::distribution::Distribution;
use crate::fold::{Context, Fold};
use crate::report::needs::{self, Needs, Provider};
use crate::report::{Facts, Question};
use crate::stacks::StackId;
use crate::symbols::Code;
use crate::texts::{TextId, Texts};
use crate::timeline::Timeline;

/// Types of exceptions told apart.
const MAX_TYPES: usize = 4_096;
/// Pairs of type and stack told apart.
const MAX_THROWS: usize = 65_536;
/// Methods with handlers told apart, by kind of handler and type of exception.
const MAX_HANDLERS: usize = 16_384;
/// Threads watched.
const MAX_THREADS: usize = 65_536;
/// Different messages kept of a type.
const MAX_MESSAGES: usize = 3;
/// Bytes kept of a message: 300 characters.
const MAX_MESSAGE_BYTES: usize = 600;
/// The shortest interval of rates.
const RATE_INTERVAL: i64 = 100_000_000;

/// The runtime's keyword for exceptions.
const KEYWORD: u64 = 0x8000;

/// Follows exceptions.
///
/// It needs the events of a thread in order, not those of all threads.
#[derive(Debug)]
pub struct Exceptions {
    total: Tally,
    types: Texts,
    /// By [`TextId`] of the type.
    by_type: Vec<OfType>,
    throws: Bounded<(TextId, StackId), Throws>,
    handlers: Bounded<HandlerKey, Handled>,
    threads: Bounded<u64, InFlight>,
    to_catch: Distribution,
    in_catch: Distribution,
    rate: Timeline,
    /// `throw;` that the runtime told only by the handler it left.
    silent_rethrows: u64,
    /// Whether the session told of handlers.
    handlers_told: bool,
    unreadable: u64,
}

/// Counts of throws.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Tally {
    /// All.
    pub count: u64,
    /// Thrown again with `throw;`, as far as the runtime says so.
    pub rethrown: u64,
    /// Thrown while another one was being handled.
    pub nested: u64,
    /// With an inner exception.
    pub with_inner: u64,
}

impl Tally {
    fn add(&mut self, flags: ExceptionThrownFlags) {
        self.count += 1;
        self.rethrown += u64::from(flags.contains(ExceptionThrownFlags::ReThrown));
        self.nested += u64::from(flags.contains(ExceptionThrownFlags::Nested));
        self.with_inner += u64::from(flags.contains(ExceptionThrownFlags::HasInnerException));
    }
}

#[derive(Debug, Default)]
struct OfType {
    tally: Tally,
    caught: u64,
    /// From throw to catch.
    nanos: u64,
    /// The first different ones, UTF-16.
    messages: Vec<Box<[u8]>>,
}

#[derive(Debug)]
struct Throws {
    count: u64,
    /// The first one's, UTF-16.
    message: Box<[u8]>,
}

/// Kinds of handlers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HandlerKind {
    /// A `catch`, from its start to its end.
    Catch,
    /// A `finally` or `fault` that an exception ran through.
    Finally,
    /// The condition of a `catch ... when`.
    Filter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct HandlerKey {
    kind: HandlerKind,
    method_id: u64,
    exception: Option<TextId>,
}

#[derive(Debug, Default)]
struct Handled {
    /// As the runtime has it.
    method: String,
    count: u64,
    ended: u64,
    nanos: u64,
    max_nanos: u64,
}

impl Default for Exceptions {
    fn default() -> Self {
        Self {
            total: Tally::default(),
            types: Texts::new(MAX_TYPES),
            by_type: Vec::new(),
            throws: Bounded::new(MAX_THROWS),
            handlers: Bounded::new(MAX_HANDLERS),
            threads: Bounded::new(MAX_THREADS),
            to_catch: Distribution::default(),
            in_catch: Distribution::default(),
            rate: Timeline::of_sums(RATE_INTERVAL),
            silent_rethrows: 0,
            handlers_told: false,
            unreadable: 0,
        }
    }
}

impl Fold for Exceptions {
    fn event(&mut self, event: &Event<'_>, context: &mut Context<'_>) {
        if context.source != Source::Runtime {
            return;
        }
        if self.take(event, context).is_err() {
            self.unreadable += 1;
        }
    }
}

impl Exceptions {
    fn take(&mut self, event: &Event<'_>, context: &mut Context<'_>) -> Result<(), EventError> {
        match event.metadata.event_id {
            ExceptionThrown::ID => self.thrown(event, &ExceptionThrown::decode(event)?, context.stack(event)),
            ExceptionCatchStart::ID => {
                self.handler(event, HandlerKind::Catch, &ExceptionCatchStart::decode(event)?.handler);
            }
            ExceptionFinallyStart::ID => {
                self.handler(event, HandlerKind::Finally, &ExceptionFinallyStart::decode(event)?.handler);
            }
            ExceptionFilterStart::ID => {
                self.handler(event, HandlerKind::Filter, &ExceptionFilterStart::decode(event)?.handler);
            }
            ExceptionCatchStop::ID => self.handler_ended(event, HandlerKind::Catch),
            ExceptionFinallyStop::ID => self.handler_ended(event, HandlerKind::Finally),
            ExceptionFilterStop::ID => self.handler_ended(event, HandlerKind::Filter),
            ExceptionThrownStop::ID => {
                if let Some(thread) = self.threads.get_mut(&event.thread_id) {
                    thread.exception_ended();
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn thrown(&mut self, event: &Event<'_>, thrown: &ExceptionThrown<'_>, stack: StackId) {
        let flags = thrown.ExceptionFlags.unwrap_or_default();
        let exception = self.types.keep(thrown.ExceptionType.unwrap_or_default());
        let message = start_of(thrown.ExceptionMessage.unwrap_or_default());
        self.total.add(flags);
        if self.by_type.len() <= exception.index() {
            self.by_type.resize_with(exception.index() + 1, OfType::default);
        }
        if let Some(of_type) = self.by_type.get_mut(exception.index()) {
            of_type.tally.add(flags);
            let messages = &mut of_type.messages;
            if messages.len() < MAX_MESSAGES && !messages.iter().any(|known| **known == *message) {
                messages.push(message.into());
            }
        }
        if let Some(throws) =
            self.throws.entry((exception, stack), || Throws { count: 0, message: message.into() })
        {
            throws.count += 1;
        }
        let now = event.relative_nanos();
        self.rate.add(now, 1);
        if let Some(thread) = self.threads.entry(event.thread_id, InFlight::default) {
            thread.thrown(exception, now, flags.contains(ExceptionThrownFlags::ReThrown));
        }
    }

    fn handler(&mut self, event: &Event<'_>, kind: HandlerKind, handler: &Handler<'_>) {
        self.handlers_told = true;
        let now = event.relative_nanos();
        let Some(thread) = self.threads.entry(event.thread_id, InFlight::default) else { return };
        let begun = thread.handler_began(kind, handler.MethodID, now);
        if kind == HandlerKind::Catch
            && let Some((exception, since)) = begun.caught
        {
            let nanos = now.saturating_sub(since);
            self.to_catch.record(nanos);
            if let Some(of_type) = self.by_type.get_mut(exception.index()) {
                of_type.caught += 1;
                of_type.nanos = of_type.nanos.saturating_add(u64::try_from(nanos).unwrap_or(0));
            }
        }
        self.silent_rethrows += u64::from(begun.rethrown);
        let key = HandlerKey { kind, method_id: handler.MethodID, exception: begun.exception };
        let make = || Handled { method: handler.MethodName.to_string(), ..Handled::default() };
        if let Some(handled) = self.handlers.entry(key, make) {
            handled.count += 1;
        }
    }

    fn handler_ended(&mut self, event: &Event<'_>, kind: HandlerKind) {
        let now = event.relative_nanos();
        let Some(thread) = self.threads.get_mut(&event.thread_id) else { return };
        let Some(Ended { method_id, exception, nanos, own_nanos }) = thread.handler_ended(kind, now) else {
            return;
        };
        if kind == HandlerKind::Catch {
            self.in_catch.record(own_nanos);
        }
        if let Some(handled) = self.handlers.get_mut(&HandlerKey { kind, method_id, exception }) {
            let nanos = u64::try_from(nanos).unwrap_or(0);
            handled.ended += 1;
            handled.nanos = handled.nanos.saturating_add(nanos);
            handled.max_nanos = handled.max_nanos.max(nanos);
        }
    }
}

impl Question for Exceptions {
    /// Error, level 2, would tell of throws alone at half the cost; who catches them is told at level 4.
    const NEEDS: Needs = Needs {
        providers: &[Provider { name: providers::RUNTIME, keywords: KEYWORD, level: 4, arguments: &[] }],
        stacks: true,
        rundown: needs::RUNDOWN_OF_NAMES,
    };
    const IN_TIME_ORDER: bool = false;
    type Answer = ExceptionsAnswer;

    fn answer(&self, facts: &Facts, code: &Code) -> ExceptionsAnswer {
        answer::of(self, facts, code)
    }
}

/// What is kept of a message.
fn start_of(message: Utf16<'_>) -> &[u8] {
    let bytes = message.as_bytes();
    bytes.get(..MAX_MESSAGE_BYTES).unwrap_or(bytes)
}
