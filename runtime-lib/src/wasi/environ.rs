//! `environ_*`: the variables that the policy grants. The host's environment is withheld unless it is granted, and of several
//! grants of one name the last counts.

use core::ffi::CStr;

use abi::policy;

use super::strings::{Sizes, Writer};
use super::types::Result;
use crate::guest::{Guest, GuestPtr};
use crate::{process, program, sys};

/// The variable that holds more grants where the policy has `runtime-grants`, one a line.
const RUNTIME_ENV: &[u8] = b"WASM2EXE_ENV";

/// The host's environment, as `NAME=VALUE`.
pub fn host() -> impl Iterator<Item = &'static [u8]> {
    // SAFETY: the kernel laid the environment out as strings, and they stay as long as the process.
    process::environment().iter().map(|variable| unsafe { CStr::from_ptr(*variable) }.to_bytes())
}

/// The host's value of a variable.
pub fn host_value(name: &[u8]) -> Option<&'static [u8]> {
    host().find_map(|variable| variable.strip_prefix(name)?.strip_prefix(b"="))
}

/// The grants of a policy variable such as `WASM2EXE_ENV`, if the policy honours it. A privileged executable does not listen to
/// whoever started it.
pub fn runtime_grants(variable: &[u8]) -> impl Iterator<Item = &'static [u8]> {
    let honoured = policy::entries(policy()).any(|(key, _)| key == policy::RUNTIME_GRANTS.as_bytes());
    let value = if honoured && !sys::is_privileged() { host_value(variable) } else { None };
    value.unwrap_or_default().split(|byte| *byte == b'\n').filter(|entry| !entry.is_empty())
}

/// The policy of this executable.
pub fn policy() -> &'static [u8] {
    program::policy(program::program())
}

/// The granted entries, `NAME=VALUE` to set or `NAME` to pass on.
fn granted() -> impl Iterator<Item = &'static [u8]> {
    let stored = policy::entries(policy()).filter(|(key, _)| *key == policy::ENV.as_bytes()).map(|(_, entry)| entry);
    stored.chain(runtime_grants(RUNTIME_ENV))
}

fn name(variable: &[u8]) -> &[u8] {
    variable.split(|byte| *byte == b'=').next().unwrap_or_default()
}

/// Calls `action` with each variable, in the parts it consists of.
fn for_each(action: &mut dyn FnMut(&[&[u8]]) -> Result<()>) -> Result<()> {
    let inherits = policy::entries(policy()).any(|(key, _)| key == policy::INHERIT_ENV.as_bytes());
    for variable in host().filter(|_| inherits) {
        if !granted().any(|entry| name(entry) == name(variable)) {
            action(&[variable])?;
        }
    }
    for (index, entry) in granted().enumerate() {
        if granted().skip(index + 1).any(|later| name(later) == name(entry)) {
            continue;
        }
        if entry.contains(&b'=') {
            action(&[entry])?;
        } else if let Some(value) = host_value(entry) {
            action(&[entry, b"=", value])?;
        }
    }
    Ok(())
}

fn sizes() -> Result<Sizes> {
    let mut sizes = Sizes::default();
    for_each(&mut |parts| {
        sizes.add(parts);
        Ok(())
    })?;
    Ok(sizes)
}

/// Read environment variable data.
pub fn environ_get(guest: Guest, environ: GuestPtr, environ_buf: GuestPtr) -> Result<()> {
    let mut writer = Writer::new(guest, &sizes()?, environ, environ_buf)?;
    for_each(&mut |parts| writer.add(parts))
}

/// Return environment variable data sizes.
pub fn environ_sizes_get(guest: Guest, environc: GuestPtr, environ_buf_size: GuestPtr) -> Result<()> {
    sizes()?.write(guest, environc, environ_buf_size)
}
