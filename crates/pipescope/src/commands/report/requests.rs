//! `pipescope report requests`: HTTP requests made and served, and where their time goes.

use clap::Args;
use dotnet_analysis::requests::Requests;

use super::question::QuestionArgs;
use crate::exit::Failure;

/// Show the HTTP requests that are made and served, how long they take, and what they wait for.
///
/// Requests made by the HTTP client are told by host and path, with the phases of each: waiting for a connection, DNS, connecting,
/// TLS, sending, waiting for the server's answer, reading it. Requests served by ASP.NET Core are told by path. Queries are left
/// out of paths. From .NET 5 on; .NET Core 3.1 tells of requests served only.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pipescope report requests shop.nettrace
  pipescope report requests -p 1234 --duration 30s
  pipescope report requests -n shop --json

A trace for this report is taken with these providers. The last gives the activities by which events are put together:
  System.Net.Http
  System.Net.NameResolution
  System.Net.Sockets
  System.Net.Security
  Microsoft-AspNetCore-Server-Kestrel
  Microsoft.AspNetCore.Hosting
  System.Threading.Tasks.TplEventSource:80:4")]
pub(crate) struct RequestsArgs {
    #[command(flatten)]
    question: QuestionArgs,
}

pub(crate) async fn run(args: &RequestsArgs) -> Result<(), Failure> {
    args.question.run(Requests::default()).await
}
