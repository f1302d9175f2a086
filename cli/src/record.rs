//! How an executable came about, as it says itself: the tool's version, the modules' hashes, the options. With the policy, which has a
//! section of its own, that is enough to make it again.

use std::borrow::Cow;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use abi::{policy, symbols};
use anyhow::{Context, Result};
use compiler::{Cpu, GrowthLimit, Target};
use object::{Architecture, Object, ObjectSection};

use crate::args::{CompileArgs, DEFAULT_OPT_LEVEL, HardenKind, MemoryBaseKind, MemoryKind};
use crate::sources::Sources;

// Keys of the entries `KEY=VALUE`, each closed by a NUL byte.
const VERSION: &str = "version";
const BUILD: &str = "build";
const MODULE: &str = "module";
const FLAG: &str = "flag";

/// This tool's version, and a number that tells builds of it apart.
pub const THIS: (&str, &str) = (env!("CARGO_PKG_VERSION"), env!("BUILD_ID"));

/// The record of what is about to be compiled.
pub fn of(args: &CompileArgs, sources: &Sources) -> Vec<u8> {
    let mut record = String::new();
    let mut entry = |key: &str, value: &str| record.push_str(&format!("{key}={value}\0"));
    entry(VERSION, THIS.0);
    entry(BUILD, THIS.1);
    for input in sources.inputs() {
        entry(MODULE, &format!("{}={}", hash(input.bytes), input.name.replace('\0', "")));
    }
    flags(args).iter().for_each(|flag| entry(FLAG, flag));
    record.into_bytes()
}

/// The hash by which modules are known: of the binary form, so that a module in text is the same one.
pub fn hash(bytes: &[u8]) -> String {
    // What is malformed will be refused, whatever its hash.
    let binary = wat::parse_bytes(bytes).unwrap_or(Cow::Borrowed(bytes));
    blake3::hash(&binary).to_hex().to_string()
}

/// The options that shape the executable, but for grants, modules, and the target, which are recorded elsewhere; none for defaults.
fn flags(args: &CompileArgs) -> Vec<String> {
    // Every field is named, so that none that is added is forgotten.
    let CompileArgs {
        opt_level,
        debug_info,
        target_cpu,
        memory,
        memory_base,
        harden,
        invoke,
        stack_size,
        max_heap,
        max_memory,
        max_table,
        timeout,
        disable_pass,
        // In the policy.
        dir: _,
        env: _,
        inherit_env: _,
        runtime_grants: _,
        listen: _,
        inherit_sockets: _,
        // Recorded elsewhere.
        modules: _,
        target: _,
        // They shape how it is made.
        linker: _,
        threads: _,
        verbose: _,
        timings: _,
    } = args;
    let limit = |limit: &GrowthLimit| format!("{}{}", limit.most, if limit.fails { ",fail" } else { "" });
    let mut flags: Vec<Option<String>> = vec![
        (*opt_level != DEFAULT_OPT_LEVEL).then(|| format!("-O{opt_level}")),
        debug_info.then(|| "-g".to_string()),
        match target_cpu {
            Cpu::Baseline => None,
            Cpu::Native => Some("--target-cpu=native".to_string()),
            Cpu::Named(name) => Some(format!("--target-cpu={name}")),
        },
        (*memory == MemoryKind::Checked).then(|| "--memory=checked".to_string()),
        (*memory_base == MemoryBaseKind::Any).then(|| "--memory-base=any".to_string()),
        harden.map(|kind| format!("--harden={}", if kind == HardenKind::On { "on" } else { "off" })),
        invoke.as_ref().map(|name| format!("--invoke={name}")),
        stack_size.map(|size| format!("--stack-size={size}")),
        (*max_heap != abi::heap::MAX_HEAP_END).then(|| format!("--max-heap={max_heap}")),
        max_memory.as_ref().map(|most| format!("--max-memory={}", limit(most))),
        max_table.as_ref().map(|most| format!("--max-table={}", limit(most))),
        timeout.map(|time| format!("--timeout={}.{:09}", time.as_secs(), time.subsec_nanos())),
    ];
    flags.extend(disable_pass.iter().map(|pass| Some(format!("--disable-pass={}", pass.name()))));
    flags.into_iter().flatten().collect()
}

/// What an executable says about itself.
#[derive(Debug)]
pub struct Executable {
    /// What it runs on.
    pub target: Target,
    /// The tool's version.
    pub version: String,
    /// The tool's build.
    pub build: String,
    /// Names of the modules, empty for the main one, which is the last; and their hashes.
    pub modules: Vec<(String, String)>,
    /// Options, without grants, modules and target.
    pub flags: Vec<String>,
    /// Entries of the policy, as keys and values.
    pub grants: Vec<(String, Vec<u8>)>,
    /// System calls that the filter allows; none when there is no filter.
    pub system_calls: Option<Vec<String>>,
    /// Bytes of machine code, the runtime's included.
    pub code_bytes: u64,
}

impl Executable {
    /// Reads what an executable holds.
    ///
    /// # Errors
    /// When it was not made by this tool, or by one that kept no record.
    pub fn read(bytes: &[u8]) -> Result<Executable> {
        const FOREIGN: &str = "this is no executable that wasm2exe made, or one of an older version";
        let file = object::File::parse(bytes).context(FOREIGN)?;
        let section = |name: &str| file.section_by_name(name).and_then(|section| section.data().ok());
        let record = section(symbols::RECORD_SECTION).context(FOREIGN)?;
        let target = match file.architecture() {
            Architecture::X86_64 => Target::X86_64Linux,
            Architecture::Aarch64 => Target::Aarch64Linux,
            _ => anyhow::bail!(FOREIGN),
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let values = |wanted: &'static str| {
            let entries = policy::entries(record).filter(move |(key, _)| *key == wanted.as_bytes());
            entries.map(|(_, value)| text(value))
        };
        let module = |value: String| value.split_once('=').map(|(hash, name)| (name.to_string(), hash.to_string()));
        let list = |bytes: &[u8]| text(bytes).split_terminator('\0').map(str::to_string).collect();
        let policy = section(symbols::POLICY_SECTION).unwrap_or_default();
        Ok(Executable {
            target,
            version: values(VERSION).next().context(FOREIGN)?,
            build: values(BUILD).next().context(FOREIGN)?,
            modules: values(MODULE).filter_map(module).collect(),
            flags: values(FLAG).collect(),
            grants: policy::entries(policy).map(|(key, value)| (text(key), value.to_vec())).collect(),
            system_calls: section(symbols::SYSTEM_CALLS_SECTION).map(list),
            code_bytes: file.section_by_name(".text").map_or(0, |section| section.size()),
        })
    }

    /// Arguments that make it again, without the modules.
    pub fn arguments(&self) -> Vec<OsString> {
        let grants = self.grants.iter().map(|(key, value)| {
            let is_switch = [policy::INHERIT_ENV, policy::RUNTIME_GRANTS, policy::INHERIT_SOCKETS].contains(&&**key);
            let mut argument = format!("--{key}").into_bytes();
            if !is_switch {
                argument.push(b'=');
                argument.extend(value);
            }
            OsString::from_vec(argument)
        });
        let target = OsString::from(format!("--target={}", self.target));
        self.flags.iter().map(OsString::from).chain(grants).chain([target]).collect()
    }
}
