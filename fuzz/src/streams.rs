//! Any bytes as a stream.

use nettrace::{Limits, Tolerance};

use crate::choices::Choices;
use crate::outcome::{TOLERANCES, pushed, read, read_by_block, read_in_parts, small_limits};
use crate::stream::{SERIALIZATION, Stream};
use crate::stream6::Stream6;
use crate::time_order::check_time_order;

/// A stream, whole and in pieces.
///
/// The first byte says how: its low bits are the size of the pieces, its highest bit puts a sound beginning before the rest.
pub fn push_decoder(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let stream = if choice & 0x80 == 0 { rest.to_vec() } else { [&Stream::new().bytes.0, rest].concat() };
    let whole = pushed(&stream, &[], small_limits(), Tolerance::Oddities);
    let pieced = pushed(&stream, &[choice & 0x7f], small_limits(), Tolerance::Oddities);
    assert_eq!(whole, pieced, "pieces of {}", (choice & 0x7f) + 1);
    whole.check(stream.len());
}

/// A stream in every way in which it can be read: in memory, as a whole, block by block and in parts, and pushed in
/// pieces; as strictly as there is.
///
/// The first byte chooses a sound beginning, the second a block to look at and how many parts to make, the next ones are the
/// sizes of pieces.
pub fn slice_reader(data: &[u8]) {
    let mut choices = Choices::new(data);
    let beginning = match choices.byte() % 4 {
        0 => Vec::new(),
        1 => Stream::new().bytes.0,
        2 => Stream6::new().bytes.0,
        _ => netperf_beginning(),
    };
    let look_after = choices.byte();
    let count = usize::from(choices.byte() % 8);
    let pieces = choices.bytes(count);
    let stream = [&beginning, choices.rest()].concat();
    check_all_ways(&stream, look_after, pieces);
}

/// All ways to read a stream must give the same.
pub(crate) fn check_all_ways(stream: &[u8], look_after: u8, pieces: &[u8]) {
    let limits = small_limits();
    let mut events = 0;
    for tolerance in TOLERANCES {
        let whole = pushed(stream, &[], limits, tolerance);
        assert_eq!(whole, pushed(stream, pieces, limits, tolerance), "{tolerance:?}, pushed in {pieces:?}");
        assert_eq!(whole, read(stream, limits, tolerance), "{tolerance:?}, read");
        let by_block = read_by_block(stream, look_after, limits, tolerance);
        assert_eq!(whole, by_block, "{tolerance:?}, read by block");
        whole.check(stream.len());
        let statistics = whole.statistics;
        check_time_order(stream, pieces, Limits::default(), tolerance);
        let mut little = limits;
        little.max_order_bytes = u32::from(look_after) * 8;
        check_time_order(stream, pieces, little, tolerance);
        assert!(statistics.events >= events, "the more tolerant, the more events");
        events = statistics.events;
        assert!(tolerance == Tolerance::Damage || statistics.damaged_blocks == 0);
        let ample = Limits::default();
        let in_parts = read_in_parts(stream, look_after.into(), ample, tolerance);
        assert_eq!(read(stream, ample, tolerance), in_parts, "{tolerance:?}, in {look_after} parts");
    }
}

/// The head of a trace in netperf's form: no magic, other tags, version 3.
pub(crate) fn netperf_beginning() -> Vec<u8> {
    let four = Stream::new().bytes.0;
    let after_type = 8 + SERIALIZATION.len() + 3 + 8;
    let tags = [4, 4, 1, 3, 0, 0, 0, 0, 0, 0, 0];
    [SERIALIZATION, &tags, four.get(after_type..).unwrap_or_default()].concat()
}
