//! What the format's reference reader is known to find in public traces, value by value; streams larger than 4 GiB; and
//! which test answers which case that the reference reader's own tests, and the format's gaps, are known to ask for.
//!
//! Cases of the reference reader (`EventPipeParsing.cs` and its neighbours):
//!
//! | case | tests |
//! |---|---|
//! | Basic: counts per event | `recorded::answers_agree`, `netperf::answers_agree`, `acceptance::blocks_of_a_trace_of_core_3` |
//! | Streaming: no event waits for bytes behind it | `acceptance::no_event_waits_for_what_follows`, `truncation::events_arrive_with_their_last_byte` |
//! | V1IsUnsupported, V2IsUnsupported | `versions::netperf_versions_1_and_2`, `versions::netperf_version_2_as_recorded` |
//! | NegativeObjectTypeLengthThrows | `damage::frames` |
//! | CanParseHeaderOfV3 | `acceptance::the_head_of_a_trace_of_core_2` |
//! | CanParseHeaderOfV4, V4EventPipeFileHasProcNumbers | `acceptance::the_head_of_a_trace_of_core_3`, `time::execution_checkpoints` |
//! | GotoWorksForPositionsGreaterThanAlignment, CanReadV4EventPipeTraceBiggerThan4GB | `acceptance::more_than_4_gib` |
//! | CanReadV5EventPipeArrayTypes | `acceptance::arrays_of_a_trace_of_net_5`, `fields::arrays_of_a_real_trace` |
//! | GuidsInMetadataAreSupported | `netperf::activities_of_a_recorded_trace` |
//! | ExecutionCheckpointEventsAndTimeStamping | `time::execution_checkpoints` |
//! | SkipExtraBlockHeaderSpaceV5 | `headers::uncompressed_metadata_and_longer_block_headers` |
//! | SkipExtraMetadataTagSpaceV5, SkipExtraMetadataParameterSpaceV5 | `metadata::what_later_versions_may_add_is_skipped` |
//! | ParseMinimalTraceV6, MinorVersionIncrements, ThrowsOnUnsupportedMajor | `v6::the_smallest_stream_and_other_minor_versions`, `versions::nettrace_7_and_later` |
//! | ParseV6TraceBlockStandardFields, KeyValuePairs | `v6::trace_block` |
//! | V6UnrecognizedBlockTypesAreSkipped | `v6::unknown_blocks_and_empty_blocks` |
//! | ParseV6Metadata | `v6_metadata::rows` |
//! | ParseV6UTF8Char, MetadataArrayParam, FixedLengthArray | `v6_metadata::arrays_and_text` |
//! | RelLocAndDataLoc | `v6_metadata::arrays_elsewhere_in_the_payload` |
//! | InvalidV6RelLocAndDataLocArrayBounds, V6RelLoc/DataLocThrowsOnVariableSizedElementType | `v6_metadata::arrays_elsewhere_that_have_no_place` |
//! | CountedStringWithTruncatedLengthPrefix, LengthPrefixedArrayWithTruncatedCount, StringArrayWithInsufficientBytes | `v6_metadata::payloads_that_are_too_short`, `fields::arrays_that_claim_too_much` |
//! | ParseV6MetadataObjectParam, Boolean8 | `v6_metadata::structures_and_booleans` |
//! | ParseV6OptionalMetadata | `v6_metadata::what_may_follow_the_fields` |
//! | SkipExtraMetadataSpaceV6 | `v6_metadata::space_for_later_versions_is_skipped` |
//! | ParseV6VarInts, NestedVarIntsAndStrings | `v6_metadata::numbers_of_variable_length` |
//! | V6MissingThreadBlock, MismatchedRemoveThread, RefAfterRemoveThread, DoubleRemoveThread | `v6::threads_that_are_not_there` |
//! | V6ParseSimpleThreadBlock, MultipleThreadBlocks, OptionalThreadData | `v6::thread_blocks` |
//! | V6ParseEventLabelLists | `v6_labels::labels_of_events` |
//! | V6LabelListCanOverride | `v6_labels::labels_override_the_definition` |
//! | ParseV6CompressedEventHeaders: headers | `v6::headers_of_both_forms`; order: `order::as_the_reference_has_it` |
//! | V6SequencePoint | `v6::what_sequence_points_forget`, `v6::losses` |
//! | V5/V6IncompleteTraceThrows | `truncation`, `v6::without_its_end_a_stream_is_cut_off` |
//! | EventPipeV3StackParsing | `netperf::an_event_with_its_stack`, `netperf::sizes_that_contradict_each_other` |
//!
//! Above this crate, since they are about what events mean: SessionStreaming, AllEventsLeavesNoUnhandledEvents,
//! WellKnownDiagnosticSourceEventsHavePayloads, StartStopOpcodeRemovedFromEventNames, the names of V6LabelListCanOverride,
//! AllocationSampledEventRoutesAndDecodesPayload, MalformedILToNativeMap, GCDynamicEvent, those of Universal traces and of
//! flame graphs.
//!
//! Cases that the reference reader's tests leave out:
//!
//! | case | tests |
//! |---|---|
//! | uncompressed events of odd sizes | `headers::uncompressed_headers` |
//! | sequence points with unknown threads | `losses::sequence_points_show_losses_at_the_end`, `v6::what_sequence_points_forget` |
//! | sequence numbers and times that wrap | `losses::numbers_wrap`, `acceptance::numbers_wrap_in_compressed_headers`, `v6::losses`, `time::time_stamps_may_go_back_and_wrap` |
//! | numbers of up to 100 bytes | `headers::long_numbers`, `headers::long_32_bit_numbers` |
//! | a block of 2^24-1 bytes | `v6::the_largest_block` |
//! | two streams, one behind the other | `versions::a_second_stream_is_ignored_but_counted` |
//! | cut off at every byte | `truncation::every_offset_of_the_smallest_trace` |
//! | version 6 fuzzed | the fuzz targets `v6` and `slice_reader`; `v6::every_single_bit_of_a_varied_stream` |
//! | bytes, booleans and decimals of real sources | `arguments` |
//! | what is written is read as it was | `round_trip::recorded_traces`, `round_trip::recorded_traces_in_version_6`, `round_trip::recorded_netperf`, `encode_any`, the fuzz target `round_trip` |
//!
//! What a reader must tolerate:
//!
//! | condition | tests |
//! |---|---|
//! | blocks of unknown kind, objects of unknown name, newer blocks | `v6::unknown_blocks_and_empty_blocks`, `tolerance::oddities_of_version_4`, `versions::newer_blocks`, `versions::unknown_blocks_are_skipped_and_counted` |
//! | cut off inside a block or before the end mark | `truncation`, `recorded::killed_target` |
//! | empty blocks of all kinds | `headers::empty_blocks`, `v6::unknown_blocks_and_empty_blocks` |
//! | undefined events, threads, labels | `tolerance::oddities_of_version_4`, `v6::threads_that_are_not_there`, `v6_labels::labels_that_are_not_there` |
//! | definitions and threads that come twice | `metadata::the_latest_definition_of_an_id_counts`, `v6::threads_that_are_not_there` |
//! | numbers that are too long, sizes that are negative or too large | `headers::long_numbers`, `damage::block_contents`, `tolerance::a_damaged_block_is_left` |
//! | illegible lists of fields | `metadata::illegible_fields_do_not_cost_the_event` |
//! | bytes behind the end | `versions::a_second_stream_is_ignored_but_counted` |

#![allow(clippy::doc_markdown, reason = "tables of names")]

use std::collections::{BTreeSet, HashMap};

use nettrace::{BlockKind, Decoder, Event, Reader};

use crate::corpus::{self, decode};
use crate::stream::{Bytes, SERIALIZATION, Stream};

/// Steps of 100 ns, as .NET counts time.
const YEAR_1_TO_1970: i64 = 621_355_968_000_000_000;

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
    assert_eq!(trace.start_unix_nanos, (636_962_398_197_540_000 - YEAR_1_TO_1970) * 100);
    assert_eq!(processors, (0..4).map(Some).collect());
    assert!(on_own_thread > 60_000);
}

#[test]
fn the_head_of_a_trace_of_core_2() {
    // That of a public trace of a 32-bit process.
    let mut bytes = Bytes::default();
    bytes.raw(SERIALIZATION).raw(&[4, 4, 1]).i32(3).i32(0).i32(5).raw(b"Trace\x06");
    for part in [2018u16, 2, 4, 1, 17, 21, 38, 442] {
        bytes.u16(part);
    }
    bytes.i64(20_461_004_832).i64(2_533_315).i32(4).i32(3312).i32(4).i32(1_000_000).raw(&[6, 1]);
    let (decoder, result) = decode(&bytes.0, 1, &mut |_: &Event<'_>| {});
    result.unwrap();
    let trace = decoder.trace().unwrap();
    assert_eq!((trace.version, trace.pointer_size, trace.process_id, trace.processors), (3, 4, 3312, 4));
    assert_eq!((trace.start_ticks, trace.ticks_per_second), (20_461_004_832, 2_533_315));
    assert_eq!(trace.sampling_interval_nanos, 1_000_000);
    assert_eq!(trace.start_unix_nanos, (636_531_024_984_420_000 - YEAR_1_TO_1970) * 100);
}

#[test]
fn blocks_of_a_trace_of_core_3() {
    let Some(bytes) = corpus::trace(CORE_3) else { return };
    let mut reader = Reader::new(&bytes);
    let mut events = 0;
    let mut kinds = HashMap::new();
    while let Some(kind) = reader.read_block(&mut |_: &Event<'_>| events += 1).unwrap() {
        *kinds.entry(kind).or_insert(0) += 1;
    }
    let expected = [
        (BlockKind::Trace, 1),
        (BlockKind::Event, 54),
        (BlockKind::Metadata, 9),
        (BlockKind::Stack, 44),
        (BlockKind::SequencePoint, 18),
    ];
    assert_eq!((events, kinds), (105_540, expected.into()));
}

#[test]
fn no_event_waits_for_what_follows() {
    const PIECE: usize = 64;
    let Some(bytes) = corpus::trace(CORE_3) else { return };
    // Where each payload ends in the file.
    let mut ends = Vec::new();
    let start = bytes.as_ptr().addr();
    let mut sink = |event: &Event<'_>| ends.push(event.payload.as_ptr().addr() - start + event.payload.len());
    Reader::new(&bytes).read(&mut sink).unwrap();
    assert_eq!(ends.len(), 105_540);
    let mut decoder = Decoder::new();
    let mut delivered = 0;
    for (number, piece) in bytes.chunks(PIECE).enumerate() {
        decoder.push(piece, &mut |_: &Event<'_>| delivered += 1).unwrap();
        let pushed = number * PIECE + piece.len();
        let complete = ends.partition_point(|end| *end <= pushed);
        assert_eq!(delivered, complete, "after {pushed} bytes");
    }
}

#[test]
fn numbers_wrap_in_compressed_headers() {
    let mut stream = Stream::new();
    stream.define_simple(1, "P", 1);
    stream.events(|block| {
        block.event(1).thread(7).sequence(u32::MAX).payload(&[]);
        for _ in 0..2 {
            // Everything as before, and the next number.
            block.bytes.u8(0).var(0);
        }
    });
    stream.sequence_point(0, &[(7, 1)]);
    let mut numbers = Vec::new();
    let mut sink = |event: &Event<'_>| numbers.push(event.sequence_number);
    let (decoder, result) = decode(&stream.end(), usize::MAX, &mut sink);
    result.unwrap();
    assert_eq!((numbers, decoder.statistics().lost_events), (vec![u32::MAX, 0, 1], 0));
    assert_eq!(decoder.statistics().sequence_resets, 0);
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
