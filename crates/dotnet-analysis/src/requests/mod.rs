//! HTTP requests: those that the program makes and those that it serves, and what they rest on.
//!
//! A request of the client begins and ends with an activity; its phases have activities below it, whose events say so
//! (*eventpipe-internals* B.5). So do the DNS lookups, connections and TLS handshakes that are made for it. The runtime gives
//! out activities while a session asks the task library for them; without, requests are counted only, but for those that
//! Kestrel tells of by ids of its own.
//!
//! | file | |
//! |---|---|
//! | `client` | requests of the HTTP client and their phases |
//! | `server` | requests that Kestrel and ASP.NET Core serve |
//! | `network` | DNS, sockets, TLS |
//! | `phases` | what a request spends its time with |
//! | `tally` | requests of one host or path; the slowest |
//! | `open` | what has begun and not ended, up to a limit |
//! | `address` | addresses of sockets |
//! | `answer`, `document` | what is said in the end |

mod address;
mod answer;
mod client;
mod document;
mod network;
pub(crate) mod open;
mod phases;
mod server;
mod tally;

use dotnet_events::event_sources::{hosting, http, kestrel, name_resolution, security, sockets};
use dotnet_events::{EventError, Source, providers};
use nettrace::Event;

pub use self::answer::{
    ClientAnswer, ClientConnections, ClientRequest, Failure, NetworkAnswer, OfHost, OfPath, OfPhase, OfRoute,
    OfTarget, OperationsAnswer, RequestsAnswer, ServedRequest, ServerAnswer, ServerConnections, StatusCount,
};
use self::client::Client;
use self::network::Network;
pub use self::phases::Phase;
use self::server::Server;
pub(crate) use self::tally::Slowest;
use crate::fold::{Context, Fold};
use crate::report::needs::Provider;
use crate::report::{Facts, Needs, Question};
use crate::symbols::Code;

/// Requests, phases and connections under way at a time, of each kind. The oldest is forgotten for the next.
const MAX_OPEN: usize = 1 << 16;
/// Texts kept, of each part: hosts, paths, messages.
const MAX_TEXTS: usize = 1 << 14;
/// The slowest requests that are kept.
const MAX_SLOWEST: usize = 50;
/// The shortest interval of figures over time, in nanoseconds.
const SHORTEST_INTERVAL: i64 = 10_000_000;

const NANOS_PER_MILLISECOND: f64 = 1e6;

/// `TasksFlowActivityIds` of the task library: the runtime gives activities to what starts and stops.
pub(crate) const ACTIVITIES: u64 = 0x80;
/// Events of event sources that have no keyword of their own. Not the one of `RequestFailedDetailed`, which is about stacks
/// of exceptions.
pub(crate) const PLAIN: u64 = 0xf000_0000_0000;
const INFORMATIONAL: u8 = 4;

const fn source(name: &'static str, keywords: u64) -> Provider {
    Provider { name, keywords, level: INFORMATIONAL, arguments: &[] }
}

/// HTTP requests, made and served.
#[derive(Debug, Default)]
pub struct Requests {
    // Boxed: together they are too large to be moved about.
    client: Box<Client>,
    server: Box<Server>,
    network: Box<Network>,
    events: u64,
    unreadable: u64,
}

impl Fold for Requests {
    fn event(&mut self, event: &Event<'_>, context: &mut Context<'_>) {
        match context.source {
            Source::Http => {
                if let Some(decoded) = self.readable(http::decode(event)) {
                    self.client.event(event, &decoded);
                }
            }
            Source::Hosting => {
                if let Some(decoded) = self.readable(hosting::decode(event)) {
                    self.server.hosting(event, &decoded);
                }
            }
            Source::Kestrel => {
                if let Some(decoded) = self.readable(kestrel::decode(event)) {
                    self.server.kestrel(event, &decoded);
                }
            }
            Source::NameResolution => {
                if let Some(decoded) = self.readable(name_resolution::decode(event)) {
                    let spent = self.network.name_resolution(event, &decoded);
                    self.spent(spent);
                }
            }
            Source::Sockets => {
                if let Some(decoded) = self.readable(sockets::decode(event)) {
                    let spent = self.network.sockets(event, &decoded);
                    self.spent(spent);
                }
            }
            Source::Security => {
                if let Some(decoded) = self.readable(security::decode(event)) {
                    let spent = self.network.security(event, &decoded);
                    self.spent(spent);
                }
            }
            _ => {}
        }
    }

    fn uses_code(&self) -> bool {
        false
    }
}

impl Requests {
    fn readable<T>(&mut self, decoded: Option<Result<T, EventError>>) -> Option<T> {
        match decoded? {
            Ok(decoded) => {
                self.events += 1;
                Some(decoded)
            }
            Err(_) => {
                self.unreadable += 1;
                None
            }
        }
    }

    fn spent(&mut self, spent: Option<network::Spent>) {
        if let Some((request, phase, nanos)) = spent {
            self.client.spent(request, phase, nanos);
        }
    }
}

impl Question for Requests {
    const NEEDS: Needs = Needs {
        providers: &[
            source(providers::HTTP, PLAIN),
            source(providers::NAME_RESOLUTION, PLAIN),
            source(providers::SOCKETS, PLAIN),
            source(providers::SECURITY, PLAIN),
            source(providers::KESTREL, PLAIN),
            source(providers::HOSTING, PLAIN),
            source(providers::TASKS, ACTIVITIES),
        ],
        stacks: false,
        rundown: 0,
    };

    type Answer = RequestsAnswer;

    fn answer(&self, facts: &Facts, _code: &Code) -> RequestsAnswer {
        answer::of(self, facts)
    }
}
