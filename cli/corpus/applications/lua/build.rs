//! Builds Lua 5.4 without the libraries that need an operating system. An error ends the program, on every target alike:
//! WebAssembly has no longjmp.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

const FILES: [&str; 27] = [
    "lapi", "lauxlib", "lbaselib", "lcode", "lctype", "ldebug", "ldo", "ldump", "lfunc", "lgc", "llex", "lmathlib", "lmem",
    "lobject", "lopcodes", "lparser", "lstate", "lstring", "lstrlib", "ltable", "ltablib", "ltm", "lundump", "lutf8lib",
    "lvm", "lzio", "lcorolib",];

/// Where cargo unpacked the sources.
fn sources() -> PathBuf {
    let cargo = env::var_os("CARGO").expect("cargo runs this");
    let metadata = Command::new(cargo).args(["metadata", "--format-version", "1", "--offline"]).output();
    let metadata = String::from_utf8(metadata.expect("cargo runs").stdout).expect("cargo writes UTF-8");
    let manifests = metadata.split("\"manifest_path\":\"").filter_map(|rest| rest.split('"').next());
    let manifest = manifests.map(Path::new).find(|path| path.to_string_lossy().contains("/lua-src-"));
    manifest.and_then(Path::parent).expect("lua-src is a dependency").join("lua-5.4.9")
}

fn main() {
    let sources = sources();
    let mut build = cc::Build::new();
    build.warnings(false).define("LUAI_THROW(L,c)", "abort()").define("LUAI_TRY(L,c,a)", "{ a }").define("luai_jmpbuf", "int");
    build.define("_WASI_EMULATED_SIGNAL", None);
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("wasi") {
        build.include("include");
    }
    for file in FILES {
        build.file(sources.join(file).with_extension("c"));
    }
    build.compile("lua");
    println!("cargo:rerun-if-changed=build.rs");
}
