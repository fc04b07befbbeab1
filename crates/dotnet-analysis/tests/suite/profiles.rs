//! Profiles to be written: one made by hand, and any that there may be.

use dotnet_analysis::profile::{
    Frame, FrameId, FrameKind, Node, NodeId, Profile, Samples, ThreadSamples, ThreadState,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};

const MILLISECOND: i64 = 1_000_000;

pub(crate) fn frame(module: &str, name: &str, kind: FrameKind) -> Frame {
    Frame { module: module.to_owned(), name: name.to_owned(), kind }
}

/// Samples of so many milliseconds, one in each; a last one has no duration.
pub(crate) fn samples(rows: &[(u32, Option<u32>, ThreadState)]) -> Vec<Samples> {
    let mut at = 0;
    let mut samples: Vec<Samples> = rows
        .iter()
        .map(|(count, stack, state)| {
            let duration_nanos = i64::from(*count) * MILLISECOND;
            at += duration_nanos;
            let stack = stack.map(NodeId);
            Samples { at_nanos: at - duration_nanos, duration_nanos, count: *count, stack, state: *state }
        })
        .collect();
    if let Some(last) = samples.last_mut() {
        last.duration_nanos = 0;
    }
    samples
}

/// Two threads: one that works, with a recursion, and one that is in native code and sleeps.
pub(crate) fn small() -> Profile {
    use ThreadState::{External, Managed};
    let node = |caller: Option<u32>, frame| Node { caller: caller.map(NodeId), frame: FrameId(frame) };
    Profile {
        name: "shop (77)".to_owned(),
        process_id: 77,
        start_unix_nanos: 1_700_000_000_123_456_789,
        duration_nanos: 40 * MILLISECOND,
        frames: vec![
            frame("Shop", "Shop.Program.Main(class System.String[])", FrameKind::Managed),
            frame("Shop", "Shop.Cart.Total(value class \"x\"<&>,int32)", FrameKind::Managed),
            frame("System.Private.CoreLib", "System.String.Concat(class System.String)", FrameKind::Managed),
            frame("libc.so.6", "epoll_wait", FrameKind::Native),
            frame("", "0x7f0012345678", FrameKind::Unknown),
            frame("System.Private.CoreLib", "System.Threading.Thread.Sleep(int32)", FrameKind::Managed),
        ],
        nodes: vec![
            node(None, 0),
            node(Some(0), 1),
            node(Some(1), 1),
            node(Some(2), 2),
            node(Some(0), 3),
            node(Some(1), 4),
            node(Some(0), 5),
        ],
        threads: vec![
            ThreadSamples {
                thread_id: 77,
                name: Some("main".to_owned()),
                samples: samples(&[
                    (10, Some(3), Managed),
                    (5, Some(2), Managed),
                    (5, Some(1), External),
                    (4, Some(5), Managed),
                    (2, None, Managed),
                    (1, Some(3), Managed),
                ]),
            },
            ThreadSamples {
                thread_id: 78,
                name: None,
                samples: samples(&[(20, Some(4), External), (6, Some(6), External), (1, None, External)]),
            },
        ],
    }
}

/// A word with all that formats have to escape.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z.`\\[\\]<>&\"'\\\\;, \t\n\u{1b}\u{7f}ü😀]{0,12}",
        "[A-Z][a-z]{0,3}",
        Just("a\0b".to_owned()),
        method()
    ]
}

/// Methods that wait, or call native code.
fn method() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("System.Threading.Thread.Sleep(int32)".to_owned()),
        Just("dynamicClass.IL_STUB_PInvoke()".to_owned())
    ]
}

fn kind() -> impl Strategy<Value = FrameKind> {
    prop_oneof![Just(FrameKind::Managed), Just(FrameKind::Native), Just(FrameKind::Unknown)]
}

fn state() -> impl Strategy<Value = ThreadState> {
    prop_oneof![Just(ThreadState::Managed), Just(ThreadState::External)]
}

/// Any profile that keeps the promises of its fields: callers come first, samples are in order and without gaps.
pub(crate) fn any_profile() -> impl Strategy<Value = Profile> {
    let frames = vec((word(), word(), kind()), 1..6);
    let nodes = vec((any::<u8>(), option::weighted(0.9, any::<u8>())), 1..16);
    let run = (0..3_000_000_i64, 1..4_u32, option::weighted(0.9, any::<u8>()), state());
    let thread = (any::<u32>(), option::of(word()), -5..2_000_000_i64, vec(run, 0..12));
    (word(), any::<u32>(), frames, nodes, vec(thread, 0..4)).prop_map(
        |(name, process_id, frames, nodes, threads)| {
            let frames: Vec<Frame> =
                frames.iter().map(|(module, name, kind)| frame(module, name, *kind)).collect();
            let nodes: Vec<Node> = (0u32..)
                .zip(nodes)
                .map(|(index, (frame, caller))| Node {
                    caller: caller.and_then(|caller| u32::from(caller).checked_rem(index)).map(NodeId),
                    frame: FrameId(u32::from(frame) % frames.len() as u32),
                })
                .collect();
            let threads: Vec<ThreadSamples> = threads
                .into_iter()
                .map(|(thread_id, name, start, runs)| {
                    let mut at = start;
                    let mut samples: Vec<Samples> = runs
                        .into_iter()
                        .map(|(duration_nanos, count, stack, state)| {
                            at += duration_nanos;
                            let stack = stack.map(|stack| NodeId(u32::from(stack) % nodes.len() as u32));
                            Samples { at_nanos: at - duration_nanos, duration_nanos, count, stack, state }
                        })
                        .collect();
                    if let Some(last) = samples.last_mut() {
                        last.duration_nanos = 0;
                    }
                    ThreadSamples { thread_id: u64::from(thread_id), name, samples }
                })
                .collect();
            Profile {
                name,
                process_id,
                start_unix_nanos: 1_700_000_000_000_000_000,
                duration_nanos: 40_000_000,
                frames,
                nodes,
                threads,
            }
        },
    )
}
