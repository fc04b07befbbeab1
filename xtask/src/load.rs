//! A light, bounded load of HTTP requests on a web program of the testbed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// What is asked for, over and over: mostly short answers, and now and then one of everything else.
const PATHS: [&str; 10] = [
    "/",
    "/",
    "/",
    "/allocate?bytes=2000000",
    "/",
    "/slow?ms=40",
    "/",
    "/contend?ms=2",
    "/boom",
    "/allocate",
];

/// Threads that send requests until they are stopped or their time is up.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    /// Starts two threads of at most about 20 requests a second each, for at most `limit`.
    ///
    /// # Panics
    /// When the address is not on the loopback interface: nothing else is ever loaded.
    pub(crate) fn start(url: &str, limit: Duration) -> Load {
        assert!(url.starts_with("http://127.0.0.1:"), "{url} is not on the loopback interface");
        let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let end = Instant::now() + limit;
        let threads = (0..2).map(|thread| {
            let (stop, sent, url) = (Arc::clone(&stop), Arc::clone(&sent), url.to_owned());
            thread::spawn(move || {
                for path in PATHS.iter().cycle().skip(thread * 3) {
                    if stop.load(Ordering::Relaxed) || Instant::now() > end {
                        break;
                    }
                    // A program that has gone is noticed by whoever started it.
                    if testbed::get(&format!("{url}{path}")).is_ok() {
                        sent.fetch_add(1, Ordering::Relaxed);
                    }
                    thread::sleep(Duration::from_millis(50));
                }
            })
        });
        Load { threads: threads.collect(), stop, sent }
    }

    /// How many requests were answered so far.
    pub(crate) fn answered(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
