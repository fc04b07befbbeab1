//! Messages as bytes: known vectors, round trips of everything, and bytes that mean nothing.
#![allow(clippy::unwrap_used, reason = "a test that panics says where")]

use std::path::PathBuf;
use std::time::Duration;

use diagnostics_ipc::message::{
    Advertise, Command, DecodeError, ErrorCode, ErrorReply, Header, MAX_PAYLOAD, Malformed, ProcessInfo,
    Reply, decode_environment, encode_environment,
};
use diagnostics_ipc::request::{
    AttachProfiler, Buffering, CollectTracing, CollectVersion, DumpFlags, DumpKind, DumpRequest, DumpVersion,
    EventFilter, EventLevel, PerfMapKind, Provider, Request, Rundown, SessionRequest, StartupProfiler,
    StreamFormat, TracepointSet, Tracepoints, UserEventsProvider, UserEventsRequest,
};
use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().map(|digit| (digit as char).to_digit(16).unwrap() as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn split(message: &[u8]) -> (Header, &[u8]) {
    let (header, payload) = message.split_first_chunk().expect("a whole header");
    let header = Header::decode(header).unwrap();
    assert_eq!(header.payload_len(), payload.len());
    (header, payload)
}

fn stream(version: CollectVersion, request: SessionRequest) -> Request {
    Request::CollectTracing(CollectTracing::Stream { version, format: StreamFormat::NetTrace, request })
}

fn session(rundown: Rundown, stacks: bool, provider: Provider) -> SessionRequest {
    SessionRequest { buffer_mb: 256, providers: vec![provider], rundown, stacks, buffering: Buffering::Drop }
}

/// Requests that a .NET 9 runtime was seen to accept, byte for byte.
#[test]
fn requests_have_the_known_bytes() {
    let ab = |level| Provider::new("AB").keywords(1).level(level);
    let vectors = [
        (Request::ProcessInfo3, "444f544e45545f4950435f563100140004080000"),
        (Request::ResumeRuntime, "444f544e45545f4950435f563100140004010000"),
        (
            Request::StopTracing { session: 0x1122_3344_5566_7788 },
            "444f544e45545f4950435f5631001c00020100008877665544332211",
        ),
        (
            stream(
                CollectVersion::V2,
                session(Rundown::None, true, ab(EventLevel::Informational).argument("k", "v")),
            ),
            "444f544e45545f4950435f56310043000203000000010000010000000001000000010000000000000004000000030000004100\
             42000000040000006b003d0076000000",
        ),
        (
            stream(CollectVersion::V4, session(Rundown::Keywords(1), true, ab(EventLevel::Informational))),
            "444f544e45545f4950435f56310043000205000000010000010000000100000000000000010100000001000000000000000400\
             00000300000041004200000000000000",
        ),
        (
            stream(
                CollectVersion::V5,
                session(Rundown::None, false, ab(EventLevel::Verbose).filter(EventFilter::Allow(vec![2, 4]))),
            ),
            "444f544e45545f4950435f56310054000206000000000000000100000100000000000000000000000001000000010000000000\
             000005000000030000004100420000000000000001020000000200000004000000",
        ),
    ];
    for (request, bytes) in vectors {
        let bytes = hex(bytes);
        assert_eq!(request.encode().unwrap(), bytes, "{request:?}");
        let (header, payload) = split(&bytes);
        assert_eq!(header.command(), Some(request.command()));
        assert_eq!(Request::decode(&header, payload).unwrap(), request);
    }
}

#[test]
fn replies_have_the_known_bytes() {
    let vectors = [
        (
            Command::ProcessInfo3,
            Reply::from(ErrorCode::UNKNOWN_COMMAND),
            "444f544e45545f4950435f5631001800ffff000085131380",
        ),
        (
            Command::CollectTracing2,
            Reply::Session(1),
            "444f544e45545f4950435f5631001c00ff0000000100000000000000",
        ),
        (Command::ResumeRuntime, Reply::Status(0), "444f544e45545f4950435f5631001800ff00000000000000"),
    ];
    for (command, reply, bytes) in vectors {
        let bytes = hex(bytes);
        assert_eq!(reply.encode(command).unwrap(), bytes);
        let (header, payload) = split(&bytes);
        assert_eq!(Reply::decode(command, &header, payload).unwrap(), reply);
    }
}

#[test]
fn the_greeting_has_the_known_bytes() {
    let bytes = hex("414456525f56310033221100554477668899aabbccddeeff01000000000000000000");
    let advertise = Advertise {
        runtime_cookie: Uuid::parse_str("00112233-4455-6677-8899-aabbccddeeff").unwrap(),
        process_id: 1,
    };
    assert_eq!(advertise.encode(), bytes);
    let bytes: [u8; Advertise::SIZE] = bytes.try_into().unwrap();
    assert_eq!(Advertise::decode(&bytes), Ok(advertise));
    let mut wrong = bytes;
    wrong[0] = b'X';
    assert_eq!(Advertise::decode(&wrong).unwrap_err().problem, Malformed::UnknownMagic);
}

/// The protocol's text has some replies empty that runtimes send with a zero.
#[test]
fn an_empty_reply_means_done() {
    let bytes = hex("444f544e45545f4950435f5631001400ff000000");
    let (header, payload) = split(&bytes);
    assert_eq!(Reply::decode(Command::ResumeRuntime, &header, payload), Ok(Reply::Status(0)));
    assert!(Reply::decode(Command::StopTracing, &header, payload).is_err());
}

#[test]
fn process_info_of_a_newer_runtime_may_say_more() {
    let mut bytes = Reply::ProcessInfo(info()).encode(Command::ProcessInfo3).unwrap();
    bytes.extend([1, 2, 3]);
    let size = u16::try_from(bytes.len()).unwrap().to_le_bytes();
    bytes[14..16].copy_from_slice(&size);
    let (header, payload) = split(&bytes);
    assert_eq!(Reply::decode(Command::ProcessInfo3, &header, payload), Ok(Reply::ProcessInfo(info())));
}

fn info() -> ProcessInfo {
    ProcessInfo {
        pid: 7,
        runtime_cookie: Uuid::from_u128(1),
        command_line: "dotnet x.dll".to_owned(),
        operating_system: "linux".to_owned(),
        architecture: "x64".to_owned(),
        entry_assembly: Some("x".to_owned()),
        runtime_version: Some("9.0.5".to_owned()),
        portable_rid: Some("linux-x64".to_owned()),
    }
}

#[test]
fn the_last_arguments_may_be_left_out() {
    let request = stream(CollectVersion::V2, session(Rundown::Default, true, Provider::new("AB")));
    let mut bytes = request.encode().unwrap();
    bytes.truncate(bytes.len() - 4);
    let size = u16::try_from(bytes.len()).unwrap().to_le_bytes();
    bytes[14..16].copy_from_slice(&size);
    let (header, payload) = split(&bytes);
    assert_eq!(Request::decode(&header, payload).unwrap(), request);
}

#[test]
fn a_header_that_is_none_is_told_apart() {
    let good = *Request::ProcessInfo3.encode().unwrap().first_chunk().unwrap();
    assert!(Header::decode(&good).is_ok());
    let mut magic = good;
    magic[3] = b'X';
    assert_eq!(Header::decode(&magic).unwrap_err().error_code(), ErrorCode::UNKNOWN_MAGIC);
    let mut short = good;
    short[14] = 19;
    assert_eq!(Header::decode(&short).unwrap_err().error_code(), ErrorCode::BAD_ENCODING);
    let mut reserved = good;
    reserved[18..].copy_from_slice(&[1, 2]);
    assert_eq!(Header::decode(&reserved), Header::decode(&good));
    let mut unknown = good;
    unknown[17] = 0x63;
    let error = Request::decode(&Header::decode(&unknown).unwrap(), &[]).unwrap_err();
    assert_eq!(error.error_code(), ErrorCode::UNKNOWN_COMMAND);
}

#[test]
fn a_command_without_payload_has_none() {
    let header = Header { size: 24, command_set: 4, command_id: 0 };
    let error = Request::decode(&header, &[0; 4]).unwrap_err();
    assert_eq!(error.problem, Malformed::Trailing { surplus: 4 });
}

#[test]
fn what_does_not_fit_a_message_is_refused() {
    let name = "x".repeat(MAX_PAYLOAD / 2);
    let error = stream(CollectVersion::V2, session(Rundown::None, true, Provider::new(name)));
    assert!(error.encode().unwrap_err().to_string().contains("the protocol allows 65535"));
    // The longest that does fit.
    let value = "v".repeat((MAX_PAYLOAD - 4 - 4 - 4 - 2) / 2);
    let fits = Request::SetEnvironmentVariable { name: "n".to_owned(), value: Some(value.clone()) };
    let bytes = fits.encode().unwrap();
    assert_eq!(bytes.len(), usize::from(u16::MAX) - 1);
    let beyond = Request::SetEnvironmentVariable { name: "n".to_owned(), value: Some(value + "v") };
    assert!(beyond.encode().is_err());
}

/// What would end a runtime is refused on both sides, also when it comes as bytes.
#[test]
fn deadly_requests_are_not_read_either() {
    let bytes =
        stream(CollectVersion::V2, session(Rundown::None, true, Provider::new("AB"))).encode().unwrap();
    let refused = |at: usize, value: u32| -> DecodeError {
        let mut bytes = bytes.clone();
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        let (header, payload) = split(&bytes);
        Request::decode(&header, payload).unwrap_err()
    };
    for (at, value, text) in [
        (20, 0, "buffer"),
        (24, 2, "format"),
        (29, 0, "no provider"),
        (29, 1001, "do not fit"),
        (41, 6, "level"),
    ] {
        let error = refused(at, value);
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(error.error_code(), ErrorCode::BAD_ENCODING);
    }
}

fn text() -> impl Strategy<Value = String> {
    "[^\0]{0,20}"
}

fn name() -> impl Strategy<Value = String> {
    "[^\0]{1,20}"
}

fn path() -> impl Strategy<Value = PathBuf> {
    "/[^\0]{0,20}".prop_map(PathBuf::from)
}

fn guid() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

fn filter() -> impl Strategy<Value = EventFilter> {
    let ids = || vec(any::<u32>(), 0..4);
    prop_oneof![ids().prop_map(EventFilter::Deny), ids().prop_map(EventFilter::Allow)]
}

fn provider() -> impl Strategy<Value = Provider> {
    (name(), any::<u64>(), proptest::sample::select(&EventLevel::ALL[..]), text(), filter()).prop_map(
        |(name, keywords, level, arguments, filter)| Provider { name, keywords, level, arguments, filter },
    )
}

fn collect() -> impl Strategy<Value = Request> {
    let format = prop_oneof![Just(StreamFormat::NetPerf), Just(StreamFormat::NetTrace)];
    let buffering = prop_oneof![Just(Buffering::Drop), Just(Buffering::Block)];
    let request = (1..=u32::MAX, vec(provider(), 1..4), any::<u64>(), any::<u8>(), any::<bool>(), buffering);
    (request, format, proptest::sample::select(&CollectVersion::ALL[..])).prop_map(
        |((buffer_mb, mut providers, keywords, rundown, stacks, buffering), format, version)| {
            // Only what the version can express.
            let rundown = match rundown % 3 {
                0 if version >= CollectVersion::V2 => Rundown::None,
                1 if version >= CollectVersion::V4 => Rundown::from_keywords(keywords),
                _ => Rundown::Default,
            };
            if version < CollectVersion::V5 {
                for provider in &mut providers {
                    provider.filter = EventFilter::default();
                }
            }
            let stacks = stacks || version < CollectVersion::V3;
            let buffering = if version < CollectVersion::V6 { Buffering::Drop } else { buffering };
            let request = SessionRequest { buffer_mb, providers, rundown, stacks, buffering };
            Request::CollectTracing(CollectTracing::Stream { version, format, request })
        },
    )
}

fn user_events() -> impl Strategy<Value = Request> {
    let version = prop_oneof![Just(CollectVersion::V5), Just(CollectVersion::V6)];
    let sets = vec((name(), 1..4_u32), 0..3);
    let providers = vec((provider(), name(), sets), 1..3);
    (version, any::<u64>(), providers).prop_map(|(version, keywords, providers)| {
        let providers = providers.into_iter().map(|(provider, default, sets)| {
            let mut next = 0;
            let sets = sets.into_iter().map(|(name, count)| {
                let event_ids = (next..next + count).collect();
                next += count;
                TracepointSet { name, event_ids }
            });
            let tracepoints = Tracepoints { default: Some(default), sets: sets.collect() };
            UserEventsProvider { provider, tracepoints }
        });
        let request =
            UserEventsRequest { rundown: Rundown::from_keywords(keywords), providers: providers.collect() };
        Request::CollectTracing(CollectTracing::UserEvents { version, request })
    })
}

fn dump() -> impl Strategy<Value = Request> {
    let versions = [DumpVersion::V1, DumpVersion::V2, DumpVersion::V3];
    let kind = proptest::sample::select(&DumpKind::ALL[..]);
    (path(), kind, any::<[bool; 3]>(), proptest::sample::select(versions.to_vec())).prop_map(
        |(path, kind, [log, verbose_log, crash_report], version)| {
            let more = version > DumpVersion::V1;
            let flags =
                DumpFlags { log, verbose_log: more && verbose_log, crash_report: more && crash_report };
            Request::GenerateCoreDump { version, request: DumpRequest { path, kind, flags } }
        },
    )
}

fn request() -> impl Strategy<Value = Request> {
    let attach = (any::<u32>(), guid(), path(), vec(any::<u8>(), 0..50)).prop_map(
        |(milliseconds, class_id, path, data)| {
            let timeout = Duration::from_millis(u64::from(milliseconds));
            Request::AttachProfiler(AttachProfiler { timeout, class_id, path, data })
        },
    );
    prop_oneof![
        8 => collect(),
        2 => user_events(),
        1 => dump(),
        1 => any::<u64>().prop_map(|session| Request::StopTracing { session }),
        1 => attach,
        1 => (guid(), path())
            .prop_map(|(class_id, path)| Request::StartupProfiler(StartupProfiler { class_id, path })),
        1 => ("[^\0=]{1,20}", proptest::option::of(text()))
            .prop_map(|(name, value)| Request::SetEnvironmentVariable { name, value }),
        1 => proptest::sample::select(&PerfMapKind::ALL[..]).prop_map(Request::EnablePerfMap),
        1 => path().prop_map(|path| Request::ApplyStartupHook { path }),
        1 => Just(Request::DisablePerfMap),
        1 => Just(Request::ProcessInfo),
        1 => Just(Request::ProcessInfo2),
        1 => Just(Request::ProcessInfo3),
        1 => Just(Request::ResumeRuntime),
        1 => Just(Request::ProcessEnvironment),
    ]
}

/// A command and a reply it can have.
fn reply() -> impl Strategy<Value = (Command, Reply)> {
    let info = (any::<u64>(), guid(), text(), text(), text(), text(), text(), text());
    let info = info.prop_flat_map(|(pid, cookie, line, system, architecture, entry, version, rid)| {
        let infos = [Command::ProcessInfo, Command::ProcessInfo2, Command::ProcessInfo3];
        proptest::sample::select(infos.to_vec()).prop_map(move |command| {
            let second = command != Command::ProcessInfo;
            let info = ProcessInfo {
                pid,
                runtime_cookie: cookie,
                command_line: line.clone(),
                operating_system: system.clone(),
                architecture: architecture.clone(),
                entry_assembly: second.then(|| entry.clone()),
                runtime_version: second.then(|| version.clone()),
                portable_rid: (command == Command::ProcessInfo3).then(|| rid.clone()),
            };
            (command, Reply::ProcessInfo(info))
        })
    });
    let error = (proptest::sample::select(Command::ALL), any::<u32>(), text()).prop_map(
        |(command, code, message)| {
            let message = (command == Command::GenerateCoreDump3).then_some(message);
            (command, Reply::Error(ErrorReply { code: ErrorCode(code), message }))
        },
    );
    prop_oneof![
        info,
        error,
        any::<u64>().prop_map(|id| (Command::CollectTracing4, Reply::Session(id))),
        any::<u64>().prop_map(|id| (Command::StopTracing, Reply::Session(id))),
        any::<i32>().prop_map(|status| (Command::EnablePerfMap, Reply::Status(status))),
        any::<u32>().prop_map(|bytes| (Command::ProcessEnvironment, Reply::Environment { bytes })),
    ]
}

proptest! {
    #[test]
    fn requests_survive_the_wire(request in request()) {
        let bytes = request.encode().unwrap();
        let (header, payload) = split(&bytes);
        prop_assert_eq!(header.command(), Some(request.command()));
        prop_assert_eq!(Request::decode(&header, payload).unwrap(), request);
    }

    #[test]
    fn replies_survive_the_wire((command, reply) in reply()) {
        let bytes = reply.encode(command).unwrap();
        let (header, payload) = split(&bytes);
        prop_assert_eq!(Reply::decode(command, &header, payload).unwrap(), reply);
    }

    #[test]
    fn environments_survive_the_wire(variables in vec(("[^\0=]{1,10}", text()), 0..10)) {
        let pairs = variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let bytes = encode_environment(pairs).unwrap();
        prop_assert_eq!(decode_environment(&bytes).unwrap(), variables);
    }

    /// A request cut off anywhere is an error that says where, not a shorter request.
    #[test]
    fn a_cut_off_request_is_an_error(request in request(), cut in any::<proptest::sample::Index>()) {
        let bytes = request.encode().unwrap();
        let (header, payload) = split(&bytes);
        if !payload.is_empty() {
            let cut = cut.index(payload.len());
            let (kept, lost) = payload.split_at(cut);
            match Request::decode(&header, kept) {
                Err(error) => prop_assert!(error.offset <= kept.len()),
                // Runtimes accept a message without the arguments of its last provider, which are one string.
                Ok(_) => {
                    let units = lost.first_chunk().map(|count| u32::from_le_bytes(*count) as usize);
                    prop_assert_eq!(units.map(|units| 4 + 2 * units), Some(lost.len()));
                }
            }
        }
    }

    #[test]
    fn any_bytes_are_a_request_or_an_error(set in 0..5_u8, id in 0..9_u8, payload in vec(any::<u8>(), 0..200)) {
        let header = Header { size: 20, command_set: set, command_id: id };
        if let Ok(request) = Request::decode(&header, &payload) {
            // What was read can be written, unless it holds text that must not be sent.
            if let Ok(bytes) = request.encode() {
                let (header, payload) = split(&bytes);
                prop_assert_eq!(Request::decode(&header, payload).unwrap(), request);
            }
        }
    }

    /// One byte changed anywhere gives another request or an error, never a panic.
    #[test]
    fn a_damaged_request_is_a_request_or_an_error(
        request in request(), at in any::<proptest::sample::Index>(), byte in any::<u8>()
    ) {
        let bytes = request.encode().unwrap();
        let (header, payload) = split(&bytes);
        if !payload.is_empty() {
            let mut payload = payload.to_vec();
            let at = at.index(payload.len());
            payload[at] = byte;
            if let Err(error) = Request::decode(&header, &payload) {
                prop_assert!(error.offset <= payload.len());
            }
        }
    }

    #[test]
    fn any_bytes_are_a_reply_or_an_error(
        command in proptest::sample::select(Command::ALL), id in any::<u8>(), payload in vec(any::<u8>(), 0..200)
    ) {
        let header = Header { size: 20, command_set: 0xFF, command_id: id };
        let reply = Reply::decode(command, &header, &payload);
        prop_assert!(reply.is_err() || id == 0 || id == 0xFF);
        drop(decode_environment(&payload));
    }

    #[test]
    fn any_bytes_are_a_header_or_an_error(bytes in any::<[u8; Header::SIZE]>()) {
        prop_assert!(Header::decode(&bytes).is_err(), "the magic cannot come by chance");
    }
}
