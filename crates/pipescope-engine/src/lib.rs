//! Live monitoring of .NET processes from outside.
//!
//! This crate owns everything between the protocol and the screen: which processes there are, the sessions that are
//! open on them, what their counters said, how that becomes a history, a `/metrics` page or a trace file. It knows
//! nothing of HTTP and nothing of terminals.
//!
//! | module | question it answers |
//! |---|---|
//! | [`counters`] | what do the counters and meters of one process say? |
//! | [`monitor`] | which processes are there, and what did each one's counters say lately? |
//! | [`exposition`] | how does that look to Prometheus? |
//! | [`recording`] | how is a trace taken, and of what? |
//! | [`observation`] | how does a running process answer a question? |
//! | [`snapshot`] | what is every thread of a process doing now? |
//! | [`native_code`] | what is the native code of a process called? |
//! | [`heap_dump`] | what is on the heap of a process? |
//! | [`settling`] | when is a process far enough in its start to be listened to? |
//!
//! The folds ([`counters::CounterFold`], the history, the exposition) are plain state machines that take events and a
//! clock; only [`counters::CounterSession`], [`recording::Recording`], [`observation::Observation`] and [`monitor::Monitor`] wait for
//! anything.

pub mod counters;
pub mod exposition;
pub mod heap_dump;
pub mod monitor;
pub mod native_code;
pub mod observation;
pub mod recording;
pub mod settling;
pub mod snapshot;
