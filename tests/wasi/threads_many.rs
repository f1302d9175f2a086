//! Threads that have ended leave nothing behind: thousands of them fit where hundreds at once would not.
//!
//! threads: yes
//! run: ulimit -v 9400000 && exec "$EXE"

use std::thread;

fn main() {
    const SEQUENTIAL: u32 = 5000;
    let mut sum = 0;
    for number in 0..SEQUENTIAL {
        sum += thread::spawn(move || number).join().unwrap();
    }
    assert_eq!(sum, (0..SEQUENTIAL).sum());
    // Several at a time, in waves.
    for _ in 0..100 {
        thread::scope(|scope| (0..20).for_each(|_| drop(scope.spawn(|| Box::new([0u8; 100])))));
    }
}
