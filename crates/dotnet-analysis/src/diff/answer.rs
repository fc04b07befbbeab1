//! What has changed, in the end.

use std::sync::Arc;

use serde::Serialize;

use super::change::Change;
use super::document;
use super::side::{Figure, List, Side, Subject};
use crate::cpu;
use crate::profile::Profile;
use crate::report::document::{Document, Section};
use crate::report::{Answer, Facts};

/// Things listed of a kind, those that grew most first.
const MAX_LISTED: usize = 1000;

/// What has changed between two traces.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DiffAnswer {
    /// The first trace.
    pub before: Trace,
    /// The second.
    pub after: Trace,
    /// What can be compared.
    pub subjects: Vec<SubjectChanges>,
    /// What only the first trace tells of.
    pub only_before: Vec<&'static str>,
    /// What only the second trace tells of.
    pub only_after: Vec<&'static str>,
    /// The samples of both, added up.
    #[serde(skip)]
    profiles: [Arc<Profile>; 2],
}

/// A trace.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Trace {
    /// What it is called.
    pub name: String,
    /// What there is to say about it.
    #[serde(flatten)]
    pub facts: Facts,
}

/// What has changed of a subject.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SubjectChanges {
    /// `Garbage collections`.
    pub subject: &'static str,
    /// Its figures.
    pub figures: Vec<FigureChange>,
    /// What grew and shrank, one by one.
    pub lists: Vec<Things>,
}

/// A figure of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FigureChange {
    /// `Longest pause`.
    pub name: &'static str,
    /// How it has changed.
    #[serde(flatten)]
    pub change: Change,
}

/// Things of a kind, such as types: those that grew most first.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Things {
    /// `Exceptions by type`.
    pub title: &'static str,
    /// What a thing is: `Type`.
    pub thing: &'static str,
    /// The things.
    pub things: Vec<Thing>,
    /// Things that are not listed: they have changed less than those.
    pub left_out: u64,
}

/// A thing, such as a type.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Thing {
    /// Its name.
    pub name: String,
    /// How its figure has changed.
    #[serde(flatten)]
    pub change: Change,
}

impl DiffAnswer {
    /// What has changed from one trace to another.
    #[must_use]
    pub fn new(before: &Side, after: &Side) -> Self {
        let seconds = [before.seconds(), after.seconds()];
        let both = before.subjects.iter().filter_map(|one| Some((one, after.subject(one.name)?)));
        let only = |one: &Side, other: &Side| {
            let alone = one.subjects.iter().filter(|subject| other.subject(subject.name).is_none());
            alone.map(|subject| subject.name).collect()
        };
        Self {
            subjects: both.map(|(before, after)| SubjectChanges::new(before, after, seconds)).collect(),
            only_before: only(before, after),
            only_after: only(after, before),
            profiles: [before, after].map(|side| Arc::clone(&side.profile)),
            before: Trace { name: before.name.clone(), facts: before.facts.clone() },
            after: Trace { name: after.name.clone(), facts: after.facts.clone() },
        }
    }
}

impl SubjectChanges {
    fn new(before: &Subject, after: &Subject, seconds: [f64; 2]) -> Self {
        let figure = |one: &Figure| {
            let other = after.figures.iter().find(|other| other.name == one.name)?;
            let change = Change::new(one.unit, one.per, [one.value, other.value], seconds);
            Some(FigureChange { name: one.name, change })
        };
        let list = |one: &List| {
            let other = after.lists.iter().find(|other| other.title == one.title)?;
            Some(Things::new(one, other, seconds))
        };
        Self {
            subject: before.name,
            figures: before.figures.iter().filter_map(figure).collect(),
            lists: before.lists.iter().filter_map(list).collect(),
        }
    }
}

impl Things {
    fn new(before: &List, after: &List, seconds: [f64; 2]) -> Self {
        let new = after.values.keys().filter(|name| !before.values.contains_key(*name));
        let value = |list: &List, name: &str| list.values.get(name).copied().unwrap_or(0.0);
        let thing = |name: &String| Thing {
            name: name.clone(),
            change: Change::new(before.unit, before.per, [value(before, name), value(after, name)], seconds),
        };
        let mut things: Vec<Thing> = before.values.keys().chain(new).map(thing).collect();
        // The largest changes stay where there are too many; those that grew most are shown first.
        things.sort_by(|a, b| {
            b.change.growth().abs().total_cmp(&a.change.growth().abs()).then(a.name.cmp(&b.name))
        });
        let left_out = things.len().saturating_sub(MAX_LISTED) as u64;
        things.truncate(MAX_LISTED);
        things.sort_by(|a, b| b.change.growth().total_cmp(&a.change.growth()).then(a.name.cmp(&b.name)));
        Self { title: before.title, thing: before.thing, things, left_out }
    }
}

impl Answer for DiffAnswer {
    fn document(&self) -> Document {
        document::of(self)
    }

    fn pictures(&self) -> Vec<Section> {
        let [before, after] = &self.profiles;
        cpu::picture::differences(before, after)
    }
}
