//! Writes the committed seeds: small inputs that lead into every part of the decoders.

use std::error::Error;
use std::fs;
use std::path::Path;

#[path = "../../crates/nettrace/tests/suite/stream.rs"]
mod stream;

use stream::{Bytes, Stream, V2Field};

fn main() -> Result<(), Box<dyn Error>> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let write = |target: &str, name: &str, data: &[u8]| {
        let directory = corpus.join(target);
        fs::create_dir_all(&directory)?;
        fs::write(directory.join(format!("seed-{name}")), data)
    };

    let stream = varied();
    write("push_decoder", "varied", &[&[6], stream.end().as_slice()].concat())?;
    // Without its beginning, which the target puts there.
    let headless = stream.end().split_off(Stream::new().bytes.0.len());
    write("push_decoder", "headless", &[&[0x80 | 2], headless.as_slice()].concat())?;
    let mut twice = Stream::new().end();
    twice.extend(stream.end());
    write("push_decoder", "two-streams", &[&[40], twice.as_slice()].concat())?;
    write(
        "push_decoder",
        "netperf",
        b"\x03\x14\0\0\0!FastSerialization.1\x04\x04\x01\x03\0\0\0\0\0\0\0\x05\0\0\0Trace\x06",
    )?;
    write("push_decoder", "version-6", b"\x03Nettrace\0\0\0\0\x06\0\0\0\0\0\0\0")?;

    let input = |fields: &[u8], payload: &[u8]| {
        // The target takes the length in units of two bytes.
        let mut fields = fields.to_vec();
        fields.resize(fields.len().next_multiple_of(2), 0);
        [&[(fields.len() / 2) as u8], fields.as_slice(), payload].concat()
    };
    let mut fields = Bytes::default();
    fields
        .i32(4)
        .i32(9)
        .text("a")
        .i32(18)
        .text("b")
        .i32(1)
        .i32(1)
        .i32(14)
        .text("x")
        .text("c")
        .i32(17)
        .text("d");
    let mut payload = Bytes::default();
    payload.i32(-1).text("text").f64(0.5).raw(&[7; 16]);
    write("field_access", "old-form", &input(&fields.0, &payload.0))?;
    let inner = [V2Field::new("x", 9), V2Field::array("y", 18)];
    let list = V2Field::list(&[V2Field::array("n", 4), V2Field::array_of("s", &inner), V2Field::new("z", 3)]);
    let mut tagged = Bytes::default();
    tagged.i32(0).i32(1).u8(1).u8(9).i32(list.0.len() as i32).u8(2).raw(&list.0);
    let mut payload = Bytes::default();
    payload.u16(2).u16(65).u16(66).u16(1).i32(5).u16(2).text("one").text("two").i32(1);
    write("field_access", "new-form", &input(&tagged.0, &payload.0))?;

    // Numbers of names in the target's tables, and types as distances from the first.
    let mean = [0, 15, 1, 15, 6, 11, 7, 11, 8, 6, 9, 11, 10, 11, 5, 10, 4, 15, 13, 15, 3, 15, 2, 15];
    let mut payload = Bytes::default();
    payload.text("n").text("N").f64(1.0).f64(0.0).i32(1).f64(1.0).f64(1.0).f32(1.0);
    payload.text("Interval=1000").text("Mean").text("").text("MB");
    write("counters", "mean", &[&[0], input(&mean, &payload.0).as_slice()].concat())?;
    let sum = [0, 15, 1, 15, 12, 15, 11, 11, 5, 10, 3, 15, 4, 15, 13, 15, 2, 15];
    let mut payload = Bytes::default();
    payload.text("n").text("N").text("00:00:01").f64(5.0).f32(1.0).text("").text("Interval=1000");
    payload.text("Sum").text("B");
    write("counters", "sum", &[&[0x80], input(&sum, &payload.0).as_slice()].concat())?;

    let rate = [0, 15, 1, 15, 2, 15, 3, 15, 5, 15, 7, 15, 8, 15, 9, 15, 14, 6];
    let mut payload = Bytes::default();
    for text in ["abc", "Meter", "1.0", "requests", "", "a=b", "3", "12"] {
        payload.text(text);
    }
    payload.i32(1);
    write("meters", "rate", &[&[4, 2], input(&rate, &payload.0).as_slice()].concat())?;
    write("meters", "rate-by-version", &[&[16, 2], input(&[], &payload.0).as_slice()].concat())?;
    let mut payload = Bytes::default();
    for text in ["abc", "Meter", "", "latency", "ms", "", "0.5=1;0.95=2;0.99=3"] {
        payload.text(text);
    }
    payload.i32(7).f64(9.5).i32(2);
    write("meters", "histogram-by-version", &[&[6, 2], input(&[], &payload.0).as_slice()].concat())?;
    let mut payload = Bytes::default();
    for text in ["abc", "Meter", "", "latency", "Histogram`1", "ms", "", "", "", "1"] {
        payload.text(text);
    }
    payload.i32(2).text("");
    write("meters", "instrument-by-version", &[&[7, 3], input(&[], &payload.0).as_slice()].concat())?;
    let mut payload = Bytes::default();
    payload.text("abc").i64(133_000_000_000_000_000).i64(133_000_000_010_000_000);
    write(
        "meters",
        "collection",
        &[&[2, 0], input(&[0, 15, 21, 13, 22, 13], &payload.0).as_slice()].concat(),
    )?;
    Ok(())
}

/// A stream with something of everything.
fn varied() -> Stream {
    let mut stream = Stream::new();
    stream.define(1, "P", 1, |definition| {
        definition.name("Fields").fields(&[("a", 9), ("text", 18)]).tag(1, &[3])
    });
    let inner = [V2Field::new("x", 9), V2Field::array("ys", 18)];
    stream.define(2, "P", 2, |definition| definition.parameters(&[V2Field::array_of("points", &inner)]));
    stream.stacks(1, &[&[1, 2], &[][..]]);
    stream.events(|block| {
        block.event(1).thread(9).sequence(1).stack(1).time(5).sorted().payload(&[1, 0, 0, 0, b't', 0, 0, 0]);
        let mut payload = Bytes::default();
        payload.u16(1).i32(1).u16(1).text("p");
        block.event(2).activities([7; 16], [8; 16]).payload(&payload.0);
        block.event(9).payload(b"undefined");
    });
    stream.event_block("EventBlock", 28, false, |block| {
        block.event(1).thread(9).sequence(5).payload(b"short");
    });
    stream.sequence_point(100, &[(9, 6), (10, 1)]);
    stream.stacks(1, &[&[5]]).block("Unknown", &[1, 2, 3]);
    stream.events(|block| block.event(1).thread(9).sequence(8).stack(1).payload(b""));
    stream
}
