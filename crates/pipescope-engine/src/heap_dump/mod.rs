//! How a process is made to tell of its heap.
//!
//! A session with the keyword that starts a collection makes the runtime walk over its heap and tell of every object, while
//! the program stands still. [`take`] opens it, reads until that collection is over, and stops.
//!
//! | file | question it answers |
//! |---|---|
//! | `request` | what is asked of the runtime, and how much memory it may use for it? |
//! | `session` | how are the events taken, and when is it over? |
//! | `memory` | how much memory does the process use, and how much more may it? |
//! | `error` | why is there no dump? |

mod error;
mod memory;
mod request;
mod session;

pub use error::HeapDumpError;
pub use request::HeapDumpRequest;
pub use session::{TakenHeap, take};
