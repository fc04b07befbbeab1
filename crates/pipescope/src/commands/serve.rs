//! `pipescope serve`: pages, metrics and traces of all processes over HTTP.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use clap::Args;
use pipescope_engine::counters::{CounterRequest, CounterSelection};
use pipescope_engine::monitor::{Monitor, MonitorConfig, ProcessFilter};
use pipescope_http::{Controller, HostPolicy, Options, router};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::exit::{FailAs as _, Failure, Kind, written};
use crate::listen::Address;
use crate::secrets::mask;
use crate::signals::StopSignals;

/// How long open requests have to end once the program is asked to: a trace that is being streamed gets its rundown.
const DRAIN_LIMIT: Duration = Duration::from_secs(5);

/// Serve pages, metrics and traces of all .NET processes over HTTP.
///
/// Routes are those of dotnet-monitor (/processes, /process, /info, /env, /trace, /livemetrics, /metrics) and pages at /.
/// There is no authentication yet, so only this machine is served unless --no-auth says that everybody may see and do all
/// of it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pipescope serve
  pipescope serve --urls http://127.0.0.1:8080 --interval 5
  pipescope serve -n Shop.Web -n Shop.Orders               only these, and what starts under these names later
  pipescope serve --urls 'http://*:52323' --no-auth        only where the network is trusted
  curl -o app.nettrace 'http://127.0.0.1:52323/trace?pid=1234&durationSeconds=10'")]
pub(crate) struct ServeArgs {
    /// Addresses to listen on, separated by `;` or `,`
    #[arg(long, value_name = "URLS", default_value = "http://127.0.0.1:52323", value_delimiter = ';')]
    urls: Vec<String>,
    /// Watch only this process; may be repeated [default: every .NET process that can be seen]
    #[arg(short, long = "process-id", value_name = "PID")]
    process_id: Vec<u32>,
    /// Watch only processes of this name (executable or entry assembly); may be repeated
    #[arg(short, long, value_name = "NAME")]
    name: Vec<String>,
    /// Seconds between two values of a counter
    #[arg(long, value_name = "SECONDS", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=3600))]
    interval: u32,
    /// Providers and meters, as in `counters monitor` [default: those that the runtime and ASP.NET Core bring along]
    #[arg(long, value_name = "LIST")]
    counters: Option<CounterSelection>,
    /// Serve other machines too, without authentication
    #[arg(long)]
    no_auth: bool,
    /// Answer under this host name as well, such as the one a reverse proxy passes on
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,
}

pub(crate) async fn run(args: ServeArgs) -> Result<(), Failure> {
    let mut signals = StopSignals::listen().fail_as(Kind::Platform)?;
    let addresses = addresses(&args)?;
    let mut listeners = Vec::new();
    for address in &addresses {
        listeners.extend(bind(address).await?);
    }
    let mut config = MonitorConfig::default();
    config.counters = CounterRequest {
        selection: args.counters.clone().unwrap_or_else(CounterSelection::built_in),
        interval: Duration::from_secs(u64::from(args.interval)),
        ..config.counters
    };
    config.filter = ProcessFilter { pids: args.process_id.clone(), names: args.name.clone() };
    let monitor = Monitor::start(config);
    let hosts = if addresses.iter().all(Address::is_loopback) {
        HostPolicy::Loopback { also: args.host.clone() }
    } else {
        HostPolicy::Any
    };
    let options = Options { hosts, version: env!("CARGO_PKG_VERSION").to_owned(), mask };
    let controller = Controller::new(monitor.clone(), options);
    let routes = router(controller.clone());

    let closing = watch::Sender::new(false);
    let mut servers = JoinSet::new();
    let mut out = io::stdout().lock();
    let mut last = String::new();
    for (listener, shown) in listeners {
        // The two families of "localhost" are one URL.
        if shown != last {
            written(writeln!(out, "Listening on {shown}"))?;
        }
        last = shown;
        servers.spawn(serve(listener, routes.clone(), closing.subscribe()));
    }
    written(out.flush())?;
    drop(out);

    tokio::select! {
        () = signals.next() => {}
        // A server only ends by itself when its listener breaks.
        Some(ended) = servers.join_next() => {
            monitor.shutdown().await;
            return match ended {
                Ok(result) => result.fail_with(Kind::Unexpected, || "a listener broke".to_owned()),
                Err(error) => Err(error).fail_as(Kind::Unexpected),
            };
        }
    }
    tracing::info!("stopping");
    let stopped = async {
        // First what streams, so that its answers are complete; then the sessions behind the pages.
        controller.close();
        closing.send_replace(true);
        let drained = async { while servers.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(DRAIN_LIMIT, drained).await;
        monitor.shutdown().await;
    };
    tokio::select! {
        () = stopped => Ok(()),
        // Once more: at once then. The counters themselves let the runtimes notice that we are gone.
        () = signals.next() => Err(Failure::AtOnce(Kind::Unexpected)),
    }
}

fn addresses(args: &ServeArgs) -> Result<Vec<Address>, Failure> {
    let urls = args.urls.iter().flat_map(|urls| urls.split(',')).map(str::trim).filter(|url| !url.is_empty());
    let addresses: Vec<Address> = urls.map(str::parse).collect::<Result<_, _>>().fail_as(Kind::Argument)?;
    if addresses.is_empty() {
        return Err(Failure::new(Kind::Argument, "--urls names no address"));
    }
    match addresses.iter().find(|address| !address.is_loopback()) {
        Some(open) if !args.no_auth => Err(Failure::new(
            Kind::Argument,
            format!(
                "{open} can be reached by other machines, and there is no authentication yet: use a loopback address, or say --no-auth"
            ),
        )),
        _ => Ok(addresses),
    }
}

/// Listens on everything an address stands for; gives each listener and its URL.
async fn bind(address: &Address) -> Result<Vec<(TcpListener, String)>, Failure> {
    let mut listeners = Vec::new();
    let mut problem = None;
    for socket in address.resolve().fail_with(Kind::Argument, || format!("cannot find {address}"))? {
        match TcpListener::bind(socket).await {
            Ok(listener) => {
                let port = listener.local_addr().as_ref().map_or(address.port(), SocketAddr::port);
                listeners.push((listener, address.url(port)));
                // Another free port for the other family would be of no use to anybody.
                if address.port() == 0 {
                    break;
                }
            }
            Err(error) => problem = problem.or(Some(error)),
        }
    }
    match problem {
        // "localhost" is two addresses, of which a machine may have one.
        Some(error) if listeners.is_empty() || error.kind() == io::ErrorKind::AddrInUse => {
            Err(error).fail_with(Kind::Platform, || format!("cannot listen on {address}"))
        }
        _ => Ok(listeners),
    }
}

async fn serve(listener: TcpListener, routes: Router, mut closing: watch::Receiver<bool>) -> io::Result<()> {
    let closed = async move {
        // An error means that the sender is gone, which is the end as well.
        let _ = closing.wait_for(|closing| *closing).await;
    };
    axum::serve(listener, routes).with_graceful_shutdown(closed).await
}
