//! What the report commands tell about a trace, apart from files and terminals.
//!
//! | file | question it answers |
//! |---|---|
//! | `event_counts` | how many events of which kind are there? (a fold over events) |
//! | `events` | what does the report of that look like, as JSON and as text? |

mod event_counts;
mod events;

pub(crate) use event_counts::EventCounts;
pub(crate) use events::EventsReport;
