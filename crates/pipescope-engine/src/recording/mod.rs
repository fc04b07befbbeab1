//! How a trace is taken, and of what.
//!
//! [`TraceChoice`] is what a user chose (profiles, providers, CLR events), [`TraceChoice::compose`] turns it into a
//! [`TraceRequest`], and [`Recording`] takes the trace: bytes exactly as the runtime sent them, with a decoder running
//! beside them that only counts.
//!
//! | file | question it answers |
//! |---|---|
//! | `profiles` | which named sets of providers are there? |
//! | `clr_events` | which keyword does a name of `--clrevents` stand for? |
//! | `provider_spec` | how is a provider written as text? |
//! | `composition` | what do several choices amount to? |
//! | `needs` | what does a question of a process amount to? |
//! | `heartbeat` | how does a runtime notice that its client is gone? |
//! | `session` | how are the bytes taken? |

mod clr_events;
mod composition;
mod heartbeat;
mod needs;
mod profiles;
mod provider_spec;
mod session;

pub use clr_events::{CLR_EVENTS, CLR_PROVIDER, ClrEvent, UnknownClrEvent, clr_event_keywords};
pub use composition::{EnabledBy, TraceChoice, TraceRequest};
pub use profiles::{
    DEFAULT_PROFILES, MONITOR_PROFILES, Profile, ProfileProvider, SAMPLE_PROFILER, TRACE_PROFILES,
};
pub use provider_spec::{ProviderSpec, ProviderSpecError, parse_level};
pub use session::{Flow, Outcome, Progress, Recording};
