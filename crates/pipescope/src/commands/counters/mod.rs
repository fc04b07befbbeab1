//! `pipescope counters`: counters and meters of one process.

mod collect;
mod monitor;
mod plain;

use std::time::Duration;

use clap::{Args, Subcommand};
use pipescope_engine::counters::{CounterRequest, CounterSelection, CounterSession, Precedence};

use super::ps::{self, PsArgs};
use crate::cli::Selector;
use crate::duration::Limit;
use crate::exit::{FailAs as _, Failure, Kind};
use crate::settle::settle;
use crate::targets::Target;

/// Counters and meters.
#[derive(Debug, Subcommand)]
pub(crate) enum CountersCommand {
    /// Show counters live, in place
    Monitor(monitor::MonitorArgs),
    /// Write counters to a file
    Collect(collect::CollectArgs),
    /// List the .NET processes of this machine (as `pipescope ps`)
    Ps(PsArgs),
}

pub(crate) async fn run(command: CountersCommand) -> Result<(), Failure> {
    match command {
        CountersCommand::Monitor(args) => monitor::run(args).await,
        CountersCommand::Collect(args) => collect::run(args).await,
        CountersCommand::Ps(args) => ps::run(&args).await,
    }
}

/// What `monitor` and `collect` have in common.
#[derive(Debug, Clone, Args)]
pub(crate) struct Subscription {
    #[command(flatten)]
    selector: Selector,
    /// Providers and meters: `Name` or `Name[counter,counter]`, separated by commas; `EventCounters\Name` for the
    /// EventCounters of that name only. The meter of a name beats its EventCounters
    #[arg(long, value_name = "LIST", default_value = "System.Runtime")]
    counters: CounterSelection,
    /// Seconds between two values
    #[arg(long, value_name = "SECONDS", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    refresh_interval: u32,
    /// The most histograms the target tracks for all clients together
    #[arg(long = "maxHistograms", alias = "max-histograms", value_name = "COUNT", default_value_t = 10)]
    max_histograms: u32,
    /// The most sets of tags the target tracks for all clients together
    #[arg(long = "maxTimeSeries", alias = "max-time-series", value_name = "COUNT", default_value_t = 1000)]
    max_time_series: u32,
    /// End after this time: dd:hh:mm:ss, hh:mm:ss, or with units such as 90s
    #[arg(long, value_name = "TIME", default_value = "0s", hide_default_value = true)]
    duration: Limit,
}

impl Subscription {
    fn interval(&self) -> Duration {
        Duration::from_secs(u64::from(self.refresh_interval))
    }

    async fn open(&self, target: &Target) -> Result<CounterSession, Failure> {
        settle(target, "").await?;
        let request = CounterRequest {
            selection: self.counters.clone(),
            interval: self.interval(),
            max_histograms: self.max_histograms,
            max_time_series: self.max_time_series,
        };
        CounterSession::open(&target.client(), target.info(), &request, Precedence::MeterWins)
            .await
            .fail_as(Kind::Session)
    }
}
