//! What the counters commands show and write, apart from terminals and sessions.
//!
//! | file | question it answers |
//! |---|---|
//! | `number`, `quantity` | how is a value written, for files and for people? |
//! | `naming` | what is a counter called, and which figures make a row of a file? |
//! | `csv`, `json`, `file` | what do files of counters look like, and when are they written? |
//! | `history` | what does the last minute of a counter look like? |
//! | `table` | what is on the monitor's table? |
//! | `screen` | how is it drawn? |

mod csv;
mod file;
mod history;
mod json;
mod naming;
mod number;
mod quantity;
mod screen;
mod table;
