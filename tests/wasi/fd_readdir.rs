//! Directories: every entry once, with buffers of any size, from any cookie, while entries go.
//!
//! flags: --dir tmp::/
//! setup: mkdir -p tmp/mixed/dir tmp/empty tmp/many && cd tmp/mixed && echo > file && ln -s nowhere link && mkfifo fifo
//! peer: its cookies are ordinals, and it fails at entries it does not like

#[path = "support/preview1.rs"]
mod preview1;

use std::collections::HashSet;

use preview1::*;

fn directory(path: &str) -> u32 {
    path_open(ROOT, 0, path, DIRECTORY, 0, 0, 0).unwrap()
}

fn main() {
    mixed();
    empty();
    many();
    errors();
}

fn mixed() {
    let fd = directory("mixed");
    let mut entries = list(fd, 4096);
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let types: Vec<_> = entries.iter().map(|entry| (String::from_utf8_lossy(&entry.name), entry.filetype)).collect();
    let expected = [
        (".", DIRECTORY_TYPE),
        ("..", DIRECTORY_TYPE),
        ("dir", DIRECTORY_TYPE),
        ("fifo", UNKNOWN),
        ("file", REGULAR_FILE),
        ("link", SYMBOLIC_LINK),
    ];
    assert_eq!(types, expected.map(|(name, filetype)| (name.into(), filetype)));
    for entry in &entries {
        let name = std::str::from_utf8(&entry.name).unwrap();
        if name != ".." {
            assert_eq!(entry.ino, path_filestat(fd, 0, name).unwrap().ino, "{name}");
        }
    }
}

fn empty() {
    let fd = directory("empty");
    assert_eq!(names(fd), [".", ".."]);
    // The end stays the end, until the directory is read from the start again.
    let last = list(fd, 100).last().unwrap().next;
    assert_eq!(readdir(fd, 100, last), Ok((vec![], 0)));
    create("empty/new", b"");
    assert_eq!(names(fd), [".", "..", "new"]);
    unlink(ROOT, "empty/new").unwrap();
    assert_eq!(names(fd), [".", ".."]);
}

fn many() {
    const COUNT: usize = 3000;
    let fd = directory("many");
    for index in 0..COUNT {
        let file = path_open(fd, 0, &format!("a file with a number, {index}"), CREAT, FD_WRITE, 0, 0).unwrap();
        close(file).unwrap();
    }
    let all = list(fd, 1 << 20);
    assert_eq!(all.len(), COUNT + 2);
    let distinct: HashSet<_> = all.iter().map(|entry| &entry.name).collect();
    assert_eq!(distinct.len(), all.len());
    let cookies: HashSet<_> = all.iter().map(|entry| entry.next).collect();
    assert_eq!(cookies.len(), all.len());
    for room in [60, 61, 100, 1000, 40_000] {
        assert_eq!(list(fd, room), all, "{room}");
    }
    // An entry is cut off where the buffer ends, even inside its head.
    for room in [0, 1, 7, 8, 23, 24, 25] {
        let (entries, used) = readdir(fd, room, all[10].next).unwrap();
        assert_eq!((entries.len(), used), (0, room));
    }
    // Any cookie will do, in any order.
    for index in [2999, 5, 1500, 1499, 0, 2500] {
        let (entries, _) = readdir(fd, 200, all[index].next).unwrap();
        assert_eq!(entries[0], all[index + 1], "{index}");
    }

    // What is read is removed: everything is seen.
    let mut cookie = 0;
    let mut seen = HashSet::new();
    loop {
        let (entries, used) = readdir(fd, 500, cookie).unwrap();
        for entry in entries {
            cookie = entry.next;
            if !entry.name.starts_with(b".") {
                unlink(fd, std::str::from_utf8(&entry.name).unwrap()).unwrap();
                assert!(seen.insert(entry.name));
            }
        }
        if used < 500 {
            break;
        }
    }
    assert_eq!(seen.len(), COUNT);
    assert_eq!(names(fd), [".", ".."]);
}

fn errors() {
    assert_eq!(readdir(99, 100, 0), Err(BADF));
    let file = open("mixed/file", 0, FD_READ).unwrap();
    assert_eq!(readdir(file, 100, 0), Err(NOTDIR));
    assert_eq!(readdir(0, 100, 0), Err(NOTDIR));
    let end = memory_end();
    let mut used = 0u32;
    let call = |buf, len, out| result(raw::fd_readdir(ROOT, buf, len, 0, out));
    assert_eq!(call(end - 100, 101, at_mut(&mut used)), Err(FAULT));
    assert_eq!(call(end - 100, 100, end - 3), Err(FAULT));
    assert_eq!(call(0, u32::MAX, at_mut(&mut used)), Err(FAULT));
    assert_eq!(call(end - 101, 101, at_mut(&mut used)), Ok(()));
    // A directory that has been removed has no entries any more.
    create_directory(ROOT, "gone").unwrap();
    let gone = directory("gone");
    remove_directory(ROOT, "gone").unwrap();
    let read = readdir(gone, 100, 0);
    assert!(matches!(&read, Err(NOENT)) || read == Ok((vec![], 0)), "{read:?}");
}
