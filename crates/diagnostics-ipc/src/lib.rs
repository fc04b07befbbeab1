//! The .NET diagnostics protocol: messages, discovery and a client.
//!
//! Every .NET process since .NET Core 3.0 listens at a Unix socket for tools that want to know about it: who are you,
//! start a trace, write a dump. This crate is the tool's side of that, in three layers that can be used on their own:
//!
//! - [`message`] and [`request`] turn requests and replies of every command into bytes and back. They do no I/O, so that a
//!   server can use them as well.
//! - `discovery` (Linux) finds the processes that listen, also in containers, and says of the others why they cannot be
//!   reached.
//! - `client` (Linux; feature `client`, on by default; tokio) sends the commands. Every wait has a limit, and every session
//!   comes to an end.
//!
//! What it refuses to be: a reader of what a session delivers (that is the format's crate), or a judge of when to ask for
//! what (that is the application's business).
//!
//! ```no_run
//! use diagnostics_ipc::client::Client;
//! use diagnostics_ipc::discovery::Scanner;
//!
//! # async fn run() {
//! for process in Scanner::new().scan().processes {
//!     match Client::new(&process).process_info().await {
//!         Ok(info) => println!("{} {}", process.pid, info.command_line),
//!         Err(error) => eprintln!("{error}"),
//!     }
//! }
//! # }
//! ```
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing)]

#[cfg(target_os = "linux")]
mod address;
#[cfg(all(target_os = "linux", feature = "client"))]
pub mod client;
#[cfg(target_os = "linux")]
pub mod discovery;
pub mod message;
pub mod request;

// The examples of the README are compiled like all others.
#[cfg(all(doctest, target_os = "linux", feature = "client"))]
#[doc = include_str!("../README.md")]
struct Readme;
