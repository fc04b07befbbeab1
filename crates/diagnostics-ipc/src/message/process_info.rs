//! What a process says about itself: process info and environment.

use uuid::Uuid;

use super::cursor::{Cursor, Payload};
use super::{Command, DecodeError, EncodeError, Malformed};

/// A process about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessInfo {
    /// The process id as the process sees itself; in a container not the one seen from outside.
    pub pid: u64,
    /// The identity of this instance of the runtime. It changes with every start and is never reused.
    pub runtime_cookie: Uuid,
    /// The command line. Of a runtime suspended at startup only the executable.
    pub command_line: String,
    /// The operating system, such as `linux`.
    pub operating_system: String,
    /// The architecture of the process, such as `x64` or `arm64`.
    pub architecture: String,
    /// The name of the managed entry assembly. Since .NET 6; empty while suspended at startup before .NET 8.
    pub entry_assembly: Option<String>,
    /// The version of the runtime, such as `9.0.5` or `10.0.0-rc.1+c0ffee`. Since .NET 6.
    pub runtime_version: Option<String>,
    /// The portable runtime identifier, such as `linux-musl-x64`. Since .NET 8.
    pub portable_rid: Option<String>,
}

/// The version of the extensible third form. A higher one only appends fields.
const INFO_3_VERSION: u32 = 1;

impl ProcessInfo {
    pub(crate) fn decode(command: Command, cursor: &mut Cursor<'_>) -> Result<ProcessInfo, DecodeError> {
        let (second, third) = forms(command);
        if third {
            let version = cursor.u32("process info version")?;
            if version == 0 {
                return Err(DecodeError {
                    field: "process info version",
                    offset: 0,
                    problem: Malformed::OutOfRange { value: 0 },
                });
            }
        }
        Ok(ProcessInfo {
            pid: cursor.u64("process id")?,
            runtime_cookie: cursor.guid("runtime cookie")?,
            command_line: cursor.text("command line")?,
            operating_system: cursor.text("operating system")?,
            architecture: cursor.text("architecture")?,
            entry_assembly: if second { cursor.string("entry assembly")? } else { None },
            runtime_version: if second { cursor.string("runtime version")? } else { None },
            portable_rid: if third { cursor.string("runtime identifier")? } else { None },
        })
    }

    pub(crate) fn encode(&self, command: Command, payload: &mut Payload) {
        let (second, third) = forms(command);
        if third {
            payload.u32(INFO_3_VERSION);
        }
        payload.u64(self.pid).guid(self.runtime_cookie);
        payload.string(&self.command_line).string(&self.operating_system).string(&self.architecture);
        // Absent is written as empty: the stock tools' reader fails on the null form.
        if second {
            payload.string(self.entry_assembly.as_deref().unwrap_or_default());
            payload.string(self.runtime_version.as_deref().unwrap_or_default());
        }
        if third {
            payload.string(self.portable_rid.as_deref().unwrap_or_default());
        }
    }
}

/// Whether the command has the fields of the second and of the third form.
fn forms(command: Command) -> (bool, bool) {
    let third = command == Command::ProcessInfo3;
    (third || command == Command::ProcessInfo2, third)
}

/// The most a client reads of an environment, in bytes. Linux itself refuses to start a process with more
/// than 6 MiB of arguments and environment, which is twice that in UTF-16.
pub const MAX_ENVIRONMENT_BYTES: usize = 16 << 20;

/// Reads the bytes that follow the reply to `ProcessEnvironment`.
///
/// An entry without `=` gets an empty value; the first character belongs to the name even when it is `=`, as
/// in the hidden variables of Windows.
///
/// # Errors
/// When the bytes do not hold exactly what their count promises.
pub fn decode_environment(bytes: &[u8]) -> Result<Vec<(String, String)>, DecodeError> {
    let mut cursor = Cursor::new(bytes);
    let count = cursor.count("environment", 4)?;
    let mut variables = Vec::with_capacity(count);
    for _ in 0..count {
        variables.push(split_variable(&cursor.text("environment variable")?));
    }
    cursor.end()?;
    Ok(variables)
}

/// The bytes that follow the reply to `ProcessEnvironment`.
///
/// # Errors
/// [`EncodeError::TooLong`] when they exceed [`MAX_ENVIRONMENT_BYTES`].
pub fn encode_environment<'a>(
    variables: impl ExactSizeIterator<Item = (&'a str, &'a str)>,
) -> Result<Vec<u8>, EncodeError> {
    let mut payload = Payload::default();
    payload.count(variables.len());
    for (name, value) in variables {
        payload.string(&format!("{name}={value}"));
    }
    let size = payload.bytes.len();
    if size > MAX_ENVIRONMENT_BYTES {
        return Err(EncodeError::TooLong { what: "the environment", size, limit: MAX_ENVIRONMENT_BYTES });
    }
    Ok(payload.bytes)
}

fn split_variable(entry: &str) -> (String, String) {
    let first = entry.chars().next().map_or(0, char::len_utf8);
    match entry.char_indices().find(|&(at, character)| at >= first && character == '=') {
        Some((at, _)) => {
            let (name, value) = entry.split_at(at);
            (name.to_owned(), value.strip_prefix('=').unwrap_or_default().to_owned())
        }
        None => (entry.to_owned(), String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_split_at_the_first_equals_sign_after_the_name() {
        for (entry, name, value) in [
            ("A=b=c", "A", "b=c"),
            ("A=", "A", ""),
            ("A", "A", ""),
            ("=C:=C:\\x", "=C:", "C:\\x"),
            ("ä=ö", "ä", "ö"),
            ("", "", ""),
        ] {
            assert_eq!(split_variable(entry), (name.to_owned(), value.to_owned()), "{entry}");
        }
    }

    #[test]
    fn surplus_bytes_after_an_environment_are_an_error() {
        let mut bytes = encode_environment([("A", "b")].into_iter()).unwrap();
        assert_eq!(decode_environment(&bytes).unwrap(), [("A".to_owned(), "b".to_owned())]);
        bytes.push(0);
        assert_eq!(decode_environment(&bytes).unwrap_err().problem, Malformed::Trailing { surplus: 1 });
    }
}
