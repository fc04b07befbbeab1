//! `Microsoft-AspNetCore-Server-Kestrel`: connections and requests of the web server. From .NET Core 3.0 on.

use super::table::event_source;

event_source! {
    1 ConnectionStart "Connection/Start" { connectionId: utf16, localEndPoint: utf16, remoteEndPoint: utf16 }
    2 ConnectionStop "Connection/Stop" { connectionId: utf16 }
    3 RequestStart "Request/Start" {
        connectionId: utf16,
        requestId: utf16,
        httpVersion: utf16 since 0,
        path: utf16 since 0,
        method: utf16 since 0,
    }
    4 RequestStop "Request/Stop" {
        connectionId: utf16,
        requestId: utf16,
        httpVersion: utf16 since 0,
        path: utf16 since 0,
        method: utf16 since 0,
    }
    5 ConnectionRejected "ConnectionRejected" { connectionId: utf16 }
    8 TlsHandshakeStart "TlsHandshake/Start" { connectionId: utf16, sslProtocols: utf16 }
    9 TlsHandshakeStop "TlsHandshake/Stop" {
        connectionId: utf16,
        sslProtocols: utf16,
        applicationProtocol: utf16,
        hostName: utf16,
    }
    10 TlsHandshakeFailed "TlsHandshakeFailed" { connectionId: utf16 }
    11 Configuration "Configuration" {
        instanceId: i32,
        /// As JSON.
        configuration: utf16,
    }
}
