//! Exceptions thrown, and the code that handles them.

use super::table::{events, group};
use crate::enumerations::ExceptionThrownFlags;

group! {
    /// A catch, finally or filter block.
    Handler { EntryEIP: u64, MethodID: u64, MethodName: utf16, ClrInstanceID: u16 }
}

events! {
    EVENTS, visit:

    80 ExceptionThrown "Exception/Start" {
        ExceptionType: utf16 since 1,
        ExceptionMessage: utf16 since 1,
        ExceptionEIP: ptr since 1,
        ExceptionHRESULT: u32 since 1,
        ExceptionFlags: u16 as ExceptionThrownFlags since 1,
        ClrInstanceID: u16 since 1,
    }
    250 ExceptionCatchStart "ExceptionCatch/Start" { handler: {Handler} }
    251 ExceptionCatchStop "ExceptionCatch/Stop" {}
    252 ExceptionFinallyStart "ExceptionFinally/Start" { handler: {Handler} }
    253 ExceptionFinallyStop "ExceptionFinally/Stop" {}
    254 ExceptionFilterStart "ExceptionFilter/Start" { handler: {Handler} }
    255 ExceptionFilterStop "ExceptionFilter/Stop" {}
    256 ExceptionThrownStop "Exception/Stop" {}
}
