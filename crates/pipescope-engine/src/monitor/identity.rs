//! Who a process is, over time.
//!
//! A pid is reused and a name is shared, so neither identifies a process. The runtime's instance cookie does; .NET
//! Core 3.1, which has none, gets an id made of the machine's boot id, the pid and the process's start time, which
//! together are just as unique on one machine.

use std::collections::BTreeMap;

use uuid::Uuid;

/// The id of a process whose runtime has no instance cookie.
pub(super) fn without_cookie(boot_id: Uuid, pid: u32, start_key: u64) -> Uuid {
    let mut bytes = boot_id.into_bytes();
    let own = pid.to_le_bytes().into_iter().chain(start_key.to_le_bytes());
    for (byte, own) in bytes.iter_mut().zip(own) {
        *byte ^= own;
    }
    // Version 8 is the one for ids of a maker's own making (RFC 9562, section 5.8).
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// The id of this boot of the machine; nil where the system does not say.
pub(super) fn boot_id() -> Uuid {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or_default()
}

/// Hands out the `process` label of metrics: a name that a dashboard can rely on.
///
/// The first process of a name has the name itself, further ones `name#2`, `name#3`, ... A label that became free is
/// the next one given, so a process that restarts gets its label back, and the set of labels of a service with three
/// workers is the same after any number of restarts.
#[derive(Debug, Default)]
pub(super) struct Labels {
    taken: BTreeMap<String, Uuid>,
}

impl Labels {
    /// The label of the process `uid` of this name.
    pub(super) fn take(&mut self, name: &str, uid: Uuid) -> String {
        let mut number = 1_u32;
        loop {
            let label = if number == 1 { name.to_owned() } else { format!("{name}#{number}") };
            match self.taken.get(&label) {
                Some(owner) if *owner != uid => number += 1,
                _ => {
                    self.taken.insert(label.clone(), uid);
                    return label;
                }
            }
        }
    }

    /// Frees the label of a process that is gone.
    pub(super) fn free(&mut self, uid: Uuid) {
        self.taken.retain(|_, owner| *owner != uid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restarted_process_gets_its_label_back() {
        let mut labels = Labels::default();
        let [a, b, c] = [1, 2, 3].map(Uuid::from_u128);
        assert_eq!(labels.take("shop", a), "shop");
        assert_eq!(labels.take("shop", b), "shop#2");
        assert_eq!(labels.take("shop", b), "shop#2");
        labels.free(a);
        assert_eq!(labels.take("shop", c), "shop");
        assert_eq!(labels.take("other", a), "other");
    }

    #[test]
    fn ids_without_a_cookie_differ_by_pid_and_by_start() {
        let boot = Uuid::from_u128(0x1234_5678_9abc_def0_1111_2222_3333_4444);
        let id = without_cookie(boot, 7, 100);
        assert_eq!(id, without_cookie(boot, 7, 100));
        assert_ne!(id, without_cookie(boot, 8, 100));
        assert_ne!(id, without_cookie(boot, 7, 101));
        assert_eq!(id.get_version_num(), 8);
    }
}
