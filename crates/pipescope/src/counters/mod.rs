//! What the counters commands show and write, apart from terminals and sessions.
//!
//! | file | question it answers |
//! |---|---|
//! | `number`, `quantity` | how is a value written, for files and for people? |
//! | `naming` | what is a counter called, and which figures make a row of a file? |
//! | `csv`, `json`, `file` | what do files of counters look like, and when are they written? |
//! | `history` | what does the last minute of a counter look like? |
//! | `table` | what is on the monitor's table? |
//! | `monitor` | what does a key do, and what is shown? |
//! | `screen` | how is it drawn? |

mod csv;
mod file;
mod history;
mod json;
mod monitor;
mod naming;
mod number;
mod quantity;
mod screen;
mod table;

pub(crate) use csv::local_clock;
pub(crate) use file::{CounterFile, Format};
pub(crate) use monitor::{Action, Monitor};
#[cfg(test)]
pub(crate) use naming::tests as naming_tests;
pub(crate) use number::{readable, readable_size};
pub(crate) use quantity::{Quantity, Style};
