//! `pipescope trace list-profiles`.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use pipescope_engine::recording::{DEFAULT_PROFILES, ProviderSpec, TRACE_PROFILES};

use crate::exit::{Failure, written};

pub(super) fn run() -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    written(out.write_all(text().as_bytes()).and_then(|()| out.flush()))
}

fn text() -> String {
    let mut text = String::new();
    for profile in TRACE_PROFILES {
        let default = if DEFAULT_PROFILES.contains(&profile.name) { " (default)" } else { "" };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}{default}\n    {}", profile.name, profile.description);
        for provider in profile.providers {
            let spec = ProviderSpec { arguments: Vec::new(), ..ProviderSpec::from(provider) };
            let _ = writeln!(text, "    {spec}");
        }
        text.push('\n');
    }
    text.push_str("Profiles can be joined: --profile dotnet-common,gc-verbose enables what either does.\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_listed_with_its_providers() {
        let text = text();
        assert!(text.starts_with(
            "dotnet-common (default)\n    The runtime at low cost: GC, assembly loads, JIT, exceptions, thread pool.\n    \
             Microsoft-Windows-DotNETRuntime:0x100003801d:4\n\n"
        ));
        assert!(TRACE_PROFILES.iter().all(|profile| text.contains(&format!("\n{}\n", profile.name))
            || text.contains(&format!("{} (default)\n", profile.name))));
    }
}
