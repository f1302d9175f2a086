//! While another process swaps directories for links and moves them about, the guest never gets out.
//!
//! flags: --dir tmp::/
//! setup: mkdir -p tmp/a/b/c outside && echo inside > tmp/a/b/c/file && echo inside > tmp/file
//! setup: echo outside > outside/file && mkdir -p outside/b/c && echo outside > outside/b/c/file
//! run: (while test ! -e done; do mv -T tmp/a tmp/x; ln -s ../outside tmp/a; mv -T tmp/a tmp/y; mv -T tmp/x tmp/a; rm -f tmp/y;
//! run: mv tmp/a/b tmp/moved; mv tmp/moved tmp/a/b; mv tmp/a/b outside/moved; mv outside/moved tmp/a/b; done) & "$EXE";
//! run: status=$?; touch done; wait; exit $status
//! resolver: openat2 enosys eperm
//! after: test "$(cat outside/file outside/b/c/file)" = "$(printf 'outside\noutside')"
//! after: test "$(ls -a outside | tr '\n' ' ')" = '. .. b file '

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    let mut seen = [0; 2];
    for round in 0..4000 {
        for path in ["a/file", "a/b/c/file", "a/b/../b/c/../../b/c/file", "a/b/c/../../../file", "a/../a/b/c/file"] {
            if let Ok(fd) = path_open(ROOT, FOLLOW, path, 0, FD_READ, 0, 0) {
                let mut buffer = [0; 10];
                let count = read(fd, &mut buffer).unwrap();
                assert_eq!(&buffer[..count], b"inside\n", "{path}");
                close(fd).unwrap();
                seen[0] += 1;
            } else {
                seen[1] += 1;
            }
        }
        // What is made and removed must be inside too.
        let _ = create_directory(ROOT, "a/new");
        let _ = remove_directory(ROOT, "a/new");
        if let Ok(fd) = path_open(ROOT, 0, "a/new-file", CREAT, FD_WRITE, 0, 0) {
            close(fd).unwrap();
        }
        let _ = unlink(ROOT, "a/new-file");
        if round > 500 && seen[0] > 100 && seen[1] > 100 {
            break;
        }
    }
    assert!(seen[0] > 0, "{seen:?}");
}
