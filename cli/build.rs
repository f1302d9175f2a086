//! Builds the runtime for every supported target, so that the tool carries what it links into executables, and sums up
//! all sources in one number that tells two builds of the tool apart.

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::ffi::OsString;
use std::hash::Hasher;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use object::build::elf::{Builder, SectionData};
use object::elf::SHT_STRTAB;
use object::read::archive::ArchiveFile;
use object::{Object, ObjectSymbol};

/// For each supported architecture the targets that can build the runtime, the preferred one first. It is
/// freestanding, so they serve equally; a Rust that came without rustup has the second one only.
const RUNTIMES: [(&str, [&str; 2]); 2] = [
    ("x86_64", ["x86_64-unknown-linux-musl", "x86_64-unknown-linux-gnu"]),
    ("aarch64", ["aarch64-unknown-linux-musl", "aarch64-unknown-linux-gnu"]),
];

/// The runtime is built for programs of one thread, and for those that start others: the suffixes of their names, and features.
const VARIANTS: [(&str, &str); 2] = [("", ""), ("_threads", "threads")];

/// What goes into the executables and into the tool, relative to the workspace.
const SOURCES: [&str; 5] = ["Cargo.lock", "Cargo.toml", "cli", "compiler", "runtime-lib"];

fn main() {
    let workspace = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let workspace = workspace.parent().expect("cli lies in the workspace");
    let out_dir = PathBuf::from(variable("OUT_DIR"));
    let host_arch = env::var("CARGO_CFG_TARGET_ARCH").expect("cargo tells the architecture");
    let mut module = String::new();
    for (arch, targets) in RUNTIMES {
        let target = targets.into_iter().find(|target| is_installed(target));
        if target.is_none() && arch == host_arch {
            panic!("the runtime needs Rust's core library: rustup target add {}", targets[0]);
        }
        for (suffix, features) in VARIANTS {
            // The tool says what is missing when somebody asks for this target.
            let objects = target.map(|target| runtime_objects(&build_runtime(workspace, &out_dir, target, features)));
            let name = format!("{arch}{suffix}");
            module.push_str(&format!("static {}: &[&[u8]] = &[\n", name.to_uppercase()));
            for (index, object) in objects.unwrap_or_default().iter().enumerate() {
                let path = out_dir.join(format!("runtime-{name}-{index}.o"));
                fs::write(&path, object).expect("OUT_DIR is writable");
                module.push_str(&format!("    include_bytes!({path:?}),\n"));
            }
            module.push_str("];\n");
        }
    }
    fs::write(out_dir.join("runtime.rs"), module).expect("OUT_DIR is writable");
    fs::write(out_dir.join("corpus.rs"), corpus(&workspace.join("cli/corpus"))).expect("OUT_DIR is writable");
    println!("cargo::rustc-env=BUILD_ID={:016x}", build_id(workspace));
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", workspace.join(source).display());
    }
}

/// Builds the runtime's static library with a cargo of its own: it needs another target, profile and panic strategy.
fn build_runtime(workspace: &Path, out_dir: &Path, target: &str, features: &str) -> Vec<u8> {
    let target_dir = out_dir.join("runtime");
    let mut cargo = Command::new(variable("CARGO"));
    // Flags and wrappers are meant for the tool: `-C target-cpu=native` or clippy's driver must not reach the runtime.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let prefixes = ["CARGO_BUILD_", "CARGO_PROFILE_", "CARGO_TARGET_", "CARGO_UNSTABLE_", "RUSTC_"];
        if text.contains("RUSTFLAGS") || prefixes.iter().any(|prefix| text.starts_with(prefix)) {
            cargo.env_remove(&name);
        }
    }
    // Set, it also outranks the flags in configuration files. On aarch64 there is no C library to find out whether the
    // processor has LSE.
    let atomics = if target.starts_with("aarch64") { "-Ctarget-feature=-outline-atomics" } else { "" };
    cargo.env("CARGO_ENCODED_RUSTFLAGS", atomics);
    cargo.args([
        "rustc",
        "--locked",
        "--package",
        "wasm2exe-runtime",
        "--profile",
        "runtime",
        "--crate-type",
        "staticlib",
    ]);
    cargo.args(["--features", features, "--target", target, "--target-dir"]).arg(&target_dir);
    cargo.arg("--manifest-path").arg(workspace.join("Cargo.toml"));
    let status = cargo.status().expect("cargo starts");
    assert!(status.success(), "the runtime does not build for {target}: {cargo:?}");
    let archive = target_dir.join(target).join("runtime").join("libruntime.a");
    fs::read(&archive).unwrap_or_else(|error| panic!("{}: {error}", archive.display()))
}

/// The objects of an archive that the runtime consists of: the ones that define its symbols, and what those need. The rest,
/// nearly all of it, is compiler-builtins for other programs.
fn runtime_objects(archive: &[u8]) -> Vec<Vec<u8>> {
    let file = ArchiveFile::parse(archive).expect("the runtime is an archive");
    let members = file.members().map(|member| member.expect("the archive is well-formed").data(archive));
    let mut left: Vec<Member> = members.map(|data| Member::new(data.expect("the archive is well-formed"))).collect();
    let mut needed: HashSet<String> = ROOTS.map(String::from).into();
    let mut objects = Vec::new();
    let is_needed = |member: &Member, needed: &HashSet<String>| {
        member.defined.iter().any(|name| needed.contains(name) || name.starts_with("w2e_"))
    };
    while let Some(at) = left.iter().position(|member| is_needed(member, &needed)) {
        let member = left.remove(at);
        needed.extend(member.undefined);
        objects.push(stripped(&member.data));
    }
    objects
}

/// An object without debug information and unwind tables: nothing unwinds through the runtime. Rust's core library was
/// compiled with both, so the compiler emits them whatever it is told.
fn stripped(object: &[u8]) -> Vec<u8> {
    let mut builder = Builder::read(object).expect("the runtime's objects are ELF");
    for section in &mut builder.sections {
        let name = section.name.to_string();
        let name = name.strip_prefix(".rela").unwrap_or(&name);
        section.delete = name.starts_with(".debug_") || name == ".eh_frame";
    }
    builder.delete_orphans();
    // LLVM keeps the names of sections with those of symbols; the writer wants them apart.
    let names = builder.sections.add();
    names.name = ".shstrtab".into();
    names.sh_type = SHT_STRTAB;
    names.data = SectionData::SectionString;
    let mut stripped = Vec::new();
    builder.write(&mut stripped).expect("the object can be written");
    stripped
}

/// Functions that generated code or the linker need, besides those with the runtime's prefix.
const ROOTS: [&str; 3] = ["_start", "memmove", "memset"];

/// An object of an archive with the names of its global symbols.
struct Member {
    data: Vec<u8>,
    defined: Vec<String>,
    undefined: Vec<String>,
}

impl Member {
    fn new(data: &[u8]) -> Member {
        let mut member = Member { data: data.to_vec(), defined: Vec::new(), undefined: Vec::new() };
        let file = object::File::parse(data).expect("archives of rustc hold objects");
        for symbol in file.symbols().filter(|symbol| symbol.is_global()) {
            let names = if symbol.is_undefined() { &mut member.undefined } else { &mut member.defined };
            names.push(symbol.name().expect("symbols of rustc have names").to_string());
        }
        member
    }
}

/// Whether the compiler has the core library of a target.
fn is_installed(target: &str) -> bool {
    let output = Command::new(variable("RUSTC")).args(["--print", "target-libdir", "--target", target]).output();
    let output = output.expect("rustc starts");
    let directory = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end());
    // rustup's list of what is installed, in `lib/rustlib`: with another target another runtime can be built.
    if let Some(components) = directory.ancestors().nth(2).map(|rustlib| rustlib.join("components"))
        && components.is_file()
    {
        println!("cargo::rerun-if-changed={}", components.display());
    }
    directory.is_dir()
}

/// Rust source with the files of the programs that `wasm2exe bench` measures.
fn corpus(directory: &Path) -> String {
    let mut files = Vec::new();
    list_files(directory, &mut files);
    let mut module = String::from("static FILES: &[(&str, &[u8])] = &[\n");
    for file in files {
        let name = file.strip_prefix(directory).expect("it lies in the directory");
        module.push_str(&format!("    ({name:?}, include_bytes!({file:?})),\n"));
    }
    module + "];\n"
}

/// All files below a directory, sorted, apart from what cargo built there.
fn list_files(directory: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(directory).expect("sources are readable");
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.expect("sources are readable").path()).collect();
    entries.sort();
    for entry in entries {
        if !entry.is_dir() {
            files.push(entry);
        } else if !entry.ends_with("target") {
            list_files(&entry, files);
        }
    }
}

/// A number that changes with the compiler that builds the tool and with every source of it.
fn build_id(workspace: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    let rustc = Command::new(variable("RUSTC")).arg("-vV").output().expect("rustc starts");
    hasher.write(&rustc.stdout);
    for source in SOURCES {
        hash_source(&workspace.join(source), &mut hasher);
    }
    hasher.finish()
}

fn hash_source(path: &Path, hasher: &mut DefaultHasher) {
    hasher.write(path.file_name().expect("a source has a name").as_encoded_bytes());
    if path.is_dir() {
        let entries = fs::read_dir(path).expect("sources are readable");
        let mut entries: Vec<PathBuf> = entries.map(|entry| entry.expect("sources are readable").path()).collect();
        entries.sort();
        entries.iter().for_each(|entry| hash_source(entry, hasher));
    } else {
        hasher.write(&fs::read(path).expect("sources are readable"));
    }
}

fn variable(name: &str) -> OsString {
    env::var_os(name).unwrap_or_else(|| panic!("cargo sets {name}"))
}
