//! The routes: what they refuse, and what they say about real processes.

mod client;
mod live_metrics;
mod pages;
mod processes;
mod refusals;
mod stream;
mod trace;
