//! `Microsoft.AspNetCore.Hosting`: requests that a web application handles.

use super::table::event_source;

event_source! {
    1 HostStart "Host/Start" {}
    2 HostStop "Host/Stop" {}
    3 RequestStart "Request/Start" { method: utf16, path: utf16 }
    4 RequestStop "Request/Stop" {}
    5 UnhandledException "UnhandledException" {}
    6 ServerReady "ServerReady" {}
}
