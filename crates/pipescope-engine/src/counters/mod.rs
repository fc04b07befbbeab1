//! The counters and meters of one process.
//!
//! [`CounterSelection`] says which ones (in the grammar of dotnet-counters), [`CounterRequest`] turns that into what
//! is asked of the runtime, [`CounterFold`] turns the events that come back into [`Reading`]s, and [`CounterSession`]
//! is the loop that joins them to a live process. [`CounterHistory`] keeps what they said, for a report.

mod fold;
mod history;
mod report;
mod request;
mod selection;
mod series;
mod session;

pub use fold::{CounterFold, Notice, Precedence};
pub use history::CounterHistory;
pub use report::{CounterRow, CountersAnswer};
pub use request::{CounterRequest, Intervals, MeterSharing};
pub use selection::{CounterSelection, SelectionError};
pub use series::{Reading, ReadingValue, Series, SeriesId, SeriesKind, Source};
pub use session::{CounterError, CounterSession, Status};
