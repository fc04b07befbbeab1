//! The table of providers that a trace begins with, in the shape of the stock tool.

use std::fmt::Write as _;

use diagnostics_ipc::request::EventLevel;
use pipescope_engine::recording::{ProviderSpec, TraceRequest};

/// Columns that the table takes.
const WIDTH: usize = 92;

/// A blank line, heads, one row per provider. Where a terminal is too narrow for that, one provider per line in the
/// form that `--providers` takes.
pub(crate) fn provider_table(request: &TraceRequest, width: Option<usize>) -> String {
    // Writing to a String cannot fail.
    let mut text = String::from("\n");
    if width.is_some_and(|width| width < WIDTH) {
        for (provider, by) in &request.providers {
            let spec = ProviderSpec { arguments: Vec::new(), ..provider.clone() };
            let _ = writeln!(text, "{spec}  {}", by.as_str());
        }
        return text;
    }
    let _ = writeln!(text, "{:<40}{:<20}{:<20}Enabled By", "Provider Name", "Keywords", "Level");
    for (provider, by) in &request.providers {
        let keywords = format!("0x{:016X}", provider.keywords);
        let level = format!("{}({})", level_name(provider.level), provider.level as u32);
        // A name that fills its column still ends before the next one.
        let _ = writeln!(text, "{:<39} {keywords:<19} {level:<19} {}", provider.name, by.as_str());
    }
    text
}

/// The level as .NET spells it.
fn level_name(level: EventLevel) -> &'static str {
    match level {
        EventLevel::LogAlways => "LogAlways",
        EventLevel::Critical => "Critical",
        EventLevel::Error => "Error",
        EventLevel::Warning => "Warning",
        EventLevel::Informational => "Informational",
        EventLevel::Verbose => "Verbose",
    }
}

#[cfg(test)]
mod tests {
    use pipescope_engine::recording::TraceChoice;

    use super::*;

    #[test]
    fn the_table_is_that_of_the_stock_tool() {
        assert_eq!(
            provider_table(&TraceChoice::default().compose(), None),
            concat!(
                "\n",
                "Provider Name                           Keywords            Level               Enabled By\n",
                "Microsoft-Windows-DotNETRuntime         0x000000100003801D  Informational(4)    --profile\n",
                "Microsoft-DotNETCore-SampleProfiler     0x0000F00000000000  Informational(4)    --profile\n",
            )
        );
        let providers = ProviderSpec::parse_list("A:1f:5").unwrap();
        let table = provider_table(&TraceChoice { providers, ..TraceChoice::default() }.compose(), Some(92));
        assert!(table.contains(
            "A                                       0x000000000000001F  Verbose(5)          --providers\n"
        ));
        assert!(table.contains(
            "System.Runtime                          0x0000000000000000  Critical(1)         heartbeat\n"
        ));
    }

    #[test]
    fn a_narrow_terminal_gets_one_line_per_provider() {
        let table = provider_table(&TraceChoice::default().compose(), Some(80));
        assert_eq!(
            table,
            concat!(
                "\n",
                "Microsoft-Windows-DotNETRuntime:0x100003801d:4  --profile\n",
                "Microsoft-DotNETCore-SampleProfiler:0xf00000000000:4  --profile\n",
            )
        );
    }
}
