//! Call stacks of addresses, each kept once.
//!
//! They make a tree: a stack is its leaf's address and the stack of the caller. So two stacks with the same callers share
//! them, and a call tree is there already.
//!
//! An address can be code of one method now and of another later, when dynamic code was collected and its memory used again.
//! So a stack is made of [sites](SiteId): an address while it means the same. Where [code changes](Stacks::change_code),
//! addresses get new sites from then on, and stacks with them are other stacks than before.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use nettrace::Stack;

/// A stack that is kept by [`Stacks`]; valid with the one that gave it. The default is [`EMPTY`](Self::EMPTY).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StackId(u32);

impl StackId {
    /// The stack without frames.
    pub const EMPTY: Self = Self(0);

    /// A number from 0, fit as an index: there are [`Stacks::len`] of them, and those of callers are smaller.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// An address while it means the same code; valid with the [`Stacks`] that gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SiteId(u32);

impl SiteId {
    /// A number from 0, fit as an index: there are as many as [`Stacks::sites`] has.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// An address while it means the same code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Site {
    /// The address.
    pub address: u64,
    /// How many pieces of code were known when it was first seen: it is of one of them rather than of a later one.
    pub known_code: u32,
}

/// Stacks, each once.
#[derive(Debug, Default)]
pub struct Stacks {
    /// By [`StackId`], without the empty one.
    nodes: Vec<Node>,
    /// The stack that has one frame more.
    found: HashMap<(StackId, SiteId), StackId>,
    /// By [`SiteId`].
    sites: Vec<Site>,
    /// What addresses mean now.
    current: BTreeMap<u64, SiteId>,
    /// See [`Site::known_code`].
    known_code: u32,
    /// Stacks of the stream since the last sequence point, by their ids; [`NOT_KEPT`] where not seen.
    ids: Vec<StackId>,
    /// Addresses of one stack, while it is kept.
    addresses: Vec<u64>,
    /// Stacks that lost their leafs because there were too many.
    cut: u64,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    caller: StackId,
    site: SiteId,
}

/// Stacks kept, those of callers included, and sites. A trace has some ten thousand.
const MAX_STACKS: usize = 1 << 25;

/// Ids of the stream that are remembered between two sequence points. Runtimes count from 1.
const MAX_IDS: usize = 1 << 22;

/// Place of an id that was not seen yet.
const NOT_KEPT: StackId = StackId(u32::MAX);

impl Stacks {
    /// Keeps a stack of the stream.
    #[inline]
    pub fn keep(&mut self, stack: &Stack<'_>) -> StackId {
        match self.ids.get(stack.id() as usize) {
            Some(known) if *known != NOT_KEPT => *known,
            _ => self.keep_new(stack),
        }
    }

    #[cold]
    fn keep_new(&mut self, stack: &Stack<'_>) -> StackId {
        let mut addresses = std::mem::take(&mut self.addresses);
        addresses.clear();
        addresses.extend(stack.addresses());
        let mut kept = StackId::EMPTY;
        for address in addresses.iter().rev() {
            let Some(next) = self.try_push(kept, *address) else {
                self.cut += 1;
                break;
            };
            kept = next;
        }
        self.addresses = addresses;
        let id = stack.id() as usize;
        // 0 is the id of all stacks of netperf streams.
        if id != 0 && id < MAX_IDS {
            if self.ids.len() <= id {
                self.ids.resize(id + 1, NOT_KEPT);
            }
            if let Some(place) = self.ids.get_mut(id) {
                *place = kept;
            }
        }
        kept
    }

    /// The stack that has one frame more; the same stack when there are too many.
    pub fn push(&mut self, caller: StackId, address: u64) -> StackId {
        self.try_push(caller, address).unwrap_or(caller)
    }

    fn try_push(&mut self, caller: StackId, address: u64) -> Option<StackId> {
        let site = self.site(address)?;
        if let Some(known) = self.found.get(&(caller, site)) {
            return Some(*known);
        }
        if self.nodes.len() >= MAX_STACKS {
            return None;
        }
        self.nodes.push(Node { caller, site });
        let new = StackId(u32::try_from(self.nodes.len()).ok()?);
        self.found.insert((caller, site), new);
        Some(new)
    }

    /// What an address means now; `None` when there are too many.
    pub fn site(&mut self, address: u64) -> Option<SiteId> {
        if let Some(known) = self.current.get(&address) {
            return Some(*known);
        }
        if self.sites.len() >= MAX_STACKS {
            return None;
        }
        let site = SiteId(u32::try_from(self.sites.len()).ok()?);
        self.sites.push(Site { address, known_code: self.known_code });
        self.current.insert(address, site);
        Some(site)
    }

    /// From now on there is other code at these addresses than before, or none.
    pub fn change_code(&mut self, range: Range<u64>) {
        while !range.is_empty() {
            let Some((address, _)) = self.current.range(range.clone()).next() else { break };
            let address = *address;
            self.current.remove(&address);
            // Stacks with that address may be meant otherwise from now on.
            self.ids.clear();
        }
    }

    /// So many pieces of code are known now.
    pub fn know_code(&mut self, pieces: u32) {
        self.known_code = pieces;
    }

    /// The address of the leaf, and the stack of its caller; `None` for the empty stack.
    #[must_use]
    pub fn leaf(&self, stack: StackId) -> Option<(u64, StackId)> {
        let (site, caller) = self.leaf_site(stack)?;
        Some((self.sites.get(site.index())?.address, caller))
    }

    /// The site of the leaf, and the stack of its caller; `None` for the empty stack.
    #[must_use]
    pub fn leaf_site(&self, stack: StackId) -> Option<(SiteId, StackId)> {
        let node = self.nodes.get(stack.index().checked_sub(1)?)?;
        Some((node.site, node.caller))
    }

    /// The sites, leaf first.
    pub fn sites_of(&self, stack: StackId) -> impl Iterator<Item = SiteId> + '_ {
        let mut next = stack;
        std::iter::from_fn(move || {
            let (site, caller) = self.leaf_site(next)?;
            next = caller;
            Some(site)
        })
    }

    /// The addresses, leaf first.
    pub fn addresses(&self, stack: StackId) -> impl Iterator<Item = u64> + '_ {
        self.sites_of(stack).filter_map(|site| Some(self.sites.get(site.index())?.address))
    }

    /// All sites, by [`SiteId::index`].
    #[must_use]
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// How many stacks there are, the empty one and those of callers included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len() + 1
    }

    /// Whether there is none but the empty one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// How many stacks of the stream lack frames at their leafs because there were too many different ones.
    #[must_use]
    pub fn cut(&self) -> u64 {
        self.cut
    }

    /// Forgets the stream's ids, which mean other stacks after a sequence point. The stacks stay.
    pub fn forget_ids(&mut self) {
        self.ids.clear();
    }
}
