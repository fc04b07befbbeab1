//! Names for native code: from what a process has mapped, the symbol tables of those files, and the map that a runtime writes
//! for `perf`.
//!
//! Here are the parsers, which take text and bytes. Whoever can see the process reads them: names are only right while it runs,
//! and only with the files that it has mapped itself.
//!
//! | file | |
//! |---|---|
//! | [`Mappings`] | which file is mapped where: `/proc/PID/maps` |
//! | [`elf`] | the functions of a file that was mapped, by its symbol tables |
//! | [`perf_map`] | code that the runtime made: `/tmp/perf-PID.map` |
//! | `demangle` | names of C++ as people write them |

mod demangle;
pub mod elf;
mod mappings;
pub mod perf_map;

pub use self::mappings::{Mapping, Mappings};
