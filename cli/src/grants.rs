//! From the options that grant something to the policy that the executable carries.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use abi::policy;

use crate::args::CompileArgs;

/// The policy that the options ask for, in the format of [`abi::policy`].
pub fn policy(args: &CompileArgs) -> Vec<u8> {
    let mut policy = Vec::new();
    let mut grant = |key: &str, value: &OsStr| {
        policy.extend_from_slice(key.as_bytes());
        policy.push(b'=');
        // Arguments of a process cannot hold the NUL byte that ends an entry.
        policy.extend_from_slice(value.as_bytes());
        policy.push(0);
    };
    args.dir.iter().for_each(|dir| grant(policy::DIR, dir));
    args.env.iter().for_each(|variable| grant(policy::ENV, variable));
    args.listen.iter().for_each(|address| grant(policy::LISTEN, OsStr::new(address)));
    let switches = [
        (args.inherit_env, policy::INHERIT_ENV),
        (args.runtime_grants, policy::RUNTIME_GRANTS),
        (args.inherit_sockets, policy::INHERIT_SOCKETS),
    ];
    switches.iter().filter(|(on, _)| *on).for_each(|(_, key)| grant(key, OsStr::new("1")));
    policy
}

/// What to add when the program opens files and nothing lets it.
pub fn missing_directory(args: &CompileArgs, host_functions: &[(&str, &str)]) -> Option<String> {
    let opens = host_functions.iter().any(|(_, name)| *name == "path_open");
    let granted = !args.dir.is_empty() || args.runtime_grants;
    (opens && !granted).then(|| {
        "the program can open files, but no directory is granted: \
         add --dir . for the working directory, or --dir HOST::GUEST for another"
            .to_string()
    })
}
