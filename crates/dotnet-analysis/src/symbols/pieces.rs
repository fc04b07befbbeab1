//! Pieces of managed code: where they are, since when, and what they are called.

use std::collections::{BTreeMap, HashMap};

use dotnet_events::Source;
use dotnet_events::runtime::groups::{DomainModule, Method, MethodName, Module};
use dotnet_events::runtime::{loader, methods, rundown};
use nettrace::{Event, TraceInfo};

use super::Compiled;
use super::names::{self, NameAt, Names};
use crate::stacks::{Site, Stacks};

/// What the runtime says of its code, in the order in which it says it.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    all: Vec<Piece>,
    /// What is where now, by where it starts: where it ends, and the index of the piece. These do not overlap. Rundown at the
    /// end changes nothing of it.
    current: BTreeMap<u64, (u64, u32)>,
    names: Names,
    /// Names of methods whose code is told without a name.
    named: HashMap<u64, NameAt>,
    modules: Vec<Box<str>>,
    /// The module that has an id now, as an index.
    module_ids: HashMap<u64, u32>,
    /// In a process with 32-bit pointers code is told with 64.
    has_short_pointers: bool,
    left_out: u64,
}

/// A piece of code: a method as it was compiled once, or a part of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    start: u64,
    end: u64,
    method_id: u64,
    module_id: u64,
    /// Index of the module, if it was known before.
    module: Option<u32>,
    name: Option<NameAt>,
    pub(super) compiled: Compiled,
    told: Told,
}

/// On what occasion the runtime told of code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// It is there from now on.
    Loaded,
    /// It was there when the session began.
    AtStart,
    /// It is there at the end of the session, nobody knows since when.
    AtEnd,
    /// It was there until now.
    Unloaded,
}

/// Pieces kept; the largest programs have some 200 000.
const MAX_PIECES: usize = 1 << 23;

/// Modules kept.
const MAX_MODULES: usize = 1 << 20;

/// Methods kept whose names come apart from their code.
const MAX_NAMED: usize = 1 << 22;

impl Pieces {
    pub(crate) fn trace(&mut self, trace: &TraceInfo) {
        self.has_short_pointers = trace.pointer_size == 4;
    }

    /// Takes what an event tells of code. Those that cannot be read are left out.
    #[inline]
    pub(crate) fn event(&mut self, event: &Event<'_>, source: Source, stacks: &mut Stacks) {
        match source {
            Source::Runtime => self.runtime_event(event, stacks),
            Source::Rundown => self.rundown_event(event, stacks),
            _ => {}
        }
    }

    fn runtime_event(&mut self, event: &Event<'_>, stacks: &mut Stacks) {
        macro_rules! code {
            ($event:ident, $told:ident) => {
                if let Ok(code) = methods::$event::decode(event) {
                    self.code(&code.method, None, Told::$told, stacks);
                }
            };
            ($event:ident, $told:ident, named) => {
                if let Ok(code) = methods::$event::decode(event) {
                    self.code(&code.method, Some(&code.method_name), Told::$told, stacks);
                }
            };
        }
        match event.metadata.event_id {
            methods::MethodDCStartV2::ID => code!(MethodDCStartV2, AtStart),
            methods::MethodDCEndV2::ID => code!(MethodDCEndV2, AtEnd),
            methods::MethodDCStartVerboseV2::ID => code!(MethodDCStartVerboseV2, AtStart, named),
            methods::MethodDCEndVerboseV2::ID => code!(MethodDCEndVerboseV2, AtEnd, named),
            methods::MethodLoad::ID => code!(MethodLoad, Loaded),
            methods::MethodUnload::ID => code!(MethodUnload, Unloaded),
            methods::MethodLoadVerbose::ID => code!(MethodLoadVerbose, Loaded, named),
            methods::MethodUnloadVerbose::ID => code!(MethodUnloadVerbose, Unloaded, named),
            methods::R2RGetEntryPoint::ID => {
                if let Ok(found) = methods::R2RGetEntryPoint::decode(event) {
                    self.name(found.MethodID, &found.method_name);
                }
            }
            loader::DomainModuleLoad::ID => {
                if let Ok(load) = loader::DomainModuleLoad::decode(event) {
                    self.domain_module(&load.domain_module);
                }
            }
            loader::ModuleLoad::ID => {
                if let Ok(load) = loader::ModuleLoad::decode(event) {
                    self.module(&load.module);
                }
            }
            loader::ModuleDCStartV2::ID => {
                if let Ok(present) = loader::ModuleDCStartV2::decode(event) {
                    self.module(&present.module);
                }
            }
            loader::ModuleDCEndV2::ID => {
                if let Ok(present) = loader::ModuleDCEndV2::decode(event) {
                    self.module(&present.module);
                }
            }
            _ => {}
        }
    }

    fn rundown_event(&mut self, event: &Event<'_>, stacks: &mut Stacks) {
        macro_rules! code {
            ($event:ident, $told:ident) => {
                if let Ok(code) = rundown::$event::decode(event) {
                    self.code(&code.method, None, Told::$told, stacks);
                }
            };
            ($event:ident, $told:ident, named) => {
                if let Ok(code) = rundown::$event::decode(event) {
                    self.code(&code.method, Some(&code.method_name), Told::$told, stacks);
                }
            };
        }
        match event.metadata.event_id {
            rundown::MethodDCStart::ID => code!(MethodDCStart, AtStart),
            rundown::MethodDCEnd::ID => code!(MethodDCEnd, AtEnd),
            rundown::MethodDCStartVerbose::ID => code!(MethodDCStartVerbose, AtStart, named),
            rundown::MethodDCEndVerbose::ID => code!(MethodDCEndVerbose, AtEnd, named),
            rundown::DomainModuleDCStart::ID => {
                if let Ok(present) = rundown::DomainModuleDCStart::decode(event) {
                    self.domain_module(&present.domain_module);
                }
            }
            rundown::DomainModuleDCEnd::ID => {
                if let Ok(present) = rundown::DomainModuleDCEnd::decode(event) {
                    self.domain_module(&present.domain_module);
                }
            }
            rundown::ModuleDCStart::ID => {
                if let Ok(present) = rundown::ModuleDCStart::decode(event) {
                    self.module(&present.module);
                }
            }
            rundown::ModuleDCEnd::ID => {
                if let Ok(present) = rundown::ModuleDCEnd::decode(event) {
                    self.module(&present.module);
                }
            }
            _ => {}
        }
    }

    fn code(&mut self, method: &Method<'_>, name: Option<&MethodName<'_>>, told: Told, stacks: &mut Stacks) {
        if self.all.len() >= MAX_PIECES {
            self.left_out += 1;
            return;
        }
        let mut start = method.MethodStartAddress;
        if self.has_short_pointers {
            start &= u64::from(u32::MAX);
        }
        let end = start.saturating_add(method.MethodSize.into());
        let piece = Piece {
            start,
            end,
            method_id: method.MethodID,
            module_id: method.ModuleID,
            module: self.module_ids.get(&method.ModuleID).copied(),
            name: name.and_then(|name| self.names.keep(name)),
            compiled: Compiled::of_flags(method.MethodFlags),
            told,
        };
        self.left_out += u64::from(name.is_some() && piece.name.is_none());
        let index = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        if told != Told::AtEnd {
            if self.displace(&piece) || told == Told::Unloaded {
                stacks.change_code(start..end);
            }
            if told != Told::Unloaded && start < end {
                self.current.insert(start, (end, index));
            }
        }
        self.all.push(piece);
        stacks.know_code(index.saturating_add(1));
    }

    /// Makes room for a piece. Tells whether there was other code: a runtime may well tell of code again, or of what was there
    /// before the session.
    fn displace(&mut self, new: &Piece) -> bool {
        let mut is_other = false;
        while let Some((start, (end, index))) = self.current.range(..new.end).next_back() {
            let (start, end, index) = (*start, *end, *index);
            if end <= new.start {
                break;
            }
            is_other |= self
                .all
                .get(index as usize)
                .is_none_or(|old| (old.start, old.end, old.method_id) != (new.start, new.end, new.method_id));
            self.current.remove(&start);
            if end > new.end {
                self.current.insert(new.end, (end, index));
            }
            if start < new.start {
                self.current.insert(start, (new.start, index));
            }
        }
        is_other
    }

    fn name(&mut self, method_id: u64, name: &MethodName<'_>) {
        if self.named.len() < MAX_NAMED
            && !self.named.contains_key(&method_id)
            && let Some(name) = self.names.keep(name)
        {
            self.named.insert(method_id, name);
        }
    }

    fn module(&mut self, module: &Module<'_>) {
        self.module_path(module.ModuleID, &module.ModuleILPath.to_string());
    }

    fn domain_module(&mut self, module: &DomainModule<'_>) {
        self.module_path(module.ModuleID, &module.ModuleILPath.to_string());
    }

    fn module_path(&mut self, id: u64, path: &str) {
        let name = names::module(path);
        let known = self.module_ids.get(&id).and_then(|index| self.modules.get(*index as usize));
        if known.is_some_and(|known| **known == *name) || self.modules.len() >= MAX_MODULES {
            return;
        }
        if let Ok(index) = u32::try_from(self.modules.len()) {
            self.modules.push(name.into());
            self.module_ids.insert(id, index);
        }
    }

    /// Pieces and names that there was no room for.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    pub(super) fn get(&self, index: usize) -> Option<&Piece> {
        self.all.get(index)
    }

    /// The name of a module; empty when not known.
    pub(super) fn module_of(&self, piece: &Piece) -> &str {
        let index = piece.module.or_else(|| self.module_ids.get(&piece.module_id).copied());
        index.and_then(|index| self.modules.get(index as usize)).map_or("", |name| &**name)
    }

    /// The name of a method, if it was told.
    pub(super) fn name_of(&self, piece: &Piece) -> Option<String> {
        self.name_at(piece).map(|name| self.names.show(name))
    }

    /// Whether the name of a method was told.
    pub(super) fn has_name(&self, piece: &Piece) -> bool {
        self.name_at(piece).is_some()
    }

    fn name_at(&self, piece: &Piece) -> Option<NameAt> {
        piece.name.or_else(|| self.named.get(&piece.method_id).copied())
    }

    /// The piece that each site is of, as an index: the newest of those there when the site was first seen, or else the first
    /// of which was told later. Rundown is told last of all, of code that was there before.
    pub(super) fn of_sites(&self, sites: &[Site]) -> Vec<Option<usize>> {
        let mut by_address: Vec<(u64, usize)> = sites.iter().map(|site| site.address).zip(0..).collect();
        by_address.sort_unstable();
        let mut found = vec![Found::default(); sites.len()];
        // There are far more pieces than sites.
        for (index, piece) in self.all.iter().enumerate() {
            let first = by_address.partition_point(|(address, _)| *address < piece.start);
            let inside = by_address.iter().skip(first).take_while(|(address, _)| *address < piece.end);
            for (_, site) in inside {
                let known_code = sites.get(*site).map_or(0, |site| site.known_code as usize);
                let Some(found) = found.get_mut(*site) else { continue };
                if index >= known_code {
                    found.after = found.after.or(Some(index));
                } else {
                    found.before = Some(index);
                    found.is_gone = piece.told == Told::Unloaded;
                }
            }
        }
        found.into_iter().map(Found::piece).collect()
    }
}

/// Pieces at the address of a site, as indices.
#[derive(Debug, Clone, Copy, Default)]
struct Found {
    /// The last that was known when the site was first seen.
    before: Option<usize>,
    /// Whether that had been unloaded by then.
    is_gone: bool,
    /// The first of which was told later.
    after: Option<usize>,
}

impl Found {
    fn piece(self) -> Option<usize> {
        self.before.filter(|_| !self.is_gone).or(self.after).or(self.before)
    }
}
