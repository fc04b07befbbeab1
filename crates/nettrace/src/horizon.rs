//! Looking ahead in a stream that is in memory, to see what need not be held back for time order.
//!
//! Blocks of events say in their heads when their earliest and their latest event are (NetTrace, event blocks). So the heads
//! of the blocks up to the next sequence point tell up to what time nothing more can come, without a look at events. What
//! the heads say is not taken on trust: events that come too late are counted, here as elsewhere.

use crate::block::Span;
use crate::cursor::{Cursor, Stop};
use crate::error::BlockKind;
use crate::frame::{self, Frame};
use crate::object::{self, Container, Object};

/// The blocks of events ahead, up to the next sequence point.
#[derive(Debug, Clone, Default)]
pub(crate) struct Horizon {
    /// Where the data of each begins, and the earliest time from there on; the nearest block is the last.
    blocks: Vec<(usize, i64)>,
    /// Where the next sequence point is, or whatever else ends the view.
    end: usize,
}

/// Blocks looked at ahead. Behind more of them anything may come, until they are reached.
const MAX_BLOCKS: usize = 1 << 14;

impl Horizon {
    /// The earliest time that the blocks of events behind `position` have up to the next sequence point. There the data of a
    /// block ends.
    pub(crate) fn earliest_behind(&mut self, stream: &[u8], position: usize, container: Container) -> i64 {
        if position >= self.end {
            self.look(stream, position, container);
        }
        while self.blocks.last().is_some_and(|(begin, _)| *begin < position) {
            self.blocks.pop();
        }
        self.blocks.last().map_or(i64::MAX, |(_, earliest)| *earliest)
    }

    /// Looks ahead from the end of a block's data.
    fn look(&mut self, stream: &[u8], position: usize, container: Container) {
        self.blocks.clear();
        self.end = position + 1;
        let mut end = position;
        // What cannot be read brings no events either: the stream ends there, or reading does.
        while let Ok(Some((kind, begin, size))) = next_block(stream, end, container) {
            if kind == BlockKind::SequencePoint {
                break;
            }
            if kind == BlockKind::Event
                && let Some(data) = stream.get(begin..)
                && size > Span::HEAD
            {
                if self.blocks.len() == MAX_BLOCKS {
                    self.blocks.push((begin, i64::MIN));
                    break;
                }
                let span = Span::read(data);
                self.blocks.push((begin, span.map_or(i64::MIN, |span| span.earliest)));
            }
            end = begin.saturating_add(size);
            self.end = end;
        }
        self.blocks.reverse();
        let mut earliest = i64::MAX;
        for (_, time) in &mut self.blocks {
            earliest = earliest.min(*time);
            *time = earliest;
        }
    }
}

/// The kind of the block behind another's data, and where its own data is and how long. `None` at the end of the stream.
fn next_block(
    stream: &[u8],
    position: usize,
    container: Container,
) -> Result<Option<(BlockKind, usize, usize)>, Stop> {
    let mut cursor = Cursor::new(stream.get(position..).unwrap_or_default());
    let at = |cursor: &Cursor<'_>| stream.len() - cursor.remaining();
    let (kind, size) = match container {
        Container::Frames => match frame::read_head(&mut cursor)? {
            Frame::End => return Ok(None),
            Frame::Block(kind, size) => (kind, size),
        },
        Container::Objects | Container::NetPerf => {
            object::read_object_end(&mut cursor)?;
            match object::read_object_head(&mut cursor, container)? {
                Object::End | Object::Trace(_) => return Ok(None),
                Object::Block { kind, .. } => {
                    let offset = at(&cursor) as u64;
                    (kind, object::read_block_size(&mut cursor, offset)?)
                }
            }
        }
    };
    Ok(Some((kind, at(&cursor), size as usize)))
}

/// Whether the times of events in `data`, which are no farther apart than `ticks`, may go back somewhere. Where they do,
/// there is a difference that is negative: ten bytes, of which for steps of less than 2^35 ticks the sixth to the ninth have
/// all bits set and the last is 1 (NetTrace 4, compressed event header; LEB128).
pub(crate) fn may_step_back(data: &[u8], ticks: u64) -> bool {
    const STEP: [u8; 5] = [0xff, 0xff, 0xff, 0xff, 1];
    /// Bytes looked at together, so that the compiler can do it with wide registers.
    const CHUNK: usize = 256;
    if ticks >= 1 << 35 {
        return true;
    }
    let mut rest = data;
    while !rest.is_empty() {
        let chunk = rest.get(..CHUNK + STEP.len() - 1).unwrap_or(rest);
        // Two bytes that are the end of one first: almost never is there such a pair.
        let next = chunk.get(1..).unwrap_or_default();
        let after = chunk.get(2..).unwrap_or_default();
        let found = chunk.iter().zip(next).zip(after).fold(0, |found, ((a, b), c)| {
            found | u8::from(*a == 0xff) & u8::from(*b == 0xff) & u8::from(*c == 1)
        });
        if found != 0 && chunk.windows(STEP.len()).any(|window| window == STEP) {
            return true;
        }
        rest = rest.get(CHUNK..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_view_is_bounded() {
        let head = [20, 0, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0];
        let block = [&[21u8, 0, 0, 2][..], &head].concat();
        let see = |blocks: usize, position: usize| {
            let mut horizon = Horizon::default();
            let earliest = horizon.earliest_behind(&block.repeat(blocks), position, Container::Frames);
            assert!(horizon.blocks.len() <= MAX_BLOCKS + 1);
            earliest
        };
        assert_eq!((see(0, 0), see(3, 0), see(3, 3 * block.len())), (i64::MAX, 5, i64::MAX));
        assert_eq!((see(MAX_BLOCKS, 0), see(MAX_BLOCKS + 1, 0)), (5, i64::MIN));
        assert_eq!(see(2 * MAX_BLOCKS, MAX_BLOCKS * block.len()), 5);
    }

    #[test]
    fn steps_back_are_found_wherever_they_are() {
        for distance in [0u32, 1, 7, 20, 34] {
            // The encoding of minus that many ticks.
            let mut step = Vec::new();
            let mut value = (-(1i64 << distance)).cast_unsigned();
            while value >= 0x80 {
                step.push(value.to_le_bytes()[0] | 0x80);
                value >>= 7;
            }
            step.push(value.to_le_bytes()[0]);
            assert_eq!(step.len(), 10);
            for position in 0..600 {
                let mut data = vec![0xff; position];
                data.extend_from_slice(&step);
                data.resize(700, 0x40);
                assert!(may_step_back(&data, 1 << 34), "2^{distance} at {position}");
                *data.get_mut(position + 9).unwrap() = 0;
                assert!(!may_step_back(&data, 1 << 34), "none at {position}");
            }
        }
        assert!(may_step_back(&[], 1 << 35));
        assert!(!may_step_back(&[], 0));
    }
}
