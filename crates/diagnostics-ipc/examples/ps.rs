//! Lists the .NET processes that can be reached, and why others cannot.

use diagnostics_ipc::discovery::Scanner;

fn main() {
    let scan = Scanner::new().scan();
    for process in &scan.processes {
        println!("{:>8}  {:<20} {}", process.pid, process.name, process.command_line.join(" "));
    }
    for problem in &scan.problems {
        eprintln!("{problem}");
    }
}
