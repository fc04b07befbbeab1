//! What can be wrong with a stream, and where.

use std::fmt;

/// Why decoding stopped. Everything complete before [`offset`](Self::offset) has been delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Where, in bytes from the start of the stream: the start of the item at fault, or for a truncated stream its end.
    pub offset: u64,
    /// The block in which it happened; `None` between blocks and before the first.
    pub block: Option<BlockKind>,
}

/// What is wrong with a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The first bytes are not those of a trace.
    NotNetTrace {
        /// The first bytes.
        found: [u8; 8],
    },
    /// A trace in a version this decoder does not read.
    UnsupportedVersion {
        /// The family of formats.
        format: Format,
        /// The version the stream has.
        requested: u32,
        /// The lowest version that is read.
        min: u32,
        /// The highest version that is read.
        max: u32,
    },
    /// The stream ended without its end mark: a killed process, a broken connection, a cut-off file.
    Truncated,
    /// The bytes contradict the format.
    Malformed {
        /// How.
        reason: &'static str,
    },
    /// The stream asks for more memory than [`Limits`](crate::Limits) allows.
    LimitExceeded {
        /// Name of the field of `Limits`.
        limit: &'static str,
        /// Its value.
        allowed: u64,
        /// What the stream asks for.
        needed: u64,
    },
}

/// The families of trace formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Streams that begin with `Nettrace`: versions 4 and up.
    NetTrace,
    /// The older format of .NET Core 2: versions 1 to 3.
    NetPerf,
}

/// Kinds of blocks of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BlockKind {
    /// The head of the trace: clock, process, pointer size.
    Trace,
    /// Definitions of events.
    Metadata,
    /// Events.
    Event,
    /// Call stacks that events refer to.
    Stack,
    /// A point in time that all earlier events precede.
    SequencePoint,
    /// Threads that events refer to (version 6).
    Thread,
    /// Threads that no later event refers to (version 6).
    RemoveThread,
    /// Lists of labels that events refer to (version 6).
    LabelList,
    /// A kind this decoder does not know; skipped.
    Unknown,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ErrorKind::NotNetTrace { found } => {
                write!(f, "not a NetTrace stream: it begins with \"{}\"", found.escape_ascii())
            }
            ErrorKind::UnsupportedVersion { format, requested, min, max } => {
                let name = match format {
                    Format::NetTrace => "NetTrace",
                    Format::NetPerf => "netperf",
                };
                write!(f, "{name} version {requested} is not supported; versions {min} to {max} are")
            }
            ErrorKind::Truncated => {
                write!(f, "the stream is cut off at byte {}{}", self.offset, In(self.block))
            }
            ErrorKind::Malformed { reason } => {
                write!(f, "the stream is damaged at byte {}{}: {reason}", self.offset, In(self.block))
            }
            ErrorKind::LimitExceeded { limit, allowed, needed } => write!(
                f,
                "the stream exceeds a limit at byte {}{}: {limit} is {allowed}, but {needed} is needed",
                self.offset,
                In(self.block)
            ),
        }
    }
}

impl std::error::Error for Error {}

impl fmt::Display for BlockKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Trace => "trace head",
            Self::Metadata => "metadata block",
            Self::Event => "event block",
            Self::Stack => "stack block",
            Self::SequencePoint => "sequence point block",
            Self::Thread => "thread block",
            Self::RemoveThread => "block of removed threads",
            Self::LabelList => "label list block",
            Self::Unknown => "block of unknown kind",
        })
    }
}

/// The place of an error, as a clause.
struct In(Option<BlockKind>);

impl fmt::Display for In {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(BlockKind::Event) => write!(f, " in an {}", BlockKind::Event),
            Some(BlockKind::Trace) => write!(f, " in the {}", BlockKind::Trace),
            Some(kind) => write!(f, " in a {kind}"),
            None => Ok(()),
        }
    }
}
