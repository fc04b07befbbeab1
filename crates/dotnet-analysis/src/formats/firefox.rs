//! The processed profile format of the Firefox Profiler (<https://profiler.firefox.com>), version 60: the first whose tables
//! are shared by all threads. The profiler brings older versions up to date when it loads them.
//!
//! Columns are as `src/types/profile.ts` of its repository has them. Samples that are alike are two rows, the first and the
//! last of them, so that the activity graph shows how long they lasted; weights say how many each stands for.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::io::{self, Write};

use crate::formats::activity::Activity;
use crate::formats::json::{Commas, Nanos, Text, Unit};
use crate::formats::view::{Category, Run, Selection, View};
use crate::profile::{Profile, ThreadSamples};

const VERSION: u32 = 60;
/// Of the format that Firefox itself records.
const RECORDED_VERSION: u32 = 31;
/// What the profiler's kind of resources is called that modules are.
const LIBRARY: u32 = 1;
/// Where nothing says how often samples were taken.
const DEFAULT_INTERVAL: i64 = 1_000_000;

/// Kinds of frames with their colours, which the profiler chooses from its own list. The first grey one is for all that has
/// no other.
const CATEGORIES: [(&str, &str); 4] =
    [("Other", "grey"), ("Managed", "orange"), ("Native", "lightred"), ("Waiting", "transparent")];

fn category(category: Category) -> u32 {
    match category {
        Category::Unknown => 0,
        Category::Managed => 1,
        Category::Native => 2,
        Category::Waiting => 3,
    }
}

/// Writes the chosen samples.
///
/// # Errors
///
/// Those of `out`.
pub fn write_firefox(profile: &Profile, selection: &Selection, out: &mut impl Write) -> io::Result<()> {
    let view = View::new(profile, selection);
    write_meta(&view, out)?;
    out.write_all(b",\"libs\":[],\"threads\":[")?;
    let mut commas = Commas::default();
    for thread in view.threads() {
        out.write_all(commas.next().as_bytes())?;
        write_thread(&view, thread, out)?;
    }
    out.write_all(b"],\"shared\":")?;
    write_shared(&view, out)?;
    out.write_all(b"}")
}

fn write_meta(view: &View<'_>, out: &mut impl Write) -> io::Result<()> {
    let profile = view.profile;
    let ms = |nanos| Nanos { nanos, unit: Unit::Milliseconds };
    write!(
        out,
        "{{\"meta\":{{\"version\":{RECORDED_VERSION},\"preprocessedProfileVersion\":{VERSION},\"product\":{},\
         \"importedFrom\":\"pipescope\",\"interval\":{},\"startTime\":{},\"profilingStartTime\":0,\
         \"profilingEndTime\":{},\"processType\":0,\"stackwalk\":1,\"symbolicated\":true,\
         \"symbolicationNotSupported\":true,\"usesOnlyOneStackType\":true,\"sourceCodeIsNotOnSearchfox\":true,\
         \"keepProfileThreadOrder\":true,\"markerSchema\":[],\"initialSelectedThreads\":[{}],\
         \"sampleUnits\":{{\"time\":\"ms\",\"eventDelay\":\"ms\",\"threadCPUDelta\":\"ns\"}},\"categories\":[",
        Text(&profile.name),
        ms(view.interval_nanos().unwrap_or(DEFAULT_INTERVAL)),
        ms(profile.start_unix_nanos),
        ms(profile.duration_nanos.max(0)),
        busiest(view)
    )?;
    let mut commas = Commas::default();
    for (name, colour) in CATEGORIES {
        let comma = commas.next();
        write!(out, "{comma}{{\"name\":\"{name}\",\"color\":\"{colour}\",\"subcategories\":[\"Other\"]}}")?;
    }
    out.write_all(b"]}")
}

/// The index of the thread that ran managed code most; nothing where there are no threads.
fn busiest(view: &View<'_>) -> String {
    let running =
        |thread| view.runs(thread).filter(|run| run.activity == Activity::Running).map(|run| run.count).sum();
    let threads = view.threads().map(running).zip(0u32..);
    let busiest = threads.max_by_key(|(samples, index): &(u64, u32)| (*samples, Reverse(*index)));
    busiest.map_or_else(String::new, |(_, index)| index.to_string())
}

fn write_thread<'p>(view: &View<'p>, thread: &'p ThreadSamples, out: &mut impl Write) -> io::Result<()> {
    let pid = view.profile.process_id;
    // The first thread of a process has its id.
    let is_main = thread.thread_id == u64::from(pid);
    let unnamed = format!("Thread {}", thread.thread_id);
    let name = thread.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&unnamed);
    write!(
        out,
        "\n{{\"name\":{},\"isMainThread\":{is_main},\"processType\":\"default\",\"processName\":{},\"pid\":\"{pid}\",\
         \"tid\":{},\"processStartupTime\":0,\"processShutdownTime\":null,\"registerTime\":0,\"unregisterTime\":null,\
         \"pausedRanges\":[],\"markers\":{{\"data\":[],\"name\":[],\"startTime\":[],\"endTime\":[],\"phase\":[],\
         \"category\":[],\"length\":0}},\"samples\":{{",
        Text(name),
        Text(&view.profile.name),
        thread.thread_id
    )?;
    let mut length = 0u64;
    rows(view, thread, |_| {
        length += 1;
        Ok(())
    })?;
    write!(out, "\"length\":{length},\"weightType\":\"samples\",\"stack\":[")?;
    let mut commas = Commas::default();
    rows(view, thread, |row| write!(out, "{}{}", commas.next(), row.leaf.0))?;
    out.write_all(b"],\"time\":[")?;
    let mut commas = Commas::default();
    rows(view, thread, |row| {
        write!(out, "{}{}", commas.next(), Nanos { nanos: row.at_nanos, unit: Unit::Milliseconds })
    })?;
    out.write_all(b"],\"weight\":[")?;
    let mut commas = Commas::default();
    rows(view, thread, |row| write!(out, "{}{}", commas.next(), row.count))?;
    out.write_all(b"]}}")
}

/// The rows of a thread's samples: their times, stacks and weights.
fn rows<'p>(
    view: &View<'p>,
    thread: &'p ThreadSamples,
    mut each: impl FnMut(Run) -> io::Result<()>,
) -> io::Result<()> {
    for run in view.runs(thread) {
        if run.count < 2 || run.duration_nanos == 0 {
            each(run)?;
            continue;
        }
        each(Run { count: run.count - 1, ..run })?;
        let step = run.duration_nanos / i64::try_from(run.count).unwrap_or(i64::MAX);
        each(Run { count: 1, at_nanos: run.end_nanos().saturating_sub(step), ..run })?;
    }
    Ok(())
}

/// Stacks, frames, functions and modules. A function is a frame here: what is finer than a method is not known.
fn write_shared(view: &View<'_>, out: &mut impl Write) -> io::Result<()> {
    let frames: Vec<_> = view.frames().collect();
    let mut modules: Vec<&str> = Vec::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    let resources: Vec<Option<usize>> = frames
        .iter()
        .map(|frame| {
            (!frame.module.is_empty()).then(|| {
                *known.entry(frame.module).or_insert_with(|| {
                    modules.push(frame.module);
                    modules.len() - 1
                })
            })
        })
        .collect();
    let count = frames.len();
    let nodes = view.nodes();
    let mut table = Table { out: &mut *out };

    table.begin("{\"stackTable\"", nodes.len())?;
    table.column("frame", nodes.iter().map(|node| node.frame.0))?;
    table.column("prefix", nodes.iter().map(|node| Nullable(node.caller.map(|caller| caller.0))))?;

    table.begin("},\"frameTable\"", count)?;
    table.column("address", frames.iter().map(|_| -1))?;
    table.column("inlineDepth", frames.iter().map(|_| 0))?;
    table.column("category", frames.iter().map(|frame| category(frame.category)))?;
    table.column("subcategory", frames.iter().map(|_| 0))?;
    table.column("func", 0..count)?;
    table.column("innerWindowID", frames.iter().map(|_| 0))?;
    for name in ["nativeSymbol", "line", "column"] {
        table.column(name, frames.iter().map(|_| NULL))?;
    }

    table.begin("},\"funcTable\"", count)?;
    table.column("name", modules.len()..modules.len() + count)?;
    table.column("isJS", frames.iter().map(|_| false))?;
    table.column("relevantForJS", frames.iter().map(|_| false))?;
    table.column("resource", resources.iter().map(|module| module.map_or(-1, |module| module as i64)))?;
    for name in ["source", "lineNumber", "columnNumber"] {
        table.column(name, frames.iter().map(|_| NULL))?;
    }

    table.begin("},\"resourceTable\"", modules.len())?;
    table.column("name", 0..modules.len())?;
    table.column("type", modules.iter().map(|_| LIBRARY))?;
    for name in ["lib", "host"] {
        table.column(name, modules.iter().map(|_| NULL))?;
    }

    table.begin("},\"nativeSymbols\"", 0)?;
    for name in ["libIndex", "address", "name", "functionSize"] {
        table.column(name, [NULL; 0])?;
    }
    table.begin("},\"sources\"", 0)?;
    for name in ["id", "filename"] {
        table.column(name, [NULL; 0])?;
    }
    // Modules first, then frames: that is what the columns above count on.
    let strings = modules.iter().copied().chain(frames.iter().map(|frame| frame.name));
    out.write_all(b"},\"stringArray\":[")?;
    let mut commas = Commas::default();
    for string in strings {
        write!(out, "{}{}", commas.next(), Text(string))?;
    }
    out.write_all(b"]}")
}

/// A value that may be missing.
struct Nullable(Option<u32>);
const NULL: Nullable = Nullable(None);

impl std::fmt::Display for Nullable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(value) => write!(f, "{value}"),
            None => f.write_str("null"),
        }
    }
}

/// A table is an object of columns.
struct Table<'o, W> {
    out: &'o mut W,
}

impl<W: Write> Table<'_, W> {
    /// `before` ends the table before, and has the name of this one.
    fn begin(&mut self, before: &str, length: usize) -> io::Result<()> {
        write!(self.out, "{before}:{{\"length\":{length}")
    }

    fn column<V: std::fmt::Display>(
        &mut self,
        name: &str,
        values: impl IntoIterator<Item = V>,
    ) -> io::Result<()> {
        write!(self.out, ",\"{name}\":[")?;
        let mut commas = Commas::default();
        for value in values {
            write!(self.out, "{}{value}", commas.next())?;
        }
        self.out.write_all(b"]")
    }
}
