//! The loader: which assemblies and types are loaded, when, how long that takes, and which were not found.
//!
//! | file | |
//! |---|---|
//! | `requests` | requests for assemblies, by thread |
//! | `types` | types being loaded, by thread |
//! | [`answer`] | what is said in the end |
//! | `document` | the same for people |

pub mod answer;
mod document;
mod requests;
mod types;

use std::collections::BTreeMap;

use dotnet_events::enumerations::{
    AssemblyFlags, ModuleFlags, ResolutionAttemptedResult, ResolutionAttemptedStage,
};
use dotnet_events::runtime::groups::Module;
use dotnet_events::runtime::loader::{
    AppDomainAssemblyResolveHandlerInvoked, AssemblyLoad, AssemblyLoadContextResolvingHandlerInvoked,
    AssemblyLoadFromResolveHandlerInvoked, AssemblyLoadStart, AssemblyLoadStop, AssemblyUnload,
    KnownPathProbed, ModuleLoad, ResolutionAttempted, TypeLoadStart, TypeLoadStop,
};
use dotnet_events::runtime::rundown::AssemblyDCEnd;
use dotnet_events::{EventError, Source, providers};
use nettrace::Event;

pub use self::answer::LoaderAnswer;
use self::requests::Requests;
use self::types::Types;
use crate::bounded::Bounded;
use crate::fold::{Context, Fold};
use crate::report::needs::{Needs, Provider};
use crate::report::{Facts, Question};
use crate::symbols::Code;
use crate::timeline::Timeline;

/// Assemblies, and modules, told apart.
const MAX_ASSEMBLIES: usize = 65_536;
/// Failures told apart.
const MAX_FAILURES: usize = 4_096;
/// The shortest interval of figures over time.
const INTERVAL: i64 = 100_000_000;

/// The runtime's keywords: how assemblies are found; assemblies and modules; types.
const BINDER_KEYWORD: u64 = 0x4;
const LOADER_KEYWORD: u64 = 0x8;
const TYPE_KEYWORD: u64 = 0x80_0000_0000;
/// The rundown's keywords: assemblies and modules, at the end of the session.
const RUNDOWN: u64 = 0x8 | 0x100;

/// Follows the loader.
///
/// It needs the events of a thread in order, not those of all threads.
#[derive(Debug)]
pub struct Loader {
    /// By id.
    assemblies: Bounded<u64, Assembly>,
    /// By the id of their assembly.
    modules: Bounded<u64, ModuleOf>,
    loaded: u64,
    unloaded: u64,
    /// There when the session ended.
    present: u64,
    requests: Requests,
    attempts: BTreeMap<(ResolutionAttemptedStage, ResolutionAttemptedResult), u64>,
    failures: Bounded<(String, String), Failure>,
    handlers: Handlers,
    probes: Probes,
    types: Types,
    over_time: Timeline,
    unreadable: u64,
}

#[derive(Debug)]
struct Assembly {
    name: String,
    at: i64,
    flags: AssemblyFlags,
}

#[derive(Debug)]
struct ModuleOf {
    path: String,
    flags: ModuleFlags,
}

/// An assembly that a load context could not give.
#[derive(Debug, Default)]
struct Failure {
    count: u64,
    /// The last.
    stage: Option<ResolutionAttemptedStage>,
    result: Option<ResolutionAttemptedResult>,
    error: String,
}

/// Handlers of the program that were asked for assemblies.
#[derive(Debug, Clone, Copy, Default)]
struct Handlers {
    resolving: u64,
    assembly_resolve: u64,
    load_from: u64,
}

/// Files that were looked for.
#[derive(Debug, Clone, Copy, Default)]
struct Probes {
    found: u64,
    missing: u64,
}

impl Default for Loader {
    fn default() -> Self {
        Self {
            assemblies: Bounded::new(MAX_ASSEMBLIES),
            modules: Bounded::new(MAX_ASSEMBLIES),
            loaded: 0,
            unloaded: 0,
            present: 0,
            requests: Requests::default(),
            attempts: BTreeMap::new(),
            failures: Bounded::new(MAX_FAILURES),
            handlers: Handlers::default(),
            probes: Probes::default(),
            types: Types::default(),
            over_time: Timeline::of_sums(INTERVAL),
            unreadable: 0,
        }
    }
}

impl Fold for Loader {
    fn uses_code(&self) -> bool {
        false
    }

    fn event(&mut self, event: &Event<'_>, context: &mut Context<'_>) {
        let taken = match context.source {
            Source::Runtime => self.take(event),
            Source::Rundown if event.metadata.event_id == AssemblyDCEnd::ID => {
                self.present += 1;
                Ok(())
            }
            _ => Ok(()),
        };
        if taken.is_err() {
            self.unreadable += 1;
        }
    }
}

impl Loader {
    fn take(&mut self, event: &Event<'_>) -> Result<(), EventError> {
        let now = event.relative_nanos();
        match event.metadata.event_id {
            AssemblyLoad::ID => {
                let load = AssemblyLoad::decode(event)?;
                self.loaded += 1;
                self.over_time.add(now, 1);
                self.assemblies.entry(load.AssemblyID, || Assembly {
                    name: load.FullyQualifiedAssemblyName.to_string(),
                    at: now,
                    flags: load.AssemblyFlags,
                });
            }
            AssemblyUnload::ID => self.unloaded += 1,
            ModuleLoad::ID => self.module(&ModuleLoad::decode(event)?.module),
            AssemblyLoadStart::ID => self.requests.began(event.thread_id, now),
            AssemblyLoadStop::ID => {
                self.requests.ended(event.thread_id, &AssemblyLoadStop::decode(event)?, now);
            }
            ResolutionAttempted::ID => self.attempted(&ResolutionAttempted::decode(event)?),
            AssemblyLoadContextResolvingHandlerInvoked::ID => self.handlers.resolving += 1,
            AppDomainAssemblyResolveHandlerInvoked::ID => self.handlers.assembly_resolve += 1,
            AssemblyLoadFromResolveHandlerInvoked::ID => self.handlers.load_from += 1,
            KnownPathProbed::ID => match KnownPathProbed::decode(event)?.Result {
                0 => self.probes.found += 1,
                _ => self.probes.missing += 1,
            },
            TypeLoadStart::ID => {
                self.types.began(event.thread_id, TypeLoadStart::decode(event)?.TypeLoadStartID, now);
            }
            TypeLoadStop::ID => self.types.ended(event.thread_id, &TypeLoadStop::decode(event)?, now),
            _ => {}
        }
        Ok(())
    }

    fn module(&mut self, module: &Module<'_>) {
        self.modules.entry(module.AssemblyID, || ModuleOf {
            path: module.ModuleILPath.to_string(),
            flags: module.ModuleFlags,
        });
    }

    fn attempted(&mut self, attempt: &ResolutionAttempted<'_>) {
        *self.attempts.entry((attempt.Stage, attempt.Result)).or_default() += 1;
        if attempt.Result == ResolutionAttemptedResult::Success {
            return;
        }
        let key = (attempt.AssemblyName.to_string(), attempt.AssemblyLoadContext.to_string());
        if let Some(failure) = self.failures.entry(key, Failure::default) {
            failure.count += 1;
            failure.stage = Some(attempt.Stage);
            failure.result = Some(attempt.Result);
            if !attempt.ErrorMessage.is_empty() {
                failure.error = attempt.ErrorMessage.to_string();
            }
        }
    }
}

impl Question for Loader {
    const NEEDS: Needs = Needs {
        providers: &[Provider {
            name: providers::RUNTIME,
            keywords: BINDER_KEYWORD | LOADER_KEYWORD | TYPE_KEYWORD,
            level: 4,
            arguments: &[],
        }],
        stacks: false,
        rundown: RUNDOWN,
    };
    const IN_TIME_ORDER: bool = false;
    type Answer = LoaderAnswer;

    fn answer(&self, facts: &Facts, _code: &Code) -> LoaderAnswer {
        answer::of(self, facts)
    }
}
