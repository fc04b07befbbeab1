//! Names of C++ as people write them.

use std::fmt;

use cpp_demangle::{DemangleOptions, DemangleWrite, Symbol};

/// Bytes of a name at most. A few letters can stand for a name of any length.
const MAX_NAME: usize = 2048;

/// The name as people write it: that of C++ without its mangling, any other as it is.
pub(super) fn demangle(name: &[u8]) -> String {
    let raw = || {
        let start = name.get(..MAX_NAME).unwrap_or(name);
        String::from_utf8_lossy(start).into_owned()
    };
    if !name.starts_with(b"_Z") {
        return raw();
    }
    let mut text = Bounded(String::new());
    match Symbol::new(name).map(|symbol| symbol.structured_demangle(&mut text, &DemangleOptions::new())) {
        Ok(Ok(())) => text.0,
        _ => raw(),
    }
}

/// Takes no more than [`MAX_NAME`] bytes.
struct Bounded(String);

impl DemangleWrite for Bounded {
    fn write_string(&mut self, part: &str) -> fmt::Result {
        if self.0.len() + part.len() > MAX_NAME {
            return Err(fmt::Error);
        }
        self.0.push_str(part);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_cpp_are_shown_as_written() {
        assert_eq!(demangle(b"_ZN3JIT7CompileEPKci"), "JIT::Compile(char const*, int)");
        assert_eq!(demangle(b"coreclr_initialize"), "coreclr_initialize");
        assert_eq!(demangle(b"_Zwhat"), "_Zwhat");
        assert_eq!(demangle(b"\xff"), "\u{fffd}");
        assert_eq!(demangle(b""), "");
    }

    #[test]
    fn a_name_that_stands_for_a_huge_one_stays_as_it_is() {
        // Each argument is a pair of what the last one was.
        let mut name = b"_Z1fI4pairIiiE".to_vec();
        for number in 0..30 {
            let back = [b"S".as_slice(), &[b'0' + number % 10], b"_"].concat();
            name.extend_from_slice(&[b"4pairI".as_slice(), &back, &back, b"E"].concat());
        }
        name.extend_from_slice(b"Evv");
        assert!(demangle(&name).len() <= MAX_NAME);
        assert!(demangle(&[b'_'; 10_000]).len() <= MAX_NAME);
        assert!(demangle(&[b"_ZN".as_slice(), &b"N".repeat(10_000)].concat()).len() <= MAX_NAME);
    }
}
