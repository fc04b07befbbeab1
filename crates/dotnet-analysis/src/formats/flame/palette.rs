//! Which colour a box has. The colours are in `flame.css`.

use super::tree::Label;
use crate::formats::names::comes_with_dotnet;
use crate::formats::view::Category;

/// Shades of a colour, so that neighbours can be told apart.
const SHADES: u32 = 4;
/// Steps of change in either direction.
const STEPS: f64 = 4.0;

/// A class of `flame.css`, and what it stands for.
pub(super) struct Meaning {
    pub(super) class: &'static str,
    pub(super) text: &'static str,
}

/// What the colours of one profile say.
pub(super) const KINDS: [Meaning; 5] = [
    Meaning { class: "m0", text: "application" },
    Meaning { class: "f0", text: "framework" },
    Meaning { class: "n0", text: "native" },
    Meaning { class: "u", text: "unknown" },
    Meaning { class: "w", text: "waiting" },
];

/// What the colours of a comparison say.
pub(super) const CHANGES: [Meaning; 3] = [
    Meaning { class: "up3", text: "larger share than before" },
    Meaning { class: "same", text: "the same" },
    Meaning { class: "down3", text: "smaller share than before" },
];

/// The class of a box: what kind of code, in a shade of its module.
pub(super) fn kind(label: &Label) -> String {
    let shade = |letter: char, of: &str| format!("{letter}{}", hash(of) % SHADES);
    match label.category {
        None => "t".to_owned(),
        Some(Category::Managed) if comes_with_dotnet(&label.module) => shade('f', &label.module),
        Some(Category::Managed) => shade('m', &label.module),
        Some(Category::Native) => shade('n', &label.module),
        Some(Category::Unknown) => "u".to_owned(),
        Some(Category::Waiting) => "w".to_owned(),
    }
}

/// The class of a box whose share changed by `change`, where the largest change of all is `largest`.
pub(super) fn change(change: f64, largest: f64) -> String {
    let step = if largest > 0.0 { (change.abs() / largest * STEPS).ceil().min(STEPS) } else { 0.0 };
    // A change that rounds to nothing in the text is none in colour either.
    match change {
        _ if change.abs() < 0.000_5 => "same".to_owned(),
        change if change > 0.0 => format!("up{step}"),
        _ => format!("down{step}"),
    }
}

/// FNV-1a: the same name has the same shade in every picture.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(module: &str, category: Option<Category>) -> String {
        kind(&Label { module: module.to_owned(), name: String::new(), category })
    }

    #[test]
    fn colours_tell_kinds_apart() {
        assert!(class("Shop", Some(Category::Managed)).starts_with('m'));
        assert!(class("System.Private.CoreLib", Some(Category::Managed)).starts_with('f'));
        assert!(class("Systematic", Some(Category::Managed)).starts_with('m'));
        assert!(class("libcoreclr", Some(Category::Native)).starts_with('n'));
        assert_eq!(class("", Some(Category::Waiting)), "w");
        assert_eq!(class("", None), "t");
    }

    #[test]
    fn changes_have_steps() {
        assert_eq!(change(0.2, 0.2), "up4");
        assert_eq!(change(-0.01, 0.2), "down1");
        assert_eq!(change(0.0001, 0.0001), "same");
        assert_eq!(change(0.0, 0.0), "same");
    }
}
