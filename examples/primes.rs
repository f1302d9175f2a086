//! Counts primes on several threads.
//!
//! Usage: primes END THREADS

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Numbers that a thread takes at a time.
const CHUNK: u64 = 1000;

fn main() {
    let arguments: Vec<u64> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let [end, threads] = arguments[..] else {
        eprintln!("usage: primes END THREADS");
        std::process::exit(2);
    };
    let next = AtomicU64::new(2);
    let counts: Vec<u64> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| count(&next, end))).collect();
        workers.into_iter().map(|worker| worker.join().expect("no worker panics")).collect()
    });
    println!("{} primes below {end}, found by {} threads", counts.iter().sum::<u64>(), counts.len());
}

/// Takes chunks of numbers as long as there are any, and counts the primes in them.
fn count(next: &AtomicU64, end: u64) -> u64 {
    let mut primes = 0;
    loop {
        let start = next.fetch_add(CHUNK, Ordering::Relaxed);
        if start >= end {
            return primes;
        }
        primes += (start..end.min(start + CHUNK)).filter(|number| is_prime(*number)).count() as u64;
    }
}

fn is_prime(number: u64) -> bool {
    (2..).take_while(|factor| factor * factor <= number).all(|factor| !number.is_multiple_of(factor))
}
