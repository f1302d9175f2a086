//! Where the system has no room for more threads, starting one fails, and those that are there go on.
//!
//! threads: yes
//! run: ulimit -v 9200000 && exec "$EXE"

use std::sync::{Condvar, Mutex};
use std::thread;

fn main() {
    let (over, changed) = (Mutex::new(false), Condvar::new());
    thread::scope(|scope| {
        let mut started = 0;
        let error = loop {
            let wait = || drop(changed.wait_while(over.lock().unwrap(), |over| !*over).unwrap());
            match thread::Builder::new().stack_size(1 << 16).spawn_scoped(scope, wait) {
                Ok(_) => started += 1,
                Err(error) => break error,
            }
            assert!(started < 1000, "no limit");
        };
        assert!(started > 10, "{started}: {error}");
        assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock, "{error}");
        *over.lock().unwrap() = true;
        changed.notify_all();
    });
    // There is room again.
    assert_eq!(thread::spawn(|| 5).join().unwrap(), 5);
}
