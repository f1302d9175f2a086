//! The contenders: wasm2exe itself, native builds, and other ways to run a module. Each says how a module is compiled and
//! run; to be fair, all that can be told are told to make code for the same processor.

mod native;
mod node;
mod ours;
mod wamr;
mod wasm2c;
mod wasmer;
mod wasmtime;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub use native::plan as native_plan;
pub use ours::plan as our_plan;

use super::args::PeerName;
use super::invocation::{Invocation, find};
use super::results::{Contender, Processor};

/// Names of wasm2exe and of native builds in the tables.
pub const OURS: &str = "wasm2exe";
/// See [`OURS`].
pub const NATIVE: &str = "native";

/// A module to run.
pub struct Job<'a> {
    /// In binary format.
    pub module: &'a Path,
    /// Where the contender may put what it makes, and nobody else.
    pub directory: PathBuf,
    /// The program's arguments.
    pub args: &'a [OsString],
    /// What it reads from standard input.
    pub stdin: Option<&'a Path>,
    /// Whether it starts threads.
    pub is_threaded: bool,
    /// Processor to make code for.
    pub processor: Processor,
}

/// A way for a contender to run a module.
pub struct Plan {
    /// What to do before, in order.
    pub build: Vec<Invocation>,
    /// The same on one thread, where that is something else.
    pub build_on_one_thread: Option<Vec<Invocation>>,
    /// Whether what is done before is compiling all of the module.
    pub compiles: bool,
    /// How to run it.
    pub run: Invocation,
    /// What is run, where that is a file made before.
    pub artifact: Option<PathBuf>,
}

impl Job<'_> {
    /// A file in the contender's directory.
    fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The run of a program whose arguments come last.
    fn run(&self, invocation: Invocation) -> Invocation {
        invocation.args(self.args).stdin(self.stdin)
    }
}

/// Another way to run modules.
pub struct Peer {
    /// Its name on the command line.
    pub name: PeerName,
    /// Its name in the tables.
    pub title: &'static str,
    /// Programs it consists of; the first one tells the version.
    programs: &'static [&'static str],
    /// How it is used.
    how: &'static str,
    /// How to get it.
    get: &'static str,
    /// The ways to run a module, to be tried in turn; an error says why there are none.
    plans: fn(&Job<'_>, &[PathBuf]) -> Result<Vec<Plan>, String>,
}

/// A peer that is there.
pub struct Found {
    /// Which.
    pub peer: &'static Peer,
    programs: Vec<PathBuf>,
}

/// All peers, in the order of the tables.
pub static PEERS: [Peer; 5] = [
    Peer {
        name: PeerName::Wasmtime,
        title: "wasmtime",
        programs: &["wasmtime"],
        how: "wasmtime compile, then run --allow-precompiled; --target makes it compile for the baseline",
        get: "https://wasmtime.dev",
        plans: wasmtime::plans,
    },
    Peer {
        name: PeerName::Wasmer,
        title: "wasmer",
        programs: &["wasmer"],
        how: "wasmer compile with its default compiler, then run; --target makes it compile for the baseline",
        get: "https://wasmer.io",
        plans: wasmer::plans,
    },
    Peer {
        name: PeerName::Wasm2c,
        title: "wasm2c",
        programs: &["wasm2c"],
        how: "wasm2c, then a C compiler with -O3, and functions of WASI by wasm2exe",
        get: "Debian package wabt",
        plans: wasm2c::plans,
    },
    Peer {
        name: PeerName::Wamr,
        title: "WAMR",
        programs: &["wamrc", "iwasm"],
        how: "wamrc at its default -O3, then iwasm; its vector instructions need at least x86-64-v2",
        get: "https://github.com/bytecodealliance/wasm-micro-runtime",
        plans: wamr::plans,
    },
    Peer {
        name: PeerName::Node,
        title: "node",
        programs: &["node"],
        how: "node:wasi; compiles at run time, always for this machine's processor",
        get: "https://nodejs.org",
        plans: node::plans,
    },
];

impl Peer {
    /// Looks for it in the search path.
    pub fn find(&'static self) -> Option<Found> {
        let programs: Option<Vec<PathBuf>> = self.programs.iter().map(|program| find(program)).collect();
        Some(Found { peer: self, programs: programs? })
    }

    /// What the results say of it.
    pub fn contender(&self, found: Option<&Found>) -> Contender {
        let version = found.map(|found| {
            let said = Invocation::new(&found.programs[0]).arg("--version").succeed();
            let said = said.map(|said| String::from_utf8_lossy(&said.stdout).trim().to_string()).unwrap_or_default();
            said.lines().next().unwrap_or("of unknown version").to_string()
        });
        let how = if version.is_some() { self.how.into() } else { format!("not found; {}", self.get) };
        Contender { name: self.title.into(), version, how }
    }
}

impl Found {
    /// Ways to run a module.
    pub fn plans(&self, job: &Job<'_>) -> Result<Vec<Plan>, String> {
        (self.peer.plans)(job, &self.programs)
    }
}
