//! What a runtime answers when it refuses a command: an HRESULT.

use std::fmt;

/// The HRESULT of an error reply.
///
/// Displays as name, number and meaning where it is one of those a runtime is known to answer with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ErrorCode(pub u32);

/// One row of the table of known codes.
struct Known {
    code: ErrorCode,
    name: &'static str,
    meaning: &'static str,
}

impl ErrorCode {
    /// The message was too short, a string was not terminated, or a limit was exceeded.
    pub const BAD_ENCODING: ErrorCode = ErrorCode(0x8013_1384);
    /// This runtime has no such command.
    pub const UNKNOWN_COMMAND: ErrorCode = ErrorCode(0x8013_1385);
    /// The message did not start with the protocol's magic.
    pub const UNKNOWN_MAGIC: ErrorCode = ErrorCode(0x8013_1386);
    /// Something failed without a reason given.
    pub const UNKNOWN_ERROR: ErrorCode = ErrorCode(0x8013_1387);
    /// The feature is not part of this build of the runtime.
    pub const NOT_SUPPORTED: ErrorCode = ErrorCode(0x8013_1515);
    /// The command failed; for a session: no more can be opened.
    pub const FAIL: ErrorCode = ErrorCode(0x8000_4005);
    /// An argument is out of range.
    pub const INVALID_ARGUMENT: ErrorCode = ErrorCode(0x8007_0057);
    /// The runtime is still suspended at startup.
    pub const NOT_YET_AVAILABLE: ErrorCode = ErrorCode(0x8013_135B);
    /// The runtime has not finished starting.
    pub const RUNTIME_UNINITIALIZED: ErrorCode = ErrorCode(0x8013_1371);
    /// A profiler is loaded already.
    pub const PROFILER_ALREADY_ACTIVE: ErrorCode = ErrorCode(0x8013_136A);
    /// A library could not be found or loaded.
    pub const MODULE_NOT_FOUND: ErrorCode = ErrorCode(0x8007_007E);
    /// A buffer in the runtime was too small.
    pub const INSUFFICIENT_BUFFER: ErrorCode = ErrorCode(0x8007_007A);
    /// The environment variable does not exist.
    pub const VARIABLE_NOT_FOUND: ErrorCode = ErrorCode(0x8000_00CB);

    const KNOWN: &[Known] = &[
        Known {
            code: Self::BAD_ENCODING,
            name: "BAD_ENCODING",
            meaning: "the runtime could not read the request",
        },
        Known {
            code: Self::UNKNOWN_COMMAND,
            name: "UNKNOWN_COMMAND",
            meaning: "this runtime does not know the command",
        },
        Known {
            code: Self::UNKNOWN_MAGIC,
            name: "UNKNOWN_MAGIC",
            meaning: "the runtime speaks another version of the protocol",
        },
        Known {
            code: Self::UNKNOWN_ERROR,
            name: "UNKNOWN_ERROR",
            meaning: "the command failed for a reason not given",
        },
        Known {
            code: Self::NOT_SUPPORTED,
            name: "NOT_SUPPORTED",
            meaning: "this build of the runtime has no such feature",
        },
        Known { code: Self::FAIL, name: "E_FAIL", meaning: "the command failed" },
        Known { code: Self::INVALID_ARGUMENT, name: "E_INVALIDARG", meaning: "an argument is out of range" },
        Known {
            code: Self::NOT_YET_AVAILABLE,
            name: "NOT_YET_AVAILABLE",
            meaning: "not possible while the runtime is suspended at startup; resume it first",
        },
        Known {
            code: Self::RUNTIME_UNINITIALIZED,
            name: "RUNTIME_UNINITIALIZED",
            meaning: "the runtime has not finished starting; try again",
        },
        Known {
            code: Self::PROFILER_ALREADY_ACTIVE,
            name: "PROFILER_ALREADY_ACTIVE",
            meaning: "another profiler is loaded already",
        },
        Known {
            code: Self::MODULE_NOT_FOUND,
            name: "ERROR_MOD_NOT_FOUND",
            meaning: "the process cannot find or load the library",
        },
        Known {
            code: Self::INSUFFICIENT_BUFFER,
            name: "INSUFFICIENT_BUFFER",
            meaning: "a buffer in the runtime is too small",
        },
        Known {
            code: Self::VARIABLE_NOT_FOUND,
            name: "ENVVAR_NOT_FOUND",
            meaning: "there is no such environment variable",
        },
    ];

    fn known(self) -> Option<&'static Known> {
        Self::KNOWN.iter().find(|row| row.code == self)
    }

    /// The name in the field's terms, such as `UNKNOWN_COMMAND`.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        self.known().map(|row| row.name)
    }

    /// What it means for the sender of the command.
    #[must_use]
    pub fn meaning(self) -> Option<&'static str> {
        self.known().map(|row| row.meaning)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.known() {
            Some(row) => write!(formatter, "{} ({} {:#010X})", row.meaning, row.name, self.0),
            None => write!(formatter, "error {:#010X}", self.0),
        }
    }
}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(formatter, "ErrorCode({name} {:#010X})", self.0),
            None => write!(formatter, "ErrorCode({:#010X})", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_codes_explain_themselves() {
        assert_eq!(
            ErrorCode::UNKNOWN_COMMAND.to_string(),
            "this runtime does not know the command (UNKNOWN_COMMAND 0x80131385)"
        );
        assert_eq!(ErrorCode(0x8000_0001).to_string(), "error 0x80000001");
    }

    #[test]
    fn the_table_names_each_code_once() {
        for row in ErrorCode::KNOWN {
            assert_eq!(
                ErrorCode::KNOWN.iter().filter(|other| other.code == row.code).count(),
                1,
                "{}",
                row.name
            );
        }
    }
}
