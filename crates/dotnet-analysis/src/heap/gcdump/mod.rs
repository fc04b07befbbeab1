//! `.gcdump` files: heaps as PerfView, Visual Studio and dotnet-gcdump keep them.
//!
//! A container of objects that knows how to skip what a reader does not know, and in it one object, a `GCHeapDump` with a
//! `MemoryGraph` (`ipc-and-tools.md` B.4.6). Nodes are numbered; roots are nodes too, under a node that refers to all of them.
//!
//! | file | |
//! |---|---|
//! | `container` | tags, types, texts |
//! | `blob` | a node in a few bytes |
//! | `tree` | the nodes that stand for roots |
//! | [`read`](fn@read), [`write`](fn@write) | the file |

mod blob;
mod container;
mod reading;
mod tree;
mod writing;

pub use self::reading::{HEAD, ReadError, is_gcdump, read};
pub use self::writing::{WriteError, write};
