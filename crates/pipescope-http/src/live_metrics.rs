//! `/livemetrics`: counters as a sequence of JSON texts (RFC 7464: a record separator, one object, a line feed), in
//! dotnet-monitor's shape.

use axum::body::{Body as ResponseBody, Bytes};
use axum::extract::State;
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use pipescope_engine::counters::{
    CounterRequest, CounterSession, Precedence, Reading, ReadingValue, Series, SeriesKind, Status,
};
use pipescope_engine::settling;
use serde::{Deserialize, Serialize};

use crate::body::Body;
use crate::controller::Controller;
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::pump::{self, End, Pump};
use crate::select::Selector;

mod choice;

use choice::Choice;

const RECORD_SEPARATOR: u8 = 0x1E;

/// dotnet-monitor's `EventMetricsConfiguration`.
#[derive(Debug, Deserialize)]
pub(crate) struct EventMetricsConfiguration {
    includedefaultproviders: Option<bool>,
    providers: Option<Vec<EventMetricsProvider>>,
    meters: Option<Vec<EventMetricsMeter>>,
}

#[derive(Debug, Deserialize)]
struct EventMetricsProvider {
    providername: String,
    counternames: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct EventMetricsMeter {
    metername: String,
    instrumentnames: Option<Vec<String>>,
}

/// What the monitor watches anyway.
pub(crate) async fn configured(
    State(controller): State<Controller>,
    method: Method,
    parameters: Parameters,
) -> Result<Response, Problem> {
    let choice = Choice::everything(controller.monitor().config().counters.selection.clone());
    answer(&controller, &method, &parameters, choice).await
}

/// What the body says.
pub(crate) async fn chosen(
    State(controller): State<Controller>,
    method: Method,
    parameters: Parameters,
    Body(configuration): Body<EventMetricsConfiguration>,
) -> Result<Response, Problem> {
    answer(&controller, &method, &parameters, Choice::of(&configuration)?).await
}

async fn answer(
    controller: &Controller,
    method: &Method,
    parameters: &Parameters,
    choice: Choice,
) -> Result<Response, Problem> {
    pump::refuse_egress(parameters)?;
    let duration = pump::duration(parameters)?;
    let visible = controller.monitor().processes();
    let process = Selector::read(parameters)?.choose(&visible)?;
    let file = format!("{}_{}.metrics.json", Timestamp::now().strftime("%Y%m%d_%H%M%S"), process.pid);
    let headers = [
        (header::CONTENT_TYPE, "application/json-seq".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename={file}")),
    ];
    if method == Method::HEAD {
        controller.permits().live_metrics.check()?;
        return Ok((headers, ResponseBody::empty()).into_response());
    }
    let permit = controller.permits().live_metrics.take()?;
    let request = CounterRequest {
        selection: choice.selection.clone(),
        ..controller.monitor().config().counters.clone()
    };
    settling::settled(process.pid, process.start_key).await;
    // Without its answer (.NET Core 3.1 has none) the process is taken to have no meters.
    let info = process.client.process_info().await.ok();
    let session = CounterSession::open(&process.client, info.as_ref(), &request, Precedence::Both)
        .await
        .map_err(|error| Problem::bad_request(format!("The counters could not be read: {error}")))?;
    let (pump, body) = pump::channel(duration, controller.closing());
    let pid = process.pid;
    tokio::spawn(async move {
        run(session, pump, choice, pid).await;
        drop(permit);
    });
    Ok((headers, body).into_response())
}

async fn run(mut session: CounterSession, pump: Pump, choice: Choice, pid: u32) {
    let mut records = Vec::new();
    loop {
        let mut write = |reading: &Reading<'_>| write_reading(&mut records, reading, &choice);
        let ended = tokio::select! {
            biased;
            end = pump.end() => Some(end),
            status = session.next(&mut write) => match status {
                Ok(Status::Open) => None,
                Ok(Status::Ended) => return deliver_last(&pump, records).await,
                Err(error) => {
                    tracing::warn!(pid, "live metrics ended early: {error}");
                    return deliver_last(&pump, records).await;
                }
            },
        };
        let connected = match ended {
            None if records.is_empty() => true,
            None => pump.deliver(Bytes::from(std::mem::take(&mut records))).await,
            Some(End::Complete | End::Abandoned) => false,
        };
        if !connected {
            let mut write = |reading: &Reading<'_>| write_reading(&mut records, reading, &choice);
            if let Err(error) = session.stop(&mut write).await {
                tracing::debug!(pid, "live metrics were not stopped in good order: {error}");
            }
            return deliver_last(&pump, records).await;
        }
    }
}

async fn deliver_last(pump: &Pump, records: Vec<u8>) {
    if !records.is_empty() {
        pump.deliver(Bytes::from(records)).await;
    }
}

/// dotnet-monitor's record, in its order.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    timestamp: String,
    provider: &'a str,
    name: &'a str,
    display_name: &'a str,
    unit: Option<&'a str>,
    counter_type: &'static str,
    tags: &'a str,
    value: f64,
    meter_tags: &'a str,
    instrument_tags: &'a str,
}

fn write_reading(out: &mut Vec<u8>, reading: &Reading<'_>, choice: &Choice) {
    let series = reading.series;
    if !choice.wants(series) {
        return;
    }
    let mut write = |value: f64, tags: &str| write_record(out, reading, tags, value);
    match &reading.value {
        ReadingValue::Mean { mean, .. } => write(*mean, &series.tags),
        ReadingValue::Increment { increment, .. } => write(*increment, &series.tags),
        ReadingValue::Counter { delta: Some(value), .. }
        | ReadingValue::UpDownCounter { total: Some(value), .. }
        | ReadingValue::UpDownCounter { delta: Some(value), .. }
        | ReadingValue::Gauge(value) => write(*value, &series.tags),
        ReadingValue::Histogram { quantiles, .. } => {
            for (quantile, value) in quantiles {
                let comma = if series.tags.is_empty() { "" } else { "," };
                let percent = quantile * 100.0;
                write(*value, &format!("{}{comma}Percentile={percent}", series.tags));
            }
        }
        ReadingValue::Counter { delta: None, .. }
        | ReadingValue::UpDownCounter { delta: None, total: None }
        | ReadingValue::Ended => {}
    }
}

fn write_record(out: &mut Vec<u8>, reading: &Reading<'_>, tags: &str, value: f64) {
    let series = reading.series;
    let record = Record {
        timestamp: timestamp(reading.time_unix_nanos),
        provider: &series.provider,
        name: &series.name,
        display_name: if series.display_name.is_empty() { &series.name } else { &series.display_name },
        unit: Some(series.unit.as_str()).filter(|unit| !unit.is_empty()),
        counter_type: counter_type(series),
        tags,
        // JSON has no NaN; dotnet-monitor writes 0 for it.
        value: if value.is_finite() { value } else { 0.0 },
        meter_tags: &series.meter_tags,
        instrument_tags: &series.instrument_tags,
    };
    let start = out.len();
    out.push(RECORD_SEPARATOR);
    if serde_json::to_writer(&mut *out, &record).is_err() {
        // Strings and a finite number always become JSON; should that ever fail, no half record is left behind.
        out.truncate(start);
        return;
    }
    out.push(b'\n');
}

/// As .NET writes a date with an offset: seven digits of the second at most, no trailing zeros.
fn timestamp(unix_nanos: i64) -> String {
    let ticks = i128::from(unix_nanos).div_euclid(100) * 100;
    match Timestamp::from_nanosecond(ticks) {
        Ok(time) => time.strftime("%Y-%m-%dT%H:%M:%S%.f+00:00").to_string(),
        Err(_) => String::new(),
    }
}

fn counter_type(series: &Series) -> &'static str {
    match series.kind {
        SeriesKind::Increment | SeriesKind::Counter => "Rate",
        SeriesKind::Mean | SeriesKind::UpDownCounter | SeriesKind::Gauge | SeriesKind::Histogram => "Metric",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipescope_engine::counters::{SeriesId, Source};

    fn series(kind: SeriesKind) -> Series {
        Series {
            id: SeriesId(0),
            source: Source::Meter,
            provider: "M".into(),
            name: "n".into(),
            display_name: String::new(),
            description: String::new(),
            unit: String::new(),
            kind,
            tags: "a=b".into(),
            meter_tags: "m=1".into(),
            instrument_tags: String::new(),
        }
    }

    fn check(kind: SeriesKind, value: ReadingValue, expected: &[&str]) {
        let series = series(kind);
        let reading = Reading { time_unix_nanos: 1_788_186_858_211_300_099, series: &series, value };
        let mut out = Vec::new();
        write_reading(&mut out, &reading, &Choice::everything("M".parse().unwrap()));
        let text = String::from_utf8(out).unwrap();
        let records: Vec<&str> = text.split_terminator('\n').collect();
        assert_eq!(records, expected);
    }

    #[test]
    fn records_have_the_fields_of_dotnet_monitor_in_its_order() {
        check(
            SeriesKind::Gauge,
            ReadingValue::Gauge(9.1),
            &["\u{1e}{\"timestamp\":\"2026-08-31T14:34:18.2113+00:00\",\"provider\":\"M\",\"name\":\"n\",\
               \"displayName\":\"n\",\"unit\":null,\"counterType\":\"Metric\",\"tags\":\"a=b\",\"value\":9.1,\
               \"meterTags\":\"m=1\",\"instrumentTags\":\"\"}"],
        );
    }

    #[test]
    fn each_quantile_is_a_record() {
        let mut out = Vec::new();
        let series = series(SeriesKind::Histogram);
        let quantiles = vec![(0.5, 1.0), (0.95, f64::NAN)];
        let value = ReadingValue::Histogram { quantiles, count: None, sum: None };
        let reading = Reading { time_unix_nanos: 0, series: &series, value };
        write_reading(&mut out, &reading, &Choice::everything("M".parse().unwrap()));
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.matches('\u{1e}').count(), 2);
        assert!(text.contains(r#""tags":"a=b,Percentile=50","value":1.0"#), "{text}");
        assert!(text.contains(r#""tags":"a=b,Percentile=95","value":0.0"#), "{text}");
        assert!(text.contains(r#""timestamp":"1970-01-01T00:00:00+00:00""#), "{text}");
    }

    #[test]
    fn what_says_nothing_makes_no_record() {
        check(SeriesKind::Counter, ReadingValue::Counter { delta: None, total: Some(5.0) }, &[]);
        check(SeriesKind::Gauge, ReadingValue::Ended, &[]);
    }
}
