//! `System.Net.Sockets`: connections that are made and accepted. From .NET 5 on.

use super::table::event_source;
use crate::enumerations::SocketError;

event_source! {
    1 ConnectStart "Connect/Start" { address: utf16 }
    2 ConnectStop "Connect/Stop" {}
    3 ConnectFailed "ConnectFailed" { error: u32 as SocketError, exceptionMessage: utf16 }
    4 AcceptStart "Accept/Start" { address: utf16 }
    5 AcceptStop "Accept/Stop" {}
    6 AcceptFailed "AcceptFailed" { error: u32 as SocketError, exceptionMessage: utf16 }
}
