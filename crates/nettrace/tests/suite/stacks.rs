//! Call stacks and the points at which their ids become void.

use nettrace::{Decoder, Event, Limits, SequencePoint, Sink};

use crate::corpus::decode;
use crate::stream::{Bytes, Stream, TraceHead};

#[derive(Default)]
struct Log {
    stacks: Vec<(u32, Vec<u64>)>,
    points: Vec<(i64, Vec<(u64, u32)>)>,
}

impl Sink for Log {
    fn event(&mut self, event: &Event<'_>) {
        assert_eq!(event.stack.len(), event.stack.addresses().count());
        assert_eq!(event.stack.is_empty(), event.stack.as_bytes().is_empty());
        self.stacks.push((event.stack.id(), event.stack.addresses().collect()));
    }

    fn sequence_point(&mut self, point: &SequencePoint<'_>) {
        self.points.push((point.timestamp, point.threads().collect()));
    }
}

fn log(stream: &Stream) -> Log {
    let [whole, pieced] = [usize::MAX, 1].map(|piece| {
        let mut log = Log::default();
        decode(&stream.end(), piece, &mut log).1.unwrap();
        log
    });
    assert_eq!((&whole.stacks, &whole.points), (&pieced.stacks, &pieced.points));
    whole
}

fn events(stream: &mut Stream, stacks: &[u32]) {
    stream.events(|block| {
        for stack in stacks {
            block.event(1).stack(*stack).payload(&[]);
        }
    });
}

#[test]
fn ids_are_resolved() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    stream.stacks(1, &[&[0x10, 0x20], &[], &[u64::MAX]]);
    events(&mut stream, &[2, 1, 3, 0, 4]);
    let expected = [(2, vec![]), (1, vec![0x10, 0x20]), (3, vec![u64::MAX]), (0, vec![]), (4, vec![])];
    assert_eq!(log(&stream).stacks, expected);
}

#[test]
fn blocks_add_up_until_a_sequence_point() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    stream.stacks(1, &[&[1]]).stacks(2, &[&[2]]).stacks(100, &[&[100], &[101]]);
    events(&mut stream, &[1, 2, 100, 101]);
    stream.sequence_point(55, &[(7, 4), (u64::MAX, u32::MAX)]);
    events(&mut stream, &[1, 101]);
    stream.stacks(1, &[&[0xaa]]);
    events(&mut stream, &[1, 2]);
    let log = log(&stream);
    let expected = [
        (1, vec![1]),
        (2, vec![2]),
        (100, vec![100]),
        (101, vec![101]),
        (1, vec![]),
        (101, vec![]),
        (1, vec![0xaa]),
        (2, vec![]),
    ];
    assert_eq!(log.stacks, expected);
    assert_eq!(log.points, [(55, vec![(7, 4), (u64::MAX, u32::MAX)])]);
}

#[test]
fn a_redefined_id_is_the_latest() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    stream.stacks(1, &[&[1], &[2], &[3]]).stacks(2, &[&[0x22]]);
    events(&mut stream, &[1, 2, 3]);
    assert_eq!(log(&stream).stacks, [(1, vec![1]), (2, vec![0x22]), (3, vec![3])]);
}

#[test]
fn pointers_of_4_bytes() {
    let mut stream = Stream::with_head(TraceHead { pointer_size: 4, ..TraceHead::default() });
    stream.define_simple(1, "P", 1);
    let mut data = Bytes::default();
    // Two pointers, and a half one that is left out.
    data.u32(1).i32(1).i32(10).u32(0x8000_0001).u32(2).u16(3);
    stream.block("StackBlock", &data.0);
    stream.events(|block| block.event(1).stack(1).payload(&[]));
    let mut seen = 0;
    decode(&stream.end(), usize::MAX, &mut |event: &Event<'_>| {
        seen += 1;
        assert_eq!(event.stack.addresses().collect::<Vec<_>>(), [0x8000_0001, 2]);
        assert_eq!((event.stack.len(), event.stack.as_bytes().len()), (2, 10));
    })
    .1
    .unwrap();
    assert_eq!(seen, 1);
}

#[test]
fn stacks_are_bounded_and_drops_counted() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    stream.stacks(1, &[&[1], &[2], &[3], &[4]]);
    events(&mut stream, &[1, 2, 3, 4]);
    let found = |limits: Limits| {
        let mut decoder = Decoder::with_limits(limits);
        let mut log = Log::default();
        decoder.push(&stream.end(), &mut log).unwrap();
        let stacks: Vec<_> = log.stacks.iter().map(|(_, addresses)| addresses.len()).collect();
        (stacks, decoder.statistics().dropped_stacks)
    };
    assert_eq!(found(Limits::default()), (vec![1, 1, 1, 1], 0));
    let mut limits = Limits::default();
    limits.max_stacks = 3;
    assert_eq!(found(limits), (vec![1, 1, 1, 0], 1));
    let mut limits = Limits::default();
    limits.max_stack_bytes = 16;
    assert_eq!(found(limits), (vec![1, 1, 0, 0], 2));
}

#[test]
fn scattered_ids_are_bounded() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    for run in 0..70u32 {
        stream.stacks(run * 10, &[&[run.into()]]);
    }
    events(&mut stream, &[0, 50, 60, 690]);
    let mut log = Log::default();
    let (decoder, result) = decode(&stream.end(), usize::MAX, &mut log);
    result.unwrap();
    assert_eq!(decoder.statistics().dropped_stacks, 6, "the oldest of more than 64 runs");
    assert_eq!(log.stacks, [(0, vec![]), (50, vec![]), (60, vec![6]), (690, vec![69])]);
}
