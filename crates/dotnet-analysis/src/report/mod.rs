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
//! | [`text`], [`html`] | a document as text, and as a page |
//! | [`printable`] | text of an observed process |
//! | [`needs`] | what has to be asked of a process so that a report can be made |
//! | [`words`] | parts of sentences |

mod cell;
pub mod document;
pub mod facts;
pub mod html;
pub mod needs;
pub mod printable;
pub mod text;
pub mod words;

use serde::Serialize;

pub use self::document::{Document, Section};
pub use self::facts::Facts;
pub use self::needs::Needs;
use crate::fold::Fold;
use crate::symbols::Code;

/// A fold that answers a question.
pub trait Question: Fold {
    /// What has to be asked of a process.
    const NEEDS: Needs;
    /// Whether events have to come in the order of time, over all threads. Without it each thread's own events are in order,
    /// which costs less.
    const IN_TIME_ORDER: bool = true;
    /// What it says in the end.
    type Answer: Answer;

    /// What has to be asked of a runtime of this version (`9.0.5`; `None` where it does not say), for questions that are
    /// answered in another way on newer ones.
    fn needs(&self, _runtime: Option<&str>) -> Needs {
        Self::NEEDS
    }

    /// The answer from all events so far.
    fn answer(&self, facts: &Facts, code: &Code) -> Self::Answer;
}

/// What a report says. As JSON it is a promise: members are added, those that are there keep their names.
pub trait Answer: Serialize {
    /// For people. What matters most comes first.
    fn document(&self) -> Document;

    /// Sections that only pages have, such as a flame graph. They are made when a page is written, and come after the first
    /// section of the document.
    fn pictures(&self) -> Vec<Section> {
        Vec::new()
    }
}
