//! A program's own server with the controller mounted below `/diag`.
//!
//! `cargo run -p pipescope-http --example mounted`, then open the address it prints.

use axum::Router;
use axum::routing::get;
use pipescope_engine::monitor::{Monitor, MonitorConfig};
use pipescope_http::{Controller, Options, router};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let controller = Controller::new(Monitor::start(MonitorConfig::default()), Options::default());
    let own =
        Router::new().route("/", get(|| async { "The program's own page. Diagnostics are at /diag.\n" }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/diag", listener.local_addr()?);
    axum::serve(listener, own.nest("/diag", router(controller))).await
}
