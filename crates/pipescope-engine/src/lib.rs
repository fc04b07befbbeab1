//! Live monitoring of .NET processes: targets, sessions, counters, history, recordings.
