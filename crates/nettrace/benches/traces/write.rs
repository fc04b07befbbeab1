//! Writing what is read.

use nettrace::{Decoder, EncoderOptions, Recoder, Version};

use crate::read::PIECE;

/// Reads a trace and writes it anew; the number of bytes written.
pub(crate) fn anew(bytes: &[u8], version: Version) -> usize {
    let mut decoder = Decoder::new();
    let mut recoder = Recoder::new(EncoderOptions::new(version));
    let mut written = 0;
    let mut consume = |recoder: &mut Recoder| {
        let length = recoder.output().len();
        written += length;
        recoder.consume(length);
    };
    for piece in bytes.chunks(PIECE) {
        decoder.push(piece, &mut recoder).expect("the trace is sound");
        consume(&mut recoder);
    }
    decoder.finish(&mut recoder).expect("the trace is whole");
    recoder.finish().expect("what was read can be written");
    consume(&mut recoder);
    written
}
