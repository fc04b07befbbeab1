//! Answers from the events of .NET processes.
//!
//! [`nettrace`] turns a stream into events, [`dotnet_events`] says what they mean; this crate answers the questions people have.
//! Each answer is a [`Fold`], a state machine that takes one event at a time, so that the same one serves a file and a running
//! process. An [`Analysis`] decodes once and shows every event to all folds.
//!
//! | | |
//! |---|---|
//! | [`Fold`], [`Analysis`] | one pass over the events, many folds |
//! | [`heap`] | what is on the heap, and why it is still there |
//! | [`allocations`] | what is allocated, by type and by code |
//! | [`gc`] | collections and their pauses, the heap before and after |
//! | [`stacks`] | call stacks, each kept once |
//! | [`symbols`] | names for addresses |
//! | [`cpu`] | samples: where time goes |
//! | [`snapshot`] | what every thread is doing at one moment |
//! | [`profile`] | samples over time with resolved frames: what the formats out are made of |
//! | [`formats`] | profiles in the formats of other tools, flame graphs |
//! | [`contention`] | who waits for which locks, and who holds them |
//! | [`exceptions`] | what was thrown, where, how often, and who caught it |
//! | [`requests`] | HTTP requests made and served, their phases, DNS, TLS, sockets |
//! | [`jit`] | which methods are compiled, and what that takes |
//! | [`thread_pool`] | how many workers there are and why, how long work waits, what blocks |
//! | [`loader`] | which assemblies and types are loaded, and which were not found |
//! | [`activities`] | what began inside of what, and how long it took |
//! | [`report`] | questions and answers: what to ask of a process, JSON, documents |
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing)]

pub mod activities;
pub mod allocations;
mod analysis;
mod bounded;
mod by_type;
pub mod contention;
pub mod cpu;
pub mod diff;
mod distribution;
pub mod exceptions;
mod fold;
pub mod formats;
pub mod gc;
pub mod heap;
pub mod jit;
pub mod loader;
mod observed;
pub mod profile;
pub mod report;
pub mod requests;
mod sites;
pub mod snapshot;
pub mod stacks;
pub mod symbols;
mod texts;
pub mod thread_pool;
mod timeline;

pub use crate::analysis::Analysis;
pub use crate::distribution::Durations;
pub use crate::fold::{Context, Fold};
pub use crate::timeline::OverTime;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
