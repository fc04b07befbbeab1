//! `System.Net.Http`: requests of the HTTP client and their phases, connections. From .NET 5 on.
//!
//! The events of a request have its activity, and the phases between have activities below it. A request that is redirected
//! starts once, and has its phases once per hop.

use super::table::event_source;
use crate::enumerations::HttpVersionPolicy;

event_source! {
    1 RequestStart "Request/Start" {
        scheme: utf16,
        host: utf16,
        port: i32,
        pathAndQuery: utf16,
        /// The version of HTTP that is asked for.
        versionMajor: u8,
        versionMinor: u8,
        versionPolicy: u32 as HttpVersionPolicy,
    }
    2 RequestStop "Request/Stop" {
        /// -1 when there was no answer.
        statusCode: i32 since 1,
    }
    3 RequestFailed "RequestFailed" { exceptionMessage: utf16 since 1 }
    4 ConnectionEstablished "ConnectionEstablished" {
        versionMajor: u8,
        versionMinor: u8,
        connectionId: i64 since 1,
        scheme: utf16 since 1,
        host: utf16 since 1,
        port: i32 since 1,
        /// Without the port; empty for a proxy's tunnel.
        remoteAddress: utf16 since 1,
    }
    5 ConnectionClosed "ConnectionClosed" { versionMajor: u8, versionMinor: u8, connectionId: i64 since 1 }
    6 RequestLeftQueue "RequestLeftQueue" {
        /// How long it waited for a connection, or for a place on one.
        timeOnQueueMilliseconds: f64,
        versionMajor: u8,
        versionMinor: u8,
    }
    7 RequestHeadersStart "RequestHeaders/Start" { connectionId: i64 since 1 }
    8 RequestHeadersStop "RequestHeaders/Stop" {}
    9 RequestContentStart "RequestContent/Start" {}
    10 RequestContentStop "RequestContent/Stop" {
        /// In bytes.
        contentLength: i64,
    }
    11 ResponseHeadersStart "ResponseHeaders/Start" {}
    12 ResponseHeadersStop "ResponseHeaders/Stop" { statusCode: i32 since 1 }
    13 ResponseContentStart "ResponseContent/Start" {}
    14 ResponseContentStop "ResponseContent/Stop" {}
    15 RequestFailedDetailed "RequestFailedDetailed" {
        /// With its stack.
        exception: utf16,
    }
    16 Redirect "Redirect" { redirectUri: utf16 }
}
