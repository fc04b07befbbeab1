//! The figures of one trace.

use std::collections::HashMap;
use std::sync::Arc;

use super::change::Per;
use crate::profile::Profile;
use crate::report::Facts;
use crate::report::document::Unit;

/// Things of a kind that are compared one by one. Traces can have more types and methods than anybody reads of.
pub(super) const MAX_THINGS: usize = 20_000;

/// A trace, in figures that can be compared.
#[derive(Debug, Clone)]
pub struct Side {
    /// What to call the trace.
    pub name: String,
    /// The trace.
    pub facts: Facts,
    pub(super) subjects: Vec<Subject>,
    /// Its samples, added up.
    pub(super) profile: Arc<Profile>,
}

/// Figures of one subject. One that a trace says nothing of is not there.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub(super) name: &'static str,
    pub(super) figures: Vec<Figure>,
    pub(super) lists: Vec<List>,
}

/// A figure of a whole trace.
#[derive(Debug, Clone, Copy)]
pub(super) struct Figure {
    pub(super) name: &'static str,
    pub(super) unit: Unit,
    pub(super) per: Per,
    pub(super) value: f64,
}

/// A figure of each of many things, such as types.
#[derive(Debug, Clone)]
pub(super) struct List {
    /// `Exceptions by type`.
    pub(super) title: &'static str,
    /// What a thing is: `Type`.
    pub(super) thing: &'static str,
    pub(super) unit: Unit,
    pub(super) per: Per,
    pub(super) values: HashMap<String, f64>,
}

impl Side {
    pub(super) fn new(name: &str, facts: Facts) -> Self {
        Self { name: name.to_owned(), facts, subjects: Vec::new(), profile: Arc::default() }
    }

    pub(super) fn subject(&self, name: &str) -> Option<&Subject> {
        self.subjects.iter().find(|subject| subject.name == name)
    }

    pub(super) fn seconds(&self) -> f64 {
        self.facts.duration_ns as f64 / 1e9
    }
}

impl Subject {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, figures: Vec::new(), lists: Vec::new() }
    }

    pub(super) fn figure(mut self, name: &'static str, unit: Unit, per: Per, value: f64) -> Self {
        self.figures.push(Figure { name, unit, per, value });
        self
    }

    /// Values of the same name are added up.
    pub(super) fn list(
        mut self,
        (title, thing): (&'static str, &'static str),
        unit: Unit,
        per: Per,
        values: impl Iterator<Item = (String, f64)>,
    ) -> Self {
        let mut list = List { title, thing, unit, per, values: HashMap::new() };
        for (name, value) in values {
            if list.values.len() < MAX_THINGS || list.values.contains_key(&name) {
                *list.values.entry(name).or_default() += value;
            }
        }
        self.lists.push(list);
        self
    }
}
