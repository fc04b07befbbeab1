//! Which frame of a stack is meant: of the method that threw, or that waits, people want to know, not of those that do such
//! things for others.

use crate::profile::{Frame, FrameKind};
use crate::stacks::StackId;
use crate::symbols::Code;

/// Frames of a stack that are looked at.
const MAX_FRAMES: usize = 64;

/// Beginnings of the names of the modules that come with .NET.
const FRAMEWORK: &[&str] = &[
    "Microsoft.AspNetCore.",
    "Microsoft.CSharp",
    "Microsoft.Extensions.",
    "Microsoft.VisualBasic",
    "Microsoft.Win32.",
    "System.",
];
/// Names of the others.
const FRAMEWORK_NAMES: &[&str] = &["System", "mscorlib", "netstandard", "WindowsBase"];

/// Methods that wait for others: their names begin so.
const WAIT_FOR_OTHERS: &[&str] = &[
    "Interop",
    "System.Runtime.CompilerServices.",
    "System.Threading.Condition",
    "System.Threading.CountdownEvent",
    "System.Threading.EventWaitHandle",
    "System.Threading.Lock.",
    "System.Threading.Lock+",
    "System.Threading.LowLevel",
    "System.Threading.ManualResetEventSlim",
    "System.Threading.Monitor",
    "System.Threading.ObjectHeader",
    "System.Threading.ReaderWriterLockSlim",
    "System.Threading.SemaphoreSlim",
    "System.Threading.SpinLock",
    "System.Threading.SpinWait",
    "System.Threading.Tasks.Task.",
    "System.Threading.Tasks.Task`1",
    "System.Threading.Thread.Join",
    "System.Threading.Thread.Sleep",
    "System.Threading.Thread.<",
    "System.Threading.Thread+",
    "System.Threading.WaitHandle",
    "System.Threading.WaitSubsystem",
];

/// Whether that method only waits for its caller.
pub(crate) fn waits_for_others(frame: &Frame) -> bool {
    frame.kind == FrameKind::Native
        || WAIT_FOR_OTHERS.iter().any(|beginning| frame.name.starts_with(beginning))
}

/// A stack from the method on that is meant.
#[derive(Debug, Clone, Default)]
pub(crate) struct Site<'c> {
    /// Leaf first.
    frames: Vec<&'c Frame>,
}

impl<'c> Site<'c> {
    /// The frames of a stack without those at its leaf that work `for_others`. Where all do, the whole stack.
    pub(crate) fn of(code: &'c Code, stack: StackId, for_others: impl Fn(&Frame) -> bool) -> Self {
        let mut frames: Vec<&Frame> = code.frames(stack).take(MAX_FRAMES).collect();
        if let Some(meant) = frames.iter().position(|frame| !for_others(frame)) {
            frames.drain(..meant);
        }
        Self { frames }
    }

    /// The method that is meant; empty without a stack, an address where it has no name.
    pub(crate) fn method(&self) -> &'c str {
        self.frames.first().map_or("", |frame| frame.name.as_str())
    }

    /// Its module; empty where not known.
    pub(crate) fn module(&self) -> &'c str {
        self.frames.first().map_or("", |frame| frame.module.as_str())
    }

    /// Whether the method has a name.
    pub(crate) fn is_named(&self) -> bool {
        self.frames.first().is_some_and(|frame| frame.kind != FrameKind::Unknown)
    }

    /// The first method from there on that is not of .NET itself, if there is one.
    pub(crate) fn of_program(&self) -> Option<&'c str> {
        let mut frames = self.frames.iter();
        frames
            .find(|frame| frame.kind == FrameKind::Managed && !is_framework(frame))
            .map(|frame| frame.name.as_str())
    }

    /// All methods from there on, with their modules.
    pub(crate) fn methods(&self) -> Vec<String> {
        let full_name = |frame: &&Frame| match frame.module.as_str() {
            "" => frame.name.clone(),
            module => format!("{module}!{}", frame.name),
        };
        self.frames.iter().map(full_name).collect()
    }
}

fn is_framework(frame: &Frame) -> bool {
    let (module, beginnings) = (frame.module.as_str(), FRAMEWORK);
    // Stubs have no module, and begin as what they are for.
    let begins = |name: &str| beginnings.iter().any(|beginning| name.starts_with(beginning));
    begins(module)
        || FRAMEWORK_NAMES.contains(&module)
        || module.is_empty() && (begins(&frame.name) || frame.name.starts_with("dynamicClass."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(module: &str, name: &str) -> Frame {
        Frame { module: module.to_owned(), name: name.to_owned(), kind: FrameKind::Managed }
    }

    #[test]
    fn what_comes_with_dotnet_is_told_apart() {
        assert!(is_framework(&frame("System.Private.CoreLib", "System.Int32.Parse(class System.String)")));
        assert!(is_framework(&frame("", "dynamicClass.IL_STUB_PInvoke()")));
        assert!(!is_framework(&frame("Systematic", "Systematic.Main()")));
        assert!(!is_framework(&frame("shop", "System.MyOwn()")));
    }

    #[test]
    fn waiting_is_done_for_others() {
        assert!(waits_for_others(&frame(
            "System.Private.CoreLib",
            "System.Threading.Monitor.Enter(class System.Object)"
        )));
        assert!(waits_for_others(&frame("System.Private.CoreLib", "System.Threading.WaitHandle.WaitOne()")));
        assert!(!waits_for_others(&frame("shop", "Shop.Ledger.Post(int32)")));
    }
}
