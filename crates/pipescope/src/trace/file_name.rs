//! The name of a trace that nobody named.

use jiff::Zoned;

/// `NAME_yyyyMMdd_HHmmss.nettrace`, in the current directory.
pub(crate) fn default_file_name(process_name: &str, now: &Zoned) -> String {
    let safe = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let name: String = process_name.chars().map(safe).collect();
    // A leading dot would hide the file.
    let name = name.trim_start_matches('.');
    format!("{name}_{}.nettrace", now.strftime("%Y%m%d_%H%M%S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_has_process_and_time() {
        let now: Zoned = "2026-11-20T13:04:05[+00:00]".parse().unwrap();
        assert_eq!(default_file_name("Shop.Web", &now), "Shop.Web_20261120_130405.nettrace");
        assert_eq!(default_file_name("../a b", &now), "_a_b_20261120_130405.nettrace");
    }
}
