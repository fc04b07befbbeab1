//! The controller: REST routes, pages and /metrics for .NET processes, mountable into any axum server.
