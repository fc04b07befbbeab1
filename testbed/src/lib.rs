//! Real .NET processes for tests.
//!
//! [`install`] gets .NET 3.1, 9 and 10 from package registries and compiles the C# programs of `testbed/programs`
//! against each of them; [`Target`] starts one of them, waits until it is ready, and always ends it.
//!
//! ```no_run
//! use testbed::{Program, Runtime, Target};
//!
//! let mut target = Target::start(Runtime::Net9, Program::Work, &[]);
//! let before = target.figures();
//! target.run("throw 100");
//! assert_eq!(target.figures().thrown - before.thrown, 100);
//! ```
//!
//! This crate is for tests, so what cannot be done panics with a message that says what to do about it.

mod builder;
mod http;
mod install;
mod layout;
mod runtime;
mod spawner;
mod target;

pub use builder::Builder;
pub use http::{Response, get};
pub use install::{InstallError, install};
pub use layout::Layout;
pub use runtime::{Program, Runtime};
pub use target::{Figures, Target};
