//! Folded stacks.

use std::collections::BTreeMap;

use dotnet_analysis::formats::{Activity, Selection, write_folded};
use dotnet_analysis::profile::Profile;
use proptest::proptest;

use super::{only, weights};
use crate::profiles::{any_profile, small};

fn folded(profile: &Profile, selection: &Selection, by_thread: bool) -> String {
    let mut out = Vec::new();
    write_folded(profile, selection, by_thread, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_line_per_stack() {
    let main = "Shop!Shop.Program.Main(class System.String[])";
    let total = "Shop!Shop.Cart.Total(value class \"x\"<&>,int32)";
    let concat = "System.Private.CoreLib!System.String.Concat(class System.String)";
    let sleep = "System.Private.CoreLib!System.Threading.Thread.Sleep(int32)";
    let expected = [
        format!("{main};{total};{total} 5"),
        format!("{main};{total};{total};{concat} 11"),
        format!("{main};libc.so.6!epoll_wait 20"),
        format!("{main};{total};0x7f0012345678 4"),
        "[no stack] 3".to_owned(),
        format!("{main};{total};[native code] 5"),
        format!("{main};{sleep};[waiting] 6"),
    ];
    assert_eq!(folded(&small(), &Selection::default(), false).lines().collect::<Vec<_>>(), expected);

    let running = folded(&small(), &only(Activity::Running), false);
    assert_eq!(running.lines().count(), 4);
    assert!(!running.contains("waiting") && running.ends_with("[no stack] 2\n"));

    let threads = Selection { threads: vec![78], ..Selection::default() };
    let expected = format!(
        "Thread 78;{main};libc.so.6!epoll_wait 20\nThread 78;[no stack] 1\nThread 78;{main};{sleep};[waiting] 6\n"
    );
    assert_eq!(folded(&small(), &threads, true), expected);
    assert!(folded(&small(), &Selection::default(), true).starts_with("main (77);Shop!"));
}

proptest! {
    #[test]
    fn the_counts_are_those_of_the_profile(profile in any_profile()) {
        let text = folded(&profile, &Selection::default(), false);
        let mut found: BTreeMap<String, u64> = BTreeMap::new();
        for line in text.lines() {
            let (stack, count) = line.rsplit_once(' ').unwrap();
            *found.entry(stack.to_owned()).or_default() += count.parse::<u64>().unwrap();
        }
        let mut expected: BTreeMap<String, u64> = BTreeMap::new();
        for (stack, (samples, _)) in weights(&profile) {
            let clean = |name: &String| name.replace(';', ":").replace(char::is_control, " ");
            *expected.entry(stack.iter().map(clean).collect::<Vec<_>>().join(";")).or_default() += samples;
        }
        assert_eq!(found, expected);
    }
}
