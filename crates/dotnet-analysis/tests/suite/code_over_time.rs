//! Code comes and goes, and its memory is used again.

use std::collections::HashMap;

use dotnet_analysis::Analysis;
use dotnet_analysis::cpu::Totals;
use dotnet_analysis::profile::{Frame, FrameKind};
use dotnet_analysis::stacks::StackId;
use dotnet_analysis::symbols::{Code, Compiled};
use nettrace::{Encoder, EventRecord, Metadata, TraceInfo, Version};

use crate::corpus;

const RUNTIME: &str = "Microsoft-Windows-DotNETRuntime";
const RUNDOWN: &str = "Microsoft-Windows-DotNETRuntimeRundown";
const SAMPLER: &str = "Microsoft-DotNETCore-SampleProfiler";

/// `MethodFlags`: compiled by the JIT, tier 1.
const TIER_1: u32 = 0x8 | 4 << 7;

/// A stream of what happens to code.
struct Stream {
    encoder: Encoder,
    trace: TraceInfo,
    now: i64,
}

impl Stream {
    fn new(pointer_size: u8) -> Self {
        let mut trace = TraceInfo::new(0, 0, 1_000_000_000);
        trace.pointer_size = pointer_size;
        Self { encoder: Encoder::new(Version::V4, &trace).unwrap(), trace, now: 0 }
    }

    fn event(&mut self, provider: &str, event_id: u32, version: u32, stack: &[u8], payload: &[u8]) {
        let mut metadata = Metadata::new(provider, event_id, "");
        metadata.version = version;
        let definition = self.encoder.define(&metadata).unwrap();
        self.now += 1_000_000;
        let record =
            EventRecord { timestamp: self.now, thread_id: 1, stack, payload, ..EventRecord::default() };
        self.encoder.event(definition, &record).unwrap();
    }

    fn method(&mut self, provider: &str, event_id: u32, start: u64, size: u32, name: &str, flags: u32) {
        let mut payload = Vec::new();
        for number in [start ^ 0xffff, 77, start] {
            payload.extend_from_slice(&number.to_le_bytes());
        }
        for number in [size, 0, flags] {
            payload.extend_from_slice(&number.to_le_bytes());
        }
        for text in ["App", name, "void ()"] {
            wide(&mut payload, text);
        }
        payload.extend_from_slice(&[0; 10]);
        self.event(provider, event_id, 2, &[], &payload);
    }

    fn load(&mut self, start: u64, size: u32, name: &str) {
        self.method(RUNTIME, 143, start, size, name, TIER_1);
    }

    fn unload(&mut self, start: u64, size: u32, name: &str) {
        self.method(RUNTIME, 144, start, size, name, TIER_1);
    }

    fn at_the_end(&mut self, start: u64, size: u32, name: &str) {
        self.method(RUNDOWN, 144, start, size, name, TIER_1);
    }

    fn module(&mut self, id: u64, path: &str) {
        let mut payload = Vec::new();
        for number in [id, 0, 0] {
            payload.extend_from_slice(&number.to_le_bytes());
        }
        wide(&mut payload, path);
        wide(&mut payload, "");
        payload.extend_from_slice(&[0; 2]);
        self.event(RUNTIME, 152, 1, &[], &payload);
    }

    fn sample(&mut self, address: u64) {
        let address = address.to_le_bytes();
        let stack = address.get(..self.trace.pointer_size.into()).unwrap();
        self.event(SAMPLER, 0, 0, stack, &2u32.to_le_bytes());
    }

    /// The code in the end, and the leaf of each of the stacks that were told apart, in order.
    fn analyse(self) -> (Code, Vec<String>, Vec<StackId>) {
        self.analyse_with(|_| HashMap::new())
    }

    /// The same, with frames from elsewhere.
    fn analyse_with(
        self,
        elsewhere: impl FnOnce(&[u64]) -> HashMap<u64, Frame>,
    ) -> (Code, Vec<String>, Vec<StackId>) {
        let bytes = self.encoder.finish().unwrap();
        let mut totals = Totals::default();
        let mut analysis = Analysis::new().with(&mut totals);
        corpus::decode(&bytes, 1 << 16, &mut analysis).1.unwrap();
        let code = analysis.into_code_with(elsewhere);
        let leaf = |stack| code.frames(stack).next().map(|frame| format!("{}!{}", frame.module, frame.name));
        let stacks: Vec<_> = totals.tallies().iter().map(|tally| tally.stack).collect();
        let leafs = stacks.iter().map(|stack| leaf(*stack).unwrap()).collect();
        (code, leafs, stacks)
    }

    fn leafs(self) -> Vec<String> {
        self.analyse().1
    }
}

fn wide(payload: &mut Vec<u8>, text: &str) {
    payload.extend(text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
}

#[test]
fn an_address_means_what_was_there_at_the_time() {
    let mut stream = Stream::new(8);
    stream.load(0x1000, 0x100, "First");
    stream.sample(0x1010);
    stream.load(0x10f0, 0x20, "Overlapping");
    stream.sample(0x1010);
    stream.sample(0x10f8);
    stream.load(0x1000, 0x80, "Second");
    stream.sample(0x1010);
    stream.at_the_end(0x1000, 0x80, "Second");
    assert_eq!(stream.leafs(), ["!App.First()", "!App.Overlapping()", "!App.Second()"]);
}

#[test]
fn unloaded_code_is_known_by_its_unloading() {
    let mut stream = Stream::new(8);
    // Nobody has told of it before.
    stream.sample(0x2010);
    stream.unload(0x2000, 0x100, "Dynamic");
    stream.sample(0x2010);
    stream.load(0x2000, 0x40, "Next");
    stream.sample(0x2010);
    assert_eq!(stream.leafs(), ["!App.Dynamic()", "!App.Next()"]);
}

#[test]
fn code_that_is_told_late_was_there_before() {
    let mut stream = Stream::new(8);
    stream.sample(0x3010);
    stream.load(0x3000, 0x100, "Told");
    stream.sample(0x3010);
    stream.load(0x3000, 0x100, "Told");
    stream.sample(0x3010);
    stream.sample(0x4000);
    stream.at_the_end(0x4000, 1, "Rundown");
    stream.sample(0x4001);
    let (code, leafs, _) = stream.analyse();
    assert_eq!(leafs, ["!App.Told()", "!App.Rundown()", "!0x4001"], "telling again changes nothing");
    assert_eq!(code.stacks().sites().len(), 3);
}

#[test]
fn modules_and_tiers_are_those_of_the_time() {
    let mut stream = Stream::new(8);
    stream.module(77, "/srv/shop/Shop.dll");
    stream.load(0x1000, 0x100, "Sell");
    stream.sample(0x1010);
    stream.module(77, "/srv/shop/Plugin.Two.dll");
    stream.method(RUNTIME, 143, 0x2000, 0x100, "Run", 0);
    stream.sample(0x2010);
    let (code, leafs, stacks) = stream.analyse();
    assert_eq!(leafs, ["Shop!App.Sell()", "Plugin.Two!App.Run()"]);
    let sites: Vec<_> = stacks.iter().map(|stack| code.stacks().leaf_site(*stack).unwrap().0).collect();
    let compiled: Vec<_> = sites.iter().map(|site| code.compiled(*site).unwrap()).collect();
    assert_eq!(compiled, [Compiled::Tier1, Compiled::ReadyToRun]);
}

#[test]
fn code_of_processes_with_short_pointers_is_found() {
    let mut stream = Stream::new(4);
    stream.sample(0xb6a0_1010);
    stream.at_the_end(0xffff_ffff_b6a0_1000, 0x100, "Arm");
    assert_eq!(stream.leafs(), ["!App.Arm()"]);
}

#[test]
fn only_code_without_a_name_gets_one_from_elsewhere() {
    let mut stream = Stream::new(8);
    stream.load(0x1000, 0x100, "Known");
    for address in [0x9008, 0x1010, 0x9000, 0x9008, 0x9108] {
        stream.sample(address);
    }
    let function = Frame { module: "libx.so".to_owned(), name: "f".to_owned(), kind: FrameKind::Native };
    let mut asked = Vec::new();
    let (code, leafs, _) = stream.analyse_with(|addresses| {
        asked.extend_from_slice(addresses);
        [0x1010, 0x9000, 0x9008].map(|address| (address, function.clone())).into()
    });
    assert_eq!(asked, [0x9000, 0x9008, 0x9108]);
    assert_eq!(leafs, ["libx.so!f", "!App.Known()", "libx.so!f", "!0x9108"]);
    assert_eq!(code.all_frames().iter().filter(|frame| **frame == function).count(), 1);
}
