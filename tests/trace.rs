//! The system calls that an executable makes, as strace sees them, and those that it says it may need.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use object::{Object, ObjectSection};

/// Whether there is an strace. Its `-f -qq -o FILE` writes what [`compare`] reads.
pub fn is_possible() -> bool {
    let version = Command::new("strace").arg("-V").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// The names of the system calls that an executable may need, out of its list.
fn allowed(executable: &Path) -> Result<HashSet<String>, String> {
    let bytes = fs::read(executable).map_err(|error| error.to_string())?;
    let file = object::File::parse(&*bytes).map_err(|error| error.to_string())?;
    let section = file.section_by_name(".wasm2exe.system-calls").ok_or("the executable lists no system calls")?;
    let list = section.data().map_err(|error| error.to_string())?;
    let names = list.split(|byte| *byte == 0).map(|rule| String::from_utf8_lossy(rule).into_owned());
    Ok(names.filter_map(|rule| rule.split('(').next().map(str::to_string)).collect())
}

/// The process of a line, and what it does.
fn split(line: &str) -> Option<(&str, &str)> {
    let (process, event) = line.split_once(' ')?;
    Some((process, event.trim_start()))
}

/// What a process asks for before it asks for its filter, each by the names that strace may know it by.
const GIVEN_UP: [&[&str]; 3] =
    [&["prctl(PR_SET_NO_NEW_PRIVS"], &["prctl(PR_SET_MDWE", "prctl(0x41"], &["mseal(", "syscall_0x1ce("]];

fn gave_up(before: &[(&str, &str)], process: &str) -> Result<(), String> {
    for names in GIVEN_UP {
        let asks = |(of, event): &(&str, &str)| *of == process && names.iter().any(|name| event.starts_with(name));
        if !before.iter().any(asks) {
            return Err(format!("the process did not ask for {}...)", names[0]));
        }
    }
    Ok(())
}

/// Looks at what processes do once they have a filter, and what threads do that they start: no more than the executable says that it may
/// need. Other processes, such as the shell, do what they like.
///
/// # Errors
/// What it does besides, or that it has no filter.
pub fn compare(trace: &str, executable: &Path) -> Result<(), String> {
    let allowed = allowed(executable)?;
    const FILTERED: &str = "seccomp(SECCOMP_SET_MODE_FILTER";
    let lines: Vec<(&str, &str)> = trace.lines().filter_map(split).collect();
    // The line from which on a process is filtered. strace may tell of a new thread before the call that makes it returns.
    let mut filtered: HashMap<&str, usize> = HashMap::new();
    for (at, (process, event)) in lines.iter().enumerate() {
        if event.starts_with(FILTERED) {
            gave_up(&lines[..at], process)?;
            filtered.insert(process, at);
        }
        let is_clone = event.starts_with("clone(") || event.starts_with("<... clone resumed>");
        if is_clone
            && filtered.contains_key(process)
            && let Some((_, thread)) = event.rsplit_once("= ")
        {
            filtered.entry(thread).or_insert(0);
        }
    }
    if filtered.is_empty() {
        return Err("no process of the test has a filter".into());
    }
    for (at, (process, event)) in lines.iter().enumerate() {
        let is_filtered = filtered.get(process).is_some_and(|start| at > *start);
        let name = event.split(['(', ' ']).next().unwrap_or_default();
        // A thread that was gone before strace could look at its call.
        if name == "???" {
            continue;
        }
        if is_filtered && event.contains('(') && !event.starts_with(['<', '+', '-']) && !allowed.contains(name) {
            return Err(format!("a system call that is not in the list: {event}"));
        }
    }
    Ok(())
}
