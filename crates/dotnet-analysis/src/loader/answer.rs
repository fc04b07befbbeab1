//! What is said of the loader in the end.

use std::cmp::Reverse;

use dotnet_events::enumerations::{AssemblyFlags, ModuleFlags};
use serde::Serialize;

use super::{Loader, document};
use crate::distribution::Durations;
use crate::report::document::Document;
use crate::report::{Answer, Facts};
use crate::timeline::OverTime;

/// Entries listed of each kind. All count in the totals.
const MAX_LISTED: usize = 1_000;

/// What the loader did.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LoaderAnswer {
    /// Assemblies loaded.
    pub assemblies: u64,
    /// Assemblies unloaded.
    pub unloaded: u64,
    /// Assemblies that were there when the session ended; 0 when it did not ask.
    pub present: u64,
    /// From the start of the trace to its last event.
    pub trace_ns: i64,
    /// Assemblies in the order in which they were loaded.
    pub loaded: Vec<LoadedAssembly>,
    /// Requests for assemblies: how long they took. .NET 5 and later tell them.
    pub requests: Durations,
    /// Requests that failed.
    pub failed_requests: u64,
    /// Requests that were answered with what was found before.
    pub cached_requests: u64,
    /// Assemblies asked for, by time.
    pub requested: Vec<RequestedAssembly>,
    /// What was tried to find assemblies, and what came of it.
    pub attempts: Vec<Attempts>,
    /// Assemblies that a load context could not give, most frequent first. Others may have had them.
    pub failures: Vec<Failure>,
    /// Handlers of the program that were asked for assemblies.
    pub handlers: u64,
    /// Files that were looked for and found.
    pub probes_found: u64,
    /// Files that were looked for and not found.
    pub probes_missing: u64,
    /// Steps of loading types: their own time, without that of types loaded inside of them.
    pub type_loads: Durations,
    /// Types by time.
    pub types: Vec<LoadedType>,
    /// Assemblies loaded over time.
    pub over_time: OverTime,
    /// Events that could not be read.
    pub unreadable: u64,
    /// What to know about the figures, in words.
    pub notes: Vec<String>,
}

/// An assembly that was loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LoadedAssembly {
    /// `Name, Version=..., Culture=..., PublicKeyToken=...`.
    pub name: String,
    /// When, in nanoseconds from the start of the trace.
    pub at_ns: i64,
    /// Its file; empty where it has none or that was not told.
    pub path: String,
    /// Whether it has ready-to-run code; `None` where its module was not told.
    pub ready_to_run: Option<bool>,
    /// Whether it was made at run time.
    pub dynamic: bool,
    /// Whether it can be unloaded.
    pub collectible: bool,
}

/// An assembly that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RequestedAssembly {
    /// Its name, as it was asked for.
    pub name: String,
    /// The load context.
    pub load_context: String,
    /// The assembly that asked first.
    pub requested_by: String,
    /// Requests.
    pub count: u64,
    /// Those that failed.
    pub failed: u64,
    /// Time in all of them, in nanoseconds.
    pub duration_ns: u64,
    /// The longest.
    pub max_ns: u64,
    /// Where it was found.
    pub path: String,
}

/// What was tried to find assemblies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Attempts {
    /// As the runtime calls it: `FindInLoadContext`, ...
    pub stage: String,
    /// As the runtime calls it: `Success`, `AssemblyNotFound`, ...
    pub result: String,
    /// How often.
    pub count: u64,
}

/// An assembly that a load context could not give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Failure {
    /// Its name, as it was asked for.
    pub name: String,
    /// The load context.
    pub load_context: String,
    /// How often.
    pub count: u64,
    /// What was tried last.
    pub stage: String,
    /// What came of that.
    pub result: String,
    /// What the runtime said of it.
    pub error: String,
}

/// A type that was loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LoadedType {
    /// Its name.
    #[serde(rename = "type")]
    pub name: String,
    /// Steps.
    pub count: u64,
    /// Their own time, in nanoseconds.
    pub duration_ns: u64,
}

pub(super) fn of(loader: &Loader, facts: &Facts) -> LoaderAnswer {
    let handlers = loader.handlers;
    let mut answer = LoaderAnswer {
        assemblies: loader.loaded,
        unloaded: loader.unloaded,
        present: loader.present,
        trace_ns: facts.duration_ns,
        loaded: loaded(loader),
        requests: loader.requests.durations.summary(),
        failed_requests: loader.requests.failed,
        cached_requests: loader.requests.cached,
        requested: requested(loader),
        attempts: attempts(loader),
        failures: failures(loader),
        handlers: handlers.resolving + handlers.assembly_resolve + handlers.load_from,
        probes_found: loader.probes.found,
        probes_missing: loader.probes.missing,
        type_loads: loader.types.durations.summary(),
        types: types(loader),
        over_time: loader.over_time.over_time(facts.duration_ns),
        unreadable: loader.unreadable,
        notes: Vec::new(),
    };
    answer.notes = document::notes(&answer);
    answer
}

fn loaded(loader: &Loader) -> Vec<LoadedAssembly> {
    let mut loaded: Vec<_> = loader
        .assemblies
        .iter()
        .map(|(id, assembly)| {
            let module = loader.modules.get(id);
            let has_code = AssemblyFlags::ReadyToRun;
            LoadedAssembly {
                name: assembly.name.clone(),
                at_ns: assembly.at,
                path: module.map(|module| module.path.clone()).unwrap_or_default(),
                ready_to_run: module.map(|module| {
                    module.flags.contains(ModuleFlags::ReadyToRunModule) || assembly.flags.contains(has_code)
                }),
                dynamic: assembly.flags.contains(AssemblyFlags::Dynamic),
                collectible: assembly.flags.contains(AssemblyFlags::Collectible),
            }
        })
        .collect();
    loaded.sort_by(|a, b| (a.at_ns, &a.name).cmp(&(b.at_ns, &b.name)));
    loaded.truncate(MAX_LISTED);
    loaded
}

fn requested(loader: &Loader) -> Vec<RequestedAssembly> {
    let requested = loader.requests.requested.iter().map(|((name, context), requested)| RequestedAssembly {
        name: name.clone(),
        load_context: context.clone(),
        requested_by: requested.by.clone(),
        count: requested.count,
        failed: requested.failed,
        duration_ns: requested.nanos,
        max_ns: requested.max_nanos,
        path: requested.path.clone(),
    });
    let mut requested: Vec<_> = requested.collect();
    requested.sort_by(|a, b| (b.duration_ns, &a.name).cmp(&(a.duration_ns, &b.name)));
    requested.truncate(MAX_LISTED);
    requested
}

fn attempts(loader: &Loader) -> Vec<Attempts> {
    let attempts = loader.attempts.iter().map(|((stage, result), count)| Attempts {
        stage: stage.to_string(),
        result: result.to_string(),
        count: *count,
    });
    attempts.collect()
}

fn failures(loader: &Loader) -> Vec<Failure> {
    let failures = loader.failures.iter().map(|((name, context), failure)| Failure {
        name: name.clone(),
        load_context: context.clone(),
        count: failure.count,
        stage: failure.stage.map_or_else(String::new, |stage| stage.to_string()),
        result: failure.result.map_or_else(String::new, |result| result.to_string()),
        error: failure.error.clone(),
    });
    let mut failures: Vec<_> = failures.collect();
    failures.sort_by(|a, b| (b.count, &a.name, &a.load_context).cmp(&(a.count, &b.name, &b.load_context)));
    failures.truncate(MAX_LISTED);
    failures
}

fn types(loader: &Loader) -> Vec<LoadedType> {
    let types = &loader.types;
    let mut loaded: Vec<_> =
        types.by_type.iter().map(|(name, loaded)| (types.names.get(*name), *loaded)).collect();
    loaded.sort_by_key(|(name, loaded)| (Reverse(loaded.nanos), *name));
    let listed = loaded.into_iter().take(MAX_LISTED).map(|(name, loaded)| LoadedType {
        name: name.to_owned(),
        count: loaded.count,
        duration_ns: loaded.nanos,
    });
    listed.collect()
}

impl Answer for LoaderAnswer {
    fn document(&self) -> Document {
        document::of(self)
    }
}
