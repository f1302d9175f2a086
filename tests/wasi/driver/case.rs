//! What a test's header says: lines `//! key: value` in Rust, `;;! key: value` in text format. A key may be repeated where that
//! makes sense; text is escaped as in Rust. `$EXE` is the executable, `$PORT` a free port of this test's own.
//!
//! ```text
//! flags: --dir tmp::/         options of wasm2exe, as the shell reads them
//! threads: yes                it starts threads
//! setup: mkdir tmp            shell commands before the run, in a fresh directory
//! run: "$EXE" a b             the shell commands to run; default: "$EXE"
//! env: NAME=VALUE             a variable of the run; there are no others but PATH
//! stdin: text                 what it reads; default: nothing
//! stdout: text                what it must print; several lines are put together; default: anything
//! stderr: text                the same for standard error; text in braces {} is what it must contain
//! status: 0                   how it must exit, as the shell sees it; default: 0
//! after: test -e tmp/x        shell commands after the run, which must succeed
//! resolver: openat2 enosys eperm    how the system answers when asked to open beneath a directory; default: openat2
//! client: sends "a", receives "b"   connects to $PORT; several run one after the other
//! inherit: listener           passes a listening socket on $PORT as descriptor 3; `stream` one that is connected
//! needs: root                 is left out, and counted so, for any other user
//! peer: reason                another engine is known to fail this test
//! ```

use crate::resolver::Resolver;
use crate::socket::{Client, Inherited};

/// A test's header.
#[derive(Default)]
pub struct Case {
    /// Options of the tool.
    pub flags: String,
    /// Whether it starts threads, which takes another target of Rust's.
    pub threads: bool,
    /// Shell commands before the run.
    pub setup: Vec<String>,
    /// The run.
    pub run: Option<String>,
    /// Variables of the run.
    pub env: Vec<(String, String)>,
    /// Standard input.
    pub stdin: String,
    /// Standard output, if it matters.
    pub stdout: Option<String>,
    /// Standard error, if it matters.
    pub stderr: Option<String>,
    /// Exit status.
    pub status: i32,
    /// Shell commands after the run.
    pub after: Vec<String>,
    /// The systems to run on.
    pub resolvers: Vec<Resolver>,
    /// Connections to the guest.
    pub clients: Vec<Client>,
    /// A socket passed on.
    pub inherited: Option<Inherited>,
    /// Whether only root can run it.
    pub needs_root: bool,
    /// Why another engine fails.
    pub peer_differs: Option<String>,
}

impl Case {
    /// Reads the header of a test file.
    pub fn parse(text: &str) -> Result<Case, String> {
        let mut case = Case::default();
        for line in text.lines() {
            let Some(line) = line.strip_prefix("//! ").or_else(|| line.strip_prefix(";;! ")) else { continue };
            // The rest is prose.
            let Some((key, value)) = line.split_once(": ") else { continue };
            if key.bytes().all(|byte| byte.is_ascii_lowercase()) {
                case.set(key, value)?;
            }
        }
        if case.resolvers.is_empty() {
            case.resolvers.push(Resolver::Openat2);
        }
        Ok(case)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let append = |text: &mut Option<String>| -> Result<(), String> {
            text.get_or_insert_default().push_str(&unescape(value)?);
            Ok(())
        };
        match key {
            "flags" => self.flags = format!("{} {value}", self.flags),
            "threads" if value == "yes" => {
                self.threads = true;
                self.peer_differs = Some("it starts no threads".to_string());
            }
            "setup" => self.setup.push(value.to_string()),
            "run" => self.run.get_or_insert_default().push_str(&format!("{value}\n")),
            "env" => {
                let (name, value) = value.split_once('=').ok_or_else(|| format!("`env: {value}` has no `=`"))?;
                self.env.push((name.to_string(), unescape(value)?));
            }
            "stdin" => self.stdin.push_str(&unescape(value)?),
            "stdout" => append(&mut self.stdout)?,
            "stderr" => append(&mut self.stderr)?,
            "status" => self.status = value.parse().map_err(|_| format!("`{value}` is no status"))?,
            "after" => self.after.push(value.to_string()),
            "resolver" => {
                self.resolvers = value.split_whitespace().map(Resolver::parse).collect::<Result<_, _>>()?;
            }
            "client" => self.clients.push(Client::parse(value)?),
            "inherit" => self.inherited = Some(Inherited::parse(value)?),
            "needs" if value == "root" => self.needs_root = true,
            "peer" => self.peer_differs = Some(value.to_string()),
            _ => return Err(format!("unknown key `{key}`")),
        }
        Ok(())
    }
}

/// Resolves `\n`, `\t`, `\0`, `\s` (a space that ends a line) and `\\`.
pub fn unescape(text: &str) -> Result<String, String> {
    let mut result = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            result.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => result.push('\n'),
            Some('t') => result.push('\t'),
            Some('0') => result.push('\0'),
            Some('s') => result.push(' '),
            Some('\\') => result.push('\\'),
            other => return Err(format!("unknown escape \\{}", other.unwrap_or(' '))),
        }
    }
    Ok(result)
}
