//! Reading in time order.

use nettrace::{Decoder, Reader};

use crate::read::{self, Heads};

/// The heads of all events of a trace in memory, in time order.
pub(crate) fn heads(bytes: &[u8]) -> Heads {
    read::read_heads(&mut Reader::with_decoder(bytes, Decoder::new().in_time_order()))
}

/// The heads of all events of a trace that comes in pieces, in time order.
pub(crate) fn heads_pushed(bytes: &[u8]) -> Heads {
    let mut heads = Heads::default();
    read::push(Decoder::new().in_time_order(), bytes, &mut heads);
    heads
}
