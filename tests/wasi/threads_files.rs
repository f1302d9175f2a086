//! Many threads open, read, write, list and close files at the same time; each sees its own, and no descriptor is given to two.
//!
//! threads: yes
//! flags: --dir tmp::/
//! setup: mkdir tmp tmp/many && cd tmp/many && touch $(seq 300)

#[path = "support/preview1.rs"]
mod preview1;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::{Barrier, Mutex};
use std::thread;

use preview1::*;

const THREADS: u32 = 8;
const ROUNDS: u32 = 60;

fn own_file(thread: u32) {
    for round in 0..ROUNDS {
        let text = format!("thread {thread} round {round}").repeat(20);
        let path = format!("/file{thread}");
        let mut file = fs::File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file.seek(SeekFrom::Start(0)).unwrap();
        let mut found = String::new();
        file.read_to_string(&mut found).unwrap();
        assert_eq!(found, text);
        drop(file);
        assert_eq!(fs::metadata(&path).unwrap().len(), text.len() as u64);
        if round % 8 == 0 {
            assert!(fs::read_dir("/").unwrap().count() >= 2);
        }
    }
}

/// All at once open files: the numbers are different.
fn numbers_are_unique() {
    let open_now = Mutex::new(BTreeSet::new());
    let barrier = Barrier::new(THREADS as usize);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    barrier.wait();
                    let fd = open("file0", 0, FD_READ).unwrap();
                    assert!(open_now.lock().unwrap().insert(fd), "{fd} twice");
                    barrier.wait();
                    assert!(open_now.lock().unwrap().remove(&fd));
                    close(fd).unwrap();
                }
            });
        }
    });
}

/// A number that several close at once is closed by one of them.
fn one_closes() {
    let barrier = Barrier::new(THREADS as usize);
    let fd = Mutex::new(0);
    let closed = Mutex::new(0);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (barrier, fd, closed) = (&barrier, &fd, &closed);
            scope.spawn(move || {
                for _ in 0..ROUNDS {
                    if thread == 0 {
                        *fd.lock().unwrap() = open("file0", 0, FD_READ).unwrap();
                    }
                    barrier.wait();
                    let number = *fd.lock().unwrap();
                    *closed.lock().unwrap() += u32::from(close(number).is_ok());
                    barrier.wait();
                }
            });
        }
    });
    assert_eq!(*closed.lock().unwrap(), ROUNDS);
}

/// A directory's entries read through one descriptor: whatever each thread gets is whole.
fn one_directory() {
    let directory = path_open(ROOT, 0, "many", DIRECTORY, 1 << 14, 0, 0).unwrap();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..4 {
                    let entries: BTreeSet<Vec<u8>> =
                        list(directory, 1000).into_iter().map(|entry| entry.name).collect();
                    assert_eq!(entries.len(), 302);
                }
            });
        }
    });
}

fn main() {
    thread::scope(|scope| (0..THREADS).for_each(|thread| drop(scope.spawn(move || own_file(thread)))));
    numbers_are_unique();
    one_closes();
    one_directory();
}
