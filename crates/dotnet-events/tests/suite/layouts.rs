//! Payloads of the runtime's own events, built by hand: what recorded traces lack.

use dotnet_events::{Layouts, names, providers};
use nettrace::{Event, FieldError, Struct};
use proptest::prelude::*;

use crate::corpus::decode;
use crate::stream::{Bytes, Definition, Stream, TraceHead};
use crate::stream6::{Event6, Row, Stream6};

/// One event without a description.
#[derive(Debug, Clone, Copy)]
struct Unnamed {
    provider: &'static str,
    id: i32,
    version: i32,
    pointer_size: i32,
}

/// An event of the runtime, on 64 bits.
fn runtime(id: i32, version: i32) -> Unnamed {
    Unnamed { provider: providers::RUNTIME, id, version, pointer_size: 8 }
}

impl Unnamed {
    fn of(self, provider: &'static str) -> Self {
        Self { provider, ..self }
    }

    fn narrow(self) -> Self {
        Self { pointer_size: 4, ..self }
    }

    /// What `check` finds in an event with that payload.
    fn with<R>(self, payload: &[u8], check: impl FnOnce(Struct<'_>, &Event<'_>) -> R) -> R {
        let head = TraceHead { pointer_size: self.pointer_size, ..TraceHead::default() };
        let definition = Definition::new(1, self.provider, self.id).version(self.version);
        let bytes = Stream::with_head(head)
            .define_blob(&definition.blob())
            .events(|block| block.event(1).payload(payload))
            .end();
        let (mut check, mut found) = (Some(check), None);
        let (_, result) = decode(&bytes, usize::MAX, &mut |event: &Event<'_>| {
            let fields = Layouts::new().fields(event);
            found = check.take().map(|check| check(fields, event));
        });
        result.unwrap();
        found.unwrap()
    }

    fn shown(self, payload: &Bytes) -> String {
        self.with(&payload.0, |fields, _| {
            assert_eq!(fields.values().rest(), Ok(&[][..]));
            format!("{fields:?}")
        })
    }

    fn value_error(self, payload: &[u8], name: &str) -> Option<FieldError> {
        self.with(payload, |fields, _| fields.value(name).err())
    }
}

fn payload(fill: impl FnOnce(&mut Bytes)) -> Bytes {
    let mut bytes = Bytes::default();
    fill(&mut bytes);
    bytes
}

#[test]
fn versions() {
    let v0 = payload(|out| _ = out.u32(7).u32(1));
    assert_eq!(runtime(1, 0).shown(&v0), r#"{"Count": U32(7), "Reason": U32(1)}"#);
    let v1 = payload(|out| _ = out.u32(7).u32(2).u32(1).u32(0).u16(9));
    let expected =
        r#"{"Count": U32(7), "Depth": U32(2), "Reason": U32(1), "Type": U32(0), "ClrInstanceID": U16(9)}"#;
    assert_eq!(runtime(1, 1).shown(&v1), expected);
    let mut v2 = v1.clone();
    v2.u64(5);
    let expected = expected.replace('}', r#", "ClientSequenceNumber": U64(5)}"#);
    assert_eq!(runtime(1, 2).shown(&v2), expected);
    // Later versions append.
    v2.u64(6);
    runtime(1, 77).with(&v2.0, |fields, _| {
        assert_eq!(format!("{fields:?}"), expected);
        assert_eq!(fields.values().rest(), Ok(&[6, 0, 0, 0, 0, 0, 0, 0][..]));
    });
    // Of a short payload there is what is there.
    runtime(1, 2).with(&v1.0[..10], |fields, _| {
        let values: Vec<_> =
            fields.values().map(|(_, value)| value.map(|value| value.as_u64().unwrap())).collect();
        let (short, lost) = (Err(FieldError::Truncated), Err(FieldError::Unreachable));
        assert_eq!(values, [Ok(7), Ok(2), short, lost, lost, lost]);
    });
    // What one version narrowed.
    let v0 = payload(|out| _ = out.u32(7).u16(2));
    assert_eq!(runtime(2, 0).shown(&v0), r#"{"Count": U32(7), "Depth": U16(2)}"#);
}

#[test]
fn sizes() {
    // Id, version, bytes with pointers of 8 and of 4.
    const RUNTIME: &[(i32, i32, usize, usize)] = &[
        (1, 2, 26, 26),
        (2, 1, 10, 10),
        (3, 0, 0, 0),
        (3, 1, 2, 2),
        (4, 0, 92, 92),
        (4, 1, 94, 94),
        (4, 2, 110, 110),
        (9, 1, 10, 10),
        (13, 1, 6, 6),
        (14, 1, 2, 2),
        (23, 0, 27, 23),
        (35, 0, 6, 6),
        (50, 0, 10, 10),
        (54, 0, 10, 10),
        (55, 0, 18, 18),
        (56, 0, 76, 76),
        (61, 0, 10, 6),
        (81, 1, 3, 3),
        (81, 2, 27, 19),
        (85, 0, 30, 30),
        (91, 1, 11, 11),
        (137, 0, 36, 36),
        (200, 0, 10, 10),
        (202, 0, 18, 18),
        (205, 2, 38, 38),
        (205, 3, 46, 46),
        (281, 0, 2, 2),
        (282, 0, 6, 6),
        (284, 0, 10, 10),
        (301, 0, 11, 7),
    ];
    let private = [(5, 0, 28, 28), (199, 0, 26, 14), (4, 0, 425, 225), (4, 2, 433, 233)];
    let of = |provider, sizes: &[(i32, i32, usize, usize)]| -> Vec<_> {
        let both = |(id, version, wide, narrow): &(i32, i32, usize, usize)| {
            let event = runtime(*id, *version).of(provider);
            [(event, *wide), (event.narrow(), *narrow)]
        };
        sizes.iter().flat_map(both).collect()
    };
    let mut all = of(providers::RUNTIME, RUNTIME);
    all.extend(of(providers::RUNTIME_PRIVATE, &private));
    all.extend(of(providers::RUNTIME_RUNDOWN, &[(146, 1, 2, 2), (10, 0, 50, 50)]));
    all.extend(of(providers::SAMPLE_PROFILER, &[(0, 0, 4, 4)]));
    for (event, size) in all {
        let zeros = vec![0; size];
        event.with(&zeros, |fields, _| assert_eq!(fields.values().rest(), Ok(&[][..]), "{event:?}"));
        if let Some(short) = size.checked_sub(1) {
            event.with(&zeros[..short], |fields, _| assert!(fields.values().rest().is_err(), "{event:?}"));
        }
    }
}

#[test]
fn pointers() {
    let tick = |wide: bool| {
        payload(|out| {
            let pointer =
                |out: &mut Bytes, value: u32| _ = if wide { out.u64(value.into()) } else { out.u32(value) };
            out.u32(1).u32(2).u16(3).u64(4);
            pointer(out, 5);
            out.text("Text").u32(6);
            pointer(out, 7);
            out.u64(8);
        })
    };
    let wide = runtime(10, 4).shown(&tick(true));
    assert!(
        wide.contains(
            r#""TypeID": U64(5), "TypeName": String("Text"), "HeapIndex": U32(6), "Address": U64(7)"#
        )
    );
    let narrow = runtime(10, 4).narrow().shown(&tick(false));
    assert_eq!(narrow, wide.replace("ID\": U64", "ID\": U32").replace("Address\": U64", "Address\": U32"));
}

#[test]
fn histories() {
    for generations in [4, 5] {
        for (event, size) in [(runtime(204, 3), 8), (runtime(204, 3).narrow(), 4)] {
            let mut bytes = vec![0; 2 + 6 * size + 6 * 4 + size];
            bytes.extend(u32::to_le_bytes(generations));
            bytes.extend(
                (0..generations as usize * 10)
                    .flat_map(|number| (number as u64).to_le_bytes()[..size].to_vec()),
            );
            event.with(&bytes, |fields, _| {
                let values = fields.value("Values").unwrap().unwrap().as_array().unwrap();
                assert_eq!(values.len(), generations as usize);
                let last = values.values().last().unwrap().unwrap().as_struct().unwrap();
                let budget = last.value("NewAllocation").unwrap().unwrap();
                assert_eq!(budget.as_u64(), Some(u64::from(generations) * 10 - 1));
                assert_eq!(fields.values().rest(), Ok(&[][..]));
            });
        }
    }
    let times = payload(|out| _ = out.raw(&[0; 46]).u32(2).u32(10).u32(20));
    assert!(
        runtime(205, 4).shown(&times).ends_with(r#""Count": U32(2), "Values": Array([U32(10), U32(20)])}"#)
    );
}

#[test]
fn structures_with_padding() {
    let heap = |out: &mut Bytes| _ = out.u16(0).u16(1).u32(1).u32(2).u32(3);
    let wide = payload(|out| {
        heap(out);
        out.u32(99).u64(4).u64(5);
    });
    let row = r#""TimePlan": U32(1), "TimeCompact": U32(2), "TimeRelocate": U32(3)"#;
    let shown = runtime(208, 0).shown(&wide);
    assert!(
        shown.contains(&format!(r#"{row}, "Padding": U32(99), "TotalRefs": U64(4), "ZeroRefs": U64(5)"#))
    );
    let narrow = payload(|out| {
        heap(out);
        out.u32(4).u32(5);
    });
    let shown = runtime(208, 0).narrow().shown(&narrow);
    assert!(shown.contains(&format!(r#"{row}, "TotalRefs": U32(4), "ZeroRefs": U32(5)"#)));
}

#[test]
fn rows_of_varying_size() {
    let types = payload(|out| {
        out.u32(2).u16(1);
        out.u64(10).u64(11).u32(12).u32(8).u8(29).text("List`1").u32(2).u64(20).u64(21);
        out.u64(30).u64(31).u32(32).u32(0).u8(18).text("").u32(0);
    });
    runtime(15, 0).with(&types.0, |fields, _| {
        let rows = fields.value("Values").unwrap().unwrap().as_array().unwrap();
        let rows: Vec<_> = rows.values().map(|row| format!("{:?}", row.unwrap())).collect();
        assert!(rows[0].contains(r#""Name": String("List`1"), "TypeParameterCount": U32(2), "TypeParameters": Array([U64(20), U64(21)])"#));
        assert!(rows[1].starts_with(r#"Struct({"TypeID": U64(30)"#) && rows[1].ends_with("Array([])})"));
        assert_eq!(fields.values().rest(), Ok(&[][..]));
    });
    // The count is far in front of what it counts.
    let verbose = payload(|out| {
        out.u16(1).u32(2).u32(3).u64(4).u64(5).u32(6).text("N").text("M").text("S").raw(&[7, 8, 9]);
    });
    assert!(runtime(298, 0).shown(&verbose).ends_with(r#""Data": Array([U8(7), U8(8), U8(9)])}"#));
    let objects = payload(|out| {
        out.u64(1).u64(2).u64(3).u32(4).u64(5).raw(b"Class\0Space\0").text("AddRef").u16(6);
    });
    runtime(193, 0).of(providers::RUNTIME_PRIVATE).with(&objects.0, |fields, _| {
        let text = |name: &str| fields.value(name).unwrap().unwrap().to_text().unwrap();
        assert_eq!([text("ClassName"), text("NameSpace"), text("Operation")], ["Class", "Space", "AddRef"]);
    });
}

#[test]
fn malformed_maps() {
    let map = |count: u16, entries: usize| {
        payload(|out| _ = out.u64(1).u64(2).u8(0).u16(count).raw(&vec![0; entries * 8]).u16(9).u64(0)).0
    };
    assert_eq!(runtime(190, 1).value_error(&map(2, 2), "ClrInstanceID"), None);
    // Cut off, and with a count that the payload has no room for.
    assert_eq!(
        runtime(190, 1).value_error(&map(2, 2)[..18], "CountOfMapEntries"),
        Some(FieldError::Truncated)
    );
    let error = runtime(190, 1).value_error(&map(32767, 2), "ILOffsets");
    assert_eq!(error, Some(FieldError::ArrayTooLong { count: 32767 }));
    let error = runtime(190, 1).value_error(&map(32767, 2), "ClrInstanceID");
    assert_eq!(error, Some(FieldError::Unreachable));
}

#[test]
fn dynamic_events() {
    for (name, expected) in [
        ("CommittedUsage", "GC/CommittedUsage"),
        ("HeapCountTuning", "GC/HeapCountTuning"),
        ("SomethingNew", "GC/DynamicTraceEvent"),
        ("", "GC/DynamicTraceEvent"),
    ] {
        let dynamic = payload(|out| _ = out.text(name).u32(2).raw(&[1, 2]).u16(3));
        let shown = runtime(39, 0).shown(&dynamic);
        assert_eq!(
            shown,
            format!(
                r#"{{"Name": String("{name}"), "DataSize": U32(2), "Data": Array([U8(1), U8(2)]), "ClrInstanceID": U16(3)}}"#
            )
        );
        runtime(39, 0).with(&dynamic.0, |_, event| assert_eq!(names::event_name(event), expected));
    }
    runtime(39, 0).with(&[], |_, event| assert_eq!(names::event_name(event), "GC/DynamicTraceEvent"));
}

#[test]
fn sampled_allocations() {
    let sampled = payload(|out| _ = out.u32(1).u16(2).u64(3).text("System.Byte[]").u64(4).u64(104).u64(8192));
    let shown = runtime(303, 0).shown(&sampled);
    assert!(shown.starts_with(r#"{"AllocationKind": U32(1), "ClrInstanceID": U16(2), "TypeID": U64(3)"#));
    assert!(shown.ends_with(r#""TypeName": String("System.Byte[]"), "Address": U64(4), "ObjectSize": U64(104), "SampledByteOffset": U64(8192)}"#));
}

#[test]
fn bridged_events() {
    let arguments =
        payload(|out| _ = out.text("Source").text("Name").u16(2).text("a").text("1").text("b").text("2"));
    let shown = |name: &str, fields: &[(&str, i32)]| {
        let definition = Definition::new(1, providers::DIAGNOSTIC_SOURCE, 3).name(name).fields(fields);
        let bytes = Stream::new()
            .define_blob(&definition.blob())
            .events(|block| block.event(1).payload(&arguments.0))
            .end();
        let mut shown = String::new();
        let (_, result) = decode(&bytes, usize::MAX, &mut |event: &Event<'_>| {
            shown = format!("{:?}", Layouts::new().fields(event));
        });
        result.unwrap();
        shown
    };
    let expected = r#"{"SourceName": String("Source"), "EventName": String("Name"), "Arguments": Array([Struct({"Key": String("a"), "Value": String("1")}), Struct({"Key": String("b"), "Value": String("2")})])}"#;
    for name in ["Event", "Activity1Start", "Activity2Stop", "RecursiveActivity1Start"] {
        assert_eq!(shown(name, &[]), expected);
    }
    // What a definition says of itself counts; what nobody knows is empty.
    assert_eq!(shown("Event", &[("text", 18)]), r#"{"text": String("Source")}"#);
    assert_eq!(shown("Other", &[]), "{}");
}

#[test]
fn another_stream_with_the_same_numbers() {
    let mut layouts = Layouts::new();
    let mut shown = Vec::new();
    for (id, pointer_size) in [(61, 8), (61, 4), (35, 4), (9999, 4), (61, 8)] {
        let head = TraceHead { pointer_size, ..TraceHead::default() };
        let bytes = Stream::with_head(head)
            .define_simple(1, providers::RUNTIME, id)
            .events(|block| block.event(1).payload(&[1; 10]))
            .end();
        let (_, result) = decode(&bytes, usize::MAX, &mut |event: &Event<'_>| {
            for (field, value) in layouts.fields(event).values().take(1) {
                shown.push((field.name.clone(), value.unwrap().as_u64().unwrap()));
            }
        });
        result.unwrap();
    }
    let (wide, narrow) = (0x0101_0101_0101_0101, 0x0101_0101);
    let expected = [("WorkID", wide), ("WorkID", narrow), ("Reason", narrow), ("WorkID", wide)];
    assert_eq!(shown, expected.map(|(name, value)| (name.to_owned(), value)));
}

#[test]
fn labels_of_events_override_definitions() {
    let mut stream = Stream6::new();
    stream
        .metadata(&[
            Row::new(1, providers::RUNTIME, 2, "").fields(&[]).options(&[9, 1]),
            Row::new(2, "MySource", 7, "TestEvent1").fields(&[]),
        ])
        .thread(0, 1, 1)
        .labels(1, &[&[(7, vec![8])], &[(7, vec![18])], &[(7, vec![0])], &[(10, vec![0])]]);
    let payload = payload(|out| _ = out.u32(7).u16(2).u32(0));
    let event = |number: u32, metadata: u32, labels: u32| {
        Event6::on(0, number, 1).metadata(metadata).labels(labels).payload(&payload.0)
    };
    stream.events(
        true,
        &[event(1, 1, 0), event(2, 1, 1), event(3, 2, 2), event(4, 1, 3), event(5, 2, 3), event(6, 1, 4)],
    );
    let mut layouts = Layouts::new();
    let mut found = Vec::new();
    let (_, result) = decode(&stream.end(), usize::MAX, &mut |event: &Event<'_>| {
        found.push((names::event_name(event).into_owned(), layouts.fields(event).fields().len()));
    });
    result.unwrap();
    let expected = [
        ("GC/Stop", 3),
        ("GC/Suspend", 3),
        ("TestEvent1/Opcode(18)", 0),
        ("GC", 3),
        ("TestEvent1", 0),
        ("GC/Stop", 2),
    ];
    assert_eq!(found, expected.map(|(name, fields)| (name.to_owned(), fields)));
}

/// Reads all there is, errors and all.
fn read(fields: Struct<'_>) -> usize {
    format!("{fields:?}").len()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_payload(
        provider in prop::sample::select(vec![
            providers::RUNTIME,
            providers::RUNTIME,
            providers::RUNTIME_RUNDOWN,
            providers::RUNTIME_PRIVATE,
            providers::EVENT_PIPE,
        ]),
        payload in prop::collection::vec(prop_oneof![Just(0u8), Just(1), any::<u8>()], 0..300),
        narrow in any::<bool>(),
    ) {
        // Every event of the provider, in every version.
        let mut stream = Stream::with_head(TraceHead {
            pointer_size: if narrow { 4 } else { 8 },
            ..TraceHead::default()
        });
        let mut definitions = 0;
        for id in 0..320 {
            for version in 0..5 {
                definitions += 1;
                stream.define_blob(&Definition::new(definitions, provider, id).version(version).blob());
            }
        }
        stream.events(|block| (1..=definitions as u32).for_each(|id| block.event(id).payload(&payload)));
        let mut layouts = Layouts::new();
        let (mut known, mut shown) = (0, 0);
        let (_, result) = decode(&stream.end(), usize::MAX, &mut |event: &Event<'_>| {
            let fields = layouts.fields(event);
            known += usize::from(!fields.fields().is_empty());
            shown += read(fields);
        });
        result.unwrap();
        prop_assert!(known > 0 && shown > known);
    }
}
