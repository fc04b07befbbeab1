//! Writes the committed seeds: small inputs that lead into every part of the decoders.

use std::error::Error;
use std::fs;
use std::path::Path;

#[path = "../../crates/nettrace/tests/suite/stream.rs"]
mod stream;
#[path = "../../crates/nettrace/tests/suite/stream6.rs"]
mod stream6;

use stream::{Bytes, Stream, V2Field};
use stream6::{Event6, Row, Stream6};

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

    // No beginning, a look after the third block, and pieces of 7 and 1 bytes.
    let in_pieces = |stream: &[u8]| [&[0, 3, 2, 6, 0], stream].concat();
    write("slice_reader", "varied", &in_pieces(&stream.end()))?;
    write("slice_reader", "two-streams", &in_pieces(&twice))?;
    write("slice_reader", "version-6", &in_pieces(&varied_6().end()))?;
    write("slice_reader", "headless", &[&[1, 2, 1, 30], headless.as_slice()].concat())?;
    write("slice_reader", "netperf", &[&[3, 2, 1, 4], netperf_events().as_slice()].concat())?;

    // Recorded, with definitions of all forms that runtimes write.
    let recorded = include_bytes!("../../crates/nettrace/tests/fixtures/arguments-9.0.5.nettrace");
    write("slice_reader", "recorded", &[&[0, 4, 1, 99], recorded.as_slice()].concat())?;

    // What the stream is made of, and blocks of a few hundred bytes.
    write("round_trip", "varied", &[&[0, 20], stream.end().as_slice()].concat())?;
    write("round_trip", "version-6", &[&[8, 20], varied_6().end().as_slice()].concat())?;
    write("round_trip", "headless", &[&[1, 0], headless.as_slice()].concat())?;
    write("round_trip", "netperf", &[&[5, 20], netperf_events().as_slice()].concat())?;
    write("round_trip", "built-6", &[&[3, 20], &V6_EVERYTHING[5..]].concat())?;
    write("round_trip", "built-4", BUILT_4)?;
    write("round_trip", "recorded", &[&[0, 20], recorded.as_slice()].concat())?;

    write("v6", "everything", V6_EVERYTHING)?;
    write("v6", "damaged", V6_DAMAGED)?;
    for (name, data) in DEFINITIONS {
        write("metadata", name, data)?;
    }

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

    for (name, data) in RUNTIME_EVENTS {
        write("runtime_events", name, data)?;
    }

    for (name, data) in TYPED_EVENTS {
        write("typed_events", name, data)?;
    }

    // Behind the beginning that the target puts there.
    write("gcdump", "graph", &[&[1], heap_graph().as_slice()].concat())?;

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

/// A stream of version 6 with something of everything.
fn varied_6() -> Stream6 {
    let mut stream = Stream6::new();
    let fields: [(&str, &[u8]); 4] = [("u", &[19, 23]), ("v", &[20]), ("d", &[25, 7]), ("f", &[22, 9, 1, 0])];
    stream.metadata(&[Row::new(1, "P", 1, "E").fields(&fields).options(&[1, 3, 8, 4])]);
    stream
        .thread(0, 77, 10)
        .thread(999, 78, 10)
        .block(5, &[1, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    stream.labels(1, &[&[(1, vec![7; 16]), (7, vec![8])]]);
    let payload = [1, 0, b'x', 5, 11, 0, 2, 0, 1, 0, 0, 0, 9, 0];
    let first = Event6 { stack: 1, ..Event6::on(0, 1, 50).labels(1).payload(&payload) };
    stream.events(true, &[first.clone(), Event6::on(999, 1, 40).sorted().payload(b"short")]);
    stream.sequence_point(60, 1, &[(0, 2)]).thread(0, 5, 6).events(false, &[first]);
    stream.remove_threads(&[(0, 4)]).block(77, &[1]);
    stream
}

/// The graph of a `.gcdump` file: a static field, an order, and its arrays, one of a size of its own.
fn heap_graph() -> Vec<u8> {
    const TYPES: [(&str, i32); 7] = [
        ("UNDEFINED", 0),
        ("Order", 24),
        ("[.NET Roots]", 0),
        ("System.Byte[] (Bytes > 10K)", 20_000),
        ("System.Byte[]", 30),
        ("[static var Shop.orders]", 0),
        ("[static vars]", 0),
    ];
    /// Type and number of references, then the references as distances: as the format has it, in numbers of variable length.
    const NODES: [&[u8]; 7] =
        [&[2, 3, 1, 3, 6], &[6, 0], &[4, 1, 3], &[9, 40, 0], &[10, 1, 0x7c], &[12, 1, 0x7f], &[0, 0]];
    const ADDRESSES: [i64; 7] = [0x3000, 0x1000, 0, 0x2000, 0, 0, 0x4000];
    let text = |out: &mut Bytes, text: &str| {
        out.i32(text.len() as i32).raw(text.as_bytes());
    };
    let mut file = Bytes::default();
    // Bytes of all objects, and the node that all roots are under.
    file.i64(1234).i32(2).i32(TYPES.len() as i32);
    for (name, size) in TYPES {
        text(&mut file, name);
        file.i32(size);
        text(&mut file, "/app/Shop.dll");
    }
    file.i32(NODES.len() as i32);
    let mut begin = 0;
    for node in NODES {
        file.i32(begin);
        begin += node.len() as i32;
    }
    file.i32(begin).raw(&NODES.concat()).i32(ADDRESSES.len() as i32);
    for address in ADDRESSES {
        file.i64(address);
    }
    file.raw(&[8, 1, 6]);
    file.0
}

/// A block of netperf: a definition and an event with a stack, each as long as a multiple of four.
fn netperf_events() -> Vec<u8> {
    let event = |id: i32, payload: &[u8], stack: &[u8]| {
        let mut event = Bytes::default();
        event.i32(56 + payload.len() as i32 + stack.len() as i32).i32(id).i32(7).i64(5).raw(&[0; 32]);
        event.i32(payload.len() as i32).raw(payload).i32(stack.len() as i32).raw(stack);
        event.0
    };
    let definition = stream::Definition::new(1, "P", 1).name("E").fields(&[("ab", 9)]).blob();
    let data = [event(0, &definition, &[]), event(1, &[1, 0, 0, 0], &[1, 2, 3, 4, 5, 6, 7, 8])].concat();
    let mut block = Bytes::default();
    block.raw(&[4, 4, 1]).i32(1).i32(0).i32(10).raw(b"EventBlock\x06").i32(data.len() as i32);
    // Data begins at a multiple of four; the trace's head is 112 bytes long, without its magic.
    while !(112 + block.0.len()).is_multiple_of(4) {
        block.u8(0);
    }
    block.raw(&data).raw(&[6, 1]);
    block.0
}

/// Choices of the target `v6`: how to read, then blocks, each with what it asks for.
#[rustfmt::skip]
const V6_EVERYTHING: &[u8] = &[
    // A look after 4 blocks, pieces of 10 and 3 bytes, an end.
    4, 2, 9, 2, 2,
    // Definitions 1 (with an operation code) and 70,000 (with a field of any type, more options and bytes behind them).
    0, 0, 5, 0x31, 1, 2,
    0, 4, 6, 0x0e, 1, 1, 1, 2, 19, 9, 4, 22, 2, 3, 3, 1, 2,
    // Threads 0 (with all there is) and 999.
    3, 2, 0, 0x0f, 77, 1, 2, 1, 3, 3, 1, 9,
    // Stacks from 1 on.
    5, 1, 2, 10, 20, 30,
    // Lists of labels from 7 on: an activity and a text; an operation code.
    6, 4, 2, 1, 0, 9, 4, 1, 2, 0, 6, 8,
    // Events, compressed: on thread 0 with a stack; on 999 with labels, later, then earlier.
    11, 3,
    0x42, 9, 0, 1, 0, 3, 0, 1, 0, 1, 2,
    0x12, 4, 4, 1, 3, 3, 3, 2, 4,
    0x09, 4, 0, 2, 3, 0, 0, 0,
    // Removal of 999, a sequence point that forgets threads, thread 0 again, an unknown block, an uncompressed event.
    8, 1, 3, 2, 7, 1, 1, 0, 3, 3, 1, 0, 1, 5, 9, 70, 1, 1,
    0x8b, 1, 0x22, 9, 0, 4, 0, 3, 0, 0, 0, 1,
];

/// As [`V6_EVERYTHING`]: a block of events that are not events, and a definition after it.
const V6_DAMAGED: &[u8] = &[1, 1, 4, 3, 0, 0, 5, 0, 1, 2, 0x8a, 1, 5, 20, 0, 1, 0, 1, 0, 1, 5, 0, 1, 2];

/// Choices of the target `round_trip` for a stream of version 4, then blocks, each with what it asks for.
#[rustfmt::skip]
const BUILT_4: &[u8] = &[
    6, 20,
    // Definition 1 with two fields; stacks 1 and 2.
    0, 0, 5, 1, 0, 2, 1, 2, 2, 10, 20, 0,
    // Events: with all there is; on another thread with a gap in its numbers; as the one before.
    5, 3,
    0x3d, 0, 5, 1, 1, 1, 7, 2, 4, 1, 0, 0, 0,
    0x01, 0, 1, 2, 4, 0,
    0x00, 0, 1, 0,
    // A sequence point, after which the first thread has lost events.
    3, 9, 2, 1, 4, 2, 4,
    // An uncompressed event of a thread that starts anew.
    4, 1, 0x11, 0, 8, 2, 1, 0,
];

/// Choices of the target `metadata`: the form, then fields or bytes, then the payload.
const DEFINITIONS: &[(&str, &[u8])] = &[
    // A number, a text, a structure of two booleans; the payload.
    (
        "old-form",
        &[0, 3, 1, 9, 2, 18, 3, 1, 2, 1, 3, 2, 3, 1, 0, 0, 0, b't', 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
    ),
    // An array of texts, an array of structures, with bytes to be skipped and a tag of unknown kind cut short.
    (
        "new-form",
        &[0xd1, 2, 1, 19, 18, 2, 19, 1, 1, 1, 9, 1, 4, 2, 8, 8, 1, 0, b'x', 0, 0, 0, 1, 0, 7, 0, 0, 0],
    ),
    // UTF-8, numbers of variable length in an array of fixed length, arrays elsewhere.
    (
        "version-6",
        &[
            2, 4, 1, 19, 23, 2, 22, 20, 1, 1, 24, 4, 3, 25, 3, 1, 0, b'x', 1, 2, 3, 4, 5, 4, 0, 2, 0, 0, 0,
            2, 0, 9, 0,
        ],
    ),
    ("raw", b"\x03\x0aP\0\0\0\x01\0\0\0E\0\0\0\0\0\0\0\0\0\0\0payload"),
    ("raw-version-6", b"\x04\x08\x01P\x05\x01E\x01\0\x03\0\x01a\x09\0\0payload"),
];

/// Choices of the target `runtime_events`: provider, id, version, name, size of pointers; then the payload.
const RUNTIME_EVENTS: &[(&str, &[u8])] = &[
    ("gc-start", b"\0\x01\x02\0\0\x07\0\0\0\x01\0\0\0\x04\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0\0\0"),
    // Two types, the first with a name and a parameter.
    (
        "bulk-type",
        b"\0\x0f\0\0\0\x02\0\0\0\x09\0\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x03\0\0\0\x04\0\0\0\x12T\0\0\0\x01\0\0\0\x05\0\0\0\0\0\0\0\
          \x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x03\0\0\0\x04\0\0\0\x12\0\0\0\0\0\0",
    ),
    // An exception with texts, of a process with pointers of four bytes.
    ("exception", b"\0\x50\x01\0\x01T\0\0\0M\0\0\0\x01\0\0\0\x02\0\0\x80\x10\0\x09\0"),
    ("process-info", b"\x04\x01\x01\0\0c\0\0\0L\0\0\0x\0\0\0"),
    ("bridged", b"\x06\x02\0\x01\0S\0\0\0E\0\0\0\x01\0k\0\0\0v\0\0\0"),
];

/// Choices of the target `typed_events`: provider, id in two bytes, version, name, size of pointers, fields; then the payload.
const TYPED_EVENTS: &[(&str, &[u8])] = &[
    // A bulk of objects that claims two billion of them.
    ("hostile-count", b"\0\x12\0\0\0\0\0\0\0\0\0\xff\xff\xff\x7f\x09\0\x01\x02\x03\x04\x05\x06\x07\x08"),
    (
        "bulk-root-edge",
        b"\0\x10\0\0\0\x01\0\0\0\0\0\x01\0\0\0\x09\0\x01\x02\x03\x04\x02\x01\0\0\0\x05\x06\x07\x08",
    ),
    // `RequestStop` of version 1 with its status, and with that behind another field.
    ("request-stop", b"\x06\x02\0\x01\x02\0\x01\x07\x02\xc8\0\0\0"),
    ("request-stop-moved", b"\x06\x02\0\x01\x02\0\x02\x0f\x09\x07\x02x\0\0\0\xc8\0\0\0"),
    ("handshake", b"\x08\x01\0\0\x05\0\x02\x0a\0\x0b\x09\x01\0\0\0h\0\0\0"),
];
