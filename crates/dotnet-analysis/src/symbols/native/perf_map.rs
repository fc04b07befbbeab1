//! The map that a runtime writes for `perf`: a line `address size name` for each piece of code that it makes, in hexadecimal
//! (`DOTNET_PerfMapEnabled`). It has stubs too, of which no event tells.

use std::collections::HashMap;
use std::io::{self, BufRead, Read as _};

use crate::profile::{Frame, FrameKind};

/// Bytes of such a map that are read.
const MAX_BYTES: u64 = 1 << 28;

/// Bytes of a line that are kept.
const MAX_LINE: u64 = 4096;

/// How often a line may be about an address, all addresses together. Lines that overlap are of memory that is used again.
const MAX_MATCHES: usize = 1 << 24;

/// The code at some addresses. Where a map tells of an address more than once, the last counts: it is the newest. Lines that
/// make no sense are left out.
///
/// # Errors
/// When the map cannot be read.
pub fn frames_at(mut map: impl BufRead, addresses: &[u64]) -> io::Result<HashMap<u64, Frame>> {
    let mut addresses = addresses.to_vec();
    addresses.sort_unstable();
    addresses.dedup();
    let mut frames = HashMap::new();
    let (mut line, mut left, mut matches) = (Vec::new(), MAX_BYTES, 0);
    loop {
        line.clear();
        let length = map.by_ref().take(left.min(MAX_LINE)).read_until(b'\n', &mut line)?;
        if length == 0 || matches > MAX_MATCHES {
            return Ok(frames);
        }
        left = left.saturating_sub(length as u64);
        // Of a line that is too long, the rest starts a line that most likely makes no sense.
        let Some((start, end, name)) = parse(&line) else { continue };
        let first = addresses.partition_point(|address| *address < start);
        let inside = addresses.iter().skip(first).take_while(|address| **address < end);
        let mut frame = None;
        for address in inside {
            matches += 1;
            frames.insert(*address, frame.get_or_insert_with(|| frame_of(name)).clone());
        }
    }
}

/// Where code starts, where it ends, and its name.
fn parse(line: &[u8]) -> Option<(u64, u64, &str)> {
    let line = std::str::from_utf8(line).ok()?.trim_end();
    let (start, rest) = line.split_once(' ')?;
    let (size, name) = rest.split_once(' ')?;
    let number = |text: &str| u64::from_str_radix(text.strip_prefix("0x").unwrap_or(text), 16).ok();
    let start = number(start)?;
    Some((start, start.checked_add(number(size)?)?, name)).filter(|(_, _, name)| !name.is_empty())
}

/// A method of `result [Module] Namespace.Type::Method(signature)[Tier]` as events tell it, anything else as it is.
fn frame_of(name: &str) -> Frame {
    match method(name) {
        Some((module, name)) => Frame { module: module.to_owned(), name, kind: FrameKind::Managed },
        None => Frame { module: String::new(), name: name.to_owned(), kind: FrameKind::Native },
    }
}

fn method(text: &str) -> Option<(&str, String)> {
    // The type of the result may have brackets too, without a blank behind or with nothing in them: `class [Lib]Type`, `int32[]`.
    let modules = text.match_indices("] ").filter_map(|(end, _)| {
        let (before, behind) = (text.get(..end)?, text.get(end + 2..)?);
        let (_, module) = before.rsplit_once('[')?;
        (!module.is_empty()).then_some((module, behind))
    });
    let (module, method) = modules.into_iter().next()?;
    let method = match method.rsplit_once('[') {
        Some((method, tier)) if tier.ends_with(']') && method.ends_with(')') => method,
        _ => method,
    };
    let (name, signature) = method.split_at_checked(method.find('(')?)?;
    let (owner, name) = name.rsplit_once("::")?;
    Some((module, format!("{owner}.{name}{signature}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As written by .NET 9.
    const MAP: &[u8] = b"\
0x7f71075e1610 e stub<39> GenerateVTableCallStub<GenerateVTableCallStub>\n\
7f71075e1860 299 int32 [work] Work::Main()[QuickJitted]\n\
0x7f71075e2af0 bf class [System.Private.CoreLib]System.Func`1<uint32> [work] Work::ExceptionCounter()[QuickJitted]\n\
0x7f71075e3270 21 instance void [work] Work+<>c::<Collector>b__11_0(int32)[QuickJitted]\n\
0x7f71075e4000 10 int32[] [work] Work::.cctor(class [System.Private.CoreLib]System.String[])\n\
0x7f71078a00a0 20 object [System.Private.CoreLib] dynamicClass::InvokeStub_Exception.GetExceptionCount(object,object,native int*)[Optimized]\n";

    fn at(map: &[u8], address: u64) -> Option<Frame> {
        frames_at(map, &[address, 1]).unwrap().remove(&address)
    }

    #[test]
    fn methods_are_called_as_events_call_them() {
        let shown = |address| at(MAP, address).map(|frame| format!("{}!{}", frame.module, frame.name));
        assert_eq!(shown(0x7f71_075e_1860).as_deref(), Some("work!Work.Main()"));
        assert_eq!(shown(0x7f71_075e_1860 + 0x298).as_deref(), Some("work!Work.Main()"));
        assert_eq!(shown(0x7f71_075e_1860 + 0x299), None);
        assert_eq!(shown(0x7f71_075e_2af0).as_deref(), Some("work!Work.ExceptionCounter()"));
        assert_eq!(shown(0x7f71_075e_3270).as_deref(), Some("work!Work+<>c.<Collector>b__11_0(int32)"));
        assert_eq!(
            shown(0x7f71_075e_4000).as_deref(),
            Some("work!Work..cctor(class [System.Private.CoreLib]System.String[])")
        );
        assert_eq!(
            shown(0x7f71_078a_00a0).as_deref(),
            Some(
                "System.Private.CoreLib!dynamicClass.InvokeStub_Exception.GetExceptionCount(object,object,native int*)"
            )
        );
        assert_eq!(at(MAP, 0x7f71_075e_1860).unwrap().kind, FrameKind::Managed);
    }

    #[test]
    fn stubs_are_native_code() {
        let stub = at(MAP, 0x7f71_075e_1610).unwrap();
        assert_eq!(stub.kind, FrameKind::Native);
        assert_eq!(stub.name, "stub<39> GenerateVTableCallStub<GenerateVTableCallStub>");
        assert_eq!(stub.module, "");
    }

    #[test]
    fn the_newest_code_at_an_address_counts() {
        assert_eq!(at(b"10 10 first\n10 8 second\n", 0x12).unwrap().name, "second");
        assert_eq!(at(b"10 10 first\n10 8 second\n", 0x19).unwrap().name, "first");
    }

    #[test]
    fn what_makes_no_sense_is_left_out() {
        let long = [b"10 10 ".as_slice(), &b"x".repeat(20_000), b"\n20 10 behind\n"].concat();
        assert_eq!(at(&long, 0x22).unwrap().name, "behind");
        let odd: &[&[u8]] =
            &[b"", b"\n\n", b"10", b"10 10", b"10 10 ", b"x 10 a\n", b"ffffffffffffffff 10 a", b"10 10 \xff"];
        for map in odd {
            assert_eq!(frames_at(*map, &[0x10, u64::MAX]).unwrap().len(), 0, "{map:?}");
        }
        for text in
            ["[a] ", "[a] b", "[a] (", "[] b::c()", "] [", "[a] b::(", "[a] b::c()[", "::(", "[é] é::é(é)[é]"]
        {
            let _ = frame_of(text);
        }
    }
}
