//! Profiles in the formats of other tools.
//!
//! | | |
//! |---|---|
//! | [`write_speedscope`] | speedscope: a profile over time for every thread |
//! | [`write_chrome`] | Perfetto and Chrome: slices of threads |
//! | [`write_firefox`] | the Firefox Profiler |
//! | [`write_pprof`] | pprof |
//! | [`FlameGraph`] | all stacks in one SVG picture |
//! | [`write_folded`] | a line per stack, for `flamegraph.pl` and its relatives |
//! | [`write_csv`] | a line per method |
//!
//! All write to a [`std::io::Write`] as they go; none builds a document first.

mod activity;
mod chrome;
mod csv;
mod firefox;
mod flame;
mod folded;
mod json;
mod names;
mod pprof;
mod protobuf;
mod spans;
mod speedscope;
mod view;
mod xml;

pub use self::activity::Activity;
pub use self::chrome::write_chrome;
pub use self::csv::write_csv;
pub use self::firefox::write_firefox;
pub use self::flame::FlameGraph;
pub use self::folded::write_folded;
pub use self::pprof::write_pprof;
pub use self::speedscope::write_speedscope;
pub use self::view::{Category, NATIVE, NO_STACK, Selection, WAITING};
pub(crate) use self::xml::Text;
