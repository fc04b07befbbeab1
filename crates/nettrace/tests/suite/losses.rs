//! Lost events, from gaps in the threads' numbers.

use nettrace::{Event, Limits};

use crate::corpus::decode;
use crate::stream::Stream;

/// Total, per thread and resets; the same however the stream is pushed.
fn losses(stream: &Stream) -> (u64, Vec<(u64, u64)>, u64) {
    let bytes = stream.end();
    let [whole, pieced] = [usize::MAX, 1].map(|piece| {
        let (decoder, result) = decode(&bytes, piece, &mut |_: &Event<'_>| {});
        result.unwrap();
        let mut by_thread: Vec<_> = decoder.lost_by_thread().collect();
        by_thread.sort_unstable();
        (decoder.statistics().lost_events, by_thread, decoder.statistics().sequence_resets)
    });
    assert_eq!(whole, pieced);
    whole
}

/// A stream of event blocks, each a list of threads and numbers.
fn blocks(blocks: &[&[(u64, u32)]]) -> Stream {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    for events in blocks {
        add_block(&mut stream, events);
    }
    stream
}

fn add_block(stream: &mut Stream, events: &[(u64, u32)]) {
    stream.event_block("EventBlock", 20, false, |block| {
        for (thread, sequence) in events {
            block.event(1).thread(*thread).sequence(*sequence).payload(&[]);
        }
    });
}

#[test]
fn no_gaps() {
    let stream = blocks(&[&[(1, 1), (1, 2), (2, 1)], &[(2, 2), (1, 3)]]);
    assert_eq!(losses(&stream), (0, vec![], 0));
}

#[test]
fn a_session_may_begin_anywhere() {
    // The first number seen of a thread says nothing about what came before.
    assert_eq!(losses(&blocks(&[&[(1, 500), (1, 501)]])), (0, vec![], 0));
}

#[test]
fn gaps_within_and_between_blocks() {
    let stream = blocks(&[&[(1, 1), (1, 5), (2, 10)], &[(1, 6), (2, 12)], &[(1, 10)]]);
    assert_eq!(losses(&stream), (3 + 1 + 3, vec![(1, 6), (2, 1)], 0));
}

#[test]
fn implied_numbers() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    stream.events(|block| {
        block.event(1).thread(7).sequence(1).payload(&[]);
        block.event(1).payload(&[]);
        block.event(1).payload(&[]);
    });
    // The run above ended with number 3.
    stream.events(|block| {
        block.event(1).thread(7).sequence(6).payload(&[]);
        block.event(1).payload(&[]);
    });
    stream.sequence_point(0, &[(7, 7)]);
    assert_eq!(losses(&stream), (2, vec![(7, 2)], 0));
}

#[test]
fn interleaved_threads_in_one_compressed_block() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    stream.events(|block| {
        block.event(1).thread(7).sequence(1).payload(&[]);
        block.event(1).payload(&[]);
        // Numbers are differences: from 2 (of thread 7) to 1 (of thread 8).
        block.event(1).thread(8).sequence(1u32.wrapping_sub(2)).payload(&[]);
        // From 1 to 3: thread 7 goes on without loss.
        block.event(1).thread(7).sequence(2).payload(&[]);
        // From 3 to 5: thread 8 lost 2, 3 and 4.
        block.event(1).thread(8).sequence(2).payload(&[]);
    });
    stream.sequence_point(0, &[(7, 3), (8, 5)]);
    assert_eq!(losses(&stream), (3, vec![(8, 3)], 0));
}

#[test]
fn numbers_wrap() {
    let stream = blocks(&[&[(1, u32::MAX - 1), (1, u32::MAX), (1, 0), (1, 1)]]);
    assert_eq!(losses(&stream), (0, vec![], 0));
    // From the largest but one to 2: the largest, 0 and 1 are missing.
    let stream = blocks(&[&[(1, u32::MAX - 1)], &[(1, 2)]]);
    assert_eq!(losses(&stream), (3, vec![(1, 3)], 0));
}

#[test]
fn sequence_points_show_losses_at_the_end() {
    let mut stream = blocks(&[&[(1, 1), (1, 2)]]);
    // Thread 2 is new: nothing is known to be lost. Thread 1 lost two.
    stream.sequence_point(0, &[(1, 4), (2, 9)]);
    assert_eq!(losses(&stream), (2, vec![(1, 2)], 0));
    // Both go on: 1 with 5, 2 with a gap of one.
    add_block(&mut stream, &[(1, 5), (2, 11)]);
    assert_eq!(losses(&stream), (3, vec![(1, 2), (2, 1)], 0));
}

#[test]
fn a_thread_listed_before_its_first_event() {
    let mut stream = blocks(&[]);
    stream.sequence_point(0, &[(1, 0)]);
    add_block(&mut stream, &[(1, 1), (1, 2)]);
    assert_eq!(losses(&stream), (0, vec![], 0));
}

#[test]
fn reused_thread_ids_are_no_loss() {
    let mut stream = blocks(&[&[(1, 100)], &[(1, 1), (1, 2)]]);
    assert_eq!(losses(&stream), (0, vec![], 1));
    stream.sequence_point(0, &[(1, 3)]);
    assert_eq!(losses(&stream), (1, vec![(1, 1)], 1));
}

#[test]
fn skipped_events_are_numbered_too() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    stream.events(|block| {
        block.event(1).thread(7).sequence(1).payload(&[]);
        block.event(99).payload(b"nothing defines this");
        block.event(1).payload(&[]);
    });
    stream.sequence_point(0, &[(7, 3)]);
    let mut numbers = Vec::new();
    let (decoder, result) =
        decode(&stream.end(), usize::MAX, &mut |event: &Event<'_>| numbers.push(event.sequence_number));
    result.unwrap();
    assert_eq!(numbers, [1, 3]);
    let statistics = decoder.statistics();
    assert_eq!((statistics.undefined_events, statistics.events, statistics.lost_events), (1, 2, 0));
}

#[test]
fn threads_are_bounded() {
    let mut limits = Limits::default();
    limits.max_threads = 4;
    let mut decoder = nettrace::Decoder::with_limits(limits);
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    for thread in 1..=6 {
        add_block(&mut stream, &[(thread, 1), (thread, 3)]);
    }
    decoder.push(&stream.end(), &mut |_: &Event<'_>| {}).unwrap();
    let statistics = decoder.statistics();
    assert_eq!((statistics.events, statistics.lost_events, statistics.untracked_threads), (12, 4, 2));
}

#[test]
fn finished_threads_make_room() {
    let mut limits = Limits::default();
    limits.max_threads = 4;
    let mut decoder = nettrace::Decoder::with_limits(limits);
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    // A hundred threads, of which the sequence point after the next finds each gone. Thread 1 lives on.
    for thread in 2..=100 {
        add_block(&mut stream, &[(1, thread), (u64::from(thread), 1)]);
        stream.sequence_point(0, &[(1, thread), (u64::from(thread), 1)]);
    }
    add_block(&mut stream, &[(1, 103)]);
    decoder.push(&stream.end(), &mut |_: &Event<'_>| {}).unwrap();
    let statistics = decoder.statistics();
    assert_eq!((statistics.untracked_threads, statistics.lost_events), (0, 2));
    assert_eq!(decoder.lost_by_thread().collect::<Vec<_>>(), [(1, 2)]);
}
