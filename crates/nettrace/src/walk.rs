//! Walking the events of a block: headers, each relative to the one before, and payloads.

use crate::cursor::{Cursor, Stop};
use crate::header::{Header, MAX_COMPRESSED};

/// Where the walk over a block's events is. Small and copied, so that a loop can keep it in registers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Walk {
    /// The header of the latest event.
    pub(crate) header: Header,
    compressed: bool,
    /// The header is read, its payload is still to come.
    inside: bool,
}

/// Why there is no next event yet, or none at all.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pause {
    /// So many bytes are needed from where the cursor is.
    Need(usize),
    Malformed(&'static str),
    /// The event is larger than allowed: so many bytes.
    TooLarge(usize),
}

impl Walk {
    pub(crate) fn new(compressed: bool) -> Self {
        Self { header: Header::default(), compressed, inside: false }
    }

    /// Whether the next byte begins an event.
    pub(crate) fn is_between_events(&self) -> bool {
        !self.inside
    }

    /// Reads the next event's header into `self.header`, unless that is already done, and takes its payload.
    ///
    /// On `Err`, what the cursor has passed is done with: a header whose payload is not there yet is not read again.
    #[expect(clippy::inline_always, reason = "the loop over events; measured to double its speed")]
    #[inline(always)]
    pub(crate) fn next<'a, const V6: bool>(
        &mut self,
        cursor: &mut Cursor<'a>,
        max_bytes: u32,
    ) -> Result<&'a [u8], Pause> {
        if !self.inside {
            if self.compressed && cursor.remaining() >= MAX_COMPRESSED {
                // It cannot run short, so it may be read over the previous one; after damage only the number of the last
                // event is of use.
                let mut look = *cursor;
                if let Err(stop) = self.header.read_compressed::<V6>(&mut look) {
                    self.header.sequence = self.header.previous_sequence;
                    return Err(pause(cursor.remaining(), stop));
                }
                *cursor = look;
            } else {
                let (header, rest) = read_carefully::<V6>(self.header, *cursor, self.compressed)?;
                (self.header, *cursor) = (header, rest);
            }
        }
        let size = self.header.body_size();
        let Ok(body) = cursor.take(size) else {
            if size > max_bytes as usize {
                return Err(self.too_large(size));
            }
            self.inside = true;
            return Err(Pause::Need(size));
        };
        self.inside = false;
        if size > max_bytes as usize {
            // The same answer as if it had come in pieces.
            return Err(self.too_large(size));
        }
        Ok(body.get(..self.header.payload_size as usize).unwrap_or(body))
    }

    /// The event whose header was read is left out.
    #[cold]
    fn too_large(&mut self, size: usize) -> Pause {
        self.header.sequence = self.header.previous_sequence;
        Pause::TooLarge(size)
    }
}

/// Reads a header that may not be there as a whole.
#[inline(never)]
fn read_carefully<const V6: bool>(
    mut header: Header,
    mut cursor: Cursor<'_>,
    compressed: bool,
) -> Result<(Header, Cursor<'_>), Pause> {
    let available = cursor.remaining();
    let result = match compressed {
        true => header.read_compressed::<V6>(&mut cursor),
        false => header.read_uncompressed::<V6>(&mut cursor),
    };
    result.map(|()| (header, cursor)).map_err(|stop| pause(available, stop))
}

#[cold]
fn pause(available: usize, stop: Stop) -> Pause {
    match stop {
        Stop::Short(missing) => Pause::Need(available.saturating_add(missing)),
        Stop::Malformed(reason) => Pause::Malformed(reason),
    }
}
