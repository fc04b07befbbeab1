//! `System.Net.Security`: TLS handshakes, of clients and servers. From .NET 5 on.

use super::table::event_source;
use crate::enumerations::SslProtocols;

event_source! {
    1 HandshakeStart "Handshake/Start" {
        isServer: bool,
        /// Empty for servers.
        targetHost: utf16,
    }
    2 HandshakeStop "Handshake/Stop" { protocol: u32 as SslProtocols }
    3 HandshakeFailed "HandshakeFailed" { isServer: bool, elapsedMilliseconds: f64, exceptionMessage: utf16 }
}
