//! What an encoder can be told about the way it writes.

use std::time::Duration;

/// A version of NetTrace that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Version {
    /// What runtimes write and all tools read. Arrays and operation codes are said in the way of what is called version 5.
    #[default]
    V4,
    /// Files with named threads, labels and more types of fields. Not to be had over the diagnostics port.
    V6,
}

impl Version {
    /// The number that [`TraceInfo::version`](crate::TraceInfo::version) will have.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::V4 => 4,
            Self::V6 => 6,
        }
    }
}

/// How an [`Encoder`](crate::Encoder) writes. The defaults are what runtimes do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct EncoderOptions {
    /// Version of the format. Default 4.
    pub version: Version,
    /// Bytes of events after which a block is written. Only a single larger event makes a larger block. Default 100 KiB.
    pub max_block_bytes: u32,
    /// How long an event may wait to be written; see [`Encoder::next_flush`](crate::Encoder::next_flush). Default 100 ms.
    pub flush_interval: Duration,
    /// Bytes of the stream after which a sequence point is due; `None` for no sequence points but those that are asked for,
    /// not even at the end. Default 10 MiB.
    pub sequence_point_bytes: Option<u64>,
}

impl EncoderOptions {
    /// The defaults for a version.
    #[must_use]
    pub fn new(version: Version) -> Self {
        Self { version, ..Self::default() }
    }
}

impl Default for EncoderOptions {
    fn default() -> Self {
        Self {
            version: Version::V4,
            max_block_bytes: 100 << 10,
            flush_interval: Duration::from_millis(100),
            sequence_point_bytes: Some(10 << 20),
        }
    }
}
