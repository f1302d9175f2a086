//! Disassembly tests: each `disas/*.wat` says in its `;;!` lines how to compile it and in its trailing `;;` lines what the code must
//! look like. `WASM2EXE_BLESS=1 cargo test -p wasm2exe-tests --test disas` writes what it does look like; read the diff.
//!
//! ```text
//! ;;! target = "aarch64"       or "x86_64", which is the default
//! ;;! emit = "clif"            or "asm", which is the default
//! ;;! cpu = "x86-64-v3"        default: the first processor of the architecture
//! ;;! memory = "checked"       or "guard", which is the default
//! ;;! disable-pass = "inline"  leaves out this pass; may be repeated
//! ;;! function = "name"        only this function; default: all of them
//! ```

use std::fs;
use std::path::Path;

use compiler::{Cpu, Emit, Input, MemoryStrategy, OptLevel, Options, Pass, Target};

#[test]
fn code_is_as_blessed() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("disas");
    let mut paths: Vec<_> =
        fs::read_dir(&directory).expect("disas").map(|entry| entry.expect("entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "wat"));
    paths.sort();
    assert!(!paths.is_empty(), "no test in {}", directory.display());
    let bless = std::env::var_os("WASM2EXE_BLESS").is_some();
    let failures: Vec<String> = paths.iter().filter_map(|path| check(path, bless).err()).collect();
    assert!(failures.is_empty(), "{} of {} files:\n{}", failures.len(), paths.len(), failures.join("\n"));
    println!("{} files", paths.len());
}

/// Compares one file's code with its expectation, or replaces the expectation.
fn check(path: &Path, bless: bool) -> Result<(), String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let text = fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    let case = Case::parse(&text).map_err(|error| format!("{name}: {error}"))?;
    let code = case.code().map_err(|error| format!("{name}: {error}"))?;
    if bless {
        let module = case.module.trim_end();
        return fs::write(path, format!("{module}\n\n{code}")).map_err(|error| format!("{name}: {error}"));
    }
    if code == case.expectation {
        return Ok(());
    }
    Err(format!("{name}: expected\n{}but the code is\n{code}", case.expectation))
}

/// A test file, taken apart.
struct Case<'a> {
    /// The file without its expectation.
    module: &'a str,
    /// The trailing `;;` lines.
    expectation: &'a str,
    options: Options,
    function: Option<&'a str>,
}

impl<'a> Case<'a> {
    fn parse(text: &'a str) -> Result<Self, String> {
        let expected: usize =
            text.lines().rev().take_while(|line| line.starts_with(";;")).map(|line| line.len() + 1).sum();
        let (module, expectation) = text.split_at(text.len().saturating_sub(expected));
        let options = Options { emit: Emit::Asm, all_exports: true, ..Options::default() };
        let mut case = Case { module, expectation, options, function: None };
        for line in module.lines().filter_map(|line| line.strip_prefix(";;!")) {
            let (key, value) = line.split_once('=').ok_or_else(|| format!("no `=` in `{line}`"))?;
            case.set(key.trim(), value.trim().trim_matches('"'))?;
        }
        Ok(case)
    }

    fn set(&mut self, key: &str, value: &'a str) -> Result<(), String> {
        let options = &mut self.options;
        match (key, value) {
            ("target", "x86_64") => options.target = Target::X86_64Linux,
            ("target", "aarch64") => options.target = Target::Aarch64Linux,
            ("emit", "asm") => options.emit = Emit::Asm,
            ("emit", "clif") => options.emit = Emit::Clif,
            ("cpu", name) => options.cpu = Cpu::Named(name.to_string()),
            ("memory", "guard") => options.memory = MemoryStrategy::Guard,
            ("memory", "checked") => options.memory = MemoryStrategy::Checked,
            ("opt", "0") => options.opt_level = OptLevel::None,
            ("opt", "1") => options.opt_level = OptLevel::Basic,
            ("disable-pass", name) => options.disabled_passes.insert(Pass::named(name).ok_or("no such pass")?),
            ("function", name) => self.function = Some(name),
            _ => return Err(format!("unknown option `{key} = {value}`")),
        }
        Ok(())
    }

    /// The listing as an expectation.
    fn code(&self) -> Result<String, String> {
        let input = Input { name: "", file: "test.wat", bytes: self.module.as_bytes() };
        let output = compiler::compile(&[input], &self.options, &|_, _| {}).map_err(|error| error.to_string())?;
        let wanted = |title: &str| match self.function {
            Some(name) => title.starts_with("; function ") && title.ends_with(&format!(" ({name})")),
            None => title.starts_with("; function "),
        };
        let mut code = String::new();
        let mut inside = false;
        for line in output.listing.lines() {
            if line.starts_with("; ") {
                inside = wanted(line);
            }
            if inside {
                code.push_str(format!(";; {line}").trim_end());
                code.push('\n');
            }
        }
        let code = code.trim_end_matches(";;\n").to_string();
        if code.is_empty() { Err(format!("no such function in\n{}", output.listing)) } else { Ok(code) }
    }
}

/// Not a file, as it takes thousands of values to fill a frame of 64 KiB.
#[test]
fn large_frames_are_probed() {
    let listing = |values: usize| {
        let load = |i: usize| format!("(v128.load offset={} (local.get 0))", 16 * i);
        let stack: String = (0..values).map(load).collect();
        let sum = "(i32x4.add)".repeat(values - 1);
        let text = format!(
            "(module (memory 2) (func $leaf (export \"leaf\"))
               (func $large (export \"large\") (param i32) (result v128) {stack} (call $leaf) {sum}))"
        );
        // At -O2 the call, across which the values are kept, would be inlined.
        let opt_level = OptLevel::Basic;
        let options = Options { emit: Emit::Asm, all_exports: true, opt_level, ..Options::default() };
        let input = Input { name: "", file: "test.wat", bytes: text.as_bytes() };
        let listing = compiler::compile(&[input], &options, &|_, _| {}).expect("compiles").listing;
        let large =
            listing.split("; function ").find(|part| part.contains("(large)")).expect("the function").to_string();
        large.lines().take_while(|line| !line.starts_with("block0")).collect::<Vec<_>>().join("\n")
    };
    let probe = "movl $0x0, (%rsp)";
    assert!(!listing(16).contains(probe), "{}", listing(16));
    assert!(listing(5000).contains(probe), "{}", listing(5000));
}
