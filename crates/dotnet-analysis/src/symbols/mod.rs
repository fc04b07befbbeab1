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

mod compiled;
mod names;
mod pieces;

use std::collections::HashMap;

pub use self::compiled::Compiled;
pub(crate) use self::pieces::Pieces;
use self::pieces::{Index, Piece};
use crate::profile::{Frame, FrameId, FrameKind};
use crate::stacks::{Site, SiteId, StackId, Stacks};

/// The stacks of a trace, and what the code at their addresses is called. There is one when all events have been read: names
/// come last.
#[derive(Debug, Default)]
pub struct Code {
    stacks: Stacks,
    pieces: Pieces,
    index: Index,
    /// By [`FrameId`].
    frames: Vec<Frame>,
    /// By [`SiteId`].
    of_sites: Vec<FrameId>,
    /// By [`SiteId`].
    compiled: Vec<Option<Compiled>>,
}

impl Code {
    pub(crate) fn new(stacks: Stacks, pieces: Pieces) -> Self {
        let index = pieces.index();
        let mut code = Self { stacks, pieces, index, ..Self::default() };
        code.resolve();
        code
    }

    /// Finds the frames of all sites.
    fn resolve(&mut self) {
        let mut of_pieces: HashMap<usize, FrameId> = HashMap::new();
        let mut known: HashMap<Frame, FrameId> = HashMap::new();
        for site in self.stacks.sites() {
            let piece = self.index.find(&self.pieces, *site);
            let compiled = piece.and_then(|piece| self.pieces.get(piece));
            self.compiled.push(compiled.map(|piece| piece.compiled));
            if let Some(id) = piece.and_then(|piece| of_pieces.get(&piece)) {
                self.of_sites.push(*id);
                continue;
            }
            let found = piece.and_then(|piece| self.pieces.get(piece));
            let frame = found.and_then(|piece| self.managed(piece)).unwrap_or_else(|| unknown(site.address));
            let next = FrameId(u32::try_from(self.frames.len()).unwrap_or(u32::MAX));
            let id = *known.entry(frame).or_insert_with_key(|frame| {
                self.frames.push(frame.clone());
                next
            });
            if let Some(piece) = piece {
                of_pieces.insert(piece, id);
            }
            self.of_sites.push(id);
        }
    }

    fn managed(&self, piece: &Piece) -> Option<Frame> {
        let name = self.pieces.name_of(piece)?;
        Some(Frame { module: self.pieces.module_of(piece).to_owned(), name, kind: FrameKind::Managed })
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

    /// The code at an address that is of no stack, such as that of an event's payload, as it was last known.
    #[must_use]
    pub fn at(&self, address: u64) -> Frame {
        let site = Site { address, known_code: u32::MAX };
        let found = self.index.find(&self.pieces, site).and_then(|piece| self.pieces.get(piece));
        found.and_then(|piece| self.managed(piece)).unwrap_or_else(|| unknown(address))
    }

    /// Pieces of code, or names of them, that there was no room for.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.pieces.left_out()
    }
}

fn unknown(address: u64) -> Frame {
    Frame { module: String::new(), name: format!("{address:#x}"), kind: FrameKind::Unknown }
}
