//! Rust's standard library on files, as programs use it.
//!
//! flags: --dir tmp::/ --dir other::/other
//! setup: mkdir tmp other
//! resolver: openat2 enosys
//! peer: it writes the first of several vectors alone

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, IoSlice, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

type Result = std::io::Result<()>;

fn main() -> Result {
    files()?;
    directories()?;
    metadata()?;
    links()?;
    buffered()?;
    errors();
    Ok(())
}

fn files() -> Result {
    fs::write("/a.txt", "one\ntwo\nthree\n")?;
    assert_eq!(fs::read_to_string("/a.txt")?, "one\ntwo\nthree\n");
    let mut file = OpenOptions::new().read(true).write(true).open("a.txt")?;
    file.seek(SeekFrom::End(-6))?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    assert_eq!(text, "three\n");
    assert_eq!(file.stream_position()?, 14);
    file.rewind()?;
    file.write_all(b"ONE")?;
    file.set_len(7)?;
    assert_eq!(fs::read("/a.txt")?, b"ONE\ntwo");
    file.set_len(9)?;
    assert_eq!(fs::read("/a.txt")?, b"ONE\ntwo\0\0");
    file.sync_all()?;
    file.sync_data()?;
    drop(file);

    let mut file = OpenOptions::new().append(true).open("/a.txt")?;
    file.write_all(b"end")?;
    assert_eq!(file.write_vectored(&[IoSlice::new(b"1"), IoSlice::new(b"23")])?, 3);
    assert_eq!(fs::read("/a.txt")?, b"ONE\ntwo\0\0end123");
    assert_eq!(fs::copy("/a.txt", "/other/copy")?, 15);
    assert_eq!(fs::read("/other/copy")?, b"ONE\ntwo\0\0end123");

    let new = File::create_new("/new")?;
    assert_eq!(File::create_new("/new").unwrap_err().kind(), ErrorKind::AlreadyExists);
    drop(new);
    fs::rename("/new", "/newer")?;
    fs::rename("/newer", "/other/newest")?;
    assert!(!fs::exists("/newer")?);
    assert!(fs::exists("/other/newest")?);
    fs::remove_file("/other/newest")?;
    fs::hard_link("/a.txt", "/b.txt")?;
    fs::remove_file("/a.txt")?;
    assert_eq!(fs::metadata("/b.txt")?.len(), 15);
    Ok(())
}

fn directories() -> Result {
    fs::create_dir("/d")?;
    fs::create_dir_all("/d/e/f/g")?;
    for index in 0..200 {
        fs::write(format!("/d/e/file {index}"), index.to_string())?;
    }
    let mut sum = 0;
    let mut count = 0;
    for entry in fs::read_dir("/d/e")? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            sum += fs::read_to_string(entry.path())?.parse::<u32>().unwrap();
            assert!(entry.metadata()?.is_file());
        } else {
            assert_eq!(entry.file_name(), "f");
            assert!(entry.metadata()?.is_dir());
        }
        count += 1;
    }
    assert_eq!((count, sum), (201, 199 * 200 / 2));
    const NOTEMPTY: i32 = 55;
    assert_eq!(fs::remove_dir("/d/e").unwrap_err().raw_os_error(), Some(NOTEMPTY));
    fs::rename("/d/e", "/d/h")?;
    assert!(Path::new("/d/h/f/g").is_dir());
    fs::remove_dir_all("/d")?;
    assert!(!Path::new("/d").exists());
    Ok(())
}

fn metadata() -> Result {
    fs::write("/m", "12345")?;
    let metadata = fs::metadata("/m")?;
    assert!(metadata.is_file() && !metadata.is_dir() && !metadata.is_symlink());
    assert_eq!(metadata.len(), 5);
    for time in [metadata.modified()?, metadata.accessed()?] {
        assert!(SystemTime::now().duration_since(time).unwrap_or_default() < Duration::from_secs(60));
    }
    let file = File::options().write(true).open("/m")?;
    let long_ago = SystemTime::UNIX_EPOCH + Duration::new(1_000_000_000, 123_456_789);
    file.set_times(fs::FileTimes::new().set_modified(long_ago).set_accessed(long_ago))?;
    assert_eq!(file.metadata()?.modified()?, long_ago);
    assert_eq!(fs::metadata("/m")?.accessed()?, long_ago);
    assert!(fs::metadata("/")?.is_dir());
    // WASI has no permissions.
    assert!(fs::set_permissions("/m", metadata.permissions()).is_err());
    Ok(())
}

fn links() -> Result {
    fs::create_dir("/l")?;
    fs::write("/l/target", "text")?;
    #[allow(deprecated, reason = "the other functions are not stable for this target")]
    fs::soft_link("target", "/l/link")?;
    assert_eq!(fs::read_to_string("/l/link")?, "text");
    assert!(fs::symlink_metadata("/l/link")?.is_symlink());
    assert!(fs::metadata("/l/link")?.is_file());
    assert_eq!(fs::read_link("/l/link")?, Path::new("target"));
    fs::remove_file("/l/link")?;
    fs::remove_dir_all("/l")
}

fn buffered() -> Result {
    let mut file = std::io::BufWriter::new(File::create("/lines")?);
    for index in 0..100_000 {
        writeln!(file, "line {index}")?;
    }
    file.into_inner()?;
    let mut count = 0;
    for (index, line) in BufReader::new(File::open("/lines")?).lines().enumerate() {
        assert_eq!(line?, format!("line {index}"));
        count += 1;
    }
    assert_eq!(count, 100_000);
    fs::remove_file("/lines")
}

fn errors() {
    const ISDIR: Option<i32> = Some(31);
    const NOTDIR: Option<i32> = Some(54);
    let kind = |path: &str| File::open(path).unwrap_err().kind();
    assert_eq!(kind("/missing"), ErrorKind::NotFound);
    assert_eq!(kind("/missing/x"), ErrorKind::NotFound);
    assert_eq!(kind("/../etc/passwd"), ErrorKind::PermissionDenied);
    assert_eq!(kind("a\0b"), ErrorKind::InvalidInput);
    assert_eq!(File::open("/b.txt/x").unwrap_err().raw_os_error(), NOTDIR);
    assert_eq!(File::create("/").unwrap_err().raw_os_error(), ISDIR);
    assert_eq!(fs::create_dir("/l").and_then(|()| fs::create_dir("/l")).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(fs::remove_file("/l/.").unwrap_err().raw_os_error(), ISDIR);
    assert_eq!(fs::read_dir("/b.txt").unwrap_err().raw_os_error(), NOTDIR);
    let mut file = File::open("/b.txt").unwrap();
    assert!(file.write_all(b"x").is_err());
    assert_eq!(file.set_len(0).unwrap_err().kind(), ErrorKind::InvalidInput);
}
