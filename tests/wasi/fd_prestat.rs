//! Preopened directories, in the order of the grants.
//!
//! flags: --dir one::/ --dir two::a/longer/name --dir one/inner
//! setup: mkdir one one/inner two && touch one/file two/other

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    for (fd, name) in [(3, "/"), (4, "a/longer/name"), (5, "one/inner")] {
        let mut prestat = [u32::MAX; 2];
        assert_eq!(raw::fd_prestat_get(fd, at_mut(&mut prestat)), 0);
        assert_eq!((prestat[0] as u8, prestat[1] as usize), (0, name.len()));
        let mut buffer = [b'#'; 20];
        assert_eq!(raw::fd_prestat_dir_name(fd, at_mut(&mut buffer), name.len() as u32), 0);
        assert_eq!(&buffer[..name.len()], name.as_bytes());
        assert!(buffer[name.len()..].iter().all(|byte| *byte == b'#'));
        assert_eq!(raw::fd_prestat_dir_name(fd, at_mut(&mut buffer), 20), 0);
        let short = name.len() as u32 - 1;
        assert_eq!(result(raw::fd_prestat_dir_name(fd, at_mut(&mut buffer), short)), Err(NAMETOOLONG));
    }
    let mut prestat = [0u32; 2];
    for fd in [0, 1, 2, 6, u32::MAX] {
        assert_eq!(result(raw::fd_prestat_get(fd, at_mut(&mut prestat))), Err(BADF));
    }
    assert_eq!(names(3), [".", "..", "file", "inner"]);
    assert_eq!(names(4), [".", "..", "other"]);
    assert_eq!(names(5), [".", ".."]);
    // An ordinary directory is not preopened.
    let fd = path_open(3, 0, "inner", DIRECTORY, 0, 0, 0).unwrap();
    assert_eq!(result(raw::fd_prestat_get(fd, at_mut(&mut prestat))), Err(BADF));
    let mut buffer = [0; 20];
    assert_eq!(result(raw::fd_prestat_dir_name(fd, at_mut(&mut buffer), 20)), Err(NOTDIR));
    assert_eq!(result(raw::fd_prestat_dir_name(1, at_mut(&mut buffer), 20)), Err(NOTDIR));
}
