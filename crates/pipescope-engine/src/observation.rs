//! Asking a running process a question.
//!
//! An [`Observation`] is a session whose events go to a fold as they come. Reading has priority: the bytes are taken from the
//! socket as fast as the runtime writes them and wait in memory for a thread that decodes and analyses, since what is not
//! read in time, the runtime drops. Only when `MAX_WAITING` pieces wait is reading held up.
//!
//! ```no_run
//! use diagnostics_ipc::discovery::Process;
//! use dotnet_analysis::report::Question;
//! use pipescope_engine::observation::Observation;
//! use pipescope_engine::recording::{Flow, TraceRequest};
//! # async fn run<Q: Question + Send + 'static>(process: Process, question: Q) -> Result<(), Box<dyn std::error::Error>> {
//! let request = TraceRequest::of_needs(&question.needs(None), true).session(None);
//! let mut observation = Observation::start(&process, &request, question).await?;
//! while observation.next().await? == Flow::Bytes {
//!     // ... until it has been long enough
//! #   break;
//! }
//! if let Some(finding) = observation.stop().await {
//!     println!("{} events", finding.facts.events);
//! }
//! # Ok(())
//! # }
//! ```

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use diagnostics_ipc::client::{Client, Error, Session};
use diagnostics_ipc::discovery::Process;
use diagnostics_ipc::request::{SessionFeature, SessionRequest};
use dotnet_analysis::Analysis;
use dotnet_analysis::report::{Facts, Question};
use dotnet_analysis::symbols::Code;
use nettrace::Decoder;
use tokio::sync::oneshot;

use crate::native_code;
use crate::recording::Flow;

/// How many bytes one read takes at most.
const CHUNK: usize = 64 * 1024;

/// Pieces of the stream that may wait for the analysis: at most 256 MB with [`CHUNK`].
const MAX_WAITING: usize = 4096;

/// A session whose events go to a fold.
///
/// End it with [`stop`](Self::stop), or with [`ended`](Self::ended) when the stream has ended. Dropped, its session is stopped
/// in the background and its answer is lost.
#[derive(Debug)]
pub struct Observation<Q> {
    session: Session,
    analyst: Analyst<Q>,
}

/// What was found.
#[derive(Debug)]
pub struct Finding<Q> {
    /// The fold that has seen all events.
    pub question: Q,
    /// Names for the addresses in it.
    pub code: Code,
    /// What there is to say about the trace.
    pub facts: Facts,
    /// The decoder at its end.
    pub decoder: Decoder,
}

impl<Q: Question> Finding<Q> {
    /// The answer.
    pub fn answer(&self) -> Q::Answer {
        self.question.answer(&self.facts, &self.code)
    }
}

/// The thread that decodes and analyses.
#[derive(Debug)]
struct Analyst<Q> {
    pieces: SyncSender<Vec<u8>>,
    finding: oneshot::Receiver<Finding<Q>>,
}

impl<Q: Question + Send + 'static> Observation<Q> {
    /// Opens the session.
    ///
    /// # Errors
    /// When the process refuses, does not answer in time, or is gone.
    pub async fn start(process: &Process, request: &SessionRequest, question: Q) -> Result<Self, Error> {
        let session = Client::new(process).start_session(request).await?;
        Ok(Self { session, analyst: Analyst::begin(process.clone(), question) })
    }

    /// Waits for the next bytes and passes them on. Cancel-safe.
    ///
    /// # Errors
    /// When the connection fails.
    pub async fn next(&mut self) -> Result<Flow, Error> {
        let mut piece = Vec::with_capacity(CHUNK);
        if self.session.read_buf(&mut piece).await? == 0 {
            return Ok(Flow::Ended);
        }
        // The runtime writes in small pieces: what waits should not take more memory than it has bytes.
        piece.shrink_to_fit();
        self.analyst.take(piece);
        Ok(Flow::Bytes)
    }

    /// What the request wanted and this runtime is too old for.
    #[must_use]
    pub fn not_honoured(&self) -> &[SessionFeature] {
        self.session.not_honoured()
    }

    /// What was found in a stream that [ended](Flow::Ended) by itself.
    pub async fn ended(self) -> Option<Finding<Q>> {
        self.analyst.conclude(None).await
    }

    /// Stops the session, and tells what was found once the last of it was analysed. The wait for the runtime is bounded; where
    /// it does not confirm, that is the problem of the [facts](Finding::facts).
    ///
    /// `None` when the analysis broke down, which its thread has reported.
    pub async fn stop(self) -> Option<Finding<Q>> {
        let Self { session, analyst } = self;
        let stopped = session.stop(|bytes| analyst.take(bytes.to_vec())).await;
        analyst.conclude(stopped.err().map(|error| error.to_string())).await
    }
}

impl<Q: Question + Send + 'static> Analyst<Q> {
    fn begin(process: Process, question: Q) -> Self {
        let (pieces, received) = sync_channel(MAX_WAITING);
        let (sender, finding) = oneshot::channel();
        std::thread::spawn(move || {
            // Nobody waits for it when the observation was given up.
            let _ = sender.send(analyse(&process, question, &received));
        });
        Self { pieces, finding }
    }

    /// Waits while too much is waiting. The analysis is a thread of its own, so that takes moments.
    fn take(&self, piece: Vec<u8>) {
        // When the analysis has broken down its answer is missing in the end.
        let _ = self.pieces.send(piece);
    }

    async fn conclude(self, problem: Option<String>) -> Option<Finding<Q>> {
        drop(self.pieces);
        let mut finding = self.finding.await.ok()?;
        // The stream may have come to its end all the same, as when the target exits at that moment.
        if finding.facts.problem.is_some() && problem.is_some() {
            finding.facts.problem = problem;
        }
        Some(finding)
    }
}

/// Shows the events of all pieces to the question.
fn analyse<Q: Question>(process: &Process, mut question: Q, pieces: &Receiver<Vec<u8>>) -> Finding<Q> {
    let mut decoder = Decoder::new();
    if Q::IN_TIME_ORDER {
        decoder = decoder.in_time_order();
    }
    let mut analysis = Analysis::new().with(&mut question);
    let mut damage = None;
    for piece in pieces {
        // What follows damage is taken, so that the session goes on in good order, and left.
        if damage.is_none() {
            damage = decoder.push(&piece, &mut analysis).err();
        }
    }
    let finished = decoder.finish(&mut analysis);
    let problem = match (damage, finished) {
        (Some(damage), _) => Some(format!("the stream could not be followed: {damage}")),
        (None, Err(_)) => Some("the stream ended in the middle: the process ended or was killed".to_owned()),
        (None, Ok(())) => None,
    };
    let facts = Facts::new(&decoder, analysis.last_ticks(), problem);
    let code = analysis.into_code_with(|addresses| native_code::frames_at(process, addresses));
    Finding { question, code, facts, decoder }
}
