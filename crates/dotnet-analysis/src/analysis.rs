//! One pass over the events, many folds.

use std::collections::HashMap;
use std::fmt;

use dotnet_events::Sources;
use nettrace::{Event, SequencePoint, Sink, TraceInfo};

use crate::fold::{Context, Fold};
use crate::profile::Frame;
use crate::stacks::Stacks;
use crate::symbols::{Code, Pieces};

/// Shows every event of a trace to several folds. Give it to a decoder.
///
/// ```
/// use dotnet_analysis::{Analysis, Context, Fold};
/// use dotnet_events::Source;
/// use dotnet_events::runtime::exceptions::ExceptionThrown;
/// use nettrace::Event;
///
/// #[derive(Default)]
/// struct Exceptions(u64);
///
/// impl Fold for Exceptions {
///     fn event(&mut self, event: &Event<'_>, context: &mut Context<'_>) {
///         if context.source == Source::Runtime && event.metadata.event_id == ExceptionThrown::ID {
///             self.0 += 1;
///         }
///     }
/// }
///
/// let mut exceptions = Exceptions::default();
/// let mut analysis = Analysis::new().with(&mut exceptions);
/// # let bytes: &[u8] = b"";
/// let _ = nettrace::Decoder::new().push(bytes, &mut analysis);
/// println!("{}", exceptions.0);
/// ```
#[derive(Default)]
pub struct Analysis<'f> {
    folds: Vec<&'f mut dyn Fold>,
    sources: Sources,
    stacks: Stacks,
    /// What is told of code; `None` while no fold uses it.
    pieces: Option<Pieces>,
    trace: Option<TraceInfo>,
    last_ticks: Option<i64>,
}

impl<'f> Analysis<'f> {
    /// Without folds.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Shows events to that fold too.
    #[must_use]
    pub fn with(mut self, fold: &'f mut dyn Fold) -> Self {
        if fold.uses_code() {
            self.pieces.get_or_insert_default();
        }
        self.folds.push(fold);
        self
    }

    /// The head of the trace, once it was read.
    #[must_use]
    pub fn trace(&self) -> Option<&TraceInfo> {
        self.trace.as_ref()
    }

    /// When the last event happened, in ticks of the trace's clock; `None` without events.
    #[must_use]
    pub fn last_ticks(&self) -> Option<i64> {
        self.last_ticks
    }

    /// The stacks that folds kept, with names.
    #[must_use]
    pub fn into_code(self) -> Code {
        self.into_code_with(|_| HashMap::new())
    }

    /// The same, with frames from elsewhere for addresses of which the runtime has told no name: native code, see
    /// [`native`](crate::symbols::native). `elsewhere` is given each such address once, in order, and may leave any out.
    #[must_use]
    pub fn into_code_with(self, elsewhere: impl FnOnce(&[u64]) -> HashMap<u64, Frame>) -> Code {
        Code::new(self.stacks, &self.pieces.unwrap_or_default(), elsewhere)
    }
}

impl Sink for Analysis<'_> {
    fn event(&mut self, event: &Event<'_>) {
        self.last_ticks = self.last_ticks.max(Some(event.timestamp));
        let source = self.sources.of(event);
        if let Some(pieces) = &mut self.pieces {
            pieces.event(event, source, &mut self.stacks);
        }
        let mut context = Context { source, stacks: &mut self.stacks };
        for fold in &mut self.folds {
            fold.event(event, &mut context);
        }
    }

    fn trace(&mut self, trace: &TraceInfo) {
        self.trace = Some(*trace);
        if let Some(pieces) = &mut self.pieces {
            pieces.trace(trace);
        }
        for fold in &mut self.folds {
            fold.trace(trace);
        }
    }

    fn sequence_point(&mut self, _point: &SequencePoint<'_>) {
        self.stacks.forget_ids();
    }
}

impl fmt::Debug for Analysis<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Analysis")
            .field("folds", &self.folds.len())
            .field("stacks", &self.stacks)
            .field("trace", &self.trace)
            .finish_non_exhaustive()
    }
}
