//! What every route shares.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pipescope_engine::monitor::Monitor;
use tokio::sync::watch;

use crate::permits::Permits;

/// Which `Host` headers are answered.
///
/// A page from elsewhere can make a browser talk to this machine under a name of its own (DNS rebinding); it cannot
/// choose the `Host` header that the browser then sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostPolicy {
    /// `localhost`, `127.0.0.1` and `[::1]` with any port, and these further names: for a server on loopback.
    Loopback {
        /// Names without port that are answered as well, such as the one a reverse proxy passes on.
        also: Vec<String>,
    },
    /// All: for a server that others reach under names it cannot know, or one that is mounted elsewhere.
    Any,
}

/// Says how the value of an environment variable may be shown: the name, then the value.
pub type Mask = for<'a> fn(&str, &'a str) -> Cow<'a, str>;

/// How a [`Controller`] behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which `Host` headers are answered. The default is loopback names only.
    pub hosts: HostPolicy,
    /// What `/info` gives as the version. The default is this crate's.
    pub version: String,
    /// How `/api/v1/processes/{uid}/environment` masks secrets. The default masks every value.
    pub mask: Mask,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            hosts: HostPolicy::Loopback { also: Vec::new() },
            version: env!("CARGO_PKG_VERSION").to_owned(),
            mask: mask_all,
        }
    }
}

fn mask_all<'a>(_: &str, _: &'a str) -> Cow<'a, str> {
    Cow::Borrowed("********")
}

/// What the routes work on. Cheap to clone; all clones are the same controller.
#[derive(Debug, Clone)]
pub struct Controller {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    monitor: Monitor,
    options: Options,
    permits: Permits,
    skipped_updates: AtomicU64,
    closing: watch::Sender<bool>,
}

impl Controller {
    /// A controller over `monitor`, which stays its owner's to shut down.
    #[must_use]
    pub fn new(monitor: Monitor, options: Options) -> Self {
        let shared = Shared {
            monitor,
            options,
            permits: Permits::default(),
            skipped_updates: AtomicU64::new(0),
            closing: watch::Sender::new(false),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Ends what streams: traces are stopped in good order and their answers completed, event streams end. Without
    /// this a graceful shutdown of the server would wait for them.
    pub fn close(&self) {
        self.shared.closing.send_replace(true);
    }

    /// The monitor whose processes are served.
    #[must_use]
    pub fn monitor(&self) -> &Monitor {
        &self.shared.monitor
    }

    pub(crate) fn options(&self) -> &Options {
        &self.shared.options
    }

    pub(crate) fn permits(&self) -> &Permits {
        &self.shared.permits
    }

    pub(crate) fn closing(&self) -> Closing {
        self.shared.closing.subscribe().into()
    }

    pub(crate) fn is_closing(&self) -> bool {
        *self.shared.closing.borrow()
    }

    /// Updates that event streams left out because their client was too slow.
    pub(crate) fn skipped_updates(&self) -> u64 {
        self.shared.skipped_updates.load(Ordering::Relaxed)
    }

    pub(crate) fn count_skipped(&self, updates: u64) {
        self.shared.skipped_updates.fetch_add(updates, Ordering::Relaxed);
    }
}

/// Tells a stream that the controller closes.
#[derive(Debug, Clone)]
pub(crate) struct Closing {
    receiver: watch::Receiver<bool>,
}

impl Closing {
    /// Returns when [`Controller::close`] was called, or the controller is gone. Cancel-safe.
    pub(crate) async fn wait(&mut self) {
        // An error means that the sender is gone, and with it whoever could want the stream to go on.
        let _ = self.receiver.wait_for(|closing| *closing).await;
    }
}

impl From<watch::Receiver<bool>> for Closing {
    fn from(receiver: watch::Receiver<bool>) -> Self {
        Self { receiver }
    }
}
