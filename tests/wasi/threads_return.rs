//! The process ends with its first thread.
//!
//! threads: yes
//! stdout: done

use std::thread;

fn main() {
    thread::spawn(|| {
        loop {
            std::hint::spin_loop();
        }
    });
    thread::spawn(|| thread::sleep(std::time::Duration::from_secs(1000)));
    print!("done");
}
