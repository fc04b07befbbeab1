//! Real .NET processes for tests.
