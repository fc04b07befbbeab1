//! What a thread waits for, by the method on top of its stack.
//!
//! The sampler sees all managed threads, and most of them wait. Whether it says so depends on the runtime: that of .NET 9 calls
//! nearly every thread external, those of .NET Core 3.1 and .NET 10 only threads outside of managed code (measured). But there
//! are few methods of the framework by which a thread waits, and they do nothing else. Which one is on top depends on the
//! runtime: later ones have moved code from the runtime to managed code, and ready-to-run code has inlined some.

use serde::Serialize;

use crate::profile::{Frame, FrameKind, ThreadState};

/// What a thread waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Wait {
    /// To get a lock that another thread has: `Monitor.Enter`, `lock`.
    Lock,
    /// To be pulsed: `Monitor.Wait`.
    Pulse,
    /// An event, a semaphore, a mutex, a process: any `WaitHandle`.
    Handle,
    /// A slim event or semaphore, a task, a barrier.
    Synchronization,
    /// The end of another thread.
    Join,
    /// Time to pass.
    Sleep,
    /// Work: a thread of the pool that has nothing to do.
    Work,
    /// Sockets to become readable or writable.
    Sockets,
    /// Input, or a reply: a call of the system that reads.
    Input,
}

impl Wait {
    /// In a few words, behind "waits".
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Lock => "for a lock",
            Self::Pulse => "to be pulsed (Monitor.Wait)",
            Self::Handle => "for a wait handle",
            Self::Synchronization => "for an event, a semaphore or a task",
            Self::Join => "for a thread to end",
            Self::Sleep => "for time to pass (sleeps)",
            Self::Work => "for work (idle thread of the pool)",
            Self::Sockets => "for sockets",
            Self::Input => "for input",
        }
    }
}

/// Methods that wait, without their signatures. A `*` at the end stands for anything.
const WAITS: &[(Wait, &[&str])] = &[
    (
        Wait::Lock,
        &[
            "System.Threading.Monitor.Enter*",
            "System.Threading.Monitor.ReliableEnter*",
            "System.Threading.Monitor.TryEnter*",
            "System.Threading.Lock.TryEnterSlow*",
            "System.Threading.Lock.Enter*",
            "System.Threading.ReaderWriterLockSlim.WaitOnEvent",
        ],
    ),
    (
        Wait::Pulse,
        &[
            "System.Threading.Monitor.Wait",
            "System.Threading.Monitor.ObjWait",
            "System.Threading.Condition.Wait",
        ],
    ),
    (
        Wait::Handle,
        &[
            "System.Threading.WaitHandle.*",
            "System.Threading.WaitSubsystem*",
            "System.Threading.EventWaitHandle.Wait*",
        ],
    ),
    (
        Wait::Synchronization,
        &[
            "System.Threading.ManualResetEventSlim.Wait",
            "System.Threading.SemaphoreSlim.Wait*",
            "System.Threading.Tasks.Task.SpinThenBlockingWait",
            "System.Threading.Tasks.Task.InternalWaitCore",
            "System.Threading.Barrier.SignalAndWait",
            "System.Threading.CountdownEvent.Wait",
        ],
    ),
    (Wait::Join, &["System.Threading.Thread.Join*"]),
    (
        Wait::Sleep,
        &["System.Threading.Thread.Sleep*", "System.Threading.Thread.<Sleep>*", "Interop+Sys.Sleep*"],
    ),
    (
        Wait::Work,
        &[
            "System.Threading.LowLevelLifoSemaphore.*",
            "System.Threading.PortableThreadPool+WorkerThread.WaitForWork*",
            "System.Threading.PortableThreadPool+WorkerThread.WorkerThreadStart",
            "System.Threading.PortableThreadPool+GateThread.GateThreadStart",
            "System.Threading.TimerQueue.TimerThread",
        ],
    ),
    (
        Wait::Sockets,
        &[
            "Interop+Sys.WaitForSocketEvents*",
            "System.Net.Sockets.SocketAsyncEngine.EventLoop",
            "Interop+Sys.Poll*",
            "Interop+Sys.Accept*",
            "Interop+Sys.Receive*",
            "Interop+Sys.Select*",
            "Interop+Kernel32.GetQueuedCompletionStatus*",
        ],
    ),
    (
        Wait::Input,
        &[
            "Interop+Sys.Read*",
            "Interop+Sys.WaitPid*",
            "Interop+Sys.StdinReady*",
            "System.ConsolePal.Read",
            "System.IO.RandomAccess.ReadAtOffset",
            "Interop+Kernel32.ReadFile*",
        ],
    ),
];

/// Code between managed code and that of the system, which hides what is called.
const NATIVE_CALLS: &[&str] = &["dynamicClass.IL_STUB_PInvoke", "Interop+*", "Interop.*"];

/// What a stack says its thread is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Doing {
    /// Something, as far as its top method tells.
    Running,
    /// Something in native code that managed code has called: it may run there or wait.
    Native,
    /// Waiting.
    Waiting(Wait),
}

impl Doing {
    /// What it is by the sampler's word too: a thread that does not wait runs if the sampler says that it is in managed code, or
    /// if it says so of none; else it is in native code.
    #[must_use]
    pub fn as_sampled(self, state: ThreadState, tells_apart: bool) -> Self {
        match (self, state) {
            (Self::Running, ThreadState::External) if tells_apart => Self::Native,
            (Self::Native, ThreadState::Managed) => Self::Running,
            _ => self,
        }
    }
}

/// Of how many samples at least one must be called managed, for the sampler's word to mean something: the .NET 9 runtime calls
/// threads external whether they run or not, but for a few when it starts (measured).
const LEAST_MANAGED: u64 = 100;

/// Whether the sampler tells threads in managed code apart from others: by how many samples of threads that do not wait it calls
/// managed, of how many.
#[must_use]
pub fn tells_apart(managed: u64, samples: u64) -> bool {
    managed >= samples.div_ceil(LEAST_MANAGED).max(1)
}

/// What a stack says its thread is doing, from its frames, leaf first.
///
/// Code without a name on top of a method that waits is the stub by which it calls the system: the runtime of .NET 9 does not
/// tell of those that it makes while a session lasts or before it.
pub fn doing<'f>(frames: impl IntoIterator<Item = &'f Frame>) -> Doing {
    let mut is_native = false;
    let mut is_unknown = false;
    for frame in frames {
        if frame.kind == FrameKind::Unknown && !is_native && !is_unknown {
            is_unknown = true;
            continue;
        }
        match frame.kind {
            FrameKind::Managed => {}
            // What it does for its caller, that says best.
            FrameKind::Native => {
                is_native = true;
                continue;
            }
            FrameKind::Unknown => return if is_native { Doing::Native } else { Doing::Running },
        }
        let method = frame.method();
        if let Some(wait) = wait_of(method) {
            return Doing::Waiting(wait);
        }
        if is_unknown {
            return Doing::Running;
        }
        if !NATIVE_CALLS.iter().any(|pattern| matches(pattern, method)) {
            return if is_native { Doing::Native } else { Doing::Running };
        }
        is_native = true;
    }
    if is_native { Doing::Native } else { Doing::Running }
}

/// What a method waits for, if it is one that waits; without its signature.
fn wait_of(method: &str) -> Option<Wait> {
    let is_meant = |methods: &&[&str]| methods.iter().any(|pattern| matches(pattern, method));
    WAITS.iter().find(|(_, methods)| is_meant(methods)).map(|(wait, _)| *wait)
}

fn matches(pattern: &str, method: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => method.starts_with(start),
        None => method == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> Doing {
        let frames: Vec<_> = names
            .iter()
            .map(|name| Frame { module: String::new(), name: (*name).into(), kind: FrameKind::Managed })
            .collect();
        doing(&frames)
    }

    #[test]
    fn a_stub_without_a_name_waits_with_the_method_that_calls_it() {
        let named = |name: &str, kind| Frame { module: String::new(), name: name.into(), kind };
        let stub = || named("0x7fd34adb0435", FrameKind::Unknown);
        let loops = named("System.Net.Sockets.SocketAsyncEngine.EventLoop()", FrameKind::Managed);
        let works = named("Shop.Work()", FrameKind::Managed);
        assert_eq!(doing(&[stub(), loops.clone()]), Doing::Waiting(Wait::Sockets));
        assert_eq!(doing(&[stub(), works.clone(), loops.clone()]), Doing::Running);
        assert_eq!(doing(&[stub(), stub(), loops]), Doing::Running);
        assert_eq!(doing(&[stub()]), Doing::Running);
    }

    #[test]
    fn native_code_waits_with_the_method_that_calls_it() {
        let named = |name: &str, kind| Frame { module: String::new(), name: name.into(), kind };
        let native = || named("epoll_wait", FrameKind::Native);
        let loops = named("System.Net.Sockets.SocketAsyncEngine.EventLoop()", FrameKind::Managed);
        let works = named("Shop.Work()", FrameKind::Managed);
        assert_eq!(doing(&[native(), native(), loops]), Doing::Waiting(Wait::Sockets));
        assert_eq!(doing(&[native(), works]), Doing::Native);
        assert_eq!(doing(&[native()]), Doing::Native);
    }

    #[test]
    fn threads_that_wait_are_known_by_their_top_method() {
        // .NET Core 3.1, .NET 9 and .NET 10, as recorded.
        let waits = [
            (Wait::Lock, "System.Threading.Monitor.Enter(class System.Object,bool&)"),
            (Wait::Lock, "System.Threading.Monitor.Enter_Slowpath(class System.Object)"),
            (Wait::Pulse, "System.Threading.Monitor.Wait(class System.Object,int32)"),
            (Wait::Handle, "System.Threading.WaitHandle.WaitOneCore(int,int32,bool)"),
            (Wait::Sleep, "System.Threading.Thread.Sleep(int32)"),
            (
                Wait::Input,
                "Interop+Sys.Read(class System.Runtime.InteropServices.SafeHandle,unsigned int8*,int32)",
            ),
        ];
        for (wait, method) in waits {
            assert_eq!(of(&[method, "App.Main()"]), Doing::Waiting(wait), "{method}");
        }
        assert_eq!(of(&["App.Main()", "System.Threading.Thread.Sleep(int32)"]), Doing::Running);
        assert_eq!(of(&[]), Doing::Running);
    }

    #[test]
    fn calls_of_native_code_are_looked_through() {
        let stub = "dynamicClass.IL_STUB_PInvoke(int32)";
        assert_eq!(of(&[stub, "App.Compress()"]), Doing::Native);
        assert_eq!(
            of(&[stub, "System.Threading.LowLevelLifoSemaphore.WaitForSignal(int32)"]),
            Doing::Waiting(Wait::Work)
        );
    }
}
