//! The keywords of `Microsoft-Windows-DotNETRuntime` by name, as `--clrevents` takes them.

/// The provider these keywords belong to.
pub const CLR_PROVIDER: &str = "Microsoft-Windows-DotNETRuntime";

/// A name `--clrevents` takes, and the keyword bit it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClrEvent {
    /// Lower case name.
    pub name: &'static str,
    /// One bit of the provider's keywords.
    pub keyword: u64,
}

const fn clr(name: &'static str, keyword: u64) -> ClrEvent {
    ClrEvent { name, keyword }
}

/// Every name, in the order of the bits. A bit may have two names.
pub const CLR_EVENTS: [ClrEvent; 41] = [
    clr("gc", 0x1),
    clr("gchandle", 0x2),
    clr("assemblyloader", 0x4),
    clr("fusion", 0x4),
    clr("loader", 0x8),
    clr("jit", 0x10),
    clr("ngen", 0x20),
    clr("startenumeration", 0x40),
    clr("endenumeration", 0x80),
    clr("security", 0x400),
    clr("appdomainresourcemanagement", 0x800),
    clr("jittracing", 0x1000),
    clr("interop", 0x2000),
    clr("contention", 0x4000),
    clr("exception", 0x8000),
    clr("threading", 0x1_0000),
    clr("jittedmethodiltonativemap", 0x2_0000),
    clr("overrideandsuppressngenevents", 0x4_0000),
    clr("type", 0x8_0000),
    clr("gcheapdump", 0x10_0000),
    clr("gcsampledobjectallocationhigh", 0x20_0000),
    clr("gcheapsurvivalandmovement", 0x40_0000),
    clr("gcheapcollect", 0x80_0000),
    // The spelling older versions of the stock tool took for the line above.
    clr("managedheadcollect", 0x80_0000),
    clr("gcheapandtypenames", 0x100_0000),
    clr("gcsampledobjectallocationlow", 0x200_0000),
    clr("perftrack", 0x2000_0000),
    clr("stack", 0x4000_0000),
    clr("threadtransfer", 0x8000_0000),
    clr("debugger", 0x1_0000_0000),
    clr("monitoring", 0x2_0000_0000),
    clr("codesymbols", 0x4_0000_0000),
    clr("eventsource", 0x8_0000_0000),
    clr("compilation", 0x10_0000_0000),
    clr("compilationdiagnostic", 0x20_0000_0000),
    clr("methoddiagnostic", 0x40_0000_0000),
    clr("typediagnostic", 0x80_0000_0000),
    clr("jitinstrumentationdata", 0x100_0000_0000),
    clr("profiler", 0x200_0000_0000),
    clr("waithandle", 0x400_0000_0000),
    clr("allocationsampling", 0x800_0000_0000),
];

/// A name that is not in [`CLR_EVENTS`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{name}' is not a valid CLR event keyword; join names of this list by '+': {}", names())]
pub struct UnknownClrEvent {
    /// The name as it was given.
    pub name: String,
}

/// The keywords that names joined by `+` stand for, such as `gc+jit`.
pub fn clr_event_keywords(names: &str) -> Result<u64, UnknownClrEvent> {
    names.split('+').map(str::trim).try_fold(0, |keywords, name| {
        CLR_EVENTS
            .iter()
            .find(|event| event.name.eq_ignore_ascii_case(name))
            .map(|event| keywords | event.keyword)
            .ok_or_else(|| UnknownClrEvent { name: name.to_owned() })
    })
}

fn names() -> String {
    CLR_EVENTS.map(|event| event.name).join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_joined_by_plus_in_any_case() {
        assert_eq!(clr_event_keywords("gc"), Ok(0x1));
        assert_eq!(clr_event_keywords("gc+jit"), Ok(0x11));
        assert_eq!(clr_event_keywords("GC + WaitHandle"), Ok(0x400_0000_0001));
        assert_eq!(clr_event_keywords("fusion"), clr_event_keywords("assemblyloader"));
        assert_eq!(clr_event_keywords("managedheadcollect"), clr_event_keywords("gcheapcollect"));
    }

    #[test]
    fn an_unknown_name_is_an_error_that_lists_the_known_ones() {
        let error = clr_event_keywords("gc+bogus").expect_err("bogus").to_string();
        assert!(error.contains("'bogus' is not a valid CLR event keyword"), "{error}");
        assert!(error.contains("contention"), "{error}");
        assert!(clr_event_keywords("").is_err());
        assert!(clr_event_keywords("gc+").is_err());
    }

    #[test]
    fn every_keyword_is_one_bit_and_the_table_is_sorted() {
        assert!(CLR_EVENTS.iter().all(|event| event.keyword.is_power_of_two()));
        assert!(CLR_EVENTS.is_sorted_by_key(|event| event.keyword));
        assert!(CLR_EVENTS.iter().all(|event| event.name.bytes().all(|b| b.is_ascii_lowercase())));
    }
}
