//! What the format's reference reader is known to find in public traces, value by value; and streams larger than 4 GiB.

use std::collections::BTreeSet;

use nettrace::{Decoder, Event};

use crate::corpus::{self, decode};
use crate::stream::Stream;

const CORE_3: &str = "eventpipe-dotnetcore3.0-win-x64-objver4.nettrace";

#[test]
fn the_head_of_a_trace_of_core_3() {
    let Some(bytes) = corpus::trace(CORE_3) else { return };
    let mut processors = BTreeSet::new();
    let mut on_own_thread = 0;
    let (decoder, _) = decode(&bytes, usize::MAX, &mut |event: &Event<'_>| {
        if event.thread_id == event.capture_thread_id {
            on_own_thread += 1;
            processors.insert(event.processor);
        }
    });
    let trace = decoder.trace().unwrap();
    assert_eq!((trace.pointer_size, trace.process_id, trace.processors), (8, 10064, 4));
    assert_eq!(trace.sampling_interval_nanos, 1_000_000);
    assert_eq!((trace.start_ticks, trace.ticks_per_second), (100_935_252_313, 3_124_099));
    // 636962398197540000 steps of 100 ns since the year 1, which is 621355968000000000 before 1970.
    let since_1970 = 636_962_398_197_540_000_i64 - 621_355_968_000_000_000;
    assert_eq!(trace.start_unix_nanos, since_1970 * 100);
    assert_eq!(processors, (0..4).map(Some).collect());
    assert!(on_own_thread > 60_000);
}

#[test]
fn arrays_of_a_trace_of_net_5() {
    let Some(bytes) = corpus::trace("eventpipe-dotnetcore5.0-win-x64-arraytypes.nettrace") else { return };
    let mut found = Vec::new();
    let _ = decode(&bytes, 4096, &mut |event: &Event<'_>| {
        let metadata = event.metadata;
        if metadata.event_name.starts_with("TestEvent") {
            let values: Vec<_> = event
                .values()
                .map(|(field, value)| {
                    let value = value.unwrap();
                    let numbers = value.as_array().map_or_else(
                        || vec![value.as_i64().unwrap()],
                        |array| array.values().map(|value| value.unwrap().as_i64().unwrap()).collect(),
                    );
                    (field.name.clone(), numbers)
                })
                .collect();
            found.push((
                metadata.event_name.clone(),
                event.level(),
                event.keywords(),
                event.opcode(),
                values,
            ));
        }
    });
    let named = |values: &[&[i64]]| -> Vec<(String, Vec<i64>)> {
        values.iter().zip(0..).map(|(numbers, number)| (format!("arg{number}"), numbers.to_vec())).collect()
    };
    let first = named(&[
        &[2_032_854_139, 1_608_221_689, 1_470_019_200, 199_494_339, 1_238_846_140, 1_366_609_043],
        &[26_494, 17_115, -7229, 18_850, 27_931],
        &[2_033_417_279],
    ]);
    let second = named(&[
        &[-1_001_479_330],
        &[-1_397_908_228],
        &[1_470_938_110, 172_564_262, 1_133_558_854, -1_572_049_829],
        &[2_055_126_903, 593_325_874, 2_130_052_527, 162_795_177],
    ]);
    let third = named(&[&[59_299, 13_231, 38_541, 7407, 35_812]]);
    let one = |name: &str, values: &Vec<(String, Vec<i64>)>| {
        let (_, level, keywords, opcode, _) =
            found.iter().find(|event| event.0 == name && event.4 == *values).unwrap();
        (*level, *keywords, *opcode)
    };
    assert_eq!(one("TestEvent1", &first).0, 2);
    let (level, keywords, _) = one("TestEvent2", &second);
    // Above what the source declares are bits 44 to 47, by which an `EventSource` tells sessions apart.
    assert_eq!((level, keywords >> 44, keywords % (1 << 44)), (4, 0xf, 1_231_036_291));
    assert_eq!(one("TestEvent3", &third).2, 24);
}

#[test]
fn more_than_4_gib() {
    const BLOCKS: u64 = 71_600;
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    // The same padding for all blocks that follow.
    stream.block("Filler", &[0; 4]);
    let beginning = stream.bytes.0.clone();
    // One event, in a block whose object is a multiple of four bytes long.
    let mut payload = 61_000;
    let block = loop {
        let mut stream = stream.clone();
        stream.events(|block| block.event(1).thread(7).sequence(1).payload(&vec![5; payload]));
        let block = stream.bytes.0.split_off(beginning.len());
        if block.len().is_multiple_of(4) {
            break block;
        }
        payload += 1;
    };
    let mut decoder = Decoder::new();
    let mut bytes = 0;
    let mut sink = |event: &Event<'_>| bytes += event.payload.len() as u64;
    decoder.push(&beginning, &mut sink).unwrap();
    for _ in 0..BLOCKS {
        decoder.push(&block, &mut sink).unwrap();
    }
    decoder.push(&[9], &mut sink).unwrap_err();
    let error = decoder.finish(&mut sink).unwrap_err();
    let statistics = decoder.statistics();
    assert_eq!((statistics.events, bytes), (BLOCKS, BLOCKS * payload as u64));
    assert_eq!(error.offset, beginning.len() as u64 + BLOCKS * block.len() as u64);
    assert!(error.offset > 1 << 32);
}
