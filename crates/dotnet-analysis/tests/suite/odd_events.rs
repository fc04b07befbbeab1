//! Events that no runtime would write: cut off, changed, of any time. Folds have an answer all the same.

use dotnet_analysis::Analysis;
use dotnet_analysis::contention::Contention;
use dotnet_analysis::exceptions::Exceptions;
use dotnet_analysis::jit::Jit;
use dotnet_analysis::loader::Loader;
use dotnet_analysis::report::{Answer, Facts, Question, text};
use dotnet_analysis::symbols::Code;
use dotnet_analysis::thread_pool::ThreadPool;
use nettrace::{Decoder, Event, SequencePoint, Sink, TraceInfo};

use crate::corpus;

/// Spoils events before it shows them.
struct Spoiler<'f> {
    random: u64,
    events: u64,
    analysis: Analysis<'f>,
}

impl Spoiler<'_> {
    /// Marsaglia's xorshift: the same numbers each time.
    fn random(&mut self, below: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        usize::try_from(self.random % below.max(1) as u64).unwrap()
    }
}

impl Sink for Spoiler<'_> {
    fn event(&mut self, event: &Event<'_>) {
        self.events += 1;
        let mut payload = event.payload.to_vec();
        let mut spoiled = *event;
        match self.random(8) {
            0 => payload.truncate(self.random(event.payload.len() + 1)),
            1..=4 if !payload.is_empty() => {
                let at = self.random(payload.len());
                payload[at] = u8::try_from(self.random(256)).unwrap();
            }
            5 => spoiled.timestamp = [i64::MIN, i64::MAX, 0, -1][self.random(4)],
            6 => spoiled.thread_id = self.random(3) as u64,
            _ => {}
        }
        spoiled.payload = &payload;
        self.analysis.event(&spoiled);
    }

    fn trace(&mut self, trace: &TraceInfo) {
        Sink::trace(&mut self.analysis, trace);
    }

    fn sequence_point(&mut self, point: &SequencePoint<'_>) {
        self.analysis.sequence_point(point);
    }
}

/// Whatever is said can be shown.
fn show<Q: Question>(question: &Q, facts: &Facts, code: &Code) -> serde_json::Value {
    let answer = question.answer(facts, code);
    assert!(!text::render(&answer.document(), Some(facts), 80).is_empty());
    serde_json::to_value(&answer).unwrap()
}

#[test]
fn folds_have_an_answer_to_anything() {
    for name in
        ["runtime-net10-loaded.nettrace", "r9_jitloader_startup.nettrace", "only_managed_samples.nettrace"]
    {
        let Some(bytes) = corpus::trace(name) else { return };
        for seed in 1..=3 {
            let (mut exceptions, mut contention) = (Exceptions::default(), Contention::default());
            let (mut pool, mut jit, mut loader) = (ThreadPool::default(), Jit::default(), Loader::default());
            let analysis = Analysis::new()
                .with(&mut exceptions)
                .with(&mut contention)
                .with(&mut pool)
                .with(&mut jit)
                .with(&mut loader);
            let mut spoiler = Spoiler { random: seed, events: 0, analysis };
            let mut decoder = Decoder::new();
            decoder.push(&bytes, &mut spoiler).unwrap();
            decoder.finish(&mut spoiler).unwrap();
            let events = spoiler.events;
            let code = spoiler.analysis.into_code();
            for duration in [0, i64::MAX, 3_000_000_000] {
                let mut facts = Facts::default();
                facts.duration_ns = duration;
                for (answer, total) in [
                    (show(&exceptions, &facts, &code), "/total"),
                    (show(&contention, &facts, &code), "/total"),
                    (show(&pool, &facts, &code), "/queue/enqueued"),
                    (show(&jit, &facts, &code), "/methods"),
                    (show(&loader, &facts, &code), "/assemblies"),
                ] {
                    assert!(answer.pointer(total).unwrap().as_u64().unwrap() <= events, "{name} {total}");
                }
            }
        }
    }
}
