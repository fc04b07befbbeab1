//! Names for addresses.
//!
//! The runtime tells what its code is called when it compiles or loads it, if a session asks for that, and at the end of a
//! session: that is rundown. So all names are given at the end, by [`Code`].
//!
//! | file | |
//! |---|---|
//! | `pieces` | what is told of code: where it is, and since when |
//! | [`Compiled`] | how code came to be: ahead of time or by the JIT, and at which tier |
//! | `names` | names of methods and modules, as told and as shown |
//! | [`native`] | names for native code, from the files that a process has mapped |

mod compiled;
mod names;
pub mod native;
mod pieces;

use std::collections::HashMap;

pub use self::compiled::Compiled;
use self::pieces::Piece;
pub(crate) use self::pieces::Pieces;
use crate::profile::{Frame, FrameId, FrameKind};
use crate::stacks::{SiteId, StackId, Stacks};

/// The stacks of a trace, and what the code at their addresses is called. There is one when all events have been read: names
/// come last.
#[derive(Debug, Default)]
pub struct Code {
    stacks: Stacks,
    /// Pieces of code, or names of them, that there was no room for.
    left_out: u64,
    /// By [`FrameId`].
    frames: Vec<Frame>,
    /// By [`SiteId`].
    of_sites: Vec<FrameId>,
    /// By [`SiteId`].
    compiled: Vec<Option<Compiled>>,
}

impl Code {
    /// Finds the frames of all sites; `elsewhere` those at addresses of which the runtime has told no name.
    pub(crate) fn new(
        stacks: Stacks,
        pieces: &Pieces,
        elsewhere: impl FnOnce(&[u64]) -> HashMap<u64, Frame>,
    ) -> Self {
        let places = pieces.of_sites(stacks.sites());
        let others = elsewhere(&nameless(&stacks, pieces, &places));
        let mut code = Self { left_out: pieces.left_out(), ..Self::default() };
        let mut of_pieces: HashMap<usize, FrameId> = HashMap::new();
        let mut known: HashMap<Frame, FrameId> = HashMap::new();
        for (site, index) in stacks.sites().iter().zip(places) {
            let piece = index.and_then(|index| pieces.get(index));
            code.compiled.push(piece.map(|piece| piece.compiled));
            if let Some(id) = index.and_then(|index| of_pieces.get(&index)) {
                code.of_sites.push(*id);
                continue;
            }
            let frame = piece
                .and_then(|piece| managed(pieces, piece))
                .or_else(|| others.get(&site.address).cloned())
                .unwrap_or_else(|| unknown(site.address));
            let next = FrameId(u32::try_from(code.frames.len()).unwrap_or(u32::MAX));
            let id = *known.entry(frame).or_insert_with_key(|frame| {
                code.frames.push(frame.clone());
                next
            });
            if let Some(index) = index {
                of_pieces.insert(index, id);
            }
            code.of_sites.push(id);
        }
        code.stacks = stacks;
        code
    }

    /// The stacks.
    #[must_use]
    pub fn stacks(&self) -> &Stacks {
        &self.stacks
    }

    /// All frames, each once, by [`FrameId`].
    #[must_use]
    pub fn all_frames(&self) -> &[Frame] {
        &self.frames
    }

    /// The frame of a site.
    #[must_use]
    pub fn frame_of(&self, site: SiteId) -> Option<FrameId> {
        self.of_sites.get(site.index()).copied()
    }

    /// How the code of a site came to be; `None` for code that is not managed or not known.
    #[must_use]
    pub fn compiled(&self, site: SiteId) -> Option<Compiled> {
        self.compiled.get(site.index()).copied().flatten()
    }

    /// A frame.
    #[must_use]
    pub fn frame(&self, id: FrameId) -> Option<&Frame> {
        self.frames.get(id.0 as usize)
    }

    /// The frames of a stack, leaf first, by their ids.
    pub fn frame_ids(&self, stack: StackId) -> impl Iterator<Item = FrameId> + '_ {
        self.stacks.sites_of(stack).filter_map(|site| self.frame_of(site))
    }

    /// The frames of a stack, leaf first.
    pub fn frames(&self, stack: StackId) -> impl Iterator<Item = &Frame> + '_ {
        self.frame_ids(stack).filter_map(|id| self.frame(id))
    }

    /// Pieces of code, or names of them, that there was no room for.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }
}

/// The addresses of which the runtime has told no name, each once, in order.
fn nameless(stacks: &Stacks, pieces: &Pieces, places: &[Option<usize>]) -> Vec<u64> {
    let has_name = |index: &usize| pieces.get(*index).is_some_and(|piece| pieces.has_name(piece));
    let sites = stacks.sites().iter().zip(places);
    let nameless = sites.filter(|(_, index)| !index.as_ref().is_some_and(has_name));
    let mut addresses: Vec<u64> = nameless.map(|(site, _)| site.address).collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

fn managed(pieces: &Pieces, piece: &Piece) -> Option<Frame> {
    let name = pieces.name_of(piece)?;
    Some(Frame { module: pieces.module_of(piece).to_owned(), name, kind: FrameKind::Managed })
}

fn unknown(address: u64) -> Frame {
    Frame { module: String::new(), name: format!("{address:#x}"), kind: FrameKind::Unknown }
}
