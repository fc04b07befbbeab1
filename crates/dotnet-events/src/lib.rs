//! What the payloads of .NET events mean: EventCounters and System.Diagnostics.Metrics.
