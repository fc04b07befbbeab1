//! Where time goes: samples, call trees, methods.
//!
//! The runtime's sampler stops all managed threads about a thousand times a second and notes the managed frames of each,
//! whether it runs or waits. So this is about time that passed, not about CPU time.
//!
//! | file | |
//! |---|---|
//! | `sampler` | samples as they come, equal ones in a row put together |
//! | [`Totals`] | samples added up by thread and stack |
//! | [`Timeline`] | samples over time, as a [`Profile`](crate::profile::Profile) |

mod sampler;
mod stack_tree;
mod timeline;
mod totals;

pub use self::timeline::Timeline;
pub use self::totals::{Tally, Totals};
