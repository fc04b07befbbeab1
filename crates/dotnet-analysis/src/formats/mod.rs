//! Profiles in the formats of other tools.
//!
//! | | |
//! |---|---|
//! | [`FlameGraph`] | all stacks in one SVG picture |
//! | [`write_folded`] | a line per stack, for `flamegraph.pl` and its relatives |
//! | [`write_csv`] | a line per method |
//!
//! All write to a [`std::io::Write`] as they go; none builds a document first.

mod csv;
mod flame;
mod folded;
mod names;
mod view;
mod xml;

pub use self::csv::write_csv;
pub use self::flame::FlameGraph;
pub use self::folded::write_folded;
pub use self::view::{Category, NO_STACK, Selection, WAITING};
