//! Builds programs of the corpus, for WebAssembly and for this machine, with the compilers that are there.

use std::cell::OnceCell;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::corpus::{Language, Program};
use super::invocation::{Invocation, find};
use super::results::{Input, Processor};

/// A program that cannot be built: why, and the remedy.
pub type Unbuilt = String;

/// Compilers, and where they put what they make.
pub struct Toolchain {
    sources: PathBuf,
    made: PathBuf,
    /// Where cargo keeps what it built, for the next time.
    packages: PathBuf,
    processor: Processor,
    wasi_c: OnceCell<Result<WasiC, Unbuilt>>,
}

/// A program for this machine.
pub struct Native {
    /// What runs: -O3.
    pub executable: PathBuf,
    /// With -O2 and all it needs in one file.
    pub one_file: Option<PathBuf>,
}

/// How C and C++ are compiled for WASI: by `clang` or by `zig cc`.
#[derive(Clone)]
struct WasiC {
    c: Invocation,
    cpp: Invocation,
}

/// What compiles C for WASI.
const C_REMEDY: &str = "install clang, lld, wasi-libc and libclang-rt-dev-wasm32, or set WASI_SDK_PATH, or install zig";

impl Toolchain {
    /// One that reads the corpus's sources from a directory and writes to another.
    pub fn new(sources: PathBuf, made: PathBuf, packages: PathBuf, processor: Processor) -> Toolchain {
        Toolchain { sources, made, packages, processor, wasi_c: OnceCell::new() }
    }

    /// Builds a program for WebAssembly.
    pub fn module(&self, program: &Program, input: Input) -> Result<PathBuf, Unbuilt> {
        let simd = input == Input::Simd;
        let to = self.made.join(format!("{}-{}.wasm", program.name, if simd { "simd" } else { "scalar" }));
        let source = self.sources.join(&program.source);
        match language(program)? {
            language @ (Language::C | Language::Cpp) => {
                let compiler = self.wasi_c()?;
                let compiler = if language == Language::C { compiler.c } else { compiler.cpp };
                let target = if program.is_threaded() { "wasm32-wasi-threads" } else { "wasm32-wasi" };
                let threads = program.is_threaded().then_some("-pthread");
                let build = compiler.arg(format!("--target={target}")).arg("-O3").args(threads);
                let build = build.args(simd.then_some("-msimd128")).args(&program.cflags).args(&program.wasm_cflags);
                made(&build.arg(&source).arg("-lm").arg("-o").arg(&to), C_REMEDY)?;
            }
            Language::Rust => {
                let target = wasi_rust(program);
                let features = simd.then_some("-Ctarget-feature=+simd128");
                let build = rustc()?.arg("--target").arg(target).args(features).arg(&source).arg("-o").arg(&to);
                made(&build, &format!("rustup target add {target}"))?;
            }
            Language::Cargo => {
                let target = wasi_rust(program);
                let flags = if simd { "-Ctarget-feature=+simd128" } else { "" };
                let release = self.cargo(program, Some(target), flags, &format!("rustup target add {target}"))?;
                copied(&release.join(format!("{}.wasm", program.name)), &to)?;
            }
            Language::Text => {
                let module = wat::parse_file(&source).map_err(|error| error.to_string())?;
                fs::write(&to, module).map_err(|error| format!("{}: {error}", to.display()))?;
            }
        }
        Ok(to)
    }

    /// Builds a program for this machine.
    pub fn native(&self, program: &Program) -> Result<Native, Unbuilt> {
        let to = |kind: &str| self.made.join(format!("{}-{kind}", program.name));
        let cpu = self.processor == Processor::Native;
        match language(program)? {
            language @ (Language::C | Language::Cpp) => {
                let compiler = host_compiler(language)?;
                let build = |options: &[&str], to: PathBuf| -> Result<PathBuf, Unbuilt> {
                    let threads = program.is_threaded().then_some("-pthread");
                    let build = compiler.clone().args(options).args(cpu.then_some("-march=native")).args(threads);
                    let build = build.args(&program.cflags).arg(self.sources.join(&program.source));
                    made(&build.arg("-lm").arg("-o").arg(&to), "install clang and a C library to link with")?;
                    Ok(to)
                };
                // Where no static C library is installed, start-up is that of a dynamic program, and there is no one file.
                let linked_statically =
                    if program.is_start_up() { build(&["-O3", "-static"], to("static")).ok() } else { None };
                let executable = linked_statically.map_or_else(|| build(&["-O3"], to("native")), Ok)?;
                let one_file = build(&["-O2", "-static", "-s"], to("one-file")).ok();
                Ok(Native { executable, one_file })
            }
            Language::Rust => {
                let executable = to("native");
                let build = rustc()?.args(cpu.then_some("-Ctarget-cpu=native"));
                made(&build.arg(self.sources.join(&program.source)).arg("-o").arg(&executable), "install rustc")?;
                Ok(Native { one_file: Some(executable.clone()), executable })
            }
            Language::Cargo => {
                let executable = to("native");
                let release =
                    self.cargo(program, None, if cpu { "-Ctarget-cpu=native" } else { "" }, "install cargo")?;
                copied(&release.join(&program.name), &executable)?;
                Ok(Native { one_file: Some(executable.clone()), executable })
            }
            Language::Text => Err("a module in text has no native build".into()),
        }
    }

    /// Compilers of native programs, for the list of contenders: their version, or what is missing.
    pub fn host_version() -> Option<String> {
        let compiler = host_compiler(Language::C).ok()?;
        let version = compiler.arg("--version").succeed().ok()?;
        Some(String::from_utf8_lossy(&version.stdout).lines().next().unwrap_or_default().trim().to_string())
    }

    /// Builds a package of cargo's as its lock file says; the directory of what it becomes.
    fn cargo(&self, program: &Program, target: Option<&str>, flags: &str, remedy: &str) -> Result<PathBuf, Unbuilt> {
        let manifest = self.sources.join(&program.source).join("Cargo.toml");
        let build =
            Invocation::new(required("cargo", "install Rust")?).args(["build", "--release", "--locked", "--quiet"]);
        let build = build.arg("--manifest-path").arg(manifest).arg("--target-dir").arg(&self.packages);
        // Which compiler builds the C in them, and how.
        let build = build.arg("--config").arg(self.sources.join(".cargo/config.toml"));
        let build = build.args(target.iter().flat_map(|target| ["--target", target]));
        made(&build.env("RUSTFLAGS", flags), remedy)?;
        let directory = target.map_or(self.packages.clone(), |target| self.packages.join(target));
        Ok(directory.join("release"))
    }

    /// A compiler of C for WASI that can compile and link; it is looked for once.
    fn wasi_c(&self) -> Result<WasiC, Unbuilt> {
        let found = self.wasi_c.get_or_init(|| {
            let probe = self.made.join("probe.c");
            fs::write(&probe, "#include <stdio.h>\nint main(void) { return puts(\"\") < 0; }\n")
                .map_err(|error| format!("{}: {error}", probe.display()))?;
            let works = |compiler: &WasiC| {
                let build = compiler.c.clone().arg("--target=wasm32-wasi").arg(&probe);
                build.arg("-o").arg(self.made.join("probe.wasm")).succeed().is_ok()
            };
            let candidates = wasi_c_candidates();
            let found = candidates.into_iter().find(works);
            found.ok_or_else(|| format!("no compiler of C for wasm32-wasi works: {C_REMEDY}"))
        });
        found.clone()
    }
}

/// What may compile C for WASI.
fn wasi_c_candidates() -> Vec<WasiC> {
    let mut candidates = Vec::new();
    let mut clang = |c: PathBuf, cpp: PathBuf| {
        candidates.push(WasiC { c: Invocation::new(c), cpp: Invocation::new(cpp) });
    };
    if let Some(sdk) = std::env::var_os("WASI_SDK_PATH").map(PathBuf::from) {
        clang(sdk.join("bin/clang"), sdk.join("bin/clang++"));
    }
    if let Some(c) = find("clang") {
        clang(c, find("clang++").unwrap_or("clang++".into()));
    }
    if let Some(zig) = find("zig") {
        candidates.push(WasiC { c: Invocation::new(&zig).arg("cc"), cpp: Invocation::new(&zig).arg("c++") });
    }
    candidates
}

/// A compiler of C or C++ for this machine.
fn host_compiler(language: Language) -> Result<Invocation, Unbuilt> {
    let names = if language == Language::Cpp { ["clang++", "c++"] } else { ["clang", "cc"] };
    let found = names.into_iter().find_map(find);
    found.map(Invocation::new).ok_or_else(|| format!("neither {} nor {} is in the search path", names[0], names[1]))
}

/// rustc, set to the best code it makes of one file.
fn rustc() -> Result<Invocation, Unbuilt> {
    let rustc = Invocation::new(required("rustc", "install Rust")?);
    Ok(rustc.args(["--edition=2024", "-Copt-level=3", "-Ccodegen-units=1", "-Cstrip=debuginfo"]))
}

/// Rust's target for a program.
fn wasi_rust(program: &Program) -> &'static str {
    if program.is_threaded() { "wasm32-wasip1-threads" } else { "wasm32-wasip1" }
}

fn language(program: &Program) -> Result<Language, Unbuilt> {
    program.language().map_err(|error| error.to_string())
}

fn required(program: &str, remedy: &str) -> Result<PathBuf, Unbuilt> {
    find(program).ok_or_else(|| format!("{program} is not in the search path: {remedy}"))
}

fn made(build: &Invocation, remedy: &str) -> Result<(), Unbuilt> {
    build.succeed().map(|_| ()).map_err(|complaint| format!("{complaint} ({remedy})"))
}

fn copied(from: &Path, to: &Path) -> Result<(), Unbuilt> {
    let name = from.file_name().and_then(OsStr::to_str).unwrap_or_default();
    fs::copy(from, to).map(|_| ()).map_err(|error| format!("cargo made no {name}: {error}"))
}
