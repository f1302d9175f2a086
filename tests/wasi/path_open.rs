//! Opening files and directories.
//!
//! flags: --dir tmp::/
//! setup: mkdir -p tmp/dir/inner && printf text > tmp/file && cp tmp/file tmp/dir/inner && ln -s file tmp/link
//! setup: ln -s dir tmp/dirlink && ln -s nowhere tmp/dangling && ln -s ../file tmp/dir/up && mkfifo tmp/fifo
//! run: umask 027; "$EXE"
//! resolver: openat2 enosys eperm
//! peer: it allows writing to a file that is opened for reading and created
//! after: test "$(cat tmp/nowhere)" = created
//! after: test "$(stat -c %a tmp/new)" = 640

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    oflags();
    types();
    links();
    relative_to_other_directories();
    errors();
}

fn oflags() {
    let new = |oflags| path_open(ROOT, 0, "new", oflags, FD_WRITE, 0, 0);
    assert_eq!(new(0), Err(NOENT));
    assert_eq!(new(EXCL), Err(NOENT));
    assert_eq!(new(TRUNC), Err(NOENT));
    let fd = new(CREAT | EXCL).unwrap();
    write(fd, b"first").unwrap();
    assert_eq!(new(CREAT | EXCL), Err(EXIST));
    close(new(CREAT).unwrap()).unwrap();
    assert_eq!(contents("new"), b"first");
    close(new(TRUNC).unwrap()).unwrap();
    assert_eq!(contents("new"), b"");
    write(fd, b"!").unwrap();
    // Cutting a file short does not take the right to write to it through the descriptor.
    let fd = path_open(ROOT, 0, "new", TRUNC, FD_READ, 0, 0).unwrap();
    assert_eq!(write(fd, b"x"), Err(BADF));
    assert_eq!(filestat(fd).unwrap().size, 0);
    // Nor does creating one.
    let fd = path_open(ROOT, 0, "other", CREAT, 0, 0, 0).unwrap();
    assert_eq!(write(fd, b"x"), Err(BADF));
    assert_eq!(filestat(fd).unwrap().size, 0);
    for oflags in [CREAT, EXCL, TRUNC, CREAT | EXCL] {
        assert_eq!(path_open(ROOT, 0, "dir", DIRECTORY | oflags, 0, 0, 0), Err(INVAL));
    }
}

fn types() {
    let fd = path_open(ROOT, 0, "dir", 0, FD_READ, 0, 0).unwrap();
    assert_eq!(fdstat(fd).unwrap().filetype, DIRECTORY_TYPE);
    assert_eq!(names(fd), [".", "..", "inner", "up"]);
    let fd = path_open(ROOT, 0, ".", DIRECTORY, 0, 0, 0).unwrap();
    assert_eq!(filestat(fd).unwrap().ino, filestat(ROOT).unwrap().ino);
    assert_eq!(path_open(ROOT, 0, "file", DIRECTORY, 0, 0, 0), Err(NOTDIR));
    assert_eq!(path_open(ROOT, 0, "dir", 0, FD_WRITE, 0, 0), Err(ISDIR));
    assert_eq!(path_open(ROOT, 0, "dir", DIRECTORY, READ_WRITE, 0, 0), Err(ISDIR));
    assert_eq!(path_open(ROOT, 0, "dir", CREAT, FD_READ, 0, 0), Err(ISDIR));
    assert_eq!(path_open(ROOT, 0, "dir", CREAT | EXCL, FD_WRITE, 0, 0), Err(EXIST));
    // A pipe opens at once if it need not wait for a writer.
    let fd = path_open(ROOT, 0, "fifo", 0, FD_READ, 0, NONBLOCK).unwrap();
    assert_eq!((fdstat(fd).unwrap().filetype, read(fd, &mut [0])), (UNKNOWN, Ok(0)));
}

fn links() {
    let open = |dirflags, path, oflags| path_open(ROOT, dirflags, path, oflags, FD_READ, 0, 0);
    assert_eq!(filestat(open(FOLLOW, "link", 0).unwrap()).unwrap().filetype, REGULAR_FILE);
    assert_eq!(open(0, "link", 0), Err(LOOP));
    assert_eq!(open(0, "link", CREAT), Err(LOOP));
    assert_eq!(open(0, "link", CREAT | EXCL), Err(EXIST));
    assert_eq!(open(FOLLOW, "link", CREAT | EXCL), Err(EXIST));
    assert!(open(FOLLOW, "dirlink", DIRECTORY).is_ok());
    assert!(matches!(open(0, "dirlink", DIRECTORY), Err(NOTDIR | LOOP)));
    // Links on the way are followed in any case, and a slash makes the last name one of them.
    assert!(open(0, "dirlink/inner/file", 0).is_ok());
    assert!(open(0, "dirlink/", DIRECTORY).is_ok());
    assert!(open(0, "dirlink/.", 0).is_ok());
    assert_eq!(filestat(open(FOLLOW, "dir/up", 0).unwrap()).unwrap().size, 4);
    assert_eq!(open(FOLLOW, "dangling", 0), Err(NOENT));
    assert_eq!(open(0, "dangling", 0), Err(LOOP));
    assert_eq!(open(FOLLOW, "dangling", CREAT | EXCL), Err(EXIST));
    let fd = path_open(ROOT, FOLLOW, "dangling", CREAT, FD_WRITE, 0, 0).unwrap();
    write(fd, b"created").unwrap();
}

fn relative_to_other_directories() {
    let dir = path_open(ROOT, 0, "dir", DIRECTORY, 0, 0, 0).unwrap();
    assert!(path_open(dir, 0, "inner/file", 0, FD_READ, 0, 0).is_ok());
    assert!(path_open(dir, 0, "inner/../inner/./file", 0, FD_READ, 0, 0).is_ok());
    assert!(path_open(dir, 0, "inner//file", 0, FD_READ, 0, 0).is_ok());
    // A directory that was opened is a border of its own.
    assert_eq!(path_open(dir, 0, "../file", 0, FD_READ, 0, 0), Err(PERM));
    assert_eq!(path_open(dir, FOLLOW, "up", 0, FD_READ, 0, 0), Err(PERM));
    assert_eq!(filestat(path_open(dir, 0, "inner/..", 0, 0, 0, 0).unwrap()), filestat(dir));
}

fn errors() {
    let open = |path: &str| path_open(ROOT, 0, path, 0, FD_READ, 0, 0);
    assert_eq!(open(""), Err(NOENT));
    assert_eq!(open("file/"), Err(NOTDIR));
    assert_eq!(open("file/."), Err(NOTDIR));
    assert_eq!(open("file/x"), Err(NOTDIR));
    assert_eq!(open("missing/x"), Err(NOENT));
    assert_eq!(open("missing/"), Err(NOENT));
    let slash = path_open(ROOT, 0, "new-dir/", CREAT, FD_WRITE, 0, 0);
    assert!(matches!(slash, Err(ISDIR | NOENT | NOTDIR)), "{slash:?}");
    let file = open("file").unwrap();
    assert_eq!(path_open(file, 0, "x", 0, FD_READ, 0, 0), Err(NOTDIR));
    assert_eq!(path_open(99, 0, "x", 0, FD_READ, 0, 0), Err(BADF));
    assert_eq!(path_filestat(ROOT, 0, "new-dir"), Err(NOENT));
}
