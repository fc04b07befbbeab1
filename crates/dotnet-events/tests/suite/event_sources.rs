//! Events of .NET's event sources: as their definitions describe them, whatever is known of them.

use dotnet_events::enumerations::{HttpVersionPolicy, SocketError, SslProtocols, TaskWaitBehavior, meaning};
use dotnet_events::event_sources::{
    dependency_injection, diagnostic_source, http, kestrel, security, sockets, tasks,
};
use dotnet_events::{EventError, names, providers};
use nettrace::{Event, FieldError};
use proptest::prelude::*;

use crate::corpus::decode;
use crate::stream::{Bytes, Definition, Stream, V2Field};

const BOOLEAN: i32 = 3;
const U8: i32 = 6;
const I32: i32 = 9;
const U32: i32 = 10;
const I64: i32 = 11;
const F64: i32 = 14;
const TEXT: i32 = 18;

/// Calls `check` with an event of that definition and payload.
fn event<R>(definition: &Definition, payload: &[u8], check: impl FnOnce(&Event<'_>) -> R) -> R {
    let bytes =
        Stream::new().define_blob(&definition.blob()).events(|block| block.event(1).payload(payload)).end();
    let (mut check, mut found) = (Some(check), None);
    let (_, result) = decode(&bytes, usize::MAX, &mut |event: &Event<'_>| {
        found = check.take().map(|check| check(event));
    });
    result.unwrap();
    found.unwrap()
}

fn definition(provider: &str, id: i32, name: &str, version: i32, fields: &[(&str, i32)]) -> Definition {
    Definition::new(1, provider, id).name(name).version(version).fields(fields)
}

fn payload(fill: impl FnOnce(&mut Bytes)) -> Vec<u8> {
    let mut bytes = Bytes::default();
    fill(&mut bytes);
    bytes.0
}

const REQUEST_START: [(&str, i32); 7] = [
    ("scheme", TEXT),
    ("host", TEXT),
    ("port", I32),
    ("pathAndQuery", TEXT),
    ("versionMajor", U8),
    ("versionMinor", U8),
    ("versionPolicy", I32),
];

fn request_start() -> Vec<u8> {
    payload(|out| _ = out.text("http").text("shop").i32(8080).text("/cart?id=1").u8(1).u8(1).i32(2))
}

fn check_request_start(event: &Event<'_>) {
    let Some(Ok(http::Event::RequestStart(start))) = http::decode(event) else { panic!("{event:?}") };
    assert_eq!(format!("{}://{}:{}", start.scheme, start.host, start.port), "http://shop:8080");
    assert_eq!(start.pathAndQuery, "/cart?id=1");
    assert_eq!((start.versionMajor, start.versionMinor), (1, 1));
    assert_eq!(start.versionPolicy, HttpVersionPolicy::RequestVersionExact);
    assert_eq!(http::RequestStart::decode(event), Ok(start));
    assert_eq!(names::event_name(event), http::RequestStart::NAME);
    assert_eq!(meaning(event.metadata, &["versionPolicy"]).unwrap().text(1), "RequestVersionOrHigher");
}

#[test]
fn fields_as_known() {
    let as_known = definition(providers::HTTP, 1, "RequestStart", 0, &REQUEST_START);
    event(&as_known, &request_start(), check_request_start);
    // Of a later version, with more behind.
    let mut fields = REQUEST_START.to_vec();
    fields.push(("more", I64));
    let later = definition(providers::HTTP, 1, "RequestStart", 9, &fields);
    let mut longer = request_start();
    longer.extend([7; 8]);
    event(&later, &longer, check_request_start);
    // The definition's fields cannot be read, so that it is as if it had none.
    let silent = definition(providers::HTTP, 1, "RequestStart", 0, &[]);
    event(&silent, &request_start(), check_request_start);
}

#[test]
fn fields_in_another_order_and_of_other_sizes() {
    let fields = [
        ("versionPolicy", U32),
        ("versionMinor", I32),
        ("versionMajor", U8),
        ("new", I64),
        ("pathAndQuery", TEXT),
        ("port", I64),
        ("host", TEXT),
        ("scheme", TEXT),
    ];
    let bytes = payload(|out| {
        out.i32(2).i32(1).u8(1).i64(99).text("/cart?id=1").i64(8080).text("shop").text("http");
    });
    event(&definition(providers::HTTP, 1, "RequestStart", 1, &fields), &bytes, check_request_start);
}

#[test]
fn what_a_definition_does_not_have() {
    // Before .NET 8 the stop had no status, and 8 has it in version 1; a definition that lacks it nonetheless rules.
    for (version, fields, bytes, expected) in [
        (0, &[][..], &[][..], None),
        (1, &[("statusCode", I32)], &[200, 0, 0, 0], Some(200)),
        (1, &[("other", I32)], &[200, 0, 0, 0], None),
        (2, &[("other", U8), ("statusCode", I32)], &[1, 200, 0, 0, 0], Some(200)),
    ] {
        event(&definition(providers::HTTP, 2, "RequestStop", version, fields), bytes, |event| {
            let Some(Ok(http::Event::RequestStop(stop))) = http::decode(event) else { panic!("{event:?}") };
            assert_eq!(stop.statusCode, expected);
        });
    }
    // A field that came without a new version.
    let resolved =
        definition(providers::DEPENDENCY_INJECTION, 2, "ServiceResolved", 0, &[("serviceType", TEXT)]);
    event(&resolved, &payload(|out| _ = out.text("IShop")), |event| {
        let resolved = dependency_injection::ServiceResolved::decode(event).unwrap();
        assert_eq!(resolved.serviceType, "IShop");
        assert_eq!(resolved.serviceProviderHashCode, None);
    });
    // One that all have.
    let headless = definition(providers::HTTP, 1, "RequestStart", 0, &REQUEST_START[1..]);
    let missing = EventError::MissingField { event: "RequestStart", field: "scheme" };
    event(&headless, &[], |event| {
        // Looked for in order, so this is the first that is not there.
        assert_eq!(http::RequestStart::decode(event), Err(missing));
    });
}

#[test]
fn a_field_of_another_type_is_an_error() {
    let mistyped =
        definition(providers::HTTP, 6, "RequestLeftQueue", 0, &[("timeOnQueueMilliseconds", TEXT)]);
    let wrong = EventError::WrongType { event: "RequestLeftQueue", field: "timeOnQueueMilliseconds" };
    event(&mistyped, &payload(|out| _ = out.text("1.5")), |event| {
        assert_eq!(http::RequestLeftQueue::decode(event), Err(wrong));
    });
    // A number that does not fit.
    let fields = [("timeOnQueueMilliseconds", F64), ("versionMajor", I32), ("versionMinor", I32)];
    let wide = definition(providers::HTTP, 6, "RequestLeftQueue", 0, &fields);
    let wrong = EventError::WrongType { event: "RequestLeftQueue", field: "versionMajor" };
    event(&wide, &payload(|out| _ = out.f64(1.5).i32(256).i32(0)), |event| {
        assert_eq!(http::RequestLeftQueue::decode(event), Err(wrong));
    });
}

#[test]
fn earlier_names_of_fields() {
    for name in ["ContinueWithTaskId", "ContinuwWithTaskId"] {
        let fields = [("OriginatingTaskSchedulerID", I32), ("OriginatingTaskID", I32), (name, I32)];
        // In order, and not.
        for (fields, bytes) in [(fields, [1, 2, 3]), ([fields[2], fields[0], fields[1]], [3, 1, 2])] {
            let bytes = payload(|out| bytes.iter().for_each(|value| _ = out.i32(*value)));
            let scheduled = definition(providers::TASKS, 12, "AwaitTaskContinuationScheduled", 0, &fields);
            event(&scheduled, &bytes, |event| {
                assert_eq!(
                    tasks::AwaitTaskContinuationScheduled::decode(event).unwrap().ContinueWithTaskId,
                    3
                );
            });
        }
    }
}

#[test]
fn booleans_of_four_bytes_and_of_one() {
    let start = definition(
        providers::SECURITY,
        1,
        "HandshakeStart",
        0,
        &[("isServer", BOOLEAN), ("targetHost", TEXT)],
    );
    for bytes in [payload(|out| _ = out.i32(1).text("shop")), payload(|out| _ = out.u8(1).text("shop"))] {
        event(&start, &bytes, |event| {
            let start = security::HandshakeStart::decode(event).unwrap();
            assert_eq!(start.targetHost, "shop");
            assert!(start.isServer);
        });
    }
}

#[test]
fn enumerations() {
    let failed =
        definition(providers::SOCKETS, 3, "ConnectFailed", 0, &[("error", I32), ("exceptionMessage", TEXT)]);
    for (error, expected) in [(10061, "ConnectionRefused"), (-1, "SocketError"), (7, "7")] {
        event(&failed, &payload(|out| _ = out.i32(error).text("")), |event| {
            let failed = sockets::ConnectFailed::decode(event).unwrap();
            assert_eq!(
                (failed.error.number().cast_signed(), failed.error.to_string()),
                (error, expected.to_owned())
            );
        });
    }
    assert_eq!(SocketError::from(10060), SocketError::TimedOut);
    assert_eq!(SslProtocols::from(0x3000).to_string(), "Tls13");
    assert_eq!(TaskWaitBehavior::from(2), TaskWaitBehavior::Asynchronous);
}

#[test]
fn counters_are_not_taken_for_the_event_with_their_id() {
    let name = V2Field::new("Name", TEXT);
    let counters = Definition::new(1, providers::KESTREL, 11).name("EventCounters").parameters(&[name]);
    event(&counters, &payload(|out| _ = out.text("connections")), |event| {
        assert_eq!(kestrel::decode(event), None);
        assert_eq!(dotnet_events::debug(event), None);
        assert!(kestrel::Configuration::decode(event).is_err());
    });
    // .NET numbers the events of this source as they come.
    let built = definition(
        providers::DEPENDENCY_INJECTION,
        10,
        "ScopeDisposed",
        0,
        &[("serviceProviderHashCode", I32), ("scopedServicesResolved", I32), ("disposableServices", I32)],
    );
    event(&built, &payload(|out| _ = out.i32(5).i32(6).i32(7)), |event| {
        let Some(Ok(dependency_injection::Event::ScopeDisposed(scope))) = dependency_injection::decode(event)
        else {
            panic!("{event:?}")
        };
        assert_eq!(scope.disposableServices, 7);
    });
    let configuration = definition(
        providers::KESTREL,
        11,
        "Configuration",
        0,
        &[("instanceId", I32), ("configuration", TEXT)],
    );
    event(&configuration, &payload(|out| _ = out.i32(5).text("{}")), |event| {
        assert!(matches!(kestrel::decode(event), Some(Ok(kestrel::Event::Configuration(_)))));
        assert!(dotnet_events::debug(event).unwrap().unwrap().starts_with("Configuration { instanceId: 5"));
    });
}

#[test]
fn what_libraries_say_over_the_bridge() {
    let argument = [V2Field::new("Key", TEXT), V2Field::new("Value", TEXT)];
    for (event_name, field) in [("Activity1Start", "EventName"), ("ActivityStop", "ActivityName")] {
        let definition = Definition::new(1, providers::DIAGNOSTIC_SOURCE, 7).name(event_name).parameters(&[
            V2Field::new("SourceName", TEXT),
            V2Field::new(field, TEXT),
            V2Field::array_of("Arguments", &argument),
        ]);
        let bytes = payload(|out| _ = out.text("Shop").text("Order").u16(1).text("Id").text("7"));
        event(&definition, &bytes, |event| {
            let bridged = diagnostic_source::decode(event).unwrap().unwrap();
            assert_eq!(format!("{} {}", bridged.SourceName, bridged.EventName), "Shop Order");
            assert_eq!(bridged.Arguments.len(), 1);
            let argument = bridged.Arguments.get(0).unwrap();
            assert_eq!(format!("{}={}", argument.Key, argument.Value), "Id=7");
        });
        event(&definition, &bytes[..bytes.len() - 2], |event| {
            assert!(matches!(diagnostic_source::decode(event), Some(Err(EventError::TooShort { .. }))));
        });
    }
}

#[test]
fn short_payloads_are_errors() {
    let start = definition(providers::HTTP, 1, "RequestStart", 0, &REQUEST_START);
    let whole = request_start();
    for length in 0..whole.len() {
        let short = EventError::TooShort { event: "RequestStart", version: 0, length };
        event(&start, &whole[..length], |event| assert_eq!(http::RequestStart::decode(event), Err(short)));
    }
    let mut fields = REQUEST_START;
    fields.reverse();
    let truncated =
        EventError::Field { event: "RequestStart", field: "scheme", problem: FieldError::Unreachable };
    event(&definition(providers::HTTP, 1, "RequestStart", 0, &fields), &[], |event| {
        assert_eq!(http::RequestStart::decode(event), Err(truncated));
    });
}

proptest! {
    /// Any order of the fields, with others between.
    #[test]
    fn any_order(order in Just(REQUEST_START.map(|(name, _)| name).to_vec()).prop_shuffle(), extra: bool) {
        let mut fields = Vec::new();
        let mut bytes = Bytes::default();
        for (index, name) in order.iter().enumerate() {
            let (_, code) = REQUEST_START.iter().find(|(known, _)| known == name).unwrap();
            fields.push((*name, *code));
            match *name {
                "scheme" => bytes.text("http"),
                "host" => bytes.text("shop"),
                "port" => bytes.i32(8080),
                "pathAndQuery" => bytes.text("/cart?id=1"),
                "versionPolicy" => bytes.i32(2),
                _ => bytes.u8(1),
            };
            if extra && index == 2 {
                fields.push(("between", TEXT));
                bytes.text("?");
            }
        }
        event(&definition(providers::HTTP, 1, "RequestStart", 0, &fields), &bytes.0, check_request_start);
    }
}
