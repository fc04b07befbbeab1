//! `/metrics`: every watched process as Prometheus text.
//!
//! Two namings of the same figures. [`Naming::Standard`] follows the Prometheus conventions: base units, true
//! counters, one family per instrument with the OpenTelemetry translation of its name. [`Naming::DotnetMonitor`]
//! gives dotnet-monitor's names, so that dashboards made for it go on working: everything a gauge, `ratio` for
//! percentages that are not divided by a hundred.
//!
//! In both, each sample carries the stable label `process`, no sample carries a timestamp, and a process that does not
//! answer has no samples but `pipescope_process_up 0`: never stale numbers.

mod dotnet_monitor;
mod families;
mod standard;

use crate::monitor::{Monitor, ProcessState, ProcessView};
use families::{Families, FamilyKind, Labels};

/// Content type of what [`prometheus`] writes (Prometheus exposition formats, text format 0.0.4).
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How families are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Naming {
    /// The conventions of Prometheus and OpenTelemetry.
    #[default]
    Standard,
    /// The names of dotnet-monitor.
    DotnetMonitor,
}

impl std::str::FromStr for Naming {
    type Err = UnknownNaming;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "standard" => Ok(Self::Standard),
            "dotnet-monitor" => Ok(Self::DotnetMonitor),
            _ => Err(UnknownNaming { text: text.to_owned() }),
        }
    }
}

/// A naming that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown naming '{text}': it is 'standard' or 'dotnet-monitor'")]
pub struct UnknownNaming {
    text: String,
}

/// The figures of every process, as Prometheus text (format 0.0.4).
#[must_use]
pub fn prometheus(monitor: &Monitor, naming: Naming) -> String {
    let mut families = Families::default();
    let build = Labels::default().with("version", env!("CARGO_PKG_VERSION"));
    families.add("pipescope_build_info", FamilyKind::Gauge, "Version of pipescope", &build, 1.0);
    monitor.visit(&mut |view| process(&mut families, view, naming));
    families.text()
}

fn process(families: &mut Families, view: &ProcessView<'_>, naming: Naming) {
    let summary = view.summary;
    let watched = summary.state == ProcessState::Watching;
    let labels = Labels::default().with("process", &summary.label);
    families.add(
        "pipescope_process_up",
        FamilyKind::Gauge,
        "Whether the counters of the process arrive",
        &labels,
        f64::from(u8::from(watched)),
    );
    let info = labels
        .clone()
        .with("pid", &summary.pid.to_string())
        .with("uid", &summary.uid.to_string())
        .with("executable", &summary.name)
        .with("runtime_version", summary.runtime_version.as_deref().unwrap_or_default())
        .with("os", &summary.operating_system)
        .with("arch", &summary.architecture);
    families.add(
        "pipescope_process_info",
        FamilyKind::Gauge,
        "What process the label stands for",
        &info,
        1.0,
    );
    families.add(
        "pipescope_events_lost_total",
        FamilyKind::Counter,
        "Events that the runtime dropped because our session's buffer was full",
        &labels,
        view.lost_events as f64,
    );
    if !watched {
        return;
    }
    for (series, standing) in view.series.iter().zip(view.standings) {
        match naming {
            Naming::Standard => standard::series(families, &labels, series, standing),
            Naming::DotnetMonitor => dotnet_monitor::series(families, &labels, series, standing),
        }
    }
}
