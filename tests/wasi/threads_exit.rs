//! A thread that exits ends the process, whatever the others do.
//!
//! threads: yes
//! stdin: never read
//! stdout: before
//! status: 7

use std::sync::mpsc;
use std::thread;

fn main() {
    let (_sender, receiver) = mpsc::channel::<()>();
    thread::spawn(|| {
        loop {
            std::hint::spin_loop();
        }
    });
    thread::spawn(|| {
        print!("before");
        std::process::exit(7)
    });
    receiver.recv().unwrap();
    print!("after");
}
