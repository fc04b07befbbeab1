//! The .NET diagnostics protocol: messages, discovery and a client.
