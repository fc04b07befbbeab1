//! `pipescope report`: what is in a trace, and what a running process is doing.

mod activities;
mod allocations;
mod contention;
mod counters;
mod cpu;
mod events;
mod exceptions;
mod form;
mod gc;
pub(crate) mod heap;
mod jit;
mod loader;
mod question;
mod requests;
mod threadpool;

use clap::Subcommand;

pub(crate) use self::form::{Form, FormArgs};
use crate::exit::Failure;

/// Reports.
#[derive(Debug, Subcommand)]
pub(crate) enum ReportCommand {
    // Their help says more than a line; comments for documentation here would take its place.
    Events(events::EventsArgs),
    Counters(counters::CountersArgs),
    Cpu(cpu::CpuArgs),
    Contention(contention::ContentionArgs),
    Exceptions(exceptions::ExceptionsArgs),
    Gc(gc::GcArgs),
    Allocations(allocations::AllocationsArgs),
    Requests(requests::RequestsArgs),
    Activities(activities::ActivitiesArgs),
    Jit(jit::JitArgs),
    Loader(loader::LoaderArgs),
    Threadpool(threadpool::ThreadpoolArgs),
    Heap(heap::HeapArgs),
}

pub(crate) async fn run(command: &ReportCommand) -> Result<(), Failure> {
    match command {
        ReportCommand::Events(args) => events::run(args),
        ReportCommand::Counters(args) => counters::run(args).await,
        ReportCommand::Cpu(args) => cpu::run(args).await,
        ReportCommand::Contention(args) => contention::run(args).await,
        ReportCommand::Exceptions(args) => exceptions::run(args).await,
        ReportCommand::Gc(args) => gc::run(args).await,
        ReportCommand::Allocations(args) => allocations::run(args).await,
        ReportCommand::Requests(args) => requests::run(args).await,
        ReportCommand::Activities(args) => activities::run(args).await,
        ReportCommand::Jit(args) => jit::run(args).await,
        ReportCommand::Loader(args) => loader::run(args).await,
        ReportCommand::Threadpool(args) => threadpool::run(args).await,
        ReportCommand::Heap(args) => heap::run(args).await,
    }
}
