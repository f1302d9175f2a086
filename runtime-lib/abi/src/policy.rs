//! What the executable grants its guest, as it is stored in the executable: entries `KEY=VALUE`, each closed by a NUL byte, so
//! that `strings` and `readelf -p` show them one a line and any path or value can be represented.

/// `dir=HOST[::GUEST][,ro]`: a directory, in the syntax of `--dir`.
pub const DIR: &str = "dir";
/// `env=NAME=VALUE` sets, `env=NAME` passes a variable through when it is set at start.
pub const ENV: &str = "env";
/// `inherit-env=1`: all variables pass.
pub const INHERIT_ENV: &str = "inherit-env";
/// `runtime-grants=1`: the variables `WASM2EXE_DIR` and `WASM2EXE_ENV` are honoured at start, newline-separated.
pub const RUNTIME_GRANTS: &str = "runtime-grants";
/// `listen=ADDR:PORT`: a listening TCP socket.
pub const LISTEN: &str = "listen";
/// `inherit-sockets=1`: sockets passed by `LISTEN_FDS`.
pub const INHERIT_SOCKETS: &str = "inherit-sockets";

/// A directory grant, borrowed from its entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DirGrant<'a> {
    /// Host path, resolved when the executable starts.
    pub host: &'a [u8],
    /// Name the guest sees.
    pub guest: &'a [u8],
    /// Nothing under it can be changed.
    pub read_only: bool,
}

/// Parses `HOST[::GUEST][,ro]`. `None` when HOST or GUEST is empty or holds a NUL byte.
pub fn parse_dir(entry: &[u8]) -> Option<DirGrant<'_>> {
    let (paths, read_only) = match entry.strip_suffix(b",ro") {
        Some(paths) => (paths, true),
        None => (entry, false),
    };
    let (host, guest) = match paths.windows(2).position(|pair| pair == b"::") {
        Some(at) => (&paths[..at], &paths[at + 2..]),
        None => (paths, paths),
    };
    let valid = |path: &[u8]| !path.is_empty() && !path.contains(&0);
    (valid(host) && valid(guest)).then_some(DirGrant { host, guest, read_only })
}

/// Iterates over the entries of a stored policy as (key, value).
pub fn entries(policy: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    policy.split(|byte| *byte == 0).filter_map(|entry| {
        let at = entry.iter().position(|byte| *byte == b'=')?;
        Some((&entry[..at], &entry[at + 1..]))
    })
}

/// Whether something must be opened before the guest starts: directories, sockets.
pub fn needs_start(policy: &[u8]) -> bool {
    grants_directories(policy) || grants_sockets(policy)
}

/// Whether there may be directories.
pub fn grants_directories(policy: &[u8]) -> bool {
    has_any(policy, [DIR, RUNTIME_GRANTS])
}

/// Whether there may be sockets that the process opens or inherits.
pub fn grants_sockets(policy: &[u8]) -> bool {
    has_any(policy, [LISTEN, INHERIT_SOCKETS])
}

fn has_any(policy: &[u8], keys: [&str; 2]) -> bool {
    entries(policy).any(|(key, _)| keys.iter().any(|wanted| wanted.as_bytes() == key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dir_grants() {
        let grant = |host, guest, read_only| Some(DirGrant { host, guest, read_only });
        assert_eq!(parse_dir(b"a"), grant(b"a".as_slice(), b"a".as_slice(), false));
        assert_eq!(parse_dir(b"a::/b,ro"), grant(b"a".as_slice(), b"/b".as_slice(), true));
        assert_eq!(parse_dir(b"::x"), None);
        assert_eq!(parse_dir(b",ro"), None);
    }

    #[test]
    fn policy_entries() {
        let mut entries = entries(b"dir=a=b\0env=X\0");
        assert_eq!(entries.next(), Some((b"dir".as_slice(), b"a=b".as_slice())));
        assert_eq!(entries.next(), Some((b"env".as_slice(), b"X".as_slice())));
        assert_eq!(entries.next(), None);
    }

    #[test]
    fn start_only_for_what_is_opened() {
        assert!(needs_start(b"env=X\0dir=a\0"));
        assert!(needs_start(b"listen=127.0.0.1:80\0"));
        assert!(!needs_start(b"env=dir=a\0inherit-env=1\0"));
        assert!(!needs_start(b""));
    }
}
