//! Names that are no UTF-8, and names of the greatest length.
//!
//! flags: --dir tmp::/
//! setup: mkdir tmp && cd tmp && touch "$(printf '\377\376')" "$(printf 'a\nb')" "$(printf '%0255d' 0)"
//! peer: it takes UTF-8 only

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    let mut names: Vec<_> = list(ROOT, 400).into_iter().map(|entry| entry.name).collect();
    names.sort();
    assert_eq!(names, [b".".to_vec(), b"..".to_vec(), vec![b'0'; 255], b"a\nb".to_vec(), b"\xff\xfe".to_vec()]);
    for name in &names[2..] {
        let fd = path_open_bytes(ROOT, 0, name, 0, FD_READ, 0, 0).unwrap();
        close(fd).unwrap();
    }
    let long = vec![b'x'; 256];
    assert_eq!(path_open_bytes(ROOT, 0, &long, CREAT, FD_WRITE, 0, 0), Err(NAMETOOLONG));
}
