//! Which provider an event is of, found out once per definition.

use nettrace::{Event, Metadata};

use crate::{providers, slot};

macro_rules! sources {
    ($($source:ident = $provider:ident;)*) => {
        /// A provider whose events have structures in this crate.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Source {
            $(
                #[doc = concat!("[`", stringify!($provider), "`](crate::providers::", stringify!($provider), ").")]
                $source,
            )*
            /// Any other.
            Other,
        }

        impl Source {
            /// The source with that name of a provider.
            #[must_use]
            pub fn of_provider(name: &str) -> Self {
                $(
                    if name == providers::$provider {
                        return Self::$source;
                    }
                )*
                Self::Other
            }
        }
    };
}

sources! {
    Runtime = RUNTIME;
    Rundown = RUNTIME_RUNDOWN;
    Private = RUNTIME_PRIVATE;
    Stress = RUNTIME_STRESS;
    SampleProfiler = SAMPLE_PROFILER;
    EventPipe = EVENT_PIPE;
    Tasks = TASKS;
    Framework = FRAMEWORK;
    DiagnosticSource = DIAGNOSTIC_SOURCE;
    Http = HTTP;
    NameResolution = NAME_RESOLUTION;
    Security = SECURITY;
    Sockets = SOCKETS;
    Kestrel = KESTREL;
    Hosting = HOSTING;
    DependencyInjection = DEPENDENCY_INJECTION;
    SystemRuntime = SYSTEM_RUNTIME;
    Metrics = METRICS;
}

/// Tells the source of every event of a stream, and remembers it for the events to come.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// By the [place](slot::of) of the definition: its fingerprint, which notices another stream, and its source.
    known: Vec<Option<(u64, Source)>>,
}

impl Sources {
    /// For a stream of which nothing has been read yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The source of an event.
    #[inline]
    pub fn of(&mut self, event: &Event<'_>) -> Source {
        let metadata = event.metadata;
        match self.known.get(slot::of(metadata)) {
            Some(Some((fingerprint, source))) if *fingerprint == metadata.fingerprint => *source,
            _ => self.find(metadata),
        }
    }

    #[cold]
    fn find(&mut self, metadata: &Metadata) -> Source {
        let index = slot::of(metadata);
        if self.known.len() <= index {
            self.known.resize(index + 1, None);
        }
        let source = Source::of_provider(&metadata.provider);
        if let Some(known) = self.known.get_mut(index) {
            *known = Some((metadata.fingerprint, source));
        }
        source
    }
}
