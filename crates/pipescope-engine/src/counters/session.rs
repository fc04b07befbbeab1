//! One counters session on one live process.

use std::time::Duration;

use diagnostics_ipc::client::{self, Client, Session};
use diagnostics_ipc::message::ProcessInfo;
use nettrace::{Decoder, Event};
use tokio::time::Instant;
use uuid::Uuid;

use super::fold::{CounterFold, Notice, Precedence};
use super::request::{CounterRequest, Intervals, MeterIdentity, MeterSharing, session_request};
use super::series::{Reading, Series};

/// Bytes taken from the stream at once. A second's counters are some five to ten kilobytes.
const CHUNK: usize = 16 * 1024;

/// Why a counters session could not be opened or went wrong.
#[derive(Debug, thiserror::Error)]
pub enum CounterError {
    /// The protocol failed: refused, no answer, connection lost.
    #[error(transparent)]
    Ipc(#[from] client::Error),
    /// The stream is not what a runtime sends.
    #[error("the counters stream is damaged: {0}")]
    Stream(#[from] nettrace::Error),
}

/// Intervals, and seconds on top, without a value after which the session is opened anew. Some runtimes lose a
/// subscription: before .NET 8 another client's leaving turns counters off for all, and a session that is opened while
/// the process starts is now and then not heard.
const QUIET_INTERVALS: u32 = 5;
const QUIET_EXTRA: Duration = Duration::from_secs(5);

/// Whether more is to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The session goes on.
    Open,
    /// The runtime closed the stream: the process ended, or its tracing was shut down.
    Ended,
}

/// A live subscription to the counters of one process.
///
/// Dropping it ends the session in the target (see [`Session`]); [`stop`](Self::stop) does so in
/// good order. Should this process be killed, the counters themselves are the heartbeat by which the runtime notices.
#[derive(Debug)]
pub struct CounterSession {
    client: Client,
    session: Session,
    decoder: Decoder,
    fold: CounterFold,
    request: CounterRequest,
    identity: MeterIdentity,
    settings: Intervals,
    chunk: Vec<u8>,
    notices: Vec<Notice>,
    /// When to open the session anew if nothing comes until then.
    quiet_until: Instant,
}

impl CounterSession {
    /// Opens a session for `request`.
    ///
    /// `info` tells which runtime it is, and so whether and how meters can be had; without it (.NET Core 3.1 does not
    /// say) there are only EventCounters.
    ///
    /// # Errors
    /// When the process refuses, does not answer in time, or is gone.
    pub async fn open(
        client: &Client,
        info: Option<&ProcessInfo>,
        request: &CounterRequest,
        precedence: Precedence,
    ) -> Result<Self, CounterError> {
        let fold = CounterFold::new(request.selection.clone(), precedence);
        Self::resume(client, info, request, fold).await
    }

    /// Opens a session that goes on with the series of an earlier one, so that their ids stay the same.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn resume(
        client: &Client,
        info: Option<&ProcessInfo>,
        request: &CounterRequest,
        mut fold: CounterFold,
    ) -> Result<Self, CounterError> {
        let sharing = MeterSharing::of_runtime(info.and_then(|info| info.runtime_version.as_deref()));
        let identity = MeterIdentity::new(sharing, Uuid::from_u128(unique()));
        let settings = Intervals::of(request);
        fold.begin_session(&identity);
        let session = client.start_session(&session_request(request, &identity, &settings)).await?;
        Ok(Self {
            client: client.clone(),
            session,
            decoder: Decoder::new(),
            fold,
            request: request.clone(),
            identity,
            settings,
            chunk: vec![0; CHUNK],
            notices: Vec::new(),
            quiet_until: Instant::now() + quiet_limit(request),
        })
    }

    /// Waits for bytes and delivers what they say. Cancel-safe: nothing is lost when the future is dropped.
    ///
    /// A session that says nothing for several intervals is opened anew, and the series go on.
    ///
    /// # Errors
    /// When the connection fails or the stream is damaged; everything before that was delivered.
    pub async fn next(
        &mut self,
        deliver: &mut (dyn FnMut(&Reading<'_>) + Send),
    ) -> Result<Status, CounterError> {
        let Ok(read) = tokio::time::timeout_at(self.quiet_until, self.session.read(&mut self.chunk)).await
        else {
            self.revive().await;
            return Ok(Status::Open);
        };
        let read = read?;
        self.quiet_until = Instant::now() + quiet_limit(&self.request);
        if read == 0 {
            return Ok(Status::Ended);
        }
        let fold = &mut self.fold;
        let mut sink = |event: &Event<'_>| fold.event(event, deliver);
        self.decoder.push(self.chunk.get(..read).unwrap_or_default(), &mut sink)?;
        self.collect_notices().await?;
        Ok(Status::Open)
    }

    /// What happened besides values since the last call, oldest first.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Every series seen so far.
    #[must_use]
    pub fn series(&self) -> &[Series] {
        self.fold.series()
    }

    /// Events the runtime dropped because this session's buffer was full.
    #[must_use]
    pub fn lost_events(&self) -> u64 {
        self.decoder.statistics().lost_events
    }

    /// How often values come, in seconds, as the runtime was asked (the settings of a shared session that was
    /// already running win).
    #[must_use]
    pub fn refresh_interval(&self) -> &str {
        &self.settings.refresh_interval
    }

    /// Ends the session in good order, delivering what still comes.
    ///
    /// # Errors
    /// When the process does not confirm in time; the connection is closed in any case.
    pub async fn stop(
        self,
        deliver: &mut (dyn FnMut(&Reading<'_>) + Send),
    ) -> Result<CounterFold, CounterError> {
        let Self { session, mut decoder, mut fold, .. } = self;
        let mut damage = None;
        let mut sink = |event: &Event<'_>| fold.event(event, deliver);
        session
            .stop(|bytes| {
                if let Err(error) = decoder.push(bytes, &mut sink) {
                    damage.get_or_insert(error);
                }
            })
            .await?;
        match damage {
            Some(error) => Err(error.into()),
            None => Ok(fold),
        }
    }

    /// Gives up the session (which ends in the background) and keeps its series for [`resume`](Self::resume).
    #[must_use]
    pub fn into_fold(self) -> CounterFold {
        self.fold
    }

    /// Moves notices over; when the shared metrics session runs with other settings, joins it with those.
    async fn collect_notices(&mut self) -> Result<(), CounterError> {
        for notice in self.fold.take_notices() {
            if let Notice::OtherSettings(running) = &notice
                && self.identity.sharing == MeterSharing::Shared
            {
                let settings = Intervals::from(running);
                if settings != self.settings {
                    self.join(settings).await?;
                }
            }
            if self.notices.len() < 100 {
                self.notices.push(notice);
            }
        }
        Ok(())
    }

    /// Replaces the session by one that asks for the settings of the shared metrics session that already runs.
    async fn join(&mut self, settings: Intervals) -> Result<(), CounterError> {
        self.settings = settings;
        let refused = self.replace().await?;
        // What the refused session still has to say is said by the new one as well.
        if let Err(error) = refused.stop(|_| {}).await {
            tracing::debug!(%error, "the refused metrics session did not confirm its end");
        }
        Ok(())
    }

    /// Opens the session anew because nothing comes. A process that is stopped does not answer; then the old session
    /// is as good as any, and the next attempt comes after as long a silence.
    async fn revive(&mut self) {
        self.quiet_until = Instant::now() + quiet_limit(&self.request);
        match self.replace().await {
            Ok(old) => drop(old),
            Err(error) => tracing::debug!(%error, "the silent session could not be opened anew"),
        }
    }

    /// Opens a new session in place of this one, and gives the old one.
    async fn replace(&mut self) -> Result<Session, CounterError> {
        let identity = MeterIdentity::new(self.identity.sharing, Uuid::from_u128(unique()));
        let request = session_request(&self.request, &identity, &self.settings);
        let session = self.client.start_session(&request).await?;
        self.identity = identity;
        self.fold.begin_session(&self.identity);
        self.decoder = Decoder::new();
        Ok(std::mem::replace(&mut self.session, session))
    }
}

fn quiet_limit(request: &CounterRequest) -> Duration {
    request.interval * QUIET_INTERVALS + QUIET_EXTRA
}

/// A number that no other client of the same process uses: ours is one of many tools that may be listening.
pub(super) fn unique() -> u128 {
    use std::hash::{BuildHasher as _, Hasher as _};
    // RandomState is keyed from the system's entropy once per thread and differs with each call.
    let part = || std::collections::hash_map::RandomState::new().build_hasher().finish();
    u128::from(part()) << 64 | u128::from(part())
}
