//! `System.Net.NameResolution`: DNS lookups. From .NET 5 on.

use super::table::event_source;

event_source! {
    1 ResolutionStart "Resolution/Start" { hostNameOrAddress: utf16 }
    2 ResolutionStop "Resolution/Stop" {}
    3 ResolutionFailed "ResolutionFailed" {}
}
