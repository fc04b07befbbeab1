//! What the trace commands show and decide, apart from sessions.
//!
//! | file | question it answers |
//! |---|---|
//! | `provider_table` | what does the table of providers look like? |
//! | `progress` | what does the line of progress say? |
//! | `stop_event` | is this the event that ends the trace? |
//! | `file_name` | what is a trace called that nobody named? |

mod file_name;
mod progress;
mod provider_table;
mod stop_event;

pub(crate) use file_name::default_file_name;
pub(crate) use progress::progress_line;
pub(crate) use provider_table::provider_table;
pub(crate) use stop_event::{PayloadFilter, StopEvent};
