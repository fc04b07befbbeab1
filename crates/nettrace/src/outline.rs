//! The outline of a stream: where it can be cut into parts, and what is known there.

use crate::decoder::Decoder;
use crate::event::Event;

/// A place behind a sequence point, and a decoder that goes on there.
pub(crate) struct Cut {
    pub(crate) position: usize,
    pub(crate) decoder: Decoder,
}

/// Cuts what follows `position`, up to which `decoder` has read, into at most so many parts of about the same size. Blocks
/// of events, stacks and labels are stepped over, so that their bytes are not touched. Ends where the frame around blocks
/// does, or what must be read of them, be it the end of the stream or damage.
pub(crate) fn cuts(bytes: &[u8], mut position: usize, decoder: &Decoder, parts: usize) -> Vec<Cut> {
    let mut cuts: Vec<Cut> = Vec::new();
    let Some(mut outline) = decoder.outline() else { return cuts };
    let mut begin = position;
    let mut candidate = None;
    let mut passed = 0;
    let mut ignore = |_: &Event<'_>| {};
    while let (consumed, Ok(Some(_))) = outline.run_block(bytes, position, &mut ignore) {
        position += consumed;
        // There is more behind the sequence point than the end of the stream.
        cuts.extend(candidate.take());
        let left = parts.saturating_sub(cuts.len());
        if left <= 1 {
            break;
        }
        // A sequence point that was left at damage does not count, and is no place to cut.
        let points = outline.statistics().sequence_points;
        if points > passed && position - begin >= (bytes.len() - begin) / left {
            candidate = outline.resume().map(|decoder| Cut { position, decoder });
            begin = position;
        }
        passed = points;
    }
    cuts
}
