//! A descriptor that is closed, or moved, while another thread waits to read from it: the wait goes on with the file it began with,
//! and the number can be given to another file at once, which has nothing to do with that.
//!
//! threads: yes
//! flags: --dir tmp::/
//! setup: mkdir tmp && mkfifo tmp/fifo && echo other > tmp/other

#[path = "support/preview1.rs"]
mod preview1;

use std::thread;
use std::time::Duration;

use preview1::*;

/// Reads in another thread, and gives it time to begin to wait.
fn start_reading(fd: u32, room: usize) -> thread::JoinHandle<Vec<u8>> {
    let reader = thread::spawn(move || {
        let mut buffer = vec![0; room];
        let count = read(fd, &mut buffer).unwrap();
        buffer[..count].to_vec()
    });
    thread::sleep(Duration::from_millis(50));
    reader
}

fn other() -> u32 {
    open("other", 0, FD_READ).unwrap()
}

fn main() {
    let writer = open("fifo", 0, READ_WRITE).unwrap();

    let fifo = open("fifo", 0, FD_READ).unwrap();
    let reader = start_reading(fifo, 16);
    close(fifo).unwrap();
    assert_eq!(read(fifo, &mut [0]), Err(BADF));
    assert_eq!(close(fifo), Err(BADF));
    let reopened = other();
    assert_eq!(reopened, fifo);
    let mut text = [0; 6];
    assert_eq!(read(reopened, &mut text), Ok(6));
    assert_eq!(&text, b"other\n");
    write(writer, b"first").unwrap();
    assert_eq!(reader.join().unwrap(), b"first");
    assert_eq!(filestat(reopened).unwrap().filetype, REGULAR_FILE);

    // Another descriptor is moved onto the one in use.
    let fifo = open("fifo", 0, FD_READ).unwrap();
    let reader = start_reading(fifo, 16);
    renumber(reopened, fifo).unwrap();
    assert_eq!(filestat(fifo).unwrap().filetype, REGULAR_FILE);
    write(writer, b"second").unwrap();
    assert_eq!(reader.join().unwrap(), b"second");
    close(fifo).unwrap();

    // The one in use is moved, and closed under its new number.
    let fifo = open("fifo", 0, FD_READ).unwrap();
    let target = other();
    let reader = start_reading(fifo, 16);
    renumber(fifo, target).unwrap();
    assert_eq!(filestat(fifo).map(|stat| stat.filetype), Err(BADF));
    assert_ne!(filestat(target).unwrap().filetype, REGULAR_FILE);
    close(target).unwrap();
    write(writer, b"third").unwrap();
    assert_eq!(reader.join().unwrap(), b"third");

    // While somebody waits in a poll.
    let fifo = open("fifo", 0, FD_READ).unwrap();
    let poller = thread::spawn(move || {
        let event = poll(&[fd_subscription(7, POLL_READ, fifo)]).unwrap()[0];
        (event.userdata, event.error, event.nbytes)
    });
    thread::sleep(Duration::from_millis(50));
    close(fifo).unwrap();
    assert_eq!(other(), fifo);
    // Longer than the other file, which must not be the one that is looked at.
    write(writer, b"fourth of them").unwrap();
    assert_eq!(poller.join().unwrap(), (7, 0, 14));
    assert_eq!(read(writer, &mut [0; 16]), Ok(14));

    // As many as there are, so that the host would give their numbers out again.
    let readers: Vec<_> = (0..8)
        .map(|_| {
            let fifo = open("fifo", 0, FD_READ).unwrap();
            (fifo, start_reading(fifo, 1))
        })
        .collect();
    let files: Vec<u32> = readers
        .iter()
        .map(|(fifo, _)| {
            close(*fifo).unwrap();
            other()
        })
        .collect();
    write(writer, b"xxxxxxxx").unwrap();
    for (_, reader) in readers {
        assert_eq!(reader.join().unwrap(), b"x");
    }
    assert!(files.iter().all(|file| filestat(*file).unwrap().size == 6));
}
