//! Nothing outside the granted directory can be reached, whatever the path.
//!
//! flags: --dir tmp::/
//! setup: mkdir -p tmp/dir/deep outside && echo secret > outside/secret && echo secret > secret && cd tmp
//! setup: ln -s / tmp/absolute && ln -s .. tmp/parent && ln -s ../secret tmp/secret && ln -s "$PWD/secret" tmp/absolute-secret
//! setup: ln -s ../../outside tmp/dir/out && ln -s dir/deep/../../../outside tmp/around && ln -s parent tmp/indirect
//! setup: ln -s ../../.. tmp/dir/deep/far && ln -s "$PWD/tmp/dir" tmp/absolute-inside && ln -s /proc/self/root tmp/magic
//! setup: ln -s "$PWD/new" tmp/new-absolute && ln -s ../new tmp/new-relative && ln -s ../tmp/dir tmp/back
//! setup: find . ! -path ./tmp ! -path ./tmp/dir -printf '%p %y %s %T@ %l\n' | grep -v -e '^./before' -e '^\. ' | sort > before
//! resolver: openat2 enosys eperm
//! peer: it ignores a slash behind a link
//! after: find . ! -path ./tmp ! -path ./tmp/dir -printf '%p %y %s %T@ %l\n' | grep -v -e '^./before' -e '^./after' -e '^\. ' | sort > after; diff before after

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

/// Paths that lead out, with something there or not.
const PATHS: [&str; 41] = [
    "/",
    "//",
    "/etc/passwd",
    "/dir",
    "..",
    "../",
    "../.",
    "../..",
    "../secret",
    "../new",
    "../tmp/dir",
    "./../secret",
    "dir/../../secret",
    "dir/../..",
    "dir/deep/../../..",
    "dir/deep/../../../outside/secret",
    "dir/./deep/.././../../secret",
    "absolute/",
    "absolute/etc/passwd",
    "absolute/.",
    "parent/",
    "parent/.",
    "parent/..",
    "parent/secret",
    "parent/tmp/dir",
    "parent/new",
    "indirect/secret",
    "indirect/",
    "dir/out/",
    "dir/out/secret",
    "dir/out/new",
    "around/",
    "around/secret",
    "dir/deep/far/secret",
    "dir/deep/far/",
    "absolute-inside/",
    "absolute-inside/deep",
    "magic/",
    "magic/etc/passwd",
    "back/",
    "back/deep",
];

/// Links that lead out.
const LINKS: [&str; 9] = [
    "absolute",
    "parent",
    "secret",
    "absolute-secret",
    "dir/out",
    "around",
    "indirect",
    "new-absolute",
    "new-relative",
];

fn is_refused<T: std::fmt::Debug>(path: &str, what: &str, result: Result<T>) {
    // The host says so before it looks where the path leads.
    let creates_directory = what == "open to create" && path.ends_with('/') && matches!(result, Err(ISDIR));
    assert!(matches!(result, Err(PERM)) || creates_directory, "{what} {path}: {result:?}");
}

fn main() {
    for path in PATHS {
        everything(path);
    }
    for link in LINKS {
        for oflags in [0, CREAT, DIRECTORY, TRUNC] {
            is_refused(link, "open", path_open(ROOT, FOLLOW, link, oflags, FD_READ, 0, 0));
        }
        is_refused(link, "stat", path_filestat(ROOT, FOLLOW, link));
        is_refused(link, "set times", path_set_times(ROOT, FOLLOW, link, 1, 1, ATIM | MTIM));
        // Not followed, a link is a file like any other.
        assert_eq!(path_filestat(ROOT, 0, link).unwrap().filetype, SYMBOLIC_LINK);
    }
    // Links that are made cannot lead out either, now or later.
    for target in ["/", "/etc/passwd", "//x"] {
        is_refused(target, "link to", symlink(target, ROOT, "made"));
    }
    symlink("../secret", ROOT, "made").unwrap();
    is_refused("made", "open", path_open(ROOT, FOLLOW, "made", 0, FD_READ, 0, 0));
    symlink("..", ROOT, "dir/made").unwrap();
    assert!(path_open(ROOT, FOLLOW, "dir/made", 0, 0, 0, 0).is_ok());
    rename(ROOT, "dir/made", ROOT, "moved").unwrap();
    is_refused("moved", "open", path_open(ROOT, FOLLOW, "moved", 0, 0, 0, 0));
    unlink(ROOT, "made").unwrap();
    unlink(ROOT, "moved").unwrap();
    is_refused("absolute", "read", readlink(ROOT, "absolute", 100));
    assert_eq!(readlink(ROOT, "parent", 100).unwrap(), "..");
}

/// No function takes the path.
fn everything(path: &str) {
    for oflags in [0, CREAT, DIRECTORY, TRUNC, CREAT | EXCL] {
        let what = if oflags & CREAT == 0 { "open" } else { "open to create" };
        is_refused(path, what, path_open(ROOT, 0, path, oflags, FD_READ, 0, 0));
        is_refused(path, what, path_open(ROOT, FOLLOW, path, oflags, FD_READ, 0, 0));
    }
    for flags in [0, FOLLOW] {
        is_refused(path, "stat", path_filestat(ROOT, flags, path));
        is_refused(path, "set times", path_set_times(ROOT, flags, path, 1, 1, ATIM | MTIM));
    }
    is_refused(path, "unlink", unlink(ROOT, path));
    is_refused(path, "link", link(ROOT, 0, path, ROOT, "dir/new"));
    is_refused(path, "link to", link(ROOT, 0, "dir", ROOT, path));
    is_refused(path, "symlink at", symlink("dir", ROOT, path));
    is_refused(path, "readlink", readlink(ROOT, path, 100));
    let is_link = |path| path_filestat(ROOT, 0, path).is_ok_and(|stat| stat.filetype == SYMBOLIC_LINK);
    if !path.strip_suffix('/').is_some_and(is_link) {
        is_refused(path, "create", create_directory(ROOT, path));
        is_refused(path, "remove", remove_directory(ROOT, path));
        is_refused(path, "rename", rename(ROOT, path, ROOT, "dir/new"));
        is_refused(path, "rename to", rename(ROOT, "dir", ROOT, path));
    } else {
        // A slash at the end does not make the host follow a link there.
        assert_eq!(create_directory(ROOT, path), Err(EXIST), "create {path}");
        assert_eq!(remove_directory(ROOT, path), Err(NOTDIR), "remove {path}");
        assert_eq!(rename(ROOT, path, ROOT, "dir/new"), Err(NOTDIR), "rename {path}");
        let renamed = rename(ROOT, "dir", ROOT, path);
        assert!(matches!(renamed, Err(NOTDIR | INVAL)), "rename to {path}: {renamed:?}");
    }
}
