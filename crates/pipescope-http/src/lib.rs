//! The controller: REST routes, pages and `/metrics` for every .NET process that a [`Monitor`] watches.
//!
//! [`router`] gives an axum [`Router`](axum::Router) that a program serves by itself or mounts below any path of its
//! own server:
//!
//! ```no_run
//! use pipescope_engine::monitor::{Monitor, MonitorConfig};
//! use pipescope_http::{Controller, Options, router};
//!
//! # async fn example() -> std::io::Result<()> {
//! let controller = Controller::new(Monitor::start(MonitorConfig::default()), Options::default());
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:52323").await?;
//! axum::serve(listener, router(controller)).await
//! # }
//! ```
//!
//! | routes | module | what they are |
//! |---|---|---|
//! | `/processes`, `/process`, `/env`, `/info` | `processes`, `about` | as in dotnet-monitor |
//! | `/trace`, `/livemetrics` | `trace`, `live_metrics` | as in dotnet-monitor, streamed as they arrive |
//! | `/metrics` | `metrics` | Prometheus text for every process |
//! | `/api/v1/...` | `api`, `live` | what the pages use |
//! | `/`, `/assets/...` | `pages` | the pages |
//! | `/-/healthy`, `/-/ready`, `/openapi.json` | `about` | for those who run it |
//!
//! The crate refuses to be a server: listening, TLS and authentication are up to the program that mounts it. What it
//! does guard against is the browser: see [`HostPolicy`].

#![forbid(unsafe_code)]

mod about;
mod api;
mod body;
mod controller;
mod guard;
mod live;
mod live_metrics;
mod metrics;
mod pages;
mod parameters;
mod permits;
mod problem;
mod processes;
mod pump;
mod routes;
mod select;
mod spool;
mod trace;
mod trace_request;
mod wire;

pub use controller::{Controller, HostPolicy, Mask, Options};
pub use routes::router;

#[cfg(doc)]
use pipescope_engine::monitor::Monitor;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
