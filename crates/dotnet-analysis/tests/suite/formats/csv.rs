//! The table of methods.

use std::collections::{BTreeMap, BTreeSet};

use dotnet_analysis::formats::{Selection, write_csv};
use dotnet_analysis::profile::{NodeId, Profile};
use proptest::proptest;

use crate::profiles::{any_profile, small};

fn csv(profile: &Profile) -> String {
    let mut out = Vec::new();
    write_csv(profile, &Selection::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn methods_by_how_often_they_are_seen() {
    let expected = "\
module,name,kind,exclusive,inclusive,exclusive_running,inclusive_running,exclusive_waiting,inclusive_waiting,exclusive_ns,inclusive_ns
libc.so.6,epoll_wait,native,20,20,0,0,0,0,20000000,20000000
System.Private.CoreLib,System.String.Concat(class System.String),managed,11,11,11,11,0,0,10000000,10000000
Shop,\"Shop.Cart.Total(value class \"\"x\"\"<&>,int32)\",managed,10,25,5,20,0,0,10000000,24000000
System.Private.CoreLib,System.Threading.Thread.Sleep(int32),managed,6,6,0,0,6,6,6000000,6000000
,0x7f0012345678,unknown,4,4,4,4,0,0,4000000,4000000
,[no stack],unknown,3,3,2,2,0,0,2000000,2000000
Shop,Shop.Program.Main(class System.String[]),managed,0,51,0,20,0,6,0,50000000
";
    assert_eq!(csv(&small()), expected);
}

/// Records of a file whose fields may have line feeds and quotes in them.
fn records(text: &str) -> Vec<Vec<String>> {
    let mut records = vec![];
    let (mut record, mut field, mut quoted) = (vec![], String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                field.push('"');
                characters.next();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            other => field.push(other),
        }
    }
    assert!(!quoted && field.is_empty() && record.is_empty());
    records
}

proptest! {
    #[test]
    fn counts_are_those_of_the_profile(profile in any_profile()) {
        let mut expected: BTreeMap<(String, String), [u64; 2]> = BTreeMap::new();
        for samples in profile.threads.iter().flat_map(|thread| &thread.samples) {
            let mut next = samples.stack;
            let mut seen = BTreeSet::new();
            while let Some(NodeId(node)) = next {
                let node = profile.nodes[node as usize];
                if seen.insert(node.frame) {
                    let frame = &profile.frames[node.frame.0 as usize];
                    let key = (frame.module.clone(), frame.name.clone());
                    let counts = expected.entry(key).or_default();
                    counts[0] += if next == samples.stack { u64::from(samples.count) } else { 0 };
                    counts[1] += u64::from(samples.count);
                }
                next = node.caller;
            }
        }
        let mut found: BTreeMap<(String, String), [u64; 2]> = BTreeMap::new();
        let mut all = 0;
        for record in records(&csv(&profile)).into_iter().skip(1) {
            assert_eq!(record.len(), 11);
            let counts = [3, 4].map(|column: usize| record[column].parse::<u64>().unwrap());
            all += counts[0];
            if !record[1].starts_with("[no stack") {
                let sum = found.entry((record[0].clone(), record[1].clone())).or_default();
                *sum = [sum[0] + counts[0], sum[1] + counts[1]];
            }
        }
        assert_eq!(found, expected);
        let samples = profile.threads.iter().flat_map(|thread| &thread.samples);
        assert_eq!(all, samples.map(|samples| u64::from(samples.count)).sum::<u64>());
    }
}
