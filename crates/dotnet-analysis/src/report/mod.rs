//! Questions and answers.
//!
//! A [`Question`] is a fold that knows what has to be asked of a process and that has an [`Answer`] in the end: as JSON, and as
//! a [`Document`] for people.
//!
//! | file | |
//! |---|---|
//! | `cell` | values as people read them |
//! | [`document`] | what a report is made of, whoever shows it |
//! | [`facts`] | what there is to say about any trace |
//! | [`needs`] | what has to be asked of a process so that a report can be made |

mod cell;
pub mod document;
pub mod facts;
pub mod needs;

use serde::Serialize;

pub use self::document::Document;
pub use self::facts::Facts;
pub use self::needs::Needs;
use crate::fold::Fold;
use crate::symbols::Code;

/// A fold that answers a question.
pub trait Question: Fold {
    /// What has to be asked of a process.
    const NEEDS: Needs;
    /// What it says in the end.
    type Answer: Answer;

    /// The answer from all events so far.
    fn answer(&self, facts: &Facts, code: &Code) -> Self::Answer;
}

/// What a report says. As JSON it is a promise: members are added, those that are there keep their names.
pub trait Answer: Serialize {
    /// For people. What matters most comes first.
    fn document(&self) -> Document;
}
