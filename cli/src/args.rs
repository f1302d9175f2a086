//! The command line: every option, and the checks that need nothing but its text. A value that fails them is a usage
//! error, exit status 2.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::builder::{OsStringValueParser, PossibleValuesParser, TypedValueParser, ValueParser};
use clap::{CommandFactory, Parser, Subcommand, ValueEnum, ValueHint};
use compiler::{Cpu, GrowthLimit, Pass, Target};

use crate::bench::BenchArgs;
use crate::inspect::InspectArgs;
use crate::verify::VerifyArgs;

/// Turns a WebAssembly module into one native executable.
#[derive(Parser)]
#[command(name = "wasm2exe", version, max_term_width = 100)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, disable_help_subcommand = true)]
#[command(after_help = "A module in a file with the name of a subcommand is given as ./run and so on.")]
pub struct Args {
    /// Something other than building an executable.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Without a subcommand.
    #[command(flatten)]
    pub build: BuildArgs,
}

/// The subcommands.
#[derive(Subcommand)]
pub enum Command {
    /// Compile a module, or take it from the cache, and run it
    Run(Box<RunArgs>),
    /// Measure programs and compare with other ways to run them
    Bench(Box<BenchArgs>),
    /// Print what a module asks for, or how an executable came about and what it may do
    Inspect(InspectArgs),
    /// Make an executable again, with the options that it records, and compare
    Verify(VerifyArgs),
    /// Print a completion script for a shell
    #[command(hide = true)]
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// Arguments of `wasm2exe IN -o OUT`.
#[derive(clap::Args)]
pub struct BuildArgs {
    /// Module in binary or text format; `-` reads standard input
    #[arg(value_name = "IN", required = true, value_hint = ValueHint::FilePath)]
    pub input: Option<PathBuf>,
    /// File to write; `-` writes to standard output [default: the stem of IN, in the working directory]
    #[arg(short, long, value_name = "OUT", allow_hyphen_values = true, value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// What to write
    #[arg(long, value_enum, default_value = "exe", help_heading = "Code")]
    pub emit: EmitKind,
    /// What both modes share.
    #[command(flatten)]
    pub compile: CompileArgs,
}

/// Arguments of `wasm2exe run`.
#[derive(clap::Args)]
pub struct RunArgs {
    /// What both modes share.
    #[command(flatten)]
    pub compile: CompileArgs,
    /// Module to run, and the arguments of the program
    #[arg(value_names = ["IN", "ARGS"], required = true, num_args = 1.., trailing_var_arg = true)]
    #[arg(value_hint = ValueHint::FilePath)]
    pub command_line: Vec<OsString>,
}

/// What the program is made of and what it may do: the options of both modes.
#[derive(clap::Args)]
pub struct CompileArgs {
    /// Grant a directory; HOST is resolved when the executable starts
    #[arg(long, value_name = "HOST[::GUEST][,ro]", value_parser = dir(), allow_hyphen_values = true)]
    #[arg(help_heading = "Grants")]
    pub dir: Vec<OsString>,
    /// Set an environment variable, or pass it through at start when no value is given
    #[arg(long, value_name = "NAME[=VALUE]", value_parser = env(), allow_hyphen_values = true)]
    #[arg(help_heading = "Grants")]
    pub env: Vec<OsString>,
    /// Pass the whole environment through
    #[arg(long, help_heading = "Grants")]
    pub inherit_env: bool,
    /// Let the executable take more grants from its environment: WASM2EXE_DIR and WASM2EXE_ENV, one a line
    #[arg(long, help_heading = "Grants")]
    pub runtime_grants: bool,
    /// Grant a listening TCP socket
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen, help_heading = "Grants")]
    pub listen: Vec<String>,
    /// Grant the sockets that the executable is started with (LISTEN_FDS)
    #[arg(long, help_heading = "Grants")]
    pub inherit_sockets: bool,
    /// Call this export with the arguments parsed as numbers, and print its results one a line
    #[arg(long, value_name = "EXPORT", allow_hyphen_values = true, help_heading = "Program")]
    pub invoke: Option<String>,
    /// Link another module in, before the main one, for it to import from as NAME; repeatable
    #[arg(long = "module", value_name = "NAME=FILE", value_parser = module(), help_heading = "Program")]
    pub modules: Vec<LinkedModule>,
    /// What the executable gives up at start: nothing; or system calls that it cannot need, privileges, changes to its code, and
    /// paths outside the grants [default: all that costs nothing later, which leaves the paths to the runtime]
    #[arg(long, value_enum, help_heading = "Program")]
    pub harden: Option<HardenKind>,
    /// Stack of the program, in bytes or with suffix K, M or G
    #[arg(long, value_name = "BYTES", value_parser = stack_size, help_heading = "Program")]
    pub stack_size: Option<u64>,
    /// The most that all memories may have together; to ask for more ends the process, or with `,fail` fails
    #[arg(long, value_name = "BYTES[,fail]", value_parser = max_memory, help_heading = "Program")]
    pub max_memory: Option<GrowthLimit>,
    /// The most elements that a table may have; to ask for more ends the process, or with `,fail` fails
    #[arg(long, value_name = "ELEMENTS[,fail]", value_parser = max_table, help_heading = "Program")]
    pub max_table: Option<GrowthLimit>,
    /// End the process when it has run for so long: a number of seconds, or one with suffix ms, s, m or h
    #[arg(long, value_name = "TIME", value_parser = timeout, help_heading = "Program")]
    pub timeout: Option<Duration>,
    /// The most that objects (garbage-collected structs, arrays, exceptions) may take, in bytes or with suffix K, M or G
    #[arg(long, value_name = "BYTES", value_parser = max_heap, default_value = "4G", help_heading = "Program")]
    pub max_heap: u64,
    /// Optimisation: 0 compiles fastest, 2 runs fastest
    #[arg(short = 'O', value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(0..=2))]
    #[arg(default_value_t = DEFAULT_OPT_LEVEL, help_heading = "Code")]
    pub opt_level: u8,
    /// Leave out an optimisation of -O2; repeatable
    #[arg(long, value_name = "PASS", value_parser = pass(), help_heading = "Code")]
    pub disable_pass: Vec<Pass>,
    /// Emit debug information and keep symbols
    #[arg(short = 'g', help_heading = "Code")]
    pub debug_info: bool,
    /// Where the executable runs [default: this machine]
    #[arg(long, value_name = "TRIPLE", value_parser = target, help_heading = "Code")]
    pub target: Option<Target>,
    /// Processor that the code may assume: baseline, native, or a name such as x86-64-v3
    #[arg(long, value_name = "CPU", value_parser = cpu, default_value = "baseline", help_heading = "Code")]
    pub target_cpu: Cpu,
    /// How memory accesses are bounded: by guard pages, or by a check each (for `ulimit -v`)
    #[arg(long, value_enum, default_value = "guard", help_heading = "Code")]
    pub memory: MemoryKind,
    /// Where memory lies: at a fixed low address, or anywhere (for valgrind)
    #[arg(long, value_enum, default_value = "fixed", help_heading = "Code")]
    pub memory_base: MemoryBaseKind,
    /// Linker or C compiler driver to link with [default: $CC, or the tool itself; with -g ld, ld.lld, cc, gcc, clang]
    #[arg(long, value_name = "PATH", value_hint = ValueHint::CommandName, allow_hyphen_values = true)]
    pub linker: Option<OsString>,
    /// Threads to compile with [default: all processors]
    #[arg(short = 'j', value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Say what is done
    #[arg(short, long)]
    pub verbose: bool,
    /// Print how long each phase takes
    #[arg(long)]
    pub timings: bool,
}

/// The level of optimisation for those who name none.
pub const DEFAULT_OPT_LEVEL: u8 = 2;

/// Values of `--emit`.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EmitKind {
    /// An executable.
    Exe,
    /// A relocatable object.
    Obj,
    /// Disassembly.
    Asm,
    /// Cranelift's intermediate representation.
    Clif,
}

/// Values of `--memory`.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MemoryKind {
    /// Guard pages.
    Guard,
    /// Explicit checks.
    Checked,
}

/// Values of `--memory-base`.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MemoryBaseKind {
    /// A fixed low address.
    Fixed,
    /// Wherever the kernel puts it.
    Any,
}

/// Values of `--harden`.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HardenKind {
    /// Nothing.
    Off,
    /// All; what the system does not offer is told.
    On,
}

/// A value of `--module`.
#[derive(Clone)]
pub struct LinkedModule {
    /// Name that later modules import from.
    pub name: String,
    /// Its file.
    pub file: PathBuf,
}

fn dir() -> ValueParser {
    let parse = |value: OsString| match abi::policy::parse_dir(value.as_bytes()) {
        Some(_) => Ok(value),
        None => Err("a directory is HOST, HOST::GUEST, HOST,ro or HOST::GUEST,ro, with neither part empty"),
    };
    OsStringValueParser::new().try_map(parse).into()
}

fn env() -> ValueParser {
    let parse = |value: OsString| match value.as_bytes().first() {
        None | Some(b'=') => Err("a variable is NAME=VALUE or NAME, with a name that is not empty"),
        Some(_) => Ok(value),
    };
    OsStringValueParser::new().try_map(parse).into()
}

fn pass() -> ValueParser {
    let names = PossibleValuesParser::new(Pass::ALL.map(Pass::name));
    names.try_map(|name| Pass::named(&name).ok_or("no such pass")).into()
}

fn listen(value: &str) -> Result<String, String> {
    let address: Result<std::net::SocketAddr, _> = value.parse();
    match address {
        Ok(address) => Ok(address.to_string()),
        Err(_) => Err("an address is an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080".into()),
    }
}

/// What parses a value of `--module`.
pub fn module() -> ValueParser {
    let parse = |value: OsString| {
        let at = value.as_bytes().iter().position(|byte| *byte == b'=').ok_or("a module is NAME=FILE")?;
        let name = std::str::from_utf8(&value.as_bytes()[..at]).map_err(|_| "the name of a module is UTF-8")?;
        let file = OsStr::from_bytes(&value.as_bytes()[at + 1..]);
        if name.is_empty() || file.is_empty() {
            return Err("a module is NAME=FILE, with neither part empty");
        }
        Ok(LinkedModule { name: name.to_string(), file: file.into() })
    };
    OsStringValueParser::new().try_map(parse).into()
}

fn stack_size(value: &str) -> Result<u64, String> {
    match parse_bytes(value) {
        Some(bytes) if (MIN_STACK_SIZE..=MAX_STACK_SIZE).contains(&bytes) => Ok(bytes),
        Some(_) => Err(format!("a stack has from {}K to {}G", MIN_STACK_SIZE >> 10, MAX_STACK_SIZE >> 30)),
        None => Err("a size is a number of bytes, or one with suffix K, M or G".into()),
    }
}

fn max_heap(value: &str) -> Result<u64, String> {
    match parse_bytes(value) {
        Some(bytes) if (MIN_HEAP..=abi::heap::MAX_HEAP_END).contains(&bytes) => Ok(bytes),
        Some(_) => Err(format!("a heap has from {}K to {}G", MIN_HEAP >> 10, abi::heap::MAX_HEAP_END >> 30)),
        None => Err("a size is a number of bytes, or one with suffix K, M or G".into()),
    }
}

fn max_memory(value: &str) -> Result<GrowthLimit, String> {
    growth_limit(value, parse_bytes)
        .ok_or_else(|| "a limit is a number of bytes, or one with suffix K, M or G; `,fail` may follow".into())
}

fn max_table(value: &str) -> Result<GrowthLimit, String> {
    growth_limit(value, |value| value.parse().ok())
        .ok_or_else(|| "a limit is a number of elements; `,fail` may follow".into())
}

fn growth_limit(value: &str, parse: fn(&str) -> Option<u64>) -> Option<GrowthLimit> {
    let (most, fails) = match value.strip_suffix(",fail") {
        Some(most) => (most, true),
        None => (value, false),
    };
    parse(most).map(|most| GrowthLimit { most, fails })
}

fn timeout(value: &str) -> Result<Duration, String> {
    let digits = value.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let seconds = match &value[digits.len()..] {
        "" | "s" => 1.0,
        "ms" => 0.001,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("a time is a number of seconds, or one with suffix ms, s, m or h".into()),
    };
    let number: Option<f64> = digits.parse().ok().filter(|_| digits.starts_with(|digit: char| digit.is_ascii_digit()));
    match number.map(|number| number * seconds) {
        Some(time) if (MIN_TIMEOUT..=MAX_TIMEOUT).contains(&time) => Ok(Duration::from_secs_f64(time)),
        Some(_) => Err("a time is between a millisecond and a year".into()),
        None => Err("a time is a number of seconds, or one with suffix ms, s, m or h".into()),
    }
}

/// A millisecond and a year, in seconds.
const MIN_TIMEOUT: f64 = 0.001;
const MAX_TIMEOUT: f64 = 365.0 * 24.0 * 3600.0;

/// A page of any system.
const MIN_HEAP: u64 = 64 << 10;

/// Twice what host functions may use, so that the program has some of it, too.
const MIN_STACK_SIZE: u64 = 2 * abi::layout::HOST_STACK;
/// Far beyond what any program needs, and small enough that no sum with it overflows.
const MAX_STACK_SIZE: u64 = 64 << 30;

/// Parses a number of bytes such as `65536`, `64K`, `8M` or `1G`.
pub fn parse_bytes(value: &str) -> Option<u64> {
    let (digits, shift) = match value.as_bytes().last()? {
        b'K' | b'k' => (&value[..value.len() - 1], 10),
        b'M' | b'm' => (&value[..value.len() - 1], 20),
        b'G' | b'g' => (&value[..value.len() - 1], 30),
        _ => (value, 0),
    };
    let number: u64 = digits.parse().ok()?;
    number.checked_mul(1 << shift)
}

fn target(value: &str) -> Result<Target, String> {
    let known = || Target::ALL.map(Target::triple).join(", ");
    Target::from_triple(value).ok_or_else(|| format!("no such target; there are {}", known()))
}

fn cpu(value: &str) -> Result<Cpu, String> {
    Ok(match value {
        "baseline" => Cpu::Baseline,
        "native" => Cpu::Native,
        "" => return Err("a processor has a name".into()),
        name => Cpu::Named(name.to_string()),
    })
}

/// Writes a completion script to standard output.
pub fn print_completions(shell: clap_complete::Shell) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "wasm2exe", &mut script);
    std::io::stdout().write_all(&script).context("cannot write standard output")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&[u8]]) -> Args {
        Args::parse_from([b"wasm2exe".as_slice()].iter().chain(words).map(|word| OsStr::from_bytes(word)))
    }

    #[test]
    fn definitions_are_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn everything_after_the_module_belongs_to_the_guest() {
        let words: [&[u8]; 9] = [b"run", b"-O0", b"a.wat", b"--", b"-v", b"--help", b"", b"-\xff", b"--"];
        let Some(Command::Run(run)) = parse(&words).command else { panic!("not a run") };
        assert_eq!(run.compile.opt_level, 0);
        assert!(!run.compile.verbose);
        let expected: Vec<&OsStr> = words[2..].iter().map(|word| OsStr::from_bytes(word)).collect();
        assert_eq!(run.command_line, expected);
    }

    #[test]
    fn a_dash_is_an_input_of_run() {
        let Some(Command::Run(run)) = parse(&[b"run", b"-", b"-x"]).command else { panic!("not a run") };
        assert_eq!(run.command_line, ["-", "-x"]);
    }

    #[test]
    fn paths_are_bytes() {
        let args = parse(&[b"-o", b"-\xff", b"--dir", b"-\xff::/x,ro", b"--", b"-\xfe"]);
        assert_eq!(args.build.output.unwrap().as_os_str().as_bytes(), b"-\xff");
        assert_eq!(args.build.input.unwrap().as_os_str().as_bytes(), b"-\xfe");
        assert_eq!(args.build.compile.dir[0].as_bytes(), b"-\xff::/x,ro");
    }

    #[test]
    fn times() {
        let times = [("1", 1000), ("0.25", 250), ("1500ms", 1500), ("2m", 120_000), ("1h", 3_600_000), ("3s", 3000)];
        for (text, milliseconds) in times {
            assert_eq!(timeout(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for wrong in ["", "s", "-1", "0", "0.1ms", "1d", "inf", "nan", "1e9h", "1 s"] {
            assert!(timeout(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn limits() {
        let limit = |most, fails| Ok(GrowthLimit { most, fails });
        assert_eq!(max_memory("64K"), limit(65536, false));
        assert_eq!(max_memory("1,fail"), limit(1, true));
        assert_eq!(max_table("0"), limit(0, false));
        assert!(max_table("1K").is_err() && max_memory(",fail").is_err() && max_memory("1,").is_err());
    }

    #[test]
    fn sizes() {
        assert_eq!(parse_bytes("12"), Some(12));
        assert_eq!(parse_bytes("2G"), Some(2 << 30));
        for wrong in ["", "K", "-1", "1T", "99999999999G", "1\u{e9}"] {
            assert_eq!(parse_bytes(wrong), None, "{wrong}");
        }
    }
}
