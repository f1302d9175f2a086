//! A descriptor that is closed while another thread waits to read from it, where the runtime does the waiting because another process has
//! set the file not to block: so it asks the host twice, and the host's descriptor must still be there for the second time.
//!
//! threads: yes
//! flags: --dir tmp::/
//! setup: mkdir tmp && mkfifo tmp/fifo
//! run: exec 4<> tmp/fifo; "$EXE" nonblock <&4 && "$EXE" read <&4

#[path = "support/preview1.rs"]
mod preview1;

use std::thread;
use std::time::Duration;

use preview1::*;

fn main() {
    if std::env::args().nth(1).as_deref() == Some("nonblock") {
        set_flags(0, NONBLOCK).unwrap();
        return;
    }
    let writer = open("fifo", 0, READ_WRITE).unwrap();
    let reader = thread::spawn(|| {
        let mut buffer = [0; 16];
        read(0, &mut buffer).map(|count| buffer[..count].to_vec())
    });
    // Enough to begin to wait.
    thread::sleep(Duration::from_millis(300));
    close(0).unwrap();
    assert_eq!(read(0, &mut [0]), Err(BADF));
    write(writer, b"first").unwrap();
    assert_eq!(reader.join().unwrap(), Ok(b"first".to_vec()));
}
