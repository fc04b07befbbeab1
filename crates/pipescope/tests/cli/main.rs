//! The program as users run it: the real binary against real .NET processes.

mod counters;
mod harness;
mod help;
mod monitor;
mod processes;
mod serve;
mod trace;
mod trace_ends;
