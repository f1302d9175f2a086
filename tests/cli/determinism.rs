//! The same input, options and version give the same bytes, wherever and however often.

use std::fs;

use crate::workbench::{Workbench, outcome};

/// Several functions, so that threads have something to share out.
fn module() -> String {
    let functions: String = (0..200)
        .map(|index| {
            format!(
                "(func $f{index} (export \"f{index}\") (param i32) (result i32) \
                 (i32.add (local.get 0) (call $f{} (i32.const {index}))))\n",
                (index + 1) % 200
            )
        })
        .collect();
    format!("(module {functions} (table funcref (elem $f0 $f1 $f2)) (memory 1) (data (i32.const 8) \"data\"))")
}

#[test]
fn nothing_but_the_input_shows() {
    let (one, two) = (Workbench::new(), Workbench::new());
    let module = module();
    one.write("module.wat", &module);
    fs::create_dir(two.path("elsewhere")).expect("a directory");
    two.write("elsewhere/renamed.wasm", wat::parse_str(&module).expect("a module"));
    two.write("module.wat", &module);
    for emit in ["exe", "obj", "asm", "clif"] {
        // Debug information names the input.
        for (level, other_input) in
            [("-O0", "elsewhere/renamed.wasm"), ("-O2", "elsewhere/renamed.wasm"), ("-gO2", "module.wat")]
        {
            let options = ["--emit", emit, level, "--invoke", "f7", "--dir", "."];
            one.build("one", &[&options[..], &["-j1", "module.wat"]].concat());
            let mut other = two.tool(options);
            other.args(["-j4", other_input, "-o", "elsewhere/two"]);
            // Variables that linkers and compilers look at.
            other.env("LD_RUN_PATH", "/somewhere").env("SOURCE_DATE_EPOCH", "1").env("LANG", "de_DE.UTF-8");
            other.env("TMPDIR", two.path("elsewhere"));
            outcome(&mut other).succeeded();
            let read = |path| fs::read(path).expect("an output");
            let same = read(one.path("one")) == read(two.path("elsewhere/two"));
            assert!(same, "--emit {emit} {level} differs");
        }
    }
}
