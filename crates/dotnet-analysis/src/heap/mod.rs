//! What is on the heap of a process, and why it is still there.
//!
//! | file | |
//! |---|---|
//! | [`dump`] | the events of a heap dump, and the heap they tell of |
//! | `building`, `references`, `addresses`, `shapes` | how they become a graph of about twelve bytes per object |
//! | [`graph`] | objects, references, roots |
//! | [`types`], [`roots`] | how types are called, what keeps objects alive |
//! | [`dominators`] | who keeps whom alive, and how many bytes would go with an object |
//! | [`paths`] | the shortest way from a root to an object |
//! | [`survey`], `ways` | a heap in figures; why the objects of a type are alive |
//! | [`diff`](mod@diff) | what has changed between two dumps |
//! | [`gcdump`] | files that other tools read and write |
//! | [`answer`], `document` | the report |

mod addresses;
pub mod answer;
mod building;
pub mod diff;
mod document;
pub mod dominators;
pub mod dump;
pub mod gcdump;
pub mod graph;
pub mod paths;
mod references;
pub mod roots;
mod shapes;
pub mod survey;
pub mod types;
mod ways;

pub use self::answer::{HeapAnswer, Wanted};
pub use self::diff::{HeapDiffAnswer, TypeChange, diff};
pub use self::dominators::Dominators;
pub use self::dump::{HeapDump, Progress};
pub use self::graph::{About, Heap, Losses};
pub use self::paths::Paths;
pub use self::roots::{Root, RootKind};
pub use self::survey::Survey;
pub use self::types::HeapType;
