//! Streams that are decoded, written anew, and decoded again.

use nettrace::{Decoder, EncodeError, EncoderOptions, LeftOut, Recoder, Statistics, Tolerance, Version};

use crate::choices::Choices;
use crate::contents::{Contents, Options};
use crate::stream::Stream;
use crate::stream6::Stream6;
use crate::streams::netperf_beginning;
use crate::v6;

/// Blocks of one stream of version 4 that is built from choices.
const MAX_BLOCKS: usize = 40;

/// Few enough that they meet again.
const THREADS: &[u64] = &[0, 1, 2, 70_000, u64::MAX];
const METADATA: &[u32] = &[1, 2, 3, 70_000];
const SEQUENCES: &[u32] = &[0, 1, 2, 3, 9, u32::MAX];

/// A stream written anew in both versions must be read to the end by the strictest decoder, and say the same.
///
/// The first byte says what the stream is made of, the second how large blocks may be.
pub fn round_trip(data: &[u8]) {
    let mut choices = Choices::new(data);
    let how = choices.byte();
    let max_block_bytes = u32::from(choices.byte()) * 16;
    let stream = match how % 8 {
        0 => choices.rest().to_vec(),
        1 => [&Stream::new().bytes.0, choices.rest()].concat(),
        2 => [&Stream6::new().bytes.0, choices.rest()].concat(),
        3 | 4 => v6::build(&mut choices),
        5 => [&netperf_beginning(), choices.rest()].concat(),
        _ => build(&mut choices),
    };
    for version in [Version::V4, Version::V6] {
        let mut options = EncoderOptions::new(version);
        options.max_block_bytes = max_block_bytes;
        options.sequence_point_bytes = Some(u64::from(how) * 16);
        check(&stream, options);
    }
}

fn check(stream: &[u8], options: EncoderOptions) {
    let mut decoder = Decoder::new();
    let mut recoder = Recoder::new(options);
    let _ = decoder.push(stream, &mut recoder);
    let read = decoder.trace().map_or(0, |trace| trace.version);
    match recoder.finish() {
        Ok(()) => {}
        Err(EncodeError::NoTrace) => return assert_eq!(read, 0),
        // What could not be said at all.
        Err(EncodeError::NotInVersion { .. } | EncodeError::TooLarge { .. }) => return,
        Err(error) => panic!("{error}"),
    }
    let leave_out = options_for(read, options.version, &decoder.statistics(), &recoder.left_out());
    let (mut before, ..) = Contents::of(stream, leave_out);
    let strict = Decoder::new().tolerate(Tolerance::Strict);
    let (mut after, statistics, complete) = Contents::read(strict, recoder.output(), leave_out);
    assert!(complete, "what was written is sound: {statistics:?}");
    if read == 3 {
        after.points.clear();
    } else if after.points.len() == before.points.len() + 1 && options.version == Version::V4 && read == 6 {
        // It tells what threads lost at their end.
        after.points.pop();
    }
    if read == 6 && options.version == Version::V6 && leave_out.thread_ids {
        // Threads that were not defined are now.
        for contents in [&mut before, &mut after] {
            contents.threads.clear();
            contents.removed.clear();
        }
    }
    before.assert_same(&after, "recoded");
}

/// What may differ.
fn options_for(read: u32, written: Version, statistics: &Statistics, left_out: &LeftOut) -> Options {
    let same_version = read == written.number();
    let undefined = statistics.undefined_threads + statistics.redefined_threads > 0;
    Options {
        numbers: !same_version || undefined,
        thread_ids: left_out.thread_ids > 0 || undefined,
        version_6: !same_version,
        listed: !same_version || undefined,
        definition_ids: !same_version || statistics.redefined_metadata > 0,
        fields: left_out.fields > 0,
        lost: left_out.lost_events > 0 || statistics.undefined_events > 0 || undefined,
    }
}

/// A stream of version 4.
fn build(choices: &mut Choices<'_>) -> Vec<u8> {
    let mut stream = Stream::new();
    for _ in 0..MAX_BLOCKS {
        if choices.is_empty() {
            break;
        }
        match choices.byte() % 8 {
            0 | 1 => define(&mut stream, choices),
            2 => {
                let first = u32::from(choices.byte() % 4);
                let stacks: Vec<Vec<u64>> = (0..choices.byte() % 4)
                    .map(|_| choices.sized(1).iter().map(|byte| (*byte).into()).collect())
                    .collect();
                let stacks: Vec<&[u64]> = stacks.iter().map(Vec::as_slice).collect();
                stream.stacks(first, &stacks);
            }
            3 => {
                let time = i64::from(choices.byte());
                let threads: Vec<_> =
                    (0..choices.byte() % 4).map(|_| (choices.of(THREADS), choices.of(SEQUENCES))).collect();
                stream.sequence_point(time, &threads);
            }
            how => events(&mut stream, choices, how != 4),
        }
    }
    stream.end()
}

fn define(stream: &mut Stream, choices: &mut Choices<'_>) {
    let (id, event_id, how) = (choices.of(METADATA), choices.byte(), choices.byte());
    let fields = choices.sized(1);
    stream.define(id as i32, "Provider", event_id.into(), |definition| {
        let definition = definition.version(i32::from(how) * 4).level(i32::from(how % 8));
        match how % 4 {
            0 => definition,
            1 => definition.fields(&[("a", 9), ("s", 18)]),
            2 => definition.tag(1, &[how]).tag(2, fields),
            _ => definition.raw_fields(fields),
        }
    });
}

fn events(stream: &mut Stream, choices: &mut Choices<'_>, compressed: bool) {
    let count = choices.byte() % 16;
    stream.event_block("EventBlock", 20, compressed, |block| {
        for _ in 0..count {
            let how = choices.byte();
            let mut event = block.event(choices.of(METADATA)).time(choices.byte().into());
            if how & 1 != 0 || !compressed {
                event = event.thread(choices.of(THREADS)).sequence(choices.of(SEQUENCES));
            }
            if how & 2 != 0 {
                event = event.capture_thread(choices.of(THREADS)).sequence(1);
            }
            if how & 4 != 0 {
                event = event.stack(u32::from(choices.byte() % 8));
            }
            if how & 8 != 0 {
                event = event.activities([how; 16], [choices.byte(); 16]);
            }
            if how & 16 != 0 {
                event = event.sorted();
            }
            if how & 32 != 0 {
                event = event.processor(choices.byte().into());
            }
            event.payload(choices.sized(1));
        }
    });
}
