//! Reads a trace from standard input in time order, as it comes: `in_time_order < TRACE`.

use std::error::Error;
use std::io::{self, Read as _};

use nettrace::{Decoder, Event};

fn main() -> Result<(), Box<dyn Error>> {
    let mut decoder = Decoder::new().in_time_order();
    let (mut latest, mut backwards) = (i64::MIN, 0_u64);
    let mut look = |event: &Event<'_>| {
        backwards += u64::from(event.timestamp < latest);
        latest = event.timestamp;
    };
    let mut input = io::stdin().lock();
    let mut bytes = vec![0; 64 << 10];
    loop {
        let length = input.read(&mut bytes)?;
        if length == 0 {
            break;
        }
        decoder.push(&bytes[..length], &mut look)?;
    }
    // What is still held back comes now.
    decoder.finish(&mut look)?;
    let seen = decoder.statistics();
    println!(
        "{} bytes, {} events, {} lost, {backwards} steps backwards in time",
        seen.bytes, seen.events, seen.lost_events
    );
    Ok(())
}
