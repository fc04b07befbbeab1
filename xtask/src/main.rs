//! Set-up, demo, test, bench, dist.
fn main() {
    if let Err(e) = testbed::install(&testbed::Layout::of_workspace(), &mut |line| println!("{line}")) { println!("{e}"); std::process::exit(1) }
}
